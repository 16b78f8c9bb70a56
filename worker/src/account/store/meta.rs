//! Single values: who the object is, and its working copies of tokens, settings and lists.

use super::{Result, Store, json, text};
use serde::Serialize;
use serde::de::DeserializeOwned;

impl Store {
    /// The value of `name`, if there is one.
    pub fn value<T: DeserializeOwned>(&self, name: &str) -> Result<Option<T>> {
        let row = self.first("SELECT value FROM meta WHERE name = ?1", vec![text(name)])?;
        row.map(|row| row.json(0)).transpose()
    }

    /// Sets the value of `name`.
    pub fn set_value(&self, name: &str, value: &impl Serialize) -> Result<()> {
        let sql =
            "INSERT INTO meta (name, value) VALUES (?1, ?2) ON CONFLICT (name) DO UPDATE SET value = excluded.value";
        self.run(sql, vec![text(name), json(value)?])
    }

    /// Forgets the value of `name`.
    pub fn forget_value(&self, name: &str) -> Result<()> {
        self.run("DELETE FROM meta WHERE name = ?1", vec![text(name)])
    }
}
