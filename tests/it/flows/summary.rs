//! What the manager saves about a call ends up in its one record, whenever it is saved.

use reqwest::Method;
use serde_json::{Value, json};

use crate::{
    account::{Account, items, now, number, person, talk, the_note, with_number},
    live::Live,
    stack::{Reply, flow, shared},
};

/// A manager's answer to how the call went.
fn result(text: &str) -> Value {
    json!({"callStatus": 4, "text": text})
}

async fn put(account: &Account, user: u64, call: &str, what: &str, body: Value) -> Reply {
    let path = format!("/calls/{}/{what}", account.id_of(call).await);
    account.api(user, Method::PUT, &path, Some(body)).await
}

/// Saves and is believed.
async fn save(account: &Account, user: u64, call: &str, body: Value) -> Value {
    let saved = put(account, user, call, "result", body).await;
    assert_eq!(saved.status, 200, "{}", saved.text);
    saved.body
}

async fn rate(account: &Account, user: u64, call: &str, body: Value) -> Value {
    let saved = put(account, user, call, "rating", body).await;
    assert_eq!(saved.status, 200, "{}", saved.text);
    saved.body
}

fn says(note: &Value, text: &str) -> bool {
    note["params"]["call_result"].as_str().is_some_and(|said| said.contains(text))
}

/// Requests that wrote notes.
fn note_writes(state: &Value) -> Vec<String> {
    let is_write = |request: &&Value| {
        request["method"] != "GET" && request["path"].as_str().is_some_and(|path| path.contains("/notes"))
    };
    let line = |request: &Value| format!("{} {}", request["method"], request["path"]);
    items(state, "requests").iter().filter(is_write).map(line).collect()
}

/// A known caller with a lead, and somebody else with another; ids as `contacts`, `leads` and `companies`.
async fn seeded(account: &Account) -> Value {
    let owner = account.users[1];
    let of = |contact: usize| json!({"contacts": [{"index": contact}]});
    let lead = |name: &str, contact| json!({"name": name, "responsible_user_id": owner, "_embedded": of(contact)});
    account
        .seed(json!({
            "contacts": [person("Nora Klein", &number(1), owner), person("Omar Said", "+14155558888", owner)],
            "companies": [person("Firm", "+14155558889", owner)],
            "leads": [lead("Roof", 0), lead("Heat pump", 1)],
        }))
        .await
}

#[test]
fn saved_before_the_end_after_it_and_again_it_stands_in_the_one_record() {
    flow(async {
        Account::in_both_plans(shared().await, json!({}), async |account| {
            seeded(&account).await;
            let user = account.users[1];
            let mut early = talk("early", &number(1));
            let end = early.pop().expect("an end");
            account.report(early).await;
            let view = save(&account, user, "early", result("Wants a quote")).await;
            assert_eq!((&view["result"]["text"], &view["result"]["callStatus"]), (&json!("Wants a quote"), &json!(4)));
            account.post(end).await;
            let state = account.settled().await;
            assert!(says(the_note(&state, "early"), "Wants a quote"), "{}", state["notes"]);
            assert_eq!(note_writes(&state).len(), 1, "known before the end, it is in the first write");

            account.report(talk("late", &number(1))).await;
            let state = account.settled().await;
            let id = the_note(&state, "late")["id"].clone();
            rate(&account, user, "late", json!({"score": 2, "reason": "Crackling line"})).await;
            save(&account, user, "late", json!({"callStatus": 2, "text": "Call on Monday"})).await;
            let state = account.state_when("the amended note", |state| says(the_note(state, "late"), "Monday")).await;
            let note = the_note(&state, "late");
            assert_eq!((&note["id"], &note["params"]["call_status"]), (&id, &json!(2)));
            assert_eq!(note["params"]["duration"], 30);
            let said = note["params"]["call_result"].as_str().expect("text");
            assert!(said.ends_with("Crackling line") || said.contains("Crackling line"), "{said}");
            assert!(said.find("Monday") < said.find("Crackling"), "rating and reason stand last: {said}");

            save(&account, user, "late", json!({"callStatus": 5, "text": "Wrong number after all"})).await;
            account
                .state_when("the second amendment", |state| {
                    let note = the_note(state, "late");
                    says(note, "after all") && !says(note, "Monday") && note["params"]["call_status"] == 5
                })
                .await;
            let state = account.settled().await;
            assert_eq!(items(&state, "notes").len(), 2);
            let view = account.call("late").await;
            assert_eq!((&view["result"]["text"], &view["rating"]), (&json!("Wrong number after all"), &json!(2)));
        })
        .await;
    });
}

