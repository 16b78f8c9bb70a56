//! Saving settings changes what was meant to change, and nothing else.

use reqwest::Method;
use serde_json::{Value, json};

use crate::{
    account::{Account, event, items, now, number, talk, the_note},
    live::Live,
    stack::{flow, reply, shared},
};

#[test]
fn toggling_the_ring_sound_keeps_the_providers_secret_working() {
    flow(async {
        let account = Account::ready(shared().await).await;
        let voip = account.get("/voip").await.body;
        let mut settings = account.get("/settings").await.body;
        settings["ringSound"] = json!(false);
        account.set(settings.clone()).await;
        assert_eq!(account.get("/settings").await.body, settings);
        assert_eq!(account.get("/voip").await.body, voip);
        account.report(talk("c", &number(1))).await;
        the_note(&account.settled().await, "c");
    });
}

#[test]
fn saving_the_provider_without_credentials_changes_nothing() {
    flow(async {
        let account = Account::ready(shared().await).await;
        let before = account.get("/voip").await;
        let etag = account.get("/settings").await.header("etag").to_owned();
        for body in
            [json!({"provider": "generic"}), json!({"provider": "generic", "credentials": {"scheme": "standard"}})]
        {
            let saved = account.put("/voip", body).await;
            assert_eq!(saved.status, 200, "{}", saved.text);
            assert_eq!(saved.body["secret"], Value::Null, "a secret is shown once");
        }
        assert_eq!(account.get("/voip").await.body, before.body);
        assert_eq!(account.get("/settings").await.header("etag"), etag);
        assert!(!before.text.contains(account.secret.trim_start_matches("whsec_")));
        account.post(talk("c", &number(1)).remove(0)).await;
    });
}

#[test]
fn a_rotated_secret_is_shown_once_and_the_old_one_still_accepted() {
    flow(async {
        let account = Account::ready(shared().await).await;
        let rotated = account.put("/voip", json!({"provider": "generic", "rotate": true})).await;
        let secret = rotated.body["secret"].as_str().expect("the new secret").to_owned();
        assert_ne!(secret, account.secret);
        assert_eq!(rotated.body["hookUrl"], account.hook);
        let renewed = Account { secret, ..account.clone() };
        let [first, second, third] = talk("c", &number(1)).try_into().expect("three reports");
        account.post(first).await;
        renewed.post(second).await;
        account.post(third).await;
        assert!(account.get("/voip").await.text.find("whsec_").is_none());
        the_note(&account.settled().await, "c");
    });
}

#[test]
fn stale_and_wrong_settings_are_refused() {
    flow(async {
        let account = Account::ready(shared().await).await;
        let read = account.get("/settings").await;
        let etag = read.header("etag").to_owned();
        let put = async |etag: &str, body: Value| {
            let request = account.request(Method::PUT, "/settings", &account.token(account.admin).await);
            reply(request.header("if-match", etag).json(&body)).await
        };
        let saved = put(&etag, json!({"openCard": true})).await;
        assert_eq!(saved.status, 200, "{}", saved.text);
        let stale = put(&etag, json!({"openCard": false})).await;
        stale.assert_problem(412);
        assert_eq!(stale.body["changedBy"], "Ada Admin", "{}", stale.text);
        assert!(stale.body["changedAt"].as_i64().is_some_and(|at| at > 0), "{}", stale.text);
        assert_eq!(account.get("/settings").await.body["openCard"], true);
        for wrong in [
            json!({"ringSoun": true}),
            json!({"missed": {"dueMinutes": 0}}),
            json!({"newLeads": {"statusId": 1}}),
            json!([]),
            json!("text"),
        ] {
            account.put("/settings", wrong).await.assert_problem(422);
        }
        for (path, wrong) in [
            ("/voip", json!({"provider": "nobody"})),
            ("/voip", json!({"provider": "generic", "credentials": {"secret": "whsec_!"}})),
            ("/voip", json!({"provider": "generic", "credentials": {"sekret": "x"}})),
            ("/active", json!({"active": "yes"})),
            ("/extensions", json!([{"extensionId": "1", "kommoUserId": 1}])),
            ("/extensions", json!({})),
        ] {
            account.put(path, wrong).await.assert_problem(422);
        }
        let twice = json!([
            {"extensionId": "7", "kommoUserId": account.users[0]}, {"extensionId": "7", "kommoUserId": account.users[1]},
        ]);
        let taken = account.put("/extensions", twice).await;
        taken.assert_problem(409);
        assert!(taken.text.contains("Ada Admin"), "{}", taken.text);
        assert_eq!(account.get("/extensions").await.body.as_array().map(Vec::len), Some(3));
        assert_eq!(account.put("/voip", json!({"provider": "generic"})).await.body["hookUrl"], account.hook);
    });
}

#[test]
fn a_provider_can_be_tried_without_being_saved() {
    flow(async {
        let mut account = Account::new(shared().await, json!({})).await;
        account.install_patiently().await;
        account.connected().await;
        let test = async |credentials: Value| {
            let body = json!({"provider": "generic", "credentials": credentials});
            account.api(account.admin, Method::POST, "/voip/test", Some(body)).await.body
        };
        assert_eq!(test(json!({})).await, json!({"ok": true}));
        let refused = test(json!({"secret": "no base64!"})).await;
        assert_eq!(refused["ok"], false);
        assert!(refused["reason"].as_str().is_some_and(|reason| !reason.is_empty()));
        let voip = account.get("/voip").await.body;
        assert_eq!((&voip["provider"], &voip["active"]), (&Value::Null, &json!(false)));
        account.put("/active", json!({"active": true})).await.assert_problem(409);
        account.connect_provider().await;
        assert_eq!(account.get("/voip").await.body["active"], true);
    });
}

#[test]
fn a_task_goes_to_whom_and_when_the_settings_say() {
    flow(async {
        Account::in_both_plans(shared().await, json!({}), async |account| {
            account.seed_contact("Nora", &number(1), account.users[1]).await;
            let colleague = account.users[2];
            let fixed = json!({"dueMinutes": 5, "text": "Ring back", "responsible": "fixed", "fixedUserId": colleague});
            account.set(json!({"missed": fixed})).await;
            account.post(event("a", &number(1), "missed", json!({}))).await;
            let state = account.settled().await;
            let task = &items(&state, "tasks")[0];
            assert_eq!((&task["text"], &task["responsible_user_id"]), (&json!("Ring back"), &json!(colleague)));
            let due = task["complete_till"].as_i64().expect("a time") - now();
            assert!((240..=300).contains(&due), "due in {due} s");
            account.set(json!({"missed": {"task": false}})).await;
            account.post(event("b", &number(1), "missed", json!({}))).await;
            assert_eq!(items(&account.settled().await, "tasks").len(), 1);
        })
        .await;
    });
}

#[test]
fn open_tabs_learn_of_changed_settings_at_once() {
    flow(async {
        let account = Account::ready(shared().await).await;
        let mut tab = Live::open(&account, account.users[1]).await;
        account.set(json!({"openCard": true})).await;
        let told = tab.until("the changed settings", |frame| frame["settings"]["openCard"] == json!(true)).await;
        assert_eq!(told["type"], "settings");
    });
}
