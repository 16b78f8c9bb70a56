//! What we ask of Twilio, and the TwiML that tells it what to do with a call.
//!
//! Twilio: REST API 2010-04-01, TwiML. HTTP Basic with account SID and auth token everywhere, recordings included.

mod past;
mod twiml;

pub(super) use past::past_calls;
pub(super) use twiml::route;

use super::http::{Manner, encode, form, get, items, post_form, text, with};
use super::walk::{Step, begin, once, refuse};
use super::{AnErrand, Auth, Learned, PlaceCall, ProviderError, ProviderLine, ProviderRequest};
use crate::ids::{ExtensionId, ProviderCallId};
use crate::telephony::{Credentials, Urls};
use serde_json::Value;

/// Where recordings are.
pub(super) const RECORDING_HOSTS: &[&str] = &["api.twilio.com"];

const HOST: &str = "https://api.twilio.com";
const MANNER: Manner = Manner {
    name: "Twilio",
    unauthorised: "Twilio does not accept account SID and auth token. Copy both again from the Twilio console.",
    message: &["/message"],
};
/// More lists than this are nobody's telephones.
const MOST_LISTS: usize = 20;

/// The account, as requests need it.
#[derive(Clone)]
struct Account {
    /// `…/Accounts/AC…`, without the end of the path.
    path: String,
    auth: Auth,
    number: String,
    record: bool,
}

impl Account {
    fn of(credentials: &Credentials) -> Option<Self> {
        let Credentials::Twilio { account_sid, auth_token, number, record } = credentials else { return None };
        Some(Self {
            path: format!("/2010-04-01/Accounts/{}", encode(account_sid)),
            auth: Auth::Basic { user: account_sid.clone(), password: auth_token.clone() },
            number: number.clone(),
            record: *record,
        })
    }

    /// The address of a resource of the account.
    fn url(&self, end: &str) -> String {
        format!("{HOST}{}{end}", self.path)
    }

    fn get(&self, end: &str) -> ProviderRequest {
        get(self.url(end), self.auth.clone())
    }
}

/// Whether the credentials are good, by reading the account itself.
pub(super) fn check(credentials: &Credentials) -> Option<AnErrand<Learned>> {
    let account = Account::of(credentials)?;
    once(account.get(".json"), |reply| {
        // Nobody else's account is shown: a wrong SID is answered as if it were not there.
        if reply.status == 404 {
            return Err(ProviderError::Unauthorised(MANNER.unauthorised.to_owned()));
        }
        let found = MANNER.object(reply)?;
        match text(&found, "/status").as_deref() {
            Some("suspended" | "closed") => Err(ProviderError::Refused(
                "The Twilio account is suspended or closed. Look into the Twilio console.".into(),
            )),
            _ => Ok(Learned::default()),
        }
    })
}

/// Finds the number and gives it our addresses.
pub(super) fn set_up(credentials: &Credentials, urls: &Urls) -> Option<AnErrand<()>> {
    let account = Account::of(credentials)?;
    let list = account.get(&format!("/IncomingPhoneNumbers.json?PhoneNumber={}", encode(&account.number)));
    let settings = form([
        ("VoiceUrl", urls.route.as_str()),
        ("VoiceMethod", "POST"),
        ("StatusCallback", urls.hook.as_str()),
        ("StatusCallbackMethod", "POST"),
    ]);
    begin(Step::ask(list, move |reply| {
        let found = MANNER.object(reply)?;
        // The filter also finds numbers that only contain the digits.
        let number = items(&found, "/incoming_phone_numbers")
            .iter()
            .find(|number| text(number, "/phone_number").as_deref() == Some(account.number.as_str()));
        let Some(sid) = number.and_then(|number| text(number, "/sid")) else {
            return Err(ProviderError::Refused(format!(
                "The number {} is not in this Twilio account. Enter a number listed under Phone Numbers in the Twilio \
                 console.",
                account.number
            )));
        };
        let url = account.url(&format!("/IncomingPhoneNumbers/{}.json", encode(&sid)));
        Ok(Step::ask(post_form(url, account.auth, settings), |reply| MANNER.accept(reply).map(Step::Done)))
    }))
}

