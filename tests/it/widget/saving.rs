//! Save says yes only when the Worker has stored everything, and otherwise why not, where the administrator looks.

use reqwest::Method;
use serde_json::json;

use super::scene::{Scene, choose, kv, stack};
use crate::{
    account::{Account, event, number},
    stack::flow,
};

/// A connected account whose widget was never saved, with the settings window open.
async fn fresh() -> Scene {
    let account = Account::new(stack().await, json!({})).await;
    account.install().await;
    account.connected().await;
    let scene = Scene::new(account).await;
    scene.open("/settings/widgets").await;
    scene.see("create-hook").await;
    scene
}

async fn refused(scene: &Scene, reason: &str) {
    scene.press(".js-widget-save").await;
    scene.says("settings-error", reason).await;
    scene.until("!document.querySelector('.js-widget-save').disabled").await;
    assert_eq!(scene.widget_state().await, "not_configured");
}

async fn saved(scene: &Scene) {
    scene.press(".js-widget-save").await;
    scene.until("document.querySelector('.modal') === null").await;
}

#[test]
fn a_wrong_number_and_a_line_given_twice_are_refused_before_anything_is_sent() {
    flow(async {
        let scene = fresh().await;
        let (first, second) = (scene.account.users[0], scene.account.users[1]);
        scene.fill("setting-retentionDays", "").await;
        refused(&scene, "enter a whole number from 1 to 3650").await;
        scene.fill("setting-retentionDays", "30").await;
        for user in [first, second] {
            scene.fill(&format!("extension-{user}"), "101").await;
        }
        refused(&scene, "Extension 101 is given to both").await;
        scene.fill(&format!("extension-{second}"), "").await;
        assert_eq!(scene.asked("PUT", "settings").await, 0);
        scene.press(".js-widget-save").await;
        scene.says("settings-status", "Copy the signing secret before you close this window").await;
        scene.see("hook-secret").await;
        assert_eq!(scene.widget_state().await, "installed");
        assert_eq!(scene.account.get("/settings").await.body["retentionDays"], 30);
        let lines = scene.account.get("/extensions").await.body;
        assert_eq!(lines, json!([{"extensionId": "101", "kommoUserId": first}]));
        scene.assert_quiet().await;
    });
}

#[test]
fn a_malformed_secret_is_refused_with_the_workers_own_words() {
    flow(async {
        let scene = fresh().await;
        scene.fill("credential-secret", "whsec_not base64").await;
        refused(&scene, "Secret: ").await;
        // Said where it is to be put right, too.
        scene.see("error-secret").await;
        let label = "document.querySelector('.widget-state').dataset.state === 'error'";
        scene.until(label).await;
        assert_eq!(scene.account.get("/voip").await.body["provider"], json!(null));
        // A good one of one's own is never shown again, and the webhook works with it.
        let own = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=";
        scene.fill("credential-secret", own).await;
        scene.gone("error-secret").await;
        scene.press(".js-widget-save").await;
        scene.says("settings-status", "Copy the addresses").await;
        scene.gone("hook-secret").await;
        let hook = scene.account.get("/voip").await.body["hookUrl"].as_str().expect("a hook").to_owned();
        let account = Account { hook, secret: own.to_owned(), ..scene.account.clone() };
        account.post(event("c", &number(1), "ringing", json!({}))).await;
    });
}

#[test]
fn toggling_the_ring_sound_sends_nothing_about_the_provider() {
    flow(async {
        let scene = Scene::at("/settings/widgets").await;
        scene.press(&kv("setting-ringSound")).await;
        saved(&scene).await;
        assert_eq!(scene.account.get("/settings").await.body["ringSound"], json!(false));
        for (method, path, times) in [("PUT", "settings", 1), ("PUT", "voip", 0), ("PUT", "active", 1)] {
            assert_eq!(scene.asked(method, path).await, times, "{method} {path}");
        }
        // Signed with the secret of before.
        scene.account.post(event("c", &number(1), "ringing", json!({"extension": "101"}))).await;
        scene.card("ringing").await;
        scene.assert_quiet().await;
    });
}

