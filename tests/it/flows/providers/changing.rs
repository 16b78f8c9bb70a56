//! A provider that was replaced is heard until the administrator forgets it.

use reqwest::Method;
use serde_json::json;

use crate::{
    account::{Account, COMPANY, items, number, the_note},
    provider::line,
    stack::{flow, reply, shared},
};

#[test]
fn late_events_and_recordings_of_the_former_provider_count_until_it_is_removed() {
    flow(async {
        let mut account = Account::ready_at(shared().await, "twilio").await;
        account.seed_contact("Known", &number(1), account.users[0]).await;
        let own = line("twilio", 1);
        account
            .acted("twilio", json!({"kind": "ring", "callId": "c", "from": number(1), "to": COMPANY, "lines": [own]}))
            .await;
        account.acted("twilio", json!({"kind": "answer", "callId": "c"})).await;
        let former_hook = account.hook.clone();

        account.connect("zadarma").await;
        assert_ne!(account.hook, former_hook);
        let voip = account.get("/voip").await;
        assert_eq!(voip.body["former"][0]["provider"], "twilio", "{}", voip.text);
        account.acted("twilio", json!({"kind": "hangup", "callId": "c", "duration": 44})).await;
        let id = account.provider_id("twilio", "c").await;
        let state = account.settled().await;
        let note = the_note(&state, &id);
        assert_eq!(note["params"]["duration"], 44);
        assert_eq!(note["params"]["call_responsible"], account.users[1], "the former lines are still whose they were");
        account.acted("twilio", json!({"kind": "recording", "callId": "c"})).await;
        let state = account
            .state_when("the link", |state| items(state, "notes").iter().any(|note| note["params"]["link"].is_string()))
            .await;
        let link = the_note(&state, &id)["params"]["link"].as_str().expect("a link").to_owned();
        assert_eq!(account.ends.http.get(&link).send().await.expect("an answer").status(), 200);
        // The new one works beside it.
        account.talk_at("zadarma", "new", &number(2), 1, 12).await;
        let state = account.settled().await;
        assert_eq!(the_note(&state, &account.provider_id("zadarma", "new").await)["params"]["duration"], 12);

        let former = voip.body["former"][0]["id"].as_str().expect("an id").to_owned();
        let gone = account.api(account.admin, Method::DELETE, &format!("/voip/former/{former}"), None).await;
        assert_eq!(gone.status, 200, "{}", gone.text);
        assert!(gone.body.get("former").is_none_or(|former| *former == json!([])), "{}", gone.text);
        let late = account.act("twilio", json!({"kind": "recording", "callId": "c"})).await;
        assert_eq!(late[0]["status"], 404, "{late:?}");
        assert_eq!(reply(account.ends.http.get(&link)).await.status, 404);
    });
}
