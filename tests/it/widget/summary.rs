//! The call summary: what the manager says ends up in the call's one record, and nothing typed is lost.

use serde_json::{Value, json};

use super::{
    looks::CONTRAST,
    scene::{Scene, choose, code, kv, running, stack},
};
use crate::{
    account::{Account, event, items, number, person, the_note},
    stack::flow,
};

/// The admin has line 101 and looks at the page; these settings, and a client with one lead.
async fn scene(settings: Value) -> (Scene, u64) {
    let account = running(stack().await, json!({})).await;
    account.set(settings).await;
    let owner = account.admin;
    let lead = json!({"name": "Solar roof", "price": 12_000, "responsible_user_id": owner, "_embedded": {"contacts": [{"index": 0}]}});
    let people = [person("Nora Klein", &number(1), owner), person("Mia <b>Santos</b>", "+14155558888", owner)];
    let made = account.seed(json!({"contacts": people, "leads": [lead]})).await;
    let scene = Scene::new(account).await;
    scene.open("/leads/").await;
    scene.live().await;
    (scene, made["contacts"][1].as_u64().expect("an id"))
}

async fn talk(account: &Account, call: &str) {
    for (status, more) in [("ringing", json!({})), ("answered", json!({})), ("completed", json!({"duration": 30}))] {
        let mut report = event(call, &number(1), status, json!({"extension": "101"}));
        report.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        account.post(report).await;
    }
}

/// Types without leaving the field, as somebody who has not finished.
async fn type_into(scene: &Scene, name: &str, text: &str) {
    scene.click(name).await;
    scene.browser.devtools("Input.insertText", json!({"text": text})).await.unwrap();
}

/// Clicks what may lie below the buttons of the window: scrolls to it first, as a person does.
async fn reach(scene: &Scene, name: &str) {
    scene.see(name).await;
    scene.value(&format!("document.querySelector({}).scrollIntoView({{block: 'center'}})", json!(kv(name)))).await;
    scene.click(name).await;
}

async fn saved(scene: &Scene) {
    scene.click("summary-save").await;
    scene.gone("summary").await;
}

fn result_of<'a>(state: &'a Value, call: &str) -> &'a str {
    the_note(state, call)["params"]["call_result"].as_str().unwrap_or_default()
}

const PLAYER: &str = "(document.querySelector('[data-kv=\"recording\"]') || {}).src";

#[test]
fn a_talk_asks_for_its_result_and_everything_chosen_ends_up_in_one_record() {
    flow(async {
        let (scene, mia) = scene(json!({"rateQuality": "optional"})).await;
        talk(&scene.account, "c").await;
        for (name, text) in
            [("summary-caller", "Nora Klein"), ("summary-entity", "Solar roof"), ("summary-choices", "Nora Klein")]
        {
            scene.says(name, text).await;
        }
        assert_eq!(scene.value(&format!("document.querySelector({}).value", json!(kv("summary-status")))).await, "4");
        assert!(items(&scene.account.state().await, "notes").is_empty(), "the record waits");
        scene.until(&choose("summary-status", "Call back later")).await;
        scene.fill("summary-text", "Wants <i>an offer</i>").await;
        scene.click("rating-4").await;
        scene.fill("rating-reason", "some noise").await;
        reach(&scene, "summary-task").await;
        scene.fill("summary-task-text", "Send the offer").await;
        scene.until(&choose("summary-kind", "Contacts")).await;
        scene.fill("summary-search", "Mi").await;
        scene.says("summary-found", "at least 3 letters").await;
        scene.fill("summary-search", "Santos").await;
        scene.says("choice", "Contact: Mia <b>Santos</b>").await;
        reach(&scene, "choice").await;
        scene.says("summary-entity", "Mia <b>Santos</b>").await;
        scene.picture("summary-filled").await;
        let due = scene
            .value(&format!(
                "new Date(document.querySelector({}).value).getTime() / 1000",
                json!(kv("summary-task-time"))
            ))
            .await;
        let (due, tomorrow) = (due.as_i64().expect("a moment"), crate::account::now() + 86_400);
        assert!((tomorrow - 120..=tomorrow).contains(&due), "{due} is about {tomorrow}");
        saved(&scene).await;
        scene.gone("call-card").await;

        let state = scene.account.settled().await;
        let note = the_note(&state, "c");
        assert_eq!((&note["entity_id"], &note["params"]["call_status"]), (&json!(mia), &json!(2)));
        let said = result_of(&state, "c");
        assert!(said.contains("Wants <i>an offer</i>") && said.contains("some noise"), "{said}");
        assert_eq!(items(&state, "notes").len(), 1);
        let task = &items(&state, "tasks")[0];
        assert_eq!((&task["text"], &task["complete_till"]), (&json!("Send the offer"), &json!(due)));

        scene.open(&format!("/settings/advanced?widget={}", code(&scene.account).await)).await;
        for text in ["Call back later", "Wants <i>an offer</i>", "Rated 4 of 5"] {
            scene.says("call-row", text).await;
        }
        let link =
            format!("document.querySelector('[data-kv=\"call-row\"] a[href=\"/contacts/detail/{mia}\"]') !== null");
        scene.until(&link).await;
        scene.assert_quiet().await;
    });
}

