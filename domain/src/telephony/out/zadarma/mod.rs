//! What we ask of Zadarma's PBX.
//!
//! Zadarma: API v1. Every request is signed over its path, its sorted parameters and their MD5; telephone numbers go
//! without a plus sign, and a recording is fetched by a link that is made for the occasion.

mod past;
mod signed;

pub(super) use past::past_calls;

use super::http::{get, items, text};
use super::walk::{Step, begin, once, refuse};
use super::{AnErrand, Auth, Learned, PlaceCall, ProviderError, ProviderLine, ProviderRequest, RouteReply};
use crate::ids::{ExtensionId, ProviderCallId};
use crate::routing::Route;
use crate::telephony::credentials::https_host;
use crate::telephony::{Answer, Credentials, Urls};
use serde_json::json;
use signed::Key;

/// Where recordings are.
pub(super) const RECORDING_HOSTS: &[&str] = &["api.zadarma.com"];

/// Names are asked for one by one, and Zadarma allows a hundred requests a minute.
const MOST_NAMES: usize = 20;

/// Whether the credentials are good, by asking for the account's time zone, which its reports need anyway.
pub(super) fn check(credentials: &Credentials) -> Option<AnErrand<Learned>> {
    once(Key::of(credentials)?.get("info/timezone", vec![]), |reply| {
        let found = signed::read(reply)?;
        Ok(Learned { time_zone: text(&found, "/timezone") })
    })
}

/// Tells Zadarma our address, and that it shall report everything. The address asks back before it is taken.
pub(super) fn set_up(credentials: &Credentials, urls: &Urls) -> Option<AnErrand<()>> {
    let key = Key::of(credentials)?;
    let request = key.post("pbx/callinfo/url", vec![("url", urls.hook.clone())]);
    begin(Step::ask(request, move |reply| {
        signed::read(reply)?;
        let names =
            ["notify_start", "notify_internal", "notify_answer", "notify_end", "notify_out_start", "notify_out_end"];
        let all = names.into_iter().map(|name| (name, "true".to_owned())).collect();
        Ok(Step::ask(key.post("pbx/callinfo/notifications", all), |reply| signed::read(reply).map(|_| Step::Done(()))))
    }))
}

/// Lists the extensions, with the names of the first of them.
pub(super) fn lines(credentials: &Credentials) -> Option<AnErrand<Vec<ProviderLine>>> {
    let key = Key::of(credentials)?;
    begin(Step::ask(key.get("pbx/internal", vec![]), move |reply| {
        let found = signed::read(reply)?;
        let numbers = items(&found, "/numbers").iter().filter_map(|number| text(number, ""));
        let found = numbers.map(|number| ProviderLine {
            extension_id: ExtensionId(number),
            name: String::new(),
            email: String::new(),
        });
        Ok(with_names(key, found.collect(), 0))
    }))
}

fn with_names(key: Key, mut found: Vec<ProviderLine>, at: usize) -> Step<Vec<ProviderLine>> {
    let number = found.get(at).filter(|_| at < MOST_NAMES).map(|line| line.extension_id.0.clone());
    let Some(number) = number else { return Step::Done(found) };
    let request = key.get(&format!("pbx/internal/{number}/info"), vec![]);
    Step::ask(request, move |reply| {
        // The list is of use without names too.
        let Ok(info) = signed::read(reply) else { return Ok(Step::Done(found)) };
        if let (Some(line), Some(name)) = (found.get_mut(at), text(&info, "/name")) {
            line.name = name;
        }
        Ok(with_names(key, found, at + 1))
    })
}

/// Rings the extension, then the client. Zadarma names no call: its notifications are joined by line and number.
pub(super) fn place_call(credentials: &Credentials, call: &PlaceCall) -> Option<AnErrand<Option<ProviderCallId>>> {
    let key = Key::of(credentials)?;
    let line = call.line.0.trim_start_matches('+');
    if !(3..=15).contains(&line.len()) || !line.bytes().all(|byte| byte.is_ascii_digit()) {
        return refuse(format!(
            "Zadarma cannot ring the line {}. Write the extension's number, such as 100.",
            call.line
        ));
    }
    let mut parameters = vec![("from", line.to_owned()), ("to", call.to.trim_start_matches('+').to_owned())];
    if line.len() <= 5 {
        // Whose caller id, recording and statistics it is.
        parameters.push(("sip", line.to_owned()));
    }
    once(key.get("request/callback", parameters), |reply| signed::read(reply).map(|_| None))
}

/// A recording's link lives half an hour, so a fresh one is asked for each time.
pub(super) fn recording(credentials: &Credentials, reference: &str) -> Option<AnErrand<ProviderRequest>> {
    let key = Key::of(credentials)?;
    let id = reference.strip_prefix("zadarma:")?;
    if id.is_empty() || !id.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-_".contains(&byte)) {
        return None;
    }
    once(key.get("pbx/record/request", vec![("call_id", id.to_owned())]), |reply| {
        let link = text(&signed::read(reply)?, "/link").ok_or(ProviderError::Unreadable)?;
        let is_known = https_host(&link).is_some_and(|host| RECORDING_HOSTS.contains(&host));
        if is_known { Ok(get(link, Auth::None)) } else { Err(ProviderError::Unreadable) }
    })
}

/// Where a call shall go: one extension or menu, and back to the PBX's own plan if it does not answer.
pub(super) fn route(route: &Route) -> RouteReply {
    let mut answer = json!({});
    let is_target = |line: &&ExtensionId| {
        let plain = |byte: u8| byte.is_ascii_digit() || byte == b'-';
        (1..=12).contains(&line.0.len()) && line.0.trim_end_matches("-main").bytes().all(plain)
    };
    if let (Some(fields), Some(line)) = (answer.as_object_mut(), route.first.iter().find(is_target)) {
        fields.insert("redirect".to_owned(), line.0.as_str().into());
        fields.insert("return_timeout".to_owned(), route.ring_seconds.max(3).into());
    }
    if let (Some(fields), Some(name)) = (answer.as_object_mut(), &route.caller_name) {
        let plain: String = name.chars().filter(|letter| !letter.is_control()).take(100).collect();
        fields.insert("caller_name".to_owned(), plain.into());
    }
    RouteReply::Answer(Answer::json(200, answer.to_string()))
}

#[cfg(test)]
mod tests;
