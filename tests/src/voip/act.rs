//! `POST /_sim/call` for a provider: what happens on its telephones, step by step.
//!
//! A step names the call (or means the latest one), and the provider's module turns it into the webhooks, questions and
//! changes it would cause.

use std::{sync::Arc, time::Duration};

use rand::{SeedableRng as _, rngs::StdRng, seq::SliceRandom as _};
use serde_json::{Map, Value, json};

use super::{
    model::{Call, Desk, Origin, Recording},
    plivo, ringcentral,
    send::{Answered, Content, Forgery, Outgoing, send},
    telnyx, twilio, vonage, zadarma,
};
use crate::{
    control,
    problem::Problem,
    state::{Id, Sim},
};

/// What shall happen.
pub(crate) struct Step {
    pub(crate) kind: String,
    /// When it happens, Unix seconds.
    pub(crate) at: f64,
    /// The line it happens on, if on one.
    pub(crate) line: Option<String>,
    /// The lines to ring by the customer's own flow, without asking the product.
    pub(crate) lines: Vec<String>,
    /// Seconds of talk, where the end shall follow from them.
    pub(crate) duration: Option<f64>,
    times: u64,
    delay: Duration,
    hold: bool,
    /// Nothing arrives: the product is not to be reached.
    pub(crate) is_lost: bool,
    forgery: Forgery,
    body: Map<String, Value>,
}

impl Step {
    fn read(body: &Map<String, Value>, now: f64) -> Result<Self, Problem> {
        let number = |name: &str| body.get(name).and_then(Value::as_f64);
        let text = |name: &str| body.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
        let forgery = match text("forge") {
            None => Forgery::None,
            Some("signature") => Forgery::Signature,
            Some("altered") => Forgery::Altered,
            Some("unsigned") => Forgery::Unsigned,
            Some("foreign") => Forgery::Foreign,
            Some("stale") => Forgery::Stale,
            Some(_) => return Err(Problem::new(400, "forge is signature, altered, unsigned, foreign or stale")),
        };
        let lines = body.get("lines").and_then(Value::as_array);
        Ok(Self {
            kind: text("kind").ok_or_else(|| Problem::new(400, "kind is needed"))?.to_owned(),
            at: number("at").unwrap_or(now),
            line: text("extension").map(str::to_owned),
            lines: lines.into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect(),
            duration: number("duration"),
            times: body.get("times").and_then(Value::as_u64).unwrap_or(1),
            delay: Duration::from_millis(body.get("delayMs").and_then(Value::as_u64).unwrap_or(0)),
            hold: body.get("hold").and_then(Value::as_bool).unwrap_or(false),
            is_lost: body.get("lost").and_then(Value::as_bool).unwrap_or(false),
            forgery,
            body: body.clone(),
        })
    }

    /// Any other field of the step.
    pub(crate) fn text(&self, name: &str) -> &str {
        self.body.get(name).and_then(Value::as_str).unwrap_or_default()
    }

    /// What this provider cannot do.
    pub(crate) fn impossible(&self, provider: &str) -> Problem {
        Problem::new(400, format!("{provider} has nothing like {}", self.kind))
    }
}

/// One step being played.
pub(crate) struct Play {
    pub(crate) sim: Arc<Sim>,
    pub(crate) desk: Desk,
    identity: String,
    pub(crate) call: Call,
    pub(crate) step: Step,
    answers: Vec<Value>,
}

impl Play {
    /// A play outside of `POST /_sim/call`, for what follows from a request of the product.
    pub(crate) fn of(sim: &Arc<Sim>, desk: &Desk, identity: &str, call: Call) -> Self {
        let step = Step {
            kind: String::new(),
            at: call.at,
            line: None,
            lines: Vec::new(),
            duration: None,
            times: 1,
            delay: Duration::ZERO,
            hold: false,
            is_lost: false,
            forgery: Forgery::None,
            body: Map::new(),
        };
        let (sim, desk, identity) = (Arc::clone(sim), desk.clone(), identity.to_owned());
        Self { sim, desk, identity, call, step, answers: Vec::new() }
    }

