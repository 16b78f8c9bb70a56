//! What a simulated provider remembers of its customer.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::{Map, Value};

use super::send::Outgoing;
use crate::{crypto, state::Id};

/// The providers that are acted out, besides the generic phone.
pub(crate) const PROVIDERS: [&str; 6] = ["twilio", "zadarma", "telnyx", "vonage", "plivo", "ringcentral"];

/// One customer of one provider.
pub(crate) struct Carrier {
    pub(crate) desk: Desk,
    /// Names the customer: account SID, API key and the like.
    pub(crate) identity: String,
    /// The CRM account whose telephony this is, once somebody said so.
    pub(crate) account: Option<Id>,
    /// Credentials were given by `POST /_sim/phone`, so that every request is held to them.
    pub(crate) is_registered: bool,
    pub(crate) calls: Vec<Call>,
    /// By their id.
    pub(crate) recordings: BTreeMap<String, Recording>,
    /// Requests the product made, oldest first.
    pub(crate) requests: Vec<Value>,
    /// When requests came, for the limits.
    pub(crate) arrivals: Vec<f64>,
    /// Webhooks that wait for `kind: flush`.
    pub(crate) held: Vec<Outgoing>,
    /// RingCentral: tokens and subscriptions.
    pub(crate) grant: super::oauth::Grant,
}

/// What sending needs to know of a customer.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Desk {
    pub(crate) provider: &'static str,
    #[serde(skip)]
    pub(crate) credentials: Map<String, Value>,
    /// Where events go.
    pub(crate) hook: String,
    /// Where instructions come from.
    pub(crate) route: String,
    pub(crate) lines: Vec<Line>,
    /// Where a recording is redirected to: empty, `own`, `foreign`, `address`, `port`, or any place.
    pub(crate) redirect: String,
    /// What was set up through the provider's API.
    pub(crate) set_up: Map<String, Value>,
    /// Events the customer subscribed to (Zadarma); empty: all.
    pub(crate) zone: String,
}

impl Desk {
    /// A credential, or nothing.
    pub(crate) fn credential(&self, name: &str) -> &str {
        self.credentials.get(name).and_then(Value::as_str).unwrap_or_default()
    }
}

/// A line of the customer.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Line {
    /// What calls name it by.
    pub(crate) extension: String,
    /// The number people dial, where that differs.
    pub(crate) number: String,
    pub(crate) name: String,
    pub(crate) email: String,
}

/// What kind of call it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Origin {
    /// Somebody calls the customer.
    Inbound,
    /// A manager dials on their own telephone.
    Outbound,
    /// One line calls another.
    Internal,
    /// The product asked for it.
    Dialled,
}

/// One call with its legs.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Call {
    /// What the test calls it.
    pub(crate) name: String,
    /// What the provider calls it.
    pub(crate) id: String,
    pub(crate) origin: Origin,
    pub(crate) from: String,
    pub(crate) to: String,
    pub(crate) at: f64,
    pub(crate) answered: Option<f64>,
    pub(crate) ended: Option<f64>,
    pub(crate) legs: Vec<Leg>,
    /// Counts events.
    pub(crate) sequence: u64,
    /// The provider's own notes: the request that placed it, what is to be done next.
    pub(crate) notes: Map<String, Value>,
}

impl Call {
    /// A call that begins now.
    pub(crate) fn new(name: &str, id: String, origin: Origin, sides: (&str, &str), at: f64) -> Self {
        let (from, to) = (sides.0.to_owned(), sides.1.to_owned());
        let name = if name.is_empty() { id.clone() } else { name.to_owned() };
        let (legs, notes) = (Vec::new(), Map::new());
        Self { name, id, origin, from, to, at, answered: None, ended: None, legs, sequence: 0, notes }
    }

    /// A note as text, or nothing.
    pub(crate) fn note(&self, name: &str) -> String {
        self.notes.get(name).and_then(Value::as_str).unwrap_or_default().to_owned()
    }

    /// Indices of the legs in this state that are of the line, or of any line when none is named.
    pub(crate) fn legs_in(&self, state: LegState, line: Option<&str>) -> Vec<usize> {
        let is_it = |leg: &Leg| leg.state == state && line.is_none_or(|line| leg.line == line || leg.address == line);
        (0..self.legs.len()).filter(|index| is_it(&self.legs[*index])).collect()
    }

    /// The next number of an event.
    pub(crate) fn count(&mut self) -> u64 {
        self.sequence += 1;
        self.sequence - 1
    }
}

/// How far a leg has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum LegState {
    /// It rings.
    Ringing,
    /// They talk.
    Talking,
    /// It is over.
    Over,
}

/// One leg of a call.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Leg {
    pub(crate) id: String,
    /// The line, as the customer calls it.
    pub(crate) line: String,
    /// Where it leads, as the provider writes it.
    pub(crate) address: String,
    /// Where its events go; empty: nowhere of its own.
    pub(crate) hook: String,
    /// Which events the hook asked for.
    pub(crate) events: Vec<String>,
    pub(crate) state: LegState,
    /// The client's leg of a call the product asked for.
    pub(crate) is_client: bool,
    pub(crate) at: f64,
    pub(crate) answered: Option<f64>,
    pub(crate) ended: Option<f64>,
    pub(crate) outcome: String,
    pub(crate) sequence: u64,
    /// What the product attached to it (Telnyx `client_state`).
    pub(crate) state_text: String,
}

impl Leg {
    /// A leg that rings.
    pub(crate) fn ringing(id: String, line: &str, address: &str, at: f64) -> Self {
        Self {
            id,
            line: line.to_owned(),
            address: address.to_owned(),
            hook: String::new(),
            events: Vec::new(),
            state: LegState::Ringing,
            is_client: false,
            at,
            answered: None,
            ended: None,
            outcome: String::new(),
            sequence: 0,
            state_text: String::new(),
        }
    }

    /// Seconds of talk.
    pub(crate) fn talk(&self) -> i64 {
        match (self.answered, self.ended) {
            (Some(answered), Some(ended)) => (ended - answered).round() as i64,
            _ => 0,
        }
    }

    /// It is over, with this outcome.
    pub(crate) fn end(&mut self, outcome: &str, at: f64) {
        self.state = LegState::Over;
        self.ended = Some(at);
        outcome.clone_into(&mut self.outcome);
    }
}

/// A recording that can be fetched.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Recording {
    pub(crate) id: String,
    /// The provider's id of the call.
    pub(crate) call: String,
    pub(crate) seconds: i64,
}

impl Recording {
    /// Its bytes: an MP3 header and noise that only depends on the id.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        let mut bytes = b"ID3\x04\0\0\0\0\0\0\xff\xfb\x90\x64".to_vec();
        for block in 0..600 {
            bytes.extend(crypto::hmac_sha256(self.id.as_bytes(), &[(block % 256) as u8, (block / 256) as u8]));
        }
        bytes
    }
}

/// A UUID that always comes out of this text.
pub(crate) fn uuid_of(text: &str) -> String {
    let hex = crypto::md5_hex(text.as_bytes());
    format!("{}-{}-4{}-a{}-{}", &hex[..8], &hex[8..12], &hex[13..16], &hex[17..20], &hex[20..])
}

/// A number without its plus.
pub(crate) fn bare(number: &str) -> &str {
    number.strip_prefix('+').unwrap_or(number)
}
