//! How the provider's part of the settings window looks.

use super::connection::PRESETS;
use super::element::{Element, Handler, element};
use super::form::{Complaint, Form, FormEvent};
use super::form_fields::{field, option, section, wrong as wrong_view};
use super::form_view::button;
use super::{Field, Locale, Message, Text, Texts};
use crate::protocol::{FormerConnection, VoipResponse};
use crate::telephony::Provider;
use crate::telephony::credentials::FieldSpec;

/// The provider, its credentials, our addresses, and former connections.
pub(crate) fn view(form: &Form, texts: &Texts, locale: &dyn Locale) -> Element {
    let connection = &form.connection;
    let chosen = connection.chosen();
    let choice = element("select")
        .named("provider")
        .with("id", "kv-provider")
        .value(chosen.as_str())
        .on(Handler::Input(Field::Provider))
        .children(Provider::ALL.iter().map(|provider| option(provider.as_str(), name(provider.as_str(), texts))));
    let how = texts.named("how", chosen.as_str());
    let fields = chosen.fields();
    // The system says how it signs, so it is asked for first. Standard Webhooks name their headers themselves.
    let first = fields.iter().filter(|spec| spec.name == "preset");
    let rest = fields
        .iter()
        .filter(|spec| spec.name != "preset" && (spec.name != "header" || connection.value("scheme") != "standard"));
    let (label, event) = if chosen.is_oauth() {
        (Text::FormConnect, FormEvent::ConnectProvider)
    } else if chosen == Provider::Generic {
        (Text::FormCreateHook, FormEvent::CreateHook)
    } else {
        (Text::FormCheck, FormEvent::Check)
    };
    let name = match event {
        FormEvent::ConnectProvider => "connect-provider",
        FormEvent::CreateHook => "create-hook",
        _ => "check",
    };
    // A hook of ours needs nobody's consent: once it is there, there is nothing to press.
    let press = (chosen != Provider::Generic || !connection.is_stored())
        .then(|| button(texts, label, event).named(name).flag("disabled", connection.busy));
    let found = connection.checked.as_ref().map(|found| {
        let class = if matches!(found, Message::Known(_)) { "kv-connected" } else { "kv-gone" };
        element("span").class(class).named("check-result").text(found.words(texts))
    });
    let window = connection.window.as_ref().map(|url| {
        // Where the browser kept the window from opening, the link opens it.
        element("a")
            .class("kv-link")
            .named("provider-window")
            .with("href", url.as_str())
            .with("target", "_blank")
            .with("rel", "noopener")
            .text(texts.get(Text::FormConnecting))
    });
    section(texts.get(Text::FormProviderHeading))
        .child(field("kv-provider", texts.get(Text::FormProvider), how, choice))
        .children(first.chain(rest).map(|spec| credential(form, spec, texts)))
        .maybe(
            press.map(|press| {
                element("div").class("kv-row").with("role", "status").child(press).maybe(found).maybe(window)
            }),
        )
        .maybe(connection.voip.as_ref().map(|voip| addresses(form, voip, texts)))
        .children(former(form, texts, locale))
}

/// A provider's name; `generic` has a word of the language.
fn name<'t>(word: &'t str, texts: &'t Texts) -> &'t str {
    match Provider::parse(word) {
        None => word,
        Some(Provider::Generic) => texts.get(Text::FormProviderGeneric),
        Some(provider) => provider.label(),
    }
}

fn credential(form: &Form, spec: &FieldSpec, texts: &Texts) -> Element {
    let (connection, name) = (&form.connection, spec.name);
    let id = ["kv-credential-", name].concat();
    // What is needed of a secret depends on who made it.
    let is_own = connection.chosen() == Provider::Generic && name == "secret";
    let label = if is_own { Some(texts.get(Text::FormOwnSecret)) } else { texts.named("credential", name) };
    let hint = if is_own { Some(texts.get(Text::FormOwnSecretHint)) } else { texts.named("hint", name) };
    let complaint = match &form.complaint {
        Some(Complaint::Credential(wrong, reason)) if *wrong == name => Some(reason.as_str()),
        _ => connection.typed_mistake(name).map(|text| texts.get(text)),
    };
    let wrong = ["error-", name].concat();
    let choices: &[&str] = match name {
        "scheme" => &["standard", "hmac-body", "static-secret"],
        "preset" => &["own"],
        "record" => &["off", "on"],
        _ => &[],
    };
    let control = if choices.is_empty() {
        let tag = if name == "privateKey" { "textarea" } else { "input" };
        let is_stored = spec.secret && connection.keeps(name);
        element(tag)
            .with("type", if spec.secret { "password" } else { "text" })
            .with("autocomplete", if spec.secret { "new-password" } else { "off" })
            .with("spellcheck", "false")
            .with("placeholder", if is_stored { texts.get(Text::FormStored) } else { "" })
    } else {
        let options = choices.iter().map(|choice| {
            let value = if *choice == "own" { "" } else { choice };
            option(value, texts.named("choice", choice).unwrap_or(choice))
        });
        let presets = PRESETS.iter().filter(|_| name == "preset").map(|[word, label, ..]| option(word, label));
        element("select").children(options).children(presets)
    };
    let control = control
        .named(["credential-", name].concat())
        .with("id", id.as_str())
        .with("aria-invalid", if complaint.is_some() { "true" } else { "false" })
        .with("aria-describedby", ["kv-", &wrong].concat())
        .value(connection.value(name))
        .on(Handler::Input(Field::Credential(name)));
    field(&id, label.unwrap_or(name), hint, control)
        .keyed(name)
        .maybe(complaint.map(|reason| wrong_view(&wrong, reason)))
}

