//! Reading a payload strictly: types, required fields, and who is named in it.
//!
//! Everything wrong is collected with its path, since the API names all of it at once and
//! stores nothing of a request in which one item is wrong.

use serde_json::{Map, Value, json};

use super::Call;
use crate::{
    problem::Problem,
    state::{Account, Id},
};

/// More items than this in one request are refused with 422.
const MOST_ITEMS: usize = 250;

/// An object of the payload while it is read.
pub(crate) struct Fields<'a> {
    object: &'a Map<String, Value>,
    prefix: String,
    errors: Vec<Value>,
}

impl<'a> Fields<'a> {
    pub(crate) fn new(object: &'a Map<String, Value>, prefix: &str) -> Self {
        Self { object, prefix: prefix.to_owned(), errors: Vec::new() }
    }

    fn path(&self, name: &str) -> String {
        if self.prefix.is_empty() { name.to_owned() } else { format!("{}.{name}", self.prefix) }
    }

    /// Writes down what is wrong with a field.
    pub(crate) fn fail(&mut self, code: &str, name: &str, detail: &str) {
        let path = self.path(name);
        self.errors.push(json!({"code": code, "path": path, "detail": detail}));
    }

    pub(crate) fn unknown(&mut self, name: &str) {
        self.fail("NotSupportedChoice", name, "The value you selected is not a valid choice.");
    }

    fn wrong_type(&mut self, name: &str, wanted: &str) {
        self.fail("InvalidType", name, &format!("This value should be of type {wanted}."));
    }

    pub(crate) fn missing(&mut self, name: &str) {
        self.fail("FieldMissing", name, "This field is missing.");
    }

    pub(crate) fn has(&self, name: &str) -> bool {
        self.object.contains_key(name)
    }

    pub(crate) fn is_null(&self, name: &str) -> bool {
        self.object.get(name).is_some_and(Value::is_null)
    }

    /// The field, unless it is absent; null is an error.
    fn value(&mut self, name: &str) -> Option<&'a Value> {
        let value = self.object.get(name)?;
        if value.is_null() {
            self.fail("NotNullable", name, "This value should not be null.");
            return None;
        }
        Some(value)
    }

    pub(crate) fn text(&mut self, name: &str) -> Option<String> {
        match self.value(name)? {
            Value::String(text) => Some(text.clone()),
            _ => {
                self.wrong_type(name, "string");
                None
            }
        }
    }

    /// A text that must be there and not blank.
    pub(crate) fn required_text(&mut self, name: &str) -> String {
        if !self.has(name) {
            self.missing(name);
            return String::new();
        }
        let text = self.text(name);
        if text.as_ref().is_some_and(|text| text.trim().is_empty()) {
            self.fail("NotBlank", name, "This value should not be blank.");
        }
        text.unwrap_or_default()
    }

    pub(crate) fn integer(&mut self, name: &str) -> Option<i64> {
        match self.value(name)?.as_i64() {
            Some(number) => Some(number),
            None => {
                self.wrong_type(name, "int");
                None
            }
        }
    }

    pub(crate) fn required_integer(&mut self, name: &str) -> i64 {
        if !self.has(name) {
            self.missing(name);
        }
        self.integer(name).unwrap_or_default()
    }

    pub(crate) fn id(&mut self, name: &str) -> Option<Id> {
        let number = self.integer(name)?;
        match Id::try_from(number) {
            Ok(id) => Some(id),
            Err(_) => {
                self.unknown(name);
                None
            }
        }
    }

    pub(crate) fn boolean(&mut self, name: &str) -> Option<bool> {
        match self.value(name)? {
            Value::Bool(value) => Some(*value),
            _ => {
                self.wrong_type(name, "bool");
                None
            }
        }
    }

    pub(crate) fn array(&mut self, name: &str) -> Option<&'a Vec<Value>> {
        match self.value(name)? {
            Value::Array(items) => Some(items),
            _ => {
                self.wrong_type(name, "array");
                None
            }
        }
    }

    /// A nested object with its own path.
    pub(crate) fn object(&mut self, name: &str) -> Option<Fields<'a>> {
        match self.value(name)? {
            Value::Object(object) => Some(Fields::new(object, &self.path(name))),
            // PHP clients send an empty object as an empty list.
            Value::Array(items) if items.is_empty() => None,
            _ => {
                self.wrong_type(name, "object");
                None
            }
        }
    }

    /// The objects of a nested list, each with its own path.
    pub(crate) fn objects(&mut self, name: &str) -> Vec<Fields<'a>> {
        let path = self.path(name);
        let Some(items) = self.array(name) else {
            return Vec::new();
        };
        let mut found = Vec::new();
        for (index, item) in items.iter().enumerate() {
            match item {
                Value::Object(object) => found.push(Fields::new(object, &format!("{path}.{index}"))),
                _ => self.wrong_type(&format!("{name}.{index}"), "object"),
            }
        }
        found
    }

    /// A user of the account; anyone else is no valid choice.
    pub(crate) fn user(&mut self, account: &Account, name: &str) -> Option<Id> {
        let id = self.id(name)?;
        if !account.users.contains_key(&id) {
            self.unknown(name);
            return None;
        }
        Some(id)
    }

    /// An author: a user of the account, or 0 for the robot.
    pub(crate) fn author(&mut self, account: &Account, name: &str) -> Option<Id> {
        let id = self.id(name)?;
        if id != 0 && !account.users.contains_key(&id) {
            self.unknown(name);
            return None;
        }
        Some(id)
    }

    pub(crate) fn raw(&self, name: &str) -> Option<&'a Value> {
        self.object.get(name)
    }

    pub(crate) fn all(&self) -> &'a Map<String, Value> {
        self.object
    }

    /// Takes over what was wrong with a nested object.
    pub(crate) fn absorb(&mut self, nested: Fields<'_>) {
        self.errors.extend(nested.errors);
    }

    /// Refuses an object that came without a list around it.
    pub(crate) fn done(self) -> Result<(), Problem> {
        finish(vec![("0".to_owned(), self)])
    }
}

