//! What the card tells of the caller, and what may be said there about whose call it is.

use reqwest::Method;
use serde_json::{Value, json};

use crate::{
    account::{Account, event, items, number, person, talk, the_note, with_number},
    live::Live,
    stack::{Reply, flow, shared},
};

/// An administrator on line 101, a manager who sees only own leads on 102, and a colleague on 103.
fn people() -> Value {
    json!({"users": [
        {"name": "Ada Admin", "isAdmin": true},
        {"name": "Max Modest", "rights": {"leads": {"view": "M"}}},
        {"name": "Olga Owner"},
    ]})
}

async fn ready(people: Value) -> Account {
    let account = Account::ready_with(shared().await, people).await;
    account.set(json!({"callFeedback": false})).await;
    account
}

async fn ring(account: &Account, call: &str, caller: usize, line: &str) {
    account.post(event(call, &number(caller), "ringing", json!({"extension": line}))).await;
}

/// A talk of half a minute on a line.
async fn talked(account: &Account, call: &str, caller: usize, line: &str) {
    for report in talk(call, &number(caller)) {
        let mut report = report;
        report["extension"] = json!(line);
        account.post(report).await;
    }
    account.settled().await;
}

async fn say(account: &Account, user: u64, method: Method, call: &str, what: &str, body: Value) -> Reply {
    let path = format!("/calls/{}/{what}", account.id_of(call).await);
    account.api(user, method, &path, Some(body)).await
}

async fn card_of(account: &Account, tab: &mut Live, call: &str, kind: &'static str) -> Value {
    let id = json!(account.id_of(call).await);
    tab.until(kind, |frame| frame["type"] == "card" && frame["id"] == id && frame["caller"]["kind"] == kind).await
}

fn lead(name: &str, price: u32, owner: u64) -> Value {
    json!({"name": name, "price": price, "responsible_user_id": owner, "_embedded": {"contacts": [{"index": 0}]}})
}

#[test]
fn every_open_lead_the_last_calls_and_the_last_note_are_on_the_card_for_nothing() {
    flow(async {
        let account = ready(people()).await;
        let olga = account.users[2];
        account
            .seed(json!({
                "contacts": [person("Nora Klein", &number(1), olga)],
                "leads": [lead("Roof", 1200, olga), lead("Heat pump", 900, olga)],
            }))
            .await;
        let mut tab = Live::open(&account, olga).await;
        talked(&account, "first", 1, "103").await;
        let saved = say(
            &account,
            olga,
            Method::PUT,
            "first",
            "result",
            json!({"callStatus": 4, "text": "Wants <b>two</b> roofs"}),
        )
        .await;
        assert_eq!(saved.status, 200, "{}", saved.text);
        for report in ["ringing", "missed"] {
            account.post(event("second", &number(1), report, json!({"extension": "103"}))).await;
        }
        let before = items(&account.settled().await, "requests").len();
        ring(&account, "third", 1, "103").await;
        let card = card_of(&account, &mut tab, "third", "known").await;
        assert_eq!(card["caller"]["lead"], Value::Null, "of two leads none is chosen by itself");
        let leads = card["caller"]["leads"].as_array().expect("leads");
        let brief = |lead: &Value| (lead["name"].clone(), lead["price"].clone(), lead["stage"].is_string());
        assert_eq!(
            leads.iter().map(brief).collect::<Vec<_>>(),
            [(json!("Roof"), json!(1200), true), (json!("Heat pump"), json!(900), true)]
        );
        let recent = card["recent"].as_array().expect("calls");
        let brief = |call: &Value| (call["duration"].clone(), call["inbound"].clone(), call["by"].clone());
        assert_eq!(
            recent.iter().map(brief).collect::<Vec<_>>(),
            [(json!(0), json!(true), json!("Olga Owner")), (json!(30), json!(true), json!("Olga Owner"))]
        );
        assert_eq!(card["lastNote"]["text"], "Wants <b>two</b> roofs");
        assert_eq!(card["lastNote"]["by"], "Olga Owner");
        let after = account.state_when("the ring", |state| items(state, "requests").len() >= before).await;
        let asked: Vec<&Value> = items(&after, "requests")[before..].iter().map(|request| &request["path"]).collect();
        assert!(asked.is_empty(), "{asked:?}");
    });
}

