//! The journal of calls: the guide's `voip_calls`, with the merged reports and what was written for each.

use super::erase::digest;
use super::{Result, Row, Store, StoreError, flag, int, json, maybe_int, maybe_text, text};
use kommo_voip_domain::call::Call;
use kommo_voip_domain::ids::{CallId, Entity, EntityKind, ProviderCallId, UserId};
use kommo_voip_domain::matching::Person;
use kommo_voip_domain::plan::{self, Done, Feedback};
use kommo_voip_domain::protocol::DeliveryStatus;
use kommo_voip_domain::telephony::Direction;
use kommo_voip_domain::time::Moment;
use std::collections::HashSet;

/// One call.
#[derive(Debug, Clone, PartialEq)]
pub struct CallRow {
    /// Its number in this database.
    pub id: i64,
    /// The lane it is worked off in: the outside number, or the call itself where there is none.
    pub lane: String,
    /// The merged reports.
    pub call: Call,
    /// What was written for it.
    pub done: Done,
    /// It came while the product was switched off.
    pub switched_off: bool,
    /// How far it is.
    pub delivery: Delivery,
    /// What the journal shows.
    pub journal: Journal,
    /// When it is looked at next.
    pub due_at: Option<Moment>,
    /// Requests to Kommo spent on it.
    pub kommo_requests: u32,
    /// What people said about it.
    pub feedback: Feedback,
    /// Whoever was rung has been told that it was missed.
    pub told: bool,
}

/// How far a call is on its way into Kommo.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery {
    /// Where it stands.
    pub status: DeliveryStatus,
    /// Why it is parked or was not written.
    pub reason: Option<String>,
}

/// The columns the journal and the guide show, worked out from the reports whenever those change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Journal {
    /// Who called, E.164 where the number is valid.
    pub from_number: String,
    /// Who was called.
    pub to_number: String,
    /// The direction.
    pub direction: Direction,
    /// The guide's `status`.
    pub status: String,
    /// Seconds of talk.
    pub duration: i64,
    /// Who the call is credited to.
    pub responsible: Option<UserId>,
    /// Where it was logged.
    pub entity: Option<Entity>,
    /// The incoming lead, if any.
    pub unsorted_uid: Option<String>,
}

/// What may be known of a call before its first report.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Beside {
    /// It was erased, and its reports are of no interest any more.
    pub is_erased: bool,
    /// Its recording came already.
    pub has_recording: bool,
    /// A click-to-call of this provider waits for its first report.
    pub is_dialled: bool,
}

const COLUMNS: &str = "id, lane, reports, done, switched_off, delivery_status, delivery_reason, from_number, to_number, direction, \
                       status, duration, responsible_user_id, entity_type, entity_id, unsorted_uid, due_at, kommo_requests, feedback, told";

/// Tables whose rows belong to a call and go with it.
pub(super) const OF_CALLS: [&str; 4] = ["traces", "dismissals", "outbox", "call_lines"];

pub(super) fn word<T: serde::Serialize>(value: &T) -> Result<String> {
    Ok(serde_json::to_string(value)?.trim_matches('"').to_owned())
}

fn from_word<T: serde::de::DeserializeOwned>(word: &str) -> Result<T> {
    Ok(serde_json::from_str(&format!("\"{word}\""))?)
}

fn read(row: &Row) -> Result<CallRow> {
    let entity = match (row.maybe_text(13)?, row.maybe_int(14)?) {
        (Some(kind), Some(id)) => Some(Entity::new(from_word::<EntityKind>(&kind)?, id)),
        _ => None,
    };
    Ok(CallRow {
        id: row.int(0)?,
        lane: row.text(1)?,
        call: row.json(2)?,
        done: row.json(3)?,
        switched_off: row.int(4)? != 0,
        delivery: Delivery { status: from_word(&row.text(5)?)?, reason: row.maybe_text(6)? },
        journal: Journal {
            from_number: row.text(7)?,
            to_number: row.text(8)?,
            direction: from_word(&row.text(9)?)?,
            status: row.text(10)?,
            duration: row.int(11)?,
            responsible: row.maybe_int(12)?.map(UserId),
            entity,
            unsorted_uid: row.maybe_text(15)?,
        },
        due_at: row.maybe_int(16)?.map(Moment),
        kommo_requests: u32::try_from(row.int(17)?).unwrap_or(0),
        feedback: row.json(18)?,
        told: row.int(19)? != 0,
    })
}

