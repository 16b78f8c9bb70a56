//! Everything a person can read and do on the card of a call.

use serde_json::{Value, json};

use super::{
    hostile::IN_PLACE,
    looks::CONTRAST,
    scene::{AT_REST, Scene, choose, running, stack},
};
use crate::{
    account::{Account, event, items, number, person, the_note, with_number},
    stack::flow,
};

async fn report(account: &Account, call: &str, caller: usize, status: &str) {
    let more = json!({"extension": "101", "duration": 30});
    account.post(event(call, &number(caller), status, more)).await;
}

/// Nora with a firm and two leads, Otto with the same number, and an earlier talk with a note.
async fn known_caller() -> (Account, Value) {
    let account = running(stack().await, json!({})).await;
    let owner = account.admin;
    let firm = account.seed(json!({"companies": [{"name": "Klein GmbH"}]})).await["companies"][0].clone();
    let mut nora = person("Nora Klein", &number(1), owner);
    nora["_embedded"] = json!({"companies": [{"id": firm}]});
    nora["updated_at"] = json!(1_700_009_000);
    let mut otto = person("Otto Klein", &number(1), owner);
    otto["updated_at"] = json!(1_700_000_000);
    let lead = |name: &str, price: u32, of: usize| json!({"name": name, "price": price, "responsible_user_id": owner, "_embedded": {"contacts": [{"index": of}]}});
    let seeded = account
        .seed(json!({
            "contacts": [nora, otto],
            "leads": [lead("Solar roof", 12_000, 0), lead("Heat pump for the old house", 8_500, 0), lead("Attic", 900, 1)],
        }))
        .await;
    for status in ["ringing", "answered", "completed"] {
        report(&account, "before", 1, status).await;
    }
    account.settled().await;
    let path = format!("/calls/{}/result", account.id_of("before").await);
    let saved = account.put(&path, json!({"callStatus": 4, "text": "Wants the plans by Friday."})).await;
    assert_eq!(saved.status, 200, "{}", saved.text);
    account.settled().await;
    (account, seeded)
}

#[test]
fn leads_candidates_earlier_calls_and_the_last_note_stand_on_the_card_and_keep_their_place() {
    flow(async {
        let (account, _) = known_caller().await;
        let scene = Scene::new(account).await;
        report(&scene.account, "c", 1, "ringing").await;
        for (name, language, theme, width) in
            [("light", "en", "light", 1440), ("dark", "es", "dark", 1440), ("narrow", "pt", "light", 400)]
        {
            let size = json!({"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": false});
            scene.browser.devtools("Emulation.setDeviceMetricsOverride", size).await.unwrap();
            scene.open(&format!("/leads/?theme={theme}&lang={language}")).await;
            for (part, text) in [
                ("caller", "Nora Klein"),
                ("open-leads", "Solar roof"),
                ("open-leads", "Heat pump"),
                ("others", "Otto Klein"),
                ("last-note", "Wants the plans by Friday."),
                ("recent", "0:30"),
            ] {
                scene.says(part, text).await;
            }
            scene.until(IN_PLACE).await;
            for part in ["open-lead-name", "choose", "recent-call", "last-note", "ring-blocked"] {
                let contrast = scene.value(&CONTRAST.replace("PART", part)).await.as_f64().unwrap();
                assert!(contrast >= 4.5, "{part} in {name}: {contrast}");
            }
            scene.picture(&format!("card-full-{name}")).await;
        }
        scene.assert_quiet().await;
    });
}

#[test]
fn a_candidate_or_a_lead_chosen_on_the_card_takes_the_call() {
    flow(async {
        let (account, seeded) = known_caller().await;
        let scene = Scene::new(account).await;
        scene.open("/leads/").await;
        scene.live().await;
        for (call, css, shown, lead) in [
            ("person", "[data-kv=\"others\"] [data-kv=\"choose\"]", "Attic", 2),
            ("lead", "[data-kv=\"open-leads\"] li:last-child [data-kv=\"choose\"]", "Heat pump", 1),
        ] {
            report(&scene.account, call, 1, "ringing").await;
            // The card of a call that just ended may still stand beside it.
            let of_card = |part: &str| format!("document.querySelector('[data-state=\"ringing\"] {part}')");
            scene.until(&format!("{} !== null", of_card(css))).await;
            scene.press(&format!("[data-state=\"ringing\"] {css}")).await;
            scene.until(&format!("({}?.innerText ?? '').includes('{shown}')", of_card("[data-kv=\"lead\"]"))).await;
            for status in ["answered", "completed"] {
                report(&scene.account, call, 1, status).await;
            }
            let state = scene.account.settled().await;
            assert_eq!(the_note(&state, call)["entity_id"], seeded["leads"][lead], "{call}");
            scene.hands_off().await;
            scene.gone("call-card").await;
        }
    });
}

