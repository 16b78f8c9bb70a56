//! How the call cards look: who calls, where the call stands, and the way to the card in Kommo.

use super::alerts::Alerts;
use super::ask::encode;
use super::cards::{Card, Cards};
use super::element::{Element, Handler, element};
use super::wire::Rules;
use super::{CardEvent, Event, Locale, SummaryEvent, Text, Texts, card_bell, card_rows};
use crate::ids::{CallId, Entity};
use crate::protocol::{CallerView, CardState, CardView, EntityView};
use crate::time::Moment;

/// What else is going on besides the cards.
pub(crate) struct Around<'a> {
    /// Sound and notifications.
    pub(crate) alerts: &'a Alerts,
    /// What the account's settings say.
    pub(crate) rules: Rules,
    /// The call whose summary is open: where it opened by itself nobody's focus went there, so it is around.
    pub(crate) summary: Option<&'a CallId>,
    /// The number that is being dialled.
    pub(crate) dialling: Option<&'a str>,
}

/// The children of the page's one root element.
pub(crate) fn view(cards: &Cards, texts: &Texts, locale: &dyn Locale, now: Moment, around: &Around<'_>) -> Element {
    let (seen, hidden) = cards.seen();
    let server_now = cards.server_now(now);
    let announcement = seen.iter().rev().find(|card| card.view.state == CardState::Ringing).map(|card| {
        let number = number_text(&card.view, texts);
        texts.with(
            Text::CardAnnounce,
            &[("state", texts.get(state_text(card))), ("caller", &caller_text(&card.view, texts)), ("number", &number)],
        )
    });
    let announcement = announcement.or_else(|| {
        let card = cards.get(around.summary?)?;
        Some([texts.get(Text::CardSummary), ": ", &caller_text(card, texts)].concat())
    });
    let announcement = announcement.or_else(|| {
        let number = around.dialling?;
        Some([texts.get(Text::CardOutgoing), " ", number, ". ", texts.get(Text::CardDialling)].concat())
    });
    let dialling = around.dialling.map(|number| dialling_view(number, texts));
    let stack = (!seen.is_empty() || dialling.is_some()).then(|| {
        let mut stack = element("section").class("kv-stack").with("aria-label", texts.get(Text::CardList));
        if cards.surplus() > 0 {
            let count = cards.surplus().to_string();
            let label = if hidden > 0 {
                texts.with(Text::CardMore, &[("count", &count)])
            } else {
                texts.get(Text::CardFewer).to_owned()
            };
            stack = stack.child(
                button("kv-more")
                    .named("more")
                    .with("aria-expanded", if hidden > 0 { "false" } else { "true" })
                    .text(label)
                    .on(Handler::Click(Event::Card(CardEvent::ShowAll))),
            );
        }
        let look = Look { texts, locale, around, now: server_now };
        stack.maybe(dialling).children(seen.iter().map(|card| look.card(card))).maybe(card_bell::allow(around, texts))
    });
    element("div")
        .class(if seen.iter().any(|card| card.view.state == CardState::Ringing) {
            "kv-root kv-rings"
        } else {
            "kv-root"
        })
        .with("lang", texts.get(Text::Locale))
        .child(
            element("div")
                .class("kv-announce")
                .named("announce")
                .with("role", "status")
                .with("aria-live", "assertive")
                .text(announcement.unwrap_or_default()),
        )
        .maybe(stack)
}

pub(crate) fn button(class: &str) -> Element {
    element("button").with("type", "button").class(class)
}

/// What shows from the click on a number until the call has a card.
fn dialling_view(number: &str, texts: &Texts) -> Element {
    let line = |class: &str| element("div").class(class).with("dir", "auto");
    element("article")
        .class("kv-card")
        .named("dialling")
        .with("data-state", "ringing")
        .child(
            element("header")
                .class("kv-head")
                .child(element("span").class("kv-dot").with("aria-hidden", "true"))
                .child(element("span").class("kv-state").text(texts.get(Text::CardOutgoing))),
        )
        .child(line("kv-caller").text(number))
        .child(line("kv-line").text(texts.get(Text::CardDialling)))
}

