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
