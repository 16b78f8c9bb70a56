//! Where the provider reports and where a PBX asks for a route: what is not the victim's provider is refused at both.
//!
//! The signatures of the other providers are in [`super::providers`].

use reqwest::{Method, RequestBuilder};

use super::fortress::{Delivered, Fortress, answer, fortress, key};
use crate::{
    account::{event, now, number, signature},
    stack::flow,
};

/// Which of the two addresses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum At {
    Hook,
    Route,
}

/// What is wrong with the address.
#[derive(Debug, Clone, Copy)]
enum Key {
    Missing,
    Malformed,
    Changed,
    OfKommo,
    OfARecording,
    AtAnotherProvider,
}

/// What is wrong with the signature.
#[derive(Debug, Clone, Copy)]
enum Proof {
    Missing,
    Empty,
    Twice,
    OfAnotherSecret,
    OfAnotherAccount,
    AtAnotherAccount,
    OfAnotherId,
    OfAnotherBody,
    OfAnotherVersion,
    OfAnotherTime,
    Half,
    Stale,
    FromTheFuture,
    ByGet,
    WithClaimsOfOurs,
}

impl At {
    fn url(self, fortress: &Fortress) -> &str {
        match self {
            Self::Hook => &fortress.victim.hook,
            Self::Route => &fortress.route,
        }
    }
}

/// The report of a call that never was, signed by the victim's provider.
fn body() -> String {
    event("forged", &number(7), "completed", serde_json::json!({"extension": "102", "duration": 30})).to_string()
}

fn delivery(fortress: &Fortress, url: &str, sent: &Delivered, signature: &str) -> RequestBuilder {
    let post = fortress.victim.ends.http.post(url).header("content-type", "application/json");
    post.header("webhook-id", &sent.id)
        .header("webhook-timestamp", sent.timestamp)
        .header("webhook-signature", signature)
        .body(sent.body.clone())
}

fn signed(fortress: &Fortress, sent: &Delivered) -> String {
    signature(&fortress.victim.secret, &sent.id, sent.timestamp, &sent.body)
}

fn fresh() -> Delivered {
    Delivered { id: crate::account::delivery_id(), timestamp: now(), body: body() }
}

/// Text of the same form whose last letter is another one.
pub(super) fn changed(text: &str) -> String {
    let last = if text.ends_with('A') { 'B' } else { 'A' };
    format!("{}{last}", &text[..text.len() - 1])
}

/// A good signature at a wrong address.
fn at_a_wrong_address(at: At, wrong: Key) {
    flow(async {
        let fortress = fortress().await;
        let url = at.url(fortress);
        let good = key(url);
        let with = |other: &str| url.replace(good, other);
        let url = match wrong {
            Key::Missing => with(""),
            Key::Malformed => with("x"),
            // The last letter holds two bits that decode to nothing, so one before it.
            Key::Changed => with(&format!("{}{}", changed(&good[..good.len() - 1]), &good[good.len() - 1..])),
            Key::OfKommo => with(key(&fortress.changes)),
            Key::OfARecording => with(key(&fortress.recording).trim_end_matches(".mp3")),
            Key::AtAnotherProvider => url.replace("/generic/", "/zadarma/"),
        };
        let sent = fresh();
        fortress.refuses(delivery(fortress, &url, &sent, &signed(fortress, &sent)), 404, "not_found").await;
    });
}

