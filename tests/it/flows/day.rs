//! One day of mixed calls leaves the same records in Kommo, whichever provider tells it.
//!
//! The day stands in `fixtures/day.json`, without a provider's words. Every provider acts it out in an account of its
//! own, all at the same time; what one of them cannot express is named in the fixture and left out for it.

use std::collections::BTreeMap;

use futures_util::{StreamExt as _, future::join_all, stream};
use reqwest::Method;
use serde_json::{Value, json};

use crate::{
    account::{Account, COMPANY, assert_paced, event, items, now, person},
    provider::line,
    stack::{flow, shared},
};

const DAY: &str = include_str!("../../fixtures/day.json");
/// Everybody who acts the day.
const ACTORS: [&str; 7] = ["generic", "twilio", "zadarma", "telnyx", "vonage", "plivo", "ringcentral"];
/// Calls of one account that run at the same time.
const AT_ONCE: usize = 6;

/// The day, and when it began.
struct Day {
    script: Value,
    began: i64,
}

impl Day {
    fn read() -> Self {
        let script: Value = serde_json::from_str(DAY).expect("the fixture is JSON");
        // The whole day is over by now.
        let length = items(&script, "calls").iter().filter_map(|call| call["at"].as_i64()).max().unwrap_or(0);
        Self { began: (now() - length - 1200) / 60 * 60, script }
    }

    fn calls(&self) -> &[Value] {
        items(&self.script, "calls")
    }

    /// Whether a provider can express the call.
    fn is_possible(&self, provider: &str, call: &Value) -> bool {
        self.script["cannot"][provider].get(call["kind"].as_str().expect("a kind")).is_none()
    }
}

/// A call in the fixture's words.
struct Told<'a> {
    call: &'a Value,
    began: i64,
}

impl<'a> Told<'a> {
    fn number(&self, name: &str) -> i64 {
        self.call[name].as_i64().unwrap_or(0)
    }

    fn user(&self, name: &str) -> usize {
        usize::try_from(self.number(name)).expect("a user")
    }

    fn id(&self) -> &'a str {
        self.call["id"].as_str().expect("an id")
    }

    fn kind(&self) -> &'a str {
        self.call["kind"].as_str().expect("a kind")
    }

    fn start(&self) -> i64 {
        self.began + self.number("at")
    }

    fn users(&self) -> Vec<usize> {
        items(self.call, "lines").iter().map(|user| user.as_u64().expect("a user") as usize).collect()
    }

    fn caller(&self, provider: &str) -> String {
        match self.call["caller"].as_str() {
            // "Anonymous" on the keypad.
            Some("withheld") if provider == "twilio" => "+266696687".to_owned(),
            Some("withheld") => "anonymous".to_owned(),
            Some(number) => number.to_owned(),
            None => String::new(),
        }
    }

    /// A caller's calls keep their order; others run beside them.
    fn lane(&self) -> String {
        self.call["caller"].as_str().map_or_else(|| self.id().to_owned(), str::to_owned)
    }
}

