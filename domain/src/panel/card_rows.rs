//! What the card tells of the caller and lets a person decide: leads, candidates, earlier calls, contact, result.

use super::card_view::{Look, button, named_or_number, span_text};
use super::cards::Card;
use super::element::{Element, Handler, element};
use super::summary_view::STATUSES;
use super::{CardAsk, CardEvent, Event, Field, Text};
use crate::ids::Entity;
use crate::protocol::{CallerView, CardState, LeadView, NamedEntity, RecentCallView};
use crate::settings::RateQuality;

/// The lead that takes the call, then every other open one.
pub(crate) fn leads(card: &Card, look: &Look<'_>) -> Vec<Element> {
    let CallerView::Known { lead, leads, .. } = &card.view.caller else { return vec![] };
    let takes = lead.as_ref().map(|lead| lead_view(lead, look).named("lead"));
    let others = leads.iter().filter(|other| lead.as_ref().is_none_or(|lead| lead.entity != other.entity));
    let rows: Vec<Element> = others.map(|other| open_lead(card, other, look)).collect();
    let list = (!rows.is_empty()).then(|| {
        let list = element("ul").with("aria-label", look.words(Text::CallerLeads)).children(rows);
        section("open-leads", look.words(Text::CallerLeads)).child(list)
    });
    takes.into_iter().chain(list).collect()
}

/// A small heading with what belongs under it.
fn section(name: &str, heading: &str) -> Element {
    element("div").class("kv-more-of").named(name).child(element("span").class("kv-line").text(heading))
}

fn lead_view(lead: &LeadView, look: &Look<'_>) -> Element {
    let name = element("span").class("kv-lead-name").named("lead-name").with("dir", "auto");
    facts(element("div").class("kv-lead").child(name.text(named_or_number(&lead.name, lead.entity))), lead, look)
}

/// Stage, value and next task of a lead.
fn facts(row: Element, lead: &LeadView, look: &Look<'_>) -> Element {
    let price = (lead.price != 0).then(|| look.locale.money(lead.price, lead.currency.as_deref()));
    let stage = element("span").class("kv-stage").named("lead-stage").with("dir", "auto");
    row.maybe(lead.stage.as_deref().map(|name| stage.text(name)))
        .maybe(price.map(|price| element("span").class("kv-price").named("lead-price").text(price)))
        .maybe(lead.next_task_at.map(|at| {
            let text = look.texts.with(Text::CardNextTask, &[("time", &look.locale.date_time(at))]);
            element("span").class("kv-line kv-task").named("lead-task").text(text)
        }))
}

/// An open lead the call does not go to: a way to its card, and to have it go there.
fn open_lead(card: &Card, lead: &LeadView, look: &Look<'_>) -> Element {
    let name = named_or_number(&lead.name, lead.entity);
    let row = element("li")
        .class("kv-lead")
        .named("open-lead")
        .keyed(key(lead.entity))
        .child(link("open-lead-name", lead.entity, &name))
        .child(choose(card, lead.entity, &name, Text::CallerLogHere, look));
    facts(row, lead, look)
}

fn key(entity: Entity) -> String {
    [entity.kind().as_str(), &entity.id().to_string()].concat()
}

fn link(name: &str, entity: Entity, words: &str) -> Element {
    element("a")
        .class("kv-link js-navigate-link")
        .named(name)
        .with("href", entity.card_path())
        .with("dir", "auto")
        .text(words)
}

/// Has the call go there.
fn choose(card: &Card, entity: Entity, name: &str, label: Text, look: &Look<'_>) -> Element {
    let label = look.words(label);
    button("kv-choose")
        .named("choose")
        .flag("disabled", card.asked.is_some())
        .with("aria-label", [label, ": ", name].concat())
        .text(label)
        .on(Handler::Click(Event::Card(CardEvent::Choose(card.view.id.clone(), entity))))
}

/// Everybody else who has the number.
pub(crate) fn others(card: &Card, look: &Look<'_>) -> Option<Element> {
    let CallerView::Known { others, .. } = &card.view.caller else { return None };
    let row = |other: &NamedEntity| {
        let name = named_or_number(&other.name, other.entity);
        let row = element("li").class("kv-other").keyed(key(other.entity)).child(link("other", other.entity, &name));
        row.child(choose(card, other.entity, &name, Text::CallerChoose, look))
    };
    (!others.is_empty())
        .then(|| section("others", look.words(Text::CardOthers)).child(element("ul").children(others.iter().map(row))))
}

/// What was noted about the last talk; after the call nobody looks for it.
pub(crate) fn last_note(card: &Card, look: &Look<'_>) -> Option<Element> {
    let note = card.view.last_note.as_ref().filter(|_| card.view.state != CardState::Ended)?;
    let when = look.locale.date_time(note.at);
    let heading = dotted([look.words(Text::CallerNote), &when, note.by.as_deref().unwrap_or_default()]);
    let text = element("p").class("kv-note").with("dir", "auto").text(note.text.as_str());
    Some(section("last-note", &heading).child(text))
}

