//! Line breaks and control characters in whatever comes from outside: they end no header and no line of the log, and in
//! Kommo they are text.

use serde_json::{Value, json};

use super::{
    fortress::{answer, fortress, key},
    raw, tokens,
};
use crate::{
    account::{Account, delivery_id, event, items, number},
    stack::{flow, reply, shared},
};

/// What would stand at the beginning of a line of its own.
const FORGED: &str = "{\"level\":\"error\",\"message\":\"forged by an attacker\"}";
/// What would be a header of its own.
const HEADER: &str = "X-Forged: 1";

fn has_no_forged_header(answer: &str) {
    let (head, _) = answer.split_once("\r\n\r\n").unwrap_or((answer, ""));
    assert!(!head.to_ascii_lowercase().contains("\r\nx-forged:"), "{answer}");
}

#[test]
fn no_report_writes_a_line_of_its_own_into_the_log() {
    flow(async {
        let account = Account::ready(shared().await).await;
        account.set(json!({"callFeedback": false})).await;
        for (at, broken) in ["\r\n", "\n", "\r", "\u{2028}", "\u{85}", "\u{1b}[2J", "\0"].iter().enumerate() {
            let text = format!("{broken}{FORGED}{broken}");
            for field in ["callId", "voipAccountId", "from", "to", "status", "extension", "recording", "direction"] {
                let mut report = event(&format!("c{at}-{field}"), &number(1), "missed", json!({"extension": "102"}));
                report[field] = json!(text);
                let got = answer(account.delivery(&delivery_id(), &report.to_string())).await;
                assert!([202, 400].contains(&got.status), "{field}: {} {}", got.status, got.text);
                assert!(!got.text.contains(broken), "{field}: {}", got.text);
            }
        }
        account.settled().await;
        // What is typed into the widget, and what a request says of itself.
        let token = tokens::token(&account, account.admin);
        let typed = json!({"provider": format!("x\r\n{FORGED}")});
        let refused = answer(account.request(reqwest::Method::PUT, "/voip", &token).json(&typed)).await;
        refused.assert_problem(422);
        let escaped: String = format!("\r\n{FORGED}").bytes().map(|byte| format!("%{byte:02x}")).collect();
        for path in [format!("/calls/{escaped}"), format!("/{escaped}"), format!("/calls?cursor={escaped}")] {
            let got = answer(account.request(reqwest::Method::GET, &path, &token).header("user-agent", FORGED)).await;
            assert!([404, 422].contains(&got.status), "{path}: {} {}", got.status, got.text);
        }
        let log = account.ends.whole_log();
        let forged = log.lines().find(|line| line.trim_start().starts_with(FORGED));
        assert_eq!(forged, None);
        // The local runtime paints something around a warning, and nothing into it.
        let lines: Vec<&str> = log.lines().filter(|line| line.contains("\"level\"")).collect();
        assert!(!lines.is_empty());
        for line in lines {
            let ours = line.find('{').zip(line.rfind('}')).map(|(start, end)| &line[start..=end]);
            let is_whole =
                ours.is_some_and(|text| serde_json::from_str::<Value>(text).is_ok() && !text.contains('\u{1b}'));
            assert!(is_whole, "{line}");
        }
    });
}

