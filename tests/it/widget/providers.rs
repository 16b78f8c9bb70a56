//! Each provider is set up in the settings window, as its administrator does: choose, paste, check, save, copy.

use serde_json::{Value, json};

use super::scene::{Scene, choose, kv, stack};
use crate::{
    account::{Account, items, number, the_note},
    provider::{credentials, line},
    stack::flow,
};

/// A connected account of a customer of this provider, with the settings window open and the provider chosen.
async fn choosing(provider: &str, label: &str) -> Scene {
    let account = Account::new(stack().await, json!({})).await;
    account.install().await;
    account.connected().await;
    let typed = credentials(provider, account.id);
    account.register(json!({"provider": provider, "credentials": typed, "lines": account.lines(provider)})).await;
    let scene = Scene::new(account).await;
    scene.open("/settings/widgets").await;
    scene.until(&choose("provider", label)).await;
    scene
}

/// Types into a field of the credentials; a key of many lines is pasted.
async fn fill(scene: &Scene, name: &str, text: &str) {
    let name = format!("credential-{name}");
    if text.contains('\n') {
        let paste = "var field = document.querySelector(arguments[0]); field.value = arguments[1]; \
                     field.dispatchEvent(new Event('input', {bubbles: true}));";
        scene.browser.execute(paste, json!([kv(&name), text])).await.expect("a field to paste into");
    } else {
        scene.fill(&name, text).await;
    }
}

/// Sets the provider up: with a wrong secret first, which is explained.
async fn set_up(provider: &'static str, label: &'static str, spoilt: &'static str) -> Scene {
    let scene = choosing(provider, label).await;
    let typed = credentials(provider, scene.account.id);
    scene.picture(&format!("provider-{provider}")).await;
    for (name, value) in typed.as_object().expect("credentials") {
        let text = if name == spoilt { "wrong-wrong-wrong-wrong-wrong-wr" } else { value.as_str().expect("text") };
        fill(&scene, name, text).await;
    }
    scene.click("check").await;
    scene.until("!document.querySelector('[data-kv=\"check\"]').disabled").await;
    let why =
        "(document.querySelector('[data-kv=\"check-result\"], [data-kv^=\"error-\"]') || {innerText: ''}).innerText";
    let why = scene.value(why).await;
    assert!(why.as_str().is_some_and(|why| why.len() > 15 && !why.contains("wrong-wrong")), "{provider}: {why}");
    scene.picture(&format!("provider-{provider}-wrong")).await;
    assert_eq!(scene.account.get("/voip").await.body["provider"], Value::Null, "a check stores nothing");

    fill(&scene, spoilt, typed[spoilt].as_str().expect("text")).await;
    scene.click("check").await;
    scene.says("check-result", "Works").await;
    scene.fill(&format!("extension-{}", scene.account.admin), &line(provider, 0)).await;
    scene.press(".js-widget-save").await;
    scene.until("document.querySelector('.modal') === null || /Saved/.test((document.querySelector('[data-kv=\"settings-status\"]') || {}).innerText)").await;

    let voip = scene.account.get("/voip").await.body;
    assert_eq!(voip["provider"], provider);
    let lines = scene.account.get("/extensions").await.body;
    assert_eq!(lines, json!([{"extensionId": line(provider, 0), "kommoUserId": scene.account.admin}]));
    scene.open("/settings/widgets").await;
    scene.says("hook-url", voip["hookUrl"].as_str().expect("an address")).await;
    let asks = matches!(provider, "twilio" | "vonage" | "plivo");
    let route = if asks { voip["routeUrl"].as_str().expect("an address") } else { "" };
    assert_eq!(scene.text("route-url").await, route, "only whoever asks it is told the routing address");
    assert_eq!(!scene.text("set-up").await.is_empty(), voip["isSetUp"] == true, "{provider}");
    let secret = format!("document.querySelector({})", json!(kv(&format!("credential-{spoilt}"))));
    if provider != "vonage" {
        assert_eq!(scene.value(&format!("{secret}.value")).await, "", "a stored secret is not shown");
        assert_eq!(scene.value(&format!("{secret}.placeholder.startsWith('Stored')")).await, true);
    }
    scene.click("check").await;
    scene.says("check-result", "Works").await;
    scene.picture(&format!("provider-{provider}-stored")).await;
    scene
}

#[test]
fn twilio_is_set_up_in_the_window() {
    flow(async { drop(set_up("twilio", "Twilio", "authToken").await) });
}

#[test]
fn zadarma_is_set_up_in_the_window() {
    flow(async { drop(set_up("zadarma", "Zadarma", "secret").await) });
}