/// The last calls with the number.
pub(crate) fn recent(card: &Card, look: &Look<'_>) -> Option<Element> {
    let calls = &card.view.recent;
    let row = |call: &RecentCallView| {
        let what = match (call.inbound, call.duration > 0) {
            (true, true) => Text::CallerIn,
            (false, true) => Text::CallerOut,
            (true, false) => Text::CardMissed,
            (false, false) => Text::CardNotReached,
        };
        let length = if call.duration > 0 { span_text(call.duration) } else { String::new() };
        let when = look.locale.date_time(call.at);
        let words = dotted([look.words(what), &when, &length]);
        let who = call.by.as_deref().unwrap_or_default();
        element("li").class("kv-line").named("recent-call").with("dir", "auto").text(dotted([&words, who, ""]))
    };
    (!calls.is_empty() && card.view.state != CardState::Ended)
        .then(|| section("recent", look.words(Text::CallerRecent)).child(element("ul").children(calls.iter().map(row))))
}

/// What there is of three things, with dots between.
fn dotted(parts: [&str; 3]) -> String {
    let mut text = String::new();
    for part in parts.into_iter().filter(|part| !part.is_empty()) {
        if !text.is_empty() {
            text.push_str(" · ");
        }
        text.push_str(part);
    }
    text
}

/// Creates the unknown caller's contact.
pub(crate) fn create(card: &Card, look: &Look<'_>) -> Option<Element> {
    let is_asked = card.asked == Some(CardAsk::Contact);
    (matches!(card.view.caller, CallerView::Unknown) && (card.view.creatable || is_asked)).then(|| {
        button("kv-open")
            .named("create-contact")
            .flag("disabled", card.asked.is_some())
            .text(look.words(if is_asked { Text::CallerCreating } else { Text::CallerCreate }))
            .on(Handler::Click(Event::Card(CardEvent::Create(card.view.id.clone()))))
    })
}

/// Result and rating of an ended call, stored by the choice itself. While the call summary is open it has the word.
pub(crate) fn outcome(card: &Card, look: &Look<'_>) -> Vec<Element> {
    let view = &card.view;
    if view.state != CardState::Ended || view.summary || look.around.summary == Some(&view.id) {
        return vec![];
    }
    let waits = card.asked.is_some();
    let score = view.rating.as_ref().map(|rating| rating.score);
    let rating = (look.around.rules.rate_quality != RateQuality::Off && view.answered_at.is_some()).then(|| {
        let scores = (1_u8..=5).map(|one| {
            button("kv-choose")
                .named(["rate-", &one.to_string()].concat())
                .keyed(one.to_string())
                .with("aria-pressed", if score == Some(one) { "true" } else { "false" })
                .flag("disabled", waits)
                .text(one.to_string())
                .on(Handler::Click(Event::Card(CardEvent::Rate(view.id.clone(), one))))
        });
        let row = element("div").class("kv-scores").children(scores);
        let group = section("card-rating", look.words(Text::SummaryRating)).with("role", "group");
        group.with("aria-label", look.words(Text::SummaryRating)).child(row)
    });
    // A rating that is required comes first, as in the summary.
    let is_due = look.around.rules.rate_quality == RateQuality::Required && rating.is_some() && score.is_none();
    let status = view.result.as_ref().map(|result| result.call_status.to_string()).unwrap_or_default();
    let option =
        |value: String, text: Text| element("option").keyed(value.as_str()).with("value", value).text(look.words(text));
    let options = STATUSES.iter().zip(1_u8..).map(|(text, number)| option(number.to_string(), *text));
    let none = status.is_empty().then(|| option(String::new(), Text::CallerNoResult));
    let select = element("select")
        .named("card-result")
        .with("aria-label", look.words(Text::SummaryStatus))
        .flag("disabled", waits || is_due)
        .on(Handler::Input(Field::CardResult(view.id.clone())))
        .value(status)
        .maybe(none)
        .children(options);
    let result = section("card-outcome", look.words(Text::SummaryStatus)).child(select);
    rating.into_iter().chain(Some(result)).collect()
}

#[cfg(test)]
mod tests {
    use super::super::card_view::tests::{NOW, known, shown, text_of};
    use super::super::cards::tests::card;
    use super::*;
    use crate::ids::{ContactId, LeadId};
    use crate::protocol::{CardView, LastNoteView, PutRatingRequest, PutResultRequest};

