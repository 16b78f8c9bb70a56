//! The journal's filters, figures, player and file.

use reqwest::Method;
use serde_json::json;

use super::scene::{Scene, choose, code, kv, running, stack};
use crate::{
    account::{Account, event, now, number},
    stack::flow,
    worker::temporary,
};

const DAY: i64 = 86_400;

/// How many calls are listed.
const ROWS: &str = "document.querySelectorAll('[data-kv=\"call-row\"]').length";

/// Three calls of now and one of ten days ago, of two managers, in an account that is switched off.
async fn some_calls() -> Account {
    let people =
        json!({"users": [{"name": "Ada Admin", "isAdmin": true}, {"name": "Mia Muster"}, {"name": "Tom <b>Tall"}]});
    let account = running(stack().await, people).await;
    account.put("/active", json!({"active": false})).await;
    for (call, caller, line, status, ago, more) in [
        ("a", 1, "101", "missed", 0, json!({})),
        ("b", 2, "102", "completed", 0, json!({"duration": 75, "recording": "https://rec.example/b.mp3"})),
        ("c", 3, "102", "completed", 0, json!({"duration": 45})),
        ("d", 4, "103", "busy", 10 * DAY, json!({})),
    ] {
        let mut report = event(call, &number(caller), status, json!({"extension": line, "startTime": now() - ago}));
        report.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        account.post(report).await;
    }
    for (call, score) in [("b", 5), ("c", 4)] {
        let path = format!("/calls/{}/rating", account.id_of(call).await);
        let rated = account.api(account.users[1], Method::PUT, &path, Some(json!({"score": score}))).await;
        assert_eq!(rated.status, 200, "{}", rated.text);
    }
    account
}

async fn opened(account: Account) -> Scene {
    let scene = Scene::new(account).await;
    let page = format!("/settings/advanced?widget={}", code(&scene.account).await);
    scene.open(&page).await;
    scene.until(&format!("{ROWS} === 3")).await;
    scene
}

#[test]
fn calls_are_filtered_by_time_manager_direction_outcome_and_number() {
    flow(async {
        let scene = opened(some_calls().await).await;
        let shows = async |rows: u8| {
            scene.until(&format!("{ROWS} === {rows}")).await;
            scene.says("figure-calls", &rows.to_string()).await;
        };
        scene.click("range-month").await;
        shows(4).await;
        scene.until(&choose("filter-user", "Tom <b>Tall")).await;
        shows(1).await;
        scene.says("call-row", &number(4)).await;
        scene.until(&choose("filter-user", "Everybody")).await;
        scene.until(&choose("filter-outcome", "Answered")).await;
        shows(2).await;
        scene.until(&choose("filter-direction", "Outgoing")).await;
        scene.says("no-calls", "No call fits these filters.").await;
        scene.picture("journal-nothing").await;
        scene.click("filter-clear").await;
        shows(4).await;
        scene.fill("filter-number", "0004").await;
        shows(1).await;
        scene.fill("filter-number", "(415) 555-0002").await;
        shows(1).await;
        scene.says("call-row", &number(2)).await;
        scene.fill("filter-number", "Nora").await;
        scene.says("filter-wrong", "Type a telephone number").await;
        assert_eq!(scene.value(ROWS).await, json!(1), "what was shown stays");
        scene.assert_quiet().await;
    });
}

