//! Requests to the Worker, signed with the CRM's one-time token, and to the CRM itself.
//!
//! The token is fetched from the CRM page's own address and reused until a minute before it ends, which its rules
//! allow (Kommo widget guide: disposable token). It lives in memory only.

use crate::js;
use gloo::timers::callback::Timeout;
use kommo_voip_domain::panel::{ApiRequest, Outcome, Target, read_json};
use kommo_voip_domain::protocol::AUTH_HEADER;
use std::cell::RefCell;
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::JsFuture;
use web_sys::{AbortController, Headers, RequestCache, RequestInit, Response};

const MINUTE: f64 = 60_000.0;

/// The one-time token of this tab.
#[derive(Default)]
pub(crate) struct Tokens {
    known: RefCell<Option<Token>>,
}

#[derive(Clone)]
struct Token {
    jwt: String,
    good_until: f64,
}

impl Tokens {
    /// The token to use now; fetched if there is none, or if the last one was refused.
    async fn current(&self, integration: &str, signal: &AbortController) -> Option<String> {
        let now = js_sys::Date::now();
        if let Some(token) = self.known.borrow().as_ref().filter(|token| token.good_until > now) {
            return Some(token.jwt.clone());
        }
        let path = ["/ajax/v2/integrations/", integration, "/disposable_token"].concat();
        let headers = Headers::new().ok()?;
        headers.set("X-Requested-With", "XMLHttpRequest").ok()?;
        let Outcome::Answered { status: 200, body, .. } = send(&path, "GET", &headers, None, signal).await else {
            return None;
        };
        let jwt = read_json(&body)?.get("token")?.as_str()?.to_owned();
        // By its own span, not by its end: the browser's clock may be wrong. One that cannot be read is used once.
        let good_for = lifetime(&jwt).map_or(0.0, |seconds| seconds * 1000.0 - MINUTE);
        self.known.replace(Some(Token { jwt: jwt.clone(), good_until: now + good_for }));
        Some(jwt)
    }

    fn forget(&self) {
        self.known.replace(None);
    }
}

/// How many seconds a token was made for.
fn lifetime(jwt: &str) -> Option<f64> {
    let payload = jwt.split('.').nth(1)?.replace('-', "+").replace('_', "/");
    let json = js::window().atob(&payload).ok()?;
    let claims = read_json(&json)?;
    Some(claims.get("exp")?.as_f64()? - claims.get("iat")?.as_f64()?)
}

/// Asks and waits, at most as long as the request's patience.
pub(crate) async fn ask(request: ApiRequest, worker: &str, integration: Option<String>, tokens: &Tokens) -> Outcome {
    let Ok(controller) = AbortController::new() else { return Outcome::Unreachable };
    // Dropping a fetch does not end it, so running out of patience must.
    let ends = controller.clone();
    let patience = u32::try_from(request.patience.0).unwrap_or(u32::MAX / 2);
    let _deadline = Timeout::new(patience, move || ends.abort());
    match request.target {
        Target::Crm => match Headers::new() {
            Ok(headers) => send(&request.path, request.method, &headers, None, &controller).await,
            Err(_) => Outcome::Unreachable,
        },
        Target::Worker => {
            let Some(integration) = integration else { return Outcome::Unreachable };
            let outcome = to_worker(&request, worker, &integration, tokens, &controller).await;
            if !matches!(outcome, Outcome::Answered { status: 401, .. }) {
                return outcome;
            }
            // Refused before its time, for instance after a new client secret: once more with a fresh one.
            tokens.forget();
            to_worker(&request, worker, &integration, tokens, &controller).await
        }
    }
}

async fn to_worker(
    request: &ApiRequest,
    worker: &str,
    integration: &str,
    tokens: &Tokens,
    controller: &AbortController,
) -> Outcome {
    let Some(token) = tokens.current(integration, controller).await else { return Outcome::Unreachable };
    let Some(headers) = headers(request, &token) else { return Outcome::Unreachable };
    let url = [worker, "/api/v1/", &request.path].concat();
    send(&url, request.method, &headers, request.body.as_deref(), controller).await
}

fn headers(request: &ApiRequest, token: &str) -> Option<Headers> {
    let headers = Headers::new().ok()?;
    headers.set(AUTH_HEADER, token).ok()?;
    if request.body.is_some() {
        headers.set("Content-Type", "application/json").ok()?;
    }
    if let Some(version) = &request.if_match {
        headers.set("If-Match", version).ok()?;
    }
    Some(headers)
}

async fn send(url: &str, method: &str, headers: &Headers, body: Option<&str>, controller: &AbortController) -> Outcome {
    let init = RequestInit::new();
    init.set_method(method);
    init.set_headers(headers);
    init.set_cache(RequestCache::NoStore);
    init.set_signal(Some(&controller.signal()));
    if let Some(body) = body {
        init.set_body(&body.into());
    }
    let answer = async {
        let response = JsFuture::from(js::window().fetch_with_str_and_init(url, &init)).await.ok()?;
        let response: Response = response.dyn_into().ok()?;
        let body = JsFuture::from(response.text().ok()?).await.ok()?.as_string()?;
        Some(Outcome::Answered { status: response.status(), body, etag: response.headers().get("ETag").ok().flatten() })
    };
    answer.await.unwrap_or(Outcome::Unreachable)
}
