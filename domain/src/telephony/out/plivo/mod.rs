//! What we ask of Plivo, and the XML that tells it what to do with a call.
//!
//! Plivo: API v1, Plivo XML. HTTP Basic with auth ID and token. Numbers go without a plus sign in addresses.

mod past;

pub(super) use past::past_calls;

use super::http::{Manner, encode, get, items, send_json, text, with};
use super::walk::{Step, begin, once, refuse};
use super::xml::{Element, response};
use super::{AnErrand, Auth, Learned, PlaceCall, ProviderError, ProviderLine, ProviderRequest, RouteReply};
use crate::ids::{ExtensionId, ProviderCallId};
use crate::routing::Route;
use crate::telephony::credentials::https_host;
use crate::telephony::{Answer, Credentials, RouteQuestion, Urls};
use serde_json::{Value, json};

/// Where recordings are.
pub(super) const RECORDING_HOSTS: &[&str] = &["media.plivo.com", ".media.plivo.com", "api.plivo.com"];

const HOST: &str = "https://api.plivo.com";
const MANNER: Manner = Manner {
    name: "Plivo",
    unauthorised: "Plivo does not accept auth ID and auth token. Copy both again from the overview of the Plivo console.",
    message: &["/error", "/message"],
};
/// Twenty endpoints a page are all that Plivo gives.
const MOST_PAGES: usize = 10;
const PAGE: usize = 20;

/// The account, as requests need it.
#[derive(Clone)]
struct Account {
    auth_id: String,
    auth: Auth,
    number: String,
    record: bool,
}

impl Account {
    fn of(credentials: &Credentials) -> Option<Self> {
        let Credentials::Plivo { auth_id, auth_token, number, record, .. } = credentials else { return None };
        Some(Self {
            auth_id: auth_id.clone(),
            auth: Auth::Basic { user: auth_id.clone(), password: auth_token.clone() },
            number: number.clone(),
            record: *record,
        })
    }

    /// The address of a resource of the account; Plivo's end in a slash.
    fn url(&self, end: &str) -> String {
        format!("{HOST}/v1/Account/{}/{end}", encode(&self.auth_id))
    }

    fn get(&self, end: &str) -> ProviderRequest {
        get(self.url(end), self.auth.clone())
    }

    fn post(&self, end: &str, body: &Value) -> ProviderRequest {
        send_json("POST", self.url(end), self.auth.clone(), body)
    }

    fn number_path(&self) -> String {
        format!("Number/{}/", self.number.trim_start_matches('+'))
    }
}

/// Whether the credentials are good, by reading the account itself. It knows its time zone.
pub(super) fn check(credentials: &Credentials) -> Option<AnErrand<Learned>> {
    once(Account::of(credentials)?.get(""), |reply| {
        // An auth ID that is nobody's is answered as if it were not there.
        if reply.status == 404 {
            return Err(ProviderError::Unauthorised(MANNER.unauthorised.to_owned()));
        }
        MANNER.object(reply).map(|found| Learned { time_zone: text(&found, "/timezone") })
    })
}

/// Gives our addresses to the application of the number, or the number an application of ours.
pub(super) fn set_up(credentials: &Credentials, urls: &Urls) -> Option<AnErrand<()>> {
    let account = Account::of(credentials)?;
    let mut addresses = json!({"answer_url": urls.route, "answer_method": "POST", "hangup_url": urls.hook,
                               "hangup_method": "POST"});
    begin(Step::ask(account.get(&account.number_path()), move |reply| {
        if reply.status == 404 {
            return Err(ProviderError::Refused(format!(
                "The number {} is not in this Plivo account. Enter a number listed under Phone Numbers in the Plivo \
                 console.",
                account.number
            )));
        }
        let found = MANNER.object(reply)?;
        // `/v1/Account/{auth id}/Application/{id}/`
        let application = text(&found, "/application");
        let application = application.as_deref().and_then(|path| path.trim_end_matches('/').rsplit('/').next());
        if let Some(id) = application.filter(|id| !id.is_empty()) {
            let request = account.post(&format!("Application/{}/", encode(id)), &addresses);
            return Ok(Step::ask(request, |reply| MANNER.accept(reply).map(Step::Done)));
        }
        if let Some(fields) = addresses.as_object_mut() {
            // Names are letters, digits, hyphens and underscores, and each is taken once.
            fields
                .insert("app_name".to_owned(), format!("Kommo-VoIP-{}", account.number.trim_start_matches('+')).into());
        }
        Ok(Step::ask(account.post("Application/", &addresses), move |reply| {
            let id = text(&MANNER.object(reply)?, "/app_id").ok_or(ProviderError::Unreadable)?;
            let request = account.post(&account.number_path(), &json!({"app_id": id}));
            Ok(Step::ask(request, |reply| MANNER.accept(reply).map(Step::Done)))
        }))
    }))
}

/// Lists the SIP endpoints.
pub(super) fn lines(credentials: &Credentials) -> Option<AnErrand<Vec<ProviderLine>>> {
    begin(endpoints(Account::of(credentials)?, 0, vec![]))
}

fn endpoints(account: Account, page: usize, mut found: Vec<ProviderLine>) -> Step<Vec<ProviderLine>> {
    let request = account.get(&format!("Endpoint/?limit={PAGE}&offset={}", page * PAGE));
    Step::ask(request, move |reply| {
        let listed = MANNER.object(reply)?;
        for one in items(&listed, "/objects") {
            if let Some(address) = text(one, "/sip_uri") {
                let name = text(one, "/alias").or_else(|| text(one, "/username")).unwrap_or_default();
                found.push(ProviderLine { extension_id: ExtensionId(address), name, email: String::new() });
            }
        }
        let has_more = text(&listed, "/meta/next").is_some() && page + 1 < MOST_PAGES;
        Ok(if has_more { endpoints(account, page + 1, found) } else { Step::Done(found) })
    })
}

