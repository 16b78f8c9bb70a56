//! The simulated CRM page starts, keeps and configures widgets as the CRM does.

use kommo_voip_tests::{Config, serve};
use serde_json::{Value, json};

use crate::support::{Stage, control, pack};

/// A card of the demo account.
const LEAD: &str = "/leads/detail/700001";

fn unchanged(manifest: String) -> String {
    manifest
}

/// What the widget wrote down so far; the journal starts anew.
async fn journal(stage: &Stage) -> Vec<String> {
    let script = "return (window.helloJournal || []).splice(0)";
    let lines = stage.browser.execute(script, json!([])).await.unwrap();
    serde_json::from_value(lines).unwrap()
}

async fn wrote(stage: &Stage, line: &str) {
    let expression =
        format!("(window.helloJournal || []).some(function (one) {{ return one.indexOf({}) === 0; }})", json!(line));
    stage.browser.wait_for(&expression).await.unwrap();
}

async fn answers(stage: &Stage, answers: Value) {
    let script = "window.helloAnswers = arguments[0]";
    stage.browser.execute(script, json!([answers])).await.unwrap();
}

/// Installs the widget in its settings window and waits until it drew its own settings.
async fn install(stage: &Stage) {
    stage.open("/settings/widgets").await;
    stage.browser.click(".js-widget-install").await.unwrap();
    wrote(stage, "onInstall").await;
}

async fn save(stage: &Stage) {
    let browser = &stage.browser;
    browser.fill("input[name=\"greeting\"]", "Hi").await.unwrap();
    browser.click(".js-widget-save").await.unwrap();
}

async fn install_and_save(stage: &Stage) {
    install(stage).await;
    save(stage).await;
    closed(stage).await;
}

async fn closed(stage: &Stage) {
    let gone = "document.querySelector('.modal') === null";
    stage.browser.wait_for(gone).await.unwrap();
}

