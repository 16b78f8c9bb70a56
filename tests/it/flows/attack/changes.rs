//! Where Kommo tells of changes. Its messages are not signed: the address authorises, and nothing in them is believed.

use super::{
    fortress::{Fortress, answer, fortress, key},
    hooks::changed,
};
use crate::stack::flow;

/// Somebody claims that the victim's client was deleted.
fn with_key(wrong: impl Fn(&Fortress) -> String) {
    flow(async {
        let fortress = fortress().await;
        let url = fortress.changes.replace(key(&fortress.changes), &wrong(fortress));
        let post = fortress.victim.ends.http.post(url).header("content-type", "application/x-www-form-urlencoded");
        let body = fortress.fill("contacts[delete][0][id]={contact}&contacts[delete][0][type]=contact");
        fortress.refuses(post.body(body), 404, "not_found").await;
    });
}

#[test]
fn without_a_key() {
    with_key(|_| String::new());
}

#[test]
fn with_a_malformed_key() {
    with_key(|_| "x".to_owned());
}

#[test]
fn with_a_changed_key() {
    with_key(|fortress| {
        let good = key(&fortress.changes);
        format!("{}{}", changed(&good[..good.len() - 1]), &good[good.len() - 1..])
    });
}

#[test]
fn with_the_key_made_for_the_provider() {
    with_key(|fortress| key(&fortress.victim.hook).to_owned());
}

#[test]
fn with_the_key_of_a_recording() {
    with_key(|fortress| key(&fortress.recording).trim_end_matches(".mp3").to_owned());
}

#[test]
fn by_get() {
    flow(async {
        let fortress = fortress().await;
        fortress.refuses(fortress.victim.ends.http.get(&fortress.changes), 405, "method_not_allowed").await;
    });
}

#[test]
fn at_another_accounts_address_nothing_of_this_one_is_touched() {
    flow(async {
        let fortress = fortress().await;
        let state = fortress.neighbour.state().await;
        let address = state["webhooks"][0]["destination"].as_str().expect("an address").to_owned();
        let body = fortress.fill("contacts[delete][0][id]={contact}&contacts[delete][0][type]=contact");
        let got = answer(fortress.victim.ends.http.post(address).body(body)).await;
        assert_eq!((got.status, got.text.as_str()), (200, ""));
        fortress.stands().await;
    });
}
