//! An account's data is in its administrator's hands: one number can be erased, and everything can be taken away.

use reqwest::Method;
use serde_json::{Value, json};

use crate::{
    account::{Account, PATIENCE, event, number, talk, the_note},
    stack::{Reply, flow, reply, shared},
};

async fn erase(account: &Account, user: u64, number: &str) -> Reply {
    account.api(user, Method::DELETE, &format!("/numbers/{number}"), None).await
}

/// Everything the account's object holds, as its administrator can take it away.
async fn everything(account: &Account) -> Reply {
    let all = account.get("/export").await;
    assert_eq!(all.status, 200, "{}\n{}", all.text, account.ends.log());
    all
}

#[test]
fn an_erased_number_is_nowhere_any_more_and_does_not_come_back() {
    flow(async {
        let account = Account::ready(shared().await).await;
        let (gone, kept) = (number(1), number(2));
        account.report(talk("gone", &gone)).await;
        account.report(talk("kept", &kept)).await;
        account.settled().await;
        // A refusal that names the number, and a call list that holds it.
        let contact = account.seed_contact("Nora Klein", &gone, account.admin).await;
        let added = json!({"entities": [{"type": "contacts", "id": contact}]});
        let listed = account.api(account.admin, Method::POST, "/call-list", Some(added)).await;
        assert!(listed.status < 500, "{}", listed.text);
        assert!(everything(&account).await.text.contains(&gone[1..]));

        let receipt = erase(&account, account.admin, &gone).await;
        assert_eq!(receipt.status, 200, "{}", receipt.text);
        let erased = &receipt.body["erased"];
        assert_eq!(
            (&erased["calls"], &erased["callsNotInKommo"], &erased["people"]),
            (&json!(1), &json!(0), &json!(1))
        );
        assert!(erased["traceSteps"].as_u64() > Some(0) && erased["actions"].as_u64() > Some(0), "{}", receipt.text);
        assert!(receipt.body["reference"].as_str().is_some_and(|reference| !reference.is_empty()));
        assert!(receipt.body["erasedAt"].as_i64() > Some(0));
        assert!(receipt.body["notErased"].to_string().contains("in Kommo itself are not deleted"), "{}", receipt.text);
        assert!(!receipt.text.contains(&gone[1..]), "{}", receipt.text);

        let left = everything(&account).await.text;
        assert!(!left.contains(&gone[1..]) && left.contains(&kept), "{left}");
        // The provider tells of the call once more.
        account.report(talk("gone", &gone)).await;
        assert!(!everything(&account).await.text.contains(&gone[1..]));
        let state = account.settled().await;
        the_note(&state, "gone");
        the_note(&state, "kept");

        let again = erase(&account, account.admin, &gone).await;
        assert_eq!(again.status, 200, "{}", again.text);
        assert!(again.body["erased"].as_object().expect("counts").values().all(|count| *count == 0), "{}", again.text);

        // Whoever calls again is somebody new to us, and known to Kommo.
        account.report(talk("anew", &gone)).await;
        the_note(&account.settled().await, "anew");
    });
}

#[test]
fn what_is_under_way_is_not_erased() {
    flow(async {
        let account = Account::ready(shared().await).await;
        let caller = number(1);
        account.post(event("c", &caller, "ringing", json!({"extension": "102"}))).await;
        erase(&account, account.admin, &caller).await.assert_problem(409);
        account.report(talk("c", &caller)).await;
        // Kommo takes the note and its answer is lost: until that is settled it must not be forgotten.
        account.settled().await;
        account.fault(json!({"path": "/api/v4/leads/notes", "method": "POST", "kind": "drop_after", "times": 1})).await;
        account
            .fault(json!({"path": "/api/v4/contacts/notes", "method": "POST", "kind": "drop_after", "times": 1}))
            .await;
        account.fault(json!({"path": "/api/v4/leads", "method": "POST", "kind": "drop_after", "times": 1})).await;
        account.report(talk("d", &caller)).await;
        account
            .ends
            .until("a write whose answer is lost", PATIENCE, async || {
                let actions = account.get("/diagnostics").await;
                let is_uncertain = actions.body["actions"].to_string().contains("\"sending\"");
                if is_uncertain { Ok(()) } else { Err(actions.text) }
            })
            .await;
        erase(&account, account.admin, &caller).await.assert_problem(409);
        let state = account.settled().await;
        the_note(&state, "d");
        assert_eq!(erase(&account, account.admin, &caller).await.body["erased"]["calls"], 2);
    });
}