async fn state(stage: &Stage) -> Value {
    let state = "document.querySelector('.widget-state').dataset.state";
    stage.browser.value(state).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn callbacks_run_in_the_order_of_the_crm() {
    let stage = Stage::with(vec![pack("hello-widget", "order", unchanged)]).await;
    install_and_save(&stage).await;

    stage.open(LEAD).await;
    wrote(&stage, "init").await;
    assert_eq!(
        journal(&stage).await,
        ["constructor function", "render Hello lcard", "bind_actions", "init 1.0.3 installed Y"]
    );
    let card = "APP.data.current_card.id === 700001 && APP.isCard() && APP.getBaseEntity() === 'leads'";
    stage.browser.wait_for(card).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slow_render_delays_init_but_not_bind_actions_and_a_refused_one_prevents_it() {
    let stage = Stage::with(vec![pack("hello-widget", "render", unchanged)]).await;
    install(&stage).await;
    let again = "var w = APP.widgets.list.hello; arguments[0] && (window.helloAnswers = arguments[0]); \
                 require(['widgets/loader', 'jquery'], function (loader, $) { \
                   $.ajax({url: '/ajax/widgets/list', method: 'POST', contentType: 'application/json', data: '{}'}) \
                     .then(function (answer) { loader.remove('hello'); window.helloJournal.length = 0; \
                       loader.start(answer.widgets[0]).then(function (one) { return one.started; }) \
                         .then(function () { window.helloJournal.push('over'); }); }); });";
    let cases = [
        ("promise", vec!["render Hello settings", "bind_actions", "render resolved", "init 1.0.3 not_configured N"]),
        ("reject", vec!["render Hello settings", "bind_actions"]),
        ("false", vec!["render Hello settings", "bind_actions"]),
    ];
    for (answer, expected) in cases {
        stage.browser.execute(again, json!([{"render": answer}])).await.unwrap();
        wrote(&stage, "over").await;
        let lines = journal(&stage).await;
        assert_eq!(lines[1..lines.len() - 1], expected, "render: {answer}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn settings_are_stored_only_when_the_widget_agrees() {
    let stage = Stage::with(vec![pack("hello-widget", "save", unchanged)]).await;
    let browser = &stage.browser;
    install(&stage).await;
    let disabled = "document.querySelector('.js-widget-save').disabled";
    assert_eq!(browser.value(disabled).await.unwrap(), json!(true));
    assert_eq!(state(&stage).await, json!("not_configured"));

    for refusal in ["false", "reject"] {
        answers(&stage, json!({"onSave": refusal})).await;
        journal(&stage).await;
        save(&stage).await;
        wrote(&stage, "onSave Y conf,extensions,greeting").await;
        let turning = "document.querySelector('.js-widget-save').disabled";
        browser.wait_for(turning).await.unwrap();
        assert_eq!(state(&stage).await, json!("not_configured"), "{refusal}");
        let script = "$('.js-widget-save').trigger('button:save:enable')";
        browser.execute(script, json!([])).await.unwrap();
    }

    answers(&stage, json!({"onSave": "promise"})).await;
    save(&stage).await;
    closed(&stage).await;
    wrote(&stage, "onSave resolved").await;
    let kept = "APP.widgets.list.hello.params";
    let params = browser.value(kept).await.unwrap();
    assert_eq!(params["status"], "installed");
    assert_eq!(params["widget_active"], "Y");
    assert_eq!(params["greeting"], "Hi");
    assert_eq!(params["conf"], "{\"saved\":true}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_required_field_left_empty_never_reaches_the_widget() {
    let stage = Stage::with(vec![pack("hello-widget", "required", unchanged)]).await;
    let browser = &stage.browser;
    install(&stage).await;
    browser.fill("input[name^=\"extensions[\"]", "101").await.unwrap();
    journal(&stage).await;
    browser.click(".js-widget-save").await.unwrap();
    browser.wait_for("document.querySelector('[data-sim=\"toast\"][data-kind=\"error\"]') !== null").await.unwrap();
    assert!(journal(&stage).await.is_empty());
    assert_eq!(state(&stage).await, json!("not_configured"));
}

#[tokio::test(flavor = "multi_thread")]
async fn switching_off_asks_the_widget_then_destroys_it() {
    let stage = Stage::with(vec![pack("hello-widget", "disable", unchanged)]).await;
    let browser = &stage.browser;
    install_and_save(&stage).await;
    stage.open("/settings/widgets").await;
    wrote(&stage, "settings").await;
    journal(&stage).await;
    browser.click(".switcher").await.unwrap();
    browser.click(".js-widget-save").await.unwrap();
    closed(&stage).await;
    assert_eq!(journal(&stage).await, ["onSave N conf,extensions,greeting", "destroy"]);
    let gone = "Object.keys(APP.widgets.list).length === 0 && !document.querySelector('.nav__phone')";
    browser.wait_for(gone).await.unwrap();

    stage.open(LEAD).await;
    browser.wait_for("document.querySelector('[data-sim=\"feed\"]') !== null").await.unwrap();
    assert!(journal(&stage).await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_widget_with_init_once_survives_navigation_and_only_renders_again() {
    let stage = Stage::with(vec![pack("hello-widget", "once", unchanged)]).await;
    let browser = &stage.browser;
    install_and_save(&stage).await;
    stage.open(LEAD).await;
    wrote(&stage, "init").await;
    journal(&stage).await;
    browser.value("window.sameLoad = true").await.unwrap();

    browser.click("[data-menu=\"contacts\"]").await.unwrap();
    wrote(&stage, "render Hello clist").await;
    browser.click("[data-sim=\"list\"] .list__name").await.unwrap();
    wrote(&stage, "render Hello ccard").await;
    assert_eq!(journal(&stage).await, ["render Hello clist", "render Hello ccard"]);
    assert_eq!(browser.value("window.sameLoad").await.unwrap(), json!(true));

    browser.click("[data-sim=\"phone\"]").await.unwrap();
    wrote(&stage, "phone +49 ").await;
    browser.click(".nav__phone").await.unwrap();
    wrote(&stage, "dialer").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_widget_without_init_once_is_destroyed_and_started_anew() {
    let many = |manifest: String| manifest.replace("\"init_once\": true", "\"init_once\": false");
    let stage = Stage::with(vec![pack("hello-widget", "many", many)]).await;
    install_and_save(&stage).await;
    stage.open(LEAD).await;
    wrote(&stage, "init").await;
    journal(&stage).await;

    stage.browser.click("[data-menu=\"leads\"]").await.unwrap();
    wrote(&stage, "init").await;
    assert_eq!(
        journal(&stage).await,
        ["destroy", "constructor function", "render Hello llist", "bind_actions", "init 1.0.3 installed Y"]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn two_widgets_live_side_by_side_and_share_one_phone_button() {
    let other =
        |manifest: String| manifest.replace("\"interface_version\"", "\"code\": \"other\", \"interface_version\"");
    let archives = vec![pack("hello-widget", "first", unchanged), pack("hello-widget", "second", other)];
    let stage = Stage::with(archives).await;
    let browser = &stage.browser;
    for code in ["hello", "other"] {
        stage.open("/settings/widgets").await;
        browser.click(&format!("#widget_{code}")).await.unwrap();
        let either = ".js-widget-install, .js-widget-save";
        browser.wait_for(&format!("document.querySelector('{either}') !== null")).await.unwrap();
        let fresh = browser.value("document.querySelector('.js-widget-install') !== null").await.unwrap();
        if fresh == json!(true) {
            browser.click(".js-widget-install").await.unwrap();
        }
        wrote(&stage, "settings").await;
        browser.wait_for(&format!("document.querySelector('.modal.{code}') !== null")).await.unwrap();
        save(&stage).await;
        closed(&stage).await;
    }
    stage.open(LEAD).await;
    let both = "Object.keys(APP.widgets.list).sort().join() === 'hello,other' \
                && document.querySelectorAll('.nav__phone').length === 1";
    browser.wait_for(both).await.unwrap();
    browser.click("[data-sim=\"phone\"]").await.unwrap();
    let menu = "document.querySelectorAll('.js-phone-action').length === 2";
    browser.wait_for(menu).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lists_more_menu_offers_widgets_that_declare_the_list_and_tells_them_what_is_ticked() {
    let bare = |manifest: String| manifest.replace(", \"clist-1\"", "");
    for (name, change, declared) in
        [("declared", unchanged as fn(String) -> String, true), ("everywhere", bare as fn(String) -> String, false)]
    {
        let stage = Stage::with(vec![pack("hello-widget", name, change)]).await;
        let browser = &stage.browser;
        install_and_save(&stage).await;
        for everywhere in [false, true] {
            control(&stage.sim, "switches", json!({"listActionsEverywhere": everywhere})).await;
            stage.open("/contacts/list/").await;
            wrote(&stage, "init").await;
            journal(&stage).await;
            browser.click("tr[data-id=\"500001\"] input").await.unwrap();
            browser.click("[data-sim=\"more\"] summary").await.unwrap();
            let offered = browser.value("document.querySelectorAll('.js-list-action').length").await.unwrap();
            assert_eq!(offered, json!(u8::from(declared || everywhere)), "{name} {everywhere}");
            if offered == json!(1) {
                browser.click(".js-list-action").await.unwrap();
                wrote(&stage, "contacts.selected +49").await;
            }
        }
        // There is no callback for companies, and the widget has none for leads.
        for list in ["/companies/list/", "/leads/"] {
            stage.open(list).await;
            browser.click("tr[data-id] input").await.unwrap();
            browser.click("[data-sim=\"more\"] summary").await.unwrap();
            let offered = browser.value("document.querySelectorAll('.js-list-action').length").await.unwrap();
            assert_eq!(offered, json!(0), "{list}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_runs_under_every_policy_and_only_one_forbids_webassembly() {
    let stage = Stage::with(vec![pack("hello-widget", "policy", unchanged)]).await;
    install_and_save(&stage).await;
    let compiles = "(function () { try { new WebAssembly.Module(new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0])); \
                    return 'yes'; } catch (refused) { return 'no'; } })()";
    for (policy, expected) in [("none", "yes"), ("strict-wasm", "yes"), ("strict", "no")] {
        control(&stage.sim, "switches", json!({"csp": policy})).await;
        stage.open(LEAD).await;
        wrote(&stage, "init").await;
        let answer = stage.browser.value(compiles).await.unwrap();
        assert_eq!(answer, json!(expected), "{policy}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_card_refreshes_by_itself_and_shows_text_as_text() {
    let stage = Stage::with(Vec::new()).await;
    let browser = &stage.browser;
    stage.open("/contacts/detail/500001").await;
    let empty = "document.querySelector('[data-sim=\"feed\"]') && !document.querySelector('[data-sim=\"note\"]')";
    browser.wait_for(empty).await.unwrap();
    let post = "fetch('/api/v4/contacts/notes', {method: 'POST', headers: {'Content-Type': 'application/json'}, \
                body: JSON.stringify([{entity_id: 500001, note_type: 'call_in', params: {uniq: 'u', duration: 65, \
                source: 'Phone', phone: '+49 30 5550100', call_result: '<img src=x onerror=alert(1)>', call_status: 4, \
                call_responsible: 9000002, link: 'https://rec.example/1.mp3'}}])})";
    browser.execute(post, json!([])).await.unwrap();
    let text = browser.text("[data-sim=\"note\"]").await.unwrap();
    for part in ["Incoming call", "01:05", "Max Manager", "<img src=x onerror=alert(1)>"] {
        assert!(text.contains(part), "{part} in {text}");
    }
    let player = "document.querySelector('[data-sim=\"recording\"]').src === 'https://rec.example/1.mp3'";
    browser.wait_for(player).await.unwrap();
}

#[tokio::test]
async fn what_a_user_may_not_view_is_on_no_card_and_in_no_list() {
    let sim = serve(Config { port: 0, ..Config::default() }).await.unwrap();
    let own_leads_only = json!([
        {"name": "Ann", "email": "ann@example.com", "isAdmin": true},
        {"name": "Bob", "email": "bob@example.com", "isAdmin": false, "rights": {"leads": {"view": "M"}}},
    ]);
    let account = control(&sim, "accounts", json!({"users": own_leads_only})).await;
    let (id, admin) = (&account["accountId"], &account["adminId"]);
    let user = &account["userIds"][1];
    let created = control(
        &sim,
        "entities",
        json!({"account": id, "leads": [
            {"name": "Secret", "responsible_user_id": admin},
            {"name": "Own", "responsible_user_id": user},
        ]}),
    )
    .await;
    let session = control(&sim, "session", json!({"account": id, "userId": user})).await;
    let get = |path: String| {
        let cookie = session["cookie"].as_str().unwrap_or_default();
        let request = reqwest::Client::new().get(format!("{}{path}", sim.url()));
        request.header("cookie", cookie).send()
    };
    let list = get("/ajax/page/list/leads".to_owned()).await.unwrap();
    let list = list.text().await.unwrap();
    assert!(list.contains("Own") && !list.contains("Secret"), "{list}");
    let card = get(format!("/ajax/page/card/leads/{}", created["leads"][0])).await;
    assert_eq!(card.unwrap().status(), 404);
}
