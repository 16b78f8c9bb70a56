//! Deliveries seen before. The id is stored in the same transaction as what the delivery said.

use super::{Result, Store, int, text};
use kommo_voip_domain::time::Moment;

/// How a delivery relates to those seen before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Seen {
    /// Never seen.
    New,
    /// Seen with the same body.
    Repeat,
    /// Seen with another body.
    Conflict,
}

impl Store {
    /// Remembers a delivery, or says how it relates to the one that came under its id before.
    pub fn remember_delivery(&self, delivery_id: &str, digest: &str, now: Moment) -> Result<Seen> {
        let sql = "INSERT INTO deliveries (delivery_id, digest, at) VALUES (?1, ?2, ?3) \
                   ON CONFLICT (delivery_id) DO NOTHING RETURNING id";
        if self.first(sql, vec![text(delivery_id), text(digest), int(now.0)])?.is_some() {
            return Ok(Seen::New);
        }
        let row = self.first("SELECT digest FROM deliveries WHERE delivery_id = ?1", vec![text(delivery_id)])?;
        let same = row.map(|row| row.text(0)).transpose()?.is_some_and(|known| known == digest);
        Ok(if same { Seen::Repeat } else { Seen::Conflict })
    }

    /// When the provider last sent an event.
    pub fn last_delivery(&self) -> Result<Option<Moment>> {
        let row = self.first("SELECT at FROM deliveries ORDER BY id DESC LIMIT 1", vec![])?;
        row.map(|row| row.int(0).map(Moment)).transpose()
    }

    /// Forgets deliveries nobody repeats any more.
    pub fn sweep_deliveries(&self, before: Moment) -> Result<()> {
        self.run("DELETE FROM deliveries WHERE at < ?1", vec![int(before.0)])
    }
}
