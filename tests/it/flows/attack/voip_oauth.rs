//! Connecting RingCentral: the state names the account, counts once, for ten minutes, and only in the browser that
//! began.

use reqwest::{Method, Url};
use serde_json::json;

use super::{
    fortress::{answer, fortress, key},
    hooks::changed,
};
use crate::{
    account::Account,
    stack::{Reply, flow, reply, shared},
};

/// What is said in a browser that brings nothing of use.
const TOO_OLD: &str = "This attempt is too old";

/// An account whose administrator pressed Connect; the window's address.
async fn window(account: &Account) -> String {
    let asked = account.api(account.admin, Method::POST, "/voip/oauth", Some(json!({"provider": "ringcentral"}))).await;
    asked.body["url"].as_str().unwrap_or_else(|| panic!("{}", asked.text)).to_owned()
}

/// The account, the window's browser as its cookie, and the address at which the provider returns with a good code.
async fn agreed() -> (Account, String, String) {
    let account = Account::new(shared().await, json!({})).await;
    account.install_patiently().await;
    account.connected().await;
    let started = answer(account.ends.http.get(window(&account).await)).await;
    assert_eq!(started.status, 302, "{}", started.text);
    let cookie = started.header("set-cookie").split(';').next().unwrap_or_default().to_owned();
    let (_, query) = started.header("location").split_once('?').expect("a query");
    let mut form: Vec<(String, String)> = form_urlencoded::parse(query.as_bytes()).into_owned().collect();
    form.push(("answer".to_owned(), "authorize".to_owned()));
    form.push(("company".to_owned(), account.id.to_string()));
    let decided =
        reply(account.ends.http.post(format!("{}/restapi/oauth/authorize", account.ends.sim)).form(&form)).await;
    assert_eq!(decided.status, 302, "{}", decided.text);
    (account, cookie, decided.header("location").to_owned())
}

async fn go(account: &Account, url: &str, cookie: &str) -> Reply {
    answer(account.ends.http.get(url).header("cookie", cookie)).await
}

async fn is_too_old(account: &Account, got: &Reply) {
    assert_eq!(got.status, 400, "{}", got.text);
    assert!(got.text.contains(TOO_OLD), "{}", got.text);
    assert_eq!(account.get("/voip").await.body["provider"], serde_json::Value::Null);
}

/// A start or a return with a state that is not ours.
fn with_state(step: &str, wrong: impl AsyncFn(&super::fortress::Fortress) -> String) {
    flow(async {
        let fortress = fortress().await;
        let ends = &fortress.victim.ends;
        let url = format!("{}/oauth/voip/ringcentral/{step}", ends.worker);
        let state = wrong(fortress).await;
        let got = answer(ends.http.get(url).query(&[("state", state.as_str()), ("code", "stolen")])).await;
        assert_eq!(got.status, 400, "{}", got.text);
        assert!(got.text.contains(TOO_OLD) && got.header("location").is_empty(), "{}", got.text);
        fortress.tells_nothing(&got);
        fortress.stands().await;
    });
}

macro_rules! step {
    ($name:ident, $step:literal) => {
        mod $name {
            use super::*;
            #[test]
            fn without_a_state() {
                with_state($step, async |_| String::new());
            }
            #[test]
            fn with_a_malformed_state() {
                with_state($step, async |_| "x".repeat(43));
            }
            #[test]
            fn with_the_key_of_a_webhook() {
                with_state($step, async |fortress| key(&fortress.victim.hook).to_owned());
            }
            #[test]
            fn with_a_changed_state() {
                with_state($step, async |fortress| {
                    let url = Url::parse(&window(&fortress.neighbour).await).expect("an address");
                    let state = url.query().expect("a query").trim_start_matches("state=").to_owned();
                    format!("{}{}", changed(&state[..20]), &state[20..])
                });
            }
        }
    };
}

step!(start, "start");
step!(back, "callback");

#[test]
fn a_return_in_another_browser() {
    flow(async {
        let (account, cookie, back) = agreed().await;
        let (other, theirs, _) = agreed().await;
        assert_ne!((account.id, &cookie), (other.id, &theirs));
        is_too_old(&account, &go(&account, &back, &theirs).await).await;
        is_too_old(&account, &go(&account, &back, "").await).await;
        // The browser that began is not kept from its end.
        assert_eq!(go(&account, &back, &cookie).await.status, 200);
        assert_eq!(account.get("/voip").await.body["provider"], "ringcentral");
    });
}

#[test]
fn a_start_in_another_browser() {
    flow(async {
        let account = Account::new(shared().await, json!({})).await;
        account.install_patiently().await;
        account.connected().await;
        let window = window(&account).await;
        let first = answer(account.ends.http.get(&window)).await;
        assert_eq!(first.status, 302, "{}", first.text);
        let cookie = first.header("set-cookie").split(';').next().unwrap_or_default().to_owned();
        // Whoever is sent the address later is not sent on to the provider's consent.
        is_too_old(&account, &go(&account, &window, "").await).await;
        assert_eq!(go(&account, &window, &cookie).await.status, 302, "the same browser may begin anew");
    });
}

#[test]
fn a_return_that_was_used_before() {
    flow(async {
        let (account, cookie, back) = agreed().await;
        assert_eq!(go(&account, &back, &cookie).await.status, 200);
        let again = go(&account, &back, &cookie).await;
        assert_eq!(again.status, 400, "{}", again.text);
        assert!(again.text.contains(TOO_OLD), "{}", again.text);
        assert_eq!(account.get("/voip").await.body["provider"], "ringcentral");
    });
}

#[test]
fn a_return_that_is_too_old() {
    flow(async {
        let (account, cookie, back) = agreed().await;
        account.age(1).await;
        is_too_old(&account, &go(&account, &back, &cookie).await).await;
    });
}

#[test]
fn a_code_of_somebody_elses_connection() {
    flow(async {
        let (account, cookie, back) = agreed().await;
        let (_, _, theirs) = agreed().await;
        let code = |url: &str| {
            let url = Url::parse(url).expect("an address");
            url.query_pairs().find(|(name, _)| name == "code").expect("a code").1.into_owned()
        };
        let injected = back.replace(&code(&back), &code(&theirs));
        assert_ne!(injected, back);
        let got = go(&account, &injected, &cookie).await;
        assert_eq!(got.status, 400, "{}", got.text);
        assert!(got.text.contains("did not accept the code"), "{}", got.text);
        assert_eq!(account.get("/voip").await.body["provider"], serde_json::Value::Null);
    });
}
