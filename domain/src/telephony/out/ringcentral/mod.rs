//! What we ask of RingCentral.
//!
//! RingCentral: API guide (extensions, ring-out, call log, recordings). The OAuth token of the connection everywhere;
//! the shell has it. A line is an extension's internal id, since that is what telephony sessions name.

mod past;

pub(super) use past::past_calls;

use super::http::{Manner, encode, get, items, send_json, text};
use super::walk::{Step, begin, once, refuse};
use super::{AnErrand, Auth, Learned, PlaceCall, ProviderError, ProviderLine, ProviderRequest, RouteReply};
use crate::ids::{ExtensionId, ProviderCallId};
use crate::telephony::credentials::https_host;
use crate::telephony::{Answer, Credentials};
use serde_json::{Value, json};

/// Where recordings are.
pub(super) const RECORDING_HOSTS: &[&str] = &["media.ringcentral.com", "platform.ringcentral.com"];

/// Where RingCentral answers.
pub(super) const HOST: &str = "https://platform.ringcentral.com";
pub(super) const MANNER: Manner = Manner {
    name: "RingCentral",
    unauthorised: "RingCentral does not accept the connection any more, or it lacks a permission. Connect it again as \
                   an administrator of the RingCentral account.",
    message: &["/message", "/error_description"],
};
const MOST_PAGES: u32 = 10;

/// A resource of the account whose token it is.
fn account(path: &str) -> String {
    format!("{HOST}/restapi/v1.0/account/~{path}")
}

/// Whether the token is good, by reading whose it is.
pub(super) fn check(_credentials: &Credentials) -> Option<AnErrand<Learned>> {
    once(get(account("/extension/~"), Auth::OAuth), |reply| {
        let found = MANNER.object(reply)?;
        Ok(Learned { time_zone: text(&found, "/regionalSettings/timezone/name") })
    })
}

/// Lists the people's extensions that are in use.
pub(super) fn lines(_credentials: &Credentials) -> Option<AnErrand<Vec<ProviderLine>>> {
    begin(page(1, vec![]))
}

fn page(number: u32, mut found: Vec<ProviderLine>) -> Step<Vec<ProviderLine>> {
    let path = format!("/extension?status=Enabled&perPage=100&page={number}");
    Step::ask(get(account(&path), Auth::OAuth), move |reply| {
        let listed = MANNER.object(reply)?;
        for one in items(&listed, "/records") {
            // Menus, queues and announcements have extensions too.
            let is_person = matches!(text(one, "/type").as_deref(), Some("User" | "DigitalUser" | "VirtualUser"));
            if let (true, Some(id)) = (is_person, text(one, "/id")) {
                let name = text(one, "/name").or_else(|| text(one, "/extensionNumber")).unwrap_or_default();
                let email = text(one, "/contact/email").unwrap_or_default();
                found.push(ProviderLine { extension_id: ExtensionId(id), name, email });
            }
        }
        let has_more = listed.pointer("/navigation/nextPage").is_some_and(Value::is_object) && number < MOST_PAGES;
        Ok(if has_more { page(number + 1, found) } else { Step::Done(found) })
    })
}

/// Rings a telephone of the extension, then the client. Which telephone is asked first: a ring-out wants its number.
pub(super) fn place_call(_credentials: &Credentials, call: &PlaceCall) -> Option<AnErrand<Option<ProviderCallId>>> {
    let line = call.line.0.as_str();
    let to = call.to.clone();
    if line.starts_with('+') {
        return begin(ring_out("~", &json!({"phoneNumber": line}), &to));
    }
    if line.is_empty() || !line.bytes().all(|byte| byte.is_ascii_digit()) {
        return refuse(format!(
            "RingCentral cannot ring the line {line}. Choose an extension of the list in the settings."
        ));
    }
    let id = line.to_owned();
    begin(Step::ask(get(account(&format!("/extension/{id}/forwarding-number")), Auth::OAuth), move |reply| {
        if reply.status == 404 {
            return Err(ProviderError::Refused(format!(
                "RingCentral has no extension {id} any more. Update the lines in the settings."
            )));
        }
        let found = MANNER.object(reply)?;
        let numbers = items(&found, "/records");
        let rings = |one: &&Value| items(one, "/features").iter().any(|feature| feature == "CallForwarding");
        let from = numbers.iter().find(rings).or(numbers.first()).and_then(|one| {
            let by_number = text(one, "/phoneNumber").map(|number| json!({"phoneNumber": number}));
            by_number.or_else(|| text(one, "/id").map(|id| json!({"forwardingNumberId": id})))
        });
        let from = from.ok_or_else(|| {
            ProviderError::Refused(
                "The extension has no telephone that RingCentral could ring first. Add a forwarding number to it in \
                 the RingCentral account."
                    .to_owned(),
            )
        })?;
        Ok(ring_out(&id, &from, &to))
    }))
}

/// The id of a ring-out is not that of the call it becomes, so it is of no use here.
fn ring_out(extension: &str, from: &Value, to: &str) -> Step<Option<ProviderCallId>> {
    // The prompt would ask the manager to press 1 before every call.
    let body = json!({"from": from, "to": {"phoneNumber": to}, "playPrompt": false});
    let url = account(&format!("/extension/{}/ring-out", encode(extension)));
    Step::ask(send_json("POST", url, Auth::OAuth, &body), |reply| MANNER.accept(reply).map(|()| Step::Done(None)))
}

/// The request for a recording: its own address, with the token.
pub(super) fn recording(_credentials: &Credentials, reference: &str) -> Option<AnErrand<ProviderRequest>> {
    let host = https_host(reference).filter(|host| RECORDING_HOSTS.contains(host))?;
    let (_, path) = reference.split_once(host)?;
    let path = path.strip_prefix(":443").unwrap_or(path);
    // The token is good for the whole account: it goes to recordings only.
    let is_recording =
        path.starts_with("/restapi/v1.0/account/") && path.contains("/recording/") && !path.contains("..");
    is_recording.then(|| get(reference, Auth::OAuth)).and_then(|request| begin(Step::Done(request)))
}

/// RingCentral asks nobody where a call shall go.
pub(super) fn route() -> RouteReply {
    RouteReply::Answer(Answer::json(200, "{}"))
}

#[cfg(test)]
mod tests;
