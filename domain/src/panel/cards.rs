//! The call cards of one tab: which there are, which may be seen, and when one goes.
//!
//! The server's word is the truth: `hello` replaces everything, a card's `version` only grows, and a card that was
//! closed does not come back by an older message (invariants 8 and 9).

use super::Effect;
use super::ask::{ApiRequest, Question, encode};
use super::say::Say;
use super::tidings::Tidings;
use crate::ids::{CallId, Entity};
use crate::protocol::{CallerView, CardState, CardView, ClientMessage, PutRatingRequest, PutResultRequest};
use crate::time::{Millis, Moment};

/// How often the running times are drawn.
pub(crate) const TICK: Millis = Millis(500);
/// How many cards are seen at once.
pub(crate) const MOST_SEEN: usize = 3;
/// How long a card stays after the end of its call.
const STAYS: Millis = Millis::seconds(5);
/// A call that ended so long ago is not news.
const LONG_OVER: Millis = Millis::minutes(1);
/// Ringing longer than this is a lost message, not a call.
const RINGS_AT_MOST: Millis = Millis::minutes(2);
/// How many closed calls are remembered, so that a late message does not bring them back.
const REMEMBERED: usize = 100;

/// All cards of the tab.
#[derive(Debug, Default)]
pub(crate) struct Cards {
    shown: Vec<Card>,
    /// Calls whose card is gone, with the version that closed them; the oldest first.
    gone: Vec<(CallId, u64)>,
    /// Dismissed here, not yet confirmed by the server: told again after a lost connection.
    dismissed: Vec<CallId>,
    /// Server time minus browser time.
    offset: Millis,
    pub(crate) all_seen: bool,
}

/// One card.
#[derive(Debug)]
pub(crate) struct Card {
    pub(crate) view: CardView,
    pub(crate) minimised: bool,
    /// What the server was asked from this card and has not done yet.
    pub(crate) asked: Option<CardAsk>,
    /// When this tab first saw the call ended, or last saw a hand on the ended card.
    leaves_from: Option<Moment>,
}

/// What a person does on a card.
#[derive(Debug, Clone, PartialEq)]
pub enum CardEvent {
    /// Close it, in every tab.
    Dismiss(CallId),
    /// Make it small, or large again, in this tab.
    Minimise(CallId),
    /// Show all cards, or only the most important ones.
    ShowAll,
    /// Accept the caller's incoming lead.
    Accept(CallId),
    /// Create the unknown caller's contact.
    Create(CallId),
    /// Say whose call it is.
    Choose(CallId, Entity),
    /// Rate the call.
    Rate(CallId, u8),
}

/// What a card asks of the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CardAsk {
    /// To accept the caller's incoming lead.
    Accept,
    /// To create the caller's contact.
    Contact,
    /// To put the call where it belongs.
    Entity,
    /// To store result or rating.
    Result,
}

impl Cards {
    /// The truth after a (re)connection; dismissals that may have been lost are told again.
    pub(crate) fn replace(&mut self, cards: Vec<CardView>, offset: Millis, now: Moment) -> Vec<Effect> {
        self.offset = offset;
        let minimised: Vec<CallId> =
            self.shown.iter().filter(|card| card.minimised).map(|card| card.view.id.clone()).collect();
        let leaving: Vec<(CallId, Option<Moment>)> =
            self.shown.iter().map(|card| (card.view.id.clone(), card.leaves_from)).collect();
        self.shown.clear();
        for view in cards {
            let over = view.ended_at.is_some_and(|end| self.server_now(now) - Moment::from_seconds(end) > STAYS);
            let known = leaving.iter().find(|(id, _)| *id == view.id);
            if over && known.is_none() && !view.summary {
                continue;
            }
            let (minimised, leaves_from) = (minimised.contains(&view.id), known.and_then(|(_, from)| *from));
            self.put(view.clone());
            if let Some(card) = self.shown.iter_mut().find(|card| card.view.id == view.id) {
                (card.minimised, card.leaves_from) = (minimised, leaves_from);
            }
        }
        self.dismissed.iter().map(dismiss).collect()
    }

    /// A card's full state, as it happens. A call of the past that only now became known is none of the tab's.
    pub(crate) fn hear(&mut self, view: CardView, now: Moment) {
        let is_past = |end: i64| self.server_now(now) - Moment::from_seconds(end) > LONG_OVER;
        if view.summary || self.get(&view.id).is_some() || !view.ended_at.is_some_and(is_past) {
            self.put(view);
        }
    }

