//! What is typed, what stays, what is shown, and what is refused.

use super::*;
use serde_json::json;

fn read(provider: Provider, typed: Value, stored: Option<&Credentials>) -> Result<Credentials, String> {
    let typed = typed.as_object().expect("an object").clone();
    Credentials::read(provider, &typed, stored).map_err(|error| error.to_string())
}

fn twilio() -> Credentials {
    let typed = json!({"accountSid": "AC00000000000000000000000000000001", "authToken": "hush-hush-hush",
                       "number": "+12025550123"});
    read(Provider::Twilio, typed, None).expect("credentials")
}

#[test]
fn what_is_left_out_stays_as_it_is_stored() {
    let changed = read(Provider::Twilio, json!({"number": "+12025550199", "record": "on"}), Some(&twilio()));
    let changed = changed.expect("credentials");
    assert_eq!(changed.shown("number").as_deref(), Some("+12025550199"));
    assert_eq!(changed.shown("record").as_deref(), Some("on"));
    assert!(matches!(changed, Credentials::Twilio { auth_token, .. } if auth_token == "hush-hush-hush"));
}

#[test]
fn secrets_are_never_shown() {
    for field in Provider::Twilio.fields().iter().filter(|field| field.secret) {
        assert_eq!(twilio().shown(field.name), None);
    }
    assert!(!format!("{:?}", twilio()).contains("hush"));
}

#[test]
fn a_missing_or_wrong_field_is_named_and_its_value_is_not() {
    for (provider, typed, field) in [
        (Provider::Twilio, json!({}), "accountSid"),
        (Provider::Twilio, json!({"accountSid": "AC12345"}), "accountSid"),
        (Provider::Twilio, json!({"user": "x-12345"}), "user"),
        (Provider::Zadarma, json!({"key": "12345-key"}), "secret"),
        (Provider::Zadarma, json!({"key": {"a": 12345}}), "key"),
        (Provider::Telnyx, json!({"apiKey": "KEY12345", "publicKey": "12345"}), "publicKey"),
        (
            Provider::Vonage,
            json!({"apiKey": "12345", "signatureSecret": "12345", "applicationId": "12345",
                                  "privateKey": "12345"}),
            "privateKey",
        ),
        (Provider::Plivo, json!({"authId": "MA12345", "authToken": "a12345", "number": "12345"}), "number"),
        (Provider::RingCentral, json!({}), "oauth"),
        (Provider::Generic, json!({"scheme": "12345"}), "scheme"),
        (Provider::Generic, json!({"preset": "12345"}), "preset"),
        (Provider::Generic, json!({"secret": "12345"}), "secret"),
        (Provider::Generic, json!({"scheme": "hmac-body"}), "secret"),
        (Provider::Generic, json!({"header": "X 12345"}), "header"),
        (Provider::Generic, json!({"timeZone": "Europe Berlin 12345"}), "timeZone"),
        (Provider::Generic, json!({"dialUrl": "http://pbx12345.example/"}), "dialUrl"),
        (Provider::Generic, json!({"dialUrl": "https://127.0.0.1/12345"}), "dialUrl"),
        (Provider::Generic, json!({"recordingHosts": ["https://a12345.example"]}), "recordingHosts"),
        (Provider::Generic, json!({"recordingHosts": "10.12.34.5"}), "recordingHosts"),
    ] {
        let error = read(provider, typed, None).expect_err("refused");
        assert!(error.starts_with(&format!("credentials.{field} ")), "{error}");
        assert!(!error.contains("12345"), "{error}");
    }
}

#[test]
fn another_scheme_does_not_take_over_the_secret() {
    let typed = json!({"scheme": "static-secret", "secret": "a-static-secret"});
    let before = read(Provider::Generic, typed, None).expect("credentials");
    let after = read(Provider::Generic, json!({"scheme": "standard"}), Some(&before)).expect("credentials");
    assert!(matches!(after, Credentials::Generic { secret, .. } if secret.is_empty()));
}

#[test]
fn hosts_are_names_and_never_addresses() {
    for (url, host) in [
        ("https://pbx.example.com/a?b", Some("pbx.example.com")),
        ("https://pbx.example.com:443/a", Some("pbx.example.com")),
        ("https://pbx.example.com:8443/a", None),
        ("https://user@pbx.example.com/a", None),
        ("https://pbx.example.com\\@evil.example/", None),
        ("https://127.0.0.1/", None),
        ("https://2130706433/", None),
        ("https://0x7f.1/", None),
        ("https://127.0x1/", None),
        ("https://66.0.0x/o", None),
        ("https://10.0.0.0x/", None),
        ("https://[::1]/", None),
        ("https://localhost/", None),
        ("http://pbx.example.com/", None),
    ] {
        assert_eq!(https_host(url), host, "{url}");
    }
}
