//! Recordings: bytes with ranges, where they are and where a redirect may lead; and hosts of a customer's own PBX.

use axum::{
    http::{HeaderMap, HeaderValue, Method, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde_json::{Value, json};

use super::{
    api::{Asked, answer},
    model::{Carrier, Recording},
};
use crate::{crypto, state::Sim};

/// Where a redirect of the kind `own` leads; it is a host of each provider that has one.
fn own_host(provider: &str) -> Option<&'static str> {
    match provider {
        "ringcentral" => Some("media.ringcentral.com"),
        "telnyx" => Some("s3.amazonaws.com"),
        "plivo" => Some("media.plivo.com"),
        _ => None,
    }
}

/// The recording, or what the customer's setting makes of it.
pub(crate) fn serve(carrier: &Carrier, recording: &Recording, asked: &Asked) -> Response {
    let name = &recording.id;
    let elsewhere = match carrier.desk.redirect.as_str() {
        "foreign" => Some(format!("https://recordings.evil.example/{name}.mp3")),
        "address" => Some(format!("https://169.254.169.254/{name}.mp3")),
        "port" => Some(format!("https://{}:8443/{name}.mp3", asked.host)),
        // Any other place.
        place if place.contains("//") => Some(place.to_owned()),
        "own" => own_host(carrier.desk.provider).map(|host| format!("https://{host}/{name}.mp3")),
        _ => None,
    };
    match elsewhere {
        Some(location) => (StatusCode::FOUND, [(header::LOCATION, location)]).into_response(),
        None => bytes(&recording.bytes(), asked),
    }
}

/// Bytes, or the part of them that is asked for.
pub(crate) fn bytes(all: &[u8], asked: &Asked) -> Response {
    let mut headers = HeaderMap::new();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("audio/mpeg"));
    headers.insert(header::ACCEPT_RANGES, HeaderValue::from_static("bytes"));
    let (status, part) = match range(asked.header("range"), all.len()) {
        None => (StatusCode::OK, all),
        Some(Err(())) => {
            headers.insert(header::CONTENT_RANGE, text(&format!("bytes */{}", all.len())));
            (StatusCode::RANGE_NOT_SATISFIABLE, &[][..])
        }
        Some(Ok((first, last))) => {
            headers.insert(header::CONTENT_RANGE, text(&format!("bytes {first}-{last}/{}", all.len())));
            (StatusCode::PARTIAL_CONTENT, &all[first..=last])
        }
    };
    headers.insert(header::CONTENT_LENGTH, text(&part.len().to_string()));
    let body = if asked.method == Method::HEAD { Vec::new() } else { part.to_vec() };
    (status, headers, body).into_response()
}

fn text(value: &str) -> HeaderValue {
    HeaderValue::from_str(value).unwrap_or_else(|_| HeaderValue::from_static(""))
}

/// First and last byte of a range; none when there is no range, an error when it lies outside.
fn range(header: &str, length: usize) -> Option<Result<(usize, usize), ()>> {
    let (first, last) = header.strip_prefix("bytes=")?.split_once('-')?;
    let end = length.saturating_sub(1);
    let found = match (first.parse::<usize>(), last.parse::<usize>()) {
        (Ok(first), Ok(last)) => (first, last.min(end)),
        (Ok(first), Err(_)) => (first, end),
        (Err(_), Ok(count)) => (length.saturating_sub(count), end),
        (Err(_), Err(_)) => return None,
    };
    Some(if found.0 <= found.1 && found.0 < length { Ok(found) } else { Err(()) })
}

/// Hosts that are no provider's API: where recordings lie, and a customer's own PBX. Every customer of the generic
/// phone names its own.
pub(crate) fn elsewhere(sim: &Sim, asked: &Asked, mut line: Value) -> Option<Response> {
    let mut world = sim.lock();
    let recording_of = |carrier: &Carrier| {
        asked.parts.iter().find_map(|part| carrier.recordings.get(part.trim_end_matches(".mp3"))).cloned()
    };
    let is_media = |carrier: &Carrier| own_host(carrier.desk.provider) == Some(asked.host.as_str());
    if let Some((place, recording)) = world.carriers.iter().enumerate().find_map(|(place, carrier)| {
        is_media(carrier).then(|| recording_of(carrier)).flatten().map(|found| (place, found))
    }) {
        let carrier = world.carriers.get_mut(place)?;
        let response = match carrier.desk.provider {
            // The token goes into the header, never to another host.
            "ringcentral" if !asked.bearer().is_some_and(|token| carrier.grant.is_good(token, line["at"].as_f64())) => {
                answer(401, json!({"errorCode": "OAU-123", "message": "OAuth token is missing or expired"}))
            }
            _ if !matches!(carrier.desk.redirect.as_str(), "" | "own") => serve(carrier, &recording, asked),
            _ => bytes(&recording.bytes(), asked),
        };
        line["status"] = json!(response.status().as_u16());
        carrier.requests.push(line);
        return Some(response);
    }
    let account = world.accounts.values_mut().find(|account| account.pbx_hosts.contains(&asked.host))?;
    let response = pbx(asked, account.phone.as_ref().map_or("", |phone| phone.secret.as_str()));
    line["status"] = json!(response.status().as_u16());
    account.pbx_requests.push(line);
    Some(response)
}

/// A PBX of the customer's own: plays recordings, and takes the wish to place a call when it is signed.
fn pbx(asked: &Asked, secret: &str) -> Response {
    match asked.method {
        Method::GET | Method::HEAD if asked.path.ends_with(".mp3") => {
            let id = asked.path.trim_end_matches(".mp3").to_owned();
            bytes(&Recording { id, call: String::new(), seconds: 0 }.bytes(), asked)
        }
        Method::POST => {
            let timestamp = asked.header("webhook-timestamp").parse().unwrap_or_default();
            let body = String::from_utf8_lossy(&asked.body);
            let expected = crypto::standard_webhook_signature(secret, asked.header("webhook-id"), timestamp, &body);
            let is_signed = asked.header("webhook-signature").split(' ').any(|entry| entry == expected);
            let is_known = !secret.is_empty() && asked.header("x-webhook-secret") == secret;
            if is_signed || is_known {
                answer(202, json!({"accepted": true}))
            } else {
                answer(401, json!({"error": "not signed"}))
            }
        }
        _ => answer(404, json!({"error": "not found"})),
    }
}
