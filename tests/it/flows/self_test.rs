//! A test call goes through the whole chain and leaves nothing: not in Kommo, not in the journal, not for a real call.

use reqwest::Method;
use serde_json::{Value, json};

use crate::{
    account::{Account, event, items, number, person, talk},
    live::Live,
    provider::PROVIDERS,
    stack::{Reply, Stack, flow, shared, try_reply},
};

/// Runs the self-test as the administrator, whose one tab confirms the card; gives the answer and the card's message.
async fn run(account: &Account, tab: &mut Live, from: Option<&str>) -> (Value, Value) {
    let body = from.map_or(json!({}), |from| json!({"from": from}));
    let asked = account.api(account.admin, Method::POST, "/self-test", Some(body));
    let confirmed = async {
        let card = tab.until("the test card", |frame| frame["type"] == "selfTest").await;
        tab.send(json!({"type": "selfTestShown", "id": card["id"]})).await;
        card
    };
    let (reply, card): (Reply, Value) = futures_util::future::join(asked, confirmed).await;
    assert_eq!(reply.status, 200, "{}\n{}", reply.text, account.ends.log());
    (reply.body, card)
}

fn hop<'v>(tested: &'v Value, name: &str) -> &'v Value {
    let hops = items(tested, "hops");
    hops.iter().find(|hop| hop["hop"] == name).unwrap_or_else(|| panic!("no hop {name} in {tested:#}"))
}

/// Requests that could have changed something.
fn writes(state: &Value) -> Vec<Value> {
    items(state, "requests").iter().filter(|request| request["method"] != "GET").cloned().collect()
}

const LISTS: [&str; 6] = ["contacts", "companies", "leads", "notes", "tasks", "unsorted"];

fn assert_untouched(before: &Value, after: &Value, who: &str) {
    assert_eq!(writes(after), writes(before), "{who}: the test wrote to Kommo");
    for list in LISTS {
        assert_eq!(after[list], before[list], "{who}: {list}");
    }
}

async fn passes(account: Account, provider: &str) {
    let mut tab = Live::open(&account, account.admin).await;
    let before = account.state().await;
    let (tested, card) = run(&account, &mut tab, None).await;
    assert_eq!(tested["ok"], true, "{provider}: {tested:#}");
    assert_eq!(tested["provider"], provider);
    let hops: Vec<&str> = items(&tested, "hops").iter().map(|hop| hop["hop"].as_str().unwrap()).collect();
    assert_eq!(hops, ["address", "signature", "kommo", "intake", "rules", "card"], "{provider}");
    let signed = if provider == "telnyx" { "skipped" } else { "passed" };
    assert_eq!(hop(&tested, "signature")["state"], signed, "{provider}");
    for one in items(&tested, "hops") {
        assert!(one["ms"].as_i64().is_some_and(|ms| (0..20_000).contains(&ms)), "{provider}: {one}");
    }
    assert_eq!((&card["card"]["caller"]["kind"], &card["card"]["state"]), (&json!("unknown"), &json!("ringing")));
    let would = |end: &str| tested[end].to_string().to_lowercase();
    assert!(would("talked").contains("contact") && would("talked").contains("note"), "{provider}: {tested:#}");
    assert!(would("missed").contains("task") || would("missed").contains("note"), "{provider}: {tested:#}");
    // Nothing of it is anywhere.
    assert_untouched(&before, &account.state().await, provider);
    let (calls, diagnostics) = (account.get("/calls").await, account.get("/diagnostics").await);
    assert_eq!(calls.body["calls"], json!([]), "{provider}");
    assert_eq!(
        (&diagnostics.body["lastEventAt"], &diagnostics.body["actions"]),
        (&json!(null), &json!([])),
        "{provider}"
    );
}

#[test]
fn a_test_call_in_the_generic_way_shows_its_card_and_writes_nothing() {
    flow(async {
        passes(Account::ready(shared().await).await, "generic").await;
    });
}

#[test]
fn a_test_call_in_each_clouds_way_shows_its_card_and_writes_nothing() {
    flow(async {
        Account::at_each(shared().await, &PROVIDERS, passes).await;
    });
}

