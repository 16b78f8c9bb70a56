//! Fields of a JSON payload that is somebody else's: what is missing, null or of another kind reads as blank.

use super::form::{plain, seconds};
use serde_json::Value;

/// An object of a payload, or the lack of one.
#[derive(Clone, Copy)]
pub(super) struct Fields<'a>(Option<&'a Value>);

impl<'a> Fields<'a> {
    /// Of a value, whatever it is.
    pub(super) fn of(value: &'a Value) -> Self {
        Self(Some(value))
    }

    /// The value itself.
    pub(super) fn value(&self, name: &str) -> Option<&'a Value> {
        self.0?.get(name).filter(|value| !value.is_null())
    }

    /// An object inside.
    pub(super) fn inner(&self, name: &str) -> Self {
        Self(self.value(name))
    }

    /// Whether there is an object at all.
    pub(super) fn is_there(&self) -> bool {
        self.0.is_some_and(Value::is_object)
    }

    /// The items of a list inside.
    pub(super) fn items(&self, name: &str) -> impl Iterator<Item = Fields<'a>> + use<'a> {
        self.value(name).and_then(Value::as_array).into_iter().flatten().map(Fields::of)
    }

    /// Text or a number, as text fit for display.
    pub(super) fn text(&self, name: &str) -> String {
        match self.value(name) {
            Some(Value::String(text)) => plain(text),
            Some(Value::Number(number)) => number.to_string(),
            _ => String::new(),
        }
    }

    /// As [`Fields::text`], without the blank.
    pub(super) fn filled(&self, name: &str) -> Option<String> {
        Some(self.text(name)).filter(|text| !text.is_empty())
    }

    /// The first of several names that is filled.
    pub(super) fn first(&self, names: &[&str]) -> Option<String> {
        names.iter().find_map(|name| self.filled(name))
    }

    /// Whole seconds, as a number or text.
    pub(super) fn seconds(&self, name: &str) -> Option<i64> {
        seconds(&self.text(name))
    }

    /// `true`, as a truth or as text.
    pub(super) fn is_true(&self, name: &str) -> bool {
        self.value(name).is_some_and(|value| value == &Value::Bool(true) || value == "true")
    }
}
