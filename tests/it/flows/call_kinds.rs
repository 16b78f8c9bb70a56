//! Calls beyond the plain ones: handed over, side by side, and without a talk worth a person.

use serde_json::json;

use crate::{
    account::{Account, event, items, number, talk, the_note, with_number},
    stack::{flow, shared},
};

#[test]
fn a_transferred_call_is_one_record_credited_to_who_talked_longest() {
    flow(async {
        Account::in_both_plans(shared().await, json!({}), async |account| {
            account.seed_contact("Nora Klein", &number(1), account.admin).await;
            let on = |line: &str, status: &str| event("c", &number(1), status, json!({"extension": line}));
            let end = |line: &str, seconds: u32| {
                event("c", &number(1), "completed", json!({"extension": line, "duration": seconds}))
            };
            account.report([on("101", "ringing"), on("101", "answered"), on("103", "ringing"), end("101", 10)]).await;
            account.report([on("103", "answered"), end("103", 40)]).await;
            let state = account.settled().await;
            let note = the_note(&state, "c");
            assert_eq!(note["params"]["call_responsible"], account.users[2]);
            assert_eq!(note["params"]["duration"], 50, "both talked with the caller");
            assert_eq!((items(&state, "notes").len(), items(&state, "tasks").len()), (1, 0));
        })
        .await;
    });
}

#[test]
fn two_calls_between_the_same_numbers_at_the_same_time_are_two_records_of_one_person() {
    flow(async {
        Account::in_both_plans(shared().await, json!({}), async |account| {
            let (first, second) = (talk("first", &number(1)), talk("second", &number(1)));
            for (one, other) in first.into_iter().zip(second) {
                account.report([one, other]).await;
            }
            let state = account.settled().await;
            for call in ["first", "second"] {
                assert_eq!(the_note(&state, call)["entity_id"], items(&state, "leads")[0]["id"], "{call}");
            }
            assert_eq!(with_number(&state, "contacts", &number(1)).len(), 1);
            assert_eq!((items(&state, "leads").len(), items(&state, "notes").len()), (1, 2));
        })
        .await;
    });
}

#[test]
fn a_voicemail_is_a_miss_that_keeps_its_recording() {
    flow(async {
        Account::in_both_plans(shared().await, json!({}), async |account| {
            let contact = account.seed_contact("Nora Klein", &number(1), account.users[2]).await;
            let recording = "https://pbx.example/r/voicemail.mp3";
            let end = json!({"extension": "102", "duration": 12, "recording": recording});
            account.post(event("c", &number(1), "ringing", json!({"extension": "102"}))).await;
            account.post(event("c", &number(1), "voicemail", end)).await;
            let state = account.settled().await;
            let note = the_note(&state, "c");
            assert_eq!((&note["params"]["duration"], &note["params"]["call_status"]), (&json!(0), &json!(6)));
            assert_eq!(note["params"]["link"], recording);
            assert_eq!(items(&state, "tasks")[0]["entity_id"], contact);
            assert_eq!(account.call("c").await["status"], "voicemail");
        })
        .await;
    });
}
