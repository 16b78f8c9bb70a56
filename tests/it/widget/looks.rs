//! The card keeps its place: beside the menu, inside the window, whatever the window's size, theme or zoom.

use serde_json::json;

use super::{
    hostile::IN_PLACE,
    scene::{Scene, running, stack},
};
use crate::{
    account::{event, number, person},
    stack::flow,
};

#[test]
fn the_card_fits_narrow_windows_high_zoom_and_both_themes() {
    flow(async {
        let account = running(stack().await, json!({})).await;
        let lead = json!({"name": "Solar roof with a rather long name", "price": 12_000, "_embedded": {"contacts": [{"index": 0}]}});
        account.seed(json!({"contacts": [person("Nora Klein", &number(1), account.admin)], "leads": [lead]})).await;
        let scene = Scene::new(account).await;
        scene.account.post(event("c", &number(1), "ringing", json!({"extension": "101"}))).await;
        for (name, theme, width, height, scale) in [
            ("light", "light", 1440, 900, 1),
            ("dark", "dark", 1440, 900, 1),
            ("narrow", "light", 400, 800, 1),
            ("zoomed", "light", 720, 450, 2),
        ] {
            let size = json!({"width": width, "height": height, "deviceScaleFactor": scale, "mobile": false});
            scene.browser.devtools("Emulation.setDeviceMetricsOverride", size).await.unwrap();
            scene.open(&format!("/leads/?theme={theme}")).await;
            scene.says("lead", "Solar roof").await;
            scene.picture(&format!("card-{name}")).await;
            scene.until(IN_PLACE).await;
            // Readable: text against its background, by the contrast rule of the accessibility guidelines.
            for part in ["caller", "number", "lead-name", "lead-stage", "state", "open-card"] {
                let contrast = scene.value(&CONTRAST.replace("PART", part)).await.as_f64().unwrap();
                assert!(contrast >= 4.5, "{part} in {name}: {contrast}");
            }
        }
    });
}

#[test]
fn every_providers_fields_fit_narrow_windows_both_themes_and_all_languages() {
    flow(async {
        let scene = Scene::new(running(stack().await, json!({})).await).await;
        for (name, language, theme, width) in
            [("light", "en", "light", 1440), ("dark", "es", "dark", 1440), ("narrow", "pt", "light", 400)]
        {
            // So high that everything is in the picture.
            let size = json!({"width": width, "height": 1100, "deviceScaleFactor": 1, "mobile": false});
            scene.browser.devtools("Emulation.setDeviceMetricsOverride", size).await.unwrap();
            scene.open(&format!("/settings/widgets?theme={theme}&lang={language}")).await;
            scene.see("provider").await;
            for provider in ["generic", "twilio", "zadarma", "ringcentral", "telnyx", "vonage", "plivo"] {
                scene.until(&pick("provider", provider)).await;
                if provider == "generic" {
                    scene.until(&pick("credential-preset", "yeastar")).await;
                }
                assert_eq!(scene.value(OVERFLOWING).await, json!(""), "{provider} in {name}");
                scene.value("document.querySelector('[data-kv=\"provider\"]').scrollIntoView()").await;
                scene.picture(&format!("fields-{provider}-{name}")).await;
            }
            scene.value("document.querySelector('[data-kv=\"setting-forwarding-fallback\"]').scrollIntoView()").await;
            scene.picture(&format!("forwarding-{name}")).await;
            let code = super::scene::code(&scene.account).await;
            scene.open(&format!("/settings/advanced?widget={code}&theme={theme}&lang={language}")).await;
            scene.see("catch-up").await;
            scene.picture(&format!("catch-up-{name}")).await;
        }
    });
}

/// Chooses by the value, which is the same in every language.
fn pick(name: &str, value: &str) -> String {
    format!(
        "(function () {{ var list = document.querySelector('[data-kv=\"{name}\"]'); if (!list) {{ return false; }} \
         list.value = '{value}'; list.dispatchEvent(new Event('change', {{bubbles: true}})); return list.value === '{value}'; }})()"
    )
}

/// What of the settings is wider than its place.
const OVERFLOWING: &str = "(function () { var root = document.querySelector('[data-kv=\"settings\"]'); \
    var right = root.getBoundingClientRect().right + 1; \
    return Array.from(root.querySelectorAll('*')).filter(function (one) { return one.getBoundingClientRect().right > right; }) \
      .map(function (one) { return one.className || one.tagName; }).join(' '); })()";

/// The contrast of a part's text against the nearest background that is not transparent.
pub(super) const CONTRAST: &str = "(function () { \
    function parts(colour) { return colour.match(/[0-9.]+/g).map(Number); } \
    function light(colour) { var c = parts(colour).slice(0, 3).map(function (one) { one /= 255; \
      return one <= 0.03928 ? one / 12.92 : Math.pow((one + 0.055) / 1.055, 2.4); }); \
      return 0.2126 * c[0] + 0.7152 * c[1] + 0.0722 * c[2]; } \
    var here = document.querySelector('[data-kv=\"PART\"]'); \
    var text = light(getComputedStyle(here).color); \
    while (parts(getComputedStyle(here).backgroundColor)[3] === 0) { here = here.parentElement; } \
    var back = light(getComputedStyle(here).backgroundColor); \
    return (Math.max(text, back) + 0.05) / (Math.min(text, back) + 0.05); })()";