#[test]
fn cancel_stores_nothing_and_the_rules_write_the_record_at_once() {
    flow(async {
        let (scene, _) = scene(json!({})).await;
        talk(&scene.account, "c").await;
        type_into(&scene, "summary-text", "half a").await;
        // Escape is Cancel.
        scene
            .browser
            .devtools(
                "Input.dispatchKeyEvent",
                json!({"type": "keyDown", "key": "Escape", "windowsVirtualKeyCode": 27}),
            )
            .await
            .unwrap();
        scene.gone("summary").await;
        scene.gone("call-card").await;
        let state = scene.account.settled().await;
        assert_eq!(the_note(&state, "c")["params"]["call_status"], 4);
        assert!(!result_of(&state, "c").contains("half"));
        assert_eq!(scene.asked("PUT", "result").await, 0);
        assert_eq!(
            scene
                .value("Object.keys(sessionStorage).filter(function (key) { return key.includes('draft'); }).length")
                .await,
            0
        );
        scene.assert_quiet().await;
    });
}

#[test]
fn what_was_typed_survives_a_reload_and_a_lost_network() {
    flow(async {
        let (scene, _) = scene(json!({"rateQuality": "required"})).await;
        talk(&scene.account, "c").await;
        type_into(&scene, "summary-text", "Nearly done").await;
        let reload = "performance.getEntriesByType('navigation')[0].type === 'reload' && window.kvSpy";
        scene.browser.devtools("Page.reload", json!({})).await.unwrap();
        scene.until(reload).await;
        let words = format!("(document.querySelector({}) || {{}}).value === 'Nearly done'", json!(kv("summary-text")));
        scene.until(&words).await;
        scene.says("rating", "required").await;

        scene.click("summary-save").await;
        scene.says("summary-error", "Rate the call").await;
        assert_eq!(scene.value("kvSpy.asked.filter(function (one) { return one.method === 'PUT'; }).length").await, 0);
        scene.click("rating-2").await;
        let broken = "(function () { var ask = window.fetch; window.fetch = function (url) { \
            if (/\\/result$/.test(url)) { window.fetch = ask; return Promise.reject(new TypeError('offline')); } \
            return ask.apply(window, arguments); }; return true; })()";
        scene.value(broken).await;
        scene.click("summary-save").await;
        scene.says("summary-error", "cannot be reached").await;
        scene.until(&words).await;
        saved(&scene).await;
        let state = scene.account.settled().await;
        assert!(result_of(&state, "c").contains("Nearly done"), "{}", result_of(&state, "c"));
        assert_eq!(items(&state, "notes").len(), 1);
        // Saved means over: nothing comes back.
        scene.browser.devtools("Page.reload", json!({})).await.unwrap();
        scene.live().await;
        scene.gone("summary").await;
    });
}

#[test]
fn a_link_that_kommo_refuses_is_said_and_another_can_be_chosen() {
    flow(async {
        let (scene, mia) = scene(json!({})).await;
        talk(&scene.account, "c").await;
        scene.see("summary-kind").await;
        scene.until(&choose("summary-kind", "Contacts")).await;
        scene.fill("summary-search", "Santos").await;
        scene.says("choice", "Mia").await;
        reach(&scene, "choice").await;
        scene.fill("summary-text", "Kept words").await;
        // Somebody deletes the contact meanwhile.
        scene.account.delete_in_person(scene.account.admin, "contacts", mia).await;
        scene.click("summary-save").await;
        scene.until("document.querySelector('[data-kv=\"summary-error\"]').textContent.length > 10").await;
        scene.see("summary").await;
        scene.fill("summary-search", "").await;
        scene.says("choice", "Nora Klein").await;
        reach(&scene, "choice").await;
        saved(&scene).await;
        let state = scene.account.settled().await;
        assert!(result_of(&state, "c").contains("Kept words"));
        assert_eq!(the_note(&state, "c")["entity_type"], "contacts");
        assert_eq!(items(&state, "notes").len(), 1);
    });
}

#[test]
fn saved_in_one_tab_it_closes_in_the_other_unless_something_was_typed_there() {
    flow(async {
        let (scene, _) = scene(json!({})).await;
        let first = scene.browser.tab().await.unwrap();
        scene.open_in_new_tab("/contacts/list/").await;
        scene.live().await;
        talk(&scene.account, "c").await;
        scene.see("summary-text").await;
        scene.browser.switch_to(&first).await.unwrap();
        scene.fill("summary-text", "From the first tab").await;
        saved(&scene).await;
        for tab in scene.browser.tabs().await.unwrap() {
            scene.browser.switch_to(&tab).await.unwrap();
            scene.gone("summary").await;
        }
        let state = scene.account.settled().await;
        assert!(result_of(&state, "c").contains("From the first tab"));
    });
}

