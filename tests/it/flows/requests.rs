//! What a call may cost at Kommo, as the trace says it and as Kommo counted it.

use serde_json::{Value, json};

use crate::{
    account::{Account, event, items, number, person, talk},
    live::Live,
    stack::{flow, shared},
};

/// Requests Kommo has seen, without those for tokens and for users, stages and the account itself.
fn counted(state: &Value) -> Vec<String> {
    let line = |request: &Value| format!("{} {}", request["method"], request["path"]).replace('"', "");
    let apart = ["/oauth2/", "/api/v4/users", "/api/v4/account", "/api/v4/leads/pipelines", "/api/v4/webhooks"];
    let lines = items(state, "requests").iter().map(line);
    lines.filter(|line| !apart.iter().any(|path| line.contains(path))).collect()
}

/// How often the search was asked for another written form of a number.
fn further_forms(requests: &[String]) -> usize {
    let searches = requests.iter().filter(|line| line.contains("/contacts?") && line.contains("query")).count();
    searches.saturating_sub(1)
}

/// Reports a call that ends like this, and returns what Kommo was asked for it. The trace must say the same number.
async fn cost(account: &Account, call: &str, reports: Vec<Value>) -> Vec<String> {
    let before = counted(&account.state().await).len();
    account.report(reports).await;
    let all = counted(&account.settled().await);
    let asked = all[before..].to_vec();
    let trace = account.trace(call).await;
    assert_eq!(trace["kommoRequests"], asked.len(), "{call}: {asked:#?}\n{trace:#}");
    asked
}

fn miss(call: &str, number: &str) -> Vec<Value> {
    ["ringing", "missed"].map(|status| event(call, number, status, json!({"extension": "102"}))).into()
}

/// A tab of whoever is called is open, so that Kommo need not tell them; nobody is asked for a result.
async fn ready(account: &Account) -> Live {
    account.set(json!({"callFeedback": false})).await;
    let tab = Live::open(account, account.users[1]).await;
    // The first call of an account reads its users and stages; here it is somebody else's.
    account.report(talk("first of all", &number(9999))).await;
    account.settled().await;
    tab
}

#[test]
fn an_indexed_ring_costs_nothing_a_talk_one_request_and_a_miss_two() {
    flow(async {
        Account::in_both_plans(shared().await, json!({}), async |account| {
            let mut tab = ready(&account).await;
            let firm = account.seed(json!({"companies": [{"name": "Klein GmbH"}]})).await["companies"][0].clone();
            let mut nora = person("Nora Klein", &number(1), account.users[1]);
            nora["_embedded"] = json!({"companies": [{"id": firm}]});
            let lead = json!({"name": "Roof", "_embedded": {"contacts": [{"index": 0}]}});
            account.seed(json!({"contacts": [nora], "leads": [lead]})).await;
            let known = cost(&account, "known", talk("known", &number(1))).await;
            assert!(known.len() <= 4, "known but not indexed: {known:#?}");

            let before = counted(&account.state().await);
            let mut talk = talk("indexed", &number(1));
            account.post(talk.remove(0)).await;
            let id = account.id_of("indexed").await;
            let card = tab.until("the next ring", |frame| frame["type"] == "card" && frame["id"] == json!(id)).await;
            assert_eq!(card["state"], "ringing");
            assert_eq!(card["caller"]["contact"]["name"], "Nora Klein", "the first card is complete");
            assert_eq!(card["caller"]["lead"]["name"], "Roof");
            account.state_when("the ring to cost nothing", |state| counted(state) == before).await;
            assert_eq!(account.trace("indexed").await["kommoRequests"], 0);

            let talked = cost(&account, "indexed", talk).await;
            assert_eq!(talked.len(), 1, "{talked:#?}");
            let missed = cost(&account, "missed", miss("missed", &number(1))).await;
            assert_eq!(missed.len(), 2, "a note and a task: {missed:#?}");
        })
        .await;
    });
}

#[test]
fn an_unknown_caller_costs_four_requests_and_one_for_each_further_form_a_task_and_an_acceptance() {
    flow(async {
        Account::in_both_plans(shared().await, json!({}), async |account| {
            let _tab = ready(&account).await;
            let most = |requests: &[String], more: usize| {
                let forms = further_forms(requests);
                assert!(forms <= 2 && requests.len() <= 4 + forms + more, "{requests:#?}");
            };
            most(&cost(&account, "talk", talk("talk", &number(1))).await, 0);
            most(&cost(&account, "miss", miss("miss", &number(2))).await, 1);
            let incoming = json!({"create": "incoming_lead", "accept": "manual"});
            account.set(json!({"callFeedback": false, "inboundUnknown": incoming})).await;
            most(&cost(&account, "incoming", talk("incoming", &number(3))).await, 0);
            let incoming = json!({"create": "incoming_lead", "accept": "on_answer"});
            account.set(json!({"callFeedback": false, "inboundUnknown": incoming})).await;
            most(&cost(&account, "accepted", talk("accepted", &number(4))).await, 1);
        })
        .await;
    });
}
