//! The notice of a missed call, into the notification centre of whoever was rung and has a tab open. Without a tab the
//! follow-up task is the notice.

use super::Hub;
use super::cards;
use super::store::{CallRow, StoreError};
use crate::adapters::clock;
use kommo_voip_domain::call::{Outcome, Phase};
use kommo_voip_domain::ids::UserId;
use kommo_voip_domain::phone::{self, Dialled};
use kommo_voip_domain::plan;
use kommo_voip_domain::protocol::{CallerView, MissedCallView, NoticeLevel, ServerMessage};
use kommo_voip_domain::telephony::Direction;
use kommo_voip_domain::time::Millis;

/// A miss that is known this late is no news any more.
const NEWS: Millis = Millis::minutes(60);

impl Hub {
    /// Tells whoever was rung, once, each in one tab: the notification centre shows it everywhere.
    pub(super) fn tell_of_miss(&self, row: &CallRow) -> Result<(), StoreError> {
        let now = clock::now();
        let missed = matches!(row.call.phase(now), Phase::Over { outcome, .. } if outcome != Outcome::Completed);
        let is_news = now - row.call.ended_at().unwrap_or(row.call.started_at) < NEWS;
        if row.told || !missed || !is_news || row.journal.direction != Direction::Inbound {
            return Ok(());
        }
        let rung = plan::called_users(&row.call, self.store.lines()?.of(&row.call.provider));
        if rung.is_empty() || !self.store.mark_told(row.id)? {
            return Ok(());
        }
        for user in rung {
            if let Some(call) = self.missed_call_for(row, user)? {
                let text = "A call was missed.".to_owned();
                let code = "missed_call".to_owned();
                self.send_to_one_tab(
                    user,
                    &ServerMessage::Notice { level: NoticeLevel::Info, code, text, call: Some(call) },
                );
            }
        }
        Ok(())
    }

    fn missed_call_for(&self, row: &CallRow, user: UserId) -> Result<Option<MissedCallView>, StoreError> {
        let (all_lines, directory, stored) = (self.store.lines()?, self.known_directory()?, self.settings()?);
        let lines = all_lines.of(&row.call.provider);
        let Some(colleague) = directory.user(user) else { return Ok(None) };
        let Dialled::Number(key) = self.side_of(&row.call, lines, &stored.settings).other else { return Ok(None) };
        let person = self.store.person(&key)?.0;
        let caller = person.as_ref().map(|person| cards::caller(person, colleague, &directory, None));
        let name = match caller {
            Some(CallerView::Known { contact: Some(named), .. } | CallerView::Known { company: Some(named), .. }) => {
                Some(named.name)
            }
            _ => None,
        };
        let visible = cards::visible_entities(&person.unwrap_or_default(), colleague);
        Ok(Some(MissedCallView {
            id: row.call.id.clone(),
            from: name.filter(|name| !name.is_empty()).unwrap_or_else(|| phone::format(&key)),
            to: row.call.legs.keys().find(|line| lines.get(line) == Some(&user)).map(|line| line.0.clone()),
            at: row.call.started_at.seconds(),
            entity: row.journal.entity.filter(|entity| visible.iter().any(|named| named.entity == *entity)),
        }))
    }
}
