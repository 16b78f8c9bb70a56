//! Connecting an account and hearing that it left: nobody else's browser, code, state or word counts.

use futures_util::future::join_all;
use reqwest::{Method, RequestBuilder, Url};
use serde_json::{Value, json};

use super::{
    fortress::{Fortress, answer, fortress},
    uninstall_signature,
};
use crate::{
    account::{Account, items},
    stack::{Ends, Stack, flow, reply, shared},
};

/// A browser that began to connect: its cookie and the state that Kommo will bring back.
pub(super) struct Begun {
    pub(super) cookie: String,
    pub(super) state: String,
}

impl Begun {
    /// Follows `/oauth/start` up to Kommo's page.
    pub(super) async fn new(ends: &Ends) -> Self {
        let start = answer(ends.http.get(format!("{}/oauth/start", ends.worker))).await;
        assert_eq!(start.status, 302, "{}", start.text);
        let consent = Url::parse(start.header("location")).expect("an address");
        let state = consent.query_pairs().find(|(name, _)| name == "state").expect("a state").1.into_owned();
        let cookie = start.header("set-cookie").split(';').next().unwrap_or_default().to_owned();
        Self { cookie, state }
    }
}

/// A fresh code that would connect this account.
async fn code(account: &Account) -> String {
    account.ends.control("code", json!({"accountId": account.id})).await["code"].as_str().expect("a code").to_owned()
}

fn callback(account: &Account, query: &[(&str, &str)]) -> RequestBuilder {
    account.ends.http.get(format!("{}/oauth/callback", account.ends.worker)).query(query)
}

fn referer(account: &Account) -> String {
    format!("{}.kommo.com", account.subdomain)
}

/// The callback is refused, the stranger's account stays unconnected, and Kommo was asked nothing for it.
async fn refused(fortress: &Fortress, request: RequestBuilder) {
    fortress.refuses(request, 400, "bad_request").await;
    untouched(fortress).await;
}

async fn untouched(fortress: &Fortress) {
    assert!(items(&fortress.stranger.state().await, "requests").is_empty());
    fortress.stranger.get("/settings").await.assert_problem(409);
}

/// A callback of a browser that began, with one thing about it changed.
fn with(change: impl AsyncFn(&Fortress, &mut Begun)) {
    flow(async {
        let fortress = fortress().await;
        let (account, mut begun) = (&fortress.stranger, Begun::new(&fortress.victim.ends).await);
        change(fortress, &mut begun).await;
        let code = code(account).await;
        let referer = referer(account);
        let mut query = vec![("code", code.as_str()), ("referer", &referer)];
        query.extend(Some(("state", begun.state.as_str())).filter(|(_, state)| !state.is_empty()));
        refused(fortress, callback(account, &query).header("cookie", &begun.cookie)).await;
    });
}

#[test]
fn a_callback_without_a_state() {
    with(async |_, begun| begun.state.clear());
}

#[test]
fn a_callback_with_an_unknown_state() {
    with(async |_, begun| begun.state = "A".repeat(43));
}

#[test]
fn a_callback_with_an_endless_state() {
    with(async |_, begun| begun.state = "A".repeat(6000));
}

#[test]
fn a_callback_with_the_state_of_another_browser() {
    with(async |fortress, begun| begun.state = Begun::new(&fortress.victim.ends).await.state);
}

#[test]
fn a_callback_in_a_browser_that_never_began() {
    with(async |_, begun| begun.cookie.clear());
}

#[test]
fn a_callback_with_a_cookie_of_somebodys_own_making() {
    with(async |_, begun| begun.cookie = format!("kv-oauth={}", "A".repeat(43)));
}

#[test]
fn a_callback_with_a_state_used_before() {
    with(async |fortress, begun| {
        // Used up by a code that leads nowhere, for an account that nobody attacks.
        let neighbour = &fortress.neighbour;
        let query = [("code", "made-up"), ("referer", &referer(neighbour)), ("state", &begun.state)];
        let used = answer(callback(neighbour, &query).header("cookie", &begun.cookie)).await;
        assert!(used.text.contains("did not accept the code"), "{}", used.text);
    });
}