#[test]
fn a_known_caller_is_shown_by_name_and_a_real_call_is_not_disturbed() {
    flow(async {
        let account = Account::ready(shared().await).await;
        let lead = json!({"name": "Solar roof", "price": 5, "_embedded": {"contacts": [{"index": 0}]}});
        account.seed(json!({"contacts": [person("Nora Klein", &number(1), account.admin)], "leads": [lead]})).await;
        let mut tab = Live::open(&account, account.admin).await;
        let before = account.state().await;
        let (tested, card) = run(&account, &mut tab, Some(&number(1))).await;
        assert_eq!(tested["ok"], true, "{tested:#}");
        assert_eq!(card["card"]["caller"]["contact"]["name"], "Nora Klein", "{card:#}");
        assert_eq!(card["card"]["extension"], "101", "it rings on the administrator's own line");
        let talked = tested["talked"].to_string().to_lowercase();
        assert!(talked.contains("note") && !talked.contains("create"), "{tested:#}");
        assert_untouched(&before, &account.state().await, "a known caller");

        // The same caller really calls, before, during and after tests: one note, as ever.
        account.report(talk("real", &number(1))).await;
        run(&account, &mut tab, Some(&number(1))).await;
        let state = account.settled().await;
        assert_eq!(items(&state, "notes").len(), 1, "{state:#}");
        assert_eq!(items(&account.get("/calls").await.body, "calls").len(), 1);
    });
}

#[test]
fn only_an_administrator_tests_and_only_with_a_number_and_a_provider() {
    flow(async {
        let account = Account::ready(shared().await).await;
        let test = async |user: u64, body: Value| account.api(user, Method::POST, "/self-test", Some(body)).await;
        test(account.users[1], json!({})).await.assert_problem(403);
        for wrong in [json!({"from": "nobody"}), json!({"from": 5}), json!({"to": number(1)})] {
            test(account.admin, wrong).await.assert_problem(422);
        }
        let bare = Account::new(shared().await, json!({})).await;
        bare.install_patiently().await;
        bare.connected().await;
        bare.api(bare.admin, Method::POST, "/self-test", Some(json!({}))).await.assert_problem(409);
    });
}

#[test]
fn without_a_tab_the_hop_that_failed_says_what_to_do_and_strangers_cannot_confirm() {
    flow(async {
        let account = Account::ready(shared().await).await;
        let test = || account.api(account.admin, Method::POST, "/self-test", Some(json!({})));
        let tested = test().await.body;
        assert_eq!((&tested["ok"], &hop(&tested, "card")["state"]), (&json!(false), &json!("failed")), "{tested:#}");
        assert!(hop(&tested, "card")["text"].as_str().is_some_and(|text| text.contains("reload")), "{tested:#}");
        assert_eq!(hop(&tested, "rules")["state"], "passed", "what came before is told");

        // A tab that shows nothing confirms nothing, and another person's word does not count.
        let mut tab = Live::open(&account, account.admin).await;
        let mut other = Live::open(&account, account.users[1]).await;
        let stranger = async {
            let card = tab.until("the test card", |frame| frame["type"] == "selfTest").await;
            other.send(json!({"type": "selfTestShown", "id": card["id"]})).await;
        };
        let (reply, ()) = futures_util::future::join(test(), stranger).await;
        assert_eq!(hop(&reply.body, "card")["state"], "failed", "{}", reply.text);
    });
}

#[test]
fn a_kill_amid_a_test_leaves_nothing_behind() {
    flow(async {
        let mut stack = Stack::with(json!({})).await;
        let account = Account::ready(&stack).await;
        let mut tab = Live::open(&account, account.admin).await;
        let before = account.state().await;
        let token = account.token(account.admin).await;
        let test = try_reply(account.request(Method::POST, "/self-test", &token).json(&json!({})));
        let killed = async {
            // The card is shown, and the server waits to hear so.
            tab.until("the test card", |frame| frame["type"] == "selfTest").await;
            stack.kill();
        };
        let (answer, ()) = futures_util::future::join(test, killed).await;
        assert!(answer.is_err(), "{:?}", answer.map(|reply| reply.text));
        stack.start_again().await;
        let diagnostics = account.get("/diagnostics").await;
        assert_eq!((&diagnostics.body["lastEventAt"], &diagnostics.body["actions"]), (&json!(null), &json!([])));
        assert_eq!(account.get("/calls").await.body["calls"], json!([]));
        assert_untouched(&before, &account.state().await, "a kill");
    });
}

#[test]
fn a_delivery_that_calls_itself_a_test_is_a_call_like_any_other() {
    flow(async {
        let account = Account::ready(shared().await).await;
        let mut ringing = event("selftest1234", &number(1), "ringing", json!({"extension": "102"}));
        ringing["voipAccountId"] = json!("self-test");
        account.post(ringing).await;
        account.post(event("selftest1234", &number(1), "completed", json!({"extension": "102", "duration": 30}))).await;
        assert_eq!(items(&account.settled().await, "notes").len(), 1, "no word of a provider suppresses a call");
    });
}
