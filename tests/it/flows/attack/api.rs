//! Every route of the widget's API, asked by everybody who may not.
//!
//! The table names each route once; what is tested of it follows from who may ask. A token may be used again until it
//! expires, so there is nothing to replay.

use reqwest::{Method, RequestBuilder};

use super::{
    fortress::{Fortress, answer, fortress},
    tokens::{Forgery, boast, forge, token},
};
use crate::stack::{Reply, flow};

/// Who may ask a route, as far as attacks on it differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Whose {
    /// Administrators only.
    Admins,
    /// Whoever took part in the call, and administrators.
    Call,
    /// Whose list it is: there is no way to anybody else's.
    Own,
    /// Everybody, each seeing their own calls only.
    Journal,
    /// Every active user; it is about nobody else.
    Users,
    /// Whoever Kommo gave a token; it tells nothing about anybody.
    Everybody,
}

/// A route of the API.
pub(super) struct Route {
    pub(super) whose: Whose,
    pub(super) method: &'static str,
    /// Below `/api/v1`; what the victim has stands in the places in braces.
    pub(super) path: &'static str,
    /// What another account's administrator gets there, with this body: always about their own account.
    elsewhere: u16,
    body: &'static str,
}

impl Route {
    fn request(&self, fortress: &Fortress) -> RequestBuilder {
        let victim = &fortress.victim.ends;
        let method = Method::from_bytes(self.method.as_bytes()).expect("a method");
        let url = format!("{}/api/v1{}", victim.worker, fortress.fill(self.path));
        let request = victim.http.request(method, url).header("content-type", "application/json");
        if self.body.is_empty() { request } else { request.body(fortress.fill(self.body)) }
    }
}

fn forged(route: &Route, forgery: Forgery) {
    flow(async {
        let fortress = fortress().await;
        fortress.refuses(forge(route.request(fortress), fortress, forgery), 401, "unauthorised").await;
    });
}

/// Asked by an account that never connected.
fn unconnected(route: &Route) {
    flow(async {
        let fortress = fortress().await;
        let token = token(&fortress.stranger, fortress.stranger.admin);
        fortress.refuses(route.request(fortress).header("X-Auth-Token", token), 409, "not_connected").await;
    });
}

/// Asked with the ids of the victim by another account's administrator, who reaches their own account alone.
fn elsewhere(route: &Route) {
    flow(async {
        let fortress = fortress().await;
        let token = token(&fortress.neighbour, fortress.neighbour.admin);
        let got = answer(route.request(fortress).header("X-Auth-Token", token)).await;
        assert_eq!(got.status, route.elsewhere, "{}", got.text);
        is_not_told(fortress, &got);
        fortress.stands().await;
    });
}

/// Asked for a user whom Kommo does not list any more.
fn gone(route: &Route) {
    flow(async {
        let fortress = fortress().await;
        let request = route.request(fortress).header("X-Auth-Token", token(&fortress.victim, 1));
        match route.whose {
            Whose::Admins => drop(fortress.refuses(request, 403, "admins_only").await),
            Whose::Everybody => {
                let got = answer(request).await;
                assert_eq!(got.status, 200, "{}", got.text);
                fortress.tells_nothing(&got);
            }
            _ => drop(fortress.refuses(request, 403, "not_allowed").await),
        }
    });
}

/// Asked by somebody of the account who is no administrator, perhaps boasting to be one.
fn manager(route: &Route, boasts: bool) {
    flow(async {
        let fortress = fortress().await;
        let request = route.request(fortress).header("X-Auth-Token", token(&fortress.victim, fortress.victim.users[1]));
        let request = if boasts { boast(request, &fortress.victim) } else { request };
        fortress.refuses(request, 403, "admins_only").await;
    });
}