impl Store {
    pub(super) fn calls_where(&self, condition: &str, values: Vec<serde_json::Value>) -> Result<Vec<CallRow>> {
        self.rows(&format!("SELECT {COLUMNS} FROM voip_calls WHERE {condition}"), values)?.iter().map(read).collect()
    }

    /// A call by its provider's id.
    pub fn call_by_provider_id(&self, provider: &str, id: &ProviderCallId) -> Result<Option<CallRow>> {
        Ok(self.calls_where("provider = ?1 AND call_id = ?2", vec![text(provider), text(id.0.clone())])?.pop())
    }

    /// What else may be known of a call that has no row under its provider's id, in one question: nearly every first
    /// report finds nothing.
    pub fn beside(&self, provider: &str, id: &ProviderCallId, dialled_after: Moment) -> Result<Beside> {
        let sql = "SELECT EXISTS (SELECT 1 FROM erased_calls WHERE digest = ?1), \
                   EXISTS (SELECT 1 FROM late_recordings WHERE provider = ?2 AND call_id = ?3), \
                   EXISTS (SELECT 1 FROM voip_calls WHERE provider = ?2 AND call_id >= 'dial:' AND call_id < 'dial;' \
                   AND created_at > ?4)";
        let values = vec![text(digest(provider, id)), text(provider), text(id.0.clone()), int(dialled_after.0)];
        let row = self.first(sql, values)?.ok_or_else(|| StoreError("a question has no answer".to_owned()))?;
        let is = |column| -> Result<bool> { Ok(row.int(column)? != 0) };
        Ok(Beside { is_erased: is(0)?, has_recording: is(1)?, is_dialled: is(2)? })
    }

    /// A call by our own id.
    pub fn call_by_public_id(&self, id: &CallId) -> Result<Option<CallRow>> {
        Ok(self.calls_where("public_id = ?1", vec![text(id.0.clone())])?.pop())
    }

    /// A call by its number in this database.
    pub fn call(&self, id: i64) -> Result<Option<CallRow>> {
        Ok(self.calls_where("id = ?1", vec![int(id)])?.pop())
    }

    /// The calls we heard of last.
    pub fn newest_calls(&self, limit: i64) -> Result<Vec<CallRow>> {
        self.calls_where("id > 0 ORDER BY id DESC LIMIT ?1", vec![int(limit)])
    }

    /// Calls that may have a card: heard of since `since`.
    pub fn calls_since(&self, since: Moment) -> Result<Vec<CallRow>> {
        // Each half has its index; with OR the whole journal would be read with every page load.
        let condition = "id IN (SELECT id FROM voip_calls WHERE due_at IS NOT NULL \
                         UNION SELECT id FROM voip_calls WHERE created_at > ?1) ORDER BY id DESC LIMIT 100";
        self.calls_where(condition, vec![int(since.0)])
    }

    /// The calls of a lane that may have a card.
    pub fn calls_of_lane_since(&self, lane: &str, since: Moment) -> Result<Vec<i64>> {
        let sql = "SELECT id FROM voip_calls WHERE lane = ?1 AND created_at > ?2 ORDER BY id DESC LIMIT 20";
        self.rows(sql, vec![text(lane), int(since.0)])?.iter().map(|row| row.int(0)).collect()
    }

