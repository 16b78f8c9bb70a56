//! The call list: one call after the other, each client once, whatever comes between, and only what its person may see.

use reqwest::Method;
use serde_json::{Value, json};

use crate::{
    account::{Account, PATIENCE, items, notes_of, number, person},
    live::Live,
    provider::line,
    stack::{Reply, Stack, flow, shared},
};

/// The provider of the lists here; that it takes our calls is shown for each provider elsewhere.
const PROVIDER: &str = "twilio";

/// An account whose lists make a short pause, and nobody is asked for results.
async fn account(stack: &Stack) -> Account {
    let account = Account::ready_at(stack, PROVIDER).await;
    account.set(json!({"autoDialSeconds": 1, "callFeedback": false})).await;
    account
}

/// The manager of the lists here.
fn manager(account: &Account) -> u64 {
    account.users[1]
}

/// A request about the manager's list.
async fn ask(account: &Account, method: Method, path: &str, body: Option<Value>) -> Reply {
    account.api(manager(account), method, &format!("/call-list{path}"), body).await
}

async fn list(account: &Account) -> Value {
    let reply = ask(account, Method::GET, "", None).await;
    assert_eq!(reply.status, 200, "{}", reply.text);
    reply.body
}

/// Puts contacts on the list.
async fn add(account: &Account, contacts: &[u64]) -> Value {
    let rows: Vec<Value> = contacts.iter().map(|id| row("contacts", *id)).collect();
    let reply = ask(account, Method::POST, "", Some(json!({"rows": rows}))).await;
    assert_eq!(reply.status, 200, "{}", reply.text);
    reply.body
}

fn row(kind: &str, id: u64) -> Value {
    json!({"entity": {"type": kind, "id": id}})
}

async fn act(account: &Account, action: &str) -> Reply {
    ask(account, Method::PUT, "/state", Some(json!({"action": action}))).await
}

async fn acted(account: &Account, action: &str) -> Value {
    let reply = act(account, action).await;
    assert_eq!(reply.status, 200, "{action}: {}\n{}", reply.text, account.ends.log());
    reply.body
}

/// Waits until the list is as it should be.
async fn list_when(account: &Account, what: &str, is_so: impl Fn(&Value) -> bool) -> Value {
    account
        .ends
        .until(what, PATIENCE, async || {
            let list = list(account).await;
            if is_so(&list) { Ok(list) } else { Err(list.to_string()) }
        })
        .await
}

/// How many calls the provider was asked for.
async fn placed(account: &Account) -> usize {
    items(&account.desk(PROVIDER).await, "calls").len()
}

/// Waits until the provider has been asked for so many calls, and the list knows that the last of them rings.
async fn rings(account: &Account, calls: usize) -> Value {
    account
        .ends
        .until("the next call", PATIENCE, async || match placed(account).await {
            found if found == calls => Ok(()),
            found => Err(format!("{found} calls, {}", list(account).await)),
        })
        .await;
    let list = list_when(account, "the entry that is called", |list| calling(list).is_some()).await;
    let entry = items(&list, "entries").iter().find(|entry| entry["state"] == "calling").expect("it was there");
    let path = format!("/calls/{}", entry["call"].as_str().expect("its call"));
    // Nobody answers or hangs up before the provider's own answer has come back.
    account
        .ends
        .until("the provider's name of the call", PATIENCE, async || {
            let call = account.get(&path).await;
            let named = call.body["callId"].as_str().is_some_and(|id| id.starts_with("CA"));
            if named { Ok(()) } else { Err(call.text) }
        })
        .await;
    list
}

/// The name of whoever is being called.
fn calling(list: &Value) -> Option<&str> {
    items(list, "entries").iter().find(|entry| entry["state"] == "calling")?["name"].as_str()
}

/// State and result of each entry.
fn states(list: &Value) -> Vec<String> {
    let state = |entry: &Value| match entry["result"].as_str() {
        Some(result) => result.to_owned(),
        None => entry["state"].as_str().expect("a state").to_owned(),
    };
    items(list, "entries").iter().map(state).collect()
}

/// The client of the last call takes it, talks and hangs up.
async fn talks(account: &Account) {
    for step in [json!({"kind": "answer"}), json!({"kind": "client_answer"}), json!({"kind": "hangup", "duration": 9})]
    {
        account.acted(PROVIDER, step).await;
    }
}

