//! Whether a ringing call opens the caller's card in the CRM by itself: at most once a call, and only where it
//! cannot be in anybody's way.
//!
//! Each call is decided in the moment its caller is known. Whatever speaks against it then speaks against it for
//! good: a card that opens later, when a hand happens to leave the keyboard, comes as a fright.

use super::Effect;
use super::cards::Cards;
use crate::ids::CallId;
use crate::protocol::{CallerView, CardState, CardView};

/// The calls that are decided.
#[derive(Debug, Default)]
pub(crate) struct Opening {
    decided: Vec<CallId>,
}

impl Opening {
    /// A (re)connected tab learns of calls that rang before: those are no news.
    pub(crate) fn greet(&mut self, cards: &Cards) {
        self.decided.extend(cards.views().filter(|view| is_due(view)).map(|view| view.id.clone()));
    }

    /// Looks at the cards. `may`: it is wanted, this tab has the focus, and no form of ours has unsaved input.
    pub(crate) fn decide(&mut self, cards: &Cards, may: bool) -> Option<Effect> {
        self.decided.retain(|id| cards.get(id).is_some());
        let fresh: Vec<&CardView> =
            cards.views().filter(|view| is_due(view) && !self.decided.contains(&view.id)).collect();
        self.decided.extend(fresh.iter().map(|view| view.id.clone()));
        let running = cards.views().filter(|view| view.state != CardState::Ended).count();
        let view = fresh.into_iter().find(|view| may && running == 1 && !view.acceptable)?;
        let CallerView::Known { open, .. } = &view.caller else { return None };
        Some(Effect::OpenCard { call: view.id.clone(), path: open.card_path() })
    }
}

fn is_due(view: &CardView) -> bool {
    view.inbound && view.state == CardState::Ringing && matches!(view.caller, CallerView::Known { .. })
}

#[cfg(test)]
mod tests {
    use super::super::cards::tests::card;
    use super::*;
    use crate::ids::{Entity, LeadId};
    use crate::time::{Millis, Moment};

    fn known(id: &str) -> CardView {
        let open = Entity::Leads(LeadId(7));
        let caller =
            CallerView::Known { contact: None, company: None, lead: None, open, others: vec![], leads: vec![] };
        CardView { caller, ..card(id, 2, CardState::Ringing) }
    }

    fn with(views: &[CardView]) -> Cards {
        let mut cards = Cards::default();
        views.iter().for_each(|view| cards.put(view.clone()));
        cards
    }

    #[test]
    fn a_known_caller_opens_once_and_not_before_being_known() {
        let mut opening = Opening::default();
        assert_eq!(opening.decide(&with(&[card("a", 1, CardState::Ringing)]), true), None);
        let cards = with(&[known("a")]);
        assert_eq!(
            opening.decide(&cards, true),
            Some(Effect::OpenCard { call: CallId("a".into()), path: "/leads/detail/7".into() })
        );
        assert_eq!(opening.decide(&cards, true), None);
    }

    #[test]
    fn whatever_speaks_against_it_holds_for_the_whole_call() {
        let cases = [
            (vec![known("a")], false),
            (vec![card("b", 1, CardState::Answered), known("a")], true),
            (vec![CardView { acceptable: true, ..known("a") }], true),
            (vec![CardView { inbound: false, ..known("a") }], true),
            (vec![CardView { state: CardState::Answered, ..known("a") }], true),
        ];
        for (views, may) in cases {
            let mut opening = Opening::default();
            assert_eq!(opening.decide(&with(&views), may), None, "{views:?}");
            let accepted = CardView { acceptable: false, inbound: true, ..views[views.len() - 1].clone() };
            if views[views.len() - 1].inbound {
                assert_eq!(opening.decide(&with(&[accepted]), true), None, "later");
            }
        }
    }

    #[test]
    fn a_reload_in_mid_ring_opens_nothing_again() {
        let mut opening = Opening::default();
        let mut cards = Cards::default();
        cards.replace(vec![known("a"), card("b", 1, CardState::Ended)], Millis(0), Moment(110_000));
        opening.greet(&cards);
        assert_eq!(opening.decide(&cards, true), None);
    }
}