/// Talks on a line whose user looks at the page, up to the open summary.
async fn awaited(account: &Account, call: &str) -> (Live, String) {
    let mut tab = Live::open(account, account.users[1]).await;
    account.report(talk(call, &number(1))).await;
    let id = account.id_of(call).await;
    let asked = tab
        .until("the question", |frame| frame["type"] == "card" && frame["id"] == json!(id) && frame["summary"] == true);
    assert_eq!(asked.await["state"], "ended");
    (tab, id)
}

#[test]
fn with_the_page_open_the_record_waits_for_saving_and_is_written_once() {
    flow(async {
        Account::in_both_plans(shared().await, json!({}), async |account| {
            let seeded = seeded(&account).await;
            let (mut tab, id) = awaited(&account, "c").await;
            // Another call's record shows that writing goes on meanwhile.
            let mut other = talk("other", &number(2));
            other.iter_mut().for_each(|event| event["extension"] = json!("103"));
            account.report(other).await;
            let state = account.state_when("the other call's note", |state| !items(state, "notes").is_empty()).await;
            the_note(&state, "other");
            assert_eq!(items(&state, "notes").len(), 1, "the record waits");
            assert_eq!(Live::open(&account, account.users[1]).await.frames[0]["cards"][0]["id"], json!(id));

            rate(&account, account.users[1], "c", json!({"score": 5})).await;
            let entity = json!({"type": "contacts", "id": seeded["contacts"][0]});
            let task = json!({"text": "Send the quote", "completeTill": now() + 86_400});
            let body = json!({"callStatus": 4, "text": "Wants a quote", "entity": entity, "task": task});
            save(&account, account.users[1], "c", body).await;
            tab.until("no more question", |frame| {
                frame["id"] == json!(id) && (frame["type"] == "closed" || frame["summary"] == false)
            })
            .await;
            let state = account.settled().await;
            let note = the_note(&state, "c");
            assert!(says(note, "Wants a quote") && says(note, "5"), "{note}");
            assert_eq!((&note["entity_type"], &note["entity_id"]), (&json!("contacts"), &seeded["contacts"][0]));
            assert_eq!(note_writes(&state).len(), 2, "one for each call: {:?}", note_writes(&state));
            let tasks = items(&state, "tasks");
            assert_eq!(tasks.len(), 1);
            assert_eq!(
                (&tasks[0]["text"], &tasks[0]["complete_till"]),
                (&json!("Send the quote"), &task["completeTill"])
            );
            assert_eq!(
                (&tasks[0]["entity_id"], &tasks[0]["responsible_user_id"]),
                (&seeded["contacts"][0], &json!(account.users[1]))
            );
        })
        .await;
    });
}

#[test]
fn cancelling_and_closing_the_page_write_the_record_at_once_and_store_nothing() {
    flow(async {
        Account::in_both_plans(shared().await, json!({}), async |account| {
            seeded(&account).await;
            let (mut tab, id) = awaited(&account, "cancelled").await;
            tab.send(json!({"type": "dismiss", "id": id})).await;
            tab.until("its end", |frame| frame["type"] == "closed" && frame["id"] == json!(id)).await;
            let state = account.settled().await;
            assert_eq!(the_note(&state, "cancelled")["params"]["call_status"], 4);
            let view = account.call("cancelled").await;
            assert_eq!((&view["result"], &view["callResult"]), (&Value::Null, &Value::Null));
            drop(tab);

            let mut tab = Live::open(&account, account.users[1]).await;
            let mut talk = talk("closed", &number(1));
            let end = talk.pop().expect("an end");
            account.report(talk).await;
            let id = account.id_of("closed").await;
            tab.until("the talk", |frame| frame["id"] == json!(id) && frame["state"] == "answered").await;
            drop(tab);
            account
                .ends
                .until("the page to be closed", crate::account::PATIENCE, async || {
                    let open = account.get("/diagnostics").await.body["openSockets"].clone();
                    if open == 0 { Ok(()) } else { Err(open.to_string()) }
                })
                .await;
            account.post(end).await;
            let state = account.settled().await;
            the_note(&state, "closed");

            // Whoever is not asked is not waited for.
            account.set(json!({"callFeedback": false})).await;
            let _tab = Live::open(&account, account.users[1]).await;
            account.report(crate::account::talk("unasked", &number(1))).await;
            the_note(&account.settled().await, "unasked");
        })
        .await;
    });
}