    /// A card's full state; repeats and older versions change nothing.
    pub(crate) fn put(&mut self, view: CardView) {
        let closed = self.gone.iter().any(|(id, version)| *id == view.id && *version >= view.version);
        if closed || self.dismissed.contains(&view.id) {
            return;
        }
        match self.shown.iter_mut().find(|card| card.view.id == view.id) {
            Some(card) if card.view.version > view.version => {}
            Some(card) => {
                // Somebody by now: what was asked for has come true.
                if card.asked == Some(CardAsk::Contact) && !matches!(view.caller, CallerView::Unknown) {
                    card.asked = None;
                }
                card.view = view;
            }
            None => self.shown.push(Card { view, minimised: false, asked: None, leaves_from: None }),
        }
    }

    /// Another tab of the person dismissed a card. `told`: the server knows; else each tab that can tells it.
    pub(crate) fn dismissed_elsewhere(&mut self, id: &CallId, told: bool) -> Vec<Effect> {
        if self.dismissed.contains(id) {
            return vec![];
        }
        self.shown.retain(|card| card.view.id != *id);
        self.dismissed.push(id.clone());
        if told { vec![] } else { vec![dismiss(id)] }
    }

    /// The card is over for this user.
    pub(crate) fn close(&mut self, id: &CallId, version: u64) {
        let newer = self.shown.iter().any(|card| card.view.id == *id && card.view.version > version);
        self.dismissed.retain(|dismissed| dismissed != id);
        if !newer {
            self.forget(id, version);
        }
    }

    /// Lets ended cards go, unless a hand is on them.
    pub(crate) fn tick(&mut self, held: &[CallId], now: Moment) {
        for card in &mut self.shown {
            // A result is waited for: the card is the way back to the summary.
            if card.view.state != CardState::Ended || card.view.summary {
                card.leaves_from = None;
            } else if card.leaves_from.is_none() || held.contains(&card.view.id) {
                card.leaves_from = Some(now);
            }
        }
        let over: Vec<(CallId, u64)> = self
            .shown
            .iter()
            .filter(|card| card.leaves_from.is_some_and(|from| now - from >= STAYS))
            .map(|card| (card.view.id.clone(), card.view.version))
            .collect();
        for (id, version) in over {
            self.forget(&id, version);
        }
    }

    /// A person did something on a card.
    pub(crate) fn act(&mut self, event: CardEvent) -> Vec<Effect> {
        match event {
            CardEvent::Dismiss(id) => {
                if self.get(&id).is_none() {
                    return vec![];
                }
                self.shown.retain(|card| card.view.id != id);
                self.dismissed.push(id.clone());
                vec![dismiss(&id), Effect::TellTabs(Tidings::Dismissed(id))]
            }
            CardEvent::Minimise(id) => {
                for card in self.shown.iter_mut().filter(|card| card.view.id == id) {
                    card.minimised = !card.minimised;
                }
                vec![]
            }
            CardEvent::ShowAll => {
                self.all_seen = !self.all_seen;
                vec![]
            }
            CardEvent::Accept(id) => {
                let is_due = self.get(&id).is_some_and(|view| view.acceptable);
                self.ask(id, is_due, CardAsk::Accept, |path| ApiRequest::post(path("/accept")))
            }
            CardEvent::Create(id) => {
                let is_due = self.get(&id).is_some_and(|view| view.creatable);
                self.ask(id, is_due, CardAsk::Contact, |path| ApiRequest::post(path("/contact")))
            }
            CardEvent::Choose(id, entity) => {
                self.ask(id, true, CardAsk::Entity, |path| ApiRequest::put(&path("/entity"), &entity))
            }
            CardEvent::Rate(id, score) => {
                let reason = self.get(&id).and_then(|view| view.rating.clone()?.reason);
                let rating = PutRatingRequest { score, reason };
                self.ask(id, true, CardAsk::Result, |path| ApiRequest::put(&path("/rating"), &rating))
            }
        }
    }

    /// A result was chosen on the card. What was noted stays; where the call belongs and what follows is not touched.
    pub(crate) fn result_chosen(&mut self, id: &CallId, status: &str) -> Vec<Effect> {
        let Some(call_status) = number(status) else { return vec![] };
        let text = self.get(id).and_then(|view| Some(view.result.as_ref()?.text.clone())).unwrap_or_default();
        let result = PutResultRequest { call_status, text, entity: None, task: None };
        self.ask(id.clone(), true, CardAsk::Result, |path| ApiRequest::put(&path("/result"), &result))
    }

