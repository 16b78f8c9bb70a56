//! How the settings window looks.

use super::element::{Element, Handler, element};
use super::form::{Complaint, Form, FormEvent, Phase};
use super::form_fields::{group_view, mistake_words, section};
use super::form_save::Save;
use super::form_settings::GROUPS;
use super::health::Health;
use super::{Event, Locale, Text, Texts};
use super::{conflict_view, connection_view, failure_view, health_view, lines_view};

/// The content of the settings window.
pub(crate) fn view(form: &Form, health: Option<&Health>, texts: &Texts, locale: &dyn Locale) -> Element {
    let complaint = form.complaint.as_ref().map(|complaint| words(complaint, texts));
    let reference = match &form.complaint {
        Some(Complaint::Failed(failure)) => failure.reference(),
        _ => None,
    };
    let body = match &form.phase {
        Phase::Loading => vec![element("p").class("kv-hint").text(texts.get(Text::FormLoading))],
        Phase::NotConnected { waiting } => vec![connect(*waiting, texts)],
        Phase::Failed(failure) => {
            vec![failure_view::view(failure, texts), button(texts, Text::FormRetry, FormEvent::Reload).named("reload")]
        }
        Phase::Ready => ready(form, health, texts, locale),
    };
    // Loading already shows its own failure; the alert below is for what saving found.
    let alert = complaint.filter(|_| !matches!(form.phase, Phase::Failed(_)));
    let saving = (form.save != Save::Idle).then_some(Text::FormSaving);
    let unsaved = form.is_unsaved().then_some(Text::FormUnsaved);
    let status = saving.or(form.done).or(unsaved).map(|text| texts.get(text)).unwrap_or_default();
    element("div")
        .class("kv-form")
        .with("lang", texts.get(Text::Locale))
        .children(body)
        .child(
            element("p")
                .class("kv-complaint")
                .named("settings-error")
                .with("role", "alert")
                .text(alert.unwrap_or_default())
                .maybe(reference.map(|reference| failure_view::reference(reference, texts))),
        )
        .child(
            element("p")
                .class(if unsaved.is_some() { "kv-hint kv-unsaved" } else { "kv-hint" })
                .named("settings-status")
                .with("role", "status")
                .text(status),
        )
}

fn words(complaint: &Complaint, texts: &Texts) -> String {
    match complaint {
        Complaint::Failed(failure) => failure.words(texts),
        Complaint::Stale => texts.get(Text::FailureStale).to_owned(),
        Complaint::ConnectFirst => texts.get(Text::FailureConnectFirst).to_owned(),
        Complaint::Mistake(mistake) => mistake_words(*mistake, texts),
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

fn ready(form: &Form, health: Option<&Health>, texts: &Texts, locale: &dyn Locale) -> Vec<Element> {
    let mut body = vec![
        element("p")
            .class("kv-connected")
            .named("connection")
            .with("data-state", "connected")
            .text(texts.get(Text::FormConnected)),
    ];
    body.extend(health.map(|health| health_view::view(health, texts, locale)));
    body.extend(form.draft.as_ref().map(|_| kept(texts)));
    body.extend(form.conflict.as_ref().map(|conflict| conflict_view::view(form, conflict, texts, locale)));
    body.extend([connection_view::view(form, texts, locale), lines_view::view(form, texts)]);
    body.extend(GROUPS.iter().map(|group| group_view(form, group, texts)));
    body
}

/// What was typed before the CRM closed the window, offered again.
fn kept(texts: &Texts) -> Element {
    element("div")
        .class("kv-row kv-ask kv-kept")
        .named("kept")
        .with("role", "status")
        .child(element("span").text(texts.get(Text::FormKept)))
        .child(button(texts, Text::FormRestore, FormEvent::Restore).named("restore"))
        .child(button(texts, Text::FormForgetDraft, FormEvent::ForgetDraft).named("forget-draft"))
}

/// A button of the window.
pub(crate) fn button(texts: &Texts, label: Text, event: FormEvent) -> Element {
    element("button")
        .with("type", "button")
        .class("kv-button")
        .text(texts.get(label))
        .on(Handler::Click(Event::Form(event)))
}
