//! A test call: the report a provider would send of a ringing call, signed by us with the connection's own secret.
//!
//! It never travels. The account's object takes it in by the very way of a real delivery and then takes everything
//! back. Nothing in a delivery says "this is a test", so nothing that comes from outside can pass for one, and no
//! test can pass for a call: only a [`Rehearsal`], which nobody but [`Rehearsal::of`] makes, is let in that way.

use super::credentials::{Preset, Scheme};
use super::form::encode;
use super::out::times::iso8601;
use super::signature::hmac_sha1;
use super::{Context, Credentials, Delivery, LocalTime, Purpose, Received, Refusal, Urls, receive};
use crate::ids::ExtensionId;
use crate::time::Moment;
use crate::webhook::{self, ID_HEADER, SIGNATURE_HEADER, Secret, TIMESTAMP_HEADER, body_digest, hex, hmac_sha256};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::{Value, json};

/// The call that is reported.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TestCall {
    /// The provider's id of it; one that never was.
    pub id: String,
    /// Who calls, E.164.
    pub from: String,
    /// Who is called, E.164.
    pub to: String,
    /// The line that rings, where the provider's reports name one.
    pub line: Option<ExtensionId>,
}

/// A report of a test call, ready to be taken in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rehearsal {
    url: String,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
    is_signed: bool,
}

impl Rehearsal {
    /// The report of a ringing call, as the provider would send it now. A system that reports calls only when they are
    /// over reports a miss.
    pub fn of(call: &TestCall, credentials: &Credentials, urls: &Urls, zone: &dyn LocalTime, now: Moment) -> Self {
        match credentials {
            Credentials::Generic { scheme, preset, header, secret, .. } => {
                let body = generic(call, *preset, secret, now).to_string().into_bytes();
                let headers = proof(&call.id, *scheme, header.as_deref(), secret, &body, now);
                Self::posted(urls.hook.clone(), headers, body)
            }
            Credentials::Twilio { auth_token, .. } => twilio(call, auth_token, urls),
            Credentials::Plivo { auth_token, .. } => plivo(call, auth_token, urls),
            Credentials::Zadarma { secret, .. } => zadarma(call, secret, urls, zone, now),
            Credentials::Vonage { api_key, signature_secret, .. } => vonage(call, api_key, signature_secret, urls, now),
            Credentials::RingCentral { verification_token } => {
                let headers = vec![("verification-token".to_owned(), verification_token.clone())];
                Self::posted(urls.hook.clone(), headers, ringcentral(call, now).to_string().into_bytes())
            }
            Credentials::Telnyx { .. } => {
                let body = telnyx(call, now).to_string().into_bytes();
                Self { is_signed: false, ..Self::posted(urls.hook.clone(), vec![], body) }
            }
        }
    }

    /// Whether we hold what it takes to sign as the provider does. Telnyx keeps its private key to itself: then the
    /// test begins behind the signature.
    pub fn is_signed(&self) -> bool {
        self.is_signed
    }

    /// Checks and reads it as a delivery from outside is.
    pub fn receive(&self, context: &Context<'_>) -> Result<Received, Refusal> {
        let delivery = Delivery {
            purpose: Purpose::Report,
            method: "POST",
            url: &self.url,
            headers: &self.headers,
            body: &self.body,
        };
        match context.credentials.first() {
            Some(telnyx @ Credentials::Telnyx { .. }) if !self.is_signed => {
                super::telnyx::read(&delivery, telnyx, context)
            }
            _ => receive(&delivery, context),
        }
    }

    fn posted(url: String, headers: Vec<(String, String)>, body: Vec<u8>) -> Self {
        Self { url, headers, body, is_signed: true }
    }
}

/// The number as providers write it that leave the `+` out.
fn bare(number: &str) -> &str {
    number.trim_start_matches('+')
}

/// Where a leg reports that was made for a line: the address says whose it is, as in our own instructions.
fn hook_of(call: &TestCall, urls: &Urls) -> String {
    match &call.line {
        Some(line) => format!("{}?line={}", urls.hook, encode(&line.0)),
        None => urls.hook.clone(),
    }
}

fn form(fields: &[(&str, &str)]) -> Vec<u8> {
    let pairs: Vec<String> = fields.iter().map(|(name, value)| format!("{name}={}", encode(value))).collect();
    pairs.join("&").into_bytes()
}

/// The fields one after another, sorted by name, as Twilio and Plivo sign them.
fn joined(fields: &[(&str, &str)]) -> String {
    let mut sorted = fields.to_vec();
    sorted.sort_unstable();
    sorted.into_iter().map(|(name, value)| [name, value].concat()).collect()
}