    /// Asks the server about a call, one thing at a time: pressed twice it asks once.
    fn ask(
        &mut self,
        id: CallId,
        is_due: bool,
        what: CardAsk,
        request: impl FnOnce(&dyn Fn(&str) -> String) -> ApiRequest,
    ) -> Vec<Effect> {
        let card = self.shown.iter_mut().find(|card| card.view.id == id && is_due && card.asked.is_none());
        let Some(card) = card else { return vec![] };
        card.asked = Some(what);
        let path = |what: &str| ["calls/", &encode(id.as_str()), what].concat();
        let request = request(&path);
        vec![Effect::Ask { question: Question::Card(id, what), request }]
    }

    /// The server did what a card asked for, or did not.
    pub(crate) fn answered(&mut self, id: &CallId, what: CardAsk, done: bool) {
        for card in self.shown.iter_mut().filter(|card| card.view.id == *id && card.asked == Some(what)) {
            // A contact takes Kommo a moment: the card that brings it says so.
            if !done || what != CardAsk::Contact {
                card.asked = None;
            }
            // The next message says so, too; until then nobody should press again.
            card.view.acceptable &= !(done && what == CardAsk::Accept);
        }
    }

    /// A call's card.
    pub(crate) fn get(&self, id: &CallId) -> Option<&CardView> {
        self.views().find(|view| view.id == *id)
    }

    /// All cards, in the order they came.
    pub(crate) fn views(&self) -> impl Iterator<Item = &CardView> {
        self.shown.iter().map(|card| &card.view)
    }

    /// The calls whose result is waited for.
    pub(crate) fn asking(&self) -> impl Iterator<Item = &CallId> {
        self.views().filter(|view| view.summary).map(|view| &view.id)
    }

    /// No cards from now on.
    pub(crate) fn clear(&mut self) {
        *self = Self { offset: self.offset, ..Self::default() };
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.shown.is_empty()
    }

    /// The calls from outside that ring for this user.
    pub(crate) fn ringing(&self, now: Moment) -> impl Iterator<Item = &CardView> {
        let now = self.server_now(now);
        self.views().filter(move |view| {
            let rung_for = now - Moment::from_seconds(view.started_at);
            view.inbound && view.state == CardState::Ringing && rung_for < RINGS_AT_MOST
        })
    }

    /// The cards to be seen, in the order they came, and how many more there are.
    pub(crate) fn seen(&self) -> (Vec<&Card>, usize) {
        if self.all_seen || self.shown.len() <= MOST_SEEN {
            return (self.shown.iter().collect(), 0);
        }
        // Sorting would weigh ten kilobytes in the page; there are a handful of cards.
        let matters_less = |one: (usize, &Card), other: (usize, &Card)| {
            let (weight, other_weight) = (weight(one.1), weight(other.1));
            weight > other_weight || (weight == other_weight && one.0 < other.0)
        };
        let seen: Vec<&Card> = (self.shown.iter().enumerate())
            .filter(|card| {
                let before = self.shown.iter().enumerate().filter(|other| matters_less(*card, *other)).count();
                before < MOST_SEEN
            })
            .map(|(_, card)| card)
            .collect();
        (seen, self.shown.len() - MOST_SEEN)
    }

    /// How many cards there are beyond the first few.
    pub(crate) fn surplus(&self) -> usize {
        self.shown.len().saturating_sub(MOST_SEEN)
    }

    /// The server's clock, so that running times do not depend on the browser's.
    pub(crate) fn server_now(&self, now: Moment) -> Moment {
        now + self.offset
    }

    fn forget(&mut self, id: &CallId, version: u64) {
        self.shown.retain(|card| card.view.id != *id);
        self.gone.retain(|(gone, _)| gone != id);
        self.gone.push((id.clone(), version));
        if self.gone.len() > REMEMBERED {
            self.gone.remove(0);
        }
    }
}

/// A small number as a field has it.
pub(crate) fn number(text: &str) -> Option<u8> {
    text.parse::<i64>().ok()?.try_into().ok()
}

/// What matters most to the person, first: someone waits, someone talks, it is over.
fn weight(card: &Card) -> u8 {
    match card.view.state {
        CardState::Ringing => 0,
        CardState::Answered => 1,
        CardState::Ended => 2,
    }
}

