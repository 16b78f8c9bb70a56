//! What we ask of Telnyx Call Control.
//!
//! Telnyx: API v2. A bearer key everywhere. Every leg carries a state of ours, base64 of JSON, that comes back with
//! each of its events: it says whose leg it is. Calls are told what to do by commands, never by an answer.
//!
//! Past calls are not listed: Telnyx documents detail records of Call Control calls without their fields, and keeps
//! the events themselves, in a form it leaves open, for one day.

use super::http::{Manner, encode, get, items, send_json, text, whole};
use super::walk::{Step, begin, once, refuse};
use super::{AnErrand, Auth, Learned, PlaceCall, ProviderError, ProviderLine, ProviderRequest, RouteReply};
use crate::ids::{ExtensionId, ProviderCallId};
use crate::routing::Route;
use crate::telephony::credentials::https_host;
use crate::telephony::{Answer, Credentials, RouteQuestion, Urls};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

/// Where recordings are: links into Amazon's storage that die after ten minutes.
pub(super) const RECORDING_HOSTS: &[&str] = &["s3.amazonaws.com", ".s3.amazonaws.com"];

const HOST: &str = "https://api.telnyx.com/v2";
const MANNER: Manner = Manner {
    name: "Telnyx",
    unauthorised: "Telnyx does not accept the API key. Copy it again from Account, Keys & Credentials in the Mission \
                   Control Portal.",
    message: &["/errors/0/detail", "/errors/0/title"],
};
/// SIP users are rung at this domain.
const SIP_DOMAIN: &str = "sip.telnyx.com";
const MOST_PAGES: i64 = 5;

/// The account, as requests need it.
#[derive(Clone)]
struct Account {
    auth: Auth,
    connection: String,
    number: String,
    record: bool,
}

impl Account {
    fn of(credentials: &Credentials) -> Option<Self> {
        let Credentials::Telnyx { api_key, connection_id, number, record, .. } = credentials else { return None };
        Some(Self {
            auth: Auth::Header(format!("Bearer {api_key}")),
            connection: connection_id.clone(),
            number: number.clone(),
            record: *record,
        })
    }

    fn get(&self, path: &str) -> ProviderRequest {
        get(format!("{HOST}{path}"), self.auth.clone())
    }

    fn send(&self, method: &'static str, path: &str, body: &Value) -> ProviderRequest {
        send_json(method, format!("{HOST}{path}"), self.auth.clone(), body)
    }

    fn application(&self) -> String {
        format!("/call_control_applications/{}", encode(&self.connection))
    }

    /// With the wish to record, if there is one.
    fn recorded(&self, mut body: Value) -> Value {
        if let (true, Some(fields)) = (self.record, body.as_object_mut()) {
            for (name, value) in
                [("record", "record-from-answer"), ("record_channels", "dual"), ("record_format", "mp3")]
            {
                fields.insert(name.to_owned(), value.into());
            }
        }
        body
    }
}

/// Whether key and application are good.
pub(super) fn check(credentials: &Credentials) -> Option<AnErrand<Learned>> {
    let account = Account::of(credentials)?;
    once(account.get(&account.application()), |reply| read_application(reply).map(|_| Learned::default()))
}

fn read_application(reply: super::Reply<'_>) -> Result<Value, ProviderError> {
    if reply.status == 404 {
        return Err(ProviderError::Refused(
            "Telnyx has no Voice API application with this connection ID. Copy the ID of a Voice API application from \
             the Mission Control Portal, not that of a SIP connection."
                .to_owned(),
        ));
    }
    MANNER.object(reply)
}

/// Sends the application's events to us. Its name has to be repeated.
pub(super) fn set_up(credentials: &Credentials, urls: &Urls) -> Option<AnErrand<()>> {
    let account = Account::of(credentials)?;
    let hook = urls.hook.clone();
    begin(Step::ask(account.get(&account.application()), move |reply| {
        let found = read_application(reply)?;
        let name = text(&found, "/data/application_name").ok_or(ProviderError::Unreadable)?;
        let body = json!({"application_name": name, "webhook_event_url": hook, "webhook_api_version": "2"});
        let request = account.send("PATCH", &account.application(), &body);
        Ok(Step::ask(request, |reply| MANNER.accept(reply).map(Step::Done)))
    }))
}