/// The webhooks of the generic provider, recordings last.
fn generic(told: &Told<'_>) -> (Vec<Value>, Vec<Value>) {
    let (id, start) = (told.id(), told.start());
    let answered = start + told.number("ring");
    let on = |user: usize, status: &str, more: Value| {
        let mut event = event(id, &told.caller("generic"), status, more);
        event["extension"] = json!(line("generic", user));
        event["startTime"] = json!(start);
        event["direction"] = json!("inbound");
        event
    };
    let ringing = || told.users().into_iter().map(|user| on(user, "ringing", json!({}))).collect::<Vec<_>>();
    let talked = |user: usize, from: i64, seconds: i64| {
        on(user, "completed", json!({"answerTime": from, "endTime": from + seconds, "duration": seconds}))
    };
    let mut events = Vec::new();
    let mut late = Vec::new();
    match told.kind() {
        "talk" | "withheld" | "transfer" => {
            let (who, talk) = (told.user("answer"), told.number("talk"));
            events.extend(ringing());
            events.push(on(who, "answered", json!({"answerTime": answered})));
            events.extend(
                told.users()
                    .into_iter()
                    .filter(|user| *user != who)
                    .map(|user| on(user, "missed", json!({"endTime": answered}))),
            );
            if told.kind() == "transfer" {
                let (next, after) = (told.user("transferTo"), told.number("transferAfter"));
                events.push(on(next, "answered", json!({"answerTime": answered + after})));
                events.push(talked(who, answered, after));
                events.push(talked(next, answered + after, talk));
            } else {
                events.push(talked(who, answered, talk));
            }
            if told.call["recording"] == "late" {
                let mut recorded = talked(who, answered, talk);
                recorded["recording"] = json!(format!("https://recordings.pbx.example/{id}.mp3"));
                late.push(recorded);
            }
        }
        "outbound" | "internal" => {
            let user = told.user("user");
            let to = if told.kind() == "internal" { line("generic", told.user("to")) } else { told.caller("generic") };
            let side = |status: &str, more: Value| {
                let mut event = on(user, status, more);
                event["from"] = json!(line("generic", user));
                event["to"] = json!(to);
                // Both sides are known lines: that says enough.
                event["direction"] = if told.kind() == "internal" { Value::Null } else { json!("outbound") };
                event
            };
            events.push(side("ringing", json!({})));
            match told.call["end"].as_str() {
                Some("missed") => events.push(side("missed", json!({"endTime": answered}))),
                Some("busy") => events.push(side("busy", json!({"endTime": answered}))),
                _ => {
                    let talk = told.number("talk");
                    events.push(side("answered", json!({"answerTime": answered})));
                    let more = json!({"answerTime": answered, "endTime": answered + talk, "duration": talk});
                    events.push(side("completed", more));
                }
            }
        }
        status => {
            events.extend(ringing());
            events.extend(told.users().into_iter().map(|user| on(user, status, json!({"endTime": answered}))));
        }
    }
    (events, late)
}

/// The steps of a provider's telephones, recordings last.
fn steps(provider: &str, told: &Told<'_>) -> (Vec<Value>, Vec<Value>) {
    let (id, start) = (told.id(), told.start());
    let answered = start + told.number("ring");
    let lines: Vec<String> = told.call["lines"]
        .as_array()
        .map_or_else(Vec::new, |_| told.users().into_iter().map(|user| line(provider, user)).collect());
    let step = |kind: &str, at: i64, more: Value| {
        let mut step = json!({"kind": kind, "callId": id, "at": at});
        for (name, value) in more.as_object().expect("further fields") {
            step[name] = value.clone();
        }
        step
    };
    let ring = step("ring", start, json!({"from": told.caller(provider), "to": COMPANY, "lines": lines}));
    let mut steps = Vec::new();
    let mut late = Vec::new();
    match told.kind() {
        "talk" | "withheld" | "transfer" => {
            let who = line(provider, told.user("answer"));
            steps.push(ring);
            if provider == "vonage" {
                // It rings one after the other.
                let before = lines.iter().take_while(|line| **line != who);
                steps.extend(before.map(|line| step("miss", start, json!({"extension": line}))));
            }
            steps.push(step("answer", answered, json!({"extension": who})));
            if told.kind() == "transfer" {
                let (next, after) = (line(provider, told.user("transferTo")), told.number("transferAfter"));
                steps.push(step("transfer", answered + after, json!({"extension": next})));
            }
            steps.push(step("hangup", answered, json!({"duration": told.number("talk")})));
            if told.call["recording"] == "late" {
                late.push(step("recording", answered + told.number("talk"), json!({})));
            }
        }
        "outbound" | "internal" => {
            let own = line(provider, told.user("user"));
            let to = if told.kind() == "internal" { line(provider, told.user("to")) } else { told.caller(provider) };
            let side = json!({"from": own, "to": to, "direction": told.kind(), "extension": own});
            steps.push(step("ring", start, side));
            match told.call["end"].as_str() {
                Some("missed") => steps.push(step("miss", answered, json!({}))),
                Some("busy") => steps.push(step("busy", answered, json!({}))),
                _ => {
                    steps.push(step("answer", answered, json!({})));
                    steps.push(step("hangup", answered, json!({"duration": told.number("talk")})));
                }
            }
        }
        kind => {
            steps.push(ring);
            let kind = match kind {
                "missed" => "miss",
                "cancelled" => "cancel",
                other => other,
            };
            steps.push(step(kind, answered, json!({})));
        }
    }
    (steps, late)
}