#[test]
fn a_callback_with_a_state_too_old() {
    flow(async {
        let mut stack = Stack::with(json!({})).await;
        let account = Account::new(&stack, json!({})).await;
        let begun = Begun::new(&stack.ends).await;
        stack.kill();
        stack.in_database("UPDATE oauth_states SET expires_at = expires_at - 600");
        stack.start_again().await;
        let code = code(&account).await;
        let query = [("code", code.as_str()), ("referer", &referer(&account)), ("state", &begun.state)];
        let old = reply(callback(&account, &query).header("cookie", &begun.cookie)).await;
        old.assert_problem(400);
        assert!(items(&account.state().await, "requests").is_empty());
        // A new one in the same browser counts: nothing else was wrong.
        let start = stack.ends.http.get(format!("{}/oauth/start", stack.ends.worker));
        let start = reply(start.header("cookie", &begun.cookie)).await;
        let state = Url::parse(start.header("location")).expect("an address");
        let state = state.query_pairs().find(|(name, _)| name == "state").expect("a state").1.into_owned();
        let query = [("code", code.as_str()), ("referer", &referer(&account)), ("state", &state)];
        assert_eq!(reply(callback(&account, &query).header("cookie", &begun.cookie)).await.status, 200);
        account.connected().await;
    });
}

#[test]
fn a_callback_for_another_integration() {
    flow(async {
        let fortress = fortress().await;
        let (account, begun) = (&fortress.stranger, Begun::new(&fortress.victim.ends).await);
        let code = code(account).await;
        let query = [
            ("code", code.as_str()),
            ("referer", &referer(account)),
            ("state", &begun.state),
            ("client_id", "00000000-0000-0000-0000-000000000000"),
        ];
        refused(fortress, callback(account, &query).header("cookie", &begun.cookie)).await;
    });
}

#[test]
fn a_callback_without_a_code() {
    flow(async {
        let fortress = fortress().await;
        let (account, begun) = (&fortress.stranger, Begun::new(&fortress.victim.ends).await);
        let query = [("referer", referer(account)), ("state", begun.state)];
        let query: Vec<(&str, &str)> = query.iter().map(|(name, value)| (*name, value.as_str())).collect();
        refused(fortress, callback(account, &query).header("cookie", &begun.cookie)).await;
    });
}

#[test]
fn an_install_hook_with_a_made_up_code_connects_nobody() {
    flow(async {
        let fortress = fortress().await;
        // Who does not hold the code cannot say whose it is: Kommo refuses it, and the account's own grant stays.
        for account in [&fortress.victim, &fortress.neighbour] {
            let query = [("code", "made-up"), ("referer", &referer(account)), ("from_widget", "1")];
            let got = answer(callback(account, &query)).await;
            assert_eq!((got.status, got.text.as_str()), (200, "received"));
        }
        let account = &fortress.victim;
        let tried = |state: &Value| {
            items(state, "requests")
                .iter()
                .any(|request| request["path"] == "/oauth2/access_token" && request["status"] == 400)
        };
        account.state_when("Kommo to refuse the code", tried).await;
        assert_eq!(account.get("/settings").await.status, 200);
        fortress.stands().await;
    });
}

#[test]
fn a_flood_of_made_up_codes_does_not_reach_the_account_and_nobody_waits_behind_it() {
    flow(async {
        let account = Account::new(shared().await, json!({})).await;
        let codes: Vec<String> = (0..20).map(|number| format!("made-up-{number}")).collect();
        let flood = codes.iter().map(|code| {
            let query = [("code", code.as_str()), ("referer", &referer(&account)), ("from_widget", "1")];
            let made_up = callback(&account, &query);
            async { assert_eq!(answer(made_up).await.text, "received") }
        });
        join_all(flood).await;
        let exchanges = |state: &Value| {
            let of_codes = items(state, "requests").iter().filter(|request| request["path"] == "/oauth2/access_token");
            of_codes.map(|request| request["at"].as_f64().expect("a time") as u64).collect::<Vec<_>>()
        };
        let state = account.state_when("Kommo to refuse one", |state| !exchanges(state).is_empty()).await;
        let (begun, code) = (Begun::new(&account.ends).await, code(&account).await);
        let query = [("code", code.as_str()), ("referer", &referer(&account)), ("state", &begun.state)];
        assert_eq!(answer(callback(&account, &query).header("cookie", &begun.cookie)).await.status, 200);
        account.connected().await;
        let (before, after) = (exchanges(&state), exchanges(&account.state().await));
        let most = after.iter().map(|second| after.iter().filter(|other| *other == second).count()).max();
        // One of the flood in a second, and the administrator's own.
        assert!(most <= Some(3), "{before:?} {after:?}");
        assert!(after.len() < codes.len() / 2, "{after:?}");
    });
}

