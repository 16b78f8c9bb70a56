//! Text from outside is text: nothing in it runs, and nothing of it breaks the card.

use serde_json::json;

use super::scene::{Scene, running, stack};
use crate::{
    account::{event, number, person},
    stack::flow,
};

const SCRIPT: &str = "<img src=x onerror=\"window.pwned=1\"><script>window.pwned=1</script>{state}{{name}}";

/// Every visible part of the cards stands inside its card, every card inside the window, and nothing scrolls sideways.
pub(super) const IN_PLACE: &str = "Array.from(document.querySelectorAll('[data-kv=\"call-card\"]')).every(function (card) { \
    var outer = card.getBoundingClientRect(); \
    return outer.left >= 65 && outer.right <= innerWidth && card.scrollWidth <= card.clientWidth && \
      Array.from(card.querySelectorAll('*')).every(function (part) { var inner = part.getBoundingClientRect(); \
        return inner.left >= outer.left - 1 && inner.right <= outer.right + 1; }); }) \
    && document.documentElement.scrollWidth <= innerWidth";

#[test]
fn hostile_names_are_shown_as_text_and_stay_inside_the_card() {
    flow(async {
        let long = "Wolfeschlegelsteinhausenbergerdorff".repeat(15)[..500].to_owned();
        let names = [
            SCRIPT.to_owned(),
            long,
            "\u{202e}عبد الرحمن بن محمد\u{202c} ‏الشركة".to_owned(),
            "👩‍👩‍👧‍👦🏳️‍🌈 Zoë 🇩🇪\u{0336}x".to_owned(),
            "   ".to_owned(),
        ];
        let account = running(stack().await, json!({"users": [{"name": SCRIPT, "isAdmin": true}]})).await;
        for (index, name) in names.iter().enumerate() {
            let company = account.seed(json!({"companies": [{"name": name}]})).await["companies"][0].clone();
            let mut contact = person(name, &number(index), account.admin);
            contact["_embedded"] = json!({"companies": [{"id": company}]});
            let lead = json!({"name": name, "price": 123_456_789, "responsible_user_id": account.admin, "_embedded": {"contacts": [{"index": 0}]}});
            account.seed(json!({"contacts": [contact], "leads": [lead]})).await;
            // Somebody else with the number, whose leads are two, so that each kind of row has the name.
            let mut other = person(name, &number(index), account.admin);
            other["updated_at"] = json!(1_600_000_000);
            account.seed(json!({"contacts": [other]})).await;
        }
        let scene = Scene::new(account).await;
        scene.open("/leads/pipeline/").await;
        scene.live().await;
        for (index, name) in names.iter().enumerate() {
            let call = format!("c{index}");
            scene.account.post(event(&call, &number(index), "ringing", json!({"extension": "101"}))).await;
            scene.see("lead").await;
            if name.trim().is_empty() {
                scene.says("caller", "#").await;
                scene.says("lead-name", "#").await;
            } else {
                for part in ["caller", "lead-name", "company"] {
                    let shown =
                        format!("document.querySelector('[data-kv=\"{part}\"]').textContent === {}", json!(name));
                    scene.until(&shown).await;
                }
            }
            if !name.trim().is_empty() {
                scene
                    .until(&format!("document.querySelector('[data-kv=\"other\"]').textContent === {}", json!(name)))
                    .await;
                scene
                    .until(&format!(
                        "document.title.indexOf('☎ ' + {}.slice(0, 10)) === 0",
                        json!(name.trim_start_matches('\u{202e}'))
                    ))
                    .await;
            }
            scene.until(IN_PLACE).await;
            scene.picture(&format!("hostile-{index}")).await;
            scene.click("dismiss").await;
            scene.gone("call-card").await;
            scene.account.post(event(&call, &number(index), "missed", json!({"extension": "101"}))).await;
        }
        scene.open("/settings/widgets").await;
        scene.says("settings", SCRIPT).await;
        let code = super::scene::code(&scene.account).await;
        scene.account.settled().await;
        scene.open(&format!("/settings/advanced?widget={code}")).await;
        scene.says("journal", SCRIPT).await;
        // However long the names, the other columns stay readable.
        let whole = "Array.from(document.querySelectorAll('[data-kv=\"open-trace\"]')).every(function (one) { \
                     return one.getBoundingClientRect().height < 40; }) \
                     && document.querySelector('.kv-table').scrollWidth <= document.querySelector('.kv-scroll').clientWidth";
        scene.until(whole).await;
        scene.until("Array.from(document.querySelectorAll('.kv-link')).every(function (one) { return one.textContent.trim(); })").await;
        scene.picture("hostile-journal").await;
        let ran = "window.pwned !== undefined || document.querySelector('[data-kv] img, [data-kv] script') !== null";
        assert_eq!(scene.value(ran).await, json!(false));
    });
}