#[test]
fn telnyx_is_set_up_in_the_window() {
    flow(async { drop(set_up("telnyx", "Telnyx", "apiKey").await) });
}

#[test]
fn vonage_is_set_up_in_the_window_and_its_addresses_are_copied() {
    flow(async {
        let scene = set_up("vonage", "Vonage", "applicationId").await;
        let may_read = json!({"permissions": ["clipboardReadWrite", "clipboardSanitizedWrite"]});
        scene.browser.devtools("Browser.grantPermissions", may_read).await.unwrap();
        for name in ["hook-url", "route-url"] {
            scene.click(&format!("copy-{name}")).await;
            scene.says(&format!("copy-{name}"), "Copied").await;
            assert_eq!(scene.value("navigator.clipboard.readText()").await, scene.text(name).await);
        }
    });
}

#[test]
fn plivo_is_set_up_in_the_window() {
    flow(async { drop(set_up("plivo", "Plivo", "authToken").await) });
}

#[test]
fn ringcentral_is_connected_in_its_own_window() {
    flow(async {
        let scene = choosing("ringcentral", "RingCentral").await;
        let browser = &scene.browser;
        let window = browser.tab().await.unwrap();
        scene.click("connect-provider").await;
        let mut tabs = Vec::new();
        while tabs.len() < 2 {
            tabs = browser.tabs().await.unwrap();
        }
        scene.see("provider-window").await;
        scene.picture("provider-ringcentral-waiting").await;
        let popup = tabs.into_iter().find(|tab| *tab != window).expect("a popup");
        browser.switch_to(&popup).await.unwrap();
        scene.until("document.querySelector('[name=\"company\"]') !== null").await;
        browser.fill("[name=\"company\"]", &scene.account.id.to_string()).await.unwrap();
        scene.press("[value=\"authorize\"]").await;
        scene.until("!document.querySelector('[name=\"company\"]')").await;
        browser.switch_to(&window).await.unwrap();
        scene.gone("provider-window").await;
        assert_eq!(scene.account.get("/voip").await.body["provider"], "ringcentral");
        scene.says("provider", "RingCentral").await;
    });
}

#[test]
fn a_system_with_webhooks_is_set_up_by_its_preset() {
    flow(async {
        let scene = choosing("zadarma", "Any system with webhooks").await;
        scene.until(&choose("credential-preset", "Yeastar P-Series")).await;
        let scheme = "document.querySelector('[data-kv=\"credential-scheme\"]').value === 'hmac-body' \
                      && document.querySelector('[data-kv=\"credential-header\"]').value === 'X-Signature'";
        scene.until(scheme).await;
        scene.press(".js-widget-save").await;
        scene.says("error-secret", "is missing").await;
        scene.picture("provider-generic-preset").await;
        scene.fill("credential-secret", "0123456789abcdef0123456789abcdef").await;
        scene.press(".js-widget-save").await;
        scene.says("settings-status", "Copy the addresses").await;
        let voip = scene.account.get("/voip").await.body;
        let shown = |name: &str| {
            let found = items(&voip, "fields").iter().find(|field| field["name"] == name).cloned();
            found.map(|field| field["value"].clone()).unwrap_or_default()
        };
        assert_eq!((shown("preset"), shown("scheme")), (json!("yeastar"), json!("hmac-body")));
        assert_eq!(scene.text("rotate-secret").await, "", "the telephone system makes this secret");
    });
}

#[test]
fn another_provider_leaves_a_former_one_that_is_removed_after_asking() {
    flow(async {
        let scene = set_up("twilio", "Twilio", "authToken").await;
        let typed = credentials("zadarma", scene.account.id);
        scene.account.register(json!({"provider": "zadarma", "credentials": typed})).await;
        scene.until(&choose("provider", "Zadarma")).await;
        assert_eq!(scene.text("hook-url").await, "", "the addresses shown are never another provider's");
        for (name, value) in typed.as_object().expect("credentials") {
            fill(&scene, name, value.as_str().expect("text")).await;
        }
        scene.press(".js-widget-save").await;
        scene.until("document.querySelector('.modal') === null || /Saved/.test((document.querySelector('[data-kv=\"settings-status\"]') || {}).innerText)").await;
        scene.open("/settings/widgets").await;
        scene.says("former", "Twilio").await;
        scene.click("forget").await;
        scene.picture("provider-former").await;
        scene.click("forget-cancel").await;
        assert_eq!(items(&scene.account.get("/voip").await.body, "former").len(), 1);
        scene.click("forget").await;
        scene.click("forget-confirm").await;
        scene.gone("former").await;
        assert_eq!(scene.account.get("/voip").await.body["former"].as_array().map_or(0, Vec::len), 0);
        assert_eq!(scene.account.get("/voip").await.body["provider"], "zadarma");
        scene.assert_quiet().await;
    });
}

