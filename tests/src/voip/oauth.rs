//! RingCentral's window: who signs in there lets an application act for the company.
//!
//! Authorization code with PKCE, tokens that expire, refresh tokens that are good once (RingCentral: authentication).

use std::{collections::BTreeMap, sync::Arc};

use axum::{
    Router,
    extract::{Form, Query, State},
    http::{StatusCode, header},
    response::{Html, IntoResponse, Response},
    routing::get,
};
use serde_json::json;

use super::api::{Asked, answer, is_refused_word};
use crate::{crypto, state::Sim};

/// Seconds an access token lives.
const ACCESS: f64 = 3600.0;
/// Seconds a refresh token lives.
const REFRESH: f64 = 604_800.0;

/// What a company has granted.
#[derive(Debug, Clone, Default)]
pub(crate) struct Grant {
    /// Codes with what they were asked for: client, redirect URI, challenge, until when.
    codes: BTreeMap<String, Wish>,
    access: BTreeMap<String, f64>,
    refresh: BTreeMap<String, (String, f64)>,
    /// Subscriptions by id.
    pub(crate) subscriptions: BTreeMap<String, serde_json::Value>,
}

#[derive(Debug, Clone)]
struct Wish {
    client: String,
    redirect: String,
    challenge: String,
    until: f64,
}

impl Grant {
    /// Whether an access token works now.
    pub(crate) fn is_good(&self, token: &str, now: Option<f64>) -> bool {
        self.access.get(token).is_some_and(|until| now.is_none_or(|now| now < *until))
    }

    /// Whether the token is one of this company's, dead or alive.
    pub(crate) fn knows(&self, token: &str) -> bool {
        self.access.contains_key(token)
    }

    /// Every access token ends at once.
    pub(crate) fn expire(&mut self) {
        self.access.values_mut().for_each(|until| *until = 0.0);
    }
}

/// Routes of the window: it is opened in a browser, which names no intended host.
pub(crate) fn router() -> Router<Arc<Sim>> {
    Router::new().route("/restapi/oauth/authorize", get(window).post(decide))
}

type Wishes = BTreeMap<String, String>;

fn refused(why: &str) -> Response {
    (StatusCode::BAD_REQUEST, Html(format!("<h1>RingCentral</h1><p>{why}</p>"))).into_response()
}

fn complaint(wishes: &Wishes) -> Option<&'static str> {
    let wish = |name: &str| wishes.get(name).map_or("", String::as_str);
    if wish("response_type") != "code" {
        Some("response_type must be code")
    } else if wish("client_id").is_empty() || is_refused_word(wish("client_id")) {
        Some("The application is not known")
    } else if !wish("redirect_uri").starts_with("http") {
        Some("redirect_uri is missing")
    } else if wish("code_challenge_method") != "S256" || wish("code_challenge").len() != 43 {
        Some("This application must use PKCE with S256")
    } else {
        None
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('"', "&quot;")
}

/// `GET /restapi/oauth/authorize`: asks the person.
async fn window(Query(wishes): Query<Wishes>) -> Response {
    if let Some(why) = complaint(&wishes) {
        return refused(why);
    }
    let hidden: String = wishes
        .iter()
        .map(|(name, value)| format!("<input type=\"hidden\" name=\"{}\" value=\"{}\">", escaped(name), escaped(value)))
        .collect();
    Html(format!(
        "<!doctype html><title>RingCentral (simulated)</title><h1>RingCentral</h1>\
         <p>An application asks to see and place the calls of your company.</p>\
         <form method=\"post\" action=\"/restapi/oauth/authorize\">{hidden}\
         <label>Company <input name=\"company\" value=\"main\"></label>\
         <button name=\"answer\" value=\"authorize\">Authorize</button>\
         <button name=\"answer\" value=\"deny\">Deny</button></form>"
    ))
    .into_response()
}