#[test]
fn a_new_secret_is_made_after_asking_and_the_old_one_still_works() {
    flow(async {
        let scene = Scene::at("/settings/widgets").await;
        scene.click("rotate-secret").await;
        scene.click("rotate-cancel").await;
        assert_eq!(scene.asked("PUT", "voip").await, 0);
        scene.click("rotate-secret").await;
        scene.click("rotate-confirm").await;
        scene.see("hook-secret").await;
        let secret = scene.text("hook-secret").await;
        assert_ne!(secret, scene.account.secret);
        let renewed = Account { secret, ..scene.account.clone() };
        for (call, account) in [("old", &scene.account), ("new", &renewed)] {
            account.post(event(call, &number(1), "ringing", json!({}))).await;
        }
    });
}

#[test]
fn what_another_administrator_changed_meanwhile_is_not_overwritten() {
    flow(async {
        let scene = Scene::at("/settings/widgets").await;
        scene.see("setting-missed-task").await;
        scene.live().await;
        // Nothing is typed yet: what somebody else saves simply shows.
        let days = "document.querySelector('[data-kv=\"setting-retentionDays\"]').value";
        scene.account.set(json!({"retentionDays": 76})).await;
        scene.until(&format!("{days} === '76'")).await;
        scene.press(&kv("setting-missed-task")).await;
        scene.fill("setting-retentionDays", "30").await;
        scene.account.set(json!({"retentionDays": 77})).await;
        scene.says("conflict-who", "Ada Admin saved these settings").await;
        scene.press(".js-widget-save").await;
        scene.says("settings-error", "Someone else changed the settings meanwhile").await;
        let settings = scene.account.get("/settings").await.body;
        assert_eq!((&settings["retentionDays"], &settings["missed"]["task"]), (&json!(77), &json!(true)));
        // Whose version it is, and how the two differ.
        scene.says("conflict-who", "Ada Admin saved these settings").await;
        scene.says("conflict-who", " at ").await;
        let disputed = "Array.from(document.querySelectorAll('[data-kv=\"disputed\"]')).map(function (row) { return row.dataset.setting; }).join()";
        scene.until(&format!("{disputed} === 'missed-task,retentionDays'")).await;
        scene.picture("conflict").await;
        scene.click("load-theirs").await;
        scene.until(&format!("{days} === '77'")).await;
        scene.picture("conflict-loaded").await;
        scene.press("[data-setting=\"missed-task\"] button").await;
        scene.until("document.querySelector('[data-setting=\"missed-task\"]') === null").await;
        saved(&scene).await;
        let settings = scene.account.get("/settings").await.body;
        assert_eq!((&settings["retentionDays"], &settings["missed"]["task"]), (&json!(77), &json!(false)));
    });
}

/// Whether the browser would ask before this page goes.
const ASKS: &str = "(function () { var event = new Event('beforeunload', {cancelable: true}); \
    window.dispatchEvent(event); return event.defaultPrevented; })()";