#[test]
fn lines_are_proposed_by_the_provider_and_confirmed_by_saving() {
    flow(async {
        let scene = choosing("zadarma", "Zadarma").await;
        let (account, admin) = (&scene.account, scene.account.admin);
        let name = scene.value(&format!("APP.constant('managers')[{admin}].title")).await;
        let lines = json!([{"extension": "101", "name": name}, {"extension": "107", "name": "Door"}]);
        account.register(json!({"provider": "zadarma", "lines": lines})).await;
        for (name, value) in credentials("zadarma", account.id).as_object().expect("credentials") {
            fill(&scene, name, value.as_str().expect("text")).await;
        }
        scene.press(".js-widget-save").await;
        scene.until("document.querySelector('.modal') === null || /Saved/.test((document.querySelector('[data-kv=\"settings-status\"]') || {}).innerText)").await;
        scene.open("/settings/widgets").await;
        scene.click("propose").await;
        scene.says(&format!("flag-{admin}"), "Proposed").await;
        scene.see("line-107").await;
        scene.picture("lines-proposed").await;
        assert_eq!(account.get("/extensions").await.body, json!([]), "a proposal is only a proposal");
        let second = scene.value(&format!("APP.constant('managers')[{}].title", account.users[1])).await;
        scene.until(&choose("line-107", second.as_str().expect("a name"))).await;
        scene.gone("line-107").await;
        scene.press(".js-widget-save").await;
        scene.until("document.querySelector('.modal') === null").await;
        let stored = account.get("/extensions").await.body;
        let of =
            |user: u64| stored.as_array().and_then(|all| all.iter().find(|one| one["kommoUserId"] == user)).cloned();
        assert_eq!(of(admin).map(|one| one["extensionId"].clone()), Some(json!("101")));
        assert_eq!(of(account.users[1]).map(|one| one["extensionId"].clone()), Some(json!("107")));
    });
}

#[test]
fn smart_forwarding_is_set_in_the_window() {
    flow(async {
        let scene = Scene::at("/settings/widgets").await;
        scene.see("setting-forwarding-fallback").await;
        let shown = "document.querySelector('[data-kv=\"setting-forwarding-budgetMs\"]').value";
        assert_eq!(scene.value(shown).await, "700", "what holds as long as nobody touched it");
        scene.fill("setting-forwarding-fallback", "101, 102").await;
        scene.fill("setting-forwarding-ringSeconds", "4").await;
        scene.press(".js-widget-save").await;
        scene.says("settings-error", "from 5 to 120").await;
        scene.fill("setting-forwarding-ringSeconds", "15").await;
        scene.press(".js-widget-save").await;
        scene.until("document.querySelector('.modal') === null").await;
        let stored = scene.account.get("/settings").await.body;
        assert_eq!(stored["forwarding"], json!({"fallback": "101, 102", "budgetMs": 700, "ringSeconds": 15}));
    });
}

#[test]
fn calls_that_never_reached_us_are_fetched_from_the_journals_page() {
    flow(async {
        let account = super::scene::running_at(stack().await, "twilio").await;
        account.seed_contact("Nora Klein", &number(1), account.admin).await;
        for step in [
            json!({"kind": "ring", "callId": "lost", "from": number(1), "to": crate::account::COMPANY, "lines": [line("twilio", 0)]}),
            json!({"kind": "answer", "callId": "lost", "extension": line("twilio", 0)}),
            json!({"kind": "hangup", "callId": "lost", "duration": 21}),
        ] {
            let mut step = step;
            step["hold"] = json!(true);
            account.act("twilio", step).await;
        }
        let code = super::scene::code(&account).await;
        let scene = Scene::new(account).await;
        scene.open(&format!("/settings/advanced?widget={code}")).await;
        scene.see("catch-up").await;
        scene.picture("journal-catch-up").await;
        scene.click("catch-up-hour").await;
        scene.says("catch-up-progress", "Done").await;
        scene.see("call-row").await;
        scene.picture("journal-caught-up").await;
        let state = scene.account.settled().await;
        let id = scene.account.provider_id("twilio", "lost").await;
        assert_eq!(the_note(&state, &id)["params"]["duration"], 21);
        scene.assert_quiet().await;
    });
}