#[test]
fn ones_own_days_are_whole_and_in_the_users_zone() {
    flow(async {
        let account = some_calls().await;
        let scene = Scene::new(account).await;
        // Further ahead than the account's own zone.
        let zone = json!({"timezoneId": "Pacific/Auckland"});
        scene.browser.devtools("Emulation.setTimezoneOverride", zone).await.unwrap();
        let page = format!("/settings/advanced?widget={}", code(&scene.account).await);
        scene.open(&page).await;
        scene.until(&format!("{ROWS} === 3")).await;
        scene.click("range-own").await;
        scene.see("filter-from").await;
        let day = |ago: i64| {
            format!(
                "(function () {{ var day = new Date(Date.now() - {ago} * 86400000); \
                 return new Date(day - day.getTimezoneOffset() * 60000).toISOString().slice(0, 10); }})()"
            )
        };
        let until = format!("document.querySelector({}).value === {}", json!(kv("filter-to")), day(0));
        scene.until(&until).await;
        let set = |name: &str, day: &str| {
            format!(
                "(function () {{ var field = document.querySelector({}); field.value = {day}; \
                 field.dispatchEvent(new Event('input', {{bubbles: true}})); return true; }})()",
                json!(kv(name))
            )
        };
        scene.value(&set("filter-from", &day(10))).await;
        scene.value(&set("filter-to", &day(10))).await;
        scene.until(&format!("{ROWS} === 1")).await;
        scene.says("call-row", &number(4)).await;
        scene.value(&set("filter-from", &day(3))).await;
        scene.says("filter-wrong", "before the first").await;
        scene.value(&set("filter-to", "''")).await;
        scene.until(&format!("{ROWS} === 3")).await;
        scene.assert_quiet().await;
    });
}

/// Each bar's height beside the number of its table, which must be in one proportion: the heights of a picture for one
/// call, all of them.
const PER_CALL: &str = "(function (name) { \
    var bars = Array.from(document.querySelectorAll('[data-kv=\"' + name + '\"] rect[class^=kv-bar]')) \
      .map(function (bar) { return bar.getBoundingClientRect().height; }); \
    var numbers = Array.from(document.querySelectorAll('[data-kv=\"' + name + '-table\"] td')) \
      .map(function (cell) { return Number(cell.textContent); }).filter(function (count) { return count > 0; }); \
    if (bars.length === 0 || bars.length !== numbers.length) { return [bars.length, -numbers.length]; } \
    return bars.map(function (height, index) { return Math.round(height / numbers[index]); }); })";

#[test]
fn figures_are_drawn_as_their_tables_say() {
    flow(async {
        let scene = opened(some_calls().await).await;
        scene.click("range-month").await;
        scene.says("figure-calls", "4").await;
        for (name, expected) in
            [("figure-answered", "2"), ("figure-unanswered", "2"), ("figure-average", "1:00"), ("figure-talk", "2:00")]
        {
            scene.says(name, expected).await;
        }
        for name in ["figure-hours", "figure-days"] {
            let heights = scene.value(&format!("{PER_CALL}({})", json!(name))).await;
            let heights: Vec<i64> = heights.as_array().unwrap().iter().map(|height| height.as_i64().unwrap()).collect();
            let (least, most) = (heights.iter().min().unwrap(), heights.iter().max().unwrap());
            assert!(*least > 0 && most - least <= 1, "{name}: {heights:?}");
            let is_drawn = format!(
                "document.querySelector({}).namespaceURI === 'http://www.w3.org/2000/svg' \
                 && document.querySelector({}).getAttribute('aria-label').length > 10",
                json!(kv(name)),
                json!(kv(name))
            );
            assert_eq!(scene.value(&is_drawn).await, json!(true), "{name}");
        }
        let days = "document.querySelectorAll('[data-kv=\"figure-days-table\"] tbody tr').length";
        assert_eq!(scene.value(days).await, json!(30), "each of the thirty days");
        scene.says("figure-ratings", "Mia Muster").await;
        scene.says("figure-ratings", "4.5").await;
        scene.press("[data-kv=\"figures\"] details:last-of-type summary").await;
        scene.says("figure-hours-table", "Calls").await;
        scene.until(&choose("filter-outcome", "Missed")).await;
        scene.says("figure-calls", "1").await;
        let open = "document.querySelector('[data-kv=\"figure-hours-table\"]').offsetParent !== null";
        assert_eq!(scene.value(open).await, json!(true), "an open table stays open");
        scene.assert_quiet().await;
    });
}

