//! Moving the cards: by the head of a card with pointer or finger, kept for the next page, back to their corner by a
//! double click or by Escape while they are moved.

use super::storage;
use crate::js;
use gloo::events::{EventListener, EventListenerOptions, EventListenerPhase};
use kommo_voip_domain::panel::place::Place;
use std::cell::{Cell, RefCell};
use std::rc::{Rc, Weak};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Element, Event};

/// A hand that only clicks moves a little, too.
const SLACK: f64 = 4.0;

/// The place of the cards and whatever moves it; dropping forgets the hand, not the place.
pub(crate) struct Drag {
    hand: Rc<Hand>,
    _listeners: [EventListener; 2],
}

struct Hand {
    me: Weak<Hand>,
    key: String,
    place: Cell<Option<Place>>,
    /// Where the pointer went down, and the place of the cards then.
    began: Cell<Option<(f64, f64, Place)>>,
    moved: Cell<bool>,
    listeners: RefCell<Vec<EventListener>>,
}

impl Drag {
    /// `key` names the place in the browser's storage.
    pub(crate) fn new(key: String) -> Self {
        let place = storage::read(&key).and_then(|text| Place::from_text(&text));
        let hand = Rc::new_cyclic(|me| Hand {
            me: me.clone(),
            key,
            place: Cell::new(place),
            began: Cell::new(None),
            moved: Cell::new(false),
            listeners: RefCell::default(),
        });
        let (down, back) = (Rc::clone(&hand), Rc::clone(&hand));
        let listeners = [
            EventListener::new(&js::window(), "pointerdown", move |event| down.take_hold(event)),
            EventListener::new(&js::window(), "dblclick", move |event| {
                if stack_of(event).is_some() {
                    back.put_back();
                }
            }),
        ];
        Self { hand, _listeners: listeners }
    }

    /// Puts the cards in their place, wherever the window's and their own size leave it. After drawing.
    pub(crate) fn settle(&self, root: &Element) {
        if self.hand.place.get().is_some()
            && let Ok(Some(stack)) = root.query_selector(".kv-stack")
        {
            self.hand.put(&stack);
        }
    }
}

/// The stack whose card's head the event is about; buttons have their own use.
fn stack_of(event: &Event) -> Option<Element> {
    let target: Element = event.target()?.dyn_into().ok()?;
    let head = target.closest("[data-kv=\"root\"] .kv-head").ok().flatten()?;
    if target.closest("button").ok().flatten().is_some() {
        return None;
    }
    head.closest(".kv-stack").ok().flatten()
}

fn number(object: &JsValue, name: &str) -> f64 {
    js::get(object, name).and_then(|value| value.as_f64()).unwrap_or_default()
}

fn size(object: &JsValue, names: [&str; 2]) -> (i32, i32) {
    (number(object, names[0]) as i32, number(object, names[1]) as i32)
}

fn window_size() -> (i32, i32) {
    size(&js::window(), ["innerWidth", "innerHeight"])
}

fn style(stack: &Element, name: &str, pixels: Option<i32>) {
    let Some(style) = js::get(stack, "style") else { return };
    let done = match pixels {
        Some(pixels) => {
            js::call(&style, "setProperty", &[name.into(), [&i64::from(pixels).to_string(), "px"].concat().into()])
        }
        None => js::call(&style, "removeProperty", &[name.into()]),
    };
    done.map(drop).unwrap_or_default();
}

impl Hand {
    fn put(&self, stack: &Element) {
        let Some(place) = self.place.get() else {
            style(stack, "left", None);
            return style(stack, "bottom", None);
        };
        let place = place.kept_inside(size(stack, ["offsetWidth", "offsetHeight"]), window_size());
        style(stack, "left", Some(place.left));
        style(stack, "bottom", Some(place.bottom));
    }

    fn take_hold(&self, event: &Event) {
        let Some(stack) = stack_of(event).filter(|_| number(event, "button") == 0.0) else { return };
        let at = js::call(&stack, "getBoundingClientRect", &[]).unwrap_or_default();
        let place = Place { left: number(&at, "left") as i32, bottom: window_size().1 - number(&at, "bottom") as i32 };
        self.began.set(Some((number(event, "clientX"), number(event, "clientY"), place)));
        self.moved.set(false);
        let listen = |kind: &'static str, act: fn(&Hand, &Element, &Event)| {
            let (me, stack) = (self.me.clone(), stack.clone());
            let options = EventListenerOptions {
                phase: EventListenerPhase::Capture,
                ..EventListenerOptions::enable_prevent_default()
            };
            EventListener::new_with_options(&js::window(), kind, options, move |event| {
                if let Some(hand) = me.upgrade() {
                    act(&hand, &stack, event);
                }
            })
        };
        self.listeners.replace(vec![
            listen("pointermove", Self::follow),
            listen("pointerup", |hand, _, _| hand.let_go()),
            listen("pointercancel", |hand, _, _| hand.let_go()),
            listen("keydown", |hand, _, event| {
                if js::text(event, "key").as_deref() == Some("Escape") {
                    // The card would take the same key as "close me".
                    event.stop_propagation();
                    hand.put_back();
                }
            }),
        ]);
    }

    fn follow(&self, stack: &Element, event: &Event) {
        let Some((x, y, place)) = self.began.get() else { return };
        let (right, down) = (number(event, "clientX") - x, number(event, "clientY") - y);
        if !self.moved.get() && right.abs() < SLACK && down.abs() < SLACK {
            return;
        }
        event.prevent_default();
        self.moved.set(true);
        let wanted = Place { left: place.left + right as i32, bottom: place.bottom - down as i32 };
        self.place.set(Some(wanted.kept_inside(size(stack, ["offsetWidth", "offsetHeight"]), window_size())));
        self.put(stack);
    }

    fn let_go(&self) {
        self.began.set(None);
        if self.moved.get()
            && let Some(place) = self.place.get()
        {
            storage::keep(&self.key, Some(&place.to_text()));
        }
        self.release();
    }

    fn put_back(&self) {
        self.began.set(None);
        self.place.set(None);
        storage::keep(&self.key, None);
        if let Ok(Some(stack)) = js::document().query_selector("[data-kv=\"root\"] .kv-stack") {
            self.put(&stack);
        }
        self.release();
    }

    /// One of these listeners may be running: a closure must not be dropped while it runs.
    fn release(&self) {
        let done = self.listeners.take();
        wasm_bindgen_futures::spawn_local(async move { drop(done) });
    }
}
