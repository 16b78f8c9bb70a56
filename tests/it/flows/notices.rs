//! Whoever is rung hears of it: in an open tab by the card, else by Kommo's own notice; a miss is said once.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::{
    account::{Account, event, items, number},
    live::Live,
    stack::{flow, shared},
};

fn rings(call: &str, number: &str, lines: &[&str]) -> Vec<Value> {
    lines.iter().map(|line| event(call, number, "ringing", json!({"extension": line}))).collect()
}

/// Whom Kommo told of this number. Nobody is told twice, and no request names nobody: Kommo may take that as everybody.
#[track_caller]
fn told(state: &Value, number: &str) -> BTreeSet<u64> {
    let mut told = BTreeSet::new();
    for notice in items(state, "notices") {
        let named = notice["posted"]["users"].as_array().unwrap_or_else(|| panic!("no users in {notice}"));
        assert!(!named.is_empty(), "an empty list of users: {notice}");
        if notice["phone_number"] == number {
            for user in named {
                assert!(told.insert(user.as_u64().expect("an id")), "told twice: {}", state["notices"]);
            }
        }
    }
    told
}

#[test]
fn kommo_tells_those_rung_who_have_no_tab_open_and_nobody_else() {
    flow(async {
        Account::in_both_plans(shared().await, json!({}), async |account| {
            let [first, second, third] = account.users[..] else { panic!("three users") };
            let extra = json!([
                {"extensionId": "101", "kommoUserId": first}, {"extensionId": "102", "kommoUserId": second},
                {"extensionId": "103", "kommoUserId": third}, {"extensionId": "104", "kommoUserId": third},
            ]);
            assert_eq!(account.put("/extensions", extra).await.status, 200);
            let tab = Live::open(&account, second).await;
            // A user with two lines, one who looks at the page, a line of nobody, and one that is not rung.
            account.report(rings("group", &number(1), &["102", "103", "104", "777"])).await;
            account.state_when("the notice", |state| told(state, &number(1)) == BTreeSet::from([third])).await;
            account.report(rings("tab", &number(2), &["102"])).await;
            account.report(rings("nobody", &number(3), &["777"])).await;
            account.report(rings("last", &number(4), &["101"])).await;
            let state =
                account.state_when("the last notice", |state| told(state, &number(4)) == BTreeSet::from([first])).await;
            assert_eq!(told(&state, &number(1)), BTreeSet::from([third]));
            for caller in [2, 3] {
                assert!(told(&state, &number(caller)).is_empty(), "{}", state["notices"]);
            }
            drop(tab);
        })
        .await;
    });
}

#[test]
fn a_miss_is_said_in_one_of_a_persons_tabs() {
    flow(async {
        Account::in_both_plans(shared().await, json!({}), async |account| {
            let (user, other) = (account.users[1], account.users[2]);
            let contact = account.seed_contact("Nora Klein", &number(1), user).await;
            let mut tabs = [Live::open(&account, user).await, Live::open(&account, user).await];
            let mut colleague = Live::open(&account, other).await;
            account.report(rings("c", &number(1), &["102", "103"])).await;
            account.post(event("c", &number(1), "missed", json!({}))).await;
            account.settled().await;
            let id = account.id_of("c").await;
            let is_notice = |frame: &Value| frame["type"] == "notice" && frame["code"] == "missed_call";
            let notice = colleague.until("the colleague's notice", is_notice).await;
            assert_eq!(notice["call"]["id"], json!(id));
            assert_eq!(
                (&notice["call"]["from"], &notice["call"]["entity"]["id"]),
                (&json!("Nora Klein"), &json!(contact))
            );
            // What comes after it in every tab.
            account.report(rings("next", &number(2), &["102"])).await;
            let next = account.id_of("next").await;
            let mut said = 0;
            for tab in &mut tabs {
                tab.until("the next card", |frame| frame["type"] == "card" && frame["id"] == json!(next)).await;
                said += tab.frames.iter().filter(|frame| is_notice(frame)).count();
            }
            assert_eq!(said, 1, "{:?}", tabs.map(|tab| tab.frames));
        })
        .await;
    });
}
