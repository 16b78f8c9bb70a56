//! How the journal looks: the administrator's page, or the window over any other page.

use super::element::{Element, Handler, element};
use super::health::Health;
use super::journal::Journal;
use super::journal_events::JournalEvent;
use super::{Event, FigureLocale, Text, Texts, failure_view, figures_view, health_view, journal_filters_view};

/// The content of the page, or the whole window.
pub(crate) fn view(journal: &Journal, health: Option<&Health>, texts: &Texts, locale: &dyn FigureLocale) -> Element {
    // In the window there is no health to look at, and managers may not.
    let page = Page { journal, health: health.filter(|_| !journal.is_window), texts, locale };
    if !journal.is_window {
        return page.content();
    }
    let close = page
        .button("journal-close", Text::JournalClose, JournalEvent::Close)
        .with("aria-label", texts.get(Text::JournalClose))
        .with("title", texts.get(Text::JournalClose));
    element("div").class("kv-overlay").child(
        element("div")
            .class("kv-window")
            .named("journal-window")
            .with("role", "dialog")
            .with("aria-modal", "true")
            .with("aria-label", texts.get(Text::JournalHeading))
            .with("tabindex", "-1")
            .on(Handler::Escape(Event::Journal(JournalEvent::Close)))
            .child(
                element("div")
                    .class("kv-row kv-spread kv-window-head")
                    .child(element("h2").class("kv-heading").text(texts.get(Text::JournalHeading)))
                    .child(close),
            )
            .child(page.content()),
    )
}

pub(crate) struct Page<'a> {
    pub(crate) journal: &'a Journal,
    health: Option<&'a Health>,
    pub(crate) texts: &'a Texts,
    pub(crate) locale: &'a dyn FigureLocale,
}

impl Page<'_> {
    fn content(&self) -> Element {
        let (journal, texts) = (self.journal, self.texts);
        element("div")
            .class("kv-journal")
            .with("lang", texts.get(Text::Locale))
            .maybe(self.health.map(|health| health_view::view(health, texts, self.locale)))
            .child(
                element("div")
                    .named("journal-error")
                    .maybe(journal.failure.as_ref().map(|failure| failure_view::view(failure, texts))),
            )
            .child(journal_filters_view::view(journal, texts, self.locale))
            .maybe(
                journal.figures.as_ref().map(|figures| figures_view::view(figures, &journal.users, texts, self.locale)),
            )
            .child(self.calls())
            .children(self.health.iter().flat_map(|health| health_view::more(health, texts, self.locale)))
    }
}

impl Page<'_> {
    pub(crate) fn words(&self, text: Text) -> &str {
        self.texts.get(text)
    }

    pub(crate) fn button(&self, name: &str, label: Text, event: JournalEvent) -> Element {
        element("button")
            .with("type", "button")
            .class("kv-button")
            .named(name)
            .text(self.words(label))
            .on(Handler::Click(Event::Journal(event)))
    }
}

/// All parts with something between them; the library's own way weighs a kilobyte for each kind of text.
pub(crate) fn joined(parts: Vec<String>, between: &str) -> String {
    let mut all = String::new();
    for part in parts {
        if !all.is_empty() {
            all.push_str(between);
        }
        all.push_str(&part);
    }
    all
}

pub(crate) fn badge(text: &str, looks: &str) -> Element {
    element("span").class(&["kv-badge kv-badge-", looks].concat()).text(text)
}
