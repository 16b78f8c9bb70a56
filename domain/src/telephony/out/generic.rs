//! What we ask of any PBX.
//!
//! Where it takes our wish to place a call, and which hosts its recordings may come from, an administrator says. A
//! wish is signed the way the PBX signs to us, so that it can tell ours from anybody else's.

use super::http::{Manner, get, send_json, text};
use super::walk::{Step, begin, once, refuse};
use super::{AnErrand, Auth, PlaceCall, ProviderError, ProviderRequest, RouteReply};
use crate::ids::ProviderCallId;
use crate::routing::Route;
use crate::telephony::credentials::Scheme;
use crate::telephony::{Answer, Credentials};
use crate::webhook::{self, Secret};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

const MANNER: Manner = Manner {
    name: "The telephone system",
    unauthorised: "The telephone system does not accept our signature. Give it the secret of this connection again.",
    message: &["/message", "/error"],
};

/// Asks the PBX to place a call. Its answer may name the call, as `{"callId": …}`.
pub(super) fn place_call(credentials: &Credentials, call: &PlaceCall) -> Option<AnErrand<Option<ProviderCallId>>> {
    let Credentials::Generic { scheme, secret, dial_url, .. } = credentials else { return None };
    let url = dial_url.as_ref()?;
    let body = json!({"type": "call.dial", "dialId": call.id, "line": call.line, "to": call.to});
    let mut request = send_json("POST", url.clone(), Auth::None, &body);
    let bytes = request.body.clone().unwrap_or_default();
    match scheme {
        Scheme::Standard => {
            let Ok(secret) = Secret::parse(secret) else {
                return refuse("The connection has no secret yet. Save the settings to make one.");
            };
            let id: String = call.id.0.chars().filter(|letter| letter.is_ascii_alphanumeric()).collect();
            let id = format!("dial_{id}");
            let seconds = call.now.seconds();
            let signature = webhook::sign(&secret, &id, seconds, bytes.as_bytes());
            request.headers.extend([
                (webhook::ID_HEADER, id),
                (webhook::TIMESTAMP_HEADER, seconds.to_string()),
                (webhook::SIGNATURE_HEADER, signature),
            ]);
        }
        Scheme::HmacBody => {
            let code = webhook::hmac_sha256(secret.as_bytes(), &[bytes.as_bytes()]);
            request.headers.push(("X-Signature", STANDARD.encode(code)));
        }
        Scheme::StaticSecret => request.headers.push(("X-Webhook-Secret", secret.clone())),
    }
    once(request, |reply| {
        if reply.status == 404 {
            return Err(ProviderError::Refused(
                "The telephone system has nothing at the address for calls. Correct the address in the settings."
                    .into(),
            ));
        }
        MANNER.accept(reply)?;
        // A PBX may answer whatever it likes, or nothing.
        let said: Value = serde_json::from_str(reply.body).unwrap_or_default();
        Ok(text(&said, "/callId").filter(|id| id.len() <= 256).map(ProviderCallId))
    })
}

/// The request for a recording: its own address, if its host was allowed.
pub(super) fn recording(credentials: &Credentials, reference: &str) -> Option<AnErrand<ProviderRequest>> {
    super::may_fetch(reference, &super::recording_hosts(credentials)).then_some(())?;
    begin(Step::Done(get(reference, Auth::None)))
}

/// Where a call shall go: lines separated by commas, nothing for the PBX's own plan. Asterisk dials it as it is.
pub(super) fn route(route: &Route) -> RouteReply {
    let plain = |line: &&str| line.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-_.:@*#/".contains(&byte));
    let lines = route.first.iter().map(|line| line.0.as_str()).filter(plain);
    RouteReply::Answer(Answer::text(lines.collect::<Vec<_>>().join(",")))
}

#[cfg(test)]
mod tests {
    use super::super::testing::*;
    use super::*;
    use crate::telephony::Provider;
    use crate::webhook::{Delivery, verify};

    const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

    fn generic(scheme: &str, secret: &str) -> Credentials {
        credentials(
            Provider::Generic,
            json!({"scheme": scheme, "secret": secret,
            "dialUrl": "https://pbx.example.com/dial?x=1", "recordingHosts": ["pbx.example.com"]}),
        )
    }

