//! Every screen, in the light and in the dark: nothing that keeps people out, and a picture for the documents.
//!
//! `cargo xtask screens` keeps the pictures in `docs/screens/`. Barriers are found by axe-core, which knows the
//! accessibility guidelines; what it calls serious or critical fails.

use std::{fs, path::Path};

use serde_json::{Value, json};

use super::scene::{AT_REST, Scene, choose, code, kv, running, stack};
use crate::{
    account::{Account, event, number, person},
    stack::flow,
};

/// Checks our own part of the page, and names each barrier with the elements it stands in.
const BARRIERS: &str = "axe.run({include: Array.from(document.querySelectorAll('[data-kv=root], [data-kv=settings], \
    [data-kv=journal]'))}, {resultTypes: ['violations']}).then(function (found) { \
      return found.violations.filter(function (one) { return one.impact === 'serious' || one.impact === 'critical'; }) \
        .map(function (one) { return one.id + ': ' + one.nodes.map(function (node) { return node.html; }).join('; '); }); })";

/// A person in front of screens of one look.
struct Gallery {
    scene: Scene,
    theme: &'static str,
}

impl Gallery {
    async fn open(&self, path: &str) {
        let and = if path.contains('?') { '&' } else { '?' };
        self.scene.open(&format!("{path}{and}theme={}", self.theme)).await;
    }

    /// Looks at the screen as it is now.
    async fn look(&self, name: &str) {
        assert_eq!(self.barriers().await, Value::Array(vec![]), "{name}, {}", self.theme);
        self.scene.picture(&format!("{name}-{}", self.theme)).await;
    }

    async fn barriers(&self) -> Value {
        self.scene.until(AT_REST).await;
        let axe = Path::new(env!("CARGO_MANIFEST_DIR")).join("../node_modules/axe-core/axe.min.js");
        let axe = fs::read_to_string(axe).expect("run `cargo xtask dev --setup` first");
        self.scene.browser.execute(&axe, json!([])).await.expect("axe-core runs");
        self.scene.value(BARRIERS).await
    }
}

/// What the provider says of a call on a line, 101 or 102.
async fn report(account: &Account, line: &str, call: &str, from: &str, status: &str, more: Value) {
    let mut report = event(call, from, status, json!({"extension": line}));
    report.as_object_mut().expect("a report").extend(more.as_object().expect("fields").clone());
    account.post(report).await;
}

/// An account with a client, her company and her leads.
async fn gallery(theme: &'static str) -> Gallery {
    let account = running(stack().await, json!({})).await;
    account.set(json!({"callFeedback": true, "rateQuality": "optional"})).await;
    let owner = account.admin;
    let company = account.seed(json!({"companies": [{"name": "Klein GmbH"}]})).await["companies"][0].clone();
    let mut nora = person("Nora Klein", &number(1), owner);
    nora["_embedded"] = json!({"companies": [{"id": company}]});
    let lead = json!({"name": "Solar roof", "price": 12_000, "responsible_user_id": owner, "_embedded": {"contacts": [{"index": 0}]}});
    account.seed(json!({"contacts": [nora], "leads": [lead]})).await;
    let scene = Scene::new(account).await;
    let size = json!({"width": 1280, "height": 860, "deviceScaleFactor": 1, "mobile": false});
    scene.browser.devtools("Emulation.setDeviceMetricsOverride", size).await.expect("a window of that size");
    Gallery { scene, theme }
}