fn generic(call: &TestCall, preset: Option<Preset>, secret: &str, now: Moment) -> Value {
    let at = now.seconds();
    match preset {
        None => json!({
            "callId": call.id, "voipAccountId": "self-test", "from": call.from, "to": call.to, "status": "ringing",
            "startTime": at, "extension": call.line, "direction": "inbound",
        }),
        Some(Preset::Yeastar) => {
            let trunk = json!({"inbound": {"from": call.from, "to": call.to, "member_status": "ALERT"}});
            let line = call.line.as_ref().map(|line| json!({"extension": {"number": line, "member_status": "ALERT"}}));
            let members: Vec<Value> = std::iter::once(trunk).chain(line).collect();
            let message = json!({"type": 30011, "call_id": call.id, "members": members});
            json!({"type": 30011, "msg": message.to_string()})
        }
        Some(Preset::Aircall) => {
            let event = if call.line.is_some() { "call.ringing_on_agent" } else { "call.created" };
            json!({"resource": "call", "event": event, "timestamp": at, "token": secret, "data": {
                "id": call.id, "direction": "inbound", "raw_digits": call.from, "number": {"digits": call.to},
                "user": {"email": call.line}, "started_at": at,
            }})
        }
        // A number shared by several rings for all of them, so no line is named.
        Some(Preset::Quo) => json!({"id": call.id, "type": "call.ringing", "createdAt": iso8601(now), "data": {
            "object": {"id": call.id, "direction": "incoming", "from": call.from, "to": call.to,
                "status": "ringing", "createdAt": iso8601(now)},
        }}),
        Some(Preset::FreeSwitch) => {
            let time = at.to_string();
            json!({
                "variables": {"uuid": call.id, "direction": "inbound", "start_epoch": time, "end_epoch": time,
                    "billsec": "0", "hangup_cause": "NO_ANSWER"},
                "callflow": [{"caller_profile": {"caller_id_number": call.from, "destination_number": call.to}}],
            })
        }
    }
}

fn proof(
    id: &str,
    scheme: Scheme,
    header: Option<&str>,
    secret: &str,
    body: &[u8],
    now: Moment,
) -> Vec<(String, String)> {
    let named = |usual: &str, value: String| vec![(header.unwrap_or(usual).to_ascii_lowercase(), value)];
    match scheme {
        Scheme::Standard => {
            // A secret that cannot be read signs nothing, and the check says so.
            let signature = Secret::parse(secret).map(|secret| webhook::sign(&secret, id, now.seconds(), body));
            let seconds = now.seconds().to_string();
            [(ID_HEADER, id.to_owned()), (TIMESTAMP_HEADER, seconds), (SIGNATURE_HEADER, signature.unwrap_or_default())]
                .map(|(name, value)| (name.to_owned(), value))
                .into()
        }
        Scheme::HmacBody => named("x-signature", hex(&hmac_sha256(secret.as_bytes(), &[body]))),
        Scheme::StaticSecret => named("x-webhook-secret", secret.to_owned()),
    }
}

fn twilio(call: &TestCall, token: &str, urls: &Urls) -> Rehearsal {
    let fields = [
        ("CallSid", call.id.as_str()),
        ("CallStatus", "ringing"),
        ("Direction", "inbound"),
        ("From", &call.from),
        ("To", &call.to),
    ];
    let url = hook_of(call, urls);
    let code = hmac_sha1(token.as_bytes(), &[url.as_bytes(), joined(&fields).as_bytes()]);
    let headers = vec![
        ("x-twilio-signature".to_owned(), STANDARD.encode(code)),
        ("content-type".to_owned(), "application/x-www-form-urlencoded".to_owned()),
    ];
    Rehearsal::posted(url, headers, form(&fields))
}

fn plivo(call: &TestCall, token: &str, urls: &Urls) -> Rehearsal {
    let fields = [
        ("CallStatus", "ringing"),
        ("CallUUID", call.id.as_str()),
        ("Direction", "inbound"),
        ("From", bare(&call.from)),
        ("To", bare(&call.to)),
    ];
    // The line stands in the signed address as it is, not encoded.
    let (query, between) = match &call.line {
        Some(line) => (format!("line={}", line.0), "."),
        None => (String::new(), ""),
    };
    let signed = [&urls.hook, "?", &query, between, &joined(&fields), ".", &call.id].concat();
    let headers = vec![
        ("x-plivo-signature-v3".to_owned(), STANDARD.encode(hmac_sha256(token.as_bytes(), &[signed.as_bytes()]))),
        ("x-plivo-signature-v3-nonce".to_owned(), call.id.clone()),
    ];
    Rehearsal::posted(hook_of(call, urls), headers, form(&fields))
}

