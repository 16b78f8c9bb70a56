//! What we ask of providers, as data: credentials checked, calls placed, lines and calls listed, recordings fetched.
//!
//! An [`Errand`] is a short conversation: it names a request, is told the reply, and names the next one or is done.
//! The shell sends; nothing here waits. Whatever one provider lacks is `None`, and the caller says so to people.

mod http;
mod past;
pub(in crate::telephony) mod times;
mod walk;
mod xml;

mod generic;
pub(in crate::telephony) mod plivo;
mod ringcentral;
pub mod ringcentral_oauth;
pub(in crate::telephony) mod telnyx;
mod twilio;
mod vonage;
mod zadarma;

use super::credentials::{Credentials, Provider, https_host};
use super::delivery::{Answer, RouteQuestion, Urls};
use super::{CallEvent, LocalTime};
use crate::ids::{CallId, ExtensionId, ProviderCallId};
use crate::routing::Route;
use crate::time::Moment;
use std::fmt;
use std::rc::Rc;

/// A request to a provider. `Debug` shows method and host only.
#[derive(Clone, PartialEq, Eq)]
pub struct ProviderRequest {
    /// `GET`, `POST`, `PUT`, `PATCH` or `DELETE`.
    pub method: &'static str,
    /// The absolute https URL.
    pub url: String,
    /// Headers besides authorisation.
    pub headers: Vec<(&'static str, String)>,
    /// The body.
    pub body: Option<String>,
    /// How it is authorised.
    pub auth: Auth,
}

impl fmt::Debug for ProviderRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let host = self.url.split('/').nth(2).unwrap_or_default();
        write!(f, "{} {host}", self.method)
    }
}

/// How a request is authorised. `Debug` hides the secrets.
#[derive(Clone, PartialEq, Eq)]
pub enum Auth {
    /// By nothing, or by what already stands in the request.
    None,
    /// HTTP Basic.
    Basic {
        /// The user.
        user: String,
        /// The password.
        password: String,
    },
    /// A bearer token, or whatever the whole `Authorization` header shall be.
    Header(String),
    /// A short-lived RS256 token of the connection's Vonage application; the shell signs it.
    VonageApplication,
    /// The OAuth token of the connection; the shell has it and renews it.
    OAuth,
}

impl fmt::Debug for Auth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Auth(hidden)")
    }
}

/// What a provider answered.
#[derive(Debug, Clone, Copy)]
pub struct Reply<'a> {
    /// The status.
    pub status: u16,
    /// The body as text.
    pub body: &'a str,
}

/// Why an errand failed; the text is shown to a person and says what to do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ProviderError {
    /// The credentials are not (or no longer) good.
    #[error("{0}")]
    Unauthorised(String),
    /// The provider understood and refuses.
    #[error("{0}")]
    Refused(String),
    /// Too many requests; later.
    #[error("The provider asks us to slow down. Try again in a minute.")]
    TooMany,
    /// No answer, or an error of the provider's own.
    #[error("The provider does not answer at the moment. Try again in a few minutes.")]
    Unavailable,
    /// An answer we cannot read.
    #[error("The provider answered something unexpected. Try again; if it stays so, tell us.")]
    Unreadable,
}

/// The next step of an errand.
#[derive(Debug, Clone, PartialEq)]
pub enum Next<T> {
    /// Send this and come back with the reply.
    Ask(Box<ProviderRequest>),
    /// Done.
    Done(T),
}

/// A short conversation with a provider.
pub trait Errand {
    /// What it brings home.
    type Answer;

    /// First with no reply, then with the reply to the request named last.
    fn next(&mut self, reply: Option<Reply<'_>>) -> Result<Next<Self::Answer>, ProviderError>;
}

/// An errand of any provider.
pub type AnErrand<T> = Box<dyn Errand<Answer = T>>;

/// A line as the provider lists it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProviderLine {
    /// What calls name it by.
    pub extension_id: ExtensionId,
    /// Its name, often a person's.
    pub name: String,
    /// Its person's e-mail address.
    pub email: String,
}

/// A call to place: the manager's line rings first, then the client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlaceCall {
    /// Our id of the call, to be carried through.
    pub id: CallId,
    /// The manager's line.
    pub line: ExtensionId,
    /// Whom to call, E.164.
    pub to: String,
    /// Seconds the manager's line rings.
    pub ring_seconds: u32,
    /// When it was asked for (Standard Webhooks sign the time).
    pub now: Moment,
}

/// One page of past calls.
#[derive(Debug, Clone, PartialEq)]
pub struct CallsPage {
    /// What the page tells, as reports.
    pub events: Vec<CallEvent>,
    /// Where the next page begins.
    pub next: Option<String>,
}

/// Which past calls to list.
#[derive(Clone)]
pub struct PastCalls {
    /// From then on.
    pub from: Moment,
    /// Up to then.
    pub until: Moment,
    /// Where to go on, from [`CallsPage::next`].
    pub cursor: Option<String>,
    /// The zone of the provider's account.
    pub zone: Rc<dyn LocalTime>,
}

/// What a check of credentials found out besides that they are good.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Learned {
    /// The zone of the provider's account, such as `Europe/Berlin` or `UTC+3`.
    pub time_zone: Option<String>,
}

/// What the answer to a route question is.
#[derive(Debug, Clone, PartialEq)]
pub enum RouteReply {
    /// The answer itself says it.
    Answer(Answer),
    /// A command to the provider says it; the answer only takes note.
    Command(Box<ProviderRequest>, Answer),
}

