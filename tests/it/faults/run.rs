//! One run in one account: the schedule is played, everything settles, the oracle looks.
//!
//! Whatever asks the Worker here reckons with its being dead at that moment, as a provider and a browser do.

use std::time::Duration;

use futures_util::{FutureExt as _, StreamExt as _, stream::FuturesUnordered};
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};
use tokio::time::{Instant, sleep};

use super::{
    oracle::{Cast, Finding, Seeded, Wrong, judge},
    schedule::{Deed, Fate, Known, Length, Schedule},
};
use crate::{
    account::{Account, items, now, person},
    live::Live,
    stack::{Reply, Stack, try_reply},
};

/// How often a provider repeats what was not accepted, and how often we look whether all is done.
const AGAIN: Duration = Duration::from_millis(300);
/// A request that hangs in a dying process is given up.
const PATIENCE: Duration = Duration::from_secs(10);
/// Long after the last fault everything is settled: a block lasts a minute, a lost answer is looked for after half a
/// minute, and pauses double.
const SETTLED: Duration = Duration::from_secs(300);

/// A run that is about to begin.
pub(crate) struct Run {
    pub(crate) schedule: Schedule,
    pub(crate) account: Account,
    seeded: Vec<Seeded>,
}

/// What came of a run.
pub(crate) struct Ended {
    pub(crate) schedule: Schedule,
    pub(crate) findings: Vec<Finding>,
    /// Requests of Kommo's that were struck by a fault.
    pub(crate) faults: usize,
    /// From the last delivery until everything was settled.
    pub(crate) settled_after: Duration,
    /// What Kommo holds and was asked, for whoever reads a failure.
    pub(crate) state: Value,
}

impl Run {
    /// An account with the people of its schedule. Nothing goes wrong yet.
    pub(crate) async fn prepare(stack: &Stack, seed: u64, length: Length) -> Self {
        let schedule = Schedule::of(seed, length);
        let account = Account::ready_with(stack, json!({"webhooksPlan": schedule.has_webhooks})).await;
        // With a tab open the note would wait two minutes for what its manager has to say.
        account.set(json!({"callFeedback": false})).await;
        let mut seeded = Vec::new();
        for (index, somebody) in schedule.people.iter().enumerate() {
            let leads = match somebody.known {
                Known::Nobody => {
                    seeded.push(Seeded::default());
                    continue;
                }
                Known::Contact => 0,
                Known::OneLead => 1,
                Known::TwoLeads => 2,
            };
            let owner = account.users[index % account.users.len()];
            let lead = |index| json!({"name": format!("Lead {index}"), "_embedded": {"contacts": [{"index": 0}]}});
            let contact = person(&format!("Person {index}"), &somebody.number, owner);
            let leads: Vec<Value> = (0..leads).map(lead).collect();
            let made = account.seed(json!({"contacts": [contact], "leads": leads})).await;
            let ids = |list: &str| items(&made, list).iter().filter_map(Value::as_u64).collect::<Vec<_>>();
            seeded.push(Seeded { contact: ids("contacts").first().copied(), leads: ids("leads") });
        }
        Self { schedule, account, seeded }
    }

    /// From now on things go wrong.
    pub(crate) async fn arm(&self) {
        for fault in &self.schedule.faults {
            self.account.fault(fault.clone()).await;
        }
        for kill in &self.schedule.kills {
            let mut fault = json!({"kind": "hold", "path": "/api/v4/", "skip": kill.skip});
            if kill.writes_only {
                fault["method"] = json!("POST");
            }
            self.account.fault(fault).await;
        }
    }

    /// What becomes of the request that was held last, after so many before it.
    pub(crate) fn fate(&self, held_before: usize) -> Fate {
        self.schedule.kills.get(held_before).map_or(Fate::Lost, |kill| kill.fate)
    }

