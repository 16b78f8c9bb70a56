//! The Gate object: one per deployment, asked only with `KOMMO_RATE_SCOPE=deployment`. It leases the slots for requests
//! to Kommo to all accounts together; who gets one is decided by [`kommo_voip_domain::pace::Gate`].
//!
//! What it knows is stored before its answer leaves, so a gate that died counts as before it did.

use crate::adapters::clock;
use crate::log;
use kommo_voip_domain::pace::{Gate as Pace, GateAnswer, GateRequest, SLOTS};
use kommo_voip_domain::time::Millis;
use std::cell::RefCell;
use std::time::Duration;
use worker::{Error, Request, Response, Result, SqlStorageValue, State};

/// How often somebody near the front looks whether it is their turn.
const LOOK_AGAIN: Duration = Duration::from_millis(25);
/// And somebody far back.
const LOOK_LATER: Duration = Duration::from_millis(250);
/// Who got nothing for so long is told so, and asks again if the wish is still there.
const PATIENCE: Millis = Millis::seconds(20);

/// Where it is asked. `entry.mjs` gives the runtime a class of its own for it; on this side one class serves both, since
/// another would be 4 kB of glue.
pub const PATH: &str = "/gate";

/// What the object holds in memory.
pub struct Gate {
    state: State,
    pace: RefCell<Option<Pace>>,
}

impl Gate {
    /// A gate that just woke.
    pub fn new(state: State) -> Self {
        Self { state, pace: RefCell::default() }
    }

    /// Answers somebody who holds slots or wants some.
    pub async fn serve(&self, mut request: Request) -> Result<Response> {
        let numbers: Vec<i64> = serde_json::from_str(&request.text().await?)?;
        let said = GateRequest::read(&numbers);
        let said = said.ok_or_else(|| Error::RustError("nothing the gate knows".to_owned()))?;
        Response::ok(serde_json::to_string(&self.answer(&said).await?.written())?)
    }

    async fn answer(&self, said: &GateRequest) -> Result<GateAnswer> {
        let begun = clock::now();
        let wish = self.with(|pace| {
            let was_paused = pace.paused(begun).is_some();
            let wish = pace.take_in(said, begun);
            if let Some(pause) = pace.paused(begun).filter(|_| !was_paused) {
                log::warn("requests to Kommo are paused for all accounts", &[("pause_ms", pause.0.into())]);
            }
            wish
        })?;
        loop {
            let now = clock::now();
            let (answer, ahead) = self.with(|pace| {
                let leases = wish.map(|wish| pace.look(wish, now)).unwrap_or_default();
                let answer = GateAnswer { leases, paused: pace.paused(now) };
                let waits = wish.filter(|wish| pace.waits(*wish));
                let is_over = !answer.leases.is_empty() || answer.paused.is_some() || now - begun >= PATIENCE;
                match waits {
                    Some(wish) if !is_over => (None, pace.ahead(wish)),
                    Some(wish) => {
                        pace.leave(wish);
                        (Some(answer), 0)
                    }
                    None => (Some(answer), 0),
                }
            })?;
            match answer {
                Some(answer) => return Ok(answer),
                None => worker::Delay::from(if ahead < SLOTS { LOOK_AGAIN } else { LOOK_LATER }).await,
            }
        }
    }

    /// Does something with the gate and stores it if that changed it. Nothing in here waits.
    fn with<T>(&self, work: impl FnOnce(&mut Pace) -> T) -> Result<T> {
        let mut pace = self.pace.borrow_mut();
        let sql = self.state.storage().sql();
        let pace = match &mut *pace {
            Some(pace) => pace,
            empty => {
                sql.exec("CREATE TABLE IF NOT EXISTS gate (id INTEGER PRIMARY KEY, state TEXT NOT NULL) STRICT", None)?;
                let row = sql.exec("SELECT state FROM gate", None)?.raw().next().transpose()?;
                let stored = match row.as_deref() {
                    Some([SqlStorageValue::String(json)]) => serde_json::from_str::<Vec<i64>>(json)?,
                    _ => Pace::default().stored(),
                };
                let woken = Pace::wake(&stored, clock::now());
                empty.insert(woken.ok_or_else(|| Error::RustError("the gate's own record is unreadable".to_owned()))?)
            }
        };
        let done = work(pace);
        if pace.has_changed() {
            let state = SqlStorageValue::String(serde_json::to_string(&pace.stored())?);
            sql.exec("INSERT OR REPLACE INTO gate (id, state) VALUES (1, ?1)", vec![state])?;
        }
        Ok(done)
    }
}
