//! What the widget shows, as plain data, so that a view can be tested without a browser.
//!
//! Text from outside only ever becomes [`Child::Text`] or an attribute's value: there is no way to say "this is
//! HTML" (invariant 7). The browser shell compares two of these trees and changes only what differs, so a focused
//! field stays focused and a hovered card stays hovered.

use super::{End, Event, Field};
use std::ops::{Deref, DerefMut};

/// One element of the page. A handle, since views hand elements on and on: moving a handle costs a page load nothing,
/// moving what it stands for cost it twenty kilobytes.
#[derive(Debug, Clone, PartialEq)]
pub struct Element(Box<Parts>);

/// What an element consists of.
#[derive(Debug, Clone, PartialEq)]
pub struct Parts {
    /// Its tag.
    pub tag: &'static str,
    /// Tells it from its siblings of the same tag when their order may change.
    pub key: Option<String>,
    /// Its attributes.
    pub attributes: Vec<(&'static str, String)>,
    /// The value of a form field; set as a property, since the attribute is only the initial value.
    pub value: Option<String>,
    /// The state of a tick box.
    pub checked: Option<bool>,
    /// What the person can do with it.
    pub handlers: Vec<Handler>,
    /// What stands inside.
    pub children: Vec<Child>,
}

/// What stands inside an element.
#[derive(Debug, Clone, PartialEq)]
pub enum Child {
    /// Another element.
    Element(Element),
    /// Text, shown as it is.
    Text(String),
}

/// What the person can do with an element.
#[derive(Debug, Clone, PartialEq)]
pub enum Handler {
    /// A click, or Enter and Space on a button.
    Click(Event),
    /// The Escape key inside.
    Escape(Event),
    /// Keys of a telephone, the paste command and Enter inside; go on as [`super::DialerEvent`].
    Keypad,
    /// Typing into a field or choosing from a list: the new text goes to this field.
    Input(Field),
    /// A tick box was switched, or one of several chosen.
    Toggle(Field),
    /// A moment was typed or chosen in a field for date and time; goes on as [`super::SummaryEvent::TaskTime`].
    Time,
    /// A day was typed or chosen for an end of the journal's time; goes on as [`super::JournalEvent::Day`].
    Day(End),
}

impl Deref for Element {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.0
    }
}

impl DerefMut for Element {
    fn deref_mut(&mut self) -> &mut Parts {
        &mut self.0
    }
}

/// Starts an element.
#[inline(never)]
pub(crate) fn element(tag: &'static str) -> Element {
    Element(Box::new(Parts {
        tag,
        key: None,
        attributes: vec![],
        value: None,
        checked: None,
        handlers: vec![],
        children: vec![],
    }))
}

// The methods that are used everywhere stand once in the wasm: each keeps what it does out of its callers.
impl Element {
    /// With a stable name for styling and testing.
    pub fn named(self, name: impl Into<String>) -> Self {
        self.with("data-kv", name)
    }

    /// With a class.
    pub fn class(self, class: &str) -> Self {
        self.attribute_of("class", class.to_owned())
    }

    /// With an attribute.
    pub fn with(self, name: &'static str, value: impl Into<String>) -> Self {
        self.attribute_of(name, value.into())
    }

    #[inline(never)]
    fn attribute_of(mut self, name: &'static str, value: String) -> Self {
        self.attributes.push((name, value));
        self
    }

    /// With an attribute that is there or not, such as `disabled`.
    pub fn flag(self, name: &'static str, on: bool) -> Self {
        if on { self.with(name, "") } else { self }
    }

    /// Told from its siblings by this.
    pub fn keyed(mut self, key: impl Into<String>) -> Self {
        self.key = Some(key.into());
        self
    }

    /// A form field's value.
    pub fn value(mut self, value: impl Into<String>) -> Self {
        self.value = Some(value.into());
        self
    }

    /// A tick box's state.
    pub fn checked(mut self, on: bool) -> Self {
        self.checked = Some(on);
        self
    }

    /// Reacts to the person.
    #[inline(never)]
    pub fn on(mut self, handler: Handler) -> Self {
        self.handlers.push(handler);
        self
    }

    /// With text inside.
    pub fn text(self, text: impl Into<String>) -> Self {
        self.inside(Child::Text(text.into()))
    }

    /// With an element inside.
    pub fn child(self, child: Element) -> Self {
        self.inside(Child::Element(child))
    }

    #[inline(never)]
    fn inside(mut self, child: Child) -> Self {
        self.children.push(child);
        self
    }

    /// With an element inside, if there is one.
    #[inline(never)]
    pub fn maybe(self, child: Option<Element>) -> Self {
        match child {
            Some(child) => self.child(child),
            None => self,
        }
    }

    /// With several elements inside.
    pub fn children(mut self, children: impl IntoIterator<Item = Element>) -> Self {
        for child in children {
            self = self.child(child);
        }
        self
    }

    /// The value of an attribute.
    pub fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(found, _)| *found == name).map(|(_, value)| value.as_str())
    }

    /// All text inside, for tests and for accessible summaries.
    pub fn all_text(&self) -> String {
        let mut text = String::new();
        for child in &self.children {
            match child {
                Child::Text(own) => text.push_str(own),
                Child::Element(element) => text.push_str(&element.all_text()),
            }
        }
        text
    }

    /// The first element inside (or this one) that carries the name.
    pub fn find(&self, name: &str) -> Option<&Element> {
        if self.attribute("data-kv") == Some(name) {
            return Some(self);
        }
        self.children.iter().find_map(|child| match child {
            Child::Element(element) => element.find(name),
            Child::Text(_) => None,
        })
    }
}