#[test]
fn the_record_moves_to_what_the_manager_picks_and_says_so_where_it_was() {
    flow(async {
        Account::in_both_plans(shared().await, json!({}), async |account| {
            let seeded = seeded(&account).await;
            let user = account.users[1];
            let recording = "https://pbx.example/r/1.mp3";
            let mut targets = Vec::new();
            for (call, kind, id) in [
                ("to-contact", "contacts", &seeded["contacts"][1]),
                ("to-lead", "leads", &seeded["leads"][1]),
                ("to-company", "companies", &seeded["companies"][0]),
            ] {
                let mut reports = talk(call, &number(1));
                reports[2]["recording"] = json!(recording);
                account.report(reports).await;
                let state = account.settled().await;
                let first = the_note(&state, call).clone();
                assert_eq!(first["entity_id"], seeded["leads"][0], "{call}");
                let view = save(
                    &account,
                    user,
                    call,
                    json!({"callStatus": 4, "text": "Moved on", "entity": {"type": kind, "id": id}}),
                )
                .await;
                assert_eq!(view["result"]["entity"], json!({"type": kind, "id": id}), "{call}");
                targets.push((call, kind, id, first));
            }
            let state = account.settled().await;
            for (call, kind, id, first) in targets {
                let notes: Vec<&Value> = items(&state, "notes")
                    .iter()
                    .filter(|note| note["params"]["uniq"] == call || note["id"] == first["id"])
                    .collect();
                let here: Vec<&&Value> =
                    notes.iter().filter(|note| note["entity_id"] == *id && note["entity_type"] == kind).collect();
                assert_eq!(here.len(), 1, "{call}: {notes:#?}");
                assert_eq!(
                    (&here[0]["params"]["link"], &here[0]["params"]["duration"]),
                    (&json!(recording), &json!(30)),
                    "{call}"
                );
                assert!(says(here[0], "Moved on"), "{call}");
                let there = notes.iter().find(|note| note["id"] == first["id"]).expect("Kommo cannot delete a note");
                assert!(says(there, "Moved to"), "{call}: {there}");
                assert!(there["params"]["link"].as_str().is_none_or(str::is_empty), "{call}: {there}");
                assert_eq!(notes.len(), 2, "{call}: {notes:#?}");
                let view = account.call(call).await;
                assert_eq!(view["entity"]["id"], *id, "{call}");
                assert!(view["entity"]["name"].is_string(), "{call}: what was chosen has its name: {view}");
                assert!(view["callResult"].as_str().is_some_and(|said| said.contains("Moved on")), "{call}: {view}");
            }
            let omar = with_number(&state, "contacts", "+14155558888");
            let phones = omar[0]["custom_fields_values"].to_string();
            assert!(!phones.contains(&number(1)), "a number that belongs to somebody stays theirs alone: {phones}");
        })
        .await;
    });
}

