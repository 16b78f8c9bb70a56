//! Reaching the Account object of an account. The object is named by the account id, so a reinstall finds the same
//! one; nothing outside this Worker can reach it.

use super::platform;
use kommo_voip_domain::ids::AccountId;
use worker::{Env, Headers, Method, Request, RequestInit, Response, Stub};

/// The binding of the Account objects.
pub const BINDING: &str = "ACCOUNT";

/// Headers whose names start with this are ours alone: between Worker and object they state what was verified, and
/// whatever comes from outside under such a name is dropped, or goes where nobody asks for it ([`pass_on`]).
pub const PRIVATE_HEADERS: &str = "x-kv-";

/// The verified claims of the one-time token, as JSON.
pub const CLAIMS_HEADER: &str = "x-kv-claims";

/// A request to an Account object.
pub struct Forward {
    /// The method.
    pub method: Method,
    /// Path and query, starting with a slash.
    pub path: String,
    /// The headers to pass on.
    pub headers: Headers,
    /// The body, already read and capped.
    pub body: Option<Vec<u8>>,
}

/// Sends a request to the account's object and gives back its answer.
pub async fn send(env: &Env, account: AccountId, forward: Forward) -> worker::Result<Response> {
    let mut init = RequestInit::new();
    init.with_method(forward.method)
        .with_headers(forward.headers)
        .with_body(forward.body.map(|body| platform::body(&body)));
    let request = Request::new_with_init(&format!("https://account{}", forward.path), &init)?;
    stub(env, account)?.fetch_with_request(request).await
}

fn stub(env: &Env, account: AccountId) -> worker::Result<Stub> {
    env.durable_object(BINDING)?.id_from_name(&account.to_string())?.get_stub()
}

/// Passes a webhook on as it came, its body unread. Only for addresses at which the object asks for nothing under our
/// private headers.
pub async fn pass_on(env: &Env, account: AccountId, request: Request) -> worker::Result<Response> {
    stub(env, account)?.fetch_with_request(request).await
}

/// Sends JSON to one of the object's internal paths, which no outside request reaches.
pub async fn post_internal(env: &Env, account: AccountId, path: &str, json: String) -> worker::Result<Response> {
    post_json(&stub(env, account)?, &format!("https://account/internal/{path}"), json).await
}

/// Sends JSON to an object.
pub async fn post_json(stub: &Stub, url: &str, json: String) -> worker::Result<Response> {
    let headers = Headers::new();
    headers.set("Content-Type", "application/json")?;
    let mut init = RequestInit::new();
    init.with_method(Method::Post).with_headers(headers).with_body(Some(platform::body(json.as_bytes())));
    stub.fetch_with_request(Request::new_with_init(url, &init)?).await
}

/// The headers of an outside request, without the private ones.
pub fn outside_headers(headers: &Headers) -> worker::Result<Headers> {
    let passed = Headers::new();
    for (name, value) in headers.entries() {
        if !name.to_ascii_lowercase().starts_with(PRIVATE_HEADERS) {
            passed.append(&name, &value)?;
        }
    }
    Ok(passed)
}
