//! Writes to Kommo that are wanted, under way, parked or done; each under a key that exists once.

use super::{Result, Row, Store, int, json, maybe_int, maybe_text, text};
use kommo_voip_domain::plan::outbox::{Attempt, State};
use kommo_voip_domain::plan::{Action, ActionResult};
use kommo_voip_domain::time::Moment;

/// One action.
#[derive(Debug, Clone, PartialEq)]
pub struct ActionRow {
    /// Its number.
    pub id: i64,
    /// The call that wanted it first.
    pub call: i64,
    /// What is to be done.
    pub action: Action,
    /// Its life so far.
    pub attempt: Attempt,
    /// Why it failed last.
    pub reason: Option<String>,
}

const COLUMNS: &str = "id, call, action, state, attempts, sent_at, due_at, reason, result";

fn read(row: &Row) -> Result<ActionRow> {
    Ok(ActionRow {
        id: row.int(0)?,
        call: row.int(1)?,
        action: row.json(2)?,
        attempt: Attempt {
            state: match row.text(3)?.as_str() {
                "sending" => State::Sending,
                "parked" => State::Parked,
                "done" => State::Done(row.json(8)?),
                _ => State::Ready,
            },
            attempts: u32::try_from(row.int(4)?).unwrap_or(u32::MAX),
            sent_at: row.maybe_int(5)?.map(Moment),
            due_at: Moment(row.int(6)?),
        },
        reason: row.maybe_text(7)?,
    })
}

impl Store {
    /// The action under this key; made if there is none.
    pub fn action(&self, key: &str, call: i64, action: &Action, now: Moment) -> Result<ActionRow> {
        let sql = "INSERT OR IGNORE INTO outbox (key, call, action, state, due_at) VALUES (?1, ?2, ?3, 'ready', ?4)";
        self.run(sql, vec![text(key), int(call), json(action)?, int(now.0)])?;
        let sql = format!("SELECT {COLUMNS} FROM outbox WHERE key = ?1");
        let row = self.first(&sql, vec![text(key)])?;
        read(&row.ok_or_else(|| super::StoreError("the action vanished".to_owned()))?)
    }

    /// An action by its number.
    pub fn action_by_id(&self, id: i64) -> Result<Option<ActionRow>> {
        let sql = format!("SELECT {COLUMNS} FROM outbox WHERE id = ?1");
        self.first(&sql, vec![int(id)])?.map(|row| read(&row)).transpose()
    }

    /// Actions that are not done, oldest first.
    pub fn open_actions(&self) -> Result<Vec<ActionRow>> {
        // What is ready and not wanted any more waits for nothing.
        let sql = format!(
            "SELECT {COLUMNS} FROM outbox WHERE state IN ('sending', 'parked') OR (state = 'ready' \
             AND call IN (SELECT id FROM voip_calls WHERE due_at IS NOT NULL)) ORDER BY id LIMIT 200"
        );
        self.rows(&sql, vec![])?.iter().map(read).collect()
    }

    /// A write of the lane whose answer is missing, the oldest first.
    pub fn uncertain_action(&self, lane: &str) -> Result<Option<ActionRow>> {
        let sql = format!(
            "SELECT {COLUMNS} FROM outbox WHERE state = 'sending' \
             AND (SELECT lane FROM voip_calls WHERE voip_calls.id = outbox.call) = ?1 ORDER BY id LIMIT 1"
        );
        self.first(&sql, vec![text(lane)])?.map(|row| read(&row)).transpose()
    }

    /// What was done for a call, in the order in which it was done.
    pub fn done_for(&self, call: i64) -> Result<Vec<(Action, ActionResult)>> {
        let sql = "SELECT action, result FROM outbox WHERE call = ?1 AND state = 'done' ORDER BY sent_at, id";
        self.rows(sql, vec![int(call)])?.iter().map(|row| Ok((row.json(0)?, row.json(1)?))).collect()
    }

    /// The action leaves now, as `action` (its content may have grown since it was first wanted).
    pub fn mark_sending(&self, id: i64, action: &Action, now: Moment) -> Result<()> {
        let sql =
            "UPDATE outbox SET state = 'sending', action = ?2, sent_at = ?3, attempts = attempts + 1 WHERE id = ?1";
        self.run(sql, vec![int(id), json(action)?, int(now.0)])
    }

    /// No action that is done has brought this about.
    pub fn is_nobodys_result(&self, result: &ActionResult) -> Result<bool> {
        Ok(self.first("SELECT id FROM outbox WHERE result = ?1 LIMIT 1", vec![json(result)?])?.is_none())
    }

    /// The action is done.
    pub fn mark_done(&self, id: i64, result: &ActionResult) -> Result<()> {
        self.run(
            "UPDATE outbox SET state = 'done', reason = NULL, result = ?2 WHERE id = ?1",
            vec![int(id), json(result)?],
        )
    }

    /// The action is tried again, not before `due`.
    pub fn mark_ready(&self, id: i64, due: Moment, reason: Option<&str>) -> Result<()> {
        let sql = "UPDATE outbox SET state = 'ready', due_at = ?2, reason = ?3 WHERE id = ?1";
        self.run(sql, vec![int(id), int(due.0), maybe_text(reason)])
    }

    /// The action may have taken effect: it is looked for, not before `due`.
    pub fn mark_uncertain(&self, id: i64, due: Moment, reason: &str) -> Result<()> {
        let sql = "UPDATE outbox SET state = 'sending', due_at = ?2, reason = ?3 WHERE id = ?1";
        self.run(sql, vec![int(id), int(due.0), text(reason)])
    }

    /// Kommo refused the action.
    pub fn mark_parked(&self, id: i64, reason: &str) -> Result<()> {
        self.run("UPDATE outbox SET state = 'parked', reason = ?2 WHERE id = ?1", vec![int(id), text(reason)])
    }

    /// Gives what is parked of a call another chance: its facts have changed.
    pub fn unpark_call(&self, call: i64, now: Moment) -> Result<()> {
        let sql = "UPDATE outbox SET state = 'ready', attempts = 0, sent_at = NULL, due_at = ?2, reason = NULL \
                   WHERE call = ?1 AND state = 'parked'";
        self.run(sql, vec![int(call), int(now.0)])
    }

    /// Gives a parked action another chance from scratch.
    pub fn unpark(&self, id: i64, now: Moment) -> Result<()> {
        let sql = "UPDATE outbox SET state = 'ready', attempts = 0, sent_at = ?2, due_at = ?3, reason = NULL WHERE id = ?1 AND state = 'parked'";
        self.run(sql, vec![int(id), maybe_int(None), int(now.0)])
    }
}
