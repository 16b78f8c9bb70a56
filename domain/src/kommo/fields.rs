//! Reading Kommo's JSON with its habits: a number may come as text, an empty object as `[]`, an empty list as
//! `null`, and a single thing in the shape of a list.
//!
//! Ids are required and checked; what is only shown or compared has a default, so that one odd field of one contact
//! never hides the other forty-nine.

use super::KommoError;
use serde_json::Value;

static NOTHING: Value = Value::Null;

/// A JSON value whose fields are read by name.
#[derive(Clone, Copy)]
pub(crate) struct Fields<'a>(&'a Value);

impl<'a> Fields<'a> {
    /// Reads from this value.
    pub(crate) fn new(value: &'a Value) -> Self {
        Self(value)
    }

    fn get(self, name: &str) -> &'a Value {
        self.0.get(name).unwrap_or(&NOTHING)
    }

    /// A whole number, also from decimal text.
    pub(crate) fn whole(self, name: &str) -> Option<i64> {
        match self.get(name) {
            Value::Number(number) => number.as_i64(),
            Value::String(text) => text.trim().parse().ok(),
            _ => None,
        }
    }

    /// An id without which the item means nothing.
    pub(crate) fn id(self, name: &str) -> Result<i64, KommoError> {
        self.whole(name).ok_or_else(|| KommoError::unreadable(format!("an item without its {name}")))
    }

    /// Text as it stands.
    pub(crate) fn text(self, name: &str) -> Option<&'a str> {
        self.get(name).as_str()
    }

    /// Text, empty when missing.
    pub(crate) fn text_or_empty(self, name: &str) -> String {
        self.text(name).unwrap_or_default().to_owned()
    }

    /// Text or number as text, none when empty.
    pub(crate) fn written(self, name: &str) -> Option<String> {
        match self.get(name) {
            Value::String(text) if !text.trim().is_empty() => Some(text.clone()),
            Value::Number(number) => Some(number.to_string()),
            _ => None,
        }
    }

    /// A flag, also from 0 and 1; missing is false.
    pub(crate) fn flag(self, name: &str) -> bool {
        match self.get(name) {
            Value::Bool(flag) => *flag,
            Value::Number(number) => number.as_i64() == Some(1),
            _ => false,
        }
    }

    /// An object in this one; a missing one reads as empty.
    pub(crate) fn inside(self, name: &str) -> Self {
        Self(self.get(name))
    }

    /// The items of a list; anything else has none.
    pub(crate) fn items(self, name: &str) -> impl Iterator<Item = Fields<'a>> + use<'a> {
        self.get(name).as_array().into_iter().flatten().map(Fields)
    }

    /// The items of a list under `_embedded`.
    pub(crate) fn embedded(self, name: &str) -> impl Iterator<Item = Fields<'a>> + use<'a> {
        self.inside("_embedded").items(name)
    }

    /// The texts of a plain list.
    pub(crate) fn texts(self, name: &str) -> Vec<String> {
        let items = self.0.get(name).and_then(Value::as_array);
        items.into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
    }

    /// The ids of a list under `_embedded`; items without one are passed over.
    pub(crate) fn embedded_ids(self, name: &str) -> Vec<i64> {
        self.embedded(name).filter_map(|item| item.whole("id")).collect()
    }

    fn answers(self, request_id: &str) -> Option<bool> {
        match self.get("request_id") {
            Value::String(text) => Some(text == request_id),
            Value::Number(number) => Some(number.to_string() == request_id),
            Value::Array(several) => Some(several.iter().any(|one| one.as_str() == Some(request_id))),
            _ => None,
        }
    }
}

/// The items of a list reply: under `_embedded`, or the bare list itself.
pub(crate) fn list<'a>(value: &'a Value, name: &str) -> Result<Vec<Fields<'a>>, KommoError> {
    let items = value.as_array().or_else(|| value.get("_embedded")?.get(name)?.as_array());
    match items {
        Some(items) => Ok(items.iter().map(Fields).collect()),
        None => Err(KommoError::unreadable(format!("a list without its {name}"))),
    }
}

/// The items of a list reply, each read by `read`; an empty reply has none.
pub(crate) fn read_list<T>(
    value: Option<&Value>,
    name: &str,
    read: impl Fn(Fields<'_>) -> Result<T, KommoError>,
) -> Result<Vec<T>, KommoError> {
    match value {
        Some(value) => list(value, name)?.into_iter().map(read).collect(),
        None => Ok(Vec::new()),
    }
}

/// One thing, bare or as the first item of a list reply.
pub(crate) fn single<'a>(value: &'a Value, name: &str) -> Result<Fields<'a>, KommoError> {
    match list(value, name) {
        Ok(items) => items.into_iter().next().ok_or_else(|| KommoError::unreadable(format!("no {name} in the list"))),
        Err(_) => Ok(Fields(value)),
    }
}

/// The item of a write's reply that answers our `request_id`; a sole item that names none is ours too.
pub(crate) fn answered<'a>(value: &'a Value, name: &str, request_id: &str) -> Result<Fields<'a>, KommoError> {
    let items = list(value, name)?;
    let ours = items.iter().find(|item| item.answers(request_id) == Some(true));
    let sole = match items.as_slice() {
        [item] if item.answers(request_id).is_none() => Some(item),
        _ => None,
    };
    ours.or(sole).copied().ok_or_else(|| KommoError::unreadable(format!("no answer to our request among the {name}")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn kommo_s_habits_are_read_alike() {
        let value = json!({"a": 5, "b": "5", "c": null, "d": [], "e": 1, "f": " ", "g": 7.5});
        let fields = Fields::new(&value);
        assert_eq!((fields.whole("a"), fields.whole("b"), fields.whole("c")), (Some(5), Some(5), None));
        assert_eq!(fields.whole("g"), None);
        assert_eq!(fields.inside("d").items("x").count(), 0);
        assert_eq!(fields.embedded_ids("leads"), Vec::<i64>::new());
        assert!(fields.flag("e") && !fields.flag("c"));
        assert_eq!((fields.written("a"), fields.written("f")), (Some("5".into()), None));
        assert!(fields.id("zzz").is_err());
    }

    #[test]
    fn the_answer_is_the_one_with_our_request_id() {
        let reply = json!({"_embedded": {"x": [{"id": 1, "request_id": "b"}, {"id": 2, "request_id": "a"}]}});
        assert_eq!(answered(&reply, "x", "a").ok().and_then(|item| item.whole("id")), Some(2));
        assert!(answered(&reply, "x", "c").is_err());
        let bare = json!([{"id": 3, "request_id": ["a"]}]);
        assert_eq!(answered(&bare, "x", "a").ok().and_then(|item| item.whole("id")), Some(3));
        let silent = json!([{"id": 4}]);
        assert_eq!(answered(&silent, "x", "a").ok().and_then(|item| item.whole("id")), Some(4));
        assert!(answered(&json!({"_embedded": []}), "x", "a").is_err());
        assert!(answered(&json!([{"id": 4, "request_id": "z"}]), "x", "a").is_err());
    }

    #[test]
    fn one_thing_is_read_bare_and_from_a_list() {
        for value in [json!({"id": 1}), json!([{"id": 1}]), json!({"_embedded": {"x": [{"id": 1}]}})] {
            assert_eq!(single(&value, "x").ok().and_then(|item| item.whole("id")), Some(1));
        }
    }
}
