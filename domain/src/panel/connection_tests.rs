//! The provider's part of the settings window and the lines, as an administrator meets them.

use super::super::element::Element;
use super::super::form_view;
use super::super::say::Say;
use super::super::texts::tests::{PlainLocale, english};
use super::super::{Field, UserOption};
use super::*;
use crate::ids::{ExtensionId, UserId};
use crate::protocol::Problem;
use serde_json::json;

/// The body of `GET voip`.
fn voip(provider: Option<&str>, fields: Value) -> Value {
    let url = |kind: &str| provider.map(|provider| format!("https://voip.example/{kind}/{provider}/key"));
    json!({"provider": provider, "active": true, "hookUrl": url("hook"), "routeUrl": url("route"), "fields": fields})
}

fn answered(status: u16, body: &Value) -> Outcome {
    Outcome::Answered { status, body: body.to_string(), etag: None }
}

fn refused(detail: &str) -> Outcome {
    let problem = Problem {
        kind: "refused".into(),
        title: "Refused".into(),
        status: 422,
        detail: detail.to_owned(),
        reference: None,
        changed_by: None,
        changed_at: None,
    };
    answered(422, &serde_json::to_value(problem).expect("JSON"))
}

fn field_of(name: &str, secret: bool, value: Option<&str>) -> Value {
    json!({"name": name, "secret": secret, "required": true, "stored": true, "value": value})
}

/// The loaded window of an account with this provider; Ada has line 101.
fn window(provider: &Value) -> Form {
    let users =
        vec![UserOption { id: UserId(1), name: "Ada".into() }, UserOption { id: UserId(2), name: "Max".into() }];
    let (mut form, _) = Form::open(1, users, None);
    let settings =
        json!({"retentionDays": 1, "autoDialSeconds": 1, "missed": {"dueMinutes": 1}, "defaultRegion": "DE"});
    form.answered(Part::Settings, &answered(200, &settings));
    form.answered(Part::Extensions, &answered(200, &json!([{"extensionId": "101", "kommoUserId": 1}])));
    form.answered(Part::Voip, &answered(200, provider));
    form
}

fn twilio() -> Value {
    let fields = json!([field_of("accountSid", false, Some("AC1")), field_of("authToken", true, None)]);
    voip(Some("twilio"), fields)
}

fn choose(form: &mut Form, provider: &str) {
    form.typed(&Field::Provider, provider.to_owned());
}

fn fill(form: &mut Form, name: &'static str, text: &str) {
    form.typed(&Field::Credential(name), text.to_owned());
}

fn drawn(form: &Form) -> Element {
    form_view::view(form, None, &english(), &PlainLocale)
}

fn text(form: &Form, name: &str) -> Option<String> {
    drawn(form).find(name).map(|element| element.all_text())
}

/// What the only request among the effects says.
fn said(effects: &[Effect]) -> (String, Value) {
    let asked: Vec<&ApiRequest> = effects
        .iter()
        .filter_map(|effect| if let Effect::Ask { request, .. } = effect { Some(request) } else { None })
        .collect();
    let [request] = asked[..] else { panic!("one request in {effects:?}") };
    let body = request.body.as_deref().map_or(Value::Null, |body| serde_json::from_str(body).expect("JSON"));
    (format!("{} {}", request.method, request.path), body)
}

#[test]
fn every_provider_shows_its_own_fields_and_its_own_instruction() {
    for provider in Provider::ALL {
        let mut form = window(&voip(None, json!([])));
        choose(&mut form, provider.as_str());
        let view = drawn(&form);
        for spec in provider.fields().iter().filter(|spec| spec.name != "header") {
            let field = view.find(&["credential-", spec.name].concat()).expect("a field");
            let hides = field.tag == "textarea" || field.attribute("type") == Some("password");
            assert_eq!(hides, spec.secret, "{} {}", provider.as_str(), spec.name);
        }
        let how = english().named("how", provider.as_str()).expect("an instruction").to_owned();
        assert!(view.all_text().contains(&how));
        assert_eq!(view.find("check").is_some(), !provider.is_oauth() && provider != Provider::Generic);
        assert_eq!(view.find("connect-provider").is_some(), provider.is_oauth());
        assert!(view.find("hook-url").is_none(), "there is no address before there is a connection");
    }
}

