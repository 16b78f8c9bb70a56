//! How the settings window looks.

use super::element::{Element, Handler, element};
use super::form::{Complaint, Form, FormEvent, GENERIC, Phase};
use super::form_fields::{field, group_view, option, section};
use super::form_save::Save;
use super::form_settings::{GROUPS, Mistake};
use super::{Event, Field, Text, Texts};
use crate::ids::UserId;

/// The content of the settings window.
pub(crate) fn view(form: &Form, texts: &Texts) -> Element {
    let complaint = form.complaint.as_ref().map(|complaint| words(complaint, texts));
    let body = match &form.phase {
        Phase::Loading => vec![element("p").class("kv-hint").text(texts.get(Text::FormLoading))],
        Phase::NotConnected { waiting } => vec![connect(*waiting, texts)],
        Phase::Failed(failure) => vec![
            element("p").class("kv-complaint").with("role", "alert").text(failure.message().words(texts)),
            button(texts, Text::FormRetry, FormEvent::Reload).named("reload"),
        ],
        Phase::Ready => ready(form, texts),
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

fn ready(form: &Form, texts: &Texts) -> Vec<Element> {
    let mut body = vec![
        element("p")
            .class("kv-connected")
            .named("connection")
            .with("data-state", "connected")
            .text(texts.get(Text::FormConnected)),
        provider(form, texts),
        users(form, texts),
    ];
    body.extend(GROUPS.iter().map(|group| group_view(form, group, texts)));
    body
}

fn button(texts: &Texts, label: Text, event: FormEvent) -> Element {
    element("button")
        .with("type", "button")
        .class("kv-button")
        .text(texts.get(label))
        .on(Handler::Click(Event::Form(event)))
}

fn provider(form: &Form, texts: &Texts) -> Element {
    let hook_url = form.voip.as_ref().and_then(|voip| voip.hook_url.as_deref());
    let choice = element("select")
        .named("provider")
        .with("id", "kv-provider")
        .value(GENERIC)
        .on(Handler::Input(Field::Provider))
        .child(option(GENERIC, texts.get(Text::FormProviderGeneric)));
    let own_secret = element("input")
        .named("credential-secret")
        .with("id", "kv-credential-secret")
        .with("type", "password")
        .with("autocomplete", "new-password")
        .with("spellcheck", "false")
        .with("placeholder", "whsec_…")
        .value(form.own_secret.as_str())
        .on(Handler::Input(Field::Credential("secret")));
    let hook = match hook_url {
        None => element("div").class("kv-row").child(
            button(texts, Text::FormCreateHook, FormEvent::CreateHook)
                .named("create-hook")
                .flag("disabled", form.making_hook),
        ),
        Some(url) => element("div")
            .class("kv-hook")
            .child(copyable(form, texts, Text::FormHookUrl, "hook-url", url, FormEvent::CopyHookUrl))
            .child(secret(form, texts)),
    };
    section(texts.get(Text::FormProviderHeading))
        .child(field("kv-provider", texts.get(Text::FormProvider), Some(texts.get(Text::FormProviderHint)), choice))
        .child(hook)
        .child(field(
            "kv-credential-secret",
            texts.get(Text::FormOwnSecret),
            Some(texts.get(Text::FormOwnSecretHint)),
            own_secret,
        ))
}

fn secret(form: &Form, texts: &Texts) -> Element {
    let mut part = element("div").class("kv-secret");
    part = match &form.secret {
        Some(secret) => part
            .child(copyable(form, texts, Text::FormSecret, "hook-secret", secret, FormEvent::CopySecret))
            .child(element("p").class("kv-hint kv-once").text(texts.get(Text::FormSecretOnce))),
        None => {
            part.child(element("p").class("kv-hint").named("secret-stored").text(texts.get(Text::FormSecretStored)))
        }
    };
    if form.rotate_asked {
        part.child(
            element("div")
                .class("kv-row kv-ask")
                .keyed("ask")
                .with("role", "group")
                .child(element("span").text(texts.get(Text::FormRotateAsk)))
                .child(
                    button(texts, Text::FormRotateYes, FormEvent::Rotate)
                        .named("rotate-confirm")
                        .flag("disabled", form.making_hook),
                )
                .child(button(texts, Text::FormCancel, FormEvent::KeepSecret).named("rotate-cancel")),
        )
    } else {
        part.child(
            element("div").class("kv-row").keyed("offer").child(
                button(texts, Text::FormRotate, FormEvent::AskRotate)
                    .named("rotate-secret")
                    .flag("disabled", form.making_hook),
            ),
        )
    }
}

fn copyable(form: &Form, texts: &Texts, label: Text, name: &str, text: &str, event: FormEvent) -> Element {
    let copied = form.copied.as_ref() == Some(&event);
    element("div").class("kv-field").keyed(name).child(element("span").class("kv-label").text(texts.get(label))).child(
        element("div")
            .class("kv-copy")
            .child(element("output").class("kv-code").named(name).with("dir", "ltr").text(text))
            .child(
                button(texts, if copied { Text::FormCopied } else { Text::FormCopy }, event)
                    .named(["copy-", name].concat()),
            ),
    )
}

fn users(form: &Form, texts: &Texts) -> Element {
    let lines = form.extensions.as_ref();
    let gone = lines
        .into_iter()
        .flatten()
        .filter(|(id, _)| !form.users.iter().any(|user| user.id == *id))
        .map(|(id, _)| (*id, texts.with(Text::FormFormerUser, &[("id", &id.to_string())])));
    let rows = form.users.iter().map(|user| (user.id, user.name.clone())).chain(gone).map(|(id, name)| {
        let typed = lines.into_iter().flatten().find(|(owner, _)| *owner == id);
        let typed = typed.map(|(_, typed)| typed.as_str()).unwrap_or_default();
        user_row(id, &name, typed, texts)
    });
    section(texts.get(Text::FormUsersHeading))
        .child(element("p").class("kv-hint").text(texts.get(Text::FormUsersHint)))
        .child(element("div").class("kv-users").children(rows))
}

fn user_row(id: UserId, name: &str, typed: &str, texts: &Texts) -> Element {
    let input = element("input")
        .named(["extension-", &id.to_string()].concat())
        .with("type", "text")
        .with("autocomplete", "off")
        .with("aria-label", texts.with(Text::FormExtensionsOf, &[("name", name)]))
        .with("placeholder", "101, 102")
        .value(typed)
        .on(Handler::Input(Field::Extensions(id)));
    element("div")
        .class("kv-user")
        .keyed(id.to_string())
        .child(element("span").class("kv-user-name").with("dir", "auto").text(name))
        .child(input)
}
