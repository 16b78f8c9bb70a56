//! Kommo's account webhooks: they say that something may have changed, and are believed in nothing else.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use futures_util::future::join;
use reqwest::Method;
use serde_json::{Value, json};

use crate::{
    account::{Account, assert_paced, event, items, number, person, talk, the_note},
    live::Live,
    stack::{Stack, flow, reply, shared},
};

/// The address Kommo was given.
async fn destination(account: &Account) -> String {
    let is_there = |state: &Value| !items(state, "webhooks").is_empty();
    let state = account.state_when("the account webhook", is_there).await;
    items(&state, "webhooks")[0]["destination"].as_str().expect("an address").to_owned()
}

/// A contact with a lead, known to us from a call; the ids of both.
async fn known(account: &Account) -> (u64, u64) {
    let owner = account.users[1];
    let lead = json!({"name": "Roof", "responsible_user_id": owner, "_embedded": {"contacts": [{"index": 0}]}});
    let made = account.seed(json!({"contacts": [person("Nora Klein", &number(1), owner)], "leads": [lead]})).await;
    account.report(talk("before", &number(1))).await;
    let state = account.settled().await;
    assert_eq!(the_note(&state, "before")["entity_id"], made["leads"][0]);
    (made["contacts"][0].as_u64().expect("an id"), made["leads"][0].as_u64().expect("an id"))
}

/// Reads of contacts, companies and leads, searches among them.
fn reads(state: &Value) -> Vec<String> {
    let is_read = |request: &&Value| {
        let path = request["path"].as_str().unwrap_or_default();
        let lists = ["/api/v4/contacts", "/api/v4/companies", "/api/v4/leads"];
        request["method"] == "GET" && lists.iter().any(|list| path.starts_with(list)) && !path.contains("pipelines")
    };
    items(state, "requests").iter().filter(is_read).map(|request| request["path"].to_string()).collect()
}

/// Does something and waits until this entity was read after it.
async fn reread(account: &Account, id: u64, change: impl Future<Output = ()>) {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).expect("a clock after 1970").as_secs_f64();
    change.await;
    let reads_it = |request: &Value| {
        request["method"] == "GET"
            && request["path"].as_str().is_some_and(|path| path.contains(&id.to_string()))
            && request["status"] != 0
            && request["at"].as_f64().is_some_and(|at| at > since)
    };
    account.state_when("the stale row to be read again", |state| items(state, "requests").iter().any(reads_it)).await;
}

#[test]
fn one_webhook_is_registered_where_the_plan_has_them_and_none_elsewhere() {
    flow(async {
        let account = Account::ready(shared().await).await;
        let address = destination(&account).await;
        let key = address.strip_prefix(&format!("{}/webhooks/kommo/", account.ends.worker)).expect("our address");
        assert!(key.len() >= 32 && !account.hook.ends_with(key), "unguessable and not the provider's: {address}");
        account.install_patiently().await;
        account.connected().await;
        account.report(talk("c", &number(1))).await;
        let state = account.settled().await;
        let hooks = items(&state, "webhooks");
        assert_eq!(hooks.len(), 1, "installed again, still one: {hooks:?}");
        for wanted in
            ["update_contact", "delete_contact", "update_company", "update_lead", "status_lead", "delete_lead"]
        {
            assert!(hooks[0]["settings"].as_array().is_some_and(|names| names.contains(&json!(wanted))), "{wanted}");
        }

        let without = Account::ready_with(shared().await, json!({"webhooksPlan": false})).await;
        without.report(talk("c", &number(1))).await;
        let state = without.settled().await;
        assert!(items(&state, "webhooks").is_empty());
        the_note(&state, "c");
    });
}