/// Acts one call; the steps of its late recording are left for later.
async fn act(account: &Account, provider: &str, told: &Told<'_>) -> Vec<Value> {
    let (times, order) = (told.call["times"].as_u64().unwrap_or(1), told.call["order"].as_str());
    if provider == "generic" {
        let (mut events, late) = generic(told);
        match order {
            Some("reverse") => events.reverse(),
            Some(_) => events.rotate_left(1),
            None => {}
        }
        for event in events {
            for _ in 0..times {
                account.post(event.clone()).await;
            }
        }
        return late;
    }
    let (steps, late) = steps(provider, told);
    for mut step in steps {
        step["times"] = json!(times);
        step["hold"] = json!(order.is_some());
        account.acted(provider, step).await;
    }
    if let Some(order) = order {
        account
            .acted(provider, json!({"kind": "flush", "callId": told.id(), "order": order, "seed": told.number("at")}))
            .await;
    }
    late
}

/// An outbound call of a provider that only calls through its API: the manager clicks on the number.
async fn click(account: &Account, provider: &str, told: &Told<'_>) -> String {
    let user = account.users[told.user("user")];
    let dialled = account.api(user, Method::POST, "/dial", Some(json!({"phone": told.caller(provider)}))).await;
    assert_eq!(dialled.status, 200, "{provider} {}: {}\n{}", told.call, dialled.text, account.ends.log());
    let desk = account.desk(provider).await;
    let id = items(&desk, "calls").last().expect("a call")["id"].as_str().expect("an id").to_owned();
    let step = |kind: &str, more: Value| {
        let mut step = json!({"kind": kind, "callId": id});
        for (name, value) in more.as_object().expect("further fields") {
            step[name] = value.clone();
        }
        account.acted(provider, step)
    };
    step("answer", json!({})).await;
    match told.call["end"].as_str() {
        Some("missed") => drop(step("miss", json!({})).await),
        Some("busy") => drop(step("busy", json!({})).await),
        _ => {
            step("client_answer", json!({})).await;
            step("hangup", json!({"duration": told.number("talk")})).await;
        }
    }
    id
}

/// Waits until the note of a call is there. Looked at seldom: many calls wait like this.
async fn noted(account: &Account, provider: &str, call: &str) {
    let id = if provider == "generic" { call.to_owned() } else { account.provider_id(provider, call).await };
    let mut clock = tokio::time::interval(std::time::Duration::from_secs(1));
    let deadline = std::time::Instant::now() + crate::account::PATIENCE;
    loop {
        clock.tick().await;
        let state = account.state().await;
        if !crate::account::notes_of(&state, &id).is_empty() {
            return;
        }
        assert!(std::time::Instant::now() < deadline, "no note of {call}: {}", crate::account::brief(&state));
    }
}

/// Whether the provider's outbound calls are clicks.
fn clicks(provider: &str) -> bool {
    matches!(provider, "twilio" | "telnyx" | "vonage" | "plivo")
}