    /// Plays the schedule and waits until everything is settled.
    pub(crate) async fn play(&self) -> Result<Duration, String> {
        let began = now() - 3600;
        let reports: Vec<Vec<Value>> = self
            .schedule
            .calls
            .iter()
            .map(|call| call.reports(&self.schedule.people[call.person].number, began))
            .collect();
        let ids = self.schedule.delivery_ids();
        let mut deliveries = FuturesUnordered::new();
        let mut tab = None;
        for step in &self.schedule.steps {
            // Deliveries under way go on meanwhile.
            let pause = sleep(Duration::from_millis(step.after)).fuse();
            let mut pause = std::pin::pin!(pause);
            loop {
                tokio::select! {
                    () = &mut pause => break,
                    Some(delivered) = deliveries.next() => delivered?,
                }
            }
            match step.deed {
                Deed::Deliver { call, report } => {
                    deliveries.push(self.deliver(&ids[call][report], reports[call][report].to_string()));
                }
                Deed::OpenTab => tab = Live::try_open(&self.account, self.account.users[0]).await,
                Deed::LoseTab => drop(tab.take()),
            }
        }
        while let Some(delivered) = deliveries.next().await {
            delivered?;
        }
        let delivered = Instant::now();
        self.settle().await.map(|()| delivered.elapsed())
    }

    /// As a provider does: again and again until it is accepted.
    async fn deliver(&self, id: &str, body: String) -> Result<(), String> {
        loop {
            match try_reply(self.account.delivery(id, &body).timeout(PATIENCE)).await {
                Ok(taken) if taken.status == 202 => return Ok(()),
                Ok(refused) if refused.status < 500 => {
                    return Err(format!("a genuine delivery was refused: {} {}", refused.status, refused.text));
                }
                _ => sleep(AGAIN).await,
            }
        }
    }

    /// Waits until every call is delivered or decided. What Kommo refused for good is run again, as an administrator
    /// does it from the journal.
    async fn settle(&self) -> Result<(), String> {
        let deadline = Instant::now() + SETTLED;
        loop {
            let (calls, diagnostics) = (self.ask("/calls").await, self.ask("/diagnostics").await);
            let (calls, actions) = (&calls["calls"], &diagnostics["actions"]);
            let is_done = |call: &Value| matches!(call["deliveryStatus"].as_str(), Some("delivered" | "not_written"));
            if let (Some(calls), Some(actions)) = (calls.as_array(), actions.as_array()) {
                if calls.len() == self.schedule.calls.len() && calls.iter().all(is_done) && actions.is_empty() {
                    return Ok(());
                }
                for parked in actions.iter().filter(|action| action["state"] == "parked") {
                    let again = format!("/outbox/{}/retry", parked["id"]);
                    // Whether it was taken is seen in the next round.
                    let _ = self.request(Method::POST, &again).await;
                }
            }
            if Instant::now() > deadline {
                return Err(format!("not settled after {SETTLED:?}: {calls} {actions}"));
            }
            sleep(AGAIN).await;
        }
    }

    async fn ask(&self, path: &str) -> Value {
        self.request(Method::GET, path).await.map_or(Value::Null, |reply| reply.body)
    }

    async fn request(&self, method: Method, path: &str) -> reqwest::Result<Reply> {
        let token = self.account.token(self.account.admin).await;
        let request: RequestBuilder = self.account.request(method, path, &token).timeout(PATIENCE);
        try_reply(request).await
    }

    /// What the oracle says. The Worker runs, and nothing goes wrong any more.
    pub(crate) async fn judge(self, settled: Result<Duration, String>) -> Ended {
        let state = self.account.state().await;
        let cast = Cast { users: &self.account.users, seeded: &self.seeded };
        let mut findings = judge(&self.schedule, &cast, &state);
        if let Err(why) = &settled {
            findings.push(Finding { wrong: Wrong::Lost, what: why.clone() });
        }
        findings.extend(self.running_cards().await);
        let is_struck = |request: &&Value| request["fault"].is_string() && request["fault"] != "hold";
        let faults = items(&state, "requests").iter().filter(is_struck).count();
        Ended { schedule: self.schedule, findings, faults, settled_after: settled.unwrap_or(SETTLED), state }
    }

    /// A tab that comes now must not be shown a call that is over as one that goes on.
    async fn running_cards(&self) -> Vec<Finding> {
        let tab = Live::open(&self.account, self.account.users[0]).await;
        let cards = items(&tab.frames[0], "cards").iter().filter(|card| card["state"] != "ended");
        let finding = |card: &Value| Finding { wrong: Wrong::Misfiled, what: format!("a tab still shows {card}") };
        cards.map(finding).collect()
    }
}