#[test]
fn what_a_person_changes_is_seen_by_the_next_call() {
    flow(async {
        let account = Account::ready(shared().await).await;
        account.set(json!({"callFeedback": false})).await;
        destination(&account).await;
        let (contact, lead) = known(&account).await;
        let user = account.users[2];
        reread(&account, lead, async {
            account.in_person(user, Method::PATCH, &format!("leads/{lead}"), json!({"status_id": 143})).await;
        })
        .await;
        account.report(talk("closed", &number(1))).await;
        let state = account.settled().await;
        assert_eq!(the_note(&state, "closed")["entity_id"], contact, "a closed lead takes no call");

        // Leads are read last, and with them the row is whole again.
        let change = json!({"name": "Nora Klein-Gross", "responsible_user_id": user});
        reread(&account, lead, async {
            account.in_person(user, Method::PATCH, &format!("contacts/{contact}"), change).await;
        })
        .await;
        let mut tab = Live::open(&account, account.users[1]).await;
        account.post(event("named", &number(1), "ringing", json!({"extension": "102"}))).await;
        let card = tab.until("a card", |frame| frame["type"] == "card" && frame["state"] == "ringing").await;
        assert_eq!(card["caller"]["contact"]["name"], "Nora Klein-Gross", "the first card has the new name");
        account.post(event("named", &number(1), "missed", json!({"extension": "102"}))).await;
        let state = account.settled().await;
        assert_eq!(items(&state, "tasks")[0]["responsible_user_id"], user, "the task is the new owner's");

        let heat_pump = json!([{"name": "Heat pump", "_embedded": {"contacts": [{"id": contact}]}}]);
        reread(&account, contact, async { account.in_person(user, Method::POST, "leads", heat_pump).await }).await;
        account.report(talk("lead", &number(1))).await;
        let state = account.settled().await;
        let made = items(&state, "leads").iter().find(|lead| lead["name"] == "Heat pump").expect("the new lead");
        assert_eq!(the_note(&state, "lead")["entity_id"], made["id"]);

        let number_gone =
            json!({"custom_fields_values": [{"field_code": "PHONE", "values": [{"value": "+14155557777"}]}]});
        reread(&account, contact, async {
            account.in_person(user, Method::PATCH, &format!("contacts/{contact}"), number_gone).await;
        })
        .await;
        account.report(talk("stranger", &number(1))).await;
        let state = account.settled().await;
        assert_eq!(items(&state, "contacts").len(), 2, "whoever gave the number away is not the caller");
    });
}

#[test]
fn our_own_writes_coming_back_are_not_read_again() {
    flow(async {
        let account = Account::ready(shared().await).await;
        destination(&account).await;
        let (held, _) = known(&account).await;
        let before = reads(&account.state().await).len();
        // Creates a contact and a lead, writes notes and a task: all of it is told back to us.
        account.report(talk("new", &number(2))).await;
        account
            .report(["ringing", "missed"].map(|status| event("miss", &number(2), status, json!({"extension": "102"}))))
            .await;
        let after = reads(&account.settled().await);
        let looked_up = after.len();
        assert!(looked_up > before);
        // An honest change afterwards is read, and nothing else is.
        reread(&account, held, async {
            let change = json!({"name": "Nora K."});
            account.in_person(account.users[2], Method::PATCH, &format!("contacts/{held}"), change).await;
        })
        .await;
        let state = account.state().await;
        let own: Vec<&Value> = items(&state, "contacts").iter().filter(|contact| contact["id"] != held).collect();
        assert_eq!(own.len(), 1);
        let own = [own[0]["id"].to_string(), items(&state, "leads")[1]["id"].to_string()];
        for path in &reads(&state)[looked_up..] {
            assert!(own.iter().all(|id| !path.contains(id.as_str())), "an echo was read again: {path}");
        }
    });
}

#[test]
fn a_forged_webhook_changes_nothing_that_a_reading_does_not_confirm() {
    flow(async {
        let account = Account::ready(shared().await).await;
        let address = destination(&account).await;
        let (contact, lead) = known(&account).await;
        let form = |pairs: &[(String, String)]| {
            let mut form = form_urlencoded::Serializer::new(String::new());
            form.extend_pairs(pairs);
            let request = account.ends.http.post(&address).header("content-type", "application/x-www-form-urlencoded");
            request.body(form.finish())
        };
        let pair = |name: String, value: &str| (name, value.to_owned());
        let forged = [
            vec![pair("leads[delete][0][id]".into(), &lead.to_string())],
            vec![
                pair("leads[status][0][id]".into(), &lead.to_string()),
                pair("leads[status][0][status_id]".into(), "143"),
                pair("leads[status][0][modified_user_id]".into(), &account.users[2].to_string()),
            ],
            vec![
                pair("contacts[delete][0][id]".into(), &contact.to_string()),
                pair("contacts[delete][0][type]".into(), "contact"),
            ],
            vec![
                pair("contacts[update][0][id]".into(), &contact.to_string()),
                pair("contacts[update][0][type]".into(), "contact"),
                pair("contacts[update][0][name]".into(), "Mallory"),
                pair("contacts[update][0][custom_fields][0][code]".into(), "PHONE"),
                pair("contacts[update][0][custom_fields][0][values][0][value]".into(), "+14155556666"),
                pair("account[id]".into(), "1"),
            ],
        ];
        for pairs in &forged {
            let answer = reply(form(pairs)).await;
            assert!((200..300).contains(&answer.status), "{}", answer.text);
        }
        account.report(talk("after", &number(1))).await;
        let state = account.settled().await;
        assert_eq!(the_note(&state, "after")["entity_id"], lead);
        assert_eq!((items(&state, "contacts").len(), items(&state, "leads").len()), (1, 1));
        assert_eq!(account.call("after").await["entity"]["name"], "Roof");
    });
}