fn zadarma(call: &TestCall, secret: &str, urls: &Urls, zone: &dyn LocalTime, now: Moment) -> Rehearsal {
    let (start, from, to) = (zone.write(now), bare(&call.from), bare(&call.to));
    let line = call.line.as_ref().map(|line| line.0.as_str()).unwrap_or_default();
    let fields = [
        ("event", if line.is_empty() { "NOTIFY_START" } else { "NOTIFY_INTERNAL" }),
        ("call_start", &start),
        ("pbx_call_id", &call.id),
        ("caller_id", from),
        ("called_did", to),
        ("internal", line),
    ];
    let code = hmac_sha1(secret.as_bytes(), &[from.as_bytes(), to.as_bytes(), start.as_bytes()]);
    let headers = vec![("signature".to_owned(), STANDARD.encode(hex(&code)))];
    Rehearsal::posted(urls.hook.clone(), headers, form(&fields))
}

fn vonage(call: &TestCall, api_key: &str, secret: &str, urls: &Urls, now: Moment) -> Rehearsal {
    let body = json!({
        "uuid": call.id, "conversation_uuid": call.id, "status": "ringing", "direction": "inbound",
        "from": bare(&call.from), "to": bare(&call.to), "timestamp": iso8601(now),
    });
    let body = body.to_string().into_bytes();
    let claims = json!({
        "iat": now.seconds(), "jti": call.id, "iss": "Vonage", "api_key": api_key, "payload_hash": body_digest(&body),
    });
    let head = URL_SAFE_NO_PAD.encode(r#"{"alg":"HS256","typ":"JWT"}"#);
    let signed = [&head, ".", &URL_SAFE_NO_PAD.encode(claims.to_string())].concat();
    let code = URL_SAFE_NO_PAD.encode(hmac_sha256(secret.as_bytes(), &[signed.as_bytes()]));
    let headers = vec![("authorization".to_owned(), ["Bearer ", &signed, ".", &code].concat())];
    Rehearsal::posted(hook_of(call, urls), headers, body)
}

fn ringcentral(call: &TestCall, now: Moment) -> Value {
    let at = iso8601(now);
    let mut party = json!({
        "direction": "Inbound", "from": {"phoneNumber": call.from}, "to": {"phoneNumber": call.to},
        "status": {"code": "Proceeding"},
    });
    if let (Some(line), Some(fields)) = (&call.line, party.as_object_mut()) {
        fields.insert("extensionId".to_owned(), line.0.clone().into());
    }
    json!({
        "uuid": call.id, "event": "/restapi/v1.0/account/~/telephony/sessions", "timestamp": at,
        "body": {"telephonySessionId": call.id, "eventTime": at, "parties": [party]},
    })
}

fn telnyx(call: &TestCall, now: Moment) -> Value {
    let state = call.line.as_ref().map(|line| STANDARD.encode(json!({ "line": line }).to_string()));
    json!({"data": {
        "id": call.id, "event_type": "call.initiated", "occurred_at": iso8601(now), "record_type": "event",
        "payload": {"call_session_id": call.id, "from": call.from, "to": call.to, "direction": "incoming",
            "client_state": state, "start_time": iso8601(now)},
    }})
}

#[cfg(test)]
mod tests {
    use super::super::{Provider, ReportedStatus};
    use super::*;

    struct Utc;

    impl LocalTime for Utc {
        fn read(&self, _: &str) -> Option<Moment> {
            None
        }

        fn write(&self, moment: Moment) -> String {
            iso8601(moment).replace(['T', 'Z'], " ").trim().to_owned()
        }
    }

    const NOW: Moment = Moment(1_782_900_000_000);

    fn generic(scheme: Scheme, preset: Option<Preset>, header: Option<&str>) -> Credentials {
        let secret = match scheme {
            Scheme::Standard => "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=",
            Scheme::HmacBody | Scheme::StaticSecret => "a secret of theirs",
        };
        Credentials::Generic {
            scheme,
            preset,
            header: header.map(str::to_owned),
            secret: secret.to_owned(),
            recording_hosts: vec![],
            time_zone: None,
            dial_url: None,
        }
    }

    fn everybody() -> Vec<Credentials> {
        let number = || "+12025550100".to_owned();
        let (key, record) = ("a key of theirs", false);
        let mut all = vec![
            generic(Scheme::Standard, None, None),
            generic(Scheme::HmacBody, None, None),
            generic(Scheme::StaticSecret, None, Some("X-Mine")),
            generic(Scheme::HmacBody, Some(Preset::Yeastar), Some("X-Signature")),
            generic(Scheme::StaticSecret, Some(Preset::Aircall), None),
            generic(Scheme::Standard, Some(Preset::Quo), None),
            generic(Scheme::StaticSecret, Some(Preset::FreeSwitch), None),
            Credentials::RingCentral { verification_token: key.into() },
            Credentials::Zadarma { key: "k".into(), secret: key.into(), time_zone: None },
        ];
        all.push(Credentials::Twilio { account_sid: "AC".into(), auth_token: key.into(), number: number(), record });
        all.push(Credentials::Plivo {
            auth_id: "MA".into(),
            auth_token: key.into(),
            number: number(),
            record,
            time_zone: None,
        });
        all.push(Credentials::Vonage {
            api_key: "a".into(),
            signature_secret: key.into(),
            application_id: "app".into(),
            private_key: String::new(),
            number: number(),
            record,
        });
        all.push(Credentials::Telnyx {
            api_key: "KEY".into(),
            public_key: "+7E99DXiiQXvceNX4nHm3Lbm5mqPWad5RhDr2ufuCik=".into(),
            connection_id: "1".into(),
            number: number(),
            record,
        });
        all
    }

    fn urls() -> Urls {
        Urls {
            hook: "https://voip.example.com/webhooks/voip/p/key".into(),
            route: "https://voip.example.com/route/p/key".into(),
        }
    }

    fn call(line: Option<&str>) -> TestCall {
        let line = line.map(|line| ExtensionId(line.to_owned()));
        TestCall { id: "selftest-1".into(), from: "+12025550143".into(), to: "+12025550100".into(), line }
    }

    fn received(rehearsal: &Rehearsal, credentials: &Credentials, now: Moment) -> Result<Received, Refusal> {
        let known = [credentials];
        rehearsal.receive(&Context { credentials: &known, urls: &urls(), now, zone: &Utc })
    }

    #[test]
    fn every_providers_report_passes_the_check_of_a_real_delivery_and_rings() {
        for credentials in everybody() {
            let name = format!("{} {:?}", credentials.provider().as_str(), credentials.shown("preset"));
            for line in [None, Some("101"), Some("sip:a b@c.de;x")] {
                let rehearsal = Rehearsal::of(&call(line), &credentials, &urls(), &Utc, NOW);
                let got =
                    received(&rehearsal, &credentials, NOW).unwrap_or_else(|why| panic!("{name} {line:?}: {why}"));
                let event = got.events.first().unwrap_or_else(|| panic!("{name}: nothing said"));
                assert_eq!((event.call_id.0.as_str(), event.from.as_str()), ("selftest-1", "+12025550143"), "{name}");
                assert_eq!(event.to, "+12025550100", "{name}");
                let preset = credentials.shown("preset");
                let reports_late = preset.as_deref() == Some("freeswitch");
                assert_eq!(event.status == ReportedStatus::Ringing, !reports_late, "{name}");
                let names_no_line = reports_late || preset.as_deref() == Some("quo");
                let rung = got.events.iter().find_map(|event| event.extension.clone());
                let expected = call(line).line.filter(|_| !names_no_line);
                assert_eq!(rung, expected, "{name}");
                assert!(got.commands.is_empty(), "{name}");
            }
        }
    }

    #[test]
    fn only_telnyx_keeps_us_from_signing_and_nobody_elses_check_is_passed_by() {
        for credentials in everybody() {
            let is_telnyx = credentials.provider() == Provider::Telnyx;
            let rehearsal = Rehearsal::of(&call(None), &credentials, &urls(), &Utc, NOW);
            assert_eq!(rehearsal.is_signed(), !is_telnyx);
            if !is_telnyx {
                let bare = Rehearsal { headers: vec![], body: b"{}".to_vec(), ..rehearsal.clone() };
                assert!(matches!(received(&bare, &credentials, NOW), Err(Refusal::Unsigned(_))));
            }
            // What is not signed is let in for Telnyx only, whatever it claims.
            for other in everybody().into_iter().filter(|other| other.provider() != Provider::Telnyx) {
                let unsigned =
                    Rehearsal { is_signed: false, headers: vec![], body: b"{}".to_vec(), ..rehearsal.clone() };
                assert!(matches!(received(&unsigned, &other, NOW), Err(Refusal::Unsigned(_))));
            }
        }
    }

    #[test]
    fn a_test_call_sent_from_outside_is_a_delivery_like_any_other() {
        // There is no mark to copy: with another secret it is refused, later than the scheme allows as well.
        let ours = generic(Scheme::Standard, None, None);
        let rehearsal = Rehearsal::of(&call(None), &ours, &urls(), &Utc, NOW);
        let late = Moment(NOW.0 + 600_000);
        assert!(matches!(received(&rehearsal, &ours, late), Err(Refusal::Unsigned(_))));
        let theirs = generic(Scheme::HmacBody, None, None);
        assert!(matches!(received(&rehearsal, &theirs, NOW), Err(Refusal::Unsigned(_))));
    }
}
