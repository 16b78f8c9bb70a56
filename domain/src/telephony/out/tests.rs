//! What every provider brings and lacks.

use super::testing::{credentials, past, urls};
use super::*;
use serde_json::json;

fn of(provider: Provider) -> Credentials {
    let key = "+7E99DXiiQXvceNX4nHm3Lbm5mqPWad5RhDr2ufuCik=";
    let typed = match provider {
        Provider::Generic => {
            json!({"secret": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "recordingHosts": "a.example"})
        }
        Provider::Twilio => {
            json!({"accountSid": "AC00000000000000000000000000000001", "authToken": "hush-hush", "number": "+12025550123"})
        }
        Provider::Zadarma => json!({"key": "hush", "secret": "hush"}),
        Provider::Telnyx => {
            json!({"apiKey": "hush", "publicKey": key, "connectionId": "1234", "number": "+12025550123"})
        }
        Provider::Vonage => json!({"apiKey": "hush", "signatureSecret": "hush", "applicationId": "hush",
            "privateKey": "-----BEGIN PRIVATE KEY-----", "number": "+12025550123"}),
        Provider::Plivo => json!({"authId": "MA12", "authToken": "hush", "number": "+12025550123"}),
        Provider::RingCentral => return Credentials::RingCentral { verification_token: "hush".into() },
    };
    credentials(provider, typed)
}

#[test]
fn what_a_provider_lacks_is_none_and_said_so() {
    let has = |provider: Provider| {
        let known = of(provider);
        let urls = urls(provider.as_str());
        [
            check(&known).is_some(),
            set_up(&known, &urls).is_some(),
            lines(&known).is_some(),
            place_call(&known, &testing::call("101"), &urls).is_some(),
            past_calls(&known, past(1, None)).is_some(),
        ]
    };
    // Checked, set up, lines, calls, past calls.
    for (provider, expected) in [
        (Provider::Generic, [false; 5]),
        (Provider::Twilio, [true; 5]),
        (Provider::Zadarma, [true; 5]),
        (Provider::Telnyx, [true, true, true, true, false]),
        (Provider::Vonage, [true, false, false, true, false]),
        (Provider::Plivo, [true; 5]),
        (Provider::RingCentral, [true, false, true, true, true]),
    ] {
        assert_eq!(has(provider), expected, "{provider:?}");
    }
}

#[test]
fn recordings_are_fetched_from_hosts_of_their_provider_only() {
    for (provider, host, allowed) in [
        (Provider::Generic, "a.example", true),
        (Provider::Generic, "b.a.example", false),
        (Provider::Twilio, "api.twilio.com", true),
        (Provider::Twilio, "api.twilio.com.evil.example", false),
        (Provider::Zadarma, "api.zadarma.com", true),
        (Provider::Telnyx, "s3.amazonaws.com", true),
        (Provider::Telnyx, "bucket.s3.amazonaws.com", true),
        (Provider::Telnyx, "evils3.amazonaws.com", false),
        (Provider::Vonage, "api-eu.nexmo.com", true),
        (Provider::Vonage, "nexmo.com.evil.example", false),
        (Provider::Plivo, "media.plivo.com", true),
        (Provider::RingCentral, "media.ringcentral.com", true),
        (Provider::RingCentral, "api.twilio.com", false),
    ] {
        let hosts = recording_hosts(&of(provider));
        assert_eq!(may_fetch(&format!("https://{host}/a.mp3"), &hosts), allowed, "{provider:?} {host}");
        assert!(
            !may_fetch(&format!("http://{host}/a.mp3"), &hosts) && !may_fetch(&format!("https://{host}:81/"), &hosts)
        );
    }
}

#[test]
fn requests_and_their_authorisation_hide_what_is_secret() {
    let request = http::get("https://h.example/secret-path", Auth::Header("Bearer hush".into()));
    assert_eq!(format!("{request:?} {:?}", request.auth), "GET h.example Auth(hidden)");
}

/// Feeds one answer to an errand again and again, and tells how many steps it took to end.
fn steps<T>(errand: Option<AnErrand<T>>, status: u16, body: &str) -> usize {
    let Some(mut errand) = errand else { return 0 };
    let mut reply = None;
    for step in 0..100 {
        if !matches!(errand.next(reply), Ok(Next::Ask(_))) {
            return step;
        }
        reply = Some(Reply { status, body });
    }
    100
}

#[test]
fn whatever_a_provider_answers_an_errand_ends_within_what_a_request_may_ask() {
    let more = r#"{"status":"success","data":[{"sip_username":"a","user_name":"a"}],"meta":{"next":"x","total_pages":99},
        "navigation":{"nextPage":{}},"records":[{"id":1,"type":"User","phoneNumber":"+1"}],"numbers":[1,2,3],
        "objects":[{"call_uuid":"a","parent_call_uuid":"b","end_time":"2026-09-01T10:00:00Z"}],
        "credential_lists":[{"sid":"a"},{"sid":"b"}],"calls":[{"sid":"a","parent_call_sid":"b","status":"busy",
        "start_time":"Tue, 01 Sep 2026 10:00:42 +0000"}],"next_page_uri":"/x","application":"/a/b/","link":"x"}"#;
    let bodies =
        ["", "null", "[]", "{}", "7", r#"{"data":7,"records":{},"calls":[7,null]}"#, "<html>", "\u{feff}{}", more];
    for provider in Provider::ALL {
        let known = of(provider);
        let urls = urls(provider.as_str());
        for body in bodies {
            for status in [0, 200, 204, 302, 400, 401, 404, 429, 500, 999] {
                let taken = [
                    steps(check(&known), status, body),
                    steps(set_up(&known, &urls), status, body),
                    steps(lines(&known), status, body),
                    steps(place_call(&known, &testing::call("101"), &urls), status, body),
                    steps(past_calls(&known, past(1, None)), status, body),
                    steps(recording(&known, "zadarma:1"), status, body),
                    steps(recording(&known, "telnyx:1"), status, body),
                ];
                // An invocation has forty requests.
                assert!(taken.iter().all(|steps| *steps <= 30), "{provider:?} {status} {body}: {taken:?}");
            }
        }
    }
}
