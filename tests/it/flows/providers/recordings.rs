//! Recordings are streamed from where they lie, with the provider's authentication, and from nowhere else.

use reqwest::Method;
use serde_json::json;

use crate::{
    account::{Account, event, items, number, the_note},
    provider::PROVIDERS,
    stack::{flow, reply, shared},
};

/// A talk that was recorded; the link in its note.
async fn recorded(account: &Account, provider: &str) -> String {
    account.talk_at(provider, "c", &number(1), 1, 30).await;
    account.settled().await;
    account.acted(provider, json!({"kind": "recording", "callId": "c"})).await;
    let id = account.provider_id(provider, "c").await;
    let state = account
        .state_when("the link", |state| {
            items(state, "notes")
                .iter()
                .any(|note| note["params"]["uniq"] == id.as_str() && note["params"]["link"].is_string())
        })
        .await;
    let link = the_note(&state, &id)["params"]["link"].as_str().expect("a link").to_owned();
    let token = link
        .strip_prefix(&format!("{}/recordings/", account.ends.worker))
        .unwrap_or_else(|| panic!("{provider}: {link}"));
    assert!(token.ends_with(".mp3") && !token.contains('/') && !token.contains('?'), "{provider}: {link}");
    link
}

#[test]
fn the_notes_link_streams_the_recording_with_ranges() {
    flow(async {
        Account::at_each(shared().await, &PROVIDERS, async |account, provider| {
            let link = recorded(&account, provider).await;
            let http = &account.ends.http;
            let desk = account.desk(provider).await;
            let size = items(&desk, "recordings")[0]["size"].as_u64().expect("a size") as usize;
            let all = http.get(&link).send().await.expect("an answer");
            assert_eq!(all.status(), 200, "{provider}\n{}", account.ends.log());
            assert_eq!(all.headers()["accept-ranges"], "bytes", "{provider}");
            assert!(all.headers()["content-type"].to_str().expect("text").starts_with("audio/"), "{provider}");
            let all = all.bytes().await.expect("bytes");
            assert_eq!((all.len(), &all[..3]), (size, &b"ID3"[..]), "{provider}");
            let part = http.get(&link).header("range", "bytes=100-299").send().await.expect("an answer");
            assert_eq!(part.status(), 206, "{provider}");
            assert_eq!(part.headers()["content-range"], format!("bytes 100-299/{size}").as_str(), "{provider}");
            assert_eq!(part.bytes().await.expect("bytes"), all.slice(100..300), "{provider}");
            let head = http.request(Method::HEAD, &link).send().await.expect("an answer");
            assert_eq!(head.status(), 200, "{provider}");
            assert!(head.bytes().await.expect("bytes").is_empty(), "{provider}");
        })
        .await;
    });
}

#[test]
fn a_pbx_of_ones_own_is_asked_only_on_the_hosts_that_were_listed() {
    flow(async {
        let mut account = Account::ready_at(shared().await, "generic").await;
        let hosts = json!({"provider": "generic", "credentials": {"scheme": "standard", "recordingHosts": ["recordings.pbx.example"]}});
        let saved = account.put("/voip", hosts).await;
        assert_eq!(saved.status, 200, "{}", saved.text);
        account.hook = saved.body["hookUrl"].as_str().expect("a hook").to_owned();
        for (call, host) in [("listed", "recordings.pbx.example"), ("unlisted", "elsewhere.example")] {
            let link = format!("https://{host}/{call}.mp3");
            let more = json!({"extension": "102", "duration": 30, "recording": link});
            account
                .report([
                    event(call, &number(1), "ringing", json!({"extension": "102"})),
                    event(call, &number(1), "completed", more),
                ])
                .await;
        }
        let state = account.settled().await;
        let link = |call: &str| the_note(&state, call)["params"]["link"].as_str().unwrap_or_default().to_owned();
        assert!(link("listed").starts_with(&account.ends.worker), "{}", link("listed"));
        let streamed = account.ends.http.get(link("listed")).send().await.expect("an answer");
        assert_eq!(streamed.status(), 200, "{}", account.ends.log());
        assert_eq!(&streamed.bytes().await.expect("bytes")[..3], b"ID3");
        if link("unlisted").starts_with(&account.ends.worker) {
            assert!(reply(account.ends.http.get(link("unlisted"))).await.status >= 400);
        }
        let asked = account.ends.look(&format!("providers?account={}", account.id)).await;
        assert!(
            items(&asked, "pbxRequests").iter().all(|request| request["host"] == "recordings.pbx.example"),
            "{asked}"
        );
        let diagnostics = account.get("/diagnostics").await;
        assert!(diagnostics.text.contains("elsewhere.example"), "{}", diagnostics.text);
    });
}