/// Lists the SIP users of the account's credential lists, at the account's SIP domain where there is just one.
pub(super) fn lines(credentials: &Credentials) -> Option<AnErrand<Vec<ProviderLine>>> {
    let account = Account::of(credentials)?;
    begin(Step::ask(account.get("/SIP/Domains.json?PageSize=50"), move |reply| {
        // Without a domain of its own an account still has users, only not where to ring them.
        let found = if reply.status == 404 { Value::Null } else { MANNER.object(reply)? };
        let domain = match items(&found, "/domains") {
            [only] => text(only, "/domain_name"),
            _ => None,
        };
        Ok(Step::ask(account.get("/SIP/CredentialLists.json?PageSize=50"), move |reply| {
            let found = MANNER.object(reply)?;
            let lists = items(&found, "/credential_lists").iter().filter_map(|list| text(list, "/sid"));
            Ok(users_of(account, domain, lists.take(MOST_LISTS).collect(), vec![]))
        }))
    }))
}

/// Goes through the lists one after another.
fn users_of(
    account: Account,
    domain: Option<String>,
    mut lists: Vec<String>,
    mut found: Vec<ProviderLine>,
) -> Step<Vec<ProviderLine>> {
    let Some(list) = lists.pop() else {
        crate::short::sort_by(&mut found, |one, other| one.extension_id < other.extension_id);
        found.dedup_by(|one, other| one.extension_id == other.extension_id);
        return Step::Done(found);
    };
    let request = account.get(&format!("/SIP/CredentialLists/{}/Credentials.json?PageSize=100", encode(&list)));
    Step::ask(request, move |reply| {
        let page = MANNER.object(reply)?;
        for name in items(&page, "/credentials").iter().filter_map(|one| text(one, "/username")) {
            let line = domain.as_ref().map_or_else(|| name.clone(), |domain| format!("sip:{name}@{domain}"));
            found.push(ProviderLine { extension_id: ExtensionId(line), name, email: String::new() });
        }
        Ok(users_of(account, domain, lists, found))
    })
}

/// Rings the manager's line; once somebody is there, the TwiML rings the client.
pub(super) fn place_call(
    credentials: &Credentials,
    call: &PlaceCall,
    urls: &Urls,
) -> Option<AnErrand<Option<ProviderCallId>>> {
    let account = Account::of(credentials)?;
    let Some(line) = twiml::dialable(&call.line.0) else {
        return refuse(format!(
            "Twilio cannot ring the line {}. Write it as +number, client:name or sip:user@domain in the settings.",
            call.line
        ));
    };
    let hook = |leg: &str| {
        let url = with(&with(&with(&urls.hook, "line", &call.line.0), "dial", &call.id.0), "to", &call.to);
        if leg.is_empty() { url } else { with(&url, "leg", leg) }
    };
    let (progress, seconds) = (hook(""), call.ring_seconds.to_string());
    let twiml = twiml::dial_client(&account, &call.to, &hook("client"), urls);
    let body = form([
        ("To", line.as_str()),
        ("From", account.number.as_str()),
        ("Twiml", twiml.as_str()),
        ("Timeout", seconds.as_str()),
        ("StatusCallback", progress.as_str()),
        ("StatusCallbackMethod", "POST"),
        ("StatusCallbackEvent", "initiated"),
        ("StatusCallbackEvent", "ringing"),
        ("StatusCallbackEvent", "answered"),
        ("StatusCallbackEvent", "completed"),
    ]);
    once(post_form(account.url("/Calls.json"), account.auth, body), |reply| {
        Ok(text(&MANNER.object(reply)?, "/sid").map(ProviderCallId))
    })
}

/// The request for a recording: its address of the callback with the kind of file, and our credentials.
pub(super) fn recording(credentials: &Credentials, reference: &str) -> Option<AnErrand<ProviderRequest>> {
    let account = Account::of(credentials)?;
    // Only what Twilio says of this account: our password goes nowhere else.
    let name = reference.strip_prefix(&account.url("/Recordings/"))?;
    let name = name.strip_suffix(".mp3").unwrap_or(name);
    let plain = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric());
    let request = plain.then(|| account.get(&format!("/Recordings/{name}.mp3")))?;
    begin(Step::Done(request))
}

#[cfg(test)]
mod tests;
