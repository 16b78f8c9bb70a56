//! What the widget was refused, under the references people were shown: the newest few, so that an administrator finds
//! the one somebody tells of.

use super::{Result, Store, int, text};
use kommo_voip_domain::ids::UserId;
use kommo_voip_domain::protocol::FailureView;
use kommo_voip_domain::time::Moment;

/// How many are kept. Whoever asks for nonsense over and over pushes out nothing but the oldest of these.
const KEPT: i64 = 200;

impl Store {
    /// Writes a failure down.
    pub fn add_failure(&self, failure: &FailureView) -> Result<()> {
        let sql = "INSERT INTO failures (reference, at, user_id, what, status, text) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
            RETURNING id";
        let values = vec![
            text(failure.reference.as_str()),
            int(failure.at),
            int(failure.user.0),
            text(failure.what.as_str()),
            int(i64::from(failure.status)),
            text(failure.text.as_str()),
        ];
        let newest = self.first(sql, values)?.map_or(Ok(0), |row| row.int(0))?;
        self.run("DELETE FROM failures WHERE id <= ?1", vec![int(newest - KEPT)])
    }

    /// The newest failures, the last one first.
    pub fn newest_failures(&self, most: i64) -> Result<Vec<FailureView>> {
        let sql = "SELECT reference, at, user_id, what, status, text FROM failures ORDER BY id DESC LIMIT ?1";
        self.rows(sql, vec![int(most)])?
            .iter()
            .map(|row| {
                Ok(FailureView {
                    reference: row.text(0)?,
                    at: row.int(1)?,
                    user: UserId(row.int(2)?),
                    what: row.text(3)?,
                    status: u16::try_from(row.int(4)?).unwrap_or_default(),
                    text: row.text(5)?,
                })
            })
            .collect()
    }

    /// Drops what is older than the account keeps its calls.
    pub fn sweep_failures(&self, before: Moment) -> Result<()> {
        self.run("DELETE FROM failures WHERE at < ?1", vec![int(before.seconds())])
    }
}