async fn calls(theme: &'static str) {
    let gallery = gallery(theme).await;
    let (scene, account) = (&gallery.scene, &gallery.scene.account);
    gallery.open("/leads/").await;
    scene.live().await;
    report(account, "101", "known", &number(1), "ringing", json!({})).await;
    scene.says("lead", "Solar roof").await;
    gallery.look("card-ringing").await;
    report(account, "101", "known", &number(1), "answered", json!({})).await;
    scene.card("answered").await;
    report(account, "101", "unknown", &number(2), "ringing", json!({})).await;
    scene.see("open-card").await;
    scene.until(&format!("document.querySelectorAll({}).length === 2", json!(kv("call-card")))).await;
    gallery.look("cards-two").await;
    report(account, "101", "unknown", &number(2), "missed", json!({})).await;
    report(account, "101", "known", &number(1), "completed", json!({"duration": 42})).await;
    scene.says("summary-caller", "Nora Klein").await;
    scene.until(&choose("summary-status", "Call back later")).await;
    scene.fill("summary-text", "Wants an offer by Friday.").await;
    scene.click("rating-4").await;
    gallery.look("summary").await;
    scene.click("summary-cancel").await;
    scene.gone("summary").await;
    scene.press(".js-notifications-phone").await;
    scene.says("dialer-recent", "Nora Klein").await;
    scene.fill("dial-number", "(415) 555-0101").await;
    scene.says("dial-judged", "+1 415-555-0101").await;
    gallery.look("dialer").await;
    scene.click("open-journal").await;
    scene.see("call-row").await;
    gallery.look("journal-window").await;
    gallery.open("/contacts/list/").await;
    scene.live().await;
    scene.press("tr[data-id] input[type=\"checkbox\"]").await;
    scene.press("[data-sim=\"more\"] summary").await;
    scene.press(".js-list-action").await;
    scene.says("call-list-told", "Added").await;
    gallery.look("call-list").await;
}

async fn windows(theme: &'static str) {
    let gallery = gallery(theme).await;
    let (scene, account) = (&gallery.scene, &gallery.scene.account);
    account.set(json!({"callFeedback": false})).await;
    // On a colleague's line, so that no card stands before the windows.
    for (caller, call, end) in [(1, "a", "completed"), (2, "b", "missed"), (3, "c", "completed")] {
        report(account, "102", call, &number(caller), "ringing", json!({})).await;
        if end == "completed" {
            report(account, "102", call, &number(caller), "answered", json!({})).await;
        }
        report(account, "102", call, &number(caller), end, json!({"duration": if end == "missed" { 0 } else { 30 }}))
            .await;
    }
    account.settled().await;
    gallery.open("/settings/widgets").await;
    scene.see("setting-ringSound").await;
    gallery.look("settings").await;
    // With something typed wrong, and the test call's card beside the window.
    scene.live().await;
    scene.fill("setting-retentionDays", "0").await;
    scene.see("error-retentionDays").await;
    scene.click("run-self-test").await;
    scene.see("self-test-talked").await;
    gallery.look("self-test").await;
    gallery.open(&format!("/settings/advanced?widget={}", code(account).await)).await;
    scene.until(&format!("document.querySelectorAll({}).length === 3", json!(kv("call-row")))).await;
    gallery.look("journal").await;
    scene.value("document.querySelector('[data-kv=run-self-test]').scrollIntoView({block: 'center'})").await;
    scene.click("run-self-test").await;
    scene.see("self-test-verdict").await;
    gallery.look("self-test").await;
    scene.click("open-trace").await;
    scene.until("document.querySelector('[data-kv=\"trace\"] .kv-step') !== null").await;
    scene.value("document.querySelector('[data-kv=\"trace\"]').scrollIntoView({block: 'center'})").await;
    gallery.look("journal-trace").await;
}

#[test]
fn a_button_without_a_name_would_be_found() {
    flow(async {
        let gallery = gallery("light").await;
        gallery.open("/leads/").await;
        gallery.scene.see("root").await;
        gallery.scene.value("document.querySelector('[data-kv=root]').append(document.createElement('button'))").await;
        let barriers = gallery.barriers().await;
        assert!(barriers[0].as_str().is_some_and(|barrier| barrier.starts_with("button-name")), "{barriers}");
    });
}

#[test]
fn cards_and_summary_keep_nobody_out_in_the_light() {
    flow(calls("light"));
}

#[test]
fn cards_and_summary_keep_nobody_out_in_the_dark() {
    flow(calls("dark"));
}

#[test]
fn settings_and_journal_keep_nobody_out_in_the_light() {
    flow(windows("light"));
}

#[test]
fn settings_and_journal_keep_nobody_out_in_the_dark() {
    flow(windows("dark"));
}
