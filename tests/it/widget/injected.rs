//! Markup in every text that others write and the widget shows: nothing of it runs, in no window and no list.
//!
//! Names on the card and in the journal are in [`super::hostile`].

use reqwest::Method;
use serde_json::json;

use super::scene::{Scene, code, kv, running, running_at, stack};
use crate::{
    account::{Account, event, items, number, person},
    stack::{Reply, flow},
};

/// Would run as soon as it stood in the page as markup, in an attribute or as an address.
const MARKUP: &str =
    "\"'><img/src=x/onerror=window.pwned=1><svg/onload=window.pwned=1><iframe/src=javascript:window.pwned=1>";

/// The same, as short as the name of a line has to be.
const SHORT: &str = "<img/src=x/onerror=window.pwned=1>";

/// Everything shown as text, nothing of it an element or an address that runs.
async fn nothing_ran(scene: &Scene) {
    let made = "document.querySelectorAll('[data-kv] img, [data-kv] iframe, [data-kv] script, [data-kv] svg[onload], \
                [data-kv] [onerror], [data-kv] a[href^=\"javascript:\"]').length";
    assert_eq!(scene.value(made).await, json!(0));
    assert_eq!(scene.value("window.pwned === undefined").await, json!(true));
}

#[track_caller]
fn taken(reply: &Reply) {
    assert_eq!(reply.status, 200, "{}", reply.text);
}

async fn advanced(scene: &Scene) {
    scene.open(&format!("/settings/advanced?widget={}", code(&scene.account).await)).await;
    scene.see("journal").await;
}

/// A talk of the administrator's line with a caller whose number is markup.
async fn talk(account: &Account, call: &str, from: &str, recording: &str) {
    for (status, more) in [
        ("ringing", json!({})),
        ("answered", json!({})),
        ("completed", json!({"duration": 30, "recording": recording})),
    ] {
        let mut report = event(call, from, status, json!({"extension": "101"}));
        report.as_object_mut().expect("fields").extend(more.as_object().expect("fields").clone());
        account.post(report).await;
    }
}

#[test]
fn numbers_results_ratings_recordings_and_lines_are_text_in_journal_trace_and_dialer() {
    flow(async {
        let scene = Scene::new(running(stack().await, json!({})).await).await;
        let account = &scene.account;
        let recording = format!("https://pbx.example/{MARKUP}.mp3");
        talk(account, MARKUP, &number(1), &recording).await;
        talk(account, "sip", MARKUP, "https://pbx.example/1.mp3").await;
        let mut unmapped = event("unmapped", &number(2), "missed", json!({"extension": SHORT}));
        unmapped["voipAccountId"] = json!(SHORT);
        account.post(unmapped).await;
        account.settled().await;
        let path = format!("/calls/{}", account.id_of(MARKUP).await);
        let result = json!({"callStatus": 4, "text": MARKUP});
        taken(&account.put(&format!("{path}/result"), result).await);
        taken(&account.put(&format!("{path}/rating"), json!({"score": 1, "reason": MARKUP})).await);
        account.settled().await;
        advanced(&scene).await;
        scene.until(&format!("document.body.innerText.includes({})", json!(MARKUP))).await;
        for at in 0..3 {
            scene.value(&format!("document.querySelectorAll({})[{at}].click()", json!(kv("open-trace")))).await;
            scene.see("trace").await;
            nothing_ran(&scene).await;
            scene.value(&format!("document.querySelectorAll({})[{at}].click()", json!(kv("open-trace")))).await;
        }
        scene.says("health", SHORT).await;
        scene.picture("injected-journal").await;
        let export = account.get("/calls/export").await;
        assert_eq!(export.header("content-disposition").split(';').next(), Some("attachment"));
        scene.assert_quiet().await;
    });
}

#[test]
fn what_kommo_and_the_provider_answer_is_text_in_errors_and_health() {
    flow(async {
        let scene = Scene::new(running(stack().await, json!({})).await).await;
        let account = &scene.account;
        // The name of a header goes into the reason of a refusal; a host into a problem of the connection.
        let credentials =
            json!({"scheme": "hmac-body", "header": "X-Signature", "secret": "0123456789abcdef0123456789abcdef"});
        taken(&account.put("/voip", json!({"provider": "generic", "credentials": credentials})).await);
        account.seed_contact(MARKUP, &number(1), account.admin).await;
        let refused = json!({"method": "POST", "path": "/api/v4/contacts", "kind": "html", "status": 400, "times": 50});
        account.fault(refused).await;
        scene.open("/settings/widgets").await;
        scene.see("health").await;
        nothing_ran(&scene).await;
        // What is typed wrongly comes back in the Worker's words.
        scene.fill("credential-secret", MARKUP).await;
        scene.press(".js-widget-save").await;
        scene.see("settings-error").await;
        nothing_ran(&scene).await;
        scene.picture("injected-errors").await;
    });
}