#[test]
fn from_the_journal_it_is_amended_and_a_late_recording_can_be_played() {
    flow(async {
        let (scene, _) = scene(json!({"callFeedback": false})).await;
        talk(&scene.account, "c").await;
        scene.account.settled().await;
        scene.open(&format!("/settings/advanced?widget={}", code(&scene.account).await)).await;
        scene.press("[data-kv=\"call-row\"] [data-kv=\"open-summary\"]").await;
        scene.see("no-recording").await;
        let focused = "document.activeElement === document.querySelector('[data-kv=\"summary\"]')";
        assert_eq!(scene.value(focused).await, json!(true), "whoever opens it is led into it");
        scene.fill("summary-text", "Amended").await;
        let recording = "https://pbx.example/r/late.mp3";
        let late = json!({"extension": "101", "duration": 30, "recording": recording});
        scene.account.post(event("c", &number(1), "completed", late)).await;
        scene.account.state_when("the recording", |state| the_note(state, "c")["params"]["link"] == recording).await;
        scene.until(&format!("{PLAYER} === {}", json!(recording))).await;
        saved(&scene).await;
        let opener =
            "document.activeElement === document.querySelector('[data-kv=\"call-row\"] [data-kv=\"open-summary\"]')";
        assert_eq!(scene.value(opener).await, json!(true), "the focus goes back to where it came from");
        scene.says("call-row", "Amended").await;
        let state =
            scene.account.state_when("the amended note", |state| result_of(state, "c").contains("Amended")).await;
        assert_eq!(items(&state, "notes").len(), 1);
        assert_eq!(the_note(&state, "c")["params"]["link"], recording);
    });
}

/// The window stands inside the page, beside the menu, and nothing in it sticks out.
const INSIDE: &str = "(function () { var window_ = document.querySelector('[data-kv=\"summary\"]'); \
    var outer = window_.getBoundingClientRect(); \
    return outer.left >= 65 && outer.right <= innerWidth && outer.top >= 0 && outer.bottom <= innerHeight && \
      window_.scrollWidth <= window_.clientWidth; })()";

/// Every control has a name that can be read out.
const UNNAMED: &str = "Array.from(document.querySelectorAll('[data-kv=\"summary\"] button, [data-kv=\"summary\"] a, \
    [data-kv=\"summary\"] input, [data-kv=\"summary\"] select, [data-kv=\"summary\"] textarea, [data-kv=\"summary\"] audio')) \
    .filter(function (one) { return !(one.getAttribute('aria-label') || one.textContent.trim() || \
      (one.labels && one.labels.length && one.labels[0].textContent.trim())); }) \
    .map(function (one) { return one.dataset.kv; }).join()";

#[test]
fn it_fits_narrow_windows_high_zoom_and_both_themes_and_can_be_read_out() {
    flow(async {
        let (scene, _) = scene(json!({"rateQuality": "required", "callFeedback": false})).await;
        talk(&scene.account, "c").await;
        scene.account.settled().await;
        let code = code(&scene.account).await;
        for (name, theme, width, height, scale) in [
            ("light", "light", 1440, 900, 1),
            ("dark", "dark", 1440, 900, 1),
            ("narrow", "light", 400, 800, 1),
            ("zoomed", "dark", 720, 450, 2),
        ] {
            let size = json!({"width": width, "height": height, "deviceScaleFactor": scale, "mobile": false});
            scene.browser.devtools("Emulation.setDeviceMetricsOverride", size).await.unwrap();
            scene.open(&format!("/settings/advanced?widget={code}&theme={theme}")).await;
            scene.see("open-summary").await;
            scene.value("document.querySelector('[data-kv=\"open-summary\"]').click()").await;
            reach(&scene, "summary-task").await;
            scene.see("summary-task-time").await;
            scene.click("summary-save").await;
            scene.says("summary-error", "Rate").await;
            scene.picture(&format!("summary-{name}")).await;
            scene.until(INSIDE).await;
            assert_eq!(scene.value(UNNAMED).await, json!(""), "{name}");
            for part in
                ["summary-number", "summary-error", "summary-save", "summary-cancel", "choice", "summary-entity"]
            {
                let contrast = scene.value(&CONTRAST.replace("PART", part)).await.as_f64().unwrap();
                assert!(contrast >= 4.5, "{part} in {name}: {contrast}");
            }
            let modal = "document.querySelector('[data-kv=\"summary\"]').getAttribute('role') + document.querySelector('[data-kv=\"summary\"]').getAttribute('aria-modal')";
            assert_eq!(scene.value(modal).await, json!("dialogfalse"));
            scene.click("summary-cancel").await;
            scene.gone("summary").await;
        }
    });
}