#[test]
fn a_mistake_is_said_while_it_is_typed_and_unsaved_changes_are_not_lost_unseen() {
    flow(async {
        let scene = Scene::at("/settings/widgets").await;
        scene.see("setting-retentionDays").await;
        assert_eq!(scene.value(ASKS).await, json!(false));
        scene.fill("setting-retentionDays", "0").await;
        scene.says("error-retentionDays", "from 1 to 3650").await;
        let described = "(function () { var field = document.querySelector('[data-kv=\"setting-retentionDays\"]'); \
            var words = document.getElementById(field.getAttribute('aria-describedby')); \
            return field.getAttribute('aria-invalid') === 'true' && words !== null && words.innerText.includes('3650'); })()";
        assert_eq!(scene.value(described).await, json!(true));
        scene.fill("setting-retentionDays", "30").await;
        scene.gone("error-retentionDays").await;
        scene.says("settings-status", "Unsaved changes").await;
        assert_eq!(scene.value(ASKS).await, json!(true));

        // The CRM closes its window without a word; we say one, and bring back what was typed.
        scene.press(".modal-body__close").await;
        scene.until("document.querySelector('.modal') === null").await;
        scene.until("document.body.innerText.includes('Open the window again to bring them back')").await;
        assert_eq!(scene.value(ASKS).await, json!(false), "it was said");
        scene.press("[data-menu=\"contacts\"]").await;
        scene.press("[data-menu=\"settings\"]").await;
        scene.says("kept", "unsaved changes").await;
        scene.click("restore").await;
        scene.says("settings-status", "Unsaved changes").await;
        assert_eq!(scene.value(ASKS).await, json!(true));
        saved(&scene).await;
        assert_eq!(scene.account.get("/settings").await.body["retentionDays"], json!(30));
        assert_eq!(scene.value(ASKS).await, json!(false));
        scene.assert_quiet().await;
    });
}

#[test]
fn a_pipeline_brings_its_stages_and_every_setting_of_the_window_is_stored() {
    flow(async {
        let scene = Scene::at("/settings/widgets").await;
        scene.see("setting-newLeads-pipelineId").await;
        for (name, option) in [
            ("setting-newLeads-pipelineId", "Service"),
            ("setting-newLeads-statusId", "In progress"),
            ("setting-inboundUnknown-create", "An incoming lead"),
            ("setting-inboundUnknown-accept", "When the call is answered"),
            ("setting-missed-responsible", "Whoever was called"),
        ] {
            scene.until(&choose(name, option)).await;
        }
        for (name, text) in [("missed-dueMinutes", "15"), ("missed-text", "Call <b>back</b>"), ("defaultRegion", "de")]
        {
            scene.fill(&format!("setting-{name}"), text).await;
        }
        for name in ["inboundKnown-leadIfNoneActive", "inboundKnown-numberInNote", "outboundUnknown-contactAndLead"] {
            scene.click(&format!("setting-{name}")).await;
        }
        saved(&scene).await;
        let stored = scene.account.get("/settings").await.body;
        let pipelines =
            scene.value("fetch('/api/v4/leads/pipelines').then(function (one) { return one.json(); })").await;
        let service = &pipelines["_embedded"]["pipelines"][1];
        let stage =
            service["_embedded"]["statuses"].as_array().unwrap().iter().find(|one| one["name"] == "In progress");
        assert_eq!(stored["newLeads"], json!({"pipelineId": service["id"], "statusId": stage.unwrap()["id"]}));
        assert_eq!(stored["inboundUnknown"], json!({"create": "incoming_lead", "accept": "on_answer"}));
        assert_eq!(stored["inboundKnown"], json!({"leadIfNoneActive": true, "numberInNote": false}));
        assert_eq!(stored["outboundUnknown"], json!({"contactAndLead": false}));
        assert_eq!(stored["missed"]["dueMinutes"], 15);
        assert_eq!(stored["missed"]["text"], "Call <b>back</b>");
        assert_eq!(stored["missed"]["responsible"], "called_user");
        assert_eq!(stored["defaultRegion"], "DE");
    });
}

#[test]
fn a_manager_is_offered_no_settings_but_sees_calls() {
    flow(async {
        let account = super::scene::running(stack().await, json!({})).await;
        let manager = account.users[1];
        let scene = Scene::of(account, manager).await;
        scene.open("/settings/widgets").await;
        scene.live().await;
        scene.account.post(event("c", &number(1), "ringing", json!({"extension": "102"}))).await;
        scene.card("ringing").await;
        scene.gone("settings").await;
        let refused = scene.account.api(manager, Method::PUT, "/active", Some(json!({"active": false}))).await;
        refused.assert_problem(403);
    });
}
