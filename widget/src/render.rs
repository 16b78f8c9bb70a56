//! Draws a view into the page and changes only what differs from the last one.
//!
//! Elements that stay are kept, so focus, hover, caret and scroll position survive every drawing. Text enters the
//! page only as text nodes and attribute values. One listener a kind of event stands on the mount's own root and
//! looks up whose handler it is; nothing is attached to single elements, so nothing can be left behind.

mod keypad;

use crate::js;
use gloo::events::{EventListener, EventListenerOptions};
use kommo_voip_domain::panel::{Child, Element, End, Event, Handler, JournalEvent, SummaryEvent};
use std::cell::RefCell;
use std::rc::Rc;
use wasm_bindgen::JsCast;
use web_sys::{HtmlElement, HtmlInputElement, KeyboardEvent};

/// A place in the page that shows a view. Dropping it takes everything away again.
pub(crate) struct Mount {
    pub(crate) root: web_sys::Element,
    shown: Rc<RefCell<Vec<Shown>>>,
    _listeners: Vec<EventListener>,
}

/// A node in the page and the view it shows.
struct Shown {
    node: web_sys::Node,
    view: Child,
    children: Vec<Shown>,
}

impl Mount {
    /// Puts an empty root of this name at the end of a parent.
    pub(crate) fn new(parent: &web_sys::Node, name: &str, dispatch: impl Fn(Event) + Clone + 'static) -> Option<Self> {
        let root = js::document().create_element("div").ok()?;
        root.set_attribute("data-kv", name).ok()?;
        parent.append_child(&root).ok()?;
        let shown = Rc::new(RefCell::new(vec![]));
        let listeners = ["click", "input", "change", "keydown", "paste"]
            .map(|kind| {
                let (shown, root, dispatch) = (Rc::clone(&shown), root.clone(), dispatch.clone());
                let options = EventListenerOptions::enable_prevent_default();
                EventListener::new_with_options(&root.clone(), kind, options, move |event| {
                    let found = meant(&shown.borrow(), &root, event);
                    if let Some(meant) = found {
                        dispatch(meant);
                    }
                })
            })
            .into();
        Some(Self { root, shown, _listeners: listeners })
    }

    /// Whether the page still shows it; the CRM throws its windows away without a word.
    pub(crate) fn stands(&self) -> bool {
        self.root.is_connected()
    }

    /// Shows the view.
    pub(crate) fn show(&self, view: Element) {
        let old = self.shown.take();
        let new = place(&self.root, old, vec![Child::Element(view)]);
        self.shown.replace(new);
    }
}

impl Drop for Mount {
    fn drop(&mut self) {
        self.root.remove();
    }
}

/// What a person meant by an event: the nearest handler from where it happened up to the root.
fn meant(shown: &[Shown], root: &web_sys::Element, event: &web_sys::Event) -> Option<Event> {
    let mut node: Option<web_sys::Node> = event.target()?.dyn_into().ok();
    while let Some(here) = node.filter(|here| !here.is_same_node(Some(root))) {
        if let Some(Shown { view: Child::Element(view), .. }) = find(shown, &here)
            && let Some(meant) = view.handlers.iter().find_map(|handler| triggered(handler, event, &here))
        {
            return Some(meant);
        }
        node = here.parent_node();
    }
    None
}

fn find<'a>(shown: &'a [Shown], node: &web_sys::Node) -> Option<&'a Shown> {
    shown.iter().find_map(
        |here| {
            if here.node.is_same_node(Some(node)) { Some(here) } else { find(&here.children, node) }
        },
    )
}

fn triggered(handler: &Handler, event: &web_sys::Event, node: &web_sys::Node) -> Option<Event> {
    match (handler, event.type_().as_str()) {
        (Handler::Click(meant), "click") => Some(meant.clone()),
        (Handler::Escape(meant), "keydown") => {
            let key = event.dyn_ref::<KeyboardEvent>()?;
            (key.key() == "Escape").then(|| {
                // The page would take the same key as "close what is open".
                event.stop_propagation();
                meant.clone()
            })
        }
        (Handler::Keypad, "keydown") => keypad::pressed(event),
        (Handler::Keypad, "paste") => keypad::pasted(event),
        // Lists tell some browsers' automation only by `change`; hearing both changes nothing.
        (Handler::Input(field), "input" | "change") => Some(Event::Typed(field.clone(), js::text(node, "value")?)),
        (Handler::Time, "input" | "change") => {
            let typed = js::text(node, "value")?;
            let at = moment(&typed);
            Some(Event::Summary(SummaryEvent::TaskTime(typed, at)))
        }
        (Handler::Day(end), "input" | "change") => {
            let typed = js::text(node, "value")?;
            // The last day is in it as a whole: 24 o'clock is the day's end, also where it has 23 hours or 25.
            let at = moment(&[typed.as_str(), if *end == End::From { "T00:00" } else { "T24:00" }].concat());
            Some(Event::Journal(JournalEvent::Day(*end, typed, at)))
        }
        (Handler::Toggle(field), "change") => {
            Some(Event::Toggled(field.clone(), node.dyn_ref::<HtmlInputElement>()?.checked()))
        }
        _ => None,
    }
}