/// A wrong signature at the right address.
fn with_a_wrong_signature(at: At, wrong: Proof) {
    flow(async {
        let fortress = fortress().await;
        let (mut sent, url) = (fresh(), at.url(fortress));
        let good = signed(fortress, &sent);
        let with = |signature: &str| delivery(fortress, url, &sent, signature);
        let request = match wrong {
            Proof::Missing => fortress.victim.ends.http.post(url).body(sent.body.clone()),
            Proof::Empty => with(""),
            Proof::Twice => with(&good).header("webhook-signature", "v1,AAAA").header("webhook-id", "another"),
            Proof::OfAnotherSecret => with(&signature("whsec_d3Jvbmctc2VjcmV0", &sent.id, sent.timestamp, &sent.body)),
            Proof::OfAnotherAccount => {
                with(&signature(&fortress.neighbour.secret, &sent.id, sent.timestamp, &sent.body))
            }
            Proof::AtAnotherAccount => delivery(fortress, &fortress.neighbour.hook, &sent, &good),
            Proof::OfAnotherId => {
                sent.id.push('0');
                delivery(fortress, url, &sent, &good)
            }
            Proof::OfAnotherBody => {
                sent.body = sent.body.replace("30", "31");
                delivery(fortress, url, &sent, &good)
            }
            Proof::OfAnotherTime => {
                sent.timestamp -= 5;
                delivery(fortress, url, &sent, &good)
            }
            Proof::OfAnotherVersion => with(&good.replace("v1,", "v2,")),
            Proof::Half => with(&good[..20]),
            Proof::Stale | Proof::FromTheFuture => {
                sent.timestamp += if matches!(wrong, Proof::Stale) { -400 } else { 400 };
                let good = signed(fortress, &sent);
                delivery(fortress, url, &sent, &good)
            }
            Proof::ByGet => fortress
                .victim
                .ends
                .http
                .request(Method::GET, url)
                .header("webhook-id", &sent.id)
                .header("webhook-timestamp", sent.timestamp)
                .header("webhook-signature", signature(&fortress.victim.secret, &sent.id, sent.timestamp, ""))
                .query(&[("callId", "forged"), ("status", "completed"), ("from", "+14155550007")]),
            Proof::WithClaimsOfOurs => {
                super::tokens::boast(with("v1,AAAA"), &fortress.victim).header("x-kv-verified", "1")
            }
        };
        fortress.refuses(request, 401, "unsigned").await;
    });
}

macro_rules! cells {
    ($($name:ident => $attack:expr;)*) => { $(#[test] fn $name() { $attack; })* };
}

macro_rules! address {
    ($name:ident, $at:expr) => {
        mod $name {
            use super::*;
            cells! {
                without_a_key => at_a_wrong_address($at, Key::Missing);
                with_a_malformed_key => at_a_wrong_address($at, Key::Malformed);
                with_a_changed_key => at_a_wrong_address($at, Key::Changed);
                with_the_key_made_for_kommo => at_a_wrong_address($at, Key::OfKommo);
                with_the_key_of_a_recording => at_a_wrong_address($at, Key::OfARecording);
                at_another_providers_address => at_a_wrong_address($at, Key::AtAnotherProvider);
                unsigned => with_a_wrong_signature($at, Proof::Missing);
                with_an_empty_signature => with_a_wrong_signature($at, Proof::Empty);
                with_an_id_and_a_signature_that_come_twice => with_a_wrong_signature($at, Proof::Twice);
                signed_with_another_secret => with_a_wrong_signature($at, Proof::OfAnotherSecret);
                signed_with_another_accounts_secret => with_a_wrong_signature($at, Proof::OfAnotherAccount);
                signed_for_another_account => with_a_wrong_signature($at, Proof::AtAnotherAccount);
                signed_for_another_id => with_a_wrong_signature($at, Proof::OfAnotherId);
                signed_for_another_body => with_a_wrong_signature($at, Proof::OfAnotherBody);
                signed_for_another_time => with_a_wrong_signature($at, Proof::OfAnotherTime);
                signed_in_another_version => with_a_wrong_signature($at, Proof::OfAnotherVersion);
                with_half_a_signature => with_a_wrong_signature($at, Proof::Half);
                signed_too_long_ago => with_a_wrong_signature($at, Proof::Stale);
                signed_in_the_future => with_a_wrong_signature($at, Proof::FromTheFuture);
                by_a_get_that_signs_nothing => with_a_wrong_signature($at, Proof::ByGet);
                with_headers_of_ours_from_outside => with_a_wrong_signature($at, Proof::WithClaimsOfOurs);
            }
        }
    };
}

address!(webhook, At::Hook);
address!(route, At::Route);

#[test]
fn a_delivery_played_again_is_answered_alike_and_changes_nothing() {
    flow(async {
        let fortress = fortress().await;
        let sent = &fortress.delivered;
        let again = answer(delivery(fortress, &fortress.victim.hook, sent, &signed(fortress, sent))).await;
        assert_eq!(again.status, 202, "{}", again.text);
        fortress.tells_nothing(&again);
        fortress.stands().await;
    });
}

#[test]
fn a_deliverys_id_used_again_for_another_body_is_refused() {
    flow(async {
        let fortress = fortress().await;
        let sent = Delivered { id: fortress.delivered.id.clone(), ..fresh() };
        let request = delivery(fortress, &fortress.victim.hook, &sent, &signed(fortress, &sent));
        fortress.refuses(request, 409, "delivery_conflict").await;
    });
}
