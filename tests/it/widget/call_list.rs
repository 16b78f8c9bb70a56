//! The call list in the page: ticked rows become a list that runs by itself, in every tab alike, over a reload.

use serde_json::{Value, json};

use super::{
    hostile::IN_PLACE,
    scene::{Scene, choose, kv, running_at, stack},
};
use crate::{
    account::{Account, PATIENCE, items, number, person},
    stack::flow,
};

const PROVIDER: &str = "twilio";

/// An account whose lists make a short pause, with these contacts' ids.
async fn account(names: &[&str]) -> (Account, Vec<u64>) {
    let account = running_at(stack().await, PROVIDER).await;
    account.set(json!({"callFeedback": false, "autoDialSeconds": 1})).await;
    let people: Vec<Value> =
        names.iter().enumerate().map(|(one, name)| person(name, &number(one + 1), account.admin)).collect();
    let made = account.seed(json!({"contacts": people})).await;
    let ids = items(&made, "contacts").iter().map(|id| id.as_u64().expect("an id")).collect();
    (account, ids)
}

/// Ticks rows of the list in the page and uses the widget's item of the More menu.
async fn list_ticked(scene: &Scene, rows: &[u64]) {
    for row in rows {
        scene.press(&format!("tr[data-id=\"{row}\"] input[type=\"checkbox\"]")).await;
    }
    scene.press("[data-sim=\"more\"] summary").await;
    scene.press(".js-list-action").await;
    scene.says("call-list-told", "Added").await;
}

/// Waits until the provider was asked for so many calls.
async fn placed(scene: &Scene, calls: usize) {
    let account = &scene.account;
    account
        .ends
        .until("the next call", PATIENCE, async || match items(&account.desk(PROVIDER).await, "calls").len() {
            found if found == calls => Ok(()),
            found => Err(format!("{found} calls, {}", account.get("/call-list").await.text)),
        })
        .await;
}

async fn ends(scene: &Scene, steps: &[Value]) {
    scene.account.acted(PROVIDER, json!({"kind": "answer"})).await;
    for step in steps {
        scene.account.acted(PROVIDER, step.clone()).await;
    }
}

#[test]
fn ticked_contacts_are_called_one_by_one_over_a_reload_and_the_results_are_counted() {
    flow(async {
        let (account, ids) = account(&["Nora Klein", "Otto Groß", "Pia Sommer"]).await;
        let scene = Scene::new(account).await;
        scene.open("/contacts/list/").await;
        scene.live().await;
        list_ticked(&scene, &ids).await;
        scene.says("call-list-told", "Added: 3.").await;
        assert_eq!(scene.asked("POST", "call-list").await, 1, "one request for all rows");
        scene.picture("call-list-added").await;
        scene.click("call-list-run").await;
        scene.card("ringing").await;
        scene.says("call-list-status", "Calling").await;
        scene.picture("call-list-calling").await;
        let talk = [json!({"kind": "client_answer"}), json!({"kind": "hangup", "duration": 12})];
        ends(&scene, &talk).await;
        placed(&scene, 2).await;
        scene.says("call-list-counts", "Talked 1").await;

        scene.browser.devtools("Page.reload", json!({})).await.unwrap();
        scene.until("performance.getEntriesByType('navigation')[0].type === 'reload' && window.kvSpy").await;
        scene.says("call-list-status", "Calling").await;
        let bar = format!("document.querySelector('{}').value", kv("call-list-progress"));
        scene.until(&format!("{bar} === 1")).await;
        ends(&scene, &[json!({"kind": "busy"})]).await;
        placed(&scene, 3).await;
        ends(&scene, &[json!({"kind": "miss"})]).await;
        scene.says("call-list-status", "Everyone on the list").await;
        for result in ["Talked 1", "Busy 1", "No answer 1"] {
            scene.says("call-list-counts", result).await;
        }
        scene.until(&format!("{bar} === 3")).await;
        scene.picture("call-list-through").await;
        scene.click("call-list-clear").await;
        scene.says("call-list-status", "Tick contacts or leads").await;
        scene.account.settled().await;
        scene.assert_quiet().await;
    });
}

#[test]
fn all_tabs_of_a_person_show_one_list_and_any_of_them_steers_it() {
    flow(async {
        let (account, ids) = account(&["Nora Klein", "Otto Groß"]).await;
        let scene = Scene::new(account).await;
        scene.open("/contacts/list/").await;
        scene.live().await;
        list_ticked(&scene, &ids).await;
        scene.click("call-list-run").await;
        scene.says("call-list-status", "Calling").await;
        let first = scene.browser.tab().await.unwrap();
        scene.open_in_new_tab("/leads/").await;
        scene.says("call-list-status", "Calling").await;
        let run = json!(kv("call-list-run"));
        let is_paused = format!("document.querySelector({run}).dataset.action === 'resume'");
        scene.click("call-list-run").await;
        scene.until(&is_paused).await;
        scene.browser.switch_to(&first).await.unwrap();
        scene.until(&is_paused).await;
        ends(&scene, &[json!({"kind": "miss"})]).await;
        scene.says("call-list-status", "Paused.").await;
        scene.click("call-list-skip").await;
        scene.says("call-list-counts", "Skipped 1").await;
        scene.says("call-list-status", "Everyone on the list").await;
        placed(&scene, 1).await;
        scene.account.settled().await;
        scene.assert_quiet().await;
    });
}