#[test]
fn neither_a_colleagues_leads_nor_what_happened_on_them_reach_who_may_not_see_them() {
    flow(async {
        let account = ready(people()).await;
        let (modest, olga) = (account.users[1], account.users[2]);
        account
            .seed(json!({
                "contacts": [person("Nora Klein", &number(1), olga)],
                "leads": [lead("Secret merger", 987_654, olga)],
            }))
            .await;
        account.seed_contact("Otto Open", &number(2), olga).await;
        for caller in [1, 2] {
            let call = format!("olga-{caller}");
            talked(&account, &call, caller, "103").await;
            let text = format!("Hush {caller}");
            let saved = say(&account, olga, Method::PUT, &call, "result", json!({"callStatus": 4, "text": text})).await;
            assert_eq!(saved.status, 200, "{}", saved.text);
        }
        account.settled().await;
        let (mut tab, mut admin) = (Live::open(&account, modest).await, Live::open(&account, account.admin).await);
        ring(&account, "hidden", 1, "102").await;
        ring(&account, "hidden", 1, "101").await;
        let card = card_of(&account, &mut tab, "hidden", "known").await;
        assert_eq!(card["caller"]["contact"]["name"], "Nora Klein");
        for nothing in ["recent", "lastNote"] {
            assert_eq!(card[nothing], Value::Null, "{card}");
        }
        let told = json!(tab.frames).to_string();
        assert!(!told.contains("Secret") && !told.contains("987654") && !told.contains("Hush 1"), "{told}");
        let card = card_of(&account, &mut admin, "hidden", "known").await;
        assert_eq!((&card["lastNote"]["text"], &card["recent"][0]["by"]), (&json!("Hush 1"), &json!("Olga Owner")));
        // What lies on a card that Kommo shows them, they may know.
        ring(&account, "open", 2, "102").await;
        let card = card_of(&account, &mut tab, "open", "known").await;
        assert_eq!((&card["lastNote"]["text"], &card["recent"][0]["by"]), (&json!("Hush 2"), &json!("Olga Owner")));
        for (call, caller, line) in [("hidden", 1, "101"), ("hidden", 1, "102"), ("open", 2, "102")] {
            account.post(event(call, &number(caller), "missed", json!({"extension": line}))).await;
        }
        account.settled().await;
        // Their own calls they know in any case.
        talked(&account, "own", 1, "102").await;
        ring(&account, "again", 1, "102").await;
        let card = card_of(&account, &mut tab, "again", "known").await;
        assert_eq!(card["recent"].as_array().map(Vec::len), Some(2), "{card}");
        assert_eq!(card["recent"][0]["by"], "Max Modest");
    });
}

#[test]
fn a_contact_asked_for_in_mid_ring_is_there_once_whatever_the_settings_create_afterwards() {
    flow(async {
        let account = ready(people()).await;
        let olga = account.users[2];
        for (caller, create) in [(1, "contact_and_lead"), (2, "incoming_lead")] {
            let create = json!({"create": create, "accept": "manual"});
            account.set(json!({"callFeedback": false, "inboundUnknown": create})).await;
            let mut tab = Live::open(&account, olga).await;
            let call = format!("c{caller}");
            ring(&account, &call, caller, "103").await;
            let card = card_of(&account, &mut tab, &call, "unknown").await;
            assert_eq!(card["creatable"], true);
            let wish = json!({"name": format!("Nora {caller}")});
            for _ in 0..2 {
                let asked = say(&account, olga, Method::POST, &call, "contact", wish.clone()).await;
                assert_eq!(asked.status, 200, "{}", asked.text);
            }
            let card = card_of(&account, &mut tab, &call, "known").await;
            assert_eq!(card["caller"]["contact"]["name"], wish["name"]);
            assert_eq!(card["state"], "ringing");
            let mut reports = talk(&call, &number(caller));
            reports.iter_mut().for_each(|report| report["extension"] = json!("103"));
            account.report(reports).await;
            let state = account.settled().await;
            let made = with_number(&state, "contacts", &number(caller));
            assert_eq!(made.len(), 1, "{made:?}");
            assert_eq!((&made[0]["name"], &made[0]["responsible_user_id"]), (&wish["name"], &json!(olga)));
            assert_eq!(items(&state, "leads").len(), caller, "its lead, and no other");
            assert!(items(&state, "unsorted").is_empty());
            assert_eq!(the_note(&state, &call)["entity_type"], "leads");
        }
    });
}

#[test]
fn a_contact_whose_creation_was_never_answered_is_not_made_again_while_it_rings_or_afterwards() {
    flow(async {
        let account = ready(people()).await;
        let olga = account.users[2];
        let _tab = Live::open(&account, olga).await;
        ring(&account, "c", 1, "103").await;
        account
            .fault(json!({"path": "/api/v4/leads/complex", "method": "POST", "kind": "drop_after", "times": 1}))
            .await;
        let asked = say(&account, olga, Method::POST, "c", "contact", json!({})).await;
        assert_eq!(asked.status, 200, "{}", asked.text);
        ring(&account, "d", 1, "103").await;
        for call in ["c", "d"] {
            let mut reports = talk(call, &number(1));
            reports.iter_mut().for_each(|report| report["extension"] = json!("103"));
            account.report(reports).await;
        }
        let state = account.settled().await;
        assert_eq!((items(&state, "contacts").len(), items(&state, "leads").len()), (1, 1));
        for call in ["c", "d"] {
            assert_eq!(the_note(&state, call)["entity_id"], items(&state, "leads")[0]["id"]);
        }
    });
}