/// Lists the SIP users: telephony credentials, and connections that register with a user of their own.
pub(super) fn lines(credentials: &Credentials) -> Option<AnErrand<Vec<ProviderLine>>> {
    begin(page(Account::of(credentials)?, &CREDENTIALS, 1, vec![]))
}

/// A list of SIP users, and where its fields are.
struct List {
    path: &'static str,
    user: &'static str,
    name: &'static str,
    then: Option<&'static List>,
}

const CREDENTIALS: List =
    List { path: "/telephony_credentials", user: "/sip_username", name: "/name", then: Some(&CONNECTIONS) };
const CONNECTIONS: List =
    List { path: "/credential_connections", user: "/user_name", name: "/connection_name", then: None };

fn page(account: Account, list: &'static List, number: i64, mut found: Vec<ProviderLine>) -> Step<Vec<ProviderLine>> {
    let path = format!("{}?page%5Bsize%5D=100&page%5Bnumber%5D={number}", list.path);
    Step::ask(account.get(&path), move |reply| {
        let page_found = MANNER.object(reply)?;
        for one in items(&page_found, "/data").iter().filter(|one| one.get("expired") != Some(&Value::Bool(true))) {
            if let Some(user) = text(one, list.user) {
                let extension_id = ExtensionId(format!("sip:{user}@{SIP_DOMAIN}"));
                let name = text(one, list.name).unwrap_or(user);
                found.push(ProviderLine { extension_id, name, email: String::new() });
            }
        }
        let pages = whole(&page_found, "/meta/total_pages").unwrap_or(1).min(MOST_PAGES);
        Ok(match list.then {
            _ if number < pages => page(account, list, number + 1, found),
            Some(next) => page(account, next, 1, found),
            None => Step::Done(found),
        })
    })
}

/// A line as Telnyx can ring it: a number or a SIP address. A bare user is one of Telnyx's own.
fn dialable(line: &str) -> Option<String> {
    let is_plain = |text: &str| text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte));
    if let Some(digits) = line.strip_prefix('+') {
        let is_number = (7..=15).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit());
        return is_number.then(|| line.to_owned());
    }
    if line.starts_with("sip:") && line.contains('@') {
        return Some(line.to_owned());
    }
    (!line.is_empty() && is_plain(line)).then(|| format!("sip:{line}@{SIP_DOMAIN}"))
}

/// Rings the manager's line. Once somebody is there, the webhook's adapter has the client rung.
pub(super) fn place_call(
    credentials: &Credentials,
    call: &PlaceCall,
    urls: &Urls,
) -> Option<AnErrand<Option<ProviderCallId>>> {
    let account = Account::of(credentials)?;
    let Some(line) = dialable(&call.line.0) else {
        return refuse(format!(
            "Telnyx cannot ring the line {}. Write it as +number or sip:user@domain in the settings.",
            call.line
        ));
    };
    let state = json!({"dial": call.id, "line": call.line, "to": call.to});
    let body = account.recorded(json!({
        "connection_id": account.connection,
        "from": account.number,
        "to": line,
        "client_state": STANDARD.encode(state.to_string()),
        "command_id": call.id,
        "webhook_url": urls.hook,
        "timeout_secs": call.ring_seconds.clamp(5, 600),
    }));
    once(account.send("POST", "/calls", &body), |reply| {
        Ok(text(&MANNER.object(reply)?, "/data/call_session_id").map(ProviderCallId))
    })
}

/// Fetches a recording by its id: the links in the webhook are long dead.
pub(super) fn recording(credentials: &Credentials, reference: &str) -> Option<AnErrand<ProviderRequest>> {
    let account = Account::of(credentials)?;
    let id = reference.strip_prefix("telnyx:").filter(|id| !id.is_empty())?;
    if !id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-') {
        return None;
    }
    once(account.get(&format!("/recordings/{id}")), |reply| {
        let found = MANNER.object(reply)?;
        let link = text(&found, "/data/download_urls/mp3").or_else(|| text(&found, "/data/download_urls/wav"));
        let link = link.ok_or_else(|| ProviderError::Refused("Telnyx no longer has this recording.".to_owned()))?;
        let is_known = https_host(&link).is_some_and(|host| super::is_one_of(host, RECORDING_HOSTS));
        if is_known { Ok(get(link, Auth::None)) } else { Err(ProviderError::Unreadable) }
    })
}