/// Asks the provider whether the credentials are good. `None`: there is nobody to ask.
pub fn check(credentials: &Credentials) -> Option<AnErrand<Learned>> {
    match credentials.provider() {
        Provider::Generic => None,
        Provider::Twilio => twilio::check(credentials),
        Provider::Zadarma => zadarma::check(credentials),
        Provider::Telnyx => telnyx::check(credentials),
        Provider::Vonage => vonage::check(credentials),
        Provider::Plivo => plivo::check(credentials),
        Provider::RingCentral => ringcentral::check(credentials),
    }
}

/// Tells the provider our addresses. `None`: an administrator copies them.
pub fn set_up(credentials: &Credentials, urls: &Urls) -> Option<AnErrand<()>> {
    match credentials.provider() {
        Provider::Generic => None,
        Provider::Twilio => twilio::set_up(credentials, urls),
        Provider::Zadarma => zadarma::set_up(credentials, urls),
        Provider::Telnyx => telnyx::set_up(credentials, urls),
        Provider::Plivo => plivo::set_up(credentials, urls),
        Provider::Vonage | Provider::RingCentral => None,
    }
}

/// Lists the lines. `None`: the provider has no such list, lines are typed.
pub fn lines(credentials: &Credentials) -> Option<AnErrand<Vec<ProviderLine>>> {
    match credentials.provider() {
        Provider::Zadarma => zadarma::lines(credentials),
        Provider::Telnyx => telnyx::lines(credentials),
        Provider::Plivo => plivo::lines(credentials),
        Provider::RingCentral => ringcentral::lines(credentials),
        Provider::Twilio => twilio::lines(credentials),
        Provider::Generic | Provider::Vonage => None,
    }
}

/// Places a call; brings home the provider's id of it, where there is one. `None`: the provider cannot.
pub fn place_call(
    credentials: &Credentials,
    call: &PlaceCall,
    urls: &Urls,
) -> Option<AnErrand<Option<ProviderCallId>>> {
    match credentials.provider() {
        Provider::Generic => generic::place_call(credentials, call),
        Provider::Twilio => twilio::place_call(credentials, call, urls),
        Provider::Zadarma => zadarma::place_call(credentials, call),
        Provider::Telnyx => telnyx::place_call(credentials, call, urls),
        Provider::Vonage => vonage::place_call(credentials, call, urls),
        Provider::Plivo => plivo::place_call(credentials, call, urls),
        Provider::RingCentral => ringcentral::place_call(credentials, call),
    }
}

/// Lists one page of past calls. `None`: the provider has no such list.
pub fn past_calls(credentials: &Credentials, wanted: PastCalls) -> Option<AnErrand<CallsPage>> {
    match credentials.provider() {
        Provider::Twilio => twilio::past_calls(credentials, wanted),
        Provider::Zadarma => zadarma::past_calls(credentials, wanted),
        Provider::Plivo => plivo::past_calls(credentials, wanted),
        Provider::RingCentral => ringcentral::past_calls(credentials, wanted),
        Provider::Generic | Provider::Telnyx | Provider::Vonage => None,
    }
}

/// Finds the request that fetches a recording ([`CallEvent::recording`]). `None`: not from there.
pub fn recording(credentials: &Credentials, reference: &str) -> Option<AnErrand<ProviderRequest>> {
    match credentials.provider() {
        Provider::Generic => generic::recording(credentials, reference),
        Provider::Twilio => twilio::recording(credentials, reference),
        Provider::Zadarma => zadarma::recording(credentials, reference),
        Provider::Telnyx => telnyx::recording(credentials, reference),
        Provider::Vonage => vonage::recording(credentials, reference),
        Provider::Plivo => plivo::recording(credentials, reference),
        Provider::RingCentral => ringcentral::recording(credentials, reference),
    }
}

/// The hosts recordings of this connection may be fetched from; a name that begins with a dot allows everything under
/// it.
pub fn recording_hosts(credentials: &Credentials) -> Vec<String> {
    let known: &[&str] = match credentials {
        Credentials::Generic { recording_hosts, .. } => return recording_hosts.clone(),
        Credentials::Twilio { .. } => twilio::RECORDING_HOSTS,
        Credentials::Zadarma { .. } => zadarma::RECORDING_HOSTS,
        Credentials::Telnyx { .. } => telnyx::RECORDING_HOSTS,
        Credentials::Vonage { .. } => vonage::RECORDING_HOSTS,
        Credentials::Plivo { .. } => plivo::RECORDING_HOSTS,
        Credentials::RingCentral { .. } => ringcentral::RECORDING_HOSTS,
    };
    known.iter().map(|host| (*host).to_owned()).collect()
}

/// Whether an address may be fetched: https, one of the hosts, no odd port. Asked again for every redirect.
pub fn may_fetch(url: &str, hosts: &[String]) -> bool {
    https_host(url).is_some_and(|host| is_one_of(host, hosts))
}

/// Whether a host is among those allowed.
fn is_one_of<S: AsRef<str>>(host: &str, allowed: &[S]) -> bool {
    let fits = |known: &str| if known.starts_with('.') { host.ends_with(known) } else { host == known };
    allowed.iter().any(|known| fits(known.as_ref()))
}

/// Says in the provider's own language where a call shall go.
pub fn route(credentials: &Credentials, question: &RouteQuestion, route: &Route, urls: &Urls) -> RouteReply {
    match credentials.provider() {
        Provider::Generic => generic::route(route),
        Provider::Twilio => twilio::route(credentials, question, route, urls),
        Provider::Zadarma => zadarma::route(route),
        Provider::Telnyx => telnyx::route(credentials, question, route, urls),
        Provider::Vonage => vonage::route(credentials, question, route, urls),
        Provider::Plivo => plivo::route(credentials, question, route, urls),
        Provider::RingCentral => ringcentral::route(),
    }
}

#[cfg(test)]
mod testing;

#[cfg(test)]
mod tests;