/// An item of a collection request with the `request_id` it is answered by.
pub(crate) type Item<'a> = (String, &'a Map<String, Value>);

/// The items of a collection request, as long as they are objects.
pub(crate) fn items(body: &Value) -> Result<Vec<Item<'_>>, Problem> {
    let Value::Array(list) = body else {
        return Err(Problem::new(400, "The body must be a list of objects"));
    };
    if list.is_empty() {
        return Err(Problem::new(400, "The body is empty"));
    }
    if list.len() > MOST_ITEMS {
        return Err(Problem::new(422, "Too many items in one request"));
    }
    let mut found = Vec::new();
    let mut errors = Vec::new();
    for (index, item) in list.iter().enumerate() {
        let fallback = index.to_string();
        let Value::Object(object) = item else {
            errors.push(item_error(
                &fallback,
                vec![json!({"code": "InvalidType", "path": "", "detail": "This value should be of type object."})],
            ));
            continue;
        };
        match object.get("request_id") {
            None => found.push((fallback, object)),
            Some(Value::String(id)) => found.push((id.clone(), object)),
            Some(_) => errors.push(item_error(
                &fallback,
                vec![json!({"code": "InvalidType", "path": "request_id", "detail": "This value should be of type string."})],
            )),
        }
    }
    if errors.is_empty() { Ok(found) } else { Err(Problem::Invalid(errors)) }
}

/// One object, as PATCH on a single entity takes it.
pub(crate) fn single(call: &Call) -> Result<Map<String, Value>, Problem> {
    match call.json()? {
        Value::Object(object) if !object.is_empty() => Ok(object),
        Value::Object(_) => Err(Problem::new(400, "The body is empty")),
        _ => Err(Problem::new(400, "The body must be an object")),
    }
}

/// An object that may be left out altogether.
pub(crate) fn optional(call: &Call) -> Result<Map<String, Value>, Problem> {
    if call.body.is_empty() {
        return Ok(Map::new());
    }
    match call.json()? {
        Value::Object(object) => Ok(object),
        Value::Array(list) if list.is_empty() => Ok(Map::new()),
        _ => Err(Problem::new(400, "The body must be an object")),
    }
}

fn item_error(request_id: &str, errors: Vec<Value>) -> Value {
    json!({"request_id": request_id, "errors": errors})
}

/// Refuses the whole request if anything was wrong with any item.
pub(crate) fn finish(items: Vec<(String, Fields<'_>)>) -> Result<(), Problem> {
    let errors: Vec<Value> = items
        .into_iter()
        .filter(|(_, fields)| !fields.errors.is_empty())
        .map(|(request_id, fields)| item_error(&request_id, fields.errors))
        .collect();
    if errors.is_empty() { Ok(()) } else { Err(Problem::Invalid(errors)) }
}
