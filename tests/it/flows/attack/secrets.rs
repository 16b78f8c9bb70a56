//! What must stay inside is looked for everywhere a whole day of use leaves traces: the Worker's log, the diagnostics,
//! traces and the export, and what Kommo was told.

use reqwest::Method;
use serde_json::{Value, json};

use crate::{
    account::{Account, event, number, signature, talk},
    live::Live,
    provider::credentials,
    stack::{Stack, flow, reply},
    worker::SEALING_KEYS,
};

use super::{fortress::key, tokens};

/// A secret, and where it may be seen all the same.
struct Secret {
    what: &'static str,
    text: String,
    /// Kommo is told: the address it posts to, the links to recordings.
    is_kommos: bool,
}

/// Where notes stand as Kommo got them, with the link to their recording.
const WITH_NOTES: [&str; 2] = ["the export", "a trace"];

fn secret(what: &'static str, text: impl Into<String>) -> Secret {
    Secret { what, text: text.into(), is_kommos: false }
}

/// The log of a Worker of one's own, so that every line of it is of this flow.
#[test]
fn after_a_day_of_use_no_secret_is_in_the_log_the_export_the_diagnostics_the_traces_or_kommo() {
    flow(async {
        let stack = Stack::with(json!({"searchLag": 0, "accessLifetime": 30})).await;
        let mut account = Account::ready_at(&stack, "twilio").await;
        account.set(json!({"callFeedback": false})).await;
        let twilio = credentials("twilio", account.id)["authToken"].as_str().expect("a token").to_owned();
        let former = account.hook.clone();
        let link = super::fortress::recorded(&account).await;
        assert_eq!(reply(account.ends.http.get(&link)).await.status, 200);
        account.connect_provider().await;
        let first = account.secret.clone();
        let rotated = account.put("/voip", json!({"provider": "generic", "rotate": true})).await;
        rotated.body["secret"].as_str().expect("a new secret").clone_into(&mut account.secret);
        let token = tokens::token(&account, account.admin);
        let (_, ticket) = (Live::open(&account, account.admin).await, Live::ticket(&account, account.admin).await);
        account.report(talk("c", &number(1))).await;
        account.settled().await;
        // What goes wrong is told as well: wrong signatures, tokens, credentials and states, and a Kommo that fails.
        reply(account.ends.http.post(&account.hook).body("{}")).await.assert_problem(401);
        reply(account.request(Method::GET, "/voip", &format!("{token}x"))).await.assert_problem(401);
        let wrong =
            json!({"provider": "twilio", "credentials": {"accountSid": "AC1", "authToken": twilio, "number": "+1"}});
        account.put("/voip", wrong).await.assert_problem(422);
        account.fault(json!({"path": "/api/v4/leads", "kind": "status", "status": 502, "times": 2})).await;
        account.report(talk("failed", &number(2))).await;
        account.fault(json!({"path": "/oauth2/access_token", "kind": "status", "status": 500, "times": 1})).await;
        account.report(talk("renewed", &number(3))).await;
        account.settled().await;
        // The exchange of a code does not wait for the account's turn, so it comes last.
        let used = super::oauth::Begun::new(&account.ends).await;
        let back = format!("{}/oauth/callback?code=spent-code-0123456789&state={}", account.ends.worker, used.state);
        reply(
            account
                .ends
                .http
                .get(format!("{back}&referer={}.kommo.com", account.subdomain))
                .header("cookie", &used.cookie),
        )
        .await;

        let state = account.state().await;
        let changes = state["webhooks"][0]["destination"].as_str().expect("an address").to_owned();
        let kommos = |what, text: &str| Secret { is_kommos: true, ..secret(what, text) };
        let secrets = [
            secret("the integration's secret", &account.ends.config.client_secret),
            secret("the sealing key", SEALING_KEYS.split_once(':').expect("a key").1),
            secret("something sealed", "v1.test1."),
            secret("a token of Kommo", "eyJ"),
            secret("Twilio's token", &twilio),
            secret("the first webhook secret", first.trim_start_matches("whsec_")),
            secret("the present webhook secret", account.secret.trim_start_matches("whsec_")),
            secret("the webhook's key", key(&account.hook)),
            secret("the former webhook's key", key(&former)),
            secret("a ticket", &ticket),
            secret("a state", &used.state),
            secret("a cookie", used.cookie.split_once('=').expect("a cookie").1),
            secret("a code", "spent-code-0123456789"),
            kommos("the key of Kommo's webhook", key(&changes)),
            kommos("a recording's key", key(&link).trim_end_matches(".mp3")),
        ];
        let mut places: Vec<(&str, String)> = vec![
            ("the log", account.ends.whole_log()),
            ("the export", account.get("/export").await.text),
            ("the diagnostics", account.get("/diagnostics").await.text),
            ("the settings", account.get("/settings").await.text),
            ("the lines", account.get("/extensions").await.text),
            ("the call list", account.get("/call-list").await.text),
            ("a trace", account.trace("c").await.to_string()),
            ("Kommo", told(&state)),
        ];
        let voip = account.get("/voip").await.body;
        // The addresses are an administrator's to copy; nothing else of it is secret.
        places.push(("the connection", json!([voip["fields"], voip["former"]]).to_string()));
        for (place, text) in &places {
            assert!(text.len() > 2, "{place} is looked through");
            for Secret { what, text: secret, is_kommos } in &secrets {
                let may = *is_kommos && *place == "Kommo" || what.contains("recording") && WITH_NOTES.contains(place);
                assert!(may || !text.contains(secret.as_str()), "{what} is in {place}");
            }
        }
        // Numbers are in the log by their last digits only.
        assert!(!places[0].1.contains(&number(1)[1..]), "a whole number is in the log");
        // What was looked for is what works.
        let body = event("last", &number(4), "ringing", json!({"extension": "101"})).to_string();
        assert!(signature(&account.secret, "msg", 1, &body).len() > 40);
    });
}

/// Everything Kommo holds of the account but the tokens it made itself.
fn told(state: &Value) -> String {
    let lists = ["contacts", "companies", "leads", "unsorted", "notes", "tasks", "events", "webhooks", "requests"];
    lists.map(|list| state[list].to_string()).join("\n")
}
