//! The journal of requests to Kommo. A request is written down before it leaves, so that an object that was killed
//! counts what it cannot know to be over.

use super::{Result, Store, int, maybe_int, text};
use kommo_voip_domain::pace::REST;
use kommo_voip_domain::protocol::PurposeCount;
use kommo_voip_domain::time::{Millis, Moment};

/// How long the journal is kept.
const KEPT: Millis = Millis::minutes(60);

impl Store {
    /// Writes down a request that is about to leave; gives its journal number.
    pub fn begin_send(&self, purpose: &str, call: Option<i64>, now: Moment) -> Result<i64> {
        let sql = "INSERT INTO sends (at, purpose, call) VALUES (?1, ?2, ?3) RETURNING id";
        let row = self.first(sql, vec![int(now.0), text(purpose), maybe_int(call)])?;
        if let Some(call) = call {
            self.run("UPDATE voip_calls SET kommo_requests = kommo_requests + 1 WHERE id = ?1", vec![int(call)])?;
        }
        row.map_or(Ok(0), |row| row.int(0))
    }

    /// The request is over.
    pub fn end_send(&self, id: i64, now: Moment) -> Result<()> {
        self.run("UPDATE sends SET done_at = ?2 WHERE id = ?1", vec![int(id), int(now.0)])
    }

    /// Requests that a former life of this object left open end now; gives the ends of slots
    /// that still rest.
    pub fn recent_sends(&self, now: Moment) -> Result<Vec<Moment>> {
        self.run("UPDATE sends SET done_at = ?1 WHERE done_at IS NULL", vec![int(now.0)])?;
        let since = now.0 - REST.0;
        self.rows("SELECT done_at FROM sends WHERE done_at > ?1 ORDER BY done_at", vec![int(since)])?
            .iter()
            .map(|row| row.int(0).map(Moment))
            .collect()
    }

    /// Requests of the last minute, by purpose.
    pub fn sends_per_minute(&self, now: Moment) -> Result<Vec<PurposeCount>> {
        let sql = "SELECT purpose, COUNT(*) FROM sends WHERE at > ?1 GROUP BY purpose ORDER BY purpose";
        self.rows(sql, vec![int(now.0 - 60_000)])?
            .iter()
            .map(|row| {
                Ok(PurposeCount { purpose: row.text(0)?, count: u32::try_from(row.int(1)?).unwrap_or(u32::MAX) })
            })
            .collect()
    }

    /// Drops what is too old to matter.
    pub fn sweep_sends(&self, now: Moment) -> Result<()> {
        self.run("DELETE FROM sends WHERE at < ?1", vec![int(now.0 - KEPT.0)])
    }
}