/// Asked by a manager who had no part in the call and has no list.
fn colleague(route: &Route) {
    flow(async {
        let fortress = fortress().await;
        let token = token(&fortress.victim, fortress.victim.users[2]);
        let request = route.request(fortress).header("X-Auth-Token", token);
        if route.whose == Whose::Call {
            fortress.refuses(request, 404, "not_found").await;
            return;
        }
        let got = answer(request).await;
        assert!(got.status == 200 || got.body["type"] == "no_entry", "{}", got.text);
        fortress.tells_nothing(&got);
        fortress.stands().await;
    });
}

/// Nothing of the victim is in it; its own addresses and a word of its own may be.
fn is_not_told(fortress: &Fortress, reply: &Reply) {
    for secret in [fortress.victim.hook.as_str(), &fortress.recording, &fortress.changes] {
        assert!(!reply.text.contains(super::fortress::key(secret)), "{}", reply.text);
    }
    for (what, word) in [("the client", super::fortress::CLIENT), ("the account", &fortress.victim.subdomain)] {
        assert!(!reply.text.contains(word), "{what} in {}", reply.text);
    }
}

macro_rules! routes {
    ($($name:ident: $whose:ident $method:literal $path:literal $elsewhere:literal $($body:literal)?;)*) => {
        /// Every route of the API; that none is missing is checked against the Worker's own table.
        pub(super) const ROUTES: &[Route] = &[$($name::ROUTE),*];
        $(mod $name {
            use super::*;
            pub(super) const ROUTE: Route = Route {
                whose: Whose::$whose, method: $method, path: $path, elsewhere: $elsewhere, body: concat!("", $($body)?),
            };
            everywhere!();
            $whose!();
        })*
    };
}