#[test]
fn nobody_is_created_for_who_may_not_for_who_is_known_or_for_a_hidden_number() {
    flow(async {
        let mut people = people();
        people["users"][1]["rights"] = json!({"contacts": {"view": "A", "add": "D"}});
        let account = ready(people).await;
        let (modest, olga) = (account.users[1], account.users[2]);
        account.seed_contact("Nora Klein", &number(1), olga).await;
        let mut tab = Live::open(&account, modest).await;
        ring(&account, "known", 1, "103").await;
        ring(&account, "unknown", 2, "102").await;
        let hidden = event("hidden", "anonymous", "ringing", json!({"extension": "103"}));
        account.post(hidden).await;
        let card = card_of(&account, &mut tab, "unknown", "unknown").await;
        assert_eq!(card["creatable"], false, "no button for who may not");
        account
            .state_when("the look-up", |state| {
                items(state, "requests")
                    .iter()
                    .any(|request| request["path"].as_str().is_some_and(|path| path.contains("query")))
            })
            .await;
        let post = async |user, call, body| say(&account, user, Method::POST, call, "contact", body).await;
        post(modest, "unknown", json!({})).await.assert_problem(403);
        post(olga, "unknown", json!({})).await.assert_problem(404);
        account
            .ends
            .until("who is known", crate::account::PATIENCE, async || {
                let reply = post(olga, "known", json!({})).await;
                if reply.status == 409 { Ok(()) } else { Err(reply.text) }
            })
            .await;
        post(olga, "hidden", json!({})).await.assert_problem(409);
        for body in [json!({"name": "x".repeat(251)}), json!({"nam": "Nora"}), json!({"name": 7}), json!([])] {
            post(account.admin, "unknown", body).await.assert_problem(422);
        }
        assert_eq!(items(&account.state().await, "contacts").len(), 1);
    });
}

#[test]
fn whom_the_person_chooses_on_the_card_gets_the_call_by_the_same_rules() {
    flow(async {
        let account = ready(people()).await;
        let olga = account.users[2];
        let seeded = account
            .seed(json!({
                "contacts": [person("Otto Klein", &number(1), account.admin), person("Nora Klein", &number(1), olga)],
                "leads": [lead("Roof", 1200, olga)],
            }))
            .await;
        let otto = &seeded["contacts"][0];
        let mut tab = Live::open(&account, olga).await;
        ring(&account, "c", 1, "103").await;
        let card = card_of(&account, &mut tab, "c", "known").await;
        assert_eq!(card["caller"]["contact"]["name"], "Nora Klein", "her own");
        assert_eq!(card["caller"]["others"][0]["id"], *otto);
        let put = async |entity: Value| say(&account, olga, Method::PUT, "c", "entity", entity).await;
        for (body, status) in [
            (json!({"type": "contacts", "id": 0}), 422),
            (json!({"type": "contacts", "id": 999_999_999}), 422),
            (json!({"type": "tasks", "id": 1}), 422),
            (json!({}), 422),
        ] {
            put(body).await.assert_problem(status);
        }
        let chosen = put(json!({"type": "contacts", "id": otto})).await;
        assert_eq!(chosen.status, 200, "{}", chosen.text);
        let roof = &seeded["leads"][0];
        let is_otto = |frame: &Value| frame["caller"]["contact"]["name"] == "Otto Klein";
        let card = tab.until("the chosen one", is_otto).await;
        assert_eq!((&card["caller"]["lead"]["id"], &card["caller"]["others"][0]["name"]), (roof, &json!("Nora Klein")));
        let mut reports = talk("c", &number(1));
        reports.iter_mut().for_each(|report| report["extension"] = json!("103"));
        account.report(reports).await;
        let state = account.settled().await;
        assert_eq!(the_note(&state, "c")["entity_id"], *roof, "his only open lead takes it");
    });
}

#[test]
fn a_card_that_kommo_would_not_show_cannot_be_chosen() {
    flow(async {
        let account = ready(people()).await;
        let (modest, olga) = (account.users[1], account.users[2]);
        let seeded = account
            .seed(json!({
                "contacts": [person("Nora Klein", &number(1), olga)],
                "leads": [lead("Secret merger", 1, olga), lead("Other", 1, olga)],
            }))
            .await;
        ring(&account, "c", 1, "102").await;
        let put = async |entity: Value| say(&account, modest, Method::PUT, "c", "entity", entity).await;
        put(json!({"type": "leads", "id": seeded["leads"][0]})).await.assert_problem(403);
        let contact = put(json!({"type": "contacts", "id": seeded["contacts"][0]})).await;
        assert_eq!(contact.status, 200, "{}", contact.text);
        assert!(!contact.text.contains("Secret"), "{}", contact.text);
    });
}
