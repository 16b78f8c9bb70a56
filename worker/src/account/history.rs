//! What the card tells of earlier calls with the same number: from our own journal, so a ring asks Kommo nothing more.
//!
//! A call with a client stands in Kommo on the client's card, for everybody who sees that card. So a user is told of
//! calls that were their own, and of those whose entry Kommo would show them (invariant 5).

use super::Hub;
use super::cards::{may_view_entity, visible_entities};
use super::directory::Directory;
use super::store::{AllLines, CallRow, StoreError};
use crate::adapters::clock;
use kommo_voip_domain::call::Phase;
use kommo_voip_domain::ids::{ExtensionId, UserId};
use kommo_voip_domain::matching::Person;
use kommo_voip_domain::plan::{self, Colleague};
use kommo_voip_domain::protocol::{LastNoteView, NamedEntity, RecentCallView};

/// Calls on the card.
const MOST_SHOWN: usize = 3;
/// Calls looked through for those a user may know of.
const LOOKED_THROUGH: i64 = 12;
/// Characters of a note on the card.
const LONGEST_NOTE: usize = 300;

/// The calls with a number before this one, the newest first.
pub struct History(Vec<CallRow>);

impl Hub {
    /// The calls with the number of this one that came before it and are over.
    pub(super) fn history(&self, row: &CallRow) -> Result<History, StoreError> {
        let now = clock::now();
        let mut earlier = self.store.earlier_calls(row, LOOKED_THROUGH)?;
        earlier.retain(|row| matches!(row.call.phase(now), Phase::Over { .. }));
        Ok(History(earlier))
    }
}

impl History {
    /// The last calls and the note of the last talk, as far as a user may know of them.
    pub(super) fn for_user(
        &self,
        user: &Colleague,
        lines: &AllLines,
        directory: &Directory,
        person: Option<&Person>,
    ) -> (Vec<RecentCallView>, Option<LastNoteView>) {
        if self.0.is_empty() {
            return (Vec::new(), None);
        }
        let visible = person.map(|person| visible_entities(person, user)).unwrap_or_default();
        let name = |id: UserId| directory.user(id).map(|user| user.name.clone());
        let known: Vec<&CallRow> = self.0.iter().filter(|row| may_know(row, user, lines, &visible)).collect();
        let recent = known.iter().take(MOST_SHOWN).map(|row| RecentCallView {
            at: row.call.started_at.seconds(),
            inbound: row.journal.direction == kommo_voip_domain::telephony::Direction::Inbound,
            duration: if row.call.talked() { row.call.talk_seconds() } else { 0 },
            by: row.journal.responsible.and_then(name),
        });
        let noted = known.iter().find_map(|row| {
            let result = row.feedback.result.as_ref().filter(|result| !result.saved.text.is_empty())?;
            Some(LastNoteView {
                at: row.call.started_at.seconds(),
                text: shortened(&result.saved.text),
                by: name(result.by),
            })
        });
        (recent.collect(), noted)
    }
}

/// One of the user's lines took part in the call.
pub(super) fn took_part(row: &CallRow, user: UserId, lines: &AllLines) -> bool {
    let lines = lines.of(&row.call.provider);
    row.journal.responsible == Some(user)
        || plan::lines_of(&row.call).any(|line| lines.get(&ExtensionId(line.to_owned())) == Some(&user))
}

fn may_know(row: &CallRow, user: &Colleague, lines: &AllLines, visible: &[NamedEntity]) -> bool {
    if user.is_admin || took_part(row, user.id, lines) {
        return true;
    }
    let Some(entity) = row.journal.entity else { return false };
    let chosen = row.feedback.place_of(entity);
    visible.iter().any(|named| named.entity == entity)
        || chosen.is_some_and(|place| may_view_entity(user, entity, place.owner, place.group))
}

fn shortened(text: &str) -> String {
    match text.char_indices().nth(LONGEST_NOTE) {
        Some((end, _)) => [text.get(..end).unwrap_or_default().trim_end(), "…"].concat(),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::shortened;

    #[test]
    fn a_long_note_ends_with_an_ellipsis_and_never_within_a_letter() {
        assert_eq!(shortened("Short é"), "Short é");
        let long = shortened(&"é".repeat(301));
        assert_eq!((long.chars().count(), long.ends_with('…')), (301, true));
    }
}
