//! Whose call it is when several have the number, and when those we knew are gone.

use serde_json::{Value, json};

use crate::{
    account::{Account, items, number, person, talk, the_note},
    live::Live,
    stack::{flow, shared},
};

fn note_lies_on(state: &Value, call: &str, kind: &str, id: &Value) {
    let note = the_note(state, call);
    assert_eq!((&note["entity_type"], &note["entity_id"]), (&json!(kind), id), "{call}");
}

#[test]
fn of_several_contacts_ones_own_goes_before_the_last_active_and_that_before_the_oldest() {
    flow(async {
        Account::in_both_plans(shared().await, json!({}), async |account| {
            let (mine, other) = (account.users[1], account.users[2]);
            // Line 102 is mine. What is older was made first and has the smaller id.
            let at = |name: &str, caller: usize, owner: u64, updated_at: i64| {
                let mut contact = person(name, &number(caller), owner);
                contact["updated_at"] = json!(updated_at);
                contact
            };
            let seeded = account
                .seed(json!({"contacts": [
                    at("Own", 1, mine, 1_700_000_000), at("Active", 1, other, 1_700_009_000),
                    at("Quiet", 2, other, 1_700_000_000), at("Active", 2, other, 1_700_009_000),
                    at("Oldest", 3, other, 1_700_000_000), at("Younger", 3, other, 1_700_000_000),
                ]}))
                .await;
            let mut tab = Live::open(&account, mine).await;
            account.set(json!({"callFeedback": false})).await;
            for (call, caller) in [("own", 1), ("active", 2), ("oldest", 3)] {
                account.report(talk(call, &number(caller))).await;
            }
            let state = account.settled().await;
            for (call, index) in [("own", 0), ("active", 3), ("oldest", 4)] {
                note_lies_on(&state, call, "contacts", &seeded["contacts"][index]);
            }
            assert_eq!(items(&state, "contacts").len(), 6);
            let card = tab
                .until("a known caller", |frame| frame["e164"] == number(1) && frame["caller"]["kind"] == "known")
                .await;
            assert_eq!(card["caller"]["contact"]["name"], "Own");
            assert_eq!(card["caller"]["others"][0]["id"], seeded["contacts"][1], "all of them are on the card");
        })
        .await;
    });
}

#[test]
fn who_was_merged_or_deleted_is_looked_up_again() {
    flow(async {
        Account::in_both_plans(shared().await, json!({}), async |account| {
            let owner = account.users[2];
            let people = json!({"contacts": [
                person("Twin", &number(1), owner), person("Other twin", "+14155557777", owner),
                person("Gone", &number(2), owner), person("Stays", &number(2), owner),
                person("Alone", &number(3), owner),
            ]});
            let seeded = account.seed(people).await;
            let id = |index: usize| seeded["contacts"][index].as_u64().expect("an id");
            for caller in 1..=3 {
                account.report(talk(&format!("before-{caller}"), &number(caller))).await;
            }
            let state = account.settled().await;
            note_lies_on(&state, "before-1", "contacts", &seeded["contacts"][0]);
            account.merge_in_person(owner, "contacts", id(0), id(1)).await;
            let kept = the_note(&state, "before-2")["entity_id"].as_u64().expect("an id");
            let left = if kept == id(2) { id(3) } else { id(2) };
            account.delete_in_person(owner, "contacts", kept).await;
            account.delete_in_person(owner, "contacts", id(4)).await;
            for caller in 1..=3 {
                account.report(talk(&format!("after-{caller}"), &number(caller))).await;
            }
            let state = account.settled().await;
            note_lies_on(&state, "after-1", "contacts", &json!(id(1)));
            note_lies_on(&state, "after-2", "contacts", &json!(left));
            let leads = items(&state, "leads");
            assert_eq!(leads.len(), 1, "whoever is nowhere any more is new");
            note_lies_on(&state, "after-3", "leads", &leads[0]["id"]);
        })
        .await;
    });
}

#[test]
fn a_lead_deleted_after_the_last_call_takes_no_further_one() {
    flow(async {
        Account::in_both_plans(shared().await, json!({}), async |account| {
            let owner = account.users[2];
            let lead = json!({"name": "Roof", "responsible_user_id": owner, "_embedded": {"contacts": [{"index": 0}]}});
            let seeded =
                account.seed(json!({"contacts": [person("Nora Klein", &number(1), owner)], "leads": [lead]})).await;
            account.report(talk("before", &number(1))).await;
            note_lies_on(&account.settled().await, "before", "leads", &seeded["leads"][0]);
            account.delete_in_person(owner, "leads", seeded["leads"][0].as_u64().expect("an id")).await;
            account.report(talk("after", &number(1))).await;
            let state = account.settled().await;
            note_lies_on(&state, "after", "contacts", &seeded["contacts"][0]);
        })
        .await;
    });
}