fn dismiss(id: &CallId) -> Effect {
    Effect::SendSocket(ClientMessage::Dismiss { id: id.clone() }.to_json())
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::protocol::CallerView;

    pub(crate) fn card(id: &str, version: u64, state: CardState) -> CardView {
        CardView {
            id: CallId(id.into()),
            version,
            state,
            inbound: true,
            number: Some("+49 30 5550100".into()),
            e164: Some("+49305550100".into()),
            extension: None,
            started_at: 100,
            answered_at: (state != CardState::Ringing).then_some(105),
            ended_at: (state == CardState::Ended).then_some(135),
            duration: (state == CardState::Ended).then_some(30),
            caller: CallerView::Searching,
            summary: false,
            acceptable: false,
            creatable: false,
            recent: vec![],
            last_note: None,
            result: None,
            rating: None,
        }
    }

    fn ids(cards: &Cards) -> Vec<&str> {
        cards.seen().0.iter().map(|card| card.view.id.as_str()).collect()
    }

    const NOW: Moment = Moment(110_000);

    #[test]
    fn an_older_version_and_a_closed_call_do_not_come_back() {
        let mut cards = Cards::default();
        cards.put(card("a", 3, CardState::Answered));
        cards.put(card("a", 2, CardState::Ringing));
        assert_eq!(cards.shown[0].view.state, CardState::Answered);
        cards.close(&CallId("a".into()), 4);
        cards.put(card("a", 4, CardState::Answered));
        assert!(cards.is_empty());
        cards.put(card("a", 5, CardState::Ringing));
        assert_eq!(ids(&cards), ["a"], "a transfer back may show it again");
    }

    #[test]
    fn a_late_closed_does_not_close_a_newer_card() {
        let mut cards = Cards::default();
        cards.put(card("a", 7, CardState::Ringing));
        cards.close(&CallId("a".into()), 6);
        assert_eq!(ids(&cards), ["a"]);
    }

    #[test]
    fn an_ended_card_goes_after_five_seconds_but_not_under_a_hand() {
        let mut cards = Cards::default();
        cards.put(card("a", 1, CardState::Ended));
        let held = [CallId("a".into())];
        for (at, hand, stays) in
            [(0, false, true), (4, false, true), (4, true, true), (8, false, true), (9, false, false)]
        {
            cards.tick(if hand { &held } else { &[] }, NOW + Millis::seconds(at));
            assert_eq!(!cards.is_empty(), stays, "at {at}");
        }
        cards.put(card("a", 1, CardState::Ended));
        assert!(cards.is_empty(), "a repeat does not bring it back");
    }

    #[test]
    fn hello_replaces_what_the_tab_showed_and_leaves_out_what_is_long_over() {
        let mut cards = Cards::default();
        cards.put(card("old", 1, CardState::Ringing));
        let effects = cards.replace(
            vec![card("over", 9, CardState::Ended), card("new", 1, CardState::Ringing)],
            Millis::seconds(60),
            NOW,
        );
        assert_eq!(ids(&cards), ["new"]);
        assert!(effects.is_empty());
        assert_eq!(cards.server_now(NOW), Moment(170_000));
    }

    #[test]
    fn a_call_of_the_past_that_only_now_became_known_shows_no_card() {
        let mut cards = Cards::default();
        let late = NOW + Millis::minutes(2);
        cards.hear(card("a", 1, CardState::Ended), late);
        assert!(cards.is_empty());
        cards.hear(card("b", 1, CardState::Ended), NOW + Millis::seconds(60));
        cards.hear(CardView { summary: true, ..card("c", 1, CardState::Ended) }, late);
        cards.hear(card("d", 1, CardState::Ringing), NOW);
        cards.hear(card("d", 2, CardState::Ended), late);
        assert_eq!(ids(&cards), ["b", "c", "d"]);
    }

    #[test]
    fn a_dismissal_is_told_again_until_the_server_confirms_it() {
        let mut cards = Cards::default();
        cards.put(card("a", 1, CardState::Ringing));
        assert_eq!(cards.act(CardEvent::Dismiss(CallId("a".into()))).len(), 2, "server and other tabs");
        let told = cards.replace(vec![card("a", 1, CardState::Ringing)], Millis(0), NOW);
        assert_eq!(told, [Effect::SendSocket(r#"{"id":"a","type":"dismiss"}"#.into())]);
        assert!(cards.is_empty());
        cards.close(&CallId("a".into()), 1);
        assert!(cards.replace(vec![], Millis(0), NOW).is_empty());
    }

    #[test]
    fn of_many_cards_the_ringing_ones_are_seen() {
        let mut cards = Cards::default();
        for (id, state) in [
            ("ended", CardState::Ended),
            ("r1", CardState::Ringing),
            ("talk", CardState::Answered),
            ("r2", CardState::Ringing),
            ("r3", CardState::Ringing),
        ] {
            cards.put(card(id, 1, state));
        }
        assert_eq!(ids(&cards), ["r1", "r2", "r3"]);
        assert_eq!(cards.seen().1, 2);
        cards.act(CardEvent::ShowAll);
        assert_eq!(ids(&cards).len(), 5);
    }

    #[test]
    fn only_a_call_from_outside_rings_and_not_for_ever() {
        let mut cards = Cards::default();
        cards.put(CardView { inbound: false, ..card("out", 1, CardState::Ringing) });
        assert_eq!(cards.ringing(NOW).count(), 0);
        cards.put(card("in", 1, CardState::Ringing));
        assert_eq!(cards.ringing(NOW).count(), 1);
        assert_eq!(cards.ringing(NOW + Millis::minutes(3)).count(), 0);
    }

    #[test]
    fn a_card_dismissed_in_another_tab_goes_and_the_server_hears_of_it_in_any_case() {
        let (id, mut cards) = (CallId("a".into()), Cards::default());
        cards.put(card("a", 1, CardState::Ringing));
        assert!(cards.dismissed_elsewhere(&id, true).is_empty());
        cards.put(card("a", 2, CardState::Ringing));
        assert!(cards.is_empty(), "a message on its way does not bring it back");
        cards.put(card("b", 1, CardState::Ringing));
        let told = cards.dismissed_elsewhere(&CallId("b".into()), false);
        assert_eq!(told, [Effect::SendSocket(r#"{"id":"b","type":"dismiss"}"#.into())]);
        cards.close(&id, 2);
        assert_eq!(cards.replace(vec![], Millis(0), NOW).len(), 1, "until the server confirms it");
    }

    fn asked(effects: &[Effect]) -> Vec<(&str, Option<&str>)> {
        let mut all = vec![];
        for effect in effects {
            if let Effect::Ask { request, .. } = effect {
                all.push((request.path.as_str(), request.body.as_deref()));
            }
        }
        all
    }

    #[test]
    fn a_contact_is_asked_for_once_and_the_card_waits_until_somebody_is_there() {
        let (id, mut cards) = (CallId("a".into()), Cards::default());
        let unknown = CardView { caller: CallerView::Unknown, creatable: true, ..card("a", 1, CardState::Ringing) };
        cards.put(unknown.clone());
        let create = || CardEvent::Create(CallId("a".into()));
        assert_eq!(asked(&cards.act(create())), [("calls/a/contact", None)]);
        assert!(cards.act(create()).is_empty());
        cards.answered(&id, CardAsk::Contact, true);
        assert_eq!(cards.shown[0].asked, Some(CardAsk::Contact), "Kommo has not made it yet");
        cards.put(CardView { caller: CallerView::Searching, creatable: false, ..unknown.clone() });
        assert_eq!(cards.shown[0].asked, None);
        cards.put(unknown);
        cards.act(create());
        cards.answered(&id, CardAsk::Contact, false);
        assert_eq!(cards.act(create()).len(), 1, "after a refusal it may be tried again");
    }

    #[test]
    fn result_and_rating_on_the_card_keep_the_words_that_were_saved() {
        let mut cards = Cards::default();
        let result = Some(PutResultRequest { call_status: 4, text: "Wants a roof".into(), entity: None, task: None });
        let rating = Some(PutRatingRequest { score: 2, reason: Some("noise".into()) });
        cards.put(CardView { result, rating, ..card("a", 1, CardState::Ended) });
        let id = CallId("a".into());
        assert!(cards.result_chosen(&id, "x").is_empty());
        let body = r#"{"callStatus":2,"text":"Wants a roof"}"#;
        assert_eq!(asked(&cards.result_chosen(&id, "2")), [("calls/a/result", Some(body))]);
        assert!(cards.act(CardEvent::Rate(id.clone(), 5)).is_empty(), "one thing at a time");
        cards.answered(&id, CardAsk::Result, true);
        let body = r#"{"reason":"noise","score":5}"#;
        assert_eq!(asked(&cards.act(CardEvent::Rate(id, 5))), [("calls/a/rating", Some(body))]);
    }

    #[test]
    fn whose_call_it_is_can_be_said_on_the_card() {
        let mut cards = Cards::default();
        cards.put(card("a", 1, CardState::Ringing));
        let choose = CardEvent::Choose(CallId("a".into()), Entity::Contacts(crate::ids::ContactId(8)));
        assert_eq!(asked(&cards.act(choose)), [("calls/a/entity", Some(r#"{"id":8,"type":"contacts"}"#))]);
    }
}
