//! An account that is not connected yet: the settings window offers the way and goes on by itself.

use serde_json::json;

use super::scene::{Scene, stack};
use crate::{account::Account, stack::flow};

/// The page says "installed", but the Worker could not trade the code in.
async fn unconnected() -> Scene {
    let account = Account::new(stack().await, json!({})).await;
    account.fault(json!({"path": "/oauth2/access_token", "kind": "status", "status": 400})).await;
    let scene = Scene::new(account).await;
    scene.open("/settings/widgets").await;
    scene.press(".js-widget-install").await;
    scene.see("connect").await;
    scene
}

#[test]
fn connecting_in_the_popup_lets_the_settings_window_go_on() {
    flow(async {
        let scene = unconnected().await;
        let browser = &scene.browser;
        let window = browser.tab().await.unwrap();
        scene.click("connect").await;
        let mut tabs = Vec::new();
        while tabs.len() < 2 {
            tabs = browser.tabs().await.unwrap();
        }
        let popup = tabs.into_iter().find(|tab| *tab != window).expect("a popup");
        browser.switch_to(&popup).await.unwrap();
        scene.press("#allow").await;
        scene.until("document.querySelector('h1').textContent === 'Connected to Kommo'").await;
        browser.switch_to(&window).await.unwrap();
        scene.see("create-hook").await;
        scene.gone("connect").await;
    });
}

#[test]
fn saving_before_connecting_is_refused_with_the_reason() {
    flow(async {
        let scene = unconnected().await;
        // The window itself has no field yet: the switch is what enables Save.
        for _ in 0..2 {
            scene.press(".switcher").await;
        }
        scene.press(".js-widget-save").await;
        scene.says("settings-error", "Connect the account first").await;
        assert_eq!(scene.widget_state().await, "not_configured");
        scene.until("!document.querySelector('.js-widget-save').disabled").await;
    });
}