#[test]
fn no_text_becomes_a_header() {
    flow(async {
        let fortress = fortress().await;
        let ends = &fortress.victim.ends;
        let (hook, token) = (key(&fortress.victim.hook), tokens::token(&fortress.victim, fortress.victim.admin));
        let broken = format!("%0d%0a{}", HEADER.replace(": ", "%3A%20"));
        for path in [
            format!("/{broken}"),
            format!("/oauth/start?x={broken}"),
            format!("/oauth/callback?code=c&referer=acme.kommo.com{broken}"),
            format!("/oauth/callback?error={broken}"),
            format!("/oauth/voip/ringcentral/start?state={broken}"),
            format!("/recordings/{broken}.mp3"),
            format!("/webhooks/voip/generic/{hook}?zd_echo={broken}"),
            format!("/webhooks/voip/{broken}/{hook}"),
            format!("/live?ticket={broken}"),
            format!("/api/v1/calls/export?lang={broken}"),
            format!("/api/v1/numbers?text={broken}"),
        ] {
            let said = raw::ask(&ends.worker, &format!("GET {path} HTTP/1.1"), &[("x-auth-token", &token)], "").await;
            assert!((200..500).contains(&raw::status(&said)), "{path}: {said}");
            has_no_forged_header(&said);
        }
        // Headers whose value goes back to whoever sent it.
        for (name, value) in [
            ("Origin", "https://acme.kommo.com\u{b}X-Forged: 1"),
            ("Validation-Token", "a\tb"),
            ("Accept-Language", "es\tX-Forged: 1"),
            ("Cookie", "kv-oauth=\"\tX-Forged: 1"),
        ] {
            let path = format!("POST /webhooks/voip/ringcentral/{hook} HTTP/1.1");
            for line in [path.as_str(), "GET /oauth/start HTTP/1.1", "OPTIONS /api/v1/calls HTTP/1.1"] {
                has_no_forged_header(&raw::ask(&ends.worker, line, &[(name, value)], "").await);
            }
        }
        fortress.stands().await;
    });
}

#[test]
fn an_echo_is_plain_text_and_short() {
    flow(async {
        let fortress = fortress().await;
        let hook = &fortress.victim.hook;
        let http = &fortress.victim.ends.http;
        let markup = "<script>alert(1)</script>";
        let echo = answer(http.get(hook).query(&[("zd_echo", markup)])).await;
        assert_eq!((echo.status, echo.text.as_str()), (200, markup));
        assert!(echo.header("content-type").starts_with("text/plain"), "a browser does not run it");
        assert_eq!(echo.header("x-content-type-options"), "nosniff");
        for endless in ["x".repeat(201), "a\r\nb".to_owned(), "\u{1b}[2J".to_owned(), "\0".to_owned()] {
            fortress.refuses(http.get(hook).query(&[("zd_echo", endless)]), 400, "bad_request").await;
        }
        fortress.refuses(http.post(hook).header("validation-token", "x".repeat(201)), 400, "bad_request").await;
    });
}

#[test]
fn names_with_line_breaks_are_one_text_in_kommo_and_in_the_file() {
    flow(async {
        let account = Account::ready(shared().await).await;
        account.set(json!({"callFeedback": false})).await;
        let name = format!("=cmd|' /C calc'!A0\r\n\"{FORGED}\",\u{1b}[2J");
        account.seed_contact(&name, &number(1), account.admin).await;
        account.report(crate::account::talk("c", &number(1))).await;
        let state = account.settled().await;
        assert_eq!(items(&state, "contacts").len(), 1);
        assert_eq!(account.call("c").await["entity"]["name"], json!(name));
        let file = account.get("/calls/export").await;
        assert_eq!(file.status, 200, "{}", file.text);
        let cell = "\"'=cmd|' /C calc'!A0";
        assert!(file.text.contains(cell), "a spreadsheet takes it for text: {}", file.text);
        let export = account.get("/export").await;
        assert_ne!(export.body, Value::Null, "still one document: {}", export.text);
        assert!(!account.ends.whole_log().contains("cmd|"), "names are in no log");
    });
}

#[test]
fn a_method_nobody_knows_gets_nothing_repeated() {
    flow(async {
        let fortress = fortress().await;
        let ends = &fortress.victim.ends;
        for method in ["TRACE", "CONNECT", "PROPFIND", "<script>"] {
            let said = raw::ask(&ends.worker, &format!("{method} /health HTTP/1.1"), &[("x-secret", "hush")], "").await;
            assert!(!said.contains("hush") && !said.contains("<script>"), "{method}: {said}");
            // The others the runtime refuses by itself.
            assert!(method != "PROPFIND" || said.contains("method_not_allowed"), "{said}");
        }
        assert_eq!(reply(ends.http.get(format!("{}/health", ends.worker))).await.status, 200);
    });
}