/// The last call ends otherwise.
async fn ends(account: &Account, how: &str) {
    account.acted(PROVIDER, json!({"kind": "answer"})).await;
    account.acted(PROVIDER, json!({"kind": how})).await;
}

/// Contacts with a number each.
async fn contacts(account: &Account, count: usize) -> Vec<u64> {
    let people: Vec<Value> =
        (1..=count).map(|one| person(&format!("Client {one}"), &number(one), manager(account))).collect();
    let made = account.seed(json!({"contacts": people})).await;
    made["contacts"].as_array().expect("ids").iter().map(|id| id.as_u64().expect("an id")).collect()
}

#[test]
fn a_list_calls_one_after_the_other_and_counts_how_each_call_ended() {
    flow(async {
        let account = account(shared().await).await;
        let clients = contacts(&account, 3).await;
        let added = add(&account, &clients).await;
        assert_eq!((&added["added"], &added["doubles"], &added["leftOut"]), (&json!(3), &json!(0), &json!(0)));
        assert_eq!(added["list"]["entries"][0]["name"], "Client 1");
        assert_eq!(added["list"]["entries"][0]["numbers"], json!([{"e164": number(1), "text": "+1 415-555-0001"}]));
        let mut tab = Live::open(&account, manager(&account)).await;
        let greeting = &tab.frames[0]["callList"];
        assert_eq!(states(greeting), ["waiting", "waiting", "waiting"]);
        assert_eq!(acted(&account, "start").await["run"], "running");

        assert_eq!(calling(&rings(&account, 1).await), Some("Client 1"));
        tab.until("the call in the tab", |frame| frame["type"] == "callList" && calling(frame).is_some()).await;
        talks(&account).await;
        tab.until("the pause", |frame| frame["type"] == "callList" && frame["hold"] == "interval").await;
        assert_eq!(calling(&rings(&account, 2).await), Some("Client 2"));
        ends(&account, "busy").await;
        assert_eq!(calling(&rings(&account, 3).await), Some("Client 3"));
        ends(&account, "miss").await;

        let through = list_when(&account, "the end of the list", |list| list["run"] == "idle").await;
        assert_eq!(states(&through), ["talked", "busy", "noAnswer"]);
        let state = account.settled().await;
        assert_eq!(placed(&account).await, 3);
        for (client, entry) in clients.iter().zip(items(&through, "entries")) {
            let found = items(&state, "notes").iter().filter(|note| note["entity_id"] == *client).count();
            assert_eq!(found, 1, "one note for {entry}: {}", state["notes"]);
        }
    });
}

#[test]
fn pausing_skipping_and_stopping_hold_for_the_next_call_and_repeats_change_nothing() {
    flow(async {
        let account = account(shared().await).await;
        add(&account, &contacts(&account, 4).await).await;
        let _tab = Live::open(&account, manager(&account)).await;
        acted(&account, "start").await;
        acted(&account, "start").await;
        rings(&account, 1).await;
        acted(&account, "pause").await;
        let paused = acted(&account, "pause").await;
        assert_eq!((&paused["run"], &paused["pause"]), (&json!("paused"), &json!("byHand")));
        talks(&account).await;
        list_when(&account, "the end of the call", |list| states(list)[0] == "talked").await;
        // Skipping goes on while it is paused; a repeat with the same name skips nobody else.
        let second = list(&account).await["entries"][1]["id"].clone();
        for _ in 0..2 {
            let body = json!({"action": "skip", "entry": second});
            assert_eq!(ask(&account, Method::PUT, "/state", Some(body)).await.status, 200);
        }
        account.settled().await;
        assert_eq!(states(&list(&account).await), ["talked", "skipped", "waiting", "waiting"]);
        assert_eq!(placed(&account).await, 1, "nothing is placed while it is paused");
        acted(&account, "resume").await;
        assert_eq!(calling(&rings(&account, 2).await), Some("Client 3"));
        // Skipped in the middle of the call: the next one waits for its end.
        let held = acted(&account, "skip").await;
        assert_eq!(states(&held)[2], "skipped");
        list_when(&account, "the call to be waited for", |list| list["hold"] == "call").await;
        ends(&account, "miss").await;
        assert_eq!(calling(&rings(&account, 3).await), Some("Client 4"));
        assert_eq!(acted(&account, "stop").await["run"], "idle");
        talks(&account).await;
        list_when(&account, "the last call", |list| states(list)[3] == "talked").await;
        act(&account, "start").await.assert_problem(409);
        assert_eq!(placed(&account).await, 3);
        account.settled().await;
    });
}