/// `POST /restapi/oauth/authorize`: the person decided. `company` says whose telephony it is.
async fn decide(State(sim): State<Arc<Sim>>, Form(wishes): Form<Wishes>) -> Response {
    if let Some(why) = complaint(&wishes) {
        return refused(why);
    }
    let wish = |name: &str| wishes.get(name).cloned().unwrap_or_default();
    let mut query = form_urlencoded::Serializer::new(String::new());
    if wish("answer") == "authorize" {
        let code = crypto::random_hex(16);
        let mut world = sim.lock();
        let now = world.now();
        let company = Some(wish("company")).filter(|name| !name.is_empty()).unwrap_or_else(|| "main".to_owned());
        let account = world.find_account(&company);
        let carrier = world.carrier("ringcentral", &company);
        carrier.account = carrier.account.or(account);
        let wanted = Wish {
            client: wish("client_id"),
            redirect: wish("redirect_uri"),
            challenge: wish("code_challenge"),
            until: now + 60.0,
        };
        carrier.grant.codes.insert(code.clone(), wanted);
        query.append_pair("code", &code).append_pair("expires_in", "60");
    } else {
        query.append_pair("error", "access_denied").append_pair("error_description", "The user denied access");
    }
    if !wish("state").is_empty() {
        query.append_pair("state", &wish("state"));
    }
    let redirect = wish("redirect_uri");
    let joint = if redirect.contains('?') { '&' } else { '?' };
    let location = format!("{redirect}{joint}{}", query.finish());
    (StatusCode::FOUND, [(header::LOCATION, location)]).into_response()
}

fn oauth_error(status: u16, error: &str, description: &str) -> Response {
    answer(status, json!({"error": error, "error_description": description, "errorCode": "OAU-000"}))
}

/// `POST /restapi/oauth/token`; the company's identity comes along for the books.
pub(crate) fn token(sim: &Sim, asked: &Asked) -> (String, Response) {
    let form: Wishes = asked.form().into_iter().collect();
    let field = |name: &str| form.get(name).map_or("", String::as_str);
    let nobody = "unknown".to_owned();
    if asked
        .unknown(&[
            "grant_type",
            "code",
            "redirect_uri",
            "client_id",
            "code_verifier",
            "refresh_token",
            "access_token_ttl",
            "refresh_token_ttl",
            "endpoint_id",
        ])
        .is_some()
    {
        return (nobody, oauth_error(400, "invalid_request", "Unsupported parameter"));
    }
    let mut world = sim.lock();
    let now = world.now();
    let holder = match field("grant_type") {
        "authorization_code" => {
            world.carriers.iter_mut().find(|carrier| carrier.grant.codes.contains_key(field("code")))
        }
        "refresh_token" => {
            world.carriers.iter_mut().find(|carrier| carrier.grant.refresh.contains_key(field("refresh_token")))
        }
        _ => return (nobody, oauth_error(400, "unsupported_grant_type", "Unsupported grant type")),
    };
    let Some(carrier) = holder else {
        return (nobody, oauth_error(400, "invalid_grant", "Token not found"));
    };
    let identity = carrier.identity.clone();
    let client = field("client_id").to_owned();
    if field("grant_type") == "authorization_code" {
        let Some(wish) = carrier.grant.codes.remove(field("code")) else {
            return (identity, oauth_error(400, "invalid_grant", "Authorization code is not valid"));
        };
        let is_proven = crypto::s256(field("code_verifier")) == wish.challenge;
        let is_same = wish.redirect == field("redirect_uri") && wish.client == client;
        if !is_proven || !is_same || now > wish.until {
            return (identity, oauth_error(400, "invalid_grant", "Authorization code is not valid"));
        }
    } else {
        let is_good = carrier
            .grant
            .refresh
            .remove(field("refresh_token"))
            .is_some_and(|(holder, until)| holder == client && now < until);
        if !is_good {
            return (identity, oauth_error(400, "invalid_grant", "Token is expired or not valid"));
        }
    }
    let (access, refresh) = (crypto::random_hex(24), crypto::random_hex(24));
    carrier.grant.access.insert(access.clone(), now + ACCESS);
    carrier.grant.refresh.insert(refresh.clone(), (client, now + REFRESH));
    let body = json!({
        "access_token": access, "token_type": "bearer", "expires_in": ACCESS as i64, "refresh_token": refresh,
        "refresh_token_expires_in": REFRESH as i64, "scope": "ReadAccounts ReadCallLog RingOut CallControl SubscriptionWebhook",
        "owner_id": "256440016", "endpoint_id": crypto::random_hex(8),
    });
    (identity, answer(200, body))
}
