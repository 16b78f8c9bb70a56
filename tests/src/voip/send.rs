//! A webhook on its way: signed by its provider's scheme, repeated by its provider's rule.

use std::{
    sync::Arc,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::{Value, json};

use super::{
    model::Desk,
    sign::{self, Pairs},
};
use crate::{crypto, state::Sim};

/// The key Telnyx signs with here. Its public half, which the portal shows: see [`TELNYX_PUBLIC_KEY`].
const TELNYX_SEED: &str = "p68GNpDl9oAQohBiK0MEOFIjxnoFnz0uGGeJqxQ5PSY=";
/// What a customer of the simulated Telnyx finds in the portal.
pub(crate) const TELNYX_PUBLIC_KEY: &str = "+7E99DXiiQXvceNX4nHm3Lbm5mqPWad5RhDr2ufuCik=";

/// What is sent.
#[derive(Debug, Clone)]
pub(crate) enum Content {
    /// Nothing; everything stands in the URL.
    Nothing,
    /// A form.
    Form(Pairs),
    /// JSON.
    Json(Value),
}

/// One webhook.
#[derive(Debug, Clone)]
pub(crate) struct Outgoing {
    /// The provider's id of the call.
    pub(crate) call: String,
    /// What it tells, for people.
    pub(crate) what: String,
    pub(crate) method: &'static str,
    pub(crate) url: String,
    pub(crate) content: Content,
}

/// How a network or a stranger spoils a webhook.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Forgery {
    /// Not at all.
    None,
    /// Another signature of the right form.
    Signature,
    /// Something is changed after signing.
    Altered,
    /// No signature.
    Unsigned,
    /// Signed by another customer of the provider, for the same address.
    Foreign,
    /// Signed long ago, where the time is signed.
    Stale,
}

/// How old a stale signature is, seconds: more than any provider's tolerance.
const STALE: i64 = 3600;
/// Where credentials are secrets; another customer's are others.
const SECRETS: [&str; 4] = ["authToken", "secret", "signatureSecret", "verificationToken"];

/// An answer of the product.
#[derive(Debug, Clone)]
pub(crate) struct Answered {
    /// 0: there was none.
    pub(crate) status: u16,
    pub(crate) content_type: String,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) text: String,
}

impl Answered {
    /// What came back, or why nothing did.
    pub(super) async fn of(asked: reqwest::Result<reqwest::Response>) -> Self {
        match asked {
            Err(error) => Self { status: 0, content_type: String::new(), headers: vec![], text: error.to_string() },
            Ok(answer) => {
                let headers: Vec<(String, String)> = answer
                    .headers()
                    .iter()
                    .map(|(name, value)| (name.as_str().to_owned(), value.to_str().unwrap_or_default().to_owned()))
                    .collect();
                let content_type = headers.iter().find(|(name, _)| name == "content-type");
                Self {
                    status: answer.status().as_u16(),
                    content_type: content_type.map_or_else(String::new, |(_, value)| value.clone()),
                    headers,
                    text: answer.text().await.unwrap_or_default(),
                }
            }
        }
    }

    pub(crate) fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// As `POST /_sim/call` tells it.
    pub(crate) fn shown(&self, out: &Outgoing) -> Value {
        let body = serde_json::from_str(&self.text).unwrap_or_else(|_| json!(self.text));
        json!({
            "callId": out.call, "what": out.what, "url": out.url, "status": self.status,
            "contentType": self.content_type, "body": body,
        })
    }
}

fn now() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |now| now.as_secs() as i64)
}

/// Another text of the same form.
fn other(text: &str) -> String {
    let mut letters: Vec<char> = text.chars().collect();
    // Near the end, where a token has its signature; the very end may be padding.
    let place = letters.len().saturating_sub(4);
    if let Some(letter) = letters.get_mut(place) {
        *letter = if *letter == 'A' { 'B' } else { 'A' };
    }
    letters.into_iter().collect()
}

/// What Zadarma signs of an event.
fn zadarma_text(fields: &Pairs) -> String {
    let field = |name: &str| fields.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value);
    let names: &[&str] = match field("event") {
        "NOTIFY_ANSWER" => &["caller_id", "destination", "call_start"],
        "NOTIFY_OUT_START" | "NOTIFY_OUT_END" => &["internal", "destination", "call_start"],
        "NOTIFY_RECORD" => &["pbx_call_id", "call_id_with_rec"],
        _ => &["caller_id", "called_did", "call_start"],
    };
    names.iter().map(|name| field(name)).collect()
}