/// The whole day of one provider: what Kommo holds of each call afterwards, and of each number.
async fn acted_out(day: &Day, provider: &'static str) -> Records {
    let account = Account::ready_at(shared().await, provider).await;
    let owner = |index: usize| account.users[index % 3];
    let known: Vec<Value> = items(&day.script, "known")
        .iter()
        .enumerate()
        .map(|(index, number)| person(&format!("Caller {index}"), number.as_str().expect("a number"), owner(index)))
        .collect();
    account.seed(json!({"contacts": known})).await;
    let mut lanes: BTreeMap<String, Vec<Told<'_>>> = BTreeMap::new();
    let mut clicked = Vec::new();
    for call in day.calls().iter().filter(|call| day.is_possible(provider, call)) {
        let told = Told { call, began: day.began };
        if told.kind() == "outbound" && clicks(provider) {
            clicked.push(told);
        } else {
            lanes.entry(told.lane()).or_default().push(told);
        }
    }
    let lane = async |calls: Vec<Told<'_>>| {
        let mut late = Vec::new();
        for (index, told) in calls.iter().enumerate() {
            late.extend(act(&account, provider, told).await);
            // Nobody calls again within the seconds in which a miss is still made sure of.
            if matches!(told.kind(), "missed" | "busy" | "cancelled" | "voicemail") && index + 1 < calls.len() {
                noted(&account, provider, told.id()).await;
            }
        }
        late
    };
    let late: Vec<Value> = stream::iter(lanes.into_values().map(lane)).buffer_unordered(AT_ONCE).concat().await;
    let mut names = if provider == "generic" {
        BTreeMap::new()
    } else {
        account.provider_ids(provider).await.into_iter().collect()
    };
    for told in clicked {
        let id = click(&account, provider, &told).await;
        names.insert(told.id().to_owned(), json!(id));
    }
    account.settled().await;
    for step in late {
        match provider {
            "generic" => account.post(step).await,
            _ => drop(account.acted(provider, step).await),
        }
    }
    let state = account.settled().await;
    assert_paced(&state);
    let calls = day
        .calls()
        .iter()
        .filter(|call| day.is_possible(provider, call))
        .map(|call| {
            let name = call["id"].as_str().expect("an id");
            let uniq = names.get(name).cloned().unwrap_or_else(|| json!(name));
            (name.to_owned(), record(&account, &state, &uniq, day.began))
        })
        .collect();
    let numbers = items(&day.script, "known").iter().chain(day.calls().iter().map(|call| &call["caller"]));
    let people = numbers
        .filter_map(Value::as_str)
        .filter(|number| number.starts_with('+'))
        .map(|number| (number.to_owned(), around(&account, &state, number)))
        .collect();
    Records { provider, calls, people }
}

/// What a provider's day left behind.
struct Records {
    provider: &'static str,
    /// By the fixture's id.
    calls: BTreeMap<String, Value>,
    /// By number.
    people: BTreeMap<String, Value>,
}

fn user(account: &Account, id: &Value) -> Value {
    json!(account.users.iter().position(|user| id == user))
}

/// The note of a call without ids; null when there is none, a list when there are several.
fn record(account: &Account, state: &Value, uniq: &Value, began: i64) -> Value {
    let notes: Vec<Value> = items(state, "notes")
        .iter()
        .filter(|note| note["params"]["uniq"] == *uniq)
        .map(|note| {
            let params = &note["params"];
            json!({
                "type": note["note_type"], "entity": note["entity_type"], "seconds": params["duration"],
                "status": params["call_status"], "by": user(account, &params["call_responsible"]),
                "phone": params["phone"], "at": note["created_at"].as_i64().map(|at| at - began),
                "hasRecording": params["link"].as_str().is_some_and(|link| !link.is_empty()),
            })
        })
        .collect();
    match notes.as_slice() {
        [] => Value::Null,
        [only] => only.clone(),
        _ => json!(notes),
    }
}

/// The contacts of a number with their owners, leads and tasks.
fn around(account: &Account, state: &Value, number: &str) -> Value {
    let contacts = crate::account::with_number(state, "contacts", number);
    contacts
        .iter()
        .map(|contact| {
            let leads = contact["_embedded"]["leads"].as_array().map_or(0, Vec::len);
            // Misses in quick succession share a task, so only those still open are the same every time.
            let is_open = |task: &&Value| {
                task["entity_type"] == "contacts" && task["entity_id"] == contact["id"] && task["is_completed"] == false
            };
            let open = items(state, "tasks").iter().filter(is_open).count();
            json!({"owner": user(account, &contact["responsible_user_id"]), "leads": leads, "openTasks": open})
        })
        .collect()
}

/// A note that was written before the first webhook came may begin with the talk instead of the ringing.
fn starts_alike(ours: &Value, theirs: &Value, call: &Value) -> bool {
    let at = |record: &Value| record["at"].as_i64().unwrap_or(0);
    (at(ours) - at(theirs)).abs() <= call["ring"].as_i64().unwrap_or(0)
}