#[test]
fn only_touched_fields_are_sent_and_a_new_provider_gets_what_goes_without_saying() {
    let mut form = window(&twilio());
    assert!(!form.connection.is_touched());
    fill(&mut form, "number", " +1415 ");
    fill(&mut form, "authToken", "  ");
    let request = json!({"provider": "twilio", "credentials": {"number": "+1415"}, "rotate": false});
    assert_eq!(form.connection.request(false).say(), request, "an empty secret keeps the stored one");
    choose(&mut form, "plivo");
    fill(&mut form, "authId", "MA1");
    let request = json!({"provider": "plivo", "credentials": {"authId": "MA1", "record": "off"}, "rotate": false});
    assert_eq!(form.connection.request(false).say(), request);
    choose(&mut form, "twilio");
    assert!(!form.connection.is_touched(), "back at the old one nothing has changed");
}

#[test]
fn a_stored_secret_is_not_shown_and_a_stored_value_is() {
    let form = window(&twilio());
    let view = drawn(&form);
    let secret = view.find("credential-authToken").expect("a field");
    assert_eq!(secret.value.as_deref(), Some(""));
    assert_eq!(secret.attribute("placeholder"), Some(english().get(Text::FormStored)));
    assert_eq!(view.find("credential-accountSid").expect("a field").value.as_deref(), Some("AC1"));
    let generic = json!([field_of("scheme", false, Some("standard")), field_of("secret", true, None)]);
    let mut form = window(&voip(Some("generic"), generic));
    let shown = |form: &Form| {
        let view = drawn(form);
        let field = view.find("credential-secret").expect("a field");
        field.attribute("placeholder").map(str::to_owned)
    };
    assert_ne!(shown(&form).as_deref(), Some(""));
    fill(&mut form, "scheme", "hmac-body");
    assert_eq!(shown(&form).as_deref(), Some(""), "another scheme needs another secret");
    let mut other = window(&twilio());
    choose(&mut other, "plivo");
    let view = drawn(&other);
    assert_eq!(view.find("credential-authToken").expect("a field").attribute("placeholder"), Some(""));
}

#[test]
fn a_preset_brings_its_scheme_and_header() {
    for [word, _, scheme, header] in PRESETS {
        let mut form = window(&voip(Some("generic"), json!([])));
        fill(&mut form, "preset", word);
        let sent = form.connection.request(false).say();
        assert_eq!(sent["credentials"], json!({"preset": word, "scheme": scheme, "header": header}));
        assert_eq!(drawn(&form).find("credential-header").is_some(), scheme != "standard");
        assert_eq!(drawn(&form).find("rotate-secret").is_some(), scheme == "standard");
    }
}

#[test]
fn a_check_says_that_it_works_or_why_not_and_where() {
    let mut form = window(&twilio());
    let asked = form.act(FormEvent::Check);
    assert_eq!(said(&asked), ("POST voip/test".into(), json!({"provider": "twilio", "rotate": false})));
    assert!(form.act(FormEvent::Check).is_empty(), "one at a time");
    form.answered(Part::Check, &answered(200, &json!({"ok": true})));
    assert_eq!(text(&form, "check-result").as_deref(), Some(english().get(Text::FormWorks)));
    fill(&mut form, "number", "1");
    assert_eq!(text(&form, "check-result"), None, "what was found out is about other credentials");

    form.act(FormEvent::Check);
    form.answered(Part::Check, &answered(200, &json!({"ok": false, "reason": "Twilio says no."})));
    assert_eq!(text(&form, "check-result").as_deref(), Some("Twilio says no."));
    let at_field = "credentials.number must begin with +";
    for answer in [answered(200, &json!({"ok": false, "reason": at_field})), refused(at_field)] {
        form.act(FormEvent::Check);
        form.answered(Part::Check, &answer);
        assert_eq!(text(&form, "error-number").as_deref(), Some("must begin with +"));
        assert_eq!(text(&form, "check-result"), None);
        assert!(text(&form, "settings-error").expect("an alert").starts_with("Phone number: must"));
        fill(&mut form, "number", "+12025550123");
        assert_eq!(text(&form, "error-number"), None);
    }
    fill(&mut form, "number", "030 555");
    assert!(text(&form, "error-number").is_some(), "its shape is seen while it is typed");
    form.act(FormEvent::Check);
    form.answered(Part::Check, &refused("credentials.oauth are not typed"));
    assert_eq!(text(&form, "settings-error").as_deref(), Some("credentials.oauth are not typed"));
}