#[test]
fn the_victims_own_code_played_again_connects_nobody_anew() {
    flow(async {
        let fortress = fortress().await;
        let account = Account::new(shared().await, json!({})).await;
        let code = code(&account).await;
        let hook = [("code", code.as_str()), ("referer", &referer(&account)), ("from_widget", "1")];
        assert_eq!(answer(callback(&account, &hook)).await.status, 200);
        account.connected().await;
        let again = answer(callback(&account, &hook)).await;
        assert_eq!((again.status, again.text.as_str()), (200, "received"));
        // Nor at another account's address.
        let elsewhere = [("code", code.as_str()), ("referer", &referer(&fortress.stranger)), ("from_widget", "1")];
        assert_eq!(answer(callback(&account, &elsewhere)).await.status, 200);
        // Either we still know the code, or Kommo does; by the time another account is connected it was tried.
        let later = Account::new(shared().await, json!({})).await;
        later.install_patiently().await;
        later.connected().await;
        let state = account.state().await;
        let is_exchange = |request: &&Value| request["path"] == "/oauth2/access_token" && request["status"] == 200;
        assert_eq!(items(&state, "requests").iter().filter(is_exchange).count(), 1);
        assert_eq!(account.get("/settings").await.status, 200);
        fortress.stranger.get("/settings").await.assert_problem(409);
    });
}

#[test]
fn a_start_leads_to_kommo_and_nowhere_else_whatever_it_is_given() {
    flow(async {
        let fortress = fortress().await;
        let ends = &fortress.victim.ends;
        let query = [
            ("redirect_uri", "https://evil.example"),
            ("state", "mine"),
            ("client_id", "another"),
            ("referer", "evil.example"),
        ];
        let start = answer(ends.http.get(format!("{}/oauth/start", ends.worker)).query(&query)).await;
        assert_eq!(start.status, 302, "{}", start.text);
        let to = start.header("location");
        assert!(to.starts_with(&format!("{}/oauth?client_id={}&state=", ends.sim, ends.config.client_id)), "{to}");
        assert!(!to.contains("evil") && !to.contains("mine") && !to.contains("another"), "{to}");
        let cookie = start.header("set-cookie");
        assert!(
            cookie.contains("HttpOnly") && cookie.contains("SameSite=Lax") && !cookie.contains("Domain"),
            "{cookie}"
        );
        fortress.tells_nothing(&start);
    });
}

/// Kommo seems to say that the victim took its access back.
fn uninstalled(change: impl Fn(&Fortress, &mut [String; 3])) {
    flow(async {
        let fortress = fortress().await;
        let ends = &fortress.victim.ends;
        let (client, account) = (ends.config.client_id.clone(), fortress.victim.id.to_string());
        let signature = uninstall_signature(&ends.config.client_secret, &client, &account);
        let mut parts = [client, account, signature];
        change(fortress, &mut parts);
        let [client, account, signature] = parts;
        let query = [("client_uuid", client), ("account_id", account), ("signature", signature)];
        let request = ends.http.get(format!("{}/oauth/uninstalled", ends.worker)).query(&query);
        fortress.refuses(request, 403, "forbidden").await;
        assert_eq!(fortress.victim.get("/settings").await.status, 200);
    });
}

#[test]
fn an_uninstall_without_a_signature() {
    uninstalled(|_, parts| parts[2].clear());
}

#[test]
fn an_uninstall_with_a_malformed_signature() {
    uninstalled(|_, parts| parts[2] = "0".repeat(64));
}

#[test]
fn an_uninstall_with_half_a_signature() {
    uninstalled(|_, parts| parts[2].truncate(32));
}

#[test]
fn an_uninstall_signed_with_another_secret() {
    uninstalled(|_, parts| parts[2] = uninstall_signature("another", &parts[0], &parts[1]));
}

#[test]
fn an_uninstall_signed_for_another_account() {
    uninstalled(|fortress, parts| {
        let secret = &fortress.victim.ends.config.client_secret;
        parts[2] = uninstall_signature(secret, &parts[0], &fortress.neighbour.id.to_string());
    });
}

#[test]
fn an_uninstall_of_another_integration() {
    uninstalled(|fortress, parts| {
        parts[0] = "00000000-0000-0000-0000-000000000000".to_owned();
        parts[2] = uninstall_signature(&fortress.victim.ends.config.client_secret, &parts[0], &parts[1]);
    });
}

#[test]
fn a_genuine_uninstall_played_again_while_kommo_still_grants_access_changes_nothing() {
    flow(async {
        let fortress = fortress().await;
        let (ends, id) = (&fortress.victim.ends, fortress.victim.id.to_string());
        let signature = uninstall_signature(&ends.config.client_secret, &ends.config.client_id, &id);
        let query = [("client_uuid", &ends.config.client_id), ("account_id", &id), ("signature", &signature)];
        let got =
            answer(ends.http.request(Method::GET, format!("{}/oauth/uninstalled", ends.worker)).query(&query)).await;
        assert_eq!((got.status, got.text.as_str()), (200, "received"));
        assert_eq!(fortress.victim.get("/settings").await.status, 200);
        fortress.stands().await;
    });
}