    /// Tells the product something: a webhook whose answer does not matter to the provider.
    pub(crate) async fn tell(&mut self, what: &str, url: &str, content: Content) {
        if self.step.is_lost {
            return;
        }
        if url.is_empty() {
            self.answers.push(json!({"callId": self.call.id, "what": what, "status": 0, "body": "no hook is set up"}));
            return;
        }
        let out = self.outgoing(what, "POST", url, content);
        if self.step.hold {
            let mut world = self.sim.lock();
            world.carrier(self.desk.provider, &self.identity).held.push(out);
            return;
        }
        if !self.step.delay.is_zero() {
            tokio::time::sleep(self.step.delay).await;
        }
        for _ in 0..self.step.times.max(1) {
            let answered = send(&self.sim, &self.desk, &out, self.step.forgery).await;
            self.answers.push(answered.shown(&out));
        }
    }

    /// Asks the product for instructions: always at once, once.
    pub(crate) async fn ask(&mut self, what: &str, method: &'static str, url: &str, content: Content) -> Answered {
        if self.step.is_lost {
            return Answered { status: 0, content_type: String::new(), headers: Vec::new(), text: String::new() };
        }
        let out = self.outgoing(what, method, url, content);
        let answered = send(&self.sim, &self.desk, &out, self.step.forgery).await;
        self.answers.push(answered.shown(&out));
        answered
    }

    /// The instructions cannot be followed; the answer of the step says why.
    pub(crate) fn refuse(&mut self, why: impl Into<String>) {
        self.answers.push(json!({"callId": self.call.id, "status": 0, "problem": why.into()}));
    }

    fn outgoing(&self, what: &str, method: &'static str, url: &str, content: Content) -> Outgoing {
        Outgoing { call: self.call.id.clone(), what: what.to_owned(), method, url: url.to_owned(), content }
    }

    /// Writes the call down as it is now.
    pub(crate) fn store(&self) {
        let mut world = self.sim.lock();
        let carrier = world.carrier(self.desk.provider, &self.identity);
        match carrier.calls.iter_mut().find(|known| known.id == self.call.id) {
            Some(known) => *known = self.call.clone(),
            None => carrier.calls.push(self.call.clone()),
        }
    }

    /// Takes over what requests of the product made of the call meanwhile.
    pub(crate) fn reload(&mut self) {
        let mut world = self.sim.lock();
        let carrier = world.carrier(self.desk.provider, &self.identity);
        if let Some(known) = carrier.calls.iter().find(|known| known.id == self.call.id) {
            self.call = known.clone();
        }
    }

