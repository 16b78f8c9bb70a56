//! The phone index: what Kommo is known to hold about a number, and which entities that are.
//!
//! A row whose entity changed in Kommo is stale: its `read_at` is zero, so it decides nothing before it was read again.

use super::{Result, Store, int, json, text};
use kommo_voip_domain::ids::Entity;
use kommo_voip_domain::matching::Person;
use kommo_voip_domain::phone::PhoneKey;
use kommo_voip_domain::time::Moment;

/// A number whose person has to be read again.
#[derive(Debug, Clone, PartialEq)]
pub struct Stale {
    /// The number.
    pub number: PhoneKey,
    /// What was known.
    pub person: Person,
}

impl Store {
    /// What is known about a number, and how often its person vanished from Kommo.
    pub fn person(&self, number: &PhoneKey) -> Result<(Option<Person>, i64)> {
        match self.first("SELECT person, epoch FROM people WHERE number = ?1", vec![text(number.as_str())])? {
            Some(row) => Ok((Some(row.json(0)?), row.int(1)?)),
            None => Ok((None, 0)),
        }
    }

    /// What is known about the number of a lane; nobody for a lane without one.
    pub fn person_of_lane(&self, lane: &str) -> Result<Person> {
        let known = PhoneKey::parse(lane).map(|key| self.person(&key)).transpose()?;
        Ok(known.and_then(|(person, _)| person).unwrap_or_default())
    }

    /// Stores what is known about a number.
    pub fn set_person(&self, number: &PhoneKey, person: &Person) -> Result<()> {
        let sql = "INSERT INTO people (number, person) VALUES (?1, ?2) \
                   ON CONFLICT (number) DO UPDATE SET person = excluded.person, \
                   stale_since = CASE WHEN ?3 = 0 THEN stale_since END";
        self.run(sql, vec![text(number.as_str()), json(person)?, int(person.read_at.0)])?;
        let held: Vec<Entity> = person.entities().collect();
        let rows = self.rows("SELECT kind, entity FROM holdings WHERE number = ?1", vec![text(number.as_str())])?;
        let mut known = Vec::with_capacity(rows.len());
        for row in rows {
            known.push((row.text(0)?, row.int(1)?));
        }
        if known.len() == held.len() && held.iter().all(|entity| known.contains(&name_of(*entity))) {
            return Ok(());
        }
        self.run("DELETE FROM holdings WHERE number = ?1", vec![text(number.as_str())])?;
        for entity in held {
            let (kind, id) = name_of(entity);
            let sql = "INSERT OR IGNORE INTO holdings (kind, entity, number) VALUES (?1, ?2, ?3)";
            self.run(sql, vec![text(kind), int(id), text(number.as_str())])?;
        }
        Ok(())
    }

    /// The person vanished from Kommo: whoever is created next is somebody new.
    pub fn person_vanished(&self, number: &PhoneKey) -> Result<()> {
        self.run("UPDATE people SET epoch = epoch + 1 WHERE number = ?1", vec![text(number.as_str())])
    }

    /// Somebody of the index is this entity.
    pub fn holds(&self, entity: Entity) -> Result<bool> {
        let (kind, id) = name_of(entity);
        let row =
            self.first("SELECT 1 FROM holdings WHERE kind = ?1 AND entity = ?2 LIMIT 1", vec![text(kind), int(id)])?;
        Ok(row.is_some())
    }

    /// An entity changed in Kommo; gives how many numbers have to be read again because of it.
    pub fn entity_changed(&self, entity: Entity, now: Moment) -> Result<usize> {
        let sql = "UPDATE people SET person = json_set(person, '$.readAt', 0), stale_since = COALESCE(stale_since, ?3) \
                   WHERE number IN (SELECT number FROM holdings WHERE kind = ?1 AND entity = ?2) RETURNING id";
        let (kind, id) = name_of(entity);
        Ok(self.rows(sql, vec![text(kind), int(id), int(now.0)])?.len())
    }

    /// Somebody got this number in Kommo: what is known about it is read again before it decides anything.
    pub fn number_appeared(&self, number: &PhoneKey) -> Result<()> {
        let sql = "UPDATE people SET person = json_set(person, '$.readAt', 0) WHERE number = ?1";
        self.run(sql, vec![text(number.as_str())])
    }

    /// Numbers that have to be read again, the longest waiting first.
    pub fn stale_people(&self, most: i64) -> Result<Vec<Stale>> {
        let sql = "SELECT number, person FROM people WHERE stale_since IS NOT NULL ORDER BY stale_since LIMIT ?1";
        let mut found = vec![];
        for row in self.rows(sql, vec![int(most)])? {
            if let Some(number) = PhoneKey::parse(&row.text(0)?) {
                found.push(Stale { number, person: row.json(1)? });
            }
        }
        Ok(found)
    }

    /// Since when the longest waiting number has to be read again.
    pub fn stale_since(&self) -> Result<Option<Moment>> {
        let row = self.first("SELECT MIN(stale_since) FROM people WHERE stale_since IS NOT NULL", vec![])?;
        row.map_or(Ok(None), |row| Ok(row.maybe_int(0)?.map(Moment)))
    }

    /// Every number is read again with its next call; the sweep has nothing to do.
    pub fn nobody_is_stale(&self) -> Result<()> {
        self.run("UPDATE people SET stale_since = NULL WHERE stale_since IS NOT NULL", vec![])
    }

    /// Forgets who has a number that nobody of the journal has any more, and that was not read since.
    pub fn sweep_people(&self, before: Moment) -> Result<()> {
        let old = "SELECT number FROM people WHERE json_extract(person, '$.readAt') < ?1 \
                   AND number NOT IN (SELECT lane FROM voip_calls)";
        self.tx(|| {
            self.run(&format!("DELETE FROM holdings WHERE number IN ({old})"), vec![int(before.0)])?;
            self.run(&format!("DELETE FROM people WHERE number IN ({old})"), vec![int(before.0)])
        })
    }

    /// The number is read again with its next call; the sweep leaves it alone.
    pub fn not_stale(&self, number: &PhoneKey) -> Result<()> {
        self.run("UPDATE people SET stale_since = NULL WHERE number = ?1", vec![text(number.as_str())])
    }
}

fn name_of(entity: Entity) -> (String, i64) {
    (entity.kind().as_str().to_owned(), entity.id())
}