#[test]
fn leads_and_an_open_company_come_onto_the_list_with_a_number_to_choose() {
    flow(async {
        let account = running_at(stack().await, PROVIDER).await;
        account.set(json!({"callFeedback": false, "autoDialSeconds": 1})).await;
        let two = json!({"name": "Nora Klein", "custom_fields_values": [
            {"field_code": "PHONE", "values": [{"value": number(1)}, {"value": number(2)}]}]});
        let made = account
            .seed(json!({
                "contacts": [two],
                "companies": [person("Klein GmbH", &number(3), account.admin)],
                "leads": [{"name": "Solar roof", "_embedded": {"contacts": [{"index": 0}]}}, {"name": "Nobody's lead"}],
            }))
            .await;
        let id = |kind: &str, index: usize| made[kind][index].as_u64().expect("an id");
        let scene = Scene::new(account).await;
        scene.open("/leads/").await;
        scene.live().await;
        list_ticked(&scene, &[id("leads", 0), id("leads", 1)]).await;
        scene.says("call-list-told", "Added: 2.").await;
        scene.says("call-list-entries", "No number").await;
        assert_eq!(scene.text("call-list-add-card").await, "", "a list is nobody's card");
        scene.until(&choose("call-list-number", "+1 415-555-0002")).await;
        let chosen = async || {
            let list = scene.account.get("/call-list").await;
            let entries = items(&list.body, "entries");
            entries.iter().any(|entry| entry["chosen"] == number(2)).then_some(())
        };
        scene.eventually("the other number", chosen).await;
        // Within the page, so that the window stays.
        let company = format!("/companies/detail/{}", id("companies", 0));
        let go = format!(
            "require(['lib/common/router'], function (router) {{ router.navigate({}, {{trigger: true}}); }})",
            json!(company)
        );
        scene.browser.execute(&go, json!([])).await.unwrap();
        scene.click("call-list-add-card").await;
        scene.says("call-list-entries", "Klein GmbH").await;
        scene.click("call-list-add-card").await;
        scene.says("call-list-told", "Already on the list: 1.").await;
        scene.picture("call-list-numbers").await;
        scene.press(&format!("{}[data-result=\"no-number\"] {}", kv("call-list-entry"), kv("call-list-remove"))).await;
        scene.until(&format!("document.querySelectorAll('{}').length === 2", kv("call-list-entry"))).await;
        scene.click("call-list-minimise").await;
        scene.gone("call-list-entries").await;
        scene.picture("call-list-small").await;
        scene.click("call-list-minimise").await;
        scene.see("call-list-entries").await;
        scene.click("call-list-close").await;
        scene.gone("call-list").await;
        scene.assert_quiet().await;
    });
}

#[test]
fn whoever_cannot_call_is_told_why_and_the_companies_list_offers_nothing() {
    flow(async {
        let (account, ids) = account(&["Nora <b>Klein</b>"]).await;
        account.seed(json!({"companies": [person("Klein GmbH", &number(9), account.admin)]})).await;
        assert_eq!(account.put("/extensions", json!([])).await.status, 200);
        let scene = Scene::new(account).await;
        scene.open("/contacts/list/").await;
        scene.live().await;
        list_ticked(&scene, &ids).await;
        scene.says("call-list-entries", "Nora <b>Klein</b>").await;
        scene.click("call-list-run").await;
        scene.says("call-list-complaint", "You have no extension yet").await;
        scene.open("/companies/list/").await;
        scene.press("tr[data-id] input[type=\"checkbox\"]").await;
        scene.press("[data-sim=\"more\"] summary").await;
        assert_eq!(scene.value("document.querySelectorAll('.js-list-action').length").await, json!(0));
    });
}

#[test]
fn the_window_fits_narrow_pages_both_themes_and_all_languages() {
    flow(async {
        let (account, ids) = account(&["Nora Klein", "Somebody with quite a long name, and a company behind it"]).await;
        let scene = Scene::new(account).await;
        let mut is_listed = false;
        for (name, language, theme, width, height) in [
            ("light", "en", "light", 1440, 900),
            ("dark", "es", "dark", 1440, 900),
            ("narrow", "pt", "light", 400, 800),
        ] {
            let size = json!({"width": width, "height": height, "deviceScaleFactor": 1, "mobile": false});
            scene.browser.devtools("Emulation.setDeviceMetricsOverride", size).await.unwrap();
            scene.open(&format!("/contacts/list/?theme={theme}&lang={language}")).await;
            scene.live().await;
            if !is_listed {
                list_ticked(&scene, &ids).await;
                scene.click("call-list-run").await;
                is_listed = true;
            }
            scene.see("call-list-entry").await;
            scene.card("ringing").await;
            scene.picture(&format!("call-list-{name}")).await;
            scene.until(&IN_PLACE.replace("call-card", "call-list")).await;
            let words = scene.text("call-list").await;
            assert!(!words.contains("list."), "a text is missing: {words}");
        }
        // Nobody else is called while the test looks away. On a narrow page the card stands before the buttons.
        assert_eq!(scene.account.put("/call-list/state", json!({"action": "stop"})).await.status, 200);
        ends(&scene, &[json!({"kind": "miss"})]).await;
        scene.account.settled().await;
    });
}
