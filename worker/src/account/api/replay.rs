//! `POST calls/{id}/replay`: today's rules on a stored call, nothing done.

use super::super::Hub;
use super::super::reply::{self, Refusal};
use super::Asked;
use crate::adapters::clock;
use kommo_voip_domain::phone;
use kommo_voip_domain::plan::{Facts, replay};
use worker::Response;

impl Hub {
    pub(in super::super) async fn post_replay(&self, asked: &Asked, id: &str) -> Result<Response, Refusal> {
        self.require_admin(asked).await?;
        let reader = self.reader(asked).await?;
        let row = self.visible_call(id, &reader)?;
        let stored = self.settings()?;
        let lines = reader.lines.of(&row.call.provider);
        let side = self.side_of(&row.call, lines, &stored.settings);
        let recording = self.recording_link(&row.call)?;
        let talked_since = self.store.talked_since(&row)?;
        let (known, formatted) = match side.other.number() {
            Some(key) => (self.store.person(key)?.0, phone::format(key)),
            None => (None, String::new()),
        };
        // A call that never came to a decision is replayed with what is known now.
        let basis = self.store.basis(row.id)?.or(known).unwrap_or_default();
        let facts = Facts {
            settings: &stored.settings,
            call: &row.call,
            side: &side,
            recording: recording.as_deref(),
            formatted: &formatted,
            lines,
            users: &reader.directory.users,
            account: &reader.directory.account,
            person: Some(&basis),
            done: &row.done,
            feedback: &row.feedback,
            manager_is_here: false,
            away: &[],
            told_of_changes: false,
            talked_since,
            switched_off: !stored.active,
        };
        let past = self.store.done_for(row.id)?;
        reply::json(200, &replay::replay(&facts, &basis, &past, clock::now())).map_err(reply::runtime)
    }
}