    fn header<'a>(request: &'a ProviderRequest, name: &str) -> Option<&'a str> {
        request.headers.iter().find(|(known, _)| *known == name).map(|(_, value)| value.as_str())
    }

    #[test]
    fn a_wish_is_signed_as_standard_webhooks_are() {
        let (asked, ended) = play(place_call(&generic("standard", SECRET), &call("101")), &[(202, "")]);
        assert_eq!((line_of(&asked[0]).as_str(), ended), ("POST https://pbx.example.com/dial?x=1", Ok(None)));
        let body = json!({"type": "call.dial", "dialId": "d1", "line": "101", "to": "+493012345678"});
        assert_eq!(json_of(&asked[0]), body);
        let delivery = Delivery {
            id: header(&asked[0], "webhook-id"),
            timestamp: header(&asked[0], "webhook-timestamp"),
            signature: header(&asked[0], "webhook-signature"),
            body: asked[0].body.as_deref().unwrap_or_default().as_bytes(),
        };
        assert_eq!(verify(&delivery, &[Secret::parse(SECRET).expect("a secret")], NOW), Ok(()));
    }

    #[test]
    fn other_schemes_are_answered_in_kind() {
        let ask = |scheme| play(place_call(&generic(scheme, "a-static-secret"), &call("101")), &[(200, "ok")]).0;
        assert_eq!(header(&ask("static-secret")[0], "X-Webhook-Secret"), Some("a-static-secret"));
        let asked = ask("hmac-body");
        let code = webhook::hmac_sha256(b"a-static-secret", &[asked[0].body.as_deref().expect("a body").as_bytes()]);
        assert_eq!(header(&asked[0], "X-Signature"), Some(STANDARD.encode(code).as_str()));
        assert_eq!(header(&asked[0], "X-Webhook-Secret"), None);
    }

    #[test]
    fn each_kind_of_answer_to_a_wish_is_told() {
        let ended = |status, body| play(place_call(&generic("standard", SECRET), &call("101")), &[(status, body)]).1;
        assert_eq!(ended(200, r#"{"callId": "1651057476.362"}"#), Ok(Some(ProviderCallId("1651057476.362".into()))));
        assert_eq!(ended(200, "<html>queued</html>"), Ok(None));
        for (status, body, said) in [
            (401, "", "The telephone system does not accept our signature."),
            (404, "", "The telephone system has nothing at the address for calls."),
            (409, r#"{"message":"The line is busy"}"#, "The telephone system refuses: The line is busy"),
            (429, "", "The provider asks us to slow down."),
            (500, "hush", "The provider does not answer at the moment."),
        ] {
            let error = ended(status, body).expect_err("a failure").to_string();
            assert!(error.starts_with(said), "{error}");
        }
    }

    #[test]
    fn a_pbx_that_takes_no_wishes_or_has_no_secret_places_no_call() {
        let without = credentials(Provider::Generic, json!({"scheme": "standard", "secret": SECRET}));
        assert!(place_call(&without, &call("101")).is_none());
        let unsigned = credentials(Provider::Generic, json!({"scheme": "standard", "dialUrl": "https://p.example/d"}));
        assert!(play(place_call(&unsigned, &call("101")), &[]).1.is_err());
    }

    #[test]
    fn recordings_come_from_listed_hosts_only() {
        let found = |url| recording(&generic("standard", SECRET), url).map(|errand| play(Some(errand), &[]).1);
        let request = found("https://pbx.example.com/a.mp3?b").expect("allowed").expect("a request");
        assert_eq!((line_of(&request).as_str(), request.auth), ("GET https://pbx.example.com/a.mp3?b", Auth::None));
        for bad in [
            "https://other.example.com/a",
            "http://pbx.example.com/a",
            "https://pbx.example.com:8443/a",
            "https://x@pbx.example.com/a",
            "https://127.0.0.1/a",
            "https://pbx.example.com.evil.example/a",
            "zadarma:1",
        ] {
            assert!(found(bad).is_none(), "{bad}");
        }
    }

    #[test]
    fn a_route_is_one_line_that_a_dialplan_can_read() {
        let answer = |first: &[&str]| {
            super::route(&Route { first: line_ids(first), then: line_ids(&["9"]), ..Route::default() })
        };
        let text = |text: &str| RouteReply::Answer(Answer::text(text));
        assert_eq!(answer(&["101", "+493012345678"]), text("101,+493012345678"));
        assert_eq!(answer(&["101&PJSIP/evil", "102,103", "a b", "104"]), text("104"));
        assert_eq!(answer(&[]), text(""));
    }
}
