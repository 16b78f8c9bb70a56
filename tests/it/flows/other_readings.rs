//! Where Kommo's documentation contradicts itself or is silent, the product survives the other reading, too.

use reqwest::Method;
use serde_json::{Value, json};

use crate::{
    account::{Account, PATIENCE, event, items, number, person, talk, the_note},
    stack::{Stack, flow},
};

/// Every switch that the other flows leave where it is.
async fn turned() -> Stack {
    Stack::with(json!({
        "searchLag": 120, "searchMode": "literal", "filtersIgnored": true, "refererWithScheme": true, "tokenIsAdmin": true,
        "noteParams": "merge", "noteMove": "ignore", "notesOnUnsorted": false, "duplicateUnsorted": "refuse",
        "renamedTokenStatus": 401, "rateScope": "address", "linksTold": false, "emptyUsers": "is_nobody",
    }))
    .await
}

#[test]
fn calls_land_where_they_belong_under_the_other_reading_of_everything() {
    flow(async {
        let stack = turned().await;
        let account = Account::ready(&stack).await;
        // As people and imports write numbers; a literal search finds them only in the form they are written in.
        let written = ["+14155550001", "14155550002", "4155550003"];
        let contacts: Vec<_> = written.iter().map(|number| person("Known", number, account.users[2])).collect();
        let seeded = account.seed(json!({"contacts": contacts})).await;
        for index in 1..=3 {
            account.report(talk(&format!("known-{index}"), &number(index))).await;
        }
        account.report(talk("new", &number(9))).await;
        let state = account.settled().await;
        for index in 1..=3 {
            let note = the_note(&state, &format!("known-{index}"));
            assert_eq!(note["entity_id"], seeded["contacts"][index - 1], "{}", written[index - 1]);
        }
        the_note(&state, "new");
        assert_eq!((items(&state, "contacts").len(), items(&state, "leads").len()), (4, 1));

        let recording = "https://pbx.example/r/1.mp3";
        account
            .post(event(
                "new",
                &number(9),
                "completed",
                json!({"extension": "102", "duration": 30, "recording": recording}),
            ))
            .await;
        assert_eq!(the_note(&account.settled().await, "new")["params"]["link"], recording);

        account.fault(json!({"method": "POST", "path": "/api/v4/tasks", "kind": "drop_after"})).await;
        account.post(event("missed", &number(1), "missed", json!({"extension": "102"}))).await;
        assert_eq!(items(&account.settled().await, "tasks").len(), 1);

        let renamed = format!("{}-new", account.subdomain);
        account.ends.control("rename", json!({"accountId": account.id, "subdomain": renamed})).await;
        account.report(talk("renamed", &number(9))).await;
        let state = account.state_when("the call after the rename", |state| items(state, "notes").len() == 6).await;
        the_note(&state, "renamed");
        account.settled().await;
    });
}

#[test]
fn a_note_that_a_waiting_incoming_lead_does_not_take_waits_too_and_says_why() {
    flow(async {
        let stack = turned().await;
        let account = Account::ready(&stack).await;
        account.set(json!({"inboundUnknown": {"create": "incoming_lead", "accept": "manual"}})).await;
        account.report(talk("c", &number(1))).await;
        let is_refused = |request: &Value| request["path"] == "/api/v4/leads/notes" && request["status"] == 400;
        account.state_when("a refused note", |state| items(state, "requests").iter().any(is_refused)).await;
        let action = account
            .ends
            .until("the note to wait with its reason", PATIENCE, async || {
                let diagnostics = account.get("/diagnostics").await;
                match diagnostics.body["actions"].get(0) {
                    Some(action) if action["reason"].is_string() => Ok(action.clone()),
                    _ => Err(diagnostics.text),
                }
            })
            .await;
        assert_eq!(action["state"], "waiting");
        assert!(action["reason"].as_str().is_some_and(|reason| reason.contains("accepted")), "{action}");
        assert_eq!(account.call("c").await["deliveryStatus"], "waiting");
        let state = account.state().await;
        assert_eq!((items(&state, "unsorted").len(), items(&state, "notes").len()), (1, 0));
    });
}

#[test]
fn a_record_that_is_moved_leaves_no_recording_behind_and_later_ones_follow_it() {
    flow(async {
        let stack = turned().await;
        let account = Account::ready(&stack).await;
        let owner = account.users[1];
        let seeded = account
            .seed(json!({"contacts": [person("Nora", &number(1), owner), person("Omar", "+14155558888", owner)]}))
            .await;
        let (nora, omar) = (&seeded["contacts"][0], &seeded["contacts"][1]);
        let recording = |name: &str| format!("https://pbx.example/r/{name}.mp3");
        let recorded = |call: &str| {
            event(
                call,
                &number(1),
                "completed",
                json!({"extension": "102", "duration": 30, "recording": recording(call)}),
            )
        };
        account.report(talk("early", &number(1))).await;
        account.post(recorded("early")).await;
        account.report(talk("late", &number(1))).await;
        account.settled().await;
        for call in ["early", "late"] {
            let path = format!("/calls/{}/result", account.id_of(call).await);
            let body = json!({"callStatus": 4, "text": "It was Omar", "entity": {"type": "contacts", "id": omar}});
            let saved = account.api(owner, Method::PUT, &path, Some(body)).await;
            assert_eq!(saved.status, 200, "{}", saved.text);
        }
        account.settled().await;
        account.post(recorded("late")).await;
        let on = |state: &Value, call: &str, contact: &Value| {
            let is_it = |note: &&Value| note["params"]["uniq"] == call && note["entity_id"] == *contact;
            let found: Vec<Value> = items(state, "notes").iter().filter(is_it).cloned().collect();
            assert_eq!(found.len(), 1, "{call}: {}", state["notes"]);
            found[0]["params"].clone()
        };
        let has_recording = |state: &Value| on(state, "late", omar)["link"] == recording("late");
        account.state_when("the late recording", has_recording).await;
        let state = account.settled().await;
        for call in ["early", "late"] {
            let (left, kept) = (on(&state, call, nora), on(&state, call, omar));
            assert_eq!(kept["link"], recording(call), "{call}");
            assert!(left["link"].as_str().is_none_or(str::is_empty), "{call}: {left}");
            assert!(left["call_result"].as_str().is_some_and(|text| text.contains("Moved to")), "{call}: {left}");
        }
        assert_eq!(items(&state, "notes").len(), 4);
    });
}