/// The element that rings a line: a number, or the SIP address of an endpoint.
fn noun(line: &str) -> Option<Element> {
    let digits = line.strip_prefix('+').unwrap_or(line);
    if (7..=15).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Some(Element::new("Number").text(digits));
    }
    address(line).map(|address| Element::new("User").text(&address))
}

/// The SIP address of a line; a bare user is an endpoint of Plivo's own.
fn address(line: &str) -> Option<String> {
    if line.starts_with("sip:") {
        return line.contains('@').then(|| line.to_owned());
    }
    let is_user = !line.is_empty() && line.bytes().all(|byte| byte.is_ascii_alphanumeric());
    is_user.then(|| format!("sip:{line}@phone.plivo.com"))
}

/// Rings the manager's line. Once somebody is there, Plivo asks for the XML that rings the client.
pub(super) fn place_call(
    credentials: &Credentials,
    call: &PlaceCall,
    urls: &Urls,
) -> Option<AnErrand<Option<ProviderCallId>>> {
    let account = Account::of(credentials)?;
    let digits = call.line.0.strip_prefix('+').unwrap_or_default();
    let is_number = (7..=15).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit());
    let line = if is_number { Some(digits.to_owned()) } else { address(&call.line.0) };
    let Some(line) = line else {
        return refuse(format!(
            "Plivo cannot ring the line {}. Write it as +number or as the SIP address of an endpoint in the settings.",
            call.line
        ));
    };
    let marked = |url: &str| with(&with(&with(url, "line", &call.line.0), "dial", &call.id.0), "to", &call.to);
    let hook = marked(&urls.hook);
    let body = json!({
        "from": account.number.trim_start_matches('+'),
        "to": line,
        "answer_url": marked(&urls.route),
        "answer_method": "POST",
        "ring_url": hook,
        "ring_method": "POST",
        "hangup_url": hook,
        "hangup_method": "POST",
        "ring_timeout": call.ring_seconds,
    });
    once(account.post("Call/", &body), |reply| {
        let found = MANNER.object(reply)?;
        let id = text(&found, "/request_uuid").or_else(|| text(&found, "/request_uuid/0"));
        Ok(id.map(ProviderCallId))
    })
}

/// The request for a recording: its own address, with our credentials.
pub(super) fn recording(credentials: &Credentials, reference: &str) -> Option<AnErrand<ProviderRequest>> {
    let account = Account::of(credentials)?;
    let host = https_host(reference).filter(|host| super::is_one_of(host, RECORDING_HOSTS))?;
    // An account may protect its recordings with the same credentials; of the API itself they open recordings only.
    let own = account.url("Recording/");
    (host != "api.plivo.com" || reference.starts_with(&own))
        .then(|| get(reference, account.auth))
        .and_then(|request| begin(Step::Done(request)))
}

/// Rings the chosen lines together; if nobody answers, Plivo asks a second time.
pub(super) fn route(credentials: &Credentials, question: &RouteQuestion, route: &Route, urls: &Urls) -> RouteReply {
    let record = Account::of(credentials).is_some_and(|account| account.record);
    let chosen: Vec<_> =
        route.now(question.is_second).iter().filter_map(|line| Some((&line.0, noun(&line.0)?))).collect();
    let xml = match chosen.as_slice() {
        // A reason keeps a call that was not answered yet unanswered.
        [] => response([Element::new("Hangup").attribute("reason", "busy")]),
        several => {
            // Only the dial as a whole reports; with several lines the report names the one it is about.
            let hook = match several {
                [(only, _)] => with(&urls.hook, "line", only),
                _ => urls.hook.clone(),
            };
            let mut dial = Element::new("Dial")
                .attribute("timeout", route.ring_seconds.to_string())
                .attribute("callbackUrl", hook)
                .attribute("callbackMethod", "POST");
            if let Some(name) = route.caller_name.as_deref().map(caller_name).filter(|name| !name.is_empty()) {
                dial = dial.attribute("callerName", name);
            }
            if !question.is_second && !route.first.is_empty() && !route.then.is_empty() {
                dial = dial.attribute("action", with(&urls.route, "second", "1")).attribute("method", "POST");
            }
            let recording = (record && !question.is_second).then(|| recording_of_the_talk(urls));
            let dial = chosen.into_iter().fold(dial, |dial, (_, noun)| dial.child(noun));
            response(recording.into_iter().chain([dial]))
        }
    };
    RouteReply::Answer(Answer::xml(xml))
}

/// Rings the client of a click-to-call, whose manager has picked up; `callback` hears of that leg.
pub(in crate::telephony) fn ring_client(
    credentials: &Credentials,
    client: &str,
    callback: &str,
    urls: &Urls,
) -> Option<String> {
    let account = Account::of(credentials)?;
    let dial = Element::new("Dial")
        .attribute("callerId", &account.number)
        .attribute("callbackUrl", callback)
        .attribute("callbackMethod", "POST")
        .child(Element::new("Number").text(client));
    Some(response(account.record.then(|| recording_of_the_talk(urls)).into_iter().chain([dial])))
}

/// The talk is recorded from the moment somebody picks up.
fn recording_of_the_talk(urls: &Urls) -> Element {
    Element::new("Record")
        .attribute("recordSession", "true")
        .attribute("startOnDialAnswer", "true")
        .attribute("redirect", "false")
        .attribute("maxLength", "14400")
        .attribute("callbackUrl", &urls.hook)
        .attribute("callbackMethod", "POST")
}

/// At most fifty characters are shown.
fn caller_name(name: &str) -> String {
    name.trim().chars().take(50).collect()
}

#[cfg(test)]
mod tests;
