//! How an account is connected, and what does not disconnect it.

use std::time::{Duration, Instant};

use reqwest::{Method, RequestBuilder, Url};
use serde_json::json;

use crate::{
    account::{Account, items, number, talk, the_note},
    stack::{Reply, flow, reply, shared},
};

#[test]
fn the_install_hook_is_answered_in_time_though_kommo_is_slow_and_fails_at_first() {
    flow(async {
        let account = Account::new(shared().await, json!({})).await;
        for fault in [
            json!({"path": "/oauth2/access_token", "kind": "delay", "ms": 5000}),
            json!({"path": "/api/v4/account", "kind": "status", "status": 503, "times": 2}),
        ] {
            account.fault(fault).await;
        }
        let started = Instant::now();
        assert_eq!(account.install().await, Some(200));
        assert!(started.elapsed() < Duration::from_secs(3), "{:?}", started.elapsed());
        account.get("/settings").await.assert_problem(409);
        account.connected().await;
    });
}

#[test]
fn a_code_whose_exchange_fails_at_first_is_exchanged_later() {
    flow(async {
        let account = Account::new(shared().await, json!({})).await;
        account.fault(json!({"path": "/oauth2/access_token", "kind": "status", "status": 503, "times": 2})).await;
        assert_eq!(account.install().await, Some(200));
        account.connected().await;
        let exchanges = items(&account.state().await, "requests")
            .iter()
            .filter(|request| request["path"] == "/oauth2/access_token")
            .count();
        assert_eq!(exchanges, 3);
    });
}

/// Somebody's browser between our pages and Kommo's.
struct Browser<'a> {
    account: &'a Account,
    crm: String,
    ours: String,
}

impl<'a> Browser<'a> {
    /// A browser in which this user is signed in to the CRM.
    async fn of(account: &'a Account, user: u64) -> Self {
        let session = account.ends.control("session", json!({"accountId": account.id, "userId": user})).await;
        Self { account, crm: session["cookie"].as_str().expect("a cookie").to_owned(), ours: String::new() }
    }

    fn ask(&self, method: Method, url: &str, cookie: &str) -> RequestBuilder {
        self.account.ends.http.request(method, url).header("cookie", cookie).header("accept", "text/html")
    }

    /// Follows `/oauth/start` to Kommo and agrees there; the address Kommo sends the browser back to.
    async fn agree(&mut self) -> String {
        let start =
            reply(self.ask(Method::GET, &format!("{}/oauth/start", self.account.ends.worker), &self.ours)).await;
        assert_eq!(start.status, 302, "{}", start.text);
        start.header("set-cookie").split(';').next().unwrap_or_default().clone_into(&mut self.ours);
        let consent = start.header("location").to_owned();
        let page = reply(self.ask(Method::GET, &consent, &self.crm)).await;
        assert_eq!(page.status, 200, "{}", page.text);
        let consent = Url::parse(&consent).expect("an address");
        let allow = format!("{}/oauth/allow", self.account.ends.sim);
        let form =
            self.ask(Method::POST, &allow, &self.crm).header("content-type", "application/x-www-form-urlencoded");
        let allowed = reply(form.body(consent.query().expect("a query").to_owned())).await;
        assert_eq!(allowed.status, 303, "{}", allowed.text);
        allowed.header("location").to_owned()
    }

    async fn go(&self, url: &str) -> Reply {
        reply(self.ask(Method::GET, url, &self.ours)).await
    }
}

#[test]
fn an_administrator_connects_through_the_browser() {
    flow(async {
        let account = Account::new(shared().await, json!({})).await;
        account.get("/settings").await.assert_problem(409);
        let mut browser = Browser::of(&account, account.admin).await;
        let back = browser.agree().await;
        let page = browser.go(&back).await;
        assert_eq!(page.status, 200, "{}", page.text);
        assert!(page.header("content-type").starts_with("text/html"));
        account.connected().await;
    });
}

#[test]
fn a_state_counts_once_and_only_in_its_own_browser() {
    flow(async {
        let account = Account::new(shared().await, json!({})).await;
        let mut browser = Browser::of(&account, account.admin).await;
        let back = browser.agree().await;
        let mut stranger = Browser::of(&account, account.admin).await;
        stranger.agree().await;
        assert_ne!(stranger.go(&back).await.status, 200, "another browser");
        account.get("/settings").await.assert_problem(409);
        let forged = back.replace("state=", "state=x");
        assert_ne!(browser.go(&forged).await.status, 200, "an unknown state");
        account.get("/settings").await.assert_problem(409);
        assert_eq!(browser.go(&back).await.status, 200);
        account.connected().await;
        assert_ne!(browser.go(&back).await.status, 200, "the same state again");
    });
}

#[test]
fn a_manager_who_agrees_changes_nothing() {
    flow(async {
        let stack = shared().await;
        let account = Account::ready(stack).await;
        account.set(json!({"openCard": true})).await;
        let (voip, settings) = (account.get("/voip").await.body, account.get("/settings").await.body);
        let mut browser = Browser::of(&account, account.users[1]).await;
        let back = browser.agree().await;
        let page = browser.go(&back).await;
        assert!(page.text.to_lowercase().contains("administrator"), "{}: {}", page.status, page.text);
        assert_eq!(account.get("/voip").await.body, voip);
        assert_eq!(account.get("/settings").await.body, settings);
        account.report(talk("c", &number(1))).await;
        the_note(&account.settled().await, "c");
        // Nor does it connect an account that was not.
        let fresh = Account::new(stack, json!({})).await;
        let mut browser = Browser::of(&fresh, fresh.users[1]).await;
        let back = browser.agree().await;
        browser.go(&back).await;
        fresh.get("/settings").await.assert_problem(409);
    });
}

#[test]
fn an_uninstall_played_again_after_a_reinstall_disconnects_nobody() {
    flow(async {
        let account = Account::ready(shared().await).await;
        account.set(json!({"openCard": true})).await;
        let before = (
            account.get("/voip").await.body,
            account.get("/settings").await.body,
            account.get("/extensions").await.body,
        );
        let uninstalled = account.ends.control("uninstall", json!({"accountId": account.id})).await;
        assert_eq!(uninstalled["status"], 200);
        account.get("/settings").await.assert_problem(409);
        // The provider goes on meanwhile; nothing of it is lost.
        account.report(talk("meanwhile", &number(1))).await;
        account.install().await;
        account.connected().await;
        let replayed = reply(account.ends.http.get(uninstalled["url"].as_str().expect("an address"))).await;
        assert_eq!(replayed.status, 200, "{}", replayed.text);
        assert_eq!(account.get("/settings").await.status, 200, "still connected");
        let after = (
            account.get("/voip").await.body,
            account.get("/settings").await.body,
            account.get("/extensions").await.body,
        );
        assert_eq!(after, before);
        account.report(talk("afterwards", &number(2))).await;
        let state = account.settled().await;
        for call in ["meanwhile", "afterwards"] {
            the_note(&state, call);
        }
        assert_eq!(items(&state, "contacts").len(), 2);
    });
}