/// The headers that prove where it comes from.
fn seal(desk: &Desk, out: &Outgoing, body: &str, forgery: Forgery) -> Vec<(&'static str, String)> {
    let now = || if forgery == Forgery::Stale { now() - STALE } else { now() };
    let nothing = Pairs::new();
    let fields = if let Content::Form(fields) = &out.content { fields } else { &nothing };
    match desk.provider {
        "twilio" => {
            // Connection overrides in the fragment are neither sent nor signed.
            let url = out.url.split('#').next().unwrap_or_default();
            vec![("x-twilio-signature", sign::twilio(desk.credential("authToken"), url, fields))]
        }
        "zadarma" => vec![("signature", sign::zadarma(desk.credential("secret"), &zadarma_text(fields)))],
        "telnyx" => {
            let seed = if forgery == Forgery::Foreign { other(TELNYX_SEED) } else { TELNYX_SEED.to_owned() };
            let (timestamp, seed) = (now(), STANDARD.decode(seed).unwrap_or_default());
            vec![
                ("telnyx-signature-ed25519", sign::telnyx(&seed, timestamp, body)),
                ("telnyx-timestamp", timestamp.to_string()),
            ]
        }
        "plivo" => {
            let nonce = crypto::random_hex(10);
            let signature = sign::plivo(desk.credential("authToken"), out.method, &out.url, &nonce, fields);
            vec![("x-plivo-signature-v3", signature), ("x-plivo-signature-v3-nonce", nonce)]
        }
        "vonage" => {
            let key = |name| desk.credential(name);
            let token = sign::vonage(key("signatureSecret"), key("apiKey"), key("applicationId"), now(), body);
            vec![("authorization", format!("Bearer {token}"))]
        }
        _ => vec![("verification-token", desk.credential("verificationToken").to_owned())],
    }
}

/// The same desk with other secrets.
fn another_customer(desk: &Desk) -> Desk {
    let mut other_desk = desk.clone();
    for name in SECRETS {
        let secret = desk.credential(name);
        if !secret.is_empty() {
            other_desk.credentials.insert(name.to_owned(), json!(other(secret)));
        }
    }
    other_desk
}

/// The body's text and type.
fn encoded(content: &Content) -> (String, &'static str) {
    match content {
        Content::Nothing => (String::new(), ""),
        Content::Form(fields) => {
            let text = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
            (text, "application/x-www-form-urlencoded; charset=UTF-8")
        }
        Content::Json(value) => (value.to_string(), "application/json"),
    }
}

/// The fields with one character of a signed one changed.
fn altered(fields: &Pairs) -> Pairs {
    const SIGNED: [&str; 5] = ["CallSid", "CallUUID", "caller_id", "internal", "pbx_call_id"];
    let mut fields = fields.clone();
    let found = SIGNED.iter().find_map(|name| fields.iter().position(|(known, _)| known == name));
    if let Some((_, value)) = found.and_then(|index| fields.get_mut(index)) {
        let last = value.pop();
        value.push(if last == Some('7') { '8' } else { '7' });
    }
    fields
}

/// Sends it once.
async fn post(sim: &Sim, desk: &Desk, out: &Outgoing, forgery: Forgery) -> Answered {
    let (mut body, content_type) = encoded(&out.content);
    let signer = if forgery == Forgery::Foreign { another_customer(desk) } else { desk.clone() };
    let mut headers = seal(&signer, out, &body, forgery);
    let mut url = out.url.split('#').next().unwrap_or_default().to_owned();
    match forgery {
        Forgery::None | Forgery::Foreign | Forgery::Stale => {}
        Forgery::Unsigned => headers.clear(),
        Forgery::Signature => headers.iter_mut().take(1).for_each(|(_, value)| *value = other(value)),
        Forgery::Altered => match &out.content {
            Content::Nothing => url.push_str("&altered=1"),
            Content::Form(fields) => body = encoded(&Content::Form(altered(fields))).0,
            Content::Json(_) => body = body.replacen('{', "{ ", 1),
        },
    }
    let method = if out.method == "GET" { reqwest::Method::GET } else { reqwest::Method::POST };
    let mut request = sim.http.request(method, url).timeout(Duration::from_secs(15));
    for (name, value) in headers {
        request = request.header(name, value);
    }
    if !content_type.is_empty() {
        request = request.header("content-type", content_type).body(body);
    }
    Answered::of(request.send().await).await
}

/// Whether the provider tries once more after such an answer, at most twice.
fn is_repeated(provider: &str, status: u16) -> bool {
    match provider {
        // Twilio and Plivo: connection overrides, by default only when nobody answered.
        "twilio" | "plivo" => status == 0,
        // Telnyx: receiving webhooks.
        "telnyx" => !(200..300).contains(&status),
        // Vonage: signed webhooks are sent again after an internal error.
        "vonage" => status == 0 || status >= 500,
        // Zadarma and RingCentral publish no rule.
        _ => false,
    }
}

/// Sends it as its provider does, the repeats included.
pub(crate) async fn send(sim: &Arc<Sim>, desk: &Desk, out: &Outgoing, forgery: Forgery) -> Answered {
    let mut answered = post(sim, desk, out, forgery).await;
    let mut tries = 1;
    // The local runtime's front lost the request on its way to the Worker; no provider's network is like that.
    let is_lost = |answered: &Answered| match answered.status {
        503 => answered.text.starts_with("Your worker restarted mid-request"),
        status => status == 0,
    };
    while is_lost(&answered) && tries < 4 {
        tries += 1;
        answered = post(sim, desk, out, forgery).await;
    }
    tries = 1;
    while forgery == Forgery::None && is_repeated(desk.provider, answered.status) && tries < 3 {
        tries += 1;
        answered = post(sim, desk, out, forgery).await;
    }
    answered
}