    fn with_leads(more: &[i64], takes: bool) -> CallerView {
        let CallerView::Known { contact, company, lead, open, others, mut leads } = known() else { panic!("known") };
        let first = leads[0].clone();
        let other = |id: &i64| LeadView { entity: Entity::Leads(LeadId(*id)), name: format!("L{id}"), ..first.clone() };
        leads.extend(more.iter().map(other));
        CallerView::Known { contact, company, lead: lead.filter(|_| takes), open, others, leads }
    }

    fn count(view: &Element, name: &str) -> usize {
        let inside = view.children.iter().map(|child| match child {
            super::super::Child::Element(element) => count(element, name),
            super::super::Child::Text(_) => 0,
        });
        inside.sum::<usize>() + usize::from(view.attribute("data-kv") == Some(name))
    }

    #[test]
    fn every_open_lead_is_there_with_stage_and_value_and_the_calls_own_comes_first() {
        let view = shown(CardView { caller: with_leads(&[8, 9], true), ..card("a", 1, CardState::Ringing) }, NOW);
        assert_eq!(text_of(&view, "lead").as_deref(), Some("Solar roofOffer12000 EUR"));
        assert_eq!(count(&view, "open-lead"), 2);
        assert_eq!(text_of(&view, "open-lead").as_deref(), Some("L8Log hereOffer12000 EUR"));
        // Several and none of them decides: all are to choose from.
        let view = shown(CardView { caller: with_leads(&[8], false), ..card("a", 1, CardState::Ringing) }, NOW);
        assert!(view.find("lead").is_none());
        assert_eq!(count(&view, "open-lead"), 2);
        let view = shown(CardView { caller: known(), ..card("a", 1, CardState::Ringing) }, NOW);
        assert!(view.find("open-leads").is_none());
    }

    #[test]
    fn a_candidate_is_a_link_and_a_choice() {
        let CallerView::Known { contact, company, lead, open, leads, .. } = known() else { return };
        let others = vec![NamedEntity { entity: Entity::Contacts(ContactId(8)), name: "Otto".into() }];
        let caller = CallerView::Known { contact, company, lead, open, others, leads };
        let view = shown(CardView { caller, ..card("a", 1, CardState::Ringing) }, NOW);
        let choose = view.find("choose").expect("a way to choose");
        assert_eq!(choose.attribute("aria-label"), Some("Choose: Otto"));
        let event = CardEvent::Choose(card("a", 1, CardState::Ringing).id, Entity::Contacts(ContactId(8)));
        assert_eq!(choose.handlers, [Handler::Click(Event::Card(event))]);
    }

    #[test]
    fn earlier_calls_and_the_last_note_are_there_until_the_call_is_over() {
        let recent = vec![
            RecentCallView { at: 5, inbound: true, duration: 65, by: Some("Mia".into()) },
            RecentCallView { at: 4, inbound: false, duration: 0, by: None },
        ];
        let last_note = Some(LastNoteView { at: 5, text: "Wants <b>two</b>".into(), by: Some("Mia".into()) });
        let of = |state| CardView {
            recent: recent.clone(),
            last_note: last_note.clone(),
            caller: known(),
            ..card("a", 1, state)
        };
        let view = shown(of(CardState::Ringing), NOW);
        assert_eq!(text_of(&view, "recent").as_deref(), Some("Last callsIncoming · 5 · 1:05 · MiaNot reached · 4"));
        assert_eq!(text_of(&view, "last-note").as_deref(), Some("Last note · 5 · MiaWants <b>two</b>"));
        let view = shown(of(CardState::Ended), NOW);
        assert!(view.find("recent").is_none() && view.find("last-note").is_none());
    }

    #[test]
    fn the_contact_of_an_unknown_caller_is_one_click_for_who_may() {
        let unknown = CardView { caller: CallerView::Unknown, creatable: true, ..card("a", 1, CardState::Ringing) };
        assert_eq!(text_of(&shown(unknown.clone(), NOW), "create-contact").as_deref(), Some("Create contact"));
        assert!(shown(CardView { creatable: false, ..unknown }, NOW).find("create-contact").is_none());
    }

    #[test]
    fn result_and_rating_stand_on_an_ended_card_as_they_are_stored() {
        let ended = card("a", 1, CardState::Ended);
        let view = shown(ended.clone(), NOW);
        assert_eq!(view.find("card-result").and_then(|list| list.value.as_deref()), Some(""));
        assert!(view.find("card-rating").is_none(), "no rating is wanted");
        let result = Some(PutResultRequest { call_status: 2, text: String::new(), entity: None, task: None });
        let rating = Some(PutRatingRequest { score: 4, reason: None });
        let view = shown(CardView { result, rating, ..ended.clone() }, NOW);
        assert_eq!(view.find("card-result").and_then(|list| list.value.as_deref()), Some("2"));
        assert!(shown(CardView { summary: true, ..ended }, NOW).find("card-result").is_none());
        assert!(shown(card("a", 1, CardState::Answered), NOW).find("card-result").is_none());
    }
}
