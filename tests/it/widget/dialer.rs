//! The dialer: opened by the telephone button of the CRM's menu, by hand, by keyboard, by paste, and gone with the
//! widget.

use serde_json::{Value, json};

use super::scene::{Scene, kv, own_stack, running, running_at, stack};
use crate::{
    account::{Account, COMPANY, event, items, number, talk},
    provider::line,
    stack::flow,
};

const BUTTON: &str = ".js-notifications-phone";

async fn dialer(account: Account, path: &str) -> Scene {
    let scene = Scene::new(account).await;
    scene.open(path).await;
    scene.live().await;
    scene.press(BUTTON).await;
    scene.see("dialer").await;
    scene
}

/// Presses a key of the keyboard.
async fn key(scene: &Scene, name: &str, text: &str) {
    for kind in ["keyDown", "keyUp"] {
        let mut press = json!({"type": kind, "key": name});
        if kind == "keyDown" && !text.is_empty() {
            press["text"] = json!(text);
        }
        scene.browser.devtools("Input.dispatchKeyEvent", press).await.unwrap();
    }
}

/// Puts text into what has the focus, as the paste command of a browser does.
async fn paste(scene: &Scene, text: &str) {
    let script = "var data = new DataTransfer(); data.setData('text', arguments[0]); var here = document.activeElement; \
        var event = new ClipboardEvent('paste', {clipboardData: data, bubbles: true, cancelable: true}); \
        if (here.dispatchEvent(event) && here.tagName === 'INPUT') { document.execCommand('insertText', false, arguments[0]); }";
    scene.browser.execute(script, json!([text])).await.unwrap();
}

fn field() -> String {
    format!("document.querySelector({}).value", json!(kv("dial-number")))
}

async fn calls(account: &Account, provider: &str) -> Vec<Value> {
    items(&account.desk(provider).await, "calls").to_vec()
}

/// A list of the names a screen reader says for what can be pressed; an empty one is a mistake.
const NAMES: &str = "Array.from(document.querySelectorAll('[data-kv=\"dialer\"] button, [data-kv=\"dialer\"] input')).map(function (one) { \
    var label = one.id && document.querySelector('label[for=\"' + one.id + '\"]'); \
    return (one.getAttribute('aria-label') || (label && label.textContent) || one.textContent).trim(); })";

#[test]
fn a_number_is_dialled_by_keypad_keyboard_and_paste_and_becomes_a_call_with_its_card() {
    flow(async {
        let scene = dialer(running_at(stack().await, "twilio").await, "/leads/").await;
        let has_focus = |name: &str| format!("document.activeElement === document.querySelector({})", json!(kv(name)));
        scene.until(&has_focus("dial-number")).await;
        for name in ["key-+", "key-1", "key-4", "key-9", "dial-erase", "key-1"] {
            scene.click(name).await;
        }
        assert_eq!(scene.value(&field()).await, json!("+141"));
        // The focus is on a key of the keypad: the keyboard types all the same.
        for digit in ["5", "5", "5", "x"] {
            key(&scene, digit, digit).await;
        }
        key(&scene, "Backspace", "").await;
        scene.until(&format!("{} === '+14155'", field())).await;
        paste(&scene, "tel:+1 (415) 555-0101").await;
        scene.until(&format!("{}.includes('(415) 555-0101')", field())).await;
        scene.says("dial-judged", "+1 415-555-0101").await;
        scene.picture("dialer-number").await;
        scene.browser.execute("document.querySelector('[data-kv=\"dial-number\"]').focus()", json!([])).await.unwrap();
        key(&scene, "Enter", "\r").await;
        scene.card("ringing").await;
        scene.says("number", "+1 415-555-0101").await;
        scene.gone("dialer").await;
        assert_eq!(calls(&scene.account, "twilio").await.len(), 1);
        scene.account.acted("twilio", json!({"kind": "answer"})).await;
        scene.account.acted("twilio", json!({"kind": "miss"})).await;
        scene.account.settled().await;
        scene.assert_quiet().await;
    });
}

#[test]
fn escape_and_the_button_close_it_and_the_focus_goes_back_to_the_button() {
    flow(async {
        let scene = dialer(running(stack().await, json!({})).await, "/contacts/").await;
        key(&scene, "Escape", "").await;
        scene.gone("dialer").await;
        scene.until(&format!("document.activeElement === document.querySelector({})", json!(BUTTON))).await;
        scene.press(BUTTON).await;
        scene.see("dialer").await;
        scene.press(BUTTON).await;
        scene.gone("dialer").await;
        scene.press(BUTTON).await;
        scene.click("dialer-close").await;
        scene.gone("dialer").await;
    });
}