#[test]
fn a_worker_that_dies_in_a_call_or_between_two_calls_calls_nobody_twice() {
    flow(async {
        let mut stack = Stack::with(json!({"searchLag": 120, "filtersIgnored": true})).await;
        let account = account(&stack).await;
        add(&account, &contacts(&account, 3).await).await;
        acted(&account, "start").await;
        rings(&account, 1).await;
        stack.kill();
        stack.start_again().await;
        assert_eq!(calling(&list(&account).await), Some("Client 1"));
        talks(&account).await;
        list_when(&account, "the end of the call", |list| states(list)[0] == "talked").await;
        stack.kill();
        stack.start_again().await;
        assert_eq!(calling(&rings(&account, 2).await), Some("Client 2"));
        // Dead while the call ends: the provider repeats what it could not tell.
        stack.kill();
        stack.start_again().await;
        ends(&account, "busy").await;
        assert_eq!(calling(&rings(&account, 3).await), Some("Client 3"));
        talks(&account).await;
        let through = list_when(&account, "the end of the list", |list| list["run"] == "idle").await;
        assert_eq!(states(&through), ["talked", "busy", "talked"]);
        account.settled().await;
        assert_eq!(placed(&account).await, 3);
    });
}

#[test]
fn numbers_are_read_from_kommo_as_far_as_the_person_may_see_and_doubles_are_left_out() {
    flow(async {
        let people = json!({"users": [
            {"name": "Ada Admin", "isAdmin": true},
            {"name": "Max Modest", "rights": {"leads": {"view": "M"}, "contacts": {"view": "M"}}},
        ]});
        let account = Account::ready_with(shared().await, people).await;
        let (own, other) = (manager(&account), account.admin);
        let two = json!({"name": "Two numbers", "responsible_user_id": own, "custom_fields_values": [
            {"field_code": "PHONE", "values": [{"value": number(1)}, {"value": "(415) 555-0002"}]}]});
        let made = account
            .seed(json!({
                "contacts": [
                    two,
                    person("Hidden Contact", &number(3), other),
                    json!({"name": "No number", "responsible_user_id": own}),
                    person("Same number", &number(1), own),
                ],
                "companies": [person("Roofers", &number(5), other)],
                "leads": [
                    {"name": "Own lead", "responsible_user_id": own, "_embedded": {"contacts": [{"index": 1}], "companies": [{"index": 0}]}},
                    {"name": "Hidden lead", "responsible_user_id": other, "_embedded": {"contacts": [{"index": 0}]}},
                    {"name": "Lead of two", "responsible_user_id": own, "_embedded": {"contacts": [{"index": 0}]}},
                ],
            }))
            .await;
        let id = |kind: &str, index: usize| made[kind][index].as_u64().expect("an id");
        let rows = json!([
            row("contacts", id("contacts", 0)),
            row("contacts", id("contacts", 1)),
            row("contacts", id("contacts", 2)),
            row("contacts", id("contacts", 3)),
            row("leads", id("leads", 0)),
            row("leads", id("leads", 1)),
            row("leads", id("leads", 2)),
            row("companies", id("companies", 0)),
            row("leads", 999_999_999),
        ]);
        let added = ask(&account, Method::POST, "", Some(json!({"rows": rows}))).await;
        assert_eq!(added.status, 200, "{}", added.text);
        let entries = items(&added.body["list"], "entries");
        let shown: Vec<(&str, usize, &str)> = entries
            .iter()
            .map(|entry| {
                let numbers = items(entry, "numbers").len();
                (entry["name"].as_str().expect("a name"), numbers, entry["chosen"].as_str().unwrap_or_default())
            })
            .collect();
        let (first, fifth) = (number(1), number(5));
        // The lead's hidden contact lends it no number, its company does; and the company itself is a double then.
        let expected = [("Two numbers", 2, first.as_str()), ("No number", 0, ""), ("Own lead", 1, fifth.as_str())];
        assert_eq!(shown, expected);
        assert_eq!(entries[1]["state"], "noNumber");
        let told = |name: &str| added.body[name].clone();
        assert_eq!((told("added"), told("doubles"), told("leftOut")), (json!(3), json!(3), json!(3)));
        for hidden in ["Hidden", &number(3)] {
            assert!(!added.text.contains(hidden), "{hidden} in {}", added.text);
        }
        // The other number of the first can be chosen.
        let path = format!("/{}", entries[0]["id"]);
        let chosen = ask(&account, Method::PUT, &path, Some(json!({"number": number(2)}))).await;
        assert_eq!(chosen.body["entries"][0]["chosen"], number(2), "{}", chosen.text);
        ask(&account, Method::PUT, &path, Some(json!({"number": number(9)}))).await.assert_problem(422);
    });
}

