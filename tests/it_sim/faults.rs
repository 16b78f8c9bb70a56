//! Faults break what they are told to break, and only that often.

use std::time::Duration;

use reqwest::Method;
use serde_json::json;

use crate::support::{contact, reply, world};

#[tokio::test]
async fn drop_after_lets_the_write_happen_and_loses_the_answer() {
    let world = world().await;
    let account = world.account().await;
    world.control("faults", json!({"path": "/api/v4/contacts", "method": "POST", "kind": "drop_after"})).await;
    let body = json!([contact("Ada", "+49305550100")]);
    let lost = world.request(&account, Method::POST, "/api/v4/contacts").json(&body).send().await;
    assert!(lost.is_err(), "a broken connection, no status");
    let state = world.state(&account).await;
    assert_eq!(state["contacts"].as_array().unwrap().len(), 1);
    let last = state["requests"].as_array().unwrap().last().unwrap().clone();
    assert_eq!((&last["dropped"], &last["status"]), (&json!(true), &json!(200)));
    assert_eq!(world.post(&account, "/api/v4/contacts", body).await.status, 200, "once means once");
}

#[tokio::test]
async fn drop_before_cuts_the_connection_and_nothing_happens() {
    let world = world().await;
    let account = world.account().await;
    let fault = json!({"path": "/api/v4/", "kind": "drop_before", "times": 2, "account": account.id});
    world.control("faults", fault).await;
    for _ in 0..2 {
        let body = json!([contact("Ada", "+49305550100")]);
        let lost = world.request(&account, Method::POST, "/api/v4/contacts").json(&body).send().await;
        assert!(lost.is_err());
    }
    assert_eq!(world.state(&account).await["contacts"], json!([]));
    assert_eq!(world.get(&account, "/api/v4/account").await.status, 200);
}

#[tokio::test]
async fn statuses_html_and_delays_as_told() {
    let world = world().await;
    let account = world.account().await;
    let faults = json!([
        {"path": "/api/v4/account", "kind": "status", "status": 503},
        {"path": "/api/v4/account", "kind": "status", "status": 429},
        {"path": "/api/v4/account", "kind": "html"},
        {"path": "/api/v4/account", "kind": "delay", "ms": 60_000},
    ]);
    assert!(world.control("faults", faults).await["faults"][3]["ms"].is_u64());
    assert_eq!(world.get(&account, "/api/v4/account").await.status, 503);
    let busy = world.get(&account, "/api/v4/account").await;
    assert_eq!((busy.status, &busy.body["retry_after"]), (429, &json!(1)));
    let blocked = world.get(&account, "/api/v4/account").await;
    assert_eq!((blocked.status, blocked.content_type.starts_with("text/html")), (403, true));
    let late = world.request(&account, Method::GET, "/api/v4/account").timeout(Duration::from_millis(50)).send().await;
    assert!(late.unwrap_err().is_timeout());
    assert_eq!(world.get(&account, "/api/v4/account").await.status, 200);
}

#[tokio::test]
async fn a_fault_lets_as_many_requests_pass_as_it_was_told() {
    let world = world().await;
    let account = world.account().await;
    world.control("faults", json!([{"path": "/api/v4/account", "kind": "status", "skip": 1}])).await;
    for status in [200, 503, 200] {
        assert_eq!(world.get(&account, "/api/v4/account").await.status, status);
    }
}

#[tokio::test]
async fn garbled_answers_and_ended_tokens_as_told() {
    let world = world().await;
    let account = world.account().await;
    let contacts = "/api/v4/contacts";
    let faults = ["cut_json", "wrong_json"].map(|kind| json!({"path": contacts, "kind": kind}));
    world.control("faults", json!(faults)).await;
    let cut = world.post(&account, contacts, json!([contact("Ada", "+49305550100")])).await;
    assert_eq!((cut.status, &cut.body), (200, &json!(null)));
    let wrong = world.get(&account, contacts).await;
    assert_eq!((wrong.status, &wrong.body), (200, &json!({"status": "ok"})));
    assert_eq!(world.state(&account).await["contacts"].as_array().unwrap().len(), 1, "the write took effect");
    world.control("faults", json!([{"path": "/api/v4/account", "kind": "expire"}])).await;
    for _ in 0..2 {
        assert_eq!(world.get(&account, "/api/v4/account").await.status, 401);
    }
}

