//! How the settings window looks.

use super::element::{Element, Handler, element};
use super::form::{Complaint, Form, FormEvent, Phase};
use super::form_fields::{group_view, section};
use super::form_save::Save;
use super::form_settings::{GROUPS, Mistake};
use super::{Event, Locale, Text, Texts};
use super::{connection_view, lines_view};

/// The content of the settings window.
pub(crate) fn view(form: &Form, texts: &Texts, locale: &dyn Locale) -> Element {
    let complaint = form.complaint.as_ref().map(|complaint| words(complaint, texts));
    let body = match &form.phase {
        Phase::Loading => vec![element("p").class("kv-hint").text(texts.get(Text::FormLoading))],
        Phase::NotConnected { waiting } => vec![connect(*waiting, texts)],
        Phase::Failed(failure) => vec![
            element("p").class("kv-complaint").with("role", "alert").text(failure.message().words(texts)),
            button(texts, Text::FormRetry, FormEvent::Reload).named("reload"),
        ],
        Phase::Ready => ready(form, texts, locale),
    };
    // Loading already shows its own failure; the alert below is for what saving found.
    let alert = complaint.filter(|_| !matches!(form.phase, Phase::Failed(_)));
    let saving = (form.save != Save::Idle).then_some(Text::FormSaving);
    let status = saving.or(form.done).map(|text| texts.get(text)).unwrap_or_default();
    element("div")
        .class("kv-form")
        .with("lang", texts.get(Text::Locale))
        .children(body)
        .child(
            element("p")
                .class("kv-complaint")
                .named("settings-error")
                .with("role", "alert")
                .text(alert.unwrap_or_default()),
        )
        .child(element("p").class("kv-hint").named("settings-status").with("role", "status").text(status))
}

fn words(complaint: &Complaint, texts: &Texts) -> String {
    match complaint {
        Complaint::Failed(failure) => failure.message().words(texts),
        Complaint::Stale => texts.get(Text::FailureStale).to_owned(),
        Complaint::ConnectFirst => texts.get(Text::FailureConnectFirst).to_owned(),
        Complaint::Mistake(mistake) => match mistake {
            Mistake::Number { label, min, max } => texts.with(
                Text::FailureNumber,
                &[("field", texts.get(*label)), ("min", &min.to_string()), ("max", &max.to_string())],
            ),
            Mistake::Time(label) => texts.with(Text::FailureTime, &[("field", texts.get(*label))]),
            Mistake::Choose(label) => texts.with(Text::FailureChoose, &[("field", texts.get(*label))]),
            Mistake::Plain(text) => texts.get(*text).to_owned(),
        },
        Complaint::Credential(name, reason) => {
            let label = texts.named("credential", name).unwrap_or(name);
            [label, ": ", reason].concat()
        }
        Complaint::Duplicate { line, first, second } => {
            texts.with(Text::FailureDuplicate, &[("line", line), ("first", first), ("second", second)])
        }
    }
}

fn connect(waiting: bool, texts: &Texts) -> Element {
    let hint = if waiting { Text::FormConnecting } else { Text::FormConnectHint };
    section(texts.get(Text::FormNotConnected))
        .named("connection")
        .with("data-state", "not-connected")
        .child(element("p").class("kv-hint").text(texts.get(hint)))
        .child(button(texts, Text::FormConnect, FormEvent::Connect).named("connect").class("kv-button kv-primary"))
}

fn ready(form: &Form, texts: &Texts, locale: &dyn Locale) -> Vec<Element> {
    let mut body = vec![
        element("p")
            .class("kv-connected")
            .named("connection")
            .with("data-state", "connected")
            .text(texts.get(Text::FormConnected)),
        connection_view::view(form, texts, locale),
        lines_view::view(form, texts),
    ];
    body.extend(GROUPS.iter().map(|group| group_view(form, group, texts)));
    body
}

/// A button of the window.
pub(crate) fn button(texts: &Texts, label: Text, event: FormEvent) -> Element {
    element("button")
        .with("type", "button")
        .class("kv-button")
        .text(texts.get(label))
        .on(Handler::Click(Event::Form(event)))
}