#[test]
fn a_strangers_number_is_given_to_whom_the_manager_picks() {
    flow(async {
        Account::in_both_plans(shared().await, json!({}), async |account| {
            let seeded = seeded(&account).await;
            let targets = [
                (2, "contacts", &seeded["contacts"][1], "contacts", "+14155558888"),
                (3, "leads", &seeded["leads"][1], "contacts", "+14155558888"),
                (4, "companies", &seeded["companies"][0], "companies", "+14155558889"),
            ];
            for (caller, kind, id, _, _) in targets {
                let call = format!("to-{kind}");
                account.report(talk(&call, &number(caller))).await;
                account.settled().await;
                let entity = json!({"type": kind, "id": id});
                save(&account, account.users[1], &call, json!({"callStatus": 4, "text": "", "entity": entity})).await;
            }
            let state = account.settled().await;
            for (caller, kind, _, holders, known_by) in targets {
                let found = with_number(&state, holders, known_by);
                assert_eq!(found.len(), 1, "{kind}");
                let phones = found[0]["custom_fields_values"].to_string();
                assert_eq!(phones.matches(&number(caller)).count(), 1, "{kind}: {phones}");
            }
        })
        .await;
    });
}

#[test]
fn picking_somebody_else_declines_the_incoming_lead_in_the_own_name() {
    flow(async {
        Account::in_both_plans(shared().await, json!({}), async |account| {
            account.set(json!({"inboundUnknown": {"create": "incoming_lead", "accept": "manual"}})).await;
            let user = account.users[1];
            let other = account.seed_contact("Omar Said", "+14155558888", user).await;
            account.report(talk("c", &number(1))).await;
            account.settled().await;
            let entity = json!({"type": "contacts", "id": other});
            save(&account, user, "c", json!({"callStatus": 4, "text": "It was Omar", "entity": entity})).await;
            account
                .state_when("the declined incoming lead", |state| items(state, "unsorted")[0]["status"] == "declined")
                .await;
            let state = account.settled().await;
            let mine = |note: &&Value| note["entity_id"] == json!(other) && says(note, "It was Omar");
            assert_eq!(items(&state, "notes").iter().filter(mine).count(), 1, "{}", state["notes"]);
            assert_eq!(items(&state, "unsorted").len(), 1);
            let gone =
                items(&state, "events").iter().find(|event| event["type"] == "lead_deleted").expect("its lead is gone");
            assert_eq!(gone["created_by"], user, "declined by who picked");
            let omar = with_number(&state, "contacts", &number(1));
            assert!(omar.iter().any(|contact| contact["id"] == json!(other)), "the number was added");
            account.report(talk("next", &number(1))).await;
            let state = account.settled().await;
            assert_eq!(the_note(&state, "next")["entity_id"], json!(other), "the next call is Omar's");
            assert_eq!(items(&state, "unsorted").len(), 1);
        })
        .await;
    });
}

#[test]
fn a_follow_up_is_one_task_however_often_it_is_saved() {
    flow(async {
        let account = Account::ready(shared().await).await;
        let seeded = seeded(&account).await;
        let user = account.users[1];
        account.report(talk("c", &number(1))).await;
        account.settled().await;
        let body =
            json!({"callStatus": 4, "text": "", "task": {"text": "Send the quote", "completeTill": now() + 7200}});
        for _ in 0..2 {
            save(&account, user, "c", body.clone()).await;
        }
        account.state_when("the task", |state| !items(state, "tasks").is_empty()).await;
        let state = account.settled().await;
        let tasks = items(&state, "tasks");
        assert_eq!(tasks.len(), 1, "{tasks:#?}");
        assert_eq!(tasks[0]["entity_id"], seeded["leads"][0]);
        assert_eq!((&tasks[0]["text"], &tasks[0]["is_completed"]), (&json!("Send the quote"), &json!(false)));
        // It is a wish of the manager's, not the call-back of a miss: a later talk leaves it open.
        account.report(talk("next", &number(1))).await;
        let state = account.settled().await;
        assert_eq!((items(&state, "tasks").len(), &items(&state, "tasks")[0]["is_completed"]), (1, &json!(false)));
    });
}

#[test]
fn a_result_whose_write_was_lost_stands_there_once() {
    flow(async {
        let account = Account::ready(shared().await).await;
        seeded(&account).await;
        account.report(talk("c", &number(1))).await;
        account.settled().await;
        account.fault(json!({"method": "PATCH", "path": "/api/v4/leads", "kind": "drop_after"})).await;
        save(&account, account.users[1], "c", result("Wants a quote")).await;
        account.state_when("the result", |state| says(the_note(state, "c"), "Wants a quote")).await;
        let state = account.settled().await;
        assert_eq!(items(&state, "notes").len(), 1);
    });
}

