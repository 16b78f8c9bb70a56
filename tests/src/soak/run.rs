//! One run in one account: the schedule is played, everything settles, the oracle looks.

use std::time::Duration;

use futures_util::{FutureExt as _, StreamExt as _, stream::FuturesUnordered};
use serde_json::{Value, json};
use tokio::time::{Instant, sleep};

use super::{
    Place, items,
    oracle::{Cast, Finding, Seeded, Wrong, judge},
    person,
    schedule::{Deed, Fate, Known, Schedule},
};

/// Long after the last fault everything is settled: a block lasts a minute, a lost answer is looked for after half a
/// minute, and pauses double.
const SETTLED: Duration = Duration::from_secs(300);

/// A run that is about to begin.
pub struct Run<P> {
    /// What happens.
    pub schedule: Schedule,
    /// Where.
    pub place: P,
    seeded: Vec<Seeded>,
}

/// What came of a run.
pub struct Ended {
    /// What happened.
    pub schedule: Schedule,
    /// What is wrong.
    pub findings: Vec<Finding>,
    /// Requests of Kommo's that were struck by a fault.
    pub faults: usize,
    /// From the last delivery until everything was settled.
    pub settled_after: Duration,
    /// What Kommo holds and was asked, for whoever reads a failure.
    pub state: Value,
}

impl<P: Place> Run<P> {
    /// Puts the people of the schedule into the account. Nothing goes wrong yet.
    ///
    /// # Panics
    /// Where the product refuses its settings.
    pub async fn prepare(place: P, schedule: Schedule) -> Self {
        // With a tab open the note would wait two minutes for what its manager has to say.
        let (admin, settings) = (place.users()[0], json!({"callFeedback": false}));
        let set = place.api(admin, "PUT", "/settings", Some(settings)).await.expect("nothing goes wrong yet");
        assert_eq!(set.status, 200, "{}", set.text);
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
            let owner = place.users()[index % place.users().len()];
            let lead = |index| json!({"name": format!("Lead {index}"), "_embedded": {"contacts": [{"index": 0}]}});
            let contact = person(&format!("Person {index}"), &somebody.number, owner);
            let leads: Vec<Value> = (0..leads).map(lead).collect();
            let entities = json!({"account": place.account(), "contacts": [contact], "leads": leads});
            let made = place.control("entities", entities).await;
            let ids = |list: &str| items(&made, list).iter().filter_map(Value::as_u64).collect::<Vec<_>>();
            seeded.push(Seeded { contact: ids("contacts").first().copied(), leads: ids("leads") });
        }
        Self { schedule, place, seeded }
    }

    /// From now on things go wrong.
    pub async fn arm(&self) {
        for fault in &self.schedule.faults {
            self.fault(fault.clone()).await;
        }
        for kill in &self.schedule.kills {
            let mut fault = json!({"kind": "hold", "path": "/api/v4/", "skip": kill.skip});
            if kill.writes_only {
                fault["method"] = json!("POST");
            }
            self.fault(fault).await;
        }
    }

    async fn fault(&self, mut fault: Value) {
        fault["account"] = json!(self.place.account());
        self.place.control("faults", fault).await;
    }

    /// What becomes of the request that was held last, after so many before it.
    pub fn fate(&self, held_before: usize) -> Fate {
        self.schedule.kills.get(held_before).map_or(Fate::Lost, |kill| kill.fate)
    }

    /// Plays the schedule and waits until everything is settled.
    pub async fn play(&self) -> Result<Duration, String> {
        let began = self.place.now() - 3600;
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
                    biased;
                    () = &mut pause => break,
                    Some(delivered) = deliveries.next() => delivered?,
                }
            }
            match step.deed {
                Deed::Deliver { call, report } => {
                    deliveries.push(self.deliver(&ids[call][report], reports[call][report].to_string()));
                }
                Deed::OpenTab => tab = self.place.open_tab(self.place.users()[0]).await,
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
            match self.place.deliver(id, &body).await {
                Some(taken) if taken.status == 202 => return Ok(()),
                Some(refused) if refused.status < 500 => {
                    return Err(format!("a genuine delivery was refused: {} {}", refused.status, refused.text));
                }
                _ => sleep(P::AGAIN).await,
            }
        }
    }

    /// Waits until every call is delivered or decided. What Kommo refused for good is run again, as an administrator
    /// does it from the journal.
    async fn settle(&self) -> Result<(), String> {
        let deadline = Instant::now() + SETTLED;
        loop {
            self.place.mend().await;
            let (calls, diagnostics) = (self.ask("GET", "/calls").await, self.ask("GET", "/diagnostics").await);
            let (calls, actions) = (&calls["calls"], &diagnostics["actions"]);
            let is_done = |call: &Value| matches!(call["deliveryStatus"].as_str(), Some("delivered" | "not_written"));
            if let (Some(calls), Some(actions)) = (calls.as_array(), actions.as_array()) {
                if calls.len() == self.schedule.calls.len() && calls.iter().all(is_done) && actions.is_empty() {
                    return Ok(());
                }
                for parked in actions.iter().filter(|action| action["state"] == "parked") {
                    let again = format!("/outbox/{}/retry", parked["id"]);
                    // Whether it was taken is seen in the next round.
                    let _ = self.ask("POST", &again).await;
                }
            }
            if Instant::now() > deadline {
                return Err(format!("not settled after {SETTLED:?}: {calls} {actions}"));
            }
            sleep(P::LOOK_AGAIN).await;
        }
    }

    /// The administrator asks.
    async fn ask(&self, method: &str, path: &str) -> Value {
        let reply = self.place.api(self.place.users()[0], method, path, None).await;
        reply.map_or(Value::Null, |reply| reply.body())
    }

    /// What the oracle says. The Worker runs, and nothing goes wrong any more.
    pub async fn judge(self, settled: Result<Duration, String>) -> Ended {
        let state = self.place.state().await;
        let cast = Cast { users: self.place.users(), seeded: &self.seeded };
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
        let greeting = self.place.greeting(self.place.users()[0]).await;
        let cards = items(&greeting, "cards").iter().filter(|card| card["state"] != "ended");
        let finding = |card: &Value| Finding { wrong: Wrong::Misfiled, what: format!("a tab still shows {card}") };
        cards.map(finding).collect()
    }
}