#[test]
fn a_list_belongs_to_its_person_alone() {
    flow(async {
        let account = account(shared().await).await;
        add(&account, &contacts(&account, 2).await).await;
        let mut other_tab = Live::open(&account, account.users[2]).await;
        let mut admin_tab = Live::open(&account, account.admin).await;
        let before = list(&account).await;
        for other in [account.users[2], account.admin] {
            let theirs = account.api(other, Method::GET, "/call-list", None).await;
            assert_eq!(theirs.body["entries"], json!([]), "{}", theirs.text);
            let first = before["entries"][0]["id"].clone();
            account.api(other, Method::DELETE, &format!("/call-list/{first}"), None).await;
            account.api(other, Method::DELETE, "/call-list", None).await;
            let chosen = json!({"number": number(1)});
            account.api(other, Method::PUT, &format!("/call-list/{first}"), Some(chosen)).await.assert_problem(404);
            let start = json!({"action": "start"});
            account.api(other, Method::PUT, "/call-list/state", Some(start)).await.assert_problem(409);
        }
        assert_eq!(list(&account).await, before);
        acted(&account, "start").await;
        rings(&account, 1).await;
        acted(&account, "stop").await;
        ends(&account, "miss").await;
        account.settled().await;
        for tab in [&mut other_tab, &mut admin_tab] {
            tab.send(json!({"type": "ping"})).await;
            tab.until("an answer", |frame| frame["type"] == "pong").await;
            assert!(!json!(tab.frames).to_string().contains("callList"), "{:?}", tab.frames);
        }
        // Removing one and clearing all is harmless when repeated.
        for path in [format!("/{}", before["entries"][1]["id"]), String::new()] {
            for _ in 0..2 {
                assert_eq!(ask(&account, Method::DELETE, &path, None).await.status, 200);
            }
        }
        assert_eq!(list(&account).await["entries"], json!([]));
    });
}

#[test]
fn the_next_call_waits_for_another_call_and_for_the_call_summary() {
    flow(async {
        let account = account(shared().await).await;
        account.set(json!({"autoDialSeconds": 1, "callFeedback": true})).await;
        add(&account, &contacts(&account, 2).await).await;
        let mut tab = Live::open(&account, manager(&account)).await;
        // A client calls in just when the list is started.
        let own = line(PROVIDER, 1);
        account
            .acted(
                PROVIDER,
                json!({"kind": "ring", "callId": "in", "from": number(77), "to": crate::account::COMPANY, "lines": [own]}),
            )
            .await;
        acted(&account, "start").await;
        list_when(&account, "the other call to be waited for", |list| list["hold"] == "call").await;
        account.acted(PROVIDER, json!({"kind": "miss", "callId": "in"})).await;
        rings(&account, 2).await;
        talks(&account).await;
        tab.until("the question for the result", |frame| frame["type"] == "card" && frame["summary"] == true).await;
        list_when(&account, "the summary to be waited for", |list| list["hold"] == "summary").await;
        assert_eq!(placed(&account).await, 2);
        let call = list(&account).await["entries"][0]["call"].as_str().expect("its call").to_owned();
        let result = json!({"callStatus": 4, "text": "Wants an offer"});
        let path = format!("/calls/{call}/result");
        let saved = account.api(manager(&account), Method::PUT, &path, Some(result)).await;
        assert_eq!(saved.status, 200, "{}", saved.text);
        assert_eq!(calling(&rings(&account, 3).await), Some("Client 2"));
        ends(&account, "miss").await;
        list_when(&account, "the end of the list", |list| list["run"] == "idle").await;
        let state = account.settled().await;
        assert_eq!(notes_of(&state, &account.provider_id(PROVIDER, "in").await).len(), 1);
    });
}