/// The moment of a date with a time, which the browser reads in its own time zone.
fn moment(text: &str) -> Option<i64> {
    let millis = js_sys::Date::new(&text.into()).get_time();
    millis.is_finite().then_some((millis / 1000.0) as i64)
}

/// Makes the parent's children show the views. What is gone goes first, so that what stays need not move: a moved
/// element loses its focus.
fn place(parent: &web_sys::Node, old: Vec<Shown>, views: Vec<Child>) -> Vec<Shown> {
    let mut old: Vec<Option<Shown>> = old.into_iter().map(Some).collect();
    let pairs: Vec<(Option<Shown>, Child)> = views
        .into_iter()
        .map(|view| {
            let kept = old.iter_mut().find(|slot| slot.as_ref().is_some_and(|shown| alike(&shown.view, &view)));
            (kept.and_then(Option::take), view)
        })
        .collect();
    for gone in old.into_iter().flatten() {
        parent.remove_child(&gone.node).map(drop).unwrap_or_default();
    }
    let mut next = parent.first_child();
    let mut shown = Vec::with_capacity(pairs.len());
    for (kept, view) in pairs {
        let Some(here) = draw(parent, kept, view) else { continue };
        if next.as_ref().is_some_and(|next| next.is_same_node(Some(&here.node))) {
            next = here.node.next_sibling();
        } else {
            parent.insert_before(&here.node, next.as_ref()).map(drop).unwrap_or_default();
        }
        shown.push(here);
    }
    shown
}

/// Whether an element may be kept for a new view.
fn alike(old: &Child, new: &Child) -> bool {
    match (old, new) {
        (Child::Text(_), Child::Text(_)) => true,
        (Child::Element(old), Child::Element(new)) => {
            old.tag == new.tag && old.key == new.key && old.attribute("data-kv") == new.attribute("data-kv")
        }
        _ => false,
    }
}

fn draw(parent: &web_sys::Node, kept: Option<Shown>, view: Child) -> Option<Shown> {
    match view {
        Child::Text(text) => match kept {
            Some(Shown { node, view: Child::Text(old), children }) => {
                if old != text {
                    node.set_node_value(Some(&text));
                }
                Some(Shown { node, view: Child::Text(text), children })
            }
            _ => {
                let node = js::document().create_text_node(&text).into();
                Some(Shown { node, view: Child::Text(text), children: vec![] })
            }
        },
        Child::Element(mut view) => {
            let (node, old, children) = match kept {
                Some(Shown { node, view: Child::Element(old), children }) => (node, Some(old), children),
                _ => (create(parent, view.tag)?.into(), None, vec![]),
            };
            let element: &web_sys::Element = node.dyn_ref()?;
            attributes(element, old.as_ref(), &view);
            let children = place(&node, children, std::mem::take(&mut view.children));
            properties(element, &view);
            Some(Shown { node, view: Child::Element(view), children })
        }
    }
}

/// A picture and what stands in it are of another kind than the rest of a page.
fn create(parent: &web_sys::Node, tag: &str) -> Option<web_sys::Element> {
    let kind = if tag == "svg" {
        Some("http://www.w3.org/2000/svg".to_owned())
    } else {
        parent.dyn_ref::<web_sys::Element>().and_then(web_sys::Element::namespace_uri)
    };
    js::document().create_element_ns(kind.as_deref(), tag).ok()
}

fn attributes(element: &web_sys::Element, old: Option<&Element>, new: &Element) {
    // Named twice, the later one counts.
    let last = |view: &Element, name: &str| view.attributes.iter().rev().find(|(other, _)| *other == name).cloned();
    for (name, _) in &new.attributes {
        let wanted = last(new, name);
        if let Some((name, value)) =
            wanted.filter(|wanted| old.and_then(|old| last(old, wanted.0)).as_ref() != Some(wanted))
        {
            element.set_attribute(name, &value).unwrap_or_default();
        }
    }
    for (name, _) in old.iter().flat_map(|old| &old.attributes) {
        if new.attribute(name).is_none() {
            element.remove_attribute(name).unwrap_or_default();
        }
    }
}

/// After the children: a list only takes a value that one of its options has.
fn properties(element: &web_sys::Element, view: &Element) {
    if let Some(value) = &view.value
        && js::text(element, "value").as_ref() != Some(value)
    {
        js::set(element, "value", &value.as_str().into());
    }
    if let (Some(checked), Some(input)) = (view.checked, element.dyn_ref::<HtmlInputElement>())
        && input.checked() != checked
    {
        input.set_checked(checked);
    }
}

/// Takes the focus away from whatever has it inside the root.
pub(crate) fn blur_inside(root: &web_sys::Element) {
    let active = js::document().active_element().filter(|active| root.contains(Some(active)));
    if let Some(element) = active.and_then(|active| active.dyn_into::<HtmlElement>().ok()) {
        element.blur().unwrap_or_default();
    }
}
