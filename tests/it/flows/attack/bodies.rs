//! Bodies that are too large, too deep, too slow or no text at all: refused with a reason, and nobody else notices.

use std::time::{Duration, Instant};

use reqwest::{Method, RequestBuilder};
use serde_json::json;
use tokio::io::AsyncWriteExt as _;

use super::{
    fortress::{Fortress, answer, fortress, key},
    raw, tokens,
};
use crate::{
    account::{Account, delivery_id, event, now, number, talk, the_note},
    stack::{flow, shared},
};

/// As large as attackers like it, in kilobytes.
const HUGE: usize = 10 * 1024;

/// A genuine delivery of the victim's provider with any bytes as its body.
fn delivery(fortress: &Fortress, body: &[u8]) -> RequestBuilder {
    let (id, timestamp) = (delivery_id(), now());
    let text = String::from_utf8_lossy(body);
    let signature = crate::account::signature(&fortress.victim.secret, &id, timestamp, &text);
    let post = fortress.victim.ends.http.post(&fortress.victim.hook).header("content-type", "application/json");
    post.header("webhook-id", id)
        .header("webhook-timestamp", timestamp)
        .header("webhook-signature", signature)
        .body(body.to_vec())
}

/// A report with something in the place of one of its values.
fn report(value: &str) -> String {
    let report = event("bomb", &number(7), "completed", json!({"extension": "102", "duration": 30}));
    report.to_string().replace("\"pbx\"", value)
}

fn webhook(body: &str) {
    flow(async {
        let fortress = fortress().await;
        fortress.refuses(delivery(fortress, body.as_bytes()), 400, "malformed").await;
    });
}

/// An administrator's own widget sends it.
fn saved(path: &str, body: &str) {
    flow(async {
        let fortress = fortress().await;
        let token = tokens::token(&fortress.victim, fortress.victim.admin);
        let put = fortress.victim.request(Method::PUT, path, &token).header("content-type", "application/json");
        fortress.refuses(put.body(body.to_owned()), 422, "invalid").await;
    });
}