#[test]
fn whoever_does_not_know_the_address_is_turned_away_and_nonsense_does_no_harm() {
    flow(async {
        let account = Account::ready(shared().await).await;
        let address = destination(&account).await;
        let http = &account.ends.http;
        let (start, key) = address.rsplit_once('/').expect("a key");
        let changed = format!("{}{}", &key[..key.len() - 1], if key.ends_with('A') { 'B' } else { 'A' });
        let provider_key = account.hook.rsplit('/').next().expect("a key");
        for wrong in [changed.as_str(), "x", provider_key, ""] {
            let refused = reply(http.post(format!("{start}/{wrong}")).body("leads[delete][0][id]=1")).await;
            assert!([401, 404].contains(&refused.status), "{wrong}: {} {}", refused.status, refused.text);
        }
        reply(http.get(&address)).await.assert_problem(405);
        for nonsense in [String::new(), "{".to_owned(), "%%%=%".to_owned(), "leads[update][0][id]=-1&x[".to_owned()] {
            let answer = reply(http.post(&address).body(nonsense.clone())).await;
            assert!((200..500).contains(&answer.status), "{nonsense}: {} {}", answer.status, answer.text);
        }
        let large = reply(http.post(&address).body("x".repeat(1024 * 1024))).await;
        assert!((200..500).contains(&large.status), "{}", large.status);
        // The key opens nothing else.
        let as_provider = Account { hook: account.hook.replace(provider_key, key), ..account.clone() };
        let taken = reply(as_provider.delivery("msg_other_key", &talk("c", &number(1))[0].to_string())).await;
        assert!([401, 404].contains(&taken.status), "{}", taken.status);
        account.report(talk("c", &number(1))).await;
        the_note(&account.settled().await, "c");
    });
}

const FOREIGN: usize = 500;
const AT_ONCE: usize = 50;

#[test]
fn five_hundred_changes_of_people_who_never_called_hold_up_no_call() {
    flow(async {
        let stack = Stack::with(json!({"searchLag": 120})).await;
        let account = Account::ready(&stack).await;
        destination(&account).await;
        known(&account).await;
        let strangers: Vec<Value> = (0..FOREIGN)
            .map(|at| person(&format!("Stranger {at}"), &format!("+1212555{at:04}"), account.users[2]))
            .collect();
        let mut ids = Vec::new();
        for some in strangers.chunks(AT_ONCE) {
            let made = account.seed(json!({"contacts": some})).await;
            ids.extend(made["contacts"].as_array().expect("ids").clone());
        }
        let before = account.state().await;
        let started = Instant::now();
        let flood = async {
            for (turn, some) in ids.chunks(AT_ONCE).enumerate() {
                let changes: Vec<Value> =
                    some.iter().map(|id| json!({"id": id, "name": format!("Changed {turn}")})).collect();
                account.in_person(account.users[2], Method::PATCH, "contacts", json!(changes)).await;
                // One batch a second: ten seconds in all.
                tokio::time::sleep_until((started + Duration::from_secs(turn as u64 + 1)).into()).await;
            }
        };
        let calls = async {
            let mut slowest = Duration::ZERO;
            for at in 0..3 {
                let call = format!("call-{at}");
                let number = if at == 1 { number(1) } else { number(50 + at) };
                account.report(talk(&call, &number)).await;
                let ended = Instant::now();
                account
                    .state_when("the call's note", |state| {
                        items(state, "notes").iter().any(|note| note["params"]["uniq"] == json!(call))
                    })
                    .await;
                slowest = slowest.max(ended.elapsed());
            }
            slowest
        };
        let ((), slowest) = join(flood, calls).await;
        assert!(slowest < Duration::from_secs(5), "a call took {slowest:?}");
        let state = account.settled().await;
        assert_paced(&state);
        assert_eq!(items(&state, "webhooks")[0]["disabled"], false, "every delivery was answered in time");
        let strangers_read = reads(&state)[reads(&before).len()..]
            .iter()
            .filter(|path| ids.iter().any(|id| path.contains(&id.to_string())))
            .count();
        assert_eq!(strangers_read, 0, "nobody we do not hold is read");
    });
}