    /// Waits until the product has changed the stored call so, if it ever does within the time.
    pub(crate) async fn wait_for(&mut self, within: Duration, is_so: impl Fn(&Call) -> bool) -> bool {
        let deadline = tokio::time::Instant::now() + within;
        loop {
            self.reload();
            if is_so(&self.call) {
                return true;
            }
            if tokio::time::Instant::now() > deadline {
                return false;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// A new recording of the call, to be fetched under this id.
    pub(crate) fn record(&mut self, id: &str) -> i64 {
        let talk = self.call.legs.iter().map(super::model::Leg::talk).max().unwrap_or(0);
        let recording = Recording { id: id.to_owned(), call: self.call.id.clone(), seconds: talk };
        self.sim.lock().carrier(self.desk.provider, &self.identity).recordings.insert(id.to_owned(), recording);
        talk
    }

    /// When the last of the legs ended; now, if none did.
    pub(crate) fn last_end(&self) -> f64 {
        self.call.legs.iter().filter_map(|leg| leg.ended).reduce(f64::max).unwrap_or(self.step.at)
    }

    /// When the talk on this leg ends: as the step says it, else now.
    pub(crate) fn end_of_talk(&self, answered: Option<f64>) -> f64 {
        match (answered, self.step.duration) {
            (Some(answered), Some(duration)) => answered + duration,
            _ => self.step.at,
        }
    }
}

/// Plays the step of a provider; none: the account's phone is the generic one.
pub(crate) async fn act(sim: &Arc<Sim>, body: &Map<String, Value>) -> Result<Option<Value>, Problem> {
    let wanted = body.get("provider").and_then(Value::as_str);
    if wanted == Some("generic") || !(body.contains_key("account") || body.contains_key("accountId")) {
        return Ok(None);
    }
    let Some(mut play) = prepare(sim, body, wanted)? else { return Ok(None) };
    match play.step.kind.as_str() {
        "flush" => flush(&mut play).await,
        "expire" => sim.lock().carrier(play.desk.provider, &play.identity).grant.expire(),
        _ => {
            let played = match play.desk.provider {
                "twilio" => twilio::act(&mut play).await,
                "zadarma" => zadarma::act(&mut play).await,
                "telnyx" => telnyx::act(&mut play).await,
                "vonage" => vonage::act(&mut play).await,
                "plivo" => plivo::act(&mut play).await,
                _ => ringcentral::act(&mut play).await,
            };
            play.store();
            played?;
        }
    }
    Ok(Some(Value::Array(play.answers)))
}

fn prepare(sim: &Arc<Sim>, body: &Map<String, Value>, wanted: Option<&str>) -> Result<Option<Play>, Problem> {
    let world = sim.lock();
    let account: Id = control::account(&world, body)?;
    let step = Step::read(body, world.now() - world.switches.clock_offset)?;
    let is_ours = |provider: &str| wanted.is_none_or(|wanted| wanted == provider);
    let found =
        world.carriers.iter().rev().find(|known| known.account == Some(account) && is_ours(known.desk.provider));
    // A generic phone that was set up stays the phone of the account until a provider is named.
    let has_generic = world.accounts.get(&account).is_some_and(|account| account.phone.is_some());
    let carrier = match (found, wanted) {
        (None, None) => return Ok(None),
        (None, Some(name)) => return Err(Problem::new(400, format!("the account has no phone at {name}"))),
        (Some(_), None) if has_generic => return Ok(None),
        (Some(carrier), _) => carrier,
    };
    let name = step.text("callId").to_owned();
    let known = carrier.calls.iter().rev().find(|call| name.is_empty() || call.name == name || call.id == name);
    let call = match (step.kind.as_str(), known) {
        ("flush" | "expire", _) => Call::new("", String::new(), Origin::Inbound, ("", ""), step.at),
        ("ring", Some(call)) if !name.is_empty() => {
            return Err(Problem::new(409, format!("there is a call {} already", call.name)));
        }
        ("ring", _) => new_call(&carrier.desk, &carrier.identity, &step, &name)?,
        (_, Some(call)) => call.clone(),
        (_, None) => return Err(Problem::new(404, "no such call rang")),
    };
    let (desk, identity) = (carrier.desk.clone(), carrier.identity.clone());
    drop(world);
    Ok(Some(Play { sim: Arc::clone(sim), desk, identity, call, step, answers: Vec::new() }))
}

fn new_call(desk: &Desk, identity: &str, step: &Step, name: &str) -> Result<Call, Problem> {
    let origin = match step.text("direction") {
        "" | "inbound" => Origin::Inbound,
        "outbound" => Origin::Outbound,
        "internal" => Origin::Internal,
        _ => return Err(Problem::new(400, "direction is inbound, outbound or internal")),
    };
    let to = match step.text("to") {
        "" => desk.credential("number"),
        given => given,
    };
    if to.is_empty() {
        return Err(Problem::new(400, "to is needed"));
    }
    let name = if name.is_empty() { format!("call-{}", crate::crypto::random_hex(6)) } else { name.to_owned() };
    let seed = format!("{identity}/{name}");
    let id = match desk.provider {
        "twilio" => twilio::call_id(&seed),
        "zadarma" => zadarma::call_id(&seed, origin),
        "vonage" => vonage::call_id(&seed),
        "ringcentral" => ringcentral::call_id(&seed),
        _ => super::model::uuid_of(&seed),
    };
    Ok(Call::new(&name, id, origin, (step.text("from"), to), step.at))
}

/// Delivers what was held back: `order` is `reverse` or `shuffle` with a `seed`; `times` repeats each.
async fn flush(play: &mut Play) {
    let wanted = play.step.text("callId").to_owned();
    let mut due: Vec<Outgoing> = {
        let mut world = play.sim.lock();
        let carrier = world.carrier(play.desk.provider, &play.identity);
        let of_name = carrier.calls.iter().find(|call| call.name == wanted).map(|call| call.id.clone());
        let is_due = |out: &Outgoing| wanted.is_empty() || Some(&out.call) == of_name.as_ref() || out.call == wanted;
        let (due, rest) = std::mem::take(&mut carrier.held).into_iter().partition(is_due);
        carrier.held = rest;
        due
    };
    match play.step.text("order") {
        "reverse" => due.reverse(),
        "shuffle" => {
            let seed = play.step.body.get("seed").and_then(Value::as_u64).unwrap_or(1);
            due.shuffle(&mut StdRng::seed_from_u64(seed));
        }
        _ => {}
    }
    for out in due {
        for _ in 0..play.step.times.max(1) {
            let answered = send(&play.sim, &play.desk, &out, play.step.forgery).await;
            play.answers.push(answered.shown(&out));
        }
    }
}