macro_rules! cells {
    ($($name:ident => $attack:expr;)*) => { $(#[test] fn $name() { $attack; })* };
}

/// The cells of every route.
macro_rules! everywhere {
    () => {
        cells! {
            without_a_token => forged(&ROUTE, Forgery::Missing);
            with_a_malformed_token => forged(&ROUTE, Forgery::Malformed);
            with_half_a_signature => forged(&ROUTE, Forgery::HalfASignature);
            with_alg_none_and_no_signature => forged(&ROUTE, Forgery::AlgorithmNoneUnsigned);
            with_alg_none_and_a_signature => forged(&ROUTE, Forgery::AlgorithmNoneSigned);
            with_another_algorithm => forged(&ROUTE, Forgery::AnotherAlgorithm);
            signed_with_another_key => forged(&ROUTE, Forgery::AnotherKey);
            with_an_expired_token => forged(&ROUTE, Forgery::Expired);
            with_a_token_of_the_future => forged(&ROUTE, Forgery::NotYetValid);
            with_a_token_for_another_address => forged(&ROUTE, Forgery::AnotherAudience);
            with_a_token_for_another_integration => forged(&ROUTE, Forgery::AnotherIntegration);
            with_a_token_of_a_foreign_issuer => forged(&ROUTE, Forgery::ForeignIssuer);
            with_a_token_whose_issuer_is_another_account => forged(&ROUTE, Forgery::IssuerOfAnotherAccount);
            with_a_token_in_the_authorization_header => forged(&ROUTE, Forgery::InTheAuthorizationHeader);
            with_claims_of_ours_from_outside => forged(&ROUTE, Forgery::ClaimsOfOursFromOutside);
            by_an_account_that_is_not_connected => unconnected(&ROUTE);
            by_another_accounts_administrator => elsewhere(&ROUTE);
            by_a_user_who_is_gone => gone(&ROUTE);
        }
    };
}

macro_rules! Admins {
    () => {
        cells! {
            by_a_manager => manager(&ROUTE, false);
            by_a_manager_who_boasts_to_be_an_administrator => manager(&ROUTE, true);
        }
    };
}

macro_rules! Call {
    () => {
        cells! { by_a_manager_who_had_no_part_in_the_call => colleague(&ROUTE); }
    };
}

macro_rules! Own {
    () => {
        cells! { by_a_colleague => colleague(&ROUTE); }
    };
}

macro_rules! Journal {
    () => {
        cells! { by_a_colleague => colleague(&ROUTE); }
    };
}

macro_rules! Users {
    () => {};
}

macro_rules! Everybody {
    () => {};
}

routes! {
    post_session: Users "POST" "/session" 200 "{}";
    get_settings: Everybody "GET" "/settings" 200;
    put_settings: Admins "PUT" "/settings" 200 r#"{"callFeedback": true}"#;
    put_active: Admins "PUT" "/active" 200 r#"{"active": true}"#;
    get_voip: Admins "GET" "/voip" 200;
    put_voip: Admins "PUT" "/voip" 200 r#"{"provider": "generic", "rotate": true}"#;
    test_voip: Admins "POST" "/voip/test" 200 r#"{"provider": "generic"}"#;
    post_voip_oauth: Admins "POST" "/voip/oauth" 200 r#"{"provider": "ringcentral"}"#;
    delete_former: Admins "DELETE" "/voip/former/{former}" 404;
    get_proposals: Admins "GET" "/extensions/proposals" 200;
    get_extensions: Admins "GET" "/extensions" 200;
    put_extensions: Admins "PUT" "/extensions" 422 r#"[{"extensionId": "666", "kommoUserId": {user}}]"#;
    post_dial: Users "POST" "/dial" 409 r#"{"phone": "{number}", "entity": {"type": "contacts", "id": {contact}}}"#;
    get_call_list: Own "GET" "/call-list" 200;
    post_call_list: Users "POST" "/call-list" 200 r#"{"rows": [{"entity": {"type": "contacts", "id": {contact}}}]}"#;
    delete_call_list: Own "DELETE" "/call-list" 200;
    put_call_list_state: Own "PUT" "/call-list/state" 200 r#"{"action": "stop"}"#;
    put_call_list_entry: Own "PUT" "/call-list/{entry}" 404 r#"{"number": "{number}"}"#;
    delete_call_list_entry: Own "DELETE" "/call-list/{entry}" 200;
    post_catch_up: Admins "POST" "/catch-up" 409 r#"{"from": {yesterday}}"#;
    get_number: Everybody "GET" "/numbers?text=1" 200;
    delete_number: Admins "DELETE" "/numbers/{number}" 200;
    get_account_export: Admins "GET" "/export" 200;
    get_calls: Journal "GET" "/calls" 200;
    get_export: Journal "GET" "/calls/export" 200;
    get_figures: Journal "GET" "/calls/figures" 200;
    get_recent: Journal "GET" "/calls/recent" 200;
    get_call: Call "GET" "/calls/{call}" 404;
    get_trace: Admins "GET" "/calls/{call}/trace" 404;
    post_replay: Admins "POST" "/calls/{call}/replay" 404;
    put_result: Call "PUT" "/calls/{call}/result" 404 r#"{"callStatus": 4, "text": "forged"}"#;
    put_rating: Call "PUT" "/calls/{call}/rating" 404 r#"{"score": 1, "reason": "forged"}"#;
    post_accept: Call "POST" "/calls/{call}/accept" 404;
    put_entity: Call "PUT" "/calls/{call}/entity" 404 r#"{"type": "contacts", "id": {contact}}"#;
    post_contact: Call "POST" "/calls/{call}/contact" 404 r#"{"name": "forged"}"#;
    get_diagnostics: Admins "GET" "/diagnostics" 200;
    post_self_test: Admins "POST" "/self-test" 200;
    retry_action: Admins "POST" "/outbox/{action}/retry" 404;
}

#[test]
fn the_attackers_tools_work() {
    flow(async {
        let fortress = fortress().await;
        let victim = &fortress.victim;
        for (user, status) in [(victim.admin, 200), (victim.users[1], 403)] {
            let got = answer(victim.request(Method::GET, "/voip", &token(victim, user))).await;
            assert_eq!(got.status, status, "{}", got.text);
        }
        let call = fortress.fill("/calls/{call}");
        let got = answer(victim.request(Method::GET, &call, &token(victim, victim.users[1]))).await;
        assert_eq!(got.status, 200, "{}", got.text);
        assert!(got.text.contains(super::fortress::CLIENT), "the client would be recognised: {}", got.text);
    });
}