/// What every part of a card is drawn from.
pub(crate) struct Look<'a> {
    pub(crate) texts: &'a Texts,
    pub(crate) locale: &'a dyn Locale,
    pub(crate) around: &'a Around<'a>,
    now: Moment,
}

impl Look<'_> {
    pub(crate) fn words(&self, text: Text) -> &str {
        self.texts.get(text)
    }

    fn card(&self, card: &Card) -> Element {
        card_view(card, self)
    }
}

fn card_view(card: &Card, look: &Look<'_>) -> Element {
    let (texts, now) = (look.texts, look.now);
    let view = &card.view;
    let state = match view.state {
        CardState::Ringing => "ringing",
        CardState::Answered => "answered",
        CardState::Ended => "ended",
    };
    let caller = caller_text(&card.view, texts);
    let minimise = if card.minimised { Text::CardExpand } else { Text::CardMinimise };
    let for_caller = |text: Text| [texts.get(text), ": ", &caller].concat();
    let head = element("header")
        .class("kv-head")
        .child(element("span").class("kv-dot").with("aria-hidden", "true"))
        .child(element("span").class("kv-state").named("state").text(texts.get(state_text(card))))
        .child(element("span").class("kv-timer").named("timer").with("role", "timer").text(timer_text(card, now)))
        .child(
            button("kv-icon")
                .named("minimise")
                .with("aria-label", for_caller(minimise))
                .with("title", texts.get(minimise))
                .with("aria-expanded", if card.minimised { "false" } else { "true" })
                .child(element("span").class("kv-glyph-minimise").with("aria-hidden", "true"))
                .on(Handler::Click(Event::Card(CardEvent::Minimise(view.id.clone())))),
        )
        .child(
            button("kv-icon")
                .named("dismiss")
                .with("aria-label", for_caller(Text::CardDismiss))
                .with("title", texts.get(Text::CardDismiss))
                .child(element("span").class("kv-glyph-dismiss").with("aria-hidden", "true"))
                .on(Handler::Click(Event::Card(CardEvent::Dismiss(view.id.clone())))),
        );
    let who = element("div")
        .class("kv-who")
        .child(element("span").class("kv-avatar").with("aria-hidden", "true").text(initials(card)))
        .child(
            element("div")
                .class("kv-names")
                .child(element("div").class("kv-caller").named("caller").with("dir", "auto").text(caller.as_str()))
                .child(
                    element("div")
                        .class("kv-number")
                        .named("number")
                        .with("dir", "auto")
                        .text(number_text(&card.view, texts)),
                )
                .maybe(company(card))
                .maybe(view.extension.as_ref().filter(|_| !card.minimised).map(|line| {
                    let text = texts.with(Text::CardLine, &[("line", &line.0)]);
                    element("div").class("kv-line").named("extension").with("dir", "auto").text(text)
                })),
        );
    let shell = element("article")
        .keyed(view.id.as_str())
        .class(if card.minimised { "kv-card kv-small" } else { "kv-card" })
        .named("call-card")
        .with("data-call-id", view.id.as_str())
        .with("data-state", state)
        .with("aria-label", [texts.get(state_text(card)), ": ", &caller].concat())
        .on(Handler::Escape(Event::Card(CardEvent::Dismiss(view.id.clone()))))
        .child(head)
        .child(who);
    if card.minimised {
        return shell;
    }
    shell
        .maybe(card_bell::view(card, look))
        .children(card_rows::leads(card, look))
        .maybe(card_rows::others(card, look))
        .maybe(card_rows::last_note(card, look))
        .maybe(card_rows::recent(card, look))
        .maybe(accept(card, texts))
        .maybe(card_rows::create(card, look))
        .maybe(open_link(card, texts))
        .children(card_rows::outcome(card, look))
        .maybe(summary(card, texts))
}