#[test]
fn only_an_administrator_of_the_account_erases_and_takes_away() {
    flow(async {
        let stack = shared().await;
        let (account, other) = (Account::ready(stack).await, Account::ready(stack).await);
        let caller = number(1);
        account.report(talk("c", &caller)).await;
        account.settled().await;
        let manager = account.users[1];
        erase(&account, manager, &caller).await.assert_problem(403);
        account.api(manager, Method::GET, "/export", None).await.assert_problem(403);
        // Another account's administrator erases and sees only what is their own.
        assert_eq!(erase(&other, other.admin, &caller).await.body["erased"]["calls"], 0);
        assert!(!everything(&other).await.text.contains(&caller));
        for (method, path) in [(Method::DELETE, format!("/numbers/{caller}")), (Method::GET, "/export".to_owned())] {
            reply(account.request(method.clone(), &path, "forged")).await.assert_problem(401);
            let fresh = Account::new(stack, json!({})).await;
            fresh.api(fresh.admin, method, &path, None).await.assert_problem(409);
        }
        for malformed in
            ["x", "+", "+49", "14155550001", "+0123456", "+4915555x", "%00", "+1234567890123456", "+1415%2F"]
        {
            erase(&account, account.admin, malformed).await.assert_problem(422);
        }
        let failures = account.get("/diagnostics").await.body["failures"].to_string();
        assert!(!failures.contains("1234567890123456"), "{failures}");
        the_note(&account.state().await, "c");
        assert_eq!(erase(&account, account.admin, &caller.replace('+', "%2B")).await.body["erased"]["calls"], 1);
    });
}

#[test]
fn an_export_holds_everything_but_secrets() {
    flow(async {
        let account = Account::ready(shared().await).await;
        account.set(json!({"openCard": true})).await;
        for call in 0..55 {
            account.post(event(&format!("many{call}"), &number(1), "missed", json!({"extension": "102"}))).await;
        }
        account.report(talk("c", &number(2))).await;
        account.settled().await;
        let all = everything(&account).await;
        assert_eq!(all.header("content-type"), "application/json");
        assert!(all.header("content-disposition").starts_with("attachment; filename=\"kommo-voip-"));
        assert_eq!(all.body["settings"]["openCard"], true);
        assert_eq!(all.body["account"]["id"], account.id);
        assert_eq!(all.body["connections"][0]["provider"], "generic");
        assert_eq!(all.body["lines"].as_array().map(Vec::len), Some(account.users.len()));
        let calls = all.body["calls"].as_array().expect("calls");
        assert_eq!(calls.len(), 56, "more than one page");
        let call = calls.iter().find(|call| call["callId"] == "c").expect("the call");
        assert_eq!(
            (&call["from"], &call["duration"], &call["recorded"]),
            (&json!(number(2)), &json!(30), &json!(false))
        );
        assert!(call["trace"].as_array().is_some_and(|steps| steps.len() > 2), "{call}");
        let has = |part: &str, text: &str| all.body[part].to_string().contains(text);
        assert!(has("people", &number(2)) && has("outbox", "\"done\""));
        assert!(["callLists", "lateRecordings", "failures"].iter().all(|part| all.body[part] != Value::Null));
        let hook_key = account.hook.rsplit('/').next().expect("a key");
        for secret in [account.secret.trim_start_matches("whsec_"), hook_key, "eyJ", "v1.test1."] {
            assert!(!all.text.contains(secret), "{secret}");
        }
    });
}
