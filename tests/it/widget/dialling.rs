//! A click on a number in the page: the card at once, the call run to its note, and every failure in plain words.

use serde_json::{Value, json};

use super::scene::{Scene, kv, running_at, stack};
use crate::{
    account::{Account, items, number, person},
    provider::line,
    stack::flow,
};

/// A contact with a number and a lead; the lead.
async fn lead(account: &Account) -> u64 {
    let contact = person("Nora Klein", &number(1), account.admin);
    let lead = json!({"name": "Solar roof", "_embedded": {"contacts": [{"index": 0}]}});
    let made = account.seed(json!({"contacts": [contact], "leads": [lead]})).await;
    made["leads"][0].as_u64().expect("an id")
}

/// Clicks the number in the card.
async fn click_number(scene: &Scene) {
    scene.press("[data-sim=\"phone\"]").await;
}

/// What the page's notifications say.
async fn told(scene: &Scene, text: &str) {
    scene.until(&format!("document.body.innerText.includes({})", json!(text))).await;
}

async fn calls(account: &Account, provider: &str) -> Vec<Value> {
    items(&account.desk(provider).await, "calls").to_vec()
}

#[test]
fn a_number_clicked_in_a_lead_becomes_a_call_with_its_note_on_that_lead() {
    flow(async {
        let account = running_at(stack().await, "twilio").await;
        let lead = lead(&account).await;
        let scene = Scene::new(account).await;
        let account = &scene.account;
        scene.open(&format!("/leads/detail/{lead}")).await;
        scene.live().await;
        click_number(&scene).await;
        scene.card("ringing").await;
        scene.says("state", "Calling").await;
        scene.says("number", "+1 415-555-0001").await;
        scene.picture("dial-ringing").await;
        account.acted("twilio", json!({"kind": "answer"})).await;
        account.acted("twilio", json!({"kind": "client_answer"})).await;
        scene.card("answered").await;
        scene.picture("dial-talking").await;
        account.acted("twilio", json!({"kind": "hangup", "duration": 33})).await;
        let state = account.settled().await;
        let notes = items(&state, "notes");
        assert_eq!(notes.len(), 1, "{notes:?}");
        assert_eq!((&notes[0]["note_type"], &notes[0]["entity_id"]), (&json!("call_out"), &json!(lead)));
        assert_eq!(notes[0]["params"]["duration"], 33);
        scene.assert_quiet().await;
    });
}

#[test]
fn something_shows_while_the_click_is_under_way_and_a_double_click_is_one_call() {
    flow(async {
        let account = running_at(stack().await, "zadarma").await;
        let lead = lead(&account).await;
        let scene = Scene::new(account).await;
        scene.open(&format!("/leads/detail/{lead}")).await;
        scene.live().await;
        // Holds every answer to a wish to call until the test has looked.
        let slow = "var real = window.fetch; window.fetch = function (url, init) { \
            if (!/\\/dial$/.test(String(url))) { return real(url, init); } \
            return new Promise(function (go) { window.letGo = go; }).then(function () { return real(url, init); }); };";
        scene.browser.execute(slow, json!([])).await.unwrap();
        click_number(&scene).await;
        scene.says("dialling", "Your own phone rings first").await;
        scene.picture("dial-asking").await;
        click_number(&scene).await;
        scene.until("typeof window.letGo === 'function'").await;
        scene.browser.execute("window.letGo()", json!([])).await.unwrap();
        scene.card("ringing").await;
        scene.gone("dialling").await;
        assert_eq!(calls(&scene.account, "zadarma").await.len(), 1);
        scene.account.acted("zadarma", json!({"kind": "answer"})).await;
        scene.account.acted("zadarma", json!({"kind": "miss"})).await;
        scene.says("state", "Not reached").await;
        scene.account.settled().await;
    });
}

#[test]
fn a_person_without_a_line_is_told_whom_to_ask_and_a_refusal_says_why() {
    flow(async {
        let account = running_at(stack().await, "twilio").await;
        let lead = lead(&account).await;
        assert_eq!(account.put("/extensions", json!([])).await.status, 200);
        let scene = Scene::new(account).await;
        scene.open(&format!("/leads/detail/{lead}")).await;
        scene.live().await;
        click_number(&scene).await;
        told(&scene, "You have no extension yet. Ask your administrator").await;
        scene.picture("dial-no-line").await;
        let wrong = json!([{"extensionId": "client:wrong", "kommoUserId": scene.account.admin}]);
        assert_eq!(scene.account.put("/extensions", wrong).await.status, 200);
        click_number(&scene).await;
        told(&scene, "Twilio").await;
        scene.gone("dialling").await;
        assert_eq!(scene.text("call-card").await, "", "no card of a call there is not");
        assert!(calls(&scene.account, "twilio").await.is_empty());
    });
}

#[test]
fn a_number_in_a_list_is_called_without_an_entity_and_a_removed_widget_calls_nobody() {
    flow(async {
        let account = running_at(stack().await, "twilio").await;
        lead(&account).await;
        let scene = Scene::new(account).await;
        scene.open("/contacts/").await;
        scene.live().await;
        scene.until("document.querySelector('[data-phone], .phone-link') !== null").await;
        scene.press("[data-phone], .phone-link").await;
        scene.card("ringing").await;
        let sent = "kvSpy.asked.filter(function (one) { return one.url.endsWith('/api/v1/dial'); }).length";
        assert_eq!(scene.value(sent).await, json!(1));
        let call = calls(&scene.account, "twilio").await[0].clone();
        assert!(call.to_string().contains(line("twilio", 0).as_str()), "{call}");
        scene.account.acted("twilio", json!({"kind": "answer"})).await;
        scene.account.acted("twilio", json!({"kind": "miss"})).await;
        // The page keeps what was registered; the widget must not.
        let code = super::scene::code(&scene.account).await;
        let click = "window.kvWidget = APP.widgets.list[arguments[0]]; kvWidget.callbacks.destroy();";
        scene.browser.execute(click, json!([code])).await.unwrap();
        scene.gone("root").await;
        scene.press("[data-phone], .phone-link").await;
        // Whatever the click set in motion would be on its way before this answer.
        scene.value("fetch('/api/v4/account').then(function (one) { return one.status; })").await;
        assert_eq!(scene.value(sent).await, json!(1));
        assert_eq!(scene.value(&format!("document.querySelector({})", json!(kv("root")))).await, Value::Null);
    });
}

#[test]
fn the_simulators_phone_panel_calls_as_the_provider_that_is_chosen() {
    flow(async {
        let account = running_at(stack().await, "twilio").await;
        let token = crate::provider::credentials("twilio", account.id)["authToken"].as_str().unwrap().to_owned();
        let scene = Scene::new(account).await;
        scene.open("/leads/").await;
        scene.live().await;
        scene.press("#phone_switch").await;
        let choose = "var list = document.getElementById('phone-provider'); list.value = 'twilio'; \
                      list.dispatchEvent(new Event('change', {bubbles: true})); return true;";
        scene.browser.execute(choose, json!([])).await.unwrap();
        let shown = "document.getElementById('phone-customer').textContent";
        scene.until(&format!("{shown}.includes({})", json!(token))).await;
        assert_eq!(scene.value("document.getElementById('phone-generic').offsetHeight").await, json!(0));
        scene.press("#phone-incoming").await;
        scene.card("ringing").await;
        scene.picture("phone-panel-twilio").await;
        scene.press("#phone-answer").await;
        scene.card("answered").await;
        scene.press("#phone-hangup").await;
        scene.card("ended").await;
    });
}