#[test]
fn stored_settings_are_text_in_their_fields_and_in_a_conflict() {
    flow(async {
        let people = json!({"users": [
            {"name": "Ada", "isAdmin": true}, {"name": MARKUP, "isAdmin": true}, {"name": MARKUP},
        ]});
        let scene = Scene::new(running(stack().await, people).await).await;
        let account = &scene.account;
        account.set(json!({"callFeedback": false, "missed": {"text": MARKUP}})).await;
        scene.open("/settings/widgets").await;
        scene.says("settings", MARKUP).await;
        nothing_ran(&scene).await;
        // Somebody with such a name saves meanwhile.
        scene.press(&kv("setting-ringSound")).await;
        let theirs = json!({"callFeedback": false, "openCard": true, "missed": {"text": MARKUP}});
        taken(&account.api(account.users[1], Method::PUT, "/settings", Some(theirs)).await);
        scene.press(".js-widget-save").await;
        scene.says("conflict", MARKUP).await;
        nothing_ran(&scene).await;
        scene.picture("injected-conflict").await;
    });
}

#[test]
fn names_and_numbers_are_text_on_the_call_list_and_in_the_summary() {
    flow(async {
        let account = running_at(stack().await, "twilio").await;
        account.set(json!({"callFeedback": true, "rateQuality": "optional", "autoDialSeconds": 60})).await;
        let lead =
            json!({"name": MARKUP, "responsible_user_id": account.admin, "_embedded": {"contacts": [{"index": 0}]}});
        let made =
            account.seed(json!({"contacts": [person(MARKUP, &number(1), account.admin)], "leads": [lead]})).await;
        let scene = Scene::new(account).await;
        scene.open("/contacts/list/").await;
        scene.live().await;
        scene.press(&format!("tr[data-id=\"{}\"] input[type=\"checkbox\"]", items(&made, "contacts")[0])).await;
        scene.press("[data-sim=\"more\"] summary").await;
        scene.press(".js-list-action").await;
        scene.says("call-list", MARKUP).await;
        nothing_ran(&scene).await;
        scene.account.talk_at("twilio", "c", &number(1), 0, 30).await;
        for part in ["summary-caller", "summary-entity"] {
            scene.says(part, MARKUP).await;
        }
        nothing_ran(&scene).await;
        scene.fill("summary-text", MARKUP).await;
        scene.picture("injected-summary").await;
        scene.click("summary-save").await;
        scene.gone("summary").await;
        nothing_ran(&scene).await;
        scene.assert_quiet().await;
    });
}

#[test]
fn the_browser_keeps_no_secret_after_a_day_of_use() {
    flow(async {
        let scene = Scene::at("/settings/widgets").await;
        scene.click("rotate-secret").await;
        scene.click("rotate-confirm").await;
        scene.see("hook-secret").await;
        let secret = scene.text("hook-secret").await;
        let (account, hook) = (&scene.account, scene.account.hook.clone());
        scene.open("/leads/").await;
        scene.live().await;
        account.post(event("c", &number(1), "ringing", json!({"extension": "101"}))).await;
        scene.card("ringing").await;
        account.post(event("c", &number(1), "missed", json!({"extension": "101"}))).await;
        account.settled().await;
        // A draft is what the tab keeps at all.
        let frames = scene.value("kvSpy.frames.join()").await;
        let hello = frames.as_str().expect("frames");
        let ticket =
            hello.split("\"resumeTicket\":\"").nth(1).and_then(|rest| rest.split('"').next()).expect("a ticket");
        let kept = "(async function () { \
            var bases = await indexedDB.databases(); var caches_ = window.caches ? await caches.keys() : []; \
            var shown = document.documentElement.outerHTML; delete window.kvSpy; \
            var globals = Object.keys(window).map(function (name) { \
              try { return typeof window[name] === 'function' ? '' : JSON.stringify(window[name]) || ''; } catch (error) { return ''; } }); \
            return [JSON.stringify(localStorage), JSON.stringify(sessionStorage), document.cookie, JSON.stringify(bases), \
              JSON.stringify(caches_), shown, location.href, document.title, history.state, globals.join()].join('\\n'); })()";
        let kept = scene.value(kept).await;
        let kept = kept.as_str().expect("text");
        assert!(kept.contains("data-kv=\"root\""), "the page is looked through");
        for (what, secret) in [
            ("the present secret", secret.trim_start_matches("whsec_")),
            ("the former secret", account.secret.trim_start_matches("whsec_")),
            ("the webhook's key", hook.rsplit('/').next().expect("a key")),
            ("the integration's secret", &account.ends.config.client_secret),
            ("a token", "eyJ"),
            ("the ticket of the connection", ticket),
        ] {
            assert!(!secret.is_empty() && !kept.contains(secret), "{what} is kept by the browser");
        }
        // Addresses the browser remembers of its requests hold none either.
        let asked = scene
            .value("performance.getEntriesByType('resource').map(function (one) { return one.name; }).join()")
            .await;
        let asked = asked.as_str().expect("addresses");
        assert!(asked.contains("/api/v1/session") && !asked.contains("eyJ"), "{asked}");
    });
}