/// What the fixture itself says the note must be.
fn expected(call: &Value) -> Option<(&'static str, i64, usize)> {
    let user = |name: &str| call[name].as_u64().unwrap_or(0) as usize;
    // Nobody talked: equal claims are ordered by the line's name.
    let first = || call["lines"].as_array().into_iter().flatten().filter_map(Value::as_u64).min().unwrap_or(0) as usize;
    let talk = call["talk"].as_i64().unwrap_or(0);
    match (call["kind"].as_str()?, call["caller"].as_str()) {
        (_, Some("withheld") | None) | ("transfer", _) => None,
        ("talk", _) => Some(("call_in", talk, user("answer"))),
        ("outbound", _) => Some(("call_out", talk, user("user"))),
        _ => Some(("call_in", 0, first())),
    }
}

#[test]
fn the_day_leaves_the_same_records_whichever_provider_tells_it() {
    flow(async {
        let day = Day::read();
        assert!(day.calls().len() >= 200, "{} calls", day.calls().len());
        let records = join_all(ACTORS.map(|provider| acted_out(&day, provider))).await;
        let mut differences = Vec::new();
        let model = &records[0];
        for told in &records {
            for call in day.calls() {
                let id = call["id"].as_str().expect("an id");
                let Some(found) = told.calls.get(id) else { continue };
                let is_right = match expected(call) {
                    Some((kind, seconds, by)) => {
                        found["type"] == kind && found["seconds"] == seconds && found["by"] == by
                    }
                    None => call["kind"] == "transfer" || found.is_null(),
                };
                if !is_right {
                    differences.push(format!("{} {call}: {found}", told.provider));
                }
                let (mut ours, mut theirs) = (found.clone(), model.calls[id].clone());
                if call["kind"] == "outbound" && clicks(told.provider) {
                    // A click happens now, not during the day.
                    for record in [&mut ours, &mut theirs] {
                        record["at"] = Value::Null;
                    }
                }
                if call["order"].is_string() && starts_alike(&ours, &theirs, call) {
                    ours["at"] = theirs["at"].clone();
                }
                if ours != theirs {
                    differences.push(format!("{} {call}:\n  {ours}\n  generic: {theirs}", told.provider));
                }
            }
            for (number, around) in &told.people {
                let is_shared = |call: &Value| {
                    call["caller"] != number.as_str() || ACTORS.iter().all(|provider| day.is_possible(provider, call))
                };
                let (mut ours, mut theirs) = (around.clone(), model.people[number].clone());
                let is_clicked = |call: &Value| call["kind"] == "outbound" && call["caller"] == number.as_str();
                if clicks(told.provider) && day.calls().iter().any(is_clicked) {
                    // A click is the last talk of all, so it ends every open task.
                    for person in [&mut ours, &mut theirs].into_iter().filter_map(Value::as_array_mut).flatten() {
                        person["openTasks"] = Value::Null;
                    }
                }
                if day.calls().iter().all(is_shared) && ours != theirs {
                    differences.push(format!("{} {number}: {ours}\n  generic: {theirs}", told.provider));
                }
            }
        }
        let of = |provider: &'static str| differences.iter().filter(move |text| text.starts_with(provider)).take(12);
        let shown = ACTORS.into_iter().flat_map(of).cloned().collect::<Vec<_>>().join("\n");
        assert!(differences.is_empty(), "{} differences:\n{shown}", differences.len());
    });
}

#[test]
fn every_field_of_the_day_has_a_named_source_and_every_gap_a_reason() {
    let day = Day::read();
    for call in day.calls() {
        for field in call.as_object().expect("an object").keys() {
            assert!(day.script["sources"][field].is_string(), "{field} has no source");
        }
    }
    for provider in ACTORS {
        let gaps = day.script["cannot"][provider].as_object().expect("a table");
        assert!(gaps.values().all(|reason| reason.as_str().is_some_and(|reason| reason.len() > 10)), "{provider}");
    }
}
