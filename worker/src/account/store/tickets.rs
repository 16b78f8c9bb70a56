//! Tickets of live connections, kept as digests, and the cards a person dismissed.

use super::{Result, Store, flag, int, text};
use kommo_voip_domain::ids::UserId;
use kommo_voip_domain::time::Moment;

impl Store {
    /// Remembers a ticket by its digest.
    pub fn add_ticket(&self, digest: &str, user: UserId, reusable: bool, expires: Moment) -> Result<()> {
        let sql = "INSERT INTO tickets (digest, user_id, reusable, expires_at) VALUES (?1, ?2, ?3, ?4)";
        self.run(sql, vec![text(digest), int(user.0), flag(reusable), int(expires.0)])
    }

    /// Whose ticket it is; a ticket that is not reusable is gone afterwards.
    pub fn use_ticket(&self, digest: &str, now: Moment) -> Result<Option<(UserId, Moment)>> {
        let sql = "SELECT id, user_id, reusable, expires_at FROM tickets WHERE digest = ?1 AND expires_at > ?2";
        let Some(row) = self.first(sql, vec![text(digest), int(now.0)])? else { return Ok(None) };
        if row.int(2)? == 0 {
            self.run("DELETE FROM tickets WHERE id = ?1", vec![int(row.int(0)?)])?;
        }
        Ok(Some((UserId(row.int(1)?), Moment(row.int(3)?))))
    }

    /// Revokes every ticket, or only those that ended.
    pub fn drop_tickets(&self, ended_before: Option<Moment>) -> Result<()> {
        match ended_before {
            Some(moment) => self.run("DELETE FROM tickets WHERE expires_at <= ?1", vec![int(moment.0)]),
            None => self.run("DELETE FROM tickets", vec![]),
        }
    }

    /// The user does not want to see this call's card any more.
    pub fn dismiss(&self, call: i64, user: UserId) -> Result<()> {
        self.run("INSERT OR IGNORE INTO dismissals (call, user_id) VALUES (?1, ?2)", vec![int(call), int(user.0)])
    }

    /// Who dismissed the card of a call.
    pub fn dismissed_by(&self, call: i64) -> Result<Vec<UserId>> {
        self.rows("SELECT user_id FROM dismissals WHERE call = ?1", vec![int(call)])?
            .iter()
            .map(|row| row.int(0).map(UserId))
            .collect()
    }
}