    /// Calls of the lane before this one, the newest first.
    pub fn earlier_calls(&self, row: &CallRow, most: i64) -> Result<Vec<CallRow>> {
        let condition = "lane = ?1 AND id < ?2 ORDER BY id DESC LIMIT ?3";
        self.calls_where(condition, vec![text(row.lane.clone()), int(row.id), int(most)])
    }

    /// Stores a new call and gives its number.
    pub fn insert_call(&self, row: &CallRow, installation: i64, account: i64, now: Moment) -> Result<i64> {
        let sql = "INSERT INTO voip_calls (public_id, installation_id, kommo_account_id, provider, call_id, from_number, to_number, \
                   direction, status, duration, delivery_status, started_at, created_at, lane, switched_off, reports, done, \
                   recording, responsible_user_id, due_at) \
                   VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20) \
                   RETURNING id";
        let values = vec![
            text(row.call.id.0.clone()),
            int(installation),
            int(account),
            text(row.call.provider.clone()),
            text(row.call.call_id.0.clone()),
            text(row.journal.from_number.clone()),
            text(row.journal.to_number.clone()),
            text(word(&row.journal.direction)?),
            text(row.journal.status.clone()),
            int(row.journal.duration),
            text(word(&row.delivery.status)?),
            int(row.call.started_at.seconds()),
            int(now.0),
            text(row.lane.clone()),
            flag(row.switched_off),
            json(&row.call)?,
            json(&row.done)?,
            maybe_text(row.call.recording.as_deref()),
            maybe_int(row.journal.responsible.map(|user| user.0)),
            maybe_int(row.due_at.map(|due| due.0)),
        ];
        let id = self.first(sql, values)?.map_or(Ok(0), |row| row.int(0))?;
        self.note_lines(id, &row.call)?;
        Ok(id)
    }

    /// Remembers which lines a call has to do with, for the journals of their managers; they only become more.
    pub fn note_lines(&self, id: i64, call: &Call) -> Result<()> {
        let sql =
            "INSERT OR IGNORE INTO call_lines (call, provider, extension_id) SELECT ?1, ?2, value FROM json_each(?3)";
        let lines: Vec<&str> = plan::lines_of(call).collect();
        self.run(sql, vec![int(id), text(call.provider.clone()), json(&lines)?])
    }

    /// Stores what changed about a call.
    pub fn update_call(&self, row: &CallRow) -> Result<()> {
        let sql = "UPDATE voip_calls SET recording = ?2, responsible_user_id = ?3, status = ?4, duration = ?5, delivery_status = ?6, \
                   delivery_reason = ?7, started_at = ?8, entity_id = ?9, entity_type = ?10, unsorted_uid = ?11, due_at = ?12, \
                   reports = ?13, done = ?14, from_number = ?15, to_number = ?16, direction = ?17, lane = ?18, call_id = ?19 \
                   WHERE id = ?1";
        self.run(
            sql,
            vec![
                int(row.id),
                maybe_text(row.call.recording.as_deref()),
                maybe_int(row.journal.responsible.map(|user| user.0)),
                text(row.journal.status.clone()),
                int(row.journal.duration),
                text(word(&row.delivery.status)?),
                maybe_text(row.delivery.reason.as_deref()),
                int(row.call.started_at.seconds()),
                maybe_int(row.journal.entity.map(Entity::id)),
                maybe_text(row.journal.entity.map(|entity| entity.kind().as_str())),
                maybe_text(row.journal.unsorted_uid.as_deref()),
                maybe_int(row.due_at.map(|due| due.0)),
                json(&row.call)?,
                json(&row.done)?,
                text(row.journal.from_number.clone()),
                text(row.journal.to_number.clone()),
                text(word(&row.journal.direction)?),
                text(row.lane.clone()),
                text(row.call.call_id.0.clone()),
            ],
        )
    }

