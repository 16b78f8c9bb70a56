//! What only our own Worker may ask of an account's object is not to be had from outside, by no spelling and with no
//! header; and what is only for a developer's machine is not there on any other.

use serde_json::json;

use super::{
    fortress::{Fortress, answer, fortress},
    matrix::INTERNAL,
    raw, tokens,
};
use crate::stack::{Stack, flow, reply};

/// A body that the internal path would take.
fn body(fortress: &Fortress, what: &str) -> String {
    let account = fortress.victim.id;
    match what {
        "grant" => json!({"accountId": account, "host": "evil.kommo.com", "accessToken": "a", "refreshToken": "r", "expiresIn": 86400, "apiDomain": null}),
        "recording" => json!({"account": account, "call": fortress.fill("{call}")}),
        "voip-oauth" => json!({"state": "x", "code": "y", "declined": false}),
        "wake" => json!({"account": account}),
        "age" => json!(400),
        _ => json!({}),
    }
    .to_string()
}

fn internal(what: &str) {
    assert!(INTERNAL.contains(&what));
    flow(async {
        let fortress = fortress().await;
        let (ends, body) = (&fortress.victim.ends, body(fortress, what));
        let post = |path: String| ends.http.post(format!("{}{path}", ends.worker)).body(body.clone());
        for prefix in ["/internal", "/account/internal", "//internal", "/api/internal", "/internal//"] {
            let request = post(format!("{prefix}/{what}"));
            fortress.refuses(tokens::boast(request, &fortress.victim), 404, "not_found").await;
        }
        let token = tokens::token(&fortress.victim, fortress.victim.users[1]);
        for path in [format!("/api/v1/internal/{what}"), format!("/api/v1/%2e%2e%2f%2e%2e%2finternal%2f{what}")] {
            let request = tokens::boast(post(path), &fortress.victim).header("x-auth-token", &token);
            fortress.refuses(request, 404, "not_found").await;
        }
        // A client of our own would tidy these up before they leave.
        let key = super::fortress::key(&fortress.victim.hook);
        for path in [
            format!("/api/v1/../../internal/{what}"),
            format!("/api/v1/%2e%2e/%2E%2E/internal/{what}"),
            format!("/webhooks/voip/generic/{key}/../../../../internal/{what}"),
            format!("/webhooks/voip/generic/{key}%2f..%2f..%2f..%2f..%2finternal%2f{what}"),
            format!("/api\\v1\\..\\..\\internal\\{what}"),
        ] {
            let said = raw::ask(
                &ends.worker,
                &format!("POST {path} HTTP/1.1"),
                &[("x-auth-token", &token), ("x-kv-claims", "{}"), ("content-type", "application/json")],
                &body,
            )
            .await;
            let status = raw::status(&said);
            assert!([400, 404].contains(&status), "{path}: {said}");
        }
        fortress.stands().await;
    });
}

macro_rules! paths {
    ($($name:ident $what:literal)*) => { $(#[test] fn $name() { internal($what); })* };
}

paths! {
    a_grant_from_outside "grant"
    an_uninstall_from_outside "uninstalled"
    a_recordings_source_from_outside "recording"
    a_providers_consent_from_outside "voip-oauth"
    a_wake_up_from_outside "wake"
    a_panic_from_outside "panic"
    a_passing_of_time_from_outside "age"
}

#[test]
fn headers_of_ours_from_outside_change_no_answer() {
    flow(async {
        let fortress = fortress().await;
        let victim = &fortress.victim;
        let token = tokens::token(victim, victim.users[1]);
        let request = victim.request(reqwest::Method::GET, "/calls/recent", &token);
        let plain = answer(request.try_clone().expect("a small request")).await;
        let mut boasting = tokens::boast(request, victim);
        for name in ["x-kv-account", "x-kv-user", "x-kv-admin", "x-intended-host", "x-forwarded-host", "x-original-url"]
        {
            boasting = boasting.header(name, fortress.neighbour.id.to_string());
        }
        assert_eq!(answer(boasting).await.text, plain.text);
        fortress.stands().await;
    });
}

#[test]
fn health_tells_nothing() {
    flow(async {
        let fortress = fortress().await;
        let ends = &fortress.victim.ends;
        let health = answer(ends.http.get(format!("{}/health", ends.worker))).await;
        assert_eq!((health.status, health.text.as_str()), (200, r#"{"status":"ok"}"#));
        fortress.tells_nothing(&health);
    });
}

#[test]
fn a_preflight_grants_nothing_to_a_page_that_is_not_kommos() {
    flow(async {
        let fortress = fortress().await;
        let ends = &fortress.victim.ends;
        for origin in [
            "https://evil.example",
            "null",
            "https://kommo.com",
            "https://acme.kommo.com.evil.example",
            "http://acme.kommo.com",
        ] {
            let asked = ends.http.request(reqwest::Method::OPTIONS, format!("{}/api/v1/export", ends.worker));
            let asked = asked.header("origin", origin).header("access-control-request-method", "GET");
            let got = answer(asked.header("access-control-request-headers", "x-auth-token")).await;
            assert_eq!((got.status, got.text.as_str()), (204, ""), "{origin}");
            let granted = got.headers.keys().any(|name| name.as_str().starts_with("access-control-"));
            assert!(!granted, "{origin}: {:?}", got.headers);
        }
    });
}

#[test]
fn without_the_local_stand_in_nothing_panics_or_ages_on_demand() {
    flow(async {
        let mut stack = Stack::with(json!({})).await;
        stack.kill();
        stack.start_with("KOMMO_ORIGIN_OVERRIDE", "").await;
        for path in ["/_local/panic/1", "/_local/age/1/400"] {
            let got = reply(stack.ends.http.post(format!("{}{path}", stack.ends.worker))).await;
            got.assert_problem(404);
        }
    });
}
