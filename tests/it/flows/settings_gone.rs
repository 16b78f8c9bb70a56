//! Settings that name what is no longer there say so, and calls arrive all the same.

use serde_json::json;

use crate::{
    account::{Account, PATIENCE, event, items, now, number, talk, the_note},
    stack::{flow, reply, shared},
};

/// Pipeline and a regular stage of it: the second pipeline's last one before the closed ones.
async fn stage(account: &Account) -> (u64, u64) {
    let session = account.ends.control("session", json!({"accountId": account.id})).await;
    let request = account.ends.http.get(format!("{}/api/v4/leads/pipelines", account.ends.sim));
    let pipelines = reply(request.header("cookie", session["cookie"].as_str().expect("a cookie"))).await.body;
    let pipeline = &pipelines["_embedded"]["pipelines"][1];
    let statuses = pipeline["_embedded"]["statuses"].as_array().expect("stages");
    (pipeline["id"].as_u64().expect("an id"), statuses[2]["id"].as_u64().expect("an id"))
}

/// Waits until the diagnostics tell of so many problems, one naming this.
async fn told(account: &Account, word: &str) {
    account
        .ends
        .until(&format!("a problem with the {word}"), PATIENCE, async || {
            let diagnostics = account.get("/diagnostics").await;
            let problems = diagnostics.body["problems"].to_string().to_lowercase();
            if problems.contains(word) { Ok(()) } else { Err(diagnostics.text) }
        })
        .await;
}

#[test]
fn a_deleted_pipeline_stage_or_user_is_told_and_calls_arrive_where_they_can() {
    flow(async {
        Account::in_both_plans(shared().await, json!({}), async |account| {
            let (pipeline, status) = stage(&account).await;
            let fixed = account.users[2];
            account
                .set(json!({
                    "newLeads": {"pipelineId": pipeline, "statusId": status},
                    "missed": {"responsible": "fixed", "fixedUserId": fixed},
                }))
                .await;
            account.report(talk("before", &number(1))).await;
            let state = account.settled().await;
            assert_eq!(
                (&items(&state, "leads")[0]["pipeline_id"], &items(&state, "leads")[0]["status_id"]),
                (&json!(pipeline), &json!(status))
            );
            assert_eq!(account.get("/diagnostics").await.body["problems"], json!([]));

            account
                .ends
                .control("pipelines", json!({"accountId": account.id, "pipelineId": pipeline, "remove": true}))
                .await;
            account.ends.control("users", json!({"accountId": account.id, "userId": fixed, "remove": true})).await;
            account.report(talk("after", &number(2))).await;
            account
                .report(["ringing", "missed"].map(|how| event("miss", &number(3), how, json!({"extension": "102"}))))
                .await;
            let state = account.settled().await;
            for call in ["after", "miss"] {
                the_note(&state, call);
            }
            assert_eq!(items(&state, "tasks").len(), 1);
            assert_ne!(items(&state, "tasks")[0]["responsible_user_id"], fixed);
            told(&account, "pipeline").await;
            told(&account, "user").await;
        })
        .await;
    });
}

#[test]
fn settings_that_name_what_never_was_are_refused() {
    flow(async {
        let account = Account::ready(shared().await).await;
        let (pipeline, status) = stage(&account).await;
        let before = account.get("/settings").await.body;
        for wrong in [
            json!({"newLeads": {"pipelineId": 1}}),
            json!({"newLeads": {"pipelineId": pipeline, "statusId": 1}}),
            json!({"missed": {"responsible": "fixed", "fixedUserId": 1}}),
            json!({"missed": {"responsible": "fixed"}}),
            json!({"workingHours": {"days": [8]}}),
            json!({"workingHours": {"from": "18:00", "to": "09:00"}}),
            json!({"workingHours": {"from": "9:00"}}),
            json!({"workingHours": {"responsible": "fixed", "fixedUserId": 1}}),
        ] {
            let refused = account.put("/settings", wrong.clone()).await;
            assert_eq!(refused.status, 422, "{wrong}: {}", refused.text);
            refused.assert_problem(422);
        }
        assert_eq!(account.get("/settings").await.body, before);
        account.set(json!({"newLeads": {"pipelineId": pipeline, "statusId": status}})).await;
    });
}

#[test]
fn a_miss_outside_working_hours_waits_for_the_next_opening_and_may_be_somebody_elses() {
    flow(async {
        let account = Account::ready(shared().await).await;
        account.seed_contact("Nora Klein", &number(1), account.users[1]).await;
        // Open only on a weekday that is neither today nor tomorrow anywhere: 1970 began on a Thursday.
        let today = (now() / 86_400 + 3) % 7 + 1;
        let open = (today + 2) % 7 + 1;
        let mut hours = json!({"days": [open], "from": "09:00", "to": "10:00"});
        (hours["responsible"], hours["fixedUserId"]) = (json!("fixed"), json!(account.users[2]));
        account.set(json!({"missed": {"dueMinutes": 30}, "workingHours": hours})).await;
        account.report(["ringing", "missed"].map(|how| event("c", &number(1), how, json!({"extension": "102"})))).await;
        let state = account.settled().await;
        let task = &items(&state, "tasks")[0];
        assert_eq!(task["responsible_user_id"], account.users[2]);
        let due = task["complete_till"].as_i64().expect("a time") - now();
        assert!((86_400..6 * 86_400).contains(&due), "due in {due} s");
    });
}