#[test]
fn numbers_are_judged_as_typed_and_only_numbers_can_be_called() {
    flow(async {
        let scene = dialer(running(stack().await, json!({})).await, "/leads/").await;
        let is_off = format!("document.querySelector({}).disabled", json!(kv("dial-call")));
        for (text, state, off) in [
            ("415 555 0101", "valid", false),
            ("1155550101", "unknown", false),
            ("102", "internal", true),
            ("415 5550", "nothing", true),
            ("alice", "nothing", true),
        ] {
            scene.fill("dial-number", text).await;
            scene
                .until(&format!("document.querySelector({}).dataset.state === '{state}'", json!(kv("dial-judged"))))
                .await;
            assert_eq!(scene.value(&is_off).await, json!(off), "{text}");
        }
        assert!(scene.asked("GET", "numbers?text=102").await > 0, "the page has no library of its own");
        // A hostile text is text.
        scene.fill("dial-number", "<img src=x onerror=alert(1)>").await;
        scene.until(&format!("document.querySelector({}).dataset.state === 'nothing'", json!(kv("dial-judged")))).await;
        assert_eq!(scene.value("document.querySelectorAll('[data-kv=\"dialer\"] img').length").await, json!(0));
        scene.assert_quiet().await;
    });
}

#[test]
fn a_page_with_a_number_library_formats_every_digit_without_asking_the_worker() {
    flow(async {
        let stack = own_stack().await;
        stack.ends.control("switches", json!({"pageLibphonenumber": true})).await;
        let account = running(&stack, json!({})).await;
        let scene = Scene::new(account).await;
        scene.open("/leads/").await;
        scene.live().await;
        scene.until("require.defined('google-libphonenumber')").await;
        scene.press(BUTTON).await;
        scene.see("dialer").await;
        scene.fill("dial-number", "(415) 555-0101").await;
        scene.says("dial-judged", "+1 415-555-0101").await;
        let judged = format!("document.querySelector({}).dataset.state", json!(kv("dial-judged")));
        assert_eq!(scene.value(&judged).await, json!("valid"));
        assert_eq!(scene.asked("GET", "numbers?text=%28415%29%20555-0101").await, 0);
        // What it does not know the Worker judges: lines, and numbers newer than the library.
        scene.fill("dial-number", "102").await;
        scene.until(&format!("{judged} === 'internal'")).await;
        scene.assert_quiet().await;
    });
}

#[test]
fn a_refusal_stands_in_the_dialer_and_the_number_stays() {
    flow(async {
        let scene = dialer(running_at(stack().await, "twilio").await, "/leads/").await;
        assert_eq!(scene.account.put("/extensions", json!([])).await.status, 200);
        scene.fill("dial-number", "+14155550101").await;
        scene.says("dial-judged", "+1 415-555-0101").await;
        scene.click("dial-call").await;
        scene.says("dial-complaint", "You have no extension yet").await;
        scene.picture("dialer-refused").await;
        assert_eq!(scene.value(&field()).await, json!("+14155550101"));
        assert!(calls(&scene.account, "twilio").await.is_empty());
    });
}

#[test]
fn latest_and_missed_calls_are_listed_and_called_back() {
    flow(async {
        let account = running_at(stack().await, "twilio").await;
        account.set(json!({"callFeedback": false})).await;
        account.seed_contact("Nora Klein", &number(1), account.admin).await;
        account
            .acted(
                "twilio",
                json!({"kind": "ring", "callId": "c", "from": number(1), "to": COMPANY, "lines": [line("twilio", 0)]}),
            )
            .await;
        account.acted("twilio", json!({"kind": "miss"})).await;
        account.settled().await;
        let scene = dialer(account, "/leads/").await;
        scene.says("recent-call", "Nora Klein").await;
        scene.says("recent-call", "Missed").await;
        scene.click("dialer-missed").await;
        scene.says("recent-call", "Nora Klein").await;
        assert_eq!(scene.value(&format!("{NAMES}.indexOf('')")).await, json!(-1), "everything has a name");
        assert!(scene.value(NAMES).await.to_string().contains("Call Nora Klein"));
        scene.click("call-back").await;
        scene.card("ringing").await;
        scene.says("caller", "Nora Klein").await;
        scene.gone("dialer").await;
        scene.account.acted("twilio", json!({"kind": "answer"})).await;
        scene.account.acted("twilio", json!({"kind": "miss"})).await;
        scene.account.settled().await;
        scene.assert_quiet().await;
    });
}