#[test]
fn what_stands_against_calling_is_said_before_or_pauses_the_list() {
    flow(async {
        let account = account(shared().await).await;
        add(&account, &contacts(&account, 4).await).await;
        let _tab = Live::open(&account, manager(&account)).await;
        assert_eq!(account.put("/extensions", json!([])).await.status, 200);
        let without = act(&account, "start").await;
        without.assert_problem(409);
        assert!(without.text.contains("no_line"), "{}", without.text);
        // A line Twilio does not take: each call is refused, and after three of them no more is tried.
        let lines = json!([{"extensionId": "client:wrong", "kommoUserId": manager(&account)}]);
        assert_eq!(account.put("/extensions", lines).await.status, 200);
        acted(&account, "start").await;
        let paused = list_when(&account, "the list to pause", |list| list["run"] == "paused").await;
        assert_eq!(
            (&paused["pause"], states(&paused).join(" ")),
            (&json!("refused"), "failed failed failed waiting".into())
        );
        assert!(paused["reason"].as_str().is_some_and(|reason| !reason.is_empty()), "{paused}");
        assert!(paused["entries"][0]["reason"].is_string(), "{paused}");
        let off = account.put("/active", json!({"active": false})).await;
        assert_eq!(off.status, 200, "{}", off.text);
        act(&account, "resume").await.assert_problem(409);
        let state = account.settled().await;
        assert!(items(&state, "notes").is_empty(), "{}", state["notes"]);
    });
}

#[test]
fn what_is_no_use_is_refused_and_changes_nothing() {
    flow(async {
        let account = account(shared().await).await;
        let clients = contacts(&account, 1).await;
        let good = row("contacts", clients[0]);
        let too_many: Vec<Value> = (1..=501).map(|id| row("contacts", id)).collect();
        let phones: Vec<String> = (0..51).map(number).collect();
        for (body, status) in [
            (json!({}), 422),
            (json!({"rows": []}), 422),
            (json!({"rows": [{"entity": {"type": "tasks", "id": 1}}]}), 422),
            (json!({"rows": [{"entity": {"type": "leads", "id": "x"}}]}), 422),
            (json!({"rows": [{"entity": {"type": "contacts", "id": clients[0]}, "phones": phones}]}), 422),
            (json!({"rows": [good], "user": account.admin}), 422),
            (json!({"rows": too_many}), 409),
        ] {
            ask(&account, Method::POST, "", Some(body)).await.assert_problem(status);
        }
        for (path, body, status) in [
            ("/state", json!({}), 422),
            ("/state", json!({"action": "explode"}), 422),
            ("/state", json!({"action": "start"}), 409),
            ("/state", json!({"action": "skip"}), 409),
            ("/state", json!({"action": "skip", "entry": 7}), 404),
            ("/7", json!({"number": number(1)}), 404),
            ("/7", json!({"number": "four"}), 422),
            ("/x", json!({"number": number(1)}), 404),
        ] {
            ask(&account, Method::PUT, path, Some(body)).await.assert_problem(status);
        }
        ask(&account, Method::DELETE, "/x", None).await.assert_problem(404);
        let stranger = account.request(Method::GET, "/call-list", "no token");
        crate::stack::reply(stranger).await.assert_problem(401);
        assert_eq!(list(&account).await["entries"], json!([]));
        // Kommo does not answer: what the row showed is enough, and without it nothing is added.
        account
            .fault(json!({"method": "GET", "path": "/api/v4/contacts", "kind": "status", "status": 503, "times": 1}))
            .await;
        let refused = ask(&account, Method::POST, "", Some(json!({"rows": [good]}))).await;
        refused.assert_problem(503);
        account
            .fault(json!({"method": "GET", "path": "/api/v4/contacts", "kind": "status", "status": 503, "times": 1}))
            .await;
        let shown = json!({"entity": {"type": "contacts", "id": clients[0]}, "phones": [number(1), "ask Bob"]});
        let added = ask(&account, Method::POST, "", Some(json!({"rows": [shown]}))).await;
        assert_eq!(added.body["list"]["entries"][0]["chosen"], number(1), "{}", added.text);
        assert_eq!(added.body["list"]["entries"][0]["name"], "", "{}", added.text);
    });
}