/// Accepts the incoming lead the caller has left.
fn accept(card: &Card, texts: &Texts) -> Option<Element> {
    card.view.acceptable.then(|| {
        button("kv-wide")
            .named("accept")
            .flag("disabled", card.asked.is_some())
            .text(texts.get(Text::CardAccept))
            .on(Handler::Click(Event::Card(CardEvent::Accept(card.view.id.clone()))))
    })
}

fn summary(card: &Card, texts: &Texts) -> Option<Element> {
    (card.view.state != CardState::Ringing).then(|| {
        button("kv-wide")
            .named("open-summary")
            .text(texts.get(Text::CardSummary))
            .on(Handler::Click(Event::Summary(SummaryEvent::Open(card.view.id.clone()))))
    })
}

fn company(card: &Card) -> Option<Element> {
    match &card.view.caller {
        CallerView::Known { contact: Some(_), company: Some(company), .. }
            if !card.minimised && !company.name.trim().is_empty() =>
        {
            Some(element("div").class("kv-company").named("company").with("dir", "auto").text(company.name.as_str()))
        }
        _ => None,
    }
}

/// The CRM takes clicks on links of this class and opens the card without loading the page again (Kommo widget
/// guide: opening a card); as a real link it also works with the keyboard and in a new tab.
fn open_link(card: &Card, texts: &Texts) -> Option<Element> {
    let (path, text) = match &card.view.caller {
        CallerView::Known { open, .. } => (open.card_path(), Text::CardOpen),
        // Whoever waits to be accepted has a contact already; a second one would be a double.
        CallerView::Unknown if !card.view.acceptable => {
            (["/contacts/add/?phone=", &encode(card.view.e164.as_deref()?)].concat(), Text::CardAddContact)
        }
        CallerView::Unknown | CallerView::Searching | CallerView::Unavailable | CallerView::ClientOf { .. } => {
            return None;
        }
    };
    // Creating the contact is one click; this is for who knows more than the number.
    let class = if text == Text::CardOpen { "kv-open js-navigate-link" } else { "kv-link js-navigate-link" };
    Some(element("a").class(class).named("open-card").with("href", path).text(texts.get(text)))
}

fn state_text(card: &Card) -> Text {
    // Some providers report how long a talk was and never that it began.
    let talked = card.view.answered_at.is_some() || card.view.duration.is_some_and(|seconds| seconds > 0);
    match (card.view.state, card.view.inbound) {
        (CardState::Ringing, true) => Text::CardIncoming,
        (CardState::Ringing, false) => Text::CardOutgoing,
        (CardState::Answered, _) => Text::CardTalking,
        (CardState::Ended, _) if talked => Text::CardEnded,
        (CardState::Ended, true) => Text::CardMissed,
        (CardState::Ended, false) => Text::CardNotReached,
    }
}

pub(crate) fn number_text(card: &CardView, texts: &Texts) -> String {
    card.number.clone().unwrap_or_else(|| texts.get(Text::CardWithheld).to_owned())
}

pub(crate) fn caller_text(card: &CardView, texts: &Texts) -> String {
    match &card.caller {
        CallerView::Searching => texts.get(Text::CardSearching).to_owned(),
        CallerView::Unknown => texts.get(Text::CardUnknown).to_owned(),
        CallerView::Unavailable => texts.get(Text::CardUnavailable).to_owned(),
        CallerView::ClientOf { owner } => texts.with(Text::CardClientOf, &[("owner", owner)]),
        CallerView::Known { open, .. } => named_or_number(known_name(card).unwrap_or_default(), *open),
    }
}

