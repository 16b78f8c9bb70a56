//! The part of the call summary that shows where the call belongs, and offers something else.

use super::Text;
use super::card_view::{named_or_number, opens};
use super::element::{Element, element};
use super::summary::{SummaryEvent, SummaryField};
use super::summary_search::State;
use super::summary_view::{Window, button, hint, labelled};
use crate::ids::EntityKind;
use crate::protocol::{CallView, EntityView};

const KINDS: [(EntityKind, Text, Text); 3] = [
    (EntityKind::Leads, Text::SummaryLeads, Text::SummaryLead),
    (EntityKind::Contacts, Text::SummaryContacts, Text::SummaryContact),
    (EntityKind::Companies, Text::SummaryCompanies, Text::SummaryCompany),
];

impl Window<'_> {
    /// What the call is linked to or will be: by choice, by the record, or, before there is one, by the rules, whose
    /// word is what the card opens.
    fn target(&self, call: &CallView) -> Option<EntityView> {
        let by_rules = || opens(self.cards.get(&self.open.id)?);
        self.open.draft.entity(call).cloned().or_else(by_rules)
    }

    /// The same, as a link to its card.
    pub(crate) fn linked(&self, call: &CallView) -> Element {
        let current = match self.target(call) {
            Some(view) => element("a")
                .class("kv-link js-navigate-link")
                .named("summary-entity")
                .with("href", view.entity.card_path())
                .with("dir", "auto")
                .text(self.entity_words(&view)),
            None => hint(self.words(Text::SummaryNotLinked)).named("summary-entity"),
        };
        let label = element("span").class("kv-label").text(self.words(Text::SummaryLinked));
        element("div").class("kv-field").keyed("linked").child(label).child(current)
    }

    /// The way to something else: the call's own candidates, or what was found.
    pub(crate) fn link(&self, call: &CallView) -> Element {
        let linked = self.target(call);
        let search = &self.open.search;
        let kinds = KINDS.iter().map(|(kind, words, _)| {
            element("option").keyed(kind.as_str()).with("value", kind.as_str()).text(self.words(*words))
        });
        let kind = element("select")
            .named("summary-kind")
            .with("aria-label", self.words(Text::SummaryKind))
            .value(search.kind().as_str())
            .on(self.input(SummaryField::Kind))
            .children(kinds);
        let words = element("input")
            .with("type", "search")
            .with("autocomplete", "off")
            .value(search.text.as_str())
            .on(self.input(SummaryField::Search));
        let (said, choices) = match &search.state {
            State::Idle => (String::new(), call.candidates.as_slice()),
            State::Short => (self.words(Text::SummaryShort).to_owned(), call.candidates.as_slice()),
            State::Running => (self.words(Text::SummarySearching).to_owned(), Default::default()),
            State::Failed(failure) => (failure.message().words(self.texts), Default::default()),
            State::Found(found) => {
                let count = found.len().to_string();
                (self.texts.with(Text::SummaryFound, &[("count", &count)]), found.as_slice())
            }
        };
        let choice = |view: &EntityView| {
            let is_chosen = linked.as_ref().is_some_and(|linked| linked.entity == view.entity);
            let key = [view.entity.kind().as_str(), " ", &view.entity.id().to_string()].concat();
            element("li").keyed(key).child(
                button("choice", SummaryEvent::Choose(view.clone()))
                    .with("aria-pressed", if is_chosen { "true" } else { "false" })
                    .with("dir", "auto")
                    .text(self.entity_words(view)),
            )
        };
        element("fieldset")
            .class("kv-group")
            .named("summary-link")
            .child(element("legend").class("kv-label").text(self.words(Text::SummaryChange)))
            .child(labelled("summary-search", self.words(Text::SummarySearch), words))
            .child(kind)
            .child(hint(said).named("summary-found").with("role", "status"))
            .maybe((!choices.is_empty()).then(|| {
                element("ul")
                    .class("kv-choices")
                    .named("summary-choices")
                    .with("aria-label", self.words(Text::SummaryChoices))
                    .children(choices.iter().map(choice))
            }))
    }

    fn entity_words(&self, view: &EntityView) -> String {
        let kind = KINDS.iter().find(|(kind, ..)| *kind == view.entity.kind()).map(|(.., one)| self.words(*one));
        let name = named_or_number(view.name.as_deref().unwrap_or_default(), view.entity);
        [kind.unwrap_or_default(), ": ", &name].concat()
    }
}