    /// Click-to-calls since `since` that the provider has not named yet, the newest first.
    pub fn open_dials(&self, provider: &str, since: Moment) -> Result<Vec<CallRow>> {
        // Every text that begins with "dial:" lies between these two.
        let condition =
            "provider = ?1 AND call_id >= 'dial:' AND call_id < 'dial;' AND created_at > ?2 ORDER BY id DESC";
        self.calls_where(condition, vec![text(provider), int(since.0)])
    }

    /// Forgets a click-to-call that never became a call.
    pub fn forget_call(&self, id: i64) -> Result<()> {
        for table in OF_CALLS {
            self.run(&format!("DELETE FROM {table} WHERE call = ?1"), vec![int(id)])?;
        }
        self.run("DELETE FROM voip_calls WHERE id = ?1", vec![int(id)])
    }

    /// Somebody talked with the number of a call after it, or was still talking when it ended, and all of that talk is
    /// in Kommo. One that is not yet finishes what the call leaves open; after a talk nobody asks.
    pub fn talked_since(&self, row: &CallRow) -> Result<bool> {
        if row.call.talked() {
            return Ok(false);
        }
        let talks = self.calls_where(
            "lane = ?1 AND duration > 0 AND id <> ?2 AND started_at + duration >= ?3 \
             AND delivery_status = 'delivered' LIMIT 5",
            vec![text(row.lane.clone()), int(row.id), int(row.call.started_at.seconds())],
        )?;
        Ok(talks.iter().any(|talk| talk.call.talked_after(&row.call)))
    }

    /// Who last talked with the number of a lane.
    pub fn last_talked(&self, lane: &str) -> Result<Option<UserId>> {
        let sql =
            "SELECT responsible_user_id FROM voip_calls WHERE lane = ?1 AND duration > 0 ORDER BY id DESC LIMIT 1";
        let row = self.first(sql, vec![text(lane)])?;
        Ok(row.map(|row| row.maybe_int(0)).transpose()?.flatten().map(UserId))
    }

    /// Stores what people said about a call; it is looked at again at once.
    pub fn set_feedback(&self, id: i64, feedback: &Feedback, due: Moment) -> Result<()> {
        let sql = "UPDATE voip_calls SET feedback = ?2, due_at = ?3, call_result = ?4, rating = ?5 WHERE id = ?1";
        let (result, rating) = (feedback.result.as_ref(), feedback.rating.as_ref());
        let values = vec![
            int(id),
            json(feedback)?,
            int(due.0),
            maybe_text(result.map(|result| result.saved.text.as_str())),
            maybe_int(rating.map(|rating| i64::from(rating.score))),
        ];
        self.run(sql, values)
    }

    /// Remembers on what a call was first decided.
    pub fn set_basis(&self, id: i64, person: &Person) -> Result<()> {
        self.run("UPDATE voip_calls SET basis = ?2 WHERE id = ?1 AND basis IS NULL", vec![int(id), json(person)?])
    }

    /// On what a call was first decided.
    pub fn basis(&self, id: i64) -> Result<Option<Person>> {
        let row = self.first("SELECT basis FROM voip_calls WHERE id = ?1 AND basis IS NOT NULL", vec![int(id)])?;
        row.map(|row| row.json(0)).transpose()
    }

    /// Whoever was rung is told of the miss now; `false` when they have been.
    pub fn mark_told(&self, id: i64) -> Result<bool> {
        let sql = "UPDATE voip_calls SET told = 1 WHERE id = ?1 AND told = 0 RETURNING id";
        Ok(self.first(sql, vec![int(id)])?.is_some())
    }

    /// A call by our own id, unless its retention has ended.
    pub fn kept_call(&self, id: &CallId, since: Moment) -> Result<Option<CallRow>> {
        Ok(self.calls_where("public_id = ?1 AND created_at >= ?2", vec![text(id.0.clone()), int(since.0)])?.pop())
    }