#[test]
fn a_card_that_comes_meanwhile_is_not_covered() {
    flow(async {
        let scene = dialer(running(stack().await, json!({})).await, "/leads/").await;
        scene.account.post(event("c", &number(1), "ringing", json!({"extension": "101"}))).await;
        scene.card("ringing").await;
        let covered = "(function () { var one = document.querySelector('[data-kv=\"call-card\"]').getBoundingClientRect(); \
            var at = document.elementFromPoint(one.left + one.width / 2, one.top + one.height / 2); \
            return at === null || at.closest('[data-kv=\"call-card\"]') === null; })()";
        for width in [1440, 400] {
            let size = json!({"width": width, "height": 800, "deviceScaleFactor": 1, "mobile": false});
            scene.browser.devtools("Emulation.setDeviceMetricsOverride", size).await.unwrap();
            scene.until(&format!("innerWidth === {width}")).await;
            assert_eq!(scene.value(covered).await, json!(false), "{width}");
            scene.picture(&format!("dialer-card-{width}")).await;
        }
    });
}

#[test]
fn destroyed_it_leaves_no_button_and_a_page_without_the_button_has_no_dialer() {
    flow(async {
        let account = running(stack().await, json!({})).await;
        let code = super::scene::code(&account).await;
        let scene = dialer(account, "/leads/").await;
        let destroy = "APP.widgets.list[arguments[0]].callbacks.destroy();";
        scene.browser.execute(destroy, json!([code])).await.unwrap();
        scene.gone("root").await;
        scene.until(&format!("document.querySelector({}) === null", json!(BUTTON))).await;
        // A page that has no such button: everything else works.
        let missing = "Object.defineProperty(window, 'APP', {configurable: true, get: function () { return this.kvApp; }, \
            set: function (app) { delete app.widgets.notificationsPhone; this.kvApp = app; }});";
        scene.browser.devtools("Page.addScriptToEvaluateOnNewDocument", json!({"source": missing})).await.unwrap();
        scene.open("/leads/").await;
        scene.live().await;
        assert_eq!(scene.value(&format!("document.querySelector({})", json!(BUTTON))).await, Value::Null);
        scene.account.report(talk("c", &number(1)).into_iter().take(1)).await;
        scene.assert_quiet().await;
    });
}

#[test]
fn it_fits_narrow_windows_both_themes_and_all_languages() {
    flow(async {
        let account = running(stack().await, json!({})).await;
        account.seed_contact("Nora Klein with a rather long name for a list", &number(1), account.admin).await;
        for (call, caller) in [("a", 1), ("b", 2)] {
            let missed =
                ["ringing", "missed"].map(|status| event(call, &number(caller), status, json!({"extension": "101"})));
            account.report(missed).await;
        }
        account.settled().await;
        let scene = Scene::new(account).await;
        for (name, language, theme, width, height) in [
            ("light", "en", "light", 1440, 900),
            ("dark", "es", "dark", 1440, 900),
            ("narrow", "pt", "light", 400, 800),
            ("low", "es", "dark", 720, 450),
        ] {
            let size = json!({"width": width, "height": height, "deviceScaleFactor": 1, "mobile": false});
            scene.browser.devtools("Emulation.setDeviceMetricsOverride", size).await.unwrap();
            scene.open(&format!("/leads/?theme={theme}&lang={language}")).await;
            scene.live().await;
            scene.press(BUTTON).await;
            scene.says("recent-call", "+1 415-555-0002").await;
            scene.fill("dial-number", "4155550101").await;
            scene.says("dial-judged", "+1 415-555-0101").await;
            scene.picture(&format!("dialer-{name}")).await;
            let outside = "(function () { var one = document.querySelector('[data-kv=\"dialer\"]').getBoundingClientRect(); \
                return one.left < 65 || one.top < 0 || one.right > innerWidth || one.bottom > innerHeight; })()";
            assert_eq!(scene.value(outside).await, json!(false), "{name}");
            let wide = "(function () { var root = document.querySelector('[data-kv=\"dialer\"]'); return root.scrollWidth > root.clientWidth; })()";
            assert_eq!(scene.value(wide).await, json!(false), "{name}");
            for part in ["dial-judged", "dial-call", "key-5", "recent-call"] {
                let contrast = scene.value(&super::looks::CONTRAST.replace("PART", part)).await.as_f64().unwrap();
                assert!(contrast >= 4.5, "{part} in {name}: {contrast}");
            }
        }
    });
}