#[test]
fn results_that_are_wrong_or_about_what_one_may_not_see_are_refused() {
    flow(async {
        let stack = shared().await;
        let users = json!({"users": [
            {"name": "Ada Admin", "isAdmin": true},
            {"name": "Max Modest", "rights": {"contacts": {"view": "M"}, "leads": {"view": "M"}}},
            {"name": "Olga Owner"},
        ]});
        let (account, elsewhere) = (Account::ready_with(stack, users).await, Account::ready(stack).await);
        let (modest, other) = (account.users[1], account.users[2]);
        let hidden = account.seed_contact("Hidden", "+14155558888", other).await;
        account.report(talk("mine", &number(1))).await;
        let mut not_mine = talk("theirs", &number(2));
        not_mine.iter_mut().for_each(|event| event["extension"] = json!("103"));
        account.report(not_mine).await;
        let before = account.settled().await;

        let (mine, theirs) = (account.id_of("mine").await, account.id_of("theirs").await);
        let ask = async |who: &Account, user: u64, call: &str, what: &str, body: Value| {
            who.api(user, Method::PUT, &format!("/calls/{call}/{what}"), Some(body)).await
        };
        for call in [theirs.as_str(), "00000000000000000000000000000000", "nonsense"] {
            ask(&account, modest, call, "result", result("x")).await.assert_problem(404);
            ask(&account, modest, call, "rating", json!({"score": 3})).await.assert_problem(404);
        }
        for (what, body) in [("result", result("x")), ("rating", json!({"score": 3}))] {
            ask(&elsewhere, elsewhere.admin, &mine, what, body).await.assert_problem(404);
        }
        let onto_hidden = json!({"callStatus": 4, "text": "x", "entity": {"type": "contacts", "id": hidden}});
        ask(&account, modest, &mine, "result", onto_hidden).await.assert_problem(403);
        for wrong in [
            json!({"callStatus": 0, "text": "x"}),
            json!({"callStatus": 8, "text": "x"}),
            json!({"callStatus": "4", "text": "x"}),
            json!({"text": "x"}),
            json!({"callStatus": 4, "txt": "x"}),
            json!({"callStatus": 4, "text": 7}),
            json!({"callStatus": 4, "text": "x", "entity": {"type": "catalogs", "id": 1}}),
            json!({"callStatus": 4, "text": "x", "task": {"text": "", "completeTill": now() + 60}}),
            json!({"callStatus": 4, "text": "x", "task": {"text": "Call"}}),
            json!([]),
        ] {
            let refused = ask(&account, modest, &mine, "result", wrong.clone()).await;
            assert_eq!(refused.status, 422, "{wrong}: {}", refused.text);
            refused.assert_problem(422);
        }
        for wrong in [json!({"score": 0}), json!({"score": 6}), json!({"score": -1}), json!({"score": "5"}), json!({})]
        {
            let refused = ask(&account, modest, &mine, "rating", wrong.clone()).await;
            assert_eq!(refused.status, 422, "{wrong}: {}", refused.text);
            refused.assert_problem(422);
        }
        for what in ["result", "rating"] {
            let request = account.request(Method::PUT, &format!("/calls/{mine}/{what}"), &account.token(modest).await);
            let refused =
                crate::stack::reply(request.header("content-type", "application/json").body("{\"score")).await;
            assert!([400, 422].contains(&refused.status), "{what}: {} {}", refused.status, refused.text);
            refused.assert_problem(refused.status);
        }
        let after = account.settled().await;
        assert_eq!((&after["notes"], &after["tasks"]), (&before["notes"], &before["tasks"]));
        let view = account.call("mine").await;
        assert_eq!((&view["result"], &view["rating"]), (&Value::Null, &Value::Null));
        let gone = json!({"callStatus": 4, "text": "x", "entity": {"type": "contacts", "id": 999_999_999}});
        let refused = ask(&account, account.admin, &mine, "result", gone).await;
        assert!([403, 404, 422].contains(&refused.status), "{}", refused.text);
    });
}
