//! What a newcomer does first: install, save, ring, talk, and find the call where it belongs.

use serde_json::{Value, json};

use super::scene::{Scene, kv, running, stack};
use crate::{
    account::{Account, event, items, number, person, the_note},
    stack::flow,
};

/// The number the simulated phone calls from unless told otherwise.
const PHONE: &str = "+49 30 5550100";

/// A contact of a company with one lead under way; the lead.
async fn nora(account: &Account, number: &str) -> u64 {
    let owner = account.admin;
    let company = account.seed(json!({"companies": [{"name": "Klein GmbH"}]})).await["companies"][0].clone();
    let mut contact = person("Nora Klein", number, owner);
    contact["_embedded"] = json!({"companies": [{"id": company}]});
    let lead = json!({"name": "Solar roof", "price": 12_000, "responsible_user_id": owner,
        "_embedded": {"contacts": [{"index": 0}], "companies": [{"id": company}]}});
    let made = account.seed(json!({"contacts": [contact], "leads": [lead]})).await;
    made["leads"][0].as_u64().expect("an id")
}

#[test]
fn a_newcomer_installs_saves_and_finds_the_first_call_on_the_lead() {
    flow(async {
        let mut account = Account::new(stack().await, json!({})).await;
        let lead = nora(&account, PHONE).await;
        let scene = Scene::new(account.clone()).await;
        let browser = &scene.browser;
        scene.open("/settings/widgets").await;
        scene.press(".js-widget-install").await;
        scene.click("create-hook").await;
        scene.see("hook-secret").await;
        assert_eq!(scene.text("connect").await, "", "a connected account is not asked to connect");
        account.hook = scene.text("hook-url").await;
        account.secret = scene.text("hook-secret").await;
        assert!(
            account.hook.starts_with(&account.ends.worker) && account.secret.starts_with("whsec_"),
            "{}",
            account.hook
        );
        let may_read = json!({"permissions": ["clipboardReadWrite", "clipboardSanitizedWrite"]});
        browser.devtools("Browser.grantPermissions", may_read).await.unwrap();
        for (name, text) in [("hook-url", &account.hook), ("hook-secret", &account.secret)] {
            scene.click(&format!("copy-{name}")).await;
            scene.says(&format!("copy-{name}"), "Copied").await;
            assert_eq!(scene.value("navigator.clipboard.readText()").await, json!(text));
        }
        scene.fill(&format!("extension-{}", account.admin), "101").await;
        scene.press(".js-widget-save").await;
        scene.until("document.querySelector('.modal') === null").await;
        scene.until("Object.values(APP.widgets.list)[0].params.widget_active === 'Y'").await;

        scene.press("[data-menu=\"leads\"]").await;
        scene.press("#phone_switch").await;
        for (field, text) in [("hook", &account.hook), ("secret", &account.secret)] {
            browser.fill(&format!("#phone-{field}"), text).await.unwrap();
        }
        scene.press("#phone-incoming").await;
        scene.card("ringing").await;
        for (name, text) in [
            ("number", PHONE),
            ("caller", "Nora Klein"),
            ("company", "Klein GmbH"),
            ("lead", "Solar roof"),
            ("lead-stage", "First contact"),
            ("lead-price", "12,000"),
            ("state", "Incoming call"),
            ("extension", "101"),
        ] {
            scene.says(name, text).await;
        }
        scene.picture("card-ringing").await;
        scene.press("#phone-answer").await;
        scene.card("answered").await;
        let timer = json!(kv("timer"));
        for seconds in ["0:01", "0:02"] {
            scene.until(&format!("document.querySelector({timer}).textContent === {}", json!(seconds))).await;
        }
        scene.press("#phone-hangup").await;
        scene.card("ended").await;
        scene.fill("summary-text", "Sends the plans of the roof").await;
        scene.picture("summary-newcomer").await;
        scene.click("summary-save").await;
        scene.gone("summary").await;
        scene.gone("call-card").await;

        let state = scene.account.settled().await;
        let note = items(&state, "notes").first().expect("a note").clone();
        assert!(note["params"]["call_result"].to_string().contains("plans of the roof"), "{note}");
        assert_eq!((&note["entity_id"], items(&state, "notes").len()), (&json!(lead), 1));
        scene.open(&format!("/leads/detail/{lead}")).await;
        let shown = scene.browser.text("[data-sim=\"note\"][data-direction=\"inbound\"]").await.unwrap();
        assert!(shown.contains("Incoming call") && shown.contains("+49305550100"), "{shown}");
        scene.picture("lead-with-note").await;

        scene.open("/settings/widgets").await;
        scene.see("secret-stored").await;
        assert_eq!(scene.text("hook-url").await, account.hook);
        scene.gone("hook-secret").await;
        assert!(!scene.value("document.documentElement.outerHTML").await.to_string().contains(&account.secret));
        scene.assert_quiet().await;
    });
}

