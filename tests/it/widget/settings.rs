//! The settings window with all its options: saved, loaded again, changed, refused, and honest about what is gone.

use serde_json::{Value, json};

use super::scene::{Scene, choose, kv, running, stack};
use crate::{
    account::Account,
    stack::{flow, reply},
};

async fn saved(scene: &Scene) {
    scene.press(".js-widget-save").await;
    scene.until("document.querySelector('.modal') === null").await;
}

async fn refused(scene: &Scene, reason: &str) {
    scene.press(".js-widget-save").await;
    scene.says("settings-error", reason).await;
    scene.until("!document.querySelector('.js-widget-save').disabled").await;
}

async fn window(scene: &Scene) {
    scene.open("/settings/widgets").await;
    scene.see("setting-ringSound").await;
}

/// Whether a tick box is ticked, or which value a field shows.
fn shows(name: &str) -> String {
    let field = format!("document.querySelector({})", json!(kv(name)));
    format!("({field}.type === 'checkbox' ? {field}.checked : {field}.value)")
}

#[test]
fn every_option_is_saved_shown_again_and_changed_back() {
    flow(async {
        let scene = Scene::at("/settings/widgets").await;
        scene.see("setting-ringSound").await;
        let user = scene.account.users[1];
        let name = "APP.constant('managers')".to_owned() + &format!("[{user}].title");
        let name = scene.value(&name).await.as_str().expect("a name").to_owned();
        for toggle in ["callFeedback", "openCard", "recordings", "workingHours"] {
            scene.click(&format!("setting-{toggle}")).await;
        }
        scene.until(&choose("setting-rateQuality", "Required to save the summary")).await;
        scene.click("setting-day-5").await;
        scene.click("setting-day-6").await;
        scene.fill("setting-workingHours-from", "08:30").await;
        scene.fill("setting-workingHours-to", "24:00").await;
        scene.fill("setting-autoDialSeconds", "25").await;
        scene.fill("setting-ringVolume", "30").await;
        scene.until(&choose("setting-workingHours-responsible", "Always the same user")).await;
        scene.until(&choose("setting-workingHours-fixedUserId", &name)).await;
        scene.picture("settings-hours").await;
        saved(&scene).await;
        let stored = scene.account.get("/settings").await.body;
        let hours = json!({"days": [1, 2, 3, 4, 6], "from": "08:30", "to": "24:00", "responsible": "fixed", "fixedUserId": user});
        assert_eq!(stored["workingHours"], hours);
        assert_eq!((&stored["autoDialSeconds"], &stored["ringVolume"]), (&json!(25), &json!(30)));
        assert_eq!(
            (&stored["callFeedback"], &stored["openCard"], &stored["recordings"], &stored["rateQuality"]),
            (&json!(true), &json!(true), &json!(false), &json!("required"))
        );

        window(&scene).await;
        for (name, value) in [
            ("callFeedback", json!(true)),
            ("openCard", json!(true)),
            ("recordings", json!(false)),
            ("rateQuality", json!("required")),
            ("workingHours", json!(true)),
            ("autoDialSeconds", json!("25")),
            ("ringVolume", json!("30")),
            ("day-4", json!(true)),
            ("day-5", json!(false)),
            ("workingHours-from", json!("08:30")),
            ("workingHours-to", json!("24:00")),
            ("workingHours-responsible", json!("fixed")),
            ("workingHours-fixedUserId", json!(user.to_string())),
        ] {
            assert_eq!(scene.value(&shows(&format!("setting-{name}"))).await, value, "{name}");
        }
        scene.click("setting-workingHours").await;
        scene.until(&choose("setting-rateQuality", "Not asked")).await;
        saved(&scene).await;
        let stored = scene.account.get("/settings").await.body;
        assert!(stored["workingHours"].is_null());
        assert_eq!((&stored["rateQuality"], &stored["recordings"]), (&json!("off"), &json!(false)));
        scene.assert_quiet().await;
    });
}

#[test]
fn working_hours_that_cannot_be_are_refused_in_plain_words() {
    flow(async {
        let scene = Scene::at("/settings/widgets").await;
        scene.click("setting-workingHours").await;
        scene.fill("setting-workingHours-from", "9 o'c").await;
        refused(&scene, "Opening: enter a time such as 09:30").await;
        scene.fill("setting-workingHours-from", "18:00").await;
        refused(&scene, "Closing must be later than opening").await;
        scene.fill("setting-workingHours-from", "10:00").await;
        for day in 1..=5 {
            scene.click(&format!("setting-day-{day}")).await;
        }
        refused(&scene, "Choose at least one working day").await;
        scene.click("setting-day-7").await;
        scene.until(&choose("setting-workingHours-responsible", "Always the same user")).await;
        refused(&scene, "User: choose one").await;
        scene.until(&choose("setting-workingHours-responsible", "The same as always")).await;
        assert_eq!(scene.asked("PUT", "settings").await, 0);
        saved(&scene).await;
        let stored = scene.account.get("/settings").await.body;
        assert_eq!(stored["workingHours"]["days"], json!([7]));
        assert_eq!(stored["workingHours"]["responsible"], Value::Null);
    });
}

