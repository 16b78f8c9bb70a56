//! The providers' APIs: which host a request is for, whose it is, and that it is written down.

use std::{collections::BTreeMap, sync::Arc};

use axum::{
    body::{Body, Bytes},
    extract::{Request, State},
    http::{HeaderMap, Method, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::{Map, Value, json};

use super::{
    media,
    model::{Carrier, Desk},
    oauth::Grant,
    plivo, ringcentral,
    sign::Pairs,
    telnyx, twilio, vonage, zadarma,
};
use crate::state::{Sim, World};

/// A request to a provider.
pub(crate) struct Asked {
    pub(crate) host: String,
    pub(crate) method: Method,
    pub(crate) path: String,
    /// The path's parts.
    pub(crate) parts: Vec<String>,
    pub(crate) query: Pairs,
    /// The query as it was sent.
    pub(crate) raw_query: String,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Asked {
    /// A header, or nothing.
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// User and password of Basic authentication.
    pub(crate) fn basic(&self) -> Option<(String, String)> {
        let encoded = self.header("authorization").strip_prefix("Basic ")?;
        let text = String::from_utf8(STANDARD.decode(encoded).ok()?).ok()?;
        text.split_once(':').map(|(user, password)| (user.to_owned(), password.to_owned()))
    }

    /// The bearer token.
    pub(crate) fn bearer(&self) -> Option<&str> {
        self.header("authorization").strip_prefix("Bearer ")
    }

    /// The body as a form.
    pub(crate) fn form(&self) -> Pairs {
        form_urlencoded::parse(&self.body).into_owned().collect()
    }

    /// The body as a JSON object, or as a form where the provider takes both.
    pub(crate) fn fields(&self) -> Option<Map<String, Value>> {
        match serde_json::from_slice(&self.body) {
            Ok(Value::Object(fields)) => Some(fields),
            _ if self.header("content-type").starts_with("application/x-www-form-urlencoded") => {
                Some(self.form().into_iter().map(|(name, value)| (name, json!(value))).collect())
            }
            _ => None,
        }
    }

    /// A parameter of the query, or nothing.
    pub(crate) fn parameter(&self, name: &str) -> &str {
        self.query.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value)
    }

    /// The path's parts as text.
    pub(crate) fn segments(&self) -> Vec<&str> {
        self.parts.iter().map(String::as_str).collect()
    }

    /// The first parameter or field that is not among the documented ones.
    pub(crate) fn unknown(&self, documented: &[&str]) -> Option<String> {
        let fields = self.fields().unwrap_or_default();
        let names = self.query.iter().map(|(name, _)| name).chain(fields.keys());
        names.into_iter().find(|name| !documented.contains(&name.as_str())).cloned()
    }
}

/// A JSON answer.
pub(crate) fn answer(status: u16, body: Value) -> Response {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    (status, [(header::CONTENT_TYPE, "application/json")], body.to_string()).into_response()
}

/// Whoever has such a credential in any provider is refused: tests need credentials that do not work.
pub(crate) fn is_refused_word(text: &str) -> bool {
    text.to_ascii_lowercase().contains("wrong")
}

/// The hosts of the providers' APIs.
fn provider_of(host: &str) -> Option<&'static str> {
    Some(match host {
        "api.twilio.com" => "twilio",
        "api.zadarma.com" => "zadarma",
        "api.telnyx.com" => "telnyx",
        "api.nexmo.com" | "api-us.nexmo.com" | "api-eu.nexmo.com" | "api.vonage.com" => "vonage",
        "api.plivo.com" => "plivo",
        "platform.ringcentral.com" => "ringcentral",
        _ => return None,
    })
}

impl World {
    /// The customer of a provider with this identity; a new one when nobody has it.
    pub(crate) fn carrier(&mut self, provider: &'static str, identity: &str) -> &mut Carrier {
        let place =
            self.carriers.iter().position(|known| known.desk.provider == provider && known.identity == identity);
        let place = place.unwrap_or_else(|| {
            self.carriers.push(Carrier {
                desk: Desk {
                    provider,
                    credentials: Map::new(),
                    hook: String::new(),
                    route: String::new(),
                    lines: Vec::new(),
                    redirect: String::new(),
                    set_up: Map::new(),
                    zone: "UTC+0".to_owned(),
                },
                identity: identity.to_owned(),
                account: None,
                is_registered: false,
                calls: Vec::new(),
                recordings: BTreeMap::new(),
                requests: Vec::new(),
                arrivals: Vec::new(),
                held: Vec::new(),
                grant: Grant::default(),
            });
            self.carriers.len() - 1
        });
        &mut self.carriers[place]
    }
}

/// Whether one more request of this customer is over the limit of so many in so many seconds.
pub(crate) fn is_too_much(carrier: &mut Carrier, now: f64, limit: usize, seconds: f64) -> bool {
    carrier.arrivals.retain(|at| now - at < seconds);
    carrier.arrivals.push(now);
    carrier.arrivals.len() > limit
}

/// Takes requests for a provider's host out of the way to the CRM.
pub(crate) async fn guard(State(sim): State<Arc<Sim>>, request: Request, next: Next) -> Response {
    let host =
        request.headers().get("x-intended-host").and_then(|value| value.to_str().ok()).map(str::to_ascii_lowercase);
    let Some(host) = host.filter(|host| !(host.ends_with(".kommo.com") || host == "kommo.com")) else {
        return next.run(request).await;
    };
    let (parts, body) = request.into_parts();
    let body = axum::body::to_bytes(body, 1024 * 1024).await.unwrap_or_default();
    let path = parts.uri.path().to_owned();
    let raw_query = parts.uri.query().unwrap_or_default().to_owned();
    let asked = Asked {
        method: parts.method.clone(),
        parts: path.split('/').filter(|part| !part.is_empty()).map(decoded).collect(),
        query: form_urlencoded::parse(raw_query.as_bytes()).into_owned().collect(),
        raw_query,
        headers: parts.headers.clone(),
        body: body.clone(),
        path,
        host,
    };
    let line = json!({
        "at": sim.lock().now(), "host": asked.host, "method": asked.method.as_str(), "path": asked.path,
        "query": asked.raw_query, "range": asked.header("range"), "hasAuthorization": !asked.header("authorization").is_empty(),
        "body": serde_json::from_slice::<Value>(&asked.body).unwrap_or_else(|_| json!(String::from_utf8_lossy(&asked.body))),
    });
    let Some(provider) = provider_of(&asked.host) else {
        let Some(response) = media::elsewhere(&sim, &asked, line) else {
            // A host nobody here acts out: the CRM's surface writes it down and refuses it.
            return next.run(Request::from_parts(parts, Body::from(body))).await;
        };
        return response;
    };
    let (identity, response) = match provider {
        "twilio" => twilio::serve(&sim, &asked),
        "zadarma" => zadarma::serve(&sim, &asked),
        "telnyx" => telnyx::serve(&sim, &asked),
        "vonage" => vonage::serve(&sim, &asked),
        "plivo" => plivo::serve(&sim, &asked),
        _ => ringcentral::serve(&sim, &asked).await,
    };
    write_down(&sim, provider, &identity, line, response.status().as_u16());
    response
}

/// A part of a path as it is meant.
fn decoded(part: &str) -> String {
    let bytes = part.as_bytes();
    let mut text = Vec::new();
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        let escaped = part.get(at + 1..at + 3).filter(|_| *byte == b'%');
        match escaped.and_then(|digits| u8::from_str_radix(digits, 16).ok()) {
            Some(meant) => {
                text.push(meant);
                at += 3;
            }
            None => {
                text.push(*byte);
                at += 1;
            }
        }
    }
    String::from_utf8_lossy(&text).into_owned()
}

/// Remembers a request of a customer.
pub(crate) fn write_down(sim: &Sim, provider: &'static str, identity: &str, mut line: Value, status: u16) {
    line["status"] = json!(status);
    sim.lock().carrier(provider, identity).requests.push(line);
}

/// A parameter of a URL's query.
pub(crate) fn query_of(url: &str, name: &str) -> Option<String> {
    let (_, query) = url.split_once('?')?;
    form_urlencoded::parse(query.as_bytes()).find(|(known, _)| known == name).map(|(_, value)| value.into_owned())
}
