//! How two versions of the settings look side by side.

use super::conflict::Conflict;
use super::element::{Element, element};
use super::form::{Form, FormEvent};
use super::form_fields::value_words;
use super::form_settings::Setting;
use super::form_view::button;
use super::{Locale, Text, Texts};
use serde_json::Value;

/// What was saved meanwhile and what was typed here, as long as they differ.
pub(crate) fn view(form: &Form, conflict: &Conflict, texts: &Texts, locale: &dyn Locale) -> Element {
    let who = conflict.by.as_deref().unwrap_or_else(|| texts.get(Text::ConflictSomebody));
    let told = match conflict.at {
        Some(at) => texts.with(Text::ConflictTold, &[("name", who), ("time", &locale.date_time(at))]),
        None => texts.with(Text::ConflictToldBare, &[("name", who)]),
    };
    let theirs = conflict.theirs.as_ref().map(|(settings, _)| settings);
    let now_saved = if conflict.loaded { Some(&form.settings) } else { theirs };
    let disputed = form.disputed();
    let hint = match (theirs, conflict.loaded) {
        (None, _) => Text::FormLoading,
        (Some(_), false) => Text::ConflictAbout,
        (Some(_), true) if disputed.is_empty() => Text::ConflictNone,
        (Some(_), true) => Text::ConflictLoaded,
    };
    let hint = conflict.failure.as_ref().map_or_else(|| texts.get(hint).to_owned(), |failure| failure.words(texts));
    let rows = now_saved.into_iter().flat_map(|saved| disputed.iter().map(move |setting| (*setting, saved)));
    let rows = rows.map(|(setting, saved)| row(form, conflict, setting, saved, texts));
    let table = element("table")
        .class("kv-table")
        .child(
            element("thead").child(
                element("tr").children(
                    [Text::ConflictSetting, Text::ConflictTheirs, Text::ConflictMine]
                        .map(|column| element("th").with("scope", "col").text(texts.get(column))),
                ),
            ),
        )
        .child(element("tbody").children(rows));
    element("section")
        .class("kv-section kv-conflict")
        .named("conflict")
        .with("aria-label", texts.get(Text::ConflictHeading))
        .child(element("h3").class("kv-heading").text(texts.get(Text::ConflictHeading)))
        .child(element("p").with("dir", "auto").named("conflict-who").with("role", "alert").text(told))
        .child(element("p").class("kv-hint").text(hint))
        .maybe((!disputed.is_empty()).then(|| element("div").class("kv-scroll").child(table)))
        .child(
            element("div")
                .class("kv-row")
                .maybe(
                    (theirs.is_some() && !conflict.loaded)
                        .then(|| button(texts, Text::ConflictLoad, FormEvent::LoadTheirs).named("load-theirs")),
                )
                .maybe(
                    conflict
                        .loaded
                        .then(|| button(texts, Text::ConflictDone, FormEvent::DropMine).named("conflict-done")),
                ),
        )
}

fn row(form: &Form, conflict: &Conflict, setting: &'static Setting, saved: &Value, texts: &Texts) -> Element {
    let cell = |words: String| element("td").with("dir", "auto").text(words);
    let take = conflict
        .loaded
        .then(|| button(texts, Text::ConflictTake, FormEvent::TakeMine(setting.path)).named("take-mine"));
    element("tr")
        .keyed(setting.path)
        .named("disputed")
        .with("data-setting", setting.path)
        .child(element("th").with("scope", "row").text(texts.get(setting.label)))
        .child(cell(value_words(form, setting, saved, texts)))
        .child(
            element("td")
                .child(element("div").with("dir", "auto").text(value_words(form, setting, &conflict.mine, texts)))
                .maybe(take),
        )
}
