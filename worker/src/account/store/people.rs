//! The phone index: what Kommo is known to hold about a number.

use super::{Result, Store, json, text};
use kommo_voip_domain::matching::Person;
use kommo_voip_domain::phone::PhoneKey;

impl Store {
    /// What is known about a number, and how often its person vanished from Kommo.
    pub fn person(&self, number: &PhoneKey) -> Result<(Option<Person>, i64)> {
        match self.first("SELECT person, epoch FROM people WHERE number = ?1", vec![text(number.as_str())])? {
            Some(row) => Ok((Some(row.json(0)?), row.int(1)?)),
            None => Ok((None, 0)),
        }
    }

    /// Stores what is known about a number.
    pub fn set_person(&self, number: &PhoneKey, person: &Person) -> Result<()> {
        let sql = "INSERT INTO people (number, person) VALUES (?1, ?2) ON CONFLICT (number) DO UPDATE SET person = excluded.person";
        self.run(sql, vec![text(number.as_str()), json(person)?])
    }

    /// The person vanished from Kommo: whoever is created next is somebody new.
    pub fn person_vanished(&self, number: &PhoneKey) -> Result<()> {
        self.run("UPDATE people SET epoch = epoch + 1 WHERE number = ?1", vec![text(number.as_str())])
    }
}