    /// Forgets calls past their retention with everything that belongs to them, whether or not they reached Kommo: an
    /// account that keeps calls for so long does not want them any more. Only a write whose answer is missing is
    /// settled first.
    pub fn sweep_calls(&self, before: Moment) -> Result<()> {
        let old = "SELECT id FROM voip_calls WHERE created_at < ?1 \
                   AND id NOT IN (SELECT call FROM outbox WHERE state = 'sending')";
        self.tx(|| {
            for table in OF_CALLS {
                self.run(&format!("DELETE FROM {table} WHERE call IN ({old})"), vec![int(before.0)])?;
            }
            self.run(&format!("DELETE FROM voip_calls WHERE id IN ({old})"), vec![int(before.0)])
        })
    }

    /// When a call is looked at next.
    pub fn set_due(&self, id: i64, due: Option<Moment>) -> Result<()> {
        self.run("UPDATE voip_calls SET due_at = ?2 WHERE id = ?1", vec![int(id), maybe_int(due.map(|due| due.0))])
    }

    /// Every call that still waits is looked at as soon as possible.
    pub fn wake_waiting_calls(&self, now: Moment) -> Result<()> {
        self.run("UPDATE voip_calls SET due_at = ?1 WHERE due_at > ?1", vec![int(now.0)])
    }

    /// Every call of the lane that wanted an action is looked at again: each may have been stopped by it.
    pub fn wake_calls_of(&self, action: &super::ActionRow, now: Moment) -> Result<()> {
        let sql = "UPDATE voip_calls SET due_at = ?2 WHERE delivery_status = 'parked' \
                   AND lane = (SELECT lane FROM voip_calls WHERE id = ?1)";
        self.run(sql, vec![int(action.call), int(now.0)])
    }

    /// Lanes with something to do, the longest waiting first, without those in `busy`. Read along the index of what is
    /// due and no further than needed: after an outage thousands of calls wait.
    pub fn due_lanes(&self, now: Moment, busy: &HashSet<String>) -> Result<Vec<String>> {
        let sql = "SELECT lane FROM voip_calls WHERE due_at <= ?1 AND lane NOT IN (SELECT value FROM json_each(?2)) \
                   ORDER BY due_at LIMIT 64";
        let mut lanes: Vec<String> = Vec::new();
        for row in self.rows(sql, vec![int(now.0), json(busy)?])? {
            let lane = row.text(0)?;
            if !lanes.contains(&lane) {
                lanes.push(lane);
            }
        }
        Ok(lanes)
    }

    /// The calls of a lane with something to do, in the order in which they came.
    pub fn due_calls(&self, lane: &str, now: Moment) -> Result<Vec<i64>> {
        let sql = "SELECT id FROM voip_calls WHERE lane = ?1 AND due_at <= ?2 ORDER BY id LIMIT 50";
        self.rows(sql, vec![text(lane), int(now.0)])?.iter().map(|row| row.int(0)).collect()
    }

    /// When a lane has to be looked at, the earliest moment: of those not in `busy`, and of those in it.
    pub fn next_due(&self, busy: &HashSet<String>) -> Result<(Option<Moment>, Option<Moment>)> {
        let first = |condition: &str| -> Result<Option<Moment>> {
            let sql = format!(
                "SELECT due_at FROM voip_calls WHERE due_at IS NOT NULL AND lane {condition} \
                 (SELECT value FROM json_each(?1)) ORDER BY due_at LIMIT 1"
            );
            self.first(&sql, vec![json(busy)?])?.map(|row| row.int(0).map(Moment)).transpose()
        };
        Ok((first("NOT IN")?, if busy.is_empty() { None } else { first("IN")? }))
    }

    /// How many lanes wait for something, counted up to `most`.
    pub fn waiting_lanes(&self, most: usize) -> Result<usize> {
        let sql = "SELECT DISTINCT lane FROM voip_calls WHERE due_at IS NOT NULL LIMIT ?1";
        Ok(self.rows(sql, vec![int(i64::try_from(most).unwrap_or(i64::MAX))])?.len())
    }
}