fn known_name(card: &CardView) -> Option<&str> {
    let CallerView::Known { contact, company, lead, .. } = &card.caller else { return None };
    let people = [contact, company].into_iter().flatten().map(|entity| entity.name.as_str());
    people.chain(lead.as_ref().map(|lead| lead.name.as_str())).find(|name| !name.trim().is_empty())
}

/// What the card opens, with its own name.
pub(crate) fn opens(card: &CardView) -> Option<EntityView> {
    let CallerView::Known { contact, company, lead, open, .. } = &card.caller else { return None };
    let people = [contact, company].into_iter().flatten().map(|one| (one.entity, &one.name));
    let mut all = people.chain(lead.as_ref().map(|lead| (lead.entity, &lead.name)));
    let name = all.find(|(entity, _)| entity == open).map(|(_, name)| name.clone());
    Some(EntityView { entity: *open, name })
}

/// Kommo lets a name be blank; there, too, the number stands for it.
pub(crate) fn named_or_number(name: &str, entity: Entity) -> String {
    if name.trim().is_empty() { ["#", &entity.id().to_string()].concat() } else { name.to_owned() }
}

/// The style sheet capitalises them.
fn initials(card: &Card) -> String {
    let name = known_name(&card.view).unwrap_or_default();
    let mut letters = name.split_whitespace().filter_map(|word| word.chars().find(|letter| letter.is_alphanumeric()));
    match letters.next() {
        Some(first) => std::iter::once(first).chain(letters.next_back()).collect(),
        None => "?".to_owned(),
    }
}

/// Ringing and talking count up by the server's clock; afterwards the seconds of talk stand still.
fn timer_text(card: &Card, now: Moment) -> String {
    let view = &card.view;
    let since = |start: i64| (now - Moment::from_seconds(start)).0.div_euclid(1000).max(0);
    let seconds = match view.state {
        CardState::Ringing => since(view.started_at),
        CardState::Answered => since(view.answered_at.unwrap_or(view.started_at)),
        CardState::Ended => {
            view.duration.or_else(|| Some(view.ended_at? - view.answered_at?)).unwrap_or_default().max(0)
        }
    };
    span_text(seconds)
}