#[test]
fn saving_connects_the_provider_before_its_lines_and_shows_the_addresses() {
    let mut form = window(&voip(None, json!([])));
    choose(&mut form, "vonage");
    form.save_asked();
    let step = form.answered(Part::SaveSettings, &answered(200, &form.settings.clone()));
    assert_eq!(said(&step).0, "PUT voip");
    let refusal = form.answered(Part::SaveVoip, &refused("credentials.privateKey is missing"));
    assert!(refusal.contains(&Effect::MarkCredentialsWrong) && refusal.contains(&Effect::FinishSave(false)));
    assert_eq!(text(&form, "error-privateKey").as_deref(), Some("is missing"));

    form.save_asked();
    form.answered(Part::SaveSettings, &answered(200, &form.settings.clone()));
    let step = form.answered(Part::SaveVoip, &answered(200, &voip(Some("vonage"), json!([]))));
    assert_eq!(said(&step).0, "PUT extensions");
    form.answered(Part::SaveExtensions, &answered(200, &json!([])));
    let end = form.answered(Part::SaveActive, &answered(200, &json!({})));
    assert_eq!(end, [Effect::KeepWindowOpen(true), Effect::FinishSave(true)]);
    assert_eq!(text(&form, "hook-url").as_deref(), Some("https://voip.example/hook/vonage/key"));
    assert_eq!(form.act(FormEvent::CopyRouteUrl), [Effect::Copy("https://voip.example/route/vonage/key".into())]);
    assert!(!form.connection.is_touched());
}

#[test]
fn a_provider_that_was_told_our_addresses_says_that_nothing_need_be_copied() {
    let mut form = window(&twilio());
    assert_eq!(text(&form, "set-up"), None);
    if let Some(voip) = &mut form.connection.voip {
        voip.is_set_up = true;
    }
    assert!(text(&form, "set-up").is_some());
}

#[test]
fn ringcentral_is_connected_in_a_window_of_its_own_that_is_waited_for() {
    let mut form = window(&twilio());
    choose(&mut form, "ringcentral");
    let asked = form.act(FormEvent::ConnectProvider);
    assert_eq!(said(&asked), ("POST voip/oauth".into(), json!({"provider": "ringcentral"})));
    let opened = form.answered(Part::Oauth, &answered(200, &json!({"url": "https://rc.example/authorize"})));
    assert!(opened.contains(&Effect::OpenWindow("https://rc.example/authorize".into())));
    let link = drawn(&form).find("provider-window").and_then(|link| link.attribute("href").map(str::to_owned));
    assert_eq!(link.as_deref(), Some("https://rc.example/authorize"));
    for not_yet in [answered(200, &twilio()), Outcome::Unreachable] {
        assert_eq!(said(&form.poll()).0, "GET voip");
        let again = form.answered(Part::Voip, &not_yet);
        assert!(matches!(&again[..], [Effect::StartTimer { timer: Timer::ConnectPoll, .. }]), "{again:?}");
    }
    form.poll();
    let done = form.answered(Part::Voip, &answered(200, &voip(Some("ringcentral"), json!([]))));
    assert!(done.contains(&Effect::StopTimer(Timer::ConnectPoll)) && done.contains(&Effect::MarkChanged));
    assert!(form.poll().is_empty() && drawn(&form).find("provider-window").is_none());
}

