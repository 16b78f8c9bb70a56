//! Every language of the widget is spoken everywhere: no window shows the name of a text instead of the text.

use serde_json::{Value, json};

use super::scene::{Scene, code, running, stack};
use crate::{
    account::{event, number},
    stack::flow,
};

/// All dotted names of the widget's own texts.
fn keys(words: &Value, before: &str, found: &mut Vec<String>) {
    match words {
        Value::Object(entries) => {
            entries.iter().for_each(|(name, entry)| keys(entry, &format!("{before}.{name}"), found))
        }
        _ => found.push(before.trim_start_matches('.').to_owned()),
    }
}

/// Everything a person reads or hears of an element.
const SPOKEN: &str = "(function (root) { var words = [root.innerText]; \
    root.querySelectorAll('*').forEach(function (one) { ['aria-label', 'title', 'placeholder'].forEach(function (name) { \
      words.push(one.getAttribute(name) || ''); }); }); return words.join('\\n'); })";

async fn speaks(language: &str, file: &str) {
    let words: Value = serde_json::from_str(file).unwrap();
    let words = &words["ui"];
    let mut names = Vec::new();
    keys(words, "", &mut names);
    let account = running(stack().await, json!({})).await;
    let scene = Scene::new(account).await;
    let account = &scene.account;
    let code = code(account).await;
    scene.open(&format!("/leads/?lang={language}")).await;
    scene.live().await;
    account.post(event("c", &number(1), "ringing", json!({"extension": "101"}))).await;
    scene.see("open-card").await;
    let text = |path: &str| words.pointer(path).and_then(Value::as_str).expect("a text").to_owned();
    check(&scene, "root", &names, &[text("/card/incoming"), text("/card/unknown"), text("/card/dismiss")]).await;
    scene.click("dismiss").await;

    scene.open(&format!("/settings/widgets?theme=dark&lang={language}")).await;
    scene.see("setting-ringSound").await;
    scene.click("rotate-secret").await;
    check(&scene, "settings", &names, &[text("/form/users_heading"), text("/set/missed"), text("/form/rotate_ask")])
        .await;
    scene.picture(&format!("settings-{language}-dark")).await;
    scene.value("document.querySelector('[data-kv=\"setting-missed-task\"]').scrollIntoView()").await;
    scene.picture(&format!("settings-{language}-dark-below")).await;

    scene.open(&format!("/settings/advanced?widget={code}&lang={language}")).await;
    scene.click("open-trace").await;
    scene.until("document.querySelector('[data-kv=\"trace\"] .kv-step') !== null").await;
    check(&scene, "journal", &names, &[text("/journal/calls"), text("/health/heading"), text("/journal/trace")]).await;
    scene.picture(&format!("journal-{language}-dark")).await;

    scene.press("[data-kv=\"call-row\"] [data-kv=\"open-summary\"]").await;
    scene.click("summary-task").await;
    let expected = [text("/card/summary"), text("/summary/status_6"), text("/summary/task_time"), text("/form/cancel")];
    check(&scene, "summary", &names, &expected).await;
    scene.picture(&format!("summary-{language}-dark")).await;
}

async fn check(scene: &Scene, root: &str, names: &[String], expected: &[String]) {
    let spoken = scene.value(&format!("{SPOKEN}(document.querySelector('[data-kv=\"{root}\"]'))")).await;
    let spoken = spoken.as_str().unwrap();
    for name in names {
        assert!(
            !spoken.split(|letter: char| letter.is_whitespace() || letter == ':').any(|word| word == name),
            "{name} in {root}: {spoken}"
        );
    }
    for text in expected {
        assert!(spoken.to_lowercase().contains(&text.to_lowercase()), "{text} in {root}: {spoken}");
    }
}

#[test]
fn spanish_is_spoken_everywhere() {
    flow(speaks("es", include_str!("../../../i18n/es.json")));
}

#[test]
fn portuguese_is_spoken_everywhere() {
    flow(speaks("pt", include_str!("../../../i18n/pt.json")));
}