#[test]
fn the_card_survives_navigation_and_opens_the_lead_without_a_page_load() {
    flow(async {
        let account = running(stack().await, json!({})).await;
        let lead = nora(&account, &number(1)).await;
        let scene = Scene::new(account).await;
        let account = &scene.account;
        scene.open("/leads/").await;
        scene.live().await;
        account.post(event("c", &number(1), "ringing", json!({"extension": "101"}))).await;
        scene.says("caller", "Nora Klein").await;
        scene.value("window.sameLoad = document.querySelector('[data-kv=\"call-card\"]').kept = true").await;
        account.post(event("c", &number(1), "answered", json!({"extension": "101"}))).await;
        scene.card("answered").await;
        for (menu, address) in [("contacts", "/contacts/list/"), ("settings", "/settings/widgets"), ("dashboard", "/")]
        {
            scene.press(&format!("[data-menu=\"{menu}\"]")).await;
            scene.until(&format!("document.documentElement.dataset.simReady === {}", json!(address))).await;
            scene.card("answered").await;
            let modal = "document.querySelector('.modal') && (document.querySelector('.modal-body__close') || {click: function () {}}).click()";
            scene.value(modal).await;
        }
        scene.click("open-card").await;
        let opened = json!(format!("/leads/detail/{lead}"));
        scene.until(&format!("document.documentElement.dataset.simReady === {opened} && window.sameLoad")).await;
        scene.card("answered").await;
        let kept = "document.querySelectorAll('[data-kv=\"root\"]').length === 1 && document.querySelector('[data-kv=\"call-card\"]').kept";
        assert_eq!(scene.value(kept).await, json!(true), "the card is not drawn anew either");

        scene.click("minimise").await;
        scene.gone("lead").await;
        scene.says("caller", "Nora Klein").await;
        scene.click("minimise").await;
        scene.see("lead").await;
        account.post(event("c", &number(1), "completed", json!({"extension": "101", "duration": 30}))).await;
        scene.card("ended").await;
        scene.says("timer", "0:30").await;
        scene.assert_quiet().await;
    });
}

#[test]
fn an_unknown_caller_can_be_added_with_the_number_filled_in() {
    flow(async {
        let scene = Scene::at("/leads/").await;
        scene.live().await;
        let ring = event("c", &number(9), "ringing", json!({"extension": "101"}));
        scene.account.post(ring).await;
        scene.says("caller", "Unknown number").await;
        scene.says("number", "+1 415-555-0009").await;
        scene.click("open-card").await;
        scene
            .until(&format!("(document.querySelector('#contact_phone') || {{}}).value === {}", json!(number(9))))
            .await;
        scene.account.post(event("c", &number(9), "missed", json!({"extension": "101"}))).await;
        scene.says("state", "Missed call").await;
        let state = scene.account.settled().await;
        assert_eq!(the_note(&state, "c")["params"]["duration"], 0);
        scene.assert_quiet().await;
    });
}

#[test]
fn of_many_calls_three_cards_are_seen_and_the_rest_is_counted() {
    flow(async {
        let scene = Scene::at("/leads/").await;
        scene.live().await;
        for caller in 1..=5 {
            let ring = event(&format!("c{caller}"), &number(caller), "ringing", json!({"extension": "101"}));
            scene.account.post(ring).await;
        }
        scene.says("more", "+2").await;
        scene.until("document.querySelectorAll('[data-kv=\"call-card\"]').length === 3").await;
        scene.click("more").await;
        scene.until("document.querySelectorAll('[data-kv=\"call-card\"]').length === 5").await;
        let numbers =
            "Array.from(document.querySelectorAll('[data-kv=\"number\"]'), function (one) { return one.textContent; })";
        let numbers: Vec<Value> = serde_json::from_value(scene.value(numbers).await).unwrap();
        assert_eq!(numbers.len(), 5, "{numbers:?}");
        scene.assert_quiet().await;
    });
}