#[test]
fn the_contact_of_an_unknown_caller_is_created_by_one_click() {
    flow(async {
        let scene = Scene::at("/leads/").await;
        scene.live().await;
        report(&scene.account, "c", 9, "ringing").await;
        scene.see("create-contact").await;
        scene.picture("card-unknown").await;
        scene.click("create-contact").await;
        scene.gone("create-contact").await;
        scene.says("lead", "+1 415-555-0009").await;
        scene.card("ringing").await;
        let href =
            "document.querySelector('[data-kv=\"open-card\"]').getAttribute('href').startsWith('/leads/detail/')";
        scene.until(href).await;
        for status in ["answered", "completed"] {
            report(&scene.account, "c", 9, status).await;
        }
        let state = scene.account.settled().await;
        assert_eq!(with_number(&state, "contacts", &number(9)).len(), 1);
        assert_eq!((items(&state, "leads").len(), items(&state, "notes").len()), (1, 1));
        scene.assert_quiet().await;
    });
}

#[test]
fn a_contact_kommo_will_not_create_now_can_be_asked_for_again() {
    flow(async {
        let scene = Scene::at("/leads/").await;
        scene.live().await;
        report(&scene.account, "c", 9, "ringing").await;
        scene.see("create-contact").await;
        let broken = "(function () { var ask = window.fetch; window.fetch = function (url) { \
            if (/\\/contact$/.test(url)) { window.fetch = ask; return Promise.reject(new TypeError('offline')); } \
            return ask.apply(window, arguments); }; return true; })()";
        scene.value(broken).await;
        scene.click("create-contact").await;
        scene.until("Array.from(document.querySelectorAll('[data-sim=\"toast\"]')).some(function (one) { return one.innerText.includes('cannot be reached'); })").await;
        scene.click("create-contact").await;
        scene.see("lead").await;
    });
}

#[test]
fn result_and_rating_are_given_on_the_ended_card() {
    flow(async {
        let account = running(stack().await, json!({})).await;
        account.set(json!({"callFeedback": false, "rateQuality": "required"})).await;
        account.seed_contact("Nora Klein", &number(1), account.admin).await;
        let scene = Scene::new(account).await;
        scene.open("/leads/").await;
        scene.live().await;
        for status in ["ringing", "answered", "completed"] {
            report(&scene.account, "c", 1, status).await;
        }
        scene.card("ended").await;
        scene.see("card-rating").await;
        let hold = "document.querySelector('[data-kv=\"minimise\"]').focus()";
        scene.value(hold).await;
        assert_eq!(scene.value("document.querySelector('[data-kv=\"card-result\"]').disabled").await, json!(true));
        scene.click("rate-4").await;
        scene.until("document.querySelector('[data-kv=\"rate-4\"]').getAttribute('aria-pressed') === 'true'").await;
        scene.until(&choose("card-result", "Call back later")).await;
        scene.until("document.querySelector('[data-kv=\"card-result\"]').value === '2'").await;
        scene.picture("card-ended").await;
        scene.hands_off().await;
        scene.gone("call-card").await;
        let state = scene.account.settled().await;
        let note = the_note(&state, "c");
        assert_eq!(note["params"]["call_status"], 2);
        assert!(note["params"]["call_result"].to_string().contains('4'), "{note}");
        scene.assert_quiet().await;
    });
}

/// Drags the head of the first card by so many pixels.
async fn drag(scene: &Scene, right: i32, down: i32, drop: bool) {
    let from = scene
        .value("(function () { var at = document.querySelector('[data-kv=\"state\"]').getBoundingClientRect(); return [at.left + 5, at.top + 5]; })()")
        .await;
    let (x, y) = (from[0].as_f64().unwrap(), from[1].as_f64().unwrap());
    let mouse = async |kind: &str, x: f64, y: f64| {
        let event = json!({"type": kind, "x": x, "y": y, "button": "left", "buttons": 1, "clickCount": 1});
        scene.browser.devtools("Input.dispatchMouseEvent", event).await.unwrap();
    };
    mouse("mousePressed", x, y).await;
    for step in 1..=4 {
        let part = f64::from(step) / 4.0;
        mouse("mouseMoved", x + f64::from(right) * part, y + f64::from(down) * part).await;
    }
    if drop {
        mouse("mouseReleased", x + f64::from(right), y + f64::from(down)).await;
    }
}

/// The corner that holds the cards: they grow upwards, and do so while they are moved, as when the hint about a silent
/// tab goes.
async fn place(scene: &Scene) -> (f64, f64) {
    let at = scene
        .value("(function () { var at = document.querySelector('.kv-stack').getBoundingClientRect(); return [at.left, at.bottom]; })()")
        .await;
    (at[0].as_f64().unwrap(), at[1].as_f64().unwrap())
}