#[test]
fn a_former_connection_is_forgotten_only_after_a_second_click() {
    let mut with_former = twilio();
    with_former["former"] = json!([{"id": "f/1", "provider": "zadarma", "replacedAt": 77}]);
    let mut form = window(&with_former);
    assert!(text(&form, "former").is_some_and(|text| text.contains("Zadarma") && text.contains("77")));
    form.act(FormEvent::AskForget("f/1".into()));
    form.act(FormEvent::KeepFormer);
    assert!(drawn(&form).find("forget-confirm").is_none());
    form.act(FormEvent::AskForget("f/1".into()));
    assert!(drawn(&form).find("forget-confirm").is_some());
    assert_eq!(said(&form.act(FormEvent::Forget("f/1".into()))).0, "DELETE voip/former/f%2F1");
    fill(&mut form, "number", "+1");
    form.answered(Part::Former, &answered(200, &twilio()));
    assert!(drawn(&form).find("former").is_none());
    assert!(form.connection.is_touched(), "what was typed meanwhile stays");
}

fn proposals() -> Value {
    json!({"listed": true, "lines": [
        {"extensionId": "101", "name": "Ada", "kommoUserId": 1},
        {"extensionId": "102", "name": "Max", "kommoUserId": 2},
        {"extensionId": "103", "name": "Max at home", "kommoUserId": 2},
        {"extensionId": "104", "name": "Ada at home", "kommoUserId": 1},
        {"extensionId": "105", "name": "Door"},
    ]})
}

#[test]
fn proposals_fill_what_is_empty_and_count_once_they_are_saved() {
    let mut form = window(&voip(Some("zadarma"), json!([])));
    assert_eq!(said(&form.act(FormEvent::Propose)).0, "GET extensions/proposals");
    assert!(form.act(FormEvent::Propose).is_empty());
    let effects = form.answered(Part::Proposals, &answered(200, &proposals()));
    assert_eq!(effects, [Effect::MarkChanged]);
    assert_eq!((form.lines_of(UserId(1)), form.lines_of(UserId(2))), ("101", "102, 103"));
    assert!(text(&form, "flag-2").is_some() && text(&form, "flag-1").is_none());
    assert!(drawn(&form).find("line-104").is_some(), "Ada's place is not empty: a person decides");

    form.typed(&Field::Line(ExtensionId("105".into())), "2".to_owned());
    assert_eq!(form.lines_of(UserId(2)), "102, 103, 105");
    assert!(drawn(&form).find("line-105").is_none());
    form.typed(&Field::Extensions(UserId(2)), "102".to_owned());
    assert!(text(&form, "flag-2").is_none(), "typed over, it is the person's own word");
    form.typed(&Field::Line(ExtensionId("104".into())), "1".to_owned());
    assert!(text(&form, "flag-1").is_some());
    form.save_asked();
    form.answered(Part::SaveSettings, &answered(200, &form.settings.clone()));
    form.answered(Part::SaveExtensions, &answered(200, &json!([])));
    assert!(text(&form, "flag-1").is_none());
}

#[test]
fn without_a_list_of_lines_it_says_why() {
    let mut form = window(&twilio());
    form.act(FormEvent::Propose);
    let none = json!({"listed": false, "reason": "Vonage has no list.", "lines": []});
    assert!(form.answered(Part::Proposals, &answered(200, &none)).is_empty());
    assert_eq!(text(&form, "proposals").as_deref(), Some("Vonage has no list."));
    form.act(FormEvent::Propose);
    form.answered(Part::Proposals, &refused("Zadarma does not answer."));
    assert_eq!(text(&form, "settings-error").as_deref(), Some("Zadarma does not answer."));
    assert!(!form.proposed.asking, "it can be asked again");
    assert!(drawn(&window(&voip(Some("generic"), json!([])))).find("propose").is_none());
}

#[test]
fn a_deactivated_user_who_still_has_lines_is_flagged() {
    let mut form = window(&twilio());
    form.all_users = Some(vec![(UserId(1), false), (UserId(2), false)]);
    assert!(text(&form, "flag-1").is_some());
    assert!(text(&form, "flag-2").is_none(), "without a line it does not matter");
}