macro_rules! cells {
    ($($name:ident => $attack:expr;)*) => { $(#[test] fn $name() { $attack; })* };
}

mod a_report {
    use super::*;
    cells! {
        nested_a_thousand_deep => webhook(&report(&format!("{}1{}", "[".repeat(1000), "]".repeat(1000))));
        nested_as_deep_as_fits => webhook(&"[".repeat(60 * 1024));
        of_objects_as_deep_as_fits => webhook(&"{\"a\":".repeat(12 * 1024));
        with_a_number_without_end => webhook(&report(&"9".repeat(40_000)));
        with_a_number_beyond_all => webhook(&report("1e999999999"));
        with_a_time_beyond_all => webhook(&event("bomb", &number(7), "completed", json!({"startTime": 1e300})).to_string());
        with_a_negative_time => webhook(&event("bomb", &number(7), "completed", json!({"startTime": i64::MIN})).to_string());
        with_a_duration_beyond_all => {
            webhook(&event("bomb", &number(7), "completed", json!({"duration": u64::MAX})).to_string())
        };
        with_half_a_character => webhook(&report("\"\\ud83d\""));
        that_ends_in_the_middle => webhook(&report("\"pbx\"")[..80]);
        with_something_behind_it => webhook(&format!("{} {{}}", report("\"pbx\"")));
    }
}

mod settings {
    use super::*;
    cells! {
        nested_a_thousand_deep => {
            saved("/settings", &format!("{{\"missed\": {}1{}}}", "{\"a\":".repeat(1000), "}".repeat(1000)))
        };
        with_a_number_beyond_all => saved("/settings", r#"{"retentionDays": 1e999}"#);
        with_a_field_twice => saved("/settings", r#"{"openCard": true, "openCard": true}"#);
        with_a_text_of_sixty_kilobytes => {
            saved("/settings", &json!({"missed": {"text": "x".repeat(60 * 1024)}}).to_string())
        };
        that_are_a_list => saved("/settings", "[true, false, false]");
    }
}

mod a_connection {
    use super::*;
    cells! {
        nested_a_thousand_deep => {
            saved("/voip", &format!("{{\"provider\": \"generic\", \"credentials\": {}1{}}}", "{\"a\":".repeat(1000), "}".repeat(1000)))
        };
        with_a_secret_of_sixty_kilobytes => {
            saved("/voip", &json!({"provider": "generic", "credentials": {"scheme": "static-secret", "secret": "x".repeat(60_000)}}).to_string())
        };
        of_a_provider_with_an_endless_name => saved("/voip", &json!({"provider": "x".repeat(60_000)}).to_string());
    }
}

#[test]
fn bytes_that_are_no_text_are_refused() {
    flow(async {
        let fortress = fortress().await;
        let got = answer(delivery(fortress, b"\xff\xfe{\x00\"\x80\"}")).await;
        assert!([400, 401].contains(&got.status), "{}", got.text);
        got.assert_problem(got.status);
        let token = tokens::token(&fortress.victim, fortress.victim.admin);
        let put = fortress.victim.request(Method::PUT, "/settings", &token).body(b"\xff\xfe\x80".to_vec());
        fortress.refuses(put, 422, "invalid").await;
    });
}

/// The addresses that take a body, each with credentials that are good: first line and token.
fn addresses(fortress: &Fortress) -> [(String, String); 4] {
    let victim = &fortress.victim;
    let path = |url: &str| url.trim_start_matches(victim.ends.worker.as_str()).to_owned();
    [
        (format!("POST {} HTTP/1.1", path(&victim.hook)), String::new()),
        (format!("POST {} HTTP/1.1", path(&fortress.route)), String::new()),
        (format!("POST {} HTTP/1.1", path(&fortress.changes)), String::new()),
        ("PUT /api/v1/settings HTTP/1.1".to_owned(), tokens::token(victim, victim.admin)),
    ]
}

/// Sends this many kilobytes, announced or in chunks, and reads the answer.
async fn flood(worker: &str, line: &str, token: &str, kilobytes: usize, chunked: bool) -> String {
    let mut stream = raw::connect(worker).await;
    let length = match chunked {
        true => "Transfer-Encoding: chunked".to_owned(),
        false => format!("Content-Length: {}", kilobytes * 1024),
    };
    let head = format!("{line}\r\nHost: a\r\nX-Auth-Token: {token}\r\n{length}\r\nConnection: close\r\n\r\n");
    stream.write_all(head.as_bytes()).await.expect("the Worker reads");
    let blanks = " ".repeat(1024);
    for _ in 0..kilobytes {
        let piece = if chunked { format!("400\r\n{blanks}\r\n") } else { blanks.clone() };
        if stream.write_all(piece.as_bytes()).await.is_err() {
            // It heard enough.
            break;
        }
    }
    if chunked {
        let _ = stream.write_all(b"0\r\n\r\n").await;
    }
    raw::rest(stream).await
}

fn too_large(kilobytes: usize, chunked: bool) {
    flow(async {
        let fortress = fortress().await;
        for (line, token) in addresses(fortress) {
            let said = flood(&fortress.victim.ends.worker, &line, &token, kilobytes, chunked).await;
            // Whoever goes on and on is cut off, perhaps before the refusal is read.
            let is_cut_off =
                kilobytes > 1024 && (said.is_empty() || said.contains("Your worker restarted mid-request"));
            assert!(raw::status(&said) == 413 || is_cut_off, "{line}: {said}");
        }
        fortress.stands().await;
    });
}

cells! {
    a_kilobyte_too_much_that_is_announced => too_large(65, false);
    a_kilobyte_too_much_in_chunks => too_large(65, true);
    ten_megabytes_that_are_announced => too_large(HUGE, false);
    ten_megabytes_in_chunks => too_large(HUGE, true);
}

#[test]
fn bodies_that_never_come_hold_up_nobody() {
    flow(async {
        let account = Account::ready(shared().await).await;
        account.set(json!({"callFeedback": false})).await;
        let path = format!("/webhooks/voip/generic/{}", key(&account.hook));
        let mut open = Vec::new();
        for _ in 0..30 {
            let mut stream = raw::connect(&account.ends.worker).await;
            let head = format!("POST {path} HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\n{{\"callId\":");
            stream.write_all(head.as_bytes()).await.expect("the Worker reads");
            open.push(stream);
        }
        let started = Instant::now();
        account.report(talk("meanwhile", &number(1))).await;
        assert!(started.elapsed() < Duration::from_secs(10), "{:?}", started.elapsed());
        the_note(&account.settled().await, "meanwhile");
        // They break off; nothing of them is a report.
        drop(open);
        assert_eq!(account.get("/calls").await.body["calls"].as_array().map(Vec::len), Some(1));
    });
}
