//! Links to recordings: what is not exactly one of ours finds nothing, and asks no provider.

use reqwest::Method;

use super::{
    fortress::{Fortress, fortress, key},
    hooks::changed,
};
use crate::{live::Live, stack::flow};

fn with_token(wrong: impl Fn(&Fortress) -> String) {
    flow(async {
        let fortress = fortress().await;
        let url = fortress.recording.replace(key(&fortress.recording), &wrong(fortress));
        let asked = fortress.victim.desk("twilio").await["requests"].as_array().map(Vec::len);
        for method in [Method::GET, Method::HEAD] {
            let request = fortress.victim.ends.http.request(method.clone(), &url);
            if method == Method::HEAD {
                let refused = super::fortress::answer(request).await;
                assert_eq!((refused.status, refused.text.as_str()), (404, ""));
            } else {
                fortress.refuses(request, 404, "not_found").await;
            }
        }
        assert_eq!(fortress.victim.desk("twilio").await["requests"].as_array().map(Vec::len), asked);
    });
}

fn token(fortress: &Fortress) -> &str {
    key(&fortress.recording).trim_end_matches(".mp3")
}

#[test]
fn without_a_token() {
    with_token(|_| ".mp3".to_owned());
}

#[test]
fn with_a_malformed_token() {
    with_token(|_| "x.mp3".to_owned());
}

#[test]
fn without_its_ending() {
    with_token(|fortress| token(fortress).to_owned());
}

#[test]
fn with_half_a_token() {
    with_token(|fortress| format!("{}.mp3", &token(fortress)[..20]));
}

#[test]
fn with_another_account_in_the_token() {
    with_token(|fortress| {
        let good = token(fortress);
        format!("{}{}.mp3", changed(&good[..10]), &good[10..])
    });
}

#[test]
fn with_another_call_in_the_token() {
    with_token(|fortress| {
        let good = token(fortress);
        format!("{}{}.mp3", changed(&good[..20]), &good[20..])
    });
}

#[test]
fn with_a_changed_mac() {
    with_token(|fortress| {
        let good = token(fortress);
        format!("{}{}.mp3", changed(&good[..good.len() - 1]), &good[good.len() - 1..])
    });
}

#[test]
fn with_the_key_of_a_webhook() {
    with_token(|fortress| format!("{}.mp3", key(&fortress.victim.hook)));
}

#[test]
fn with_a_ticket() {
    flow(async {
        let fortress = fortress().await;
        let ticket = Live::ticket(&fortress.victim, fortress.victim.admin).await;
        let url = fortress.recording.replace(token(fortress), &ticket);
        fortress.refuses(fortress.victim.ends.http.get(url), 404, "not_found").await;
    });
}

#[test]
fn by_post() {
    flow(async {
        let fortress = fortress().await;
        let request = fortress.victim.ends.http.post(&fortress.recording);
        fortress.refuses(request, 405, "method_not_allowed").await;
    });
}