#[tokio::test]
async fn a_held_request_takes_effect_when_it_is_told_to_although_its_client_is_gone() {
    let world = world().await;
    let account = world.account().await;
    for (effect, found) in [(false, 0), (true, 1)] {
        world.control("faults", json!([{"path": "/api/v4/contacts", "kind": "hold"}])).await;
        let body = json!([contact("Ada", "+49305550100")]);
        let request = world.request(&account, Method::POST, "/api/v4/contacts").json(&body);
        let gone = request.timeout(Duration::from_millis(200)).send().await;
        assert!(gone.unwrap_err().is_timeout());
        let released = world.control("release", json!({"account": account.id, "effect": effect})).await;
        assert_eq!(released["released"], 1);
        let mut contacts = world.state(&account).await["contacts"].as_array().unwrap().len();
        while contacts < found {
            contacts = world.state(&account).await["contacts"].as_array().unwrap().len();
        }
        assert_eq!(contacts, found);
    }
}

#[tokio::test]
async fn a_fault_may_wait_for_how_a_path_ends() {
    let world = world().await;
    let account = world.account().await;
    world.control("faults", json!([{"path": "/api/v4/leads/", "ends": "/statuses", "kind": "status"}])).await;
    let pipelines = world.get(&account, "/api/v4/leads/pipelines").await;
    assert_eq!(pipelines.status, 200);
    let id = &pipelines.body["_embedded"]["pipelines"][0]["id"];
    let path = format!("/api/v4/leads/pipelines/{id}/statuses");
    assert_eq!(world.get(&account, &path).await.status, 503);
    assert_eq!(world.get(&account, &path).await.status, 200);
}

#[tokio::test]
async fn what_was_in_a_removed_pipeline_moves_to_the_main_one() {
    let world = world().await;
    let account = world.account().await;
    let pipelines = world.get(&account, "/api/v4/leads/pipelines").await.body["_embedded"]["pipelines"].clone();
    let lead = json!({"name": "Roof", "pipeline_id": pipelines[1]["id"]});
    let made = world.control("entities", json!({"account": account.id, "leads": [lead]})).await;
    world.control("pipelines", json!({"account": account.id, "pipelineId": pipelines[1]["id"], "remove": true})).await;
    let left = world.get(&account, "/api/v4/leads/pipelines").await.body["_embedded"]["pipelines"].clone();
    assert_eq!(left.as_array().unwrap().len(), 1);
    let lead = world.get(&account, &format!("/api/v4/leads/{}", made["leads"][0])).await.body;
    assert_eq!(lead["pipeline_id"], pipelines[0]["id"]);
    let new = json!([{"name": "Roof", "pipeline_id": pipelines[1]["id"]}]);
    assert_eq!(world.post(&account, "/api/v4/leads", new).await.status, 400);
}

#[tokio::test]
async fn an_unknown_switch_or_fault_is_refused() {
    let world = world().await;
    for (path, body) in [("switches", json!({"serchLag": 1})), ("faults", json!([{"path": "/", "kind": "explode"}]))] {
        let answer = reply(world.http.post(world.url(&format!("/_sim/{path}"))).json(&body)).await;
        assert_eq!(answer.status, 400, "{path}");
        assert!(answer.body["detail"].as_str().unwrap().contains("searchLag") || path == "faults");
    }
    assert_eq!(reply(world.http.get(world.url("/_sim/state"))).await.status, 400);
}