/// `m:ss`, or `h:mm:ss` from an hour on.
pub(crate) fn span_text(seconds: i64) -> String {
    let two = |number: i64| [if number < 10 { "0" } else { "" }, &number.to_string()].concat();
    let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    if hours > 0 {
        [&hours.to_string(), ":", &two(minutes), ":", &two(seconds)].concat()
    } else {
        [&minutes.to_string(), ":", &two(seconds)].concat()
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::super::CardAsk;
    use super::super::cards::tests::card;
    use super::super::texts::tests::{PlainLocale, english};
    use super::*;
    use crate::ids::{CompanyId, ContactId, LeadId};
    use crate::protocol::{LeadView, NamedEntity};
    use crate::time::Millis;

    pub(crate) fn drawn(cards: &Cards, alerts: &Alerts, now: Moment) -> Element {
        let around = Around { alerts, rules: Rules::default(), summary: None, dialling: None };
        super::view(cards, &english(), &PlainLocale, now, &around)
    }

    pub(crate) fn known() -> CallerView {
        let lead = LeadView {
            entity: Entity::Leads(LeadId(7)),
            name: "Solar roof".into(),
            stage: Some("Offer".into()),
            price: 12_000,
            currency: Some("EUR".into()),
            next_task_at: None,
        };
        CallerView::Known {
            contact: Some(NamedEntity { entity: Entity::Contacts(ContactId(5)), name: "Nora Klein".into() }),
            company: Some(NamedEntity { entity: Entity::Companies(CompanyId(6)), name: "Klein GmbH".into() }),
            lead: Some(lead.clone()),
            open: Entity::Leads(LeadId(7)),
            others: vec![],
            leads: vec![lead],
        }
    }

    pub(crate) fn shown(view: CardView, now: Moment) -> Element {
        let mut cards = Cards::default();
        cards.put(view);
        drawn(&cards, &Alerts::default(), now)
    }

    pub(crate) fn text_of(view: &Element, name: &str) -> Option<String> {
        view.find(name).map(Element::all_text)
    }

    pub(crate) const NOW: Moment = Moment(107_500);

    #[test]
    fn the_card_stands_with_the_number_before_anyone_is_found() {
        let view = shown(card("a", 1, CardState::Ringing), NOW);
        assert_eq!(text_of(&view, "number").as_deref(), Some("+49 30 5550100"));
        assert_eq!(view.find("call-card").and_then(|card| card.attribute("data-state")), Some("ringing"));
        assert_eq!(text_of(&view, "timer").as_deref(), Some("0:07"));
        assert!(view.find("open-card").is_none());
    }

    #[test]
    fn a_known_caller_brings_company_lead_and_the_way_to_the_card() {
        let view = shown(CardView { caller: known(), ..card("a", 1, CardState::Answered) }, NOW);
        assert_eq!(text_of(&view, "caller").as_deref(), Some("Nora Klein"));
        assert_eq!(text_of(&view, "company").as_deref(), Some("Klein GmbH"));
        assert_eq!(text_of(&view, "lead").as_deref(), Some("Solar roofOffer12000 EUR"));
        assert_eq!(text_of(&view, "timer").as_deref(), Some("0:02"));
        assert_eq!(view.find("open-card").and_then(|link| link.attribute("href")), Some("/leads/detail/7"));
    }

    #[test]
    fn whoever_and_whatever_has_no_name_is_shown_by_number() {
        let CallerView::Known { contact, company, lead, open, others, .. } = known() else { return };
        let blank = |entity: NamedEntity| NamedEntity { name: "  ".into(), ..entity };
        let (contact, company) = (contact.map(blank), company.map(blank));
        let lead = lead.map(|lead| LeadView { name: String::new(), price: 0, stage: None, ..lead });
        let leads = lead.clone().into_iter().collect();
        let caller = CallerView::Known { contact, company, lead, open, others, leads };
        let view = shown(CardView { caller, ..card("a", 1, CardState::Ringing) }, NOW);
        assert_eq!(text_of(&view, "caller").as_deref(), Some("#7"));
        assert_eq!(text_of(&view, "lead").as_deref(), Some("#7"));
        assert!(view.find("company").is_none());
    }

    #[test]
    fn an_unknown_caller_may_be_added_with_the_number_encoded() {
        let view = shown(CardView { caller: CallerView::Unknown, ..card("a", 1, CardState::Ringing) }, NOW);
        let link = view.find("open-card").and_then(|link| link.attribute("href"));
        assert_eq!(link, Some("/contacts/add/?phone=%2B49305550100"));
        let hidden =
            CardView { number: None, e164: None, caller: CallerView::Unknown, ..card("a", 1, CardState::Ringing) };
        assert!(shown(hidden, NOW).find("open-card").is_none());
    }

    #[test]
    fn a_caller_whose_incoming_lead_waits_is_accepted_and_not_added_again() {
        let waiting = CardView { caller: CallerView::Unknown, acceptable: true, ..card("a", 1, CardState::Ringing) };
        let mut cards = Cards::default();
        cards.put(waiting);
        let drawn = |cards: &Cards| super::tests::drawn(cards, &Alerts::default(), NOW);
        assert!(drawn(&cards).find("accept").is_some() && drawn(&cards).find("open-card").is_none());
        let accept = || CardEvent::Accept(CallId("a".into()));
        assert_eq!(cards.act(accept()).len(), 1);
        assert!(cards.act(accept()).is_empty(), "pressed twice it asks once");
        assert!(drawn(&cards).find("accept").is_some_and(|button| button.attribute("disabled").is_some()));
        cards.answered(&CallId("a".into()), CardAsk::Accept, false);
        assert_eq!(cards.act(accept()).len(), 1, "after a refusal it may be tried again");
        cards.answered(&CallId("a".into()), CardAsk::Accept, true);
        assert!(drawn(&cards).find("accept").is_none());
    }

    #[test]
    fn others_and_the_next_task_are_on_the_card() {
        let CallerView::Known { contact, company, lead, open, .. } = known() else { return };
        let lead = lead.map(|lead| LeadView { next_task_at: Some(900), ..lead });
        let others = vec![NamedEntity { entity: Entity::Contacts(ContactId(8)), name: "<b>Otto</b>".into() }];
        let leads = lead.clone().into_iter().collect();
        let caller = CallerView::Known { contact, company, lead, open, others, leads };
        let view = shown(CardView { caller, ..card("a", 1, CardState::Ringing) }, NOW);
        assert_eq!(text_of(&view, "lead-task").as_deref(), Some("Next task: 900"));
        assert_eq!(text_of(&view, "other").as_deref(), Some("<b>Otto</b>"));
        assert_eq!(view.find("other").and_then(|link| link.attribute("href")), Some("/contacts/detail/8"));
        assert!(view.find("open-summary").is_none(), "while it rings there is nothing to say");
    }

    #[test]
    fn a_client_the_user_may_not_see_shows_only_whose_client_it_is() {
        let caller = CallerView::ClientOf { owner: "Mia <b>Manager</b>".into() };
        let view = shown(CardView { caller, ..card("a", 1, CardState::Ringing) }, NOW);
        assert_eq!(text_of(&view, "caller").as_deref(), Some("Client of Mia <b>Manager</b>"));
        assert!(view.find("lead").is_none() && view.find("open-card").is_none());
    }

    #[test]
    fn the_clock_follows_the_server_and_stops_at_the_end() {
        let mut cards = Cards::default();
        cards.replace(vec![card("a", 1, CardState::Answered)], Millis::seconds(3600), NOW);
        let view = drawn(&cards, &Alerts::default(), NOW);
        assert_eq!(text_of(&view, "timer").as_deref(), Some("1:00:02"));
        let view = shown(card("a", 1, CardState::Ended), NOW + Millis::minutes(9));
        assert_eq!(text_of(&view, "timer").as_deref(), Some("0:30"));
    }

    #[test]
    fn a_missed_call_says_so_and_a_small_card_keeps_only_the_names() {
        let missed = CardView { answered_at: None, duration: None, ..card("a", 1, CardState::Ended) };
        assert_eq!(text_of(&shown(missed.clone(), NOW), "state").as_deref(), Some("Missed call"));
        let talked = CardView { duration: Some(30), ..missed };
        assert_eq!(text_of(&shown(talked, NOW), "state").as_deref(), Some("Call ended"), "nobody said when it began");
        let mut cards = Cards::default();
        cards.put(CardView { caller: known(), ..card("a", 1, CardState::Answered) });
        cards.act(CardEvent::Minimise(CallId("a".into())));
        let view = drawn(&cards, &Alerts::default(), NOW);
        assert!(view.find("caller").is_some() && view.find("lead").is_none());
        assert_eq!(view.find("minimise").and_then(|button| button.attribute("aria-expanded")), Some("false"));
    }

    #[test]
    fn initials_survive_any_name() {
        for (name, expected) in [("Nora Klein", "NK"), ("«»", "?"), ("عمر", "ع"), ("a b c", "ac")] {
            let contact = Some(NamedEntity { entity: Entity::Contacts(ContactId(5)), name: name.into() });
            let caller = CallerView::Known {
                contact,
                company: None,
                lead: None,
                open: Entity::Contacts(ContactId(5)),
                others: vec![],
                leads: vec![],
            };
            let mut cards = Cards::default();
            cards.put(CardView { caller, ..card("a", 1, CardState::Ringing) });
            assert_eq!(cards.seen().0.first().map(|card| initials(card)).as_deref(), Some(expected));
        }
    }
}
