//! How the journal's filter bar looks.

use super::element::{Element, Handler, element};
use super::journal::Journal;
use super::journal_events::JournalEvent;
use super::journal_filters::{End, JournalField, Range, Typed};
use super::{Event, Field, FigureLocale, Text, Texts};

/// The words of the lists; the first of each is everything.
const DIRECTIONS: [(&str, Text); 4] = [
    ("", Text::FilterAll),
    ("incoming", Text::JournalIncoming),
    ("outgoing", Text::JournalOutgoing),
    ("internal", Text::JournalInternal),
];
const OUTCOMES: [(&str, Text); 8] = [
    ("", Text::FilterAll),
    ("answered", Text::FiguresAnswered),
    ("unanswered", Text::FiguresUnanswered),
    ("missed", Text::FilterMissed),
    ("cancelled", Text::FilterCancelled),
    ("voicemail", Text::FilterVoicemail),
    ("busy", Text::FilterBusy),
    ("failed", Text::FilterFailed),
];

/// The filter bar.
pub(crate) fn view(journal: &Journal, texts: &Texts, locale: &dyn FigureLocale) -> Element {
    let chosen = &journal.chosen;
    let list = |of: &[(&str, Text)]| -> Vec<(String, String)> {
        of.iter().map(|(value, label)| ((*value).to_owned(), texts.get(*label).to_owned())).collect()
    };
    let users = journal.is_whole().then(|| {
        let everybody = (String::new(), texts.get(Text::FilterEverybody).to_owned());
        let users = journal.users.iter().map(|user| (user.id.to_string(), user.name.clone()));
        let users = std::iter::once(everybody).chain(users).collect();
        select("filter-user", Text::FilterUser, JournalField::User, &chosen.user, users, texts)
    });
    let own = (chosen.range == Range::Own).then(|| {
        [
            day("filter-from", Text::FilterFrom, End::From, &chosen.from, texts, locale),
            day("filter-to", Text::FilterTo, End::To, &chosen.to, texts, locale),
        ]
    });
    let number = element("input")
        .named("filter-number")
        .with("type", "search")
        .with("inputmode", "tel")
        .with("autocomplete", "off")
        .with("placeholder", texts.get(Text::FilterNumberHint))
        .with("aria-invalid", if chosen.is_no_number() { "true" } else { "false" })
        .value(chosen.number.as_str())
        .on(Handler::Input(Field::Journal(JournalField::Number)));
    let wrong = if chosen.is_no_number() {
        texts.get(Text::FilterNoNumber)
    } else if chosen.is_backwards() {
        texts.get(Text::FilterBackwards)
    } else {
        ""
    };
    element("section")
        .class("kv-section")
        .named("journal-filters")
        .with("aria-label", texts.get(Text::FilterHeading))
        .child(ranges(chosen.range, texts))
        .child(
            element("div")
                .class("kv-filters")
                .children(own.into_iter().flatten())
                .maybe(users)
                .child(select(
                    "filter-direction",
                    Text::FilterDirection,
                    JournalField::Direction,
                    &chosen.direction,
                    list(&DIRECTIONS),
                    texts,
                ))
                .child(select(
                    "filter-outcome",
                    Text::FilterOutcome,
                    JournalField::Outcome,
                    &chosen.outcome,
                    list(&OUTCOMES),
                    texts,
                ))
                .child(labelled(Text::FilterNumber, number, texts)),
        )
        .child(element("p").class("kv-complaint").named("filter-wrong").with("role", "alert").text(wrong))
}

fn ranges(chosen: Range, texts: &Texts) -> Element {
    let buttons = Range::ALL.map(|range| {
        let (name, label) = match range {
            Range::Today => ("range-today", Text::FilterToday),
            Range::Week => ("range-week", Text::FilterWeek),
            Range::Month => ("range-month", Text::FilterMonth),
            Range::Own => ("range-own", Text::FilterOwn),
        };
        element("button")
            .with("type", "button")
            .class("kv-button")
            .named(name)
            .with("aria-pressed", if range == chosen { "true" } else { "false" })
            .text(texts.get(label))
            .on(Handler::Click(Event::Journal(JournalEvent::Range(range))))
    });
    element("div")
        .class("kv-row")
        .with("role", "group")
        .with("aria-label", texts.get(Text::FilterTime))
        .children(buttons)
}

fn labelled(label: Text, control: Element, texts: &Texts) -> Element {
    element("label").class("kv-field").child(element("span").class("kv-label").text(texts.get(label))).child(control)
}

fn select(
    name: &'static str,
    label: Text,
    field: JournalField,
    chosen: &str,
    options: Vec<(String, String)>,
    texts: &Texts,
) -> Element {
    let option =
        |(value, label): (String, String)| element("option").keyed(value.as_str()).with("value", value).text(label);
    let list = element("select")
        .named(name)
        .value(chosen)
        .on(Handler::Input(Field::Journal(field)))
        .children(options.into_iter().map(option));
    labelled(label, list, texts)
}

fn day(
    name: &'static str,
    label: Text,
    end: End,
    (typed, at): &Typed,
    texts: &Texts,
    locale: &dyn FigureLocale,
) -> Element {
    // The end is the beginning of the day after.
    let shown = at.map(|at| if end == End::To { at - 1 } else { at });
    let shown = shown.filter(|_| typed.is_empty()).map(|at| date(locale, at));
    let input = element("input")
        .named(name)
        .with("type", "date")
        .value(shown.unwrap_or_else(|| typed.clone()))
        .on(Handler::Day(end));
    labelled(label, input, texts)
}

/// The user's date of a moment, as a field for dates wants it.
pub(crate) fn date(locale: &dyn FigureLocale, at: i64) -> String {
    locale.field_time(at).get(..10).unwrap_or_default().to_owned()
}
