//! `GET calls/recent?missed=1`: the reader's own latest calls, for calling back from the dialer.
//!
//! An administrator's dialer shows the administrator's calls, not everybody's: it is a telephone, not a journal.

use super::super::Hub;
use super::super::cards::visible_entities;
use super::super::reply::{self, Refusal};
use super::super::store::{CallRow, Wanted};
use super::Asked;
use super::calls::Reader;
use kommo_voip_domain::ids::{Entity, ExtensionId};
use kommo_voip_domain::journal::{Filters, Results};
use kommo_voip_domain::phone;
use kommo_voip_domain::protocol::{CallType, RecentCall, RecentResponse};
use kommo_voip_domain::telephony::Direction;
use worker::Response;

/// What fits into the dialer.
const LONGEST: usize = 30;

impl Hub {
    pub(in super::super) async fn get_recent(&self, asked: &Asked) -> Result<Response, Refusal> {
        let only_missed = match asked.query("missed") {
            None | Some("0") => false,
            Some("1") => true,
            Some(_) => return Err(Refusal::invalid("missed: this is 1 for missed calls only, else 0.")),
        };
        let reader = self.reader(asked).await?;
        let filters = match only_missed {
            true => Filters {
                direction: Some(Direction::Inbound),
                outcome: Some(Results::Unanswered),
                ..Filters::default()
            },
            false => Filters::default(),
        };
        let wanted = Wanted { only: Some(reader.user), filters };
        let rows = self.store.journal_page(&wanted, None, LONGEST)?;
        // The database chose by the same rule; a mistake there must not show anybody a call of somebody else.
        let theirs = rows.iter().filter(|row| reader.took_part(row));
        let stored = self.settings()?;
        let calls =
            theirs.map(|row| self.recent(row, &reader, &stored.settings.default_region)).collect::<Result<_, _>>()?;
        reply::json(200, &RecentResponse { calls }).map_err(reply::runtime)
    }

    fn recent(&self, row: &CallRow, reader: &Reader, region: &str) -> Result<RecentCall, Refusal> {
        let other = other_side(row, reader);
        let judged = phone::judge(other, region);
        // Lines are dialled on the telephone: providers take numbers.
        let dial = judged.key.map(String::from);
        let number = if judged.formatted.is_empty() { plain(other) } else { judged.formatted };
        // Contacts of unknown callers are named after their number.
        let name = self.caller_name(row, reader)?.filter(|name| *name != number);
        Ok(RecentCall {
            id: row.call.id.clone(),
            number,
            dial,
            name,
            entity: row.journal.entity,
            at: row.call.started_at.seconds(),
            call_type: match row.journal.direction {
                Direction::Inbound => CallType::Incoming,
                Direction::Outbound => CallType::Outgoing,
                Direction::Internal => CallType::Internal,
            },
            missed: is_missed(row),
        })
    }

    /// Who it is: the contact if there is one, else where the call was logged.
    fn caller_name(&self, row: &CallRow, reader: &Reader) -> Result<Option<String>, Refusal> {
        if row.journal.direction == Direction::Internal {
            return Ok(None);
        }
        let Some(user) = reader.directory.user(reader.user) else { return Ok(None) };
        let person = self.store.person_of_lane(&row.lane)?;
        let mut people = visible_entities(&person, user).into_iter();
        match people.find(|named| !matches!(named.entity, Entity::Leads(_))) {
            Some(named) => Ok(Some(named.name)),
            None => row.journal.entity.map_or(Ok(None), |entity| self.entity_name(row, entity, reader)),
        }
    }
}

fn is_missed(row: &CallRow) -> bool {
    let unanswered = Results::Unanswered.statuses();
    row.journal.direction == Direction::Inbound && unanswered.contains(&row.journal.status.as_str())
}

fn other_side<'a>(row: &'a CallRow, reader: &Reader) -> &'a str {
    let lines = reader.lines.of(&row.call.provider);
    let is_mine = |number: &str| lines.get(&ExtensionId(number.to_owned())) == Some(&reader.user);
    match row.journal.direction {
        Direction::Inbound => &row.journal.from_number,
        Direction::Outbound => &row.journal.to_number,
        Direction::Internal if is_mine(&row.journal.from_number) => &row.journal.to_number,
        Direction::Internal => &row.journal.from_number,
    }
}

/// A name instead of a number, such as a SIP user's; what providers write for a withheld number is nothing.
fn plain(text: &str) -> String {
    let is_name = matches!(phone::read(text, ""), phone::Dialled::Short(_));
    if is_name { text.to_owned() } else { String::new() }
}