#[test]
fn a_dragged_card_keeps_its_place_over_a_reload_and_never_covers_what_is_the_crms() {
    flow(async {
        let scene = Scene::at("/leads/").await;
        scene.live().await;
        report(&scene.account, "c", 9, "ringing").await;
        scene.see("create-contact").await;
        scene.until(AT_REST).await;
        let corner = place(&scene).await;
        drag(&scene, 400, -60, true).await;
        let moved = place(&scene).await;
        assert_eq!((moved.0 - corner.0, moved.1 - corner.1), (400.0, -60.0));
        scene.picture("card-dragged").await;
        scene.browser.devtools("Page.reload", json!({})).await.unwrap();
        scene.until("performance.getEntriesByType('navigation')[0].type === 'reload' && window.kvSpy").await;
        scene.see("create-contact").await;
        scene.until(AT_REST).await;
        assert_eq!(place(&scene).await, moved);
        // Into each corner: beside the menu, below the top, inside the window.
        let inside = "(function () { var at = document.querySelector('[data-kv=\"call-card\"]').getBoundingClientRect(); \
            return at.left >= 65 && at.top >= 64 && at.right <= innerWidth && at.bottom <= innerHeight; })()";
        for (right, down) in [(-3000, 0), (0, -3000), (3000, 0), (0, 3000)] {
            drag(&scene, right, down, true).await;
            assert_eq!(scene.value(inside).await, json!(true), "{right} {down}");
        }
        // A smaller window pushes it back inside.
        let size = json!({"width": 700, "height": 600, "deviceScaleFactor": 1, "mobile": false});
        scene.browser.devtools("Emulation.setDeviceMetricsOverride", size).await.unwrap();
        scene.until(inside).await;
        // Escape takes it back to its corner, and closes nothing.
        drag(&scene, 30, -60, false).await;
        for kind in ["keyDown", "keyUp"] {
            let escape = json!({"type": kind, "key": "Escape", "code": "Escape", "windowsVirtualKeyCode": 27});
            scene.browser.devtools("Input.dispatchKeyEvent", escape).await.unwrap();
        }
        scene.until("document.querySelector('.kv-stack').style.left === ''").await;
        scene.card("ringing").await;
        assert_eq!(place(&scene).await.0, corner.0);
        scene.assert_quiet().await;
    });
}

#[test]
fn thirty_calls_in_a_minute_leave_the_page_calm_and_nothing_behind() {
    flow(async {
        let scene = Scene::at("/leads/").await;
        scene.live().await;
        let nodes = "document.querySelectorAll('*').length";
        let before = scene.value(nodes).await.as_u64().unwrap();
        for caller in 0..30 {
            report(&scene.account, &format!("c{caller}"), caller, "ringing").await;
        }
        scene.says("more", "+27").await;
        scene.until(IN_PLACE).await;
        scene.until("document.querySelectorAll('[data-kv=\"call-card\"]').length === 3").await;
        scene.picture("card-thirty").await;
        scene.press("[data-menu=\"contacts\"]").await;
        scene.until("document.documentElement.dataset.simReady === '/contacts/list/'").await;
        for caller in 0..30 {
            report(&scene.account, &format!("c{caller}"), caller, "cancelled").await;
        }
        scene.gone("call-card").await;
        scene.press("[data-menu=\"leads\"]").await;
        scene.until("document.documentElement.dataset.simReady === '/leads/'").await;
        scene.until(&format!("{nodes} <= {before} + 40")).await;
        scene.until("kvSpy.sounds.length === 0 && document.title.indexOf('☎') < 0").await;
        scene.assert_quiet().await;
    });
}

#[test]
fn a_browser_whose_clock_is_hours_off_rings_counts_and_lets_go_as_any_other() {
    flow(async {
        for hours in [5, -5] {
            let scene = Scene::new(running(stack().await, json!({})).await).await;
            let skewed = format!(
                "(function () {{ var now = Date.now; Date.now = function () {{ return now.call(Date) + {hours} * 3600000; }}; }})()"
            );
            scene.browser.devtools("Page.addScriptToEvaluateOnNewDocument", json!({"source": skewed})).await.unwrap();
            scene.open("/leads/").await;
            scene.live().await;
            report(&scene.account, "c", 1, "ringing").await;
            scene.card("ringing").await;
            scene.says("timer", "0:0").await;
            scene.press("[data-menu=\"leads\"]").await;
            scene.until("kvSpy.sounds.length === 1").await;
            scene.until("document.title.indexOf('☎') === 0").await;
            report(&scene.account, "c", 1, "answered").await;
            scene.card("answered").await;
            scene.says("timer", "0:0").await;
            report(&scene.account, "c", 1, "completed").await;
            scene.says("timer", "0:30").await;
            scene.gone("call-card").await;
        }
    });
}