/// The command that connects a leg to somebody else; that new leg carries the state.
pub(in crate::telephony) fn transfer(
    credentials: &Credentials,
    call_control_id: &str,
    to: &str,
    state: &Value,
    urls: &Urls,
) -> Option<ProviderRequest> {
    let account = Account::of(credentials)?;
    let body = json!({
        "to": to,
        "from": account.number,
        "target_leg_client_state": STANDARD.encode(state.to_string()),
        "webhook_url": urls.hook,
    });
    Some(command(&account, call_control_id, "transfer", &body))
}

fn command(account: &Account, call_control_id: &str, action: &str, body: &Value) -> ProviderRequest {
    account.send("POST", &format!("/calls/{}/actions/{action}", encode(call_control_id)), body)
}

/// Transfers a waiting call to a line. A transfer takes one, so the first choice is the first line that can be rung,
/// and the fallback likewise; it stands in the new leg's state until that leg has failed. Nobody: busy.
pub(super) fn route(credentials: &Credentials, question: &RouteQuestion, route: &Route, urls: &Urls) -> RouteReply {
    let noted = Answer::json(200, "{}");
    let (Some(account), Some(handle)) = (Account::of(credentials), &question.handle) else {
        return RouteReply::Answer(noted);
    };
    let first = if question.is_second { &[][..] } else { &route.first };
    let can_ring = |lines: &[ExtensionId]| lines.iter().find(|line| dialable(&line.0).is_some()).cloned();
    let mut chosen = can_ring(first).into_iter().chain(can_ring(&route.then));
    let request = chosen.next().and_then(|line| {
        let name = route.caller_name.as_deref().map(display_name);
        let state = json!({"line": line, "next": chosen.next(), "handle": handle, "from": question.from, "name": name,
                           "seconds": route.ring_seconds});
        ring(&account, &state, urls)
    });
    let request = request.unwrap_or_else(|| command(&account, handle, "reject", &json!({"cause": "USER_BUSY"})));
    RouteReply::Command(Box::new(request), noted)
}

/// What follows when somebody who was rung did not answer: the next line of a route, or the end of the leg that still
/// waits (Telnyx: transfer call). None: nobody waits.
pub(in crate::telephony) fn after_failure(
    credentials: &Credentials,
    state: &Value,
    urls: &Urls,
) -> Option<ProviderRequest> {
    let account = Account::of(credentials)?;
    let handle = text(state, "/handle")?;
    let end = || command(&account, &handle, "hangup", &json!({"command_id": "nobody"}));
    let Some(next) = text(state, "/next") else { return Some(end()) };
    let mut state = state.clone();
    let fields = state.as_object_mut()?;
    fields.remove("next");
    fields.insert("line".to_owned(), next.into());
    ring(&account, &state, urls).or_else(|| Some(end()))
}

/// Transfers the call of a state to its line; the new leg gets the state.
fn ring(account: &Account, state: &Value, urls: &Urls) -> Option<ProviderRequest> {
    let (line, handle) = (text(state, "/line")?, text(state, "/handle")?);
    let mut body = account.recorded(json!({
        "to": dialable(&line)?,
        "target_leg_client_state": STANDARD.encode(state.to_string()),
        "webhook_url": urls.hook,
        "timeout_secs": whole(state, "/seconds").unwrap_or(30).clamp(5, 600),
        // Asked for twice, it is done once.
        "command_id": format!("ring {line}"),
    }));
    // Without a number of its own the caller's is not shown, but the one that was called.
    let from = text(state, "/from").filter(|from| from.starts_with('+'));
    let shown = [("from", from), ("from_display_name", text(state, "/name"))];
    let fields = body.as_object_mut()?;
    fields.extend(shown.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?.into()))));
    Some(command(account, &handle, "transfer", &body))
}

/// Telnyx refuses a display name with anything but letters, digits, spaces and a few marks.
fn display_name(name: &str) -> String {
    let fits = |letter: &char| letter.is_ascii_alphanumeric() || " -_~!.+".contains(*letter);
    name.chars().filter(fits).take(128).collect::<String>().trim().to_owned()
}

#[cfg(test)]
mod tests;