#[test]
fn a_recording_is_played_in_its_row_and_not_fetched_before() {
    flow(async {
        let scene = opened(some_calls().await).await;
        let players = "Array.from(document.querySelectorAll('[data-kv=\"player\"]')).map(function (one) { \
                       return [one.tagName, one.controls, one.preload, one.src, !!one.getAttribute('aria-label'), one.networkState]; })";
        let expected = json!([["AUDIO", true, "none", "https://rec.example/b.mp3", true, 1]]);
        assert_eq!(scene.value(players).await, expected);
    });
}

#[test]
fn the_file_is_the_servers_byte_for_byte_and_named_by_its_days() {
    flow(async {
        let scene = opened(some_calls().await).await;
        let folder = temporary("downloads");
        let behaviour = json!({"behavior": "allow", "downloadPath": folder});
        scene.browser.devtools("Browser.setDownloadBehavior", behaviour).await.unwrap();
        scene.click("range-month").await;
        scene.until(&format!("{ROWS} === 4")).await;
        scene.click("export").await;
        let file = scene
            .eventually("the file", async || {
                let mut files = std::fs::read_dir(&folder).ok()?.flatten();
                files.find_map(|file| Some(file.path()).filter(|path| path.extension().is_some_and(|end| end == "csv")))
            })
            .await;
        let name = file.file_name().unwrap().to_str().unwrap().to_owned();
        let dates: Vec<&str> = name.trim_end_matches(".csv").split('_').collect();
        assert!(dates.len() == 3 && dates[0] == "calls" && dates[1] < dates[2], "{name}");
        let account = &scene.account;
        let token = account.token(account.admin).await;
        let served = account.request(Method::GET, "/calls/export?lang=en", &token).send().await.unwrap();
        let served = served.bytes().await.unwrap();
        let saved = std::fs::read(&file).unwrap();
        assert!(saved.starts_with(b"\xef\xbb\xbf\"Started"));
        assert_eq!(saved, served);
        scene.until("!document.querySelector('[data-kv=\"export\"]').disabled").await;
        scene.assert_quiet().await;
    });
}

#[test]
fn it_fits_narrow_windows_both_themes_and_all_languages() {
    flow(async {
        let scene = Scene::new(some_calls().await).await;
        let code = code(&scene.account).await;
        for (name, language, theme, width) in [
            ("light", "en", "light", 1440),
            ("dark", "es", "dark", 1440),
            ("narrow", "pt", "light", 400),
            ("narrow-dark", "es", "dark", 400),
        ] {
            let size = json!({"width": width, "height": 1500, "deviceScaleFactor": 1, "mobile": false});
            scene.browser.devtools("Emulation.setDeviceMetricsOverride", size).await.unwrap();
            scene.open(&format!("/settings/advanced?widget={code}&theme={theme}&lang={language}")).await;
            scene.see("figure-hours").await;
            scene.click("range-month").await;
            scene.until(&format!("{ROWS} === 4")).await;
            assert_eq!(scene.value(OVERFLOWING).await, json!(""), "{name}");
            for part in ["range-week", "figure-calls", "figures", "export"] {
                let contrast = scene.value(&super::looks::CONTRAST.replace("PART", part)).await.as_f64().unwrap();
                assert!(contrast >= 4.5, "{part} in {name}: {contrast}");
            }
            scene.value("document.querySelector('[data-kv=\"journal-filters\"]').scrollIntoView()").await;
            scene.picture(&format!("figures-{name}")).await;
        }
    });
}

/// What of the filters and figures is wider than its place; the calls' table scrolls by itself.
const OVERFLOWING: &str = "(function () { var root = document.querySelector('[data-kv=\"journal\"]'); \
    var right = root.getBoundingClientRect().right + 1; \
    return Array.from(root.querySelectorAll('[data-kv=\"journal-filters\"] *, [data-kv=\"figures\"] *')) \
      .filter(function (one) { return one.getBoundingClientRect().right > right; }) \
      .map(function (one) { return one.getAttribute('class') || one.tagName; }).join(' '); })()";
