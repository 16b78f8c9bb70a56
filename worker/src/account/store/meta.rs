//! Single values: who the object is, and its working copies of tokens, settings and lists.

use super::{Result, Store, json, text};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::any::Any;
use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

/// Values that every webhook needs, as they were last read. This object is the only one that writes them, and a
/// write, or a transaction that is taken back, forgets them.
#[derive(Default)]
pub(super) struct Memory(RefCell<HashMap<&'static str, Rc<dyn Any>>>);

impl Memory {
    /// What is remembered under a name.
    pub(super) fn recall<T: 'static>(&self, name: &str) -> Option<Rc<T>> {
        self.0.borrow().get(name)?.clone().downcast().ok()
    }

    /// Remembers a value.
    pub(super) fn keep<T: 'static>(&self, name: &'static str, value: Rc<T>) {
        self.0.borrow_mut().insert(name, value);
    }

    /// Forgets a value.
    pub(super) fn drop_one(&self, name: &str) {
        self.0.borrow_mut().remove(name);
    }

    /// Forgets everything.
    pub(super) fn drop_all(&self) {
        self.0.borrow_mut().clear();
    }
}

impl Store {
    /// The value of `name`, if there is one.
    pub fn value<T: DeserializeOwned>(&self, name: &str) -> Result<Option<T>> {
        let row = self.first("SELECT value FROM meta WHERE name = ?1", vec![text(name)])?;
        row.map(|row| row.json(0)).transpose()
    }

    /// The value of `name`, or the default; read from the database once.
    pub fn shared<T: DeserializeOwned + Default + 'static>(&self, name: &'static str) -> Result<Rc<T>> {
        if let Some(known) = self.memory.recall(name) {
            return Ok(known);
        }
        let value = Rc::new(self.value::<T>(name)?.unwrap_or_default());
        self.memory.keep(name, Rc::clone(&value));
        Ok(value)
    }

    /// What was made of the value of `name`, as long as that has not changed.
    pub fn made_of<T: 'static>(&self, name: &str) -> Option<Rc<T>> {
        self.memory.recall(name)
    }

    /// Remembers what was made of the value of `name`.
    pub fn keep_made_of<T: 'static>(&self, name: &'static str, made: Rc<T>) {
        self.memory.keep(name, made);
    }

    /// Sets the value of `name`.
    pub fn set_value(&self, name: &str, value: &impl Serialize) -> Result<()> {
        self.memory.drop_one(name);
        let sql =
            "INSERT INTO meta (name, value) VALUES (?1, ?2) ON CONFLICT (name) DO UPDATE SET value = excluded.value";
        self.run(sql, vec![text(name), json(value)?])
    }

    /// Forgets the value of `name`.
    pub fn forget_value(&self, name: &str) -> Result<()> {
        self.memory.drop_one(name);
        self.run("DELETE FROM meta WHERE name = ?1", vec![text(name)])
    }
}