fn addresses(form: &Form, voip: &VoipResponse, texts: &Texts) -> Element {
    let connection = &form.connection;
    let part = element("div").class("kv-hook");
    let chosen = connection.chosen();
    if !connection.is_stored() {
        let hint = || element("p").class("kv-hint").text(texts.get(Text::FormSaveFirst));
        return part.maybe((!chosen.is_oauth()).then(hint));
    }
    // The others learn where a call shall ring in another way.
    let asks = matches!(chosen, Provider::Generic | Provider::Twilio | Provider::Vonage | Provider::Plivo);
    let copy = |label, name, url: &Option<String>, event| {
        url.as_ref().map(|url| copyable(form, texts, label, name, url, event))
    };
    let set_up =
        voip.is_set_up.then(|| element("p").class("kv-connected").named("set-up").text(texts.get(Text::FormSetUp)));
    part.maybe(set_up)
        .maybe(copy(Text::FormHookUrl, "hook-url", &voip.hook_url, FormEvent::CopyHookUrl))
        .maybe(copy(Text::FormRouteUrl, "route-url", &voip.route_url, FormEvent::CopyRouteUrl).filter(|_| asks))
        .maybe((chosen == Provider::Generic).then(|| secret(form, texts)))
}

fn secret(form: &Form, texts: &Texts) -> Element {
    let connection = &form.connection;
    let part = element("div").class("kv-secret");
    let part = match &connection.secret {
        Some(secret) => part
            .child(copyable(form, texts, Text::FormSecret, "hook-secret", secret, FormEvent::CopySecret))
            .child(element("p").class("kv-hint kv-once").text(texts.get(Text::FormSecretOnce))),
        None => {
            part.child(element("p").class("kv-hint").named("secret-stored").text(texts.get(Text::FormSecretStored)))
        }
    };
    // The others' secret is made by the telephone system.
    if connection.value("scheme") != "standard" {
        return part;
    }
    let events = [FormEvent::Rotate, FormEvent::KeepSecret, FormEvent::AskRotate];
    part.child(asked(
        connection.rotate_asked,
        connection.busy,
        [Text::FormRotate, Text::FormRotateAsk, Text::FormRotateYes],
        ["rotate-secret", "rotate-confirm", "rotate-cancel"],
        events,
        texts,
    ))
}

/// A button that asks before it does something: its label, the question and the answer, and the names of all three
/// buttons.
fn asked(
    is_asked: bool,
    busy: bool,
    words: [Text; 3],
    names: [&str; 3],
    events: [FormEvent; 3],
    texts: &Texts,
) -> Element {
    let [label, question, yes] = words;
    let [offer, confirm, cancel] = names;
    let [act, keep, ask] = events;
    if !is_asked {
        let offer = button(texts, label, ask).named(offer).flag("disabled", busy);
        return element("div").class("kv-row").keyed("offer").child(offer);
    }
    element("div")
        .class("kv-row kv-ask")
        .keyed("ask")
        .with("role", "group")
        .child(element("span").text(texts.get(question)))
        .child(button(texts, yes, act).named(confirm).flag("disabled", busy))
        .child(button(texts, Text::FormCancel, keep).named(cancel))
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

/// The connections of before: their late events and recordings still arrive.
fn former(form: &Form, texts: &Texts, locale: &dyn Locale) -> Option<Element> {
    let former = &form.connection.voip.as_ref()?.former;
    let row = |one: &FormerConnection| {
        let is_asked = form.connection.forgetting.as_ref() == Some(&one.id);
        let since = locale.date_time(one.replaced_at);
        let events = [FormEvent::Forget(one.id.clone()), FormEvent::KeepFormer, FormEvent::AskForget(one.id.clone())];
        let words = [Text::FormForget, Text::FormForgetAsk, Text::FormForget];
        element("li")
            .keyed(one.id.as_str())
            .named("former")
            .child(
                element("p")
                    .text(texts.with(Text::FormFormer, &[("provider", name(&one.provider, texts)), ("time", &since)])),
            )
            .child(asked(
                is_asked,
                form.connection.busy,
                words,
                ["forget", "forget-confirm", "forget-cancel"],
                events,
                texts,
            ))
    };
    (!former.is_empty()).then(|| {
        element("div")
            .class("kv-field")
            .child(element("span").class("kv-label").text(texts.get(Text::FormFormerHeading)))
            .child(element("ul").class("kv-list").children(former.iter().map(row)))
    })
}
