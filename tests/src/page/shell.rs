//! The two documents of the page, with the content security policy the switch asks for.

use std::sync::Arc;

use axum::{
    extract::{OriginalUri, State},
    http::{HeaderMap, HeaderValue, header},
    response::{Html, IntoResponse, Redirect, Response},
};

use crate::{
    state::{Csp, Sim},
    surface,
};

const CRM: &str = include_str!("../../page/index.html");
const PHONE: &str = include_str!("../../page/phone.html");

/// Everything but scripts is left open: the question these policies answer is whether a widget's
/// code, and its WebAssembly, may run at all.
const OPEN_PARTS: &str = "style-src 'self' 'unsafe-inline'; connect-src * http: https: ws: wss:; \
     img-src * data: blob:; media-src * data: blob:; font-src * data:; frame-src *";

/// The policy header's value, if there is a policy.
fn policy(csp: Csp) -> Option<String> {
    let scripts = match csp {
        Csp::None => return None,
        Csp::StrictWasm => "'self' 'wasm-unsafe-eval'",
        Csp::Strict => "'self'",
    };
    Some(format!("default-src 'self'; script-src {scripts}; {OPEN_PARTS}"))
}

/// A document of the page, as every browser gets it.
pub(super) fn document(csp: Csp, html: impl Into<String>) -> Response {
    let mut response = Html(html.into()).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    if let Some(value) = policy(csp).and_then(|text| HeaderValue::from_str(&text).ok()) {
        headers.insert(header::CONTENT_SECURITY_POLICY, value);
    }
    response
}

fn for_the_signed_in(sim: &Sim, headers: &HeaderMap, uri: &OriginalUri, html: &str) -> Response {
    let (csp, session) = {
        let world = sim.lock();
        (world.switches.csp, surface::session(&world, headers))
    };
    if session.is_some() {
        return document(csp, html);
    }
    let wanted = uri.path_and_query().map_or("/", |path| path.as_str());
    let to: String = form_urlencoded::byte_serialize(wanted.as_bytes()).collect();
    Redirect::to(&format!("/login?to={to}")).into_response()
}

/// Any address of the CRM.
pub(super) async fn crm(State(sim): State<Arc<Sim>>, headers: HeaderMap, uri: OriginalUri) -> Response {
    for_the_signed_in(&sim, &headers, &uri, CRM)
}

/// `GET /phone`: the phone panel alone.
pub(super) async fn phone(State(sim): State<Arc<Sim>>, headers: HeaderMap, uri: OriginalUri) -> Response {
    for_the_signed_in(&sim, &headers, &uri, PHONE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_one_policy_lets_webassembly_compile() {
        assert_eq!(policy(Csp::None), None);
        assert!(policy(Csp::StrictWasm).unwrap().contains("wasm-unsafe-eval"));
        assert!(!policy(Csp::Strict).unwrap().contains("unsafe-eval"));
    }
}