/// The second pipeline and one of its regular stages.
async fn pipeline(account: &Account) -> (u64, u64) {
    let session = account.ends.control("session", json!({"accountId": account.id})).await;
    let request = account.ends.http.get(format!("{}/api/v4/leads/pipelines", account.ends.sim));
    let pipelines = reply(request.header("cookie", session["cookie"].as_str().expect("a cookie"))).await.body;
    let pipeline = &pipelines["_embedded"]["pipelines"][1];
    let statuses = pipeline["_embedded"]["statuses"].as_array().expect("stages");
    let is_regular = |stage: &&Value| stage["type"] != 1 && stage["id"] != 142 && stage["id"] != 143;
    let stage = statuses.iter().find(is_regular).expect("a regular stage");
    (pipeline["id"].as_u64().expect("an id"), stage["id"].as_u64().expect("an id"))
}

#[test]
fn what_is_deleted_or_switched_off_in_the_account_is_named_with_what_happens_meanwhile() {
    flow(async {
        let account = running(stack().await, json!({"isUnsortedOn": false})).await;
        let (pipeline_id, stage) = pipeline(&account).await;
        let (gone, idle) = (account.users[2], account.users[1]);
        account
            .set(json!({
                "newLeads": {"pipelineId": pipeline_id, "statusId": stage},
                "missed": {"responsible": "fixed", "fixedUserId": gone},
                "workingHours": {"responsible": "fixed", "fixedUserId": idle},
                "inboundUnknown": {"create": "incoming_lead"},
            }))
            .await;
        let scene = Scene::new(account).await;
        window(&scene).await;
        scene.says("gone-inboundUnknown-create", "switched off in this account").await;
        let quiet = "document.querySelector('[data-kv^=\"gone-newLeads\"], [data-kv=\"gone-missed-fixedUserId\"]')";
        scene
            .until(
                "Array.from(document.querySelectorAll('[data-kv=\"setting-newLeads-pipelineId\"] option')).length > 2",
            )
            .await;
        assert_eq!(scene.value(quiet).await, Value::Null, "what is there is not complained about");

        let id = scene.account.id;
        scene
            .account
            .ends
            .control(
                "pipelines",
                json!({"account": id, "accountId": id, "pipelineId": pipeline_id, "statusId": stage, "remove": true}),
            )
            .await;
        scene
            .account
            .ends
            .control("users", json!({"account": id, "accountId": id, "userId": gone, "remove": true}))
            .await;
        scene
            .account
            .ends
            .control("users", json!({"account": id, "accountId": id, "userId": idle, "isActive": false}))
            .await;
        window(&scene).await;
        scene.says("gone-newLeads-statusId", "This stage no longer exists").await;
        scene
            .account
            .ends
            .control("pipelines", json!({"account": id, "accountId": id, "pipelineId": pipeline_id, "remove": true}))
            .await;
        window(&scene).await;
        for (name, chosen, hint) in [
            ("newLeads-pipelineId", format!("Deleted pipeline {pipeline_id}"), "start in the main pipeline"),
            ("missed-fixedUserId", format!("Deleted user {gone}"), "goes to whoever was called"),
            ("workingHours-fixedUserId", "(deactivated)".to_owned(), "goes to whoever was called"),
        ] {
            scene.says(&format!("gone-{name}"), hint).await;
            let label =
                format!("document.querySelector({}).selectedOptions[0].text", json!(kv(&format!("setting-{name}"))));
            let label = scene.value(&label).await;
            assert!(
                label.as_str().is_some_and(|label| label.contains(&chosen) && label.contains("choose another")),
                "{label}"
            );
        }
        scene
            .value("document.querySelector('[data-kv=\"gone-newLeads-pipelineId\"]').scrollIntoView({block: 'center'})")
            .await;
        scene.picture("settings-gone").await;
        // Looking changed nothing; choosing another takes the hint away.
        scene.until(&choose("setting-newLeads-pipelineId", "Main pipeline")).await;
        scene.gone("gone-newLeads-pipelineId").await;
    });
}
