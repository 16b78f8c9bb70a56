//! What reaches the object: the widget API, webhooks, live connections, and the Worker's own internal paths.
//!
//! Every request of the widget carries the claims the Worker verified. Who may do what is decided here, once.

mod call_list;
mod calls;
mod caller;
mod data;
mod diagnostics;
mod dial;
mod extensions;
mod feedback;
mod journal;
mod numbers;
mod recent;
mod replay;
mod self_test;
mod session;
mod settings;
mod voip;

pub(super) use calls::Reader;
pub(super) use dial::{NotPlaced, Telephone, Wanted};

use super::Hub;
use super::client::Errand;
use super::identity::Identity;
use super::limits::Sender;
use super::reply::{self, Refusal};
use super::slots::Purpose;
use crate::adapters::account_object::CLAIMS_HEADER;
use crate::adapters::budget::Budget;
use crate::adapters::{clock, random};
use crate::hook_key;
use crate::internal::Wake;
use crate::log;
use kommo_voip_domain::ids::UserId;
use kommo_voip_domain::protocol::FailureView;
use kommo_voip_domain::telephony;
use kommo_voip_domain::time::Millis;
use kommo_voip_domain::token::Claims;
use std::rc::Rc;
use worker::{Method, Request, Response, Result};

/// A verified request of the widget.
pub(super) struct Asked {
    /// Who we are.
    pub identity: Identity,
    /// Who asks.
    pub claims: Claims,
    /// The body, as text.
    pub body: String,
    /// `If-Match`.
    pub if_match: Option<String>,
    /// The query's fields.
    pub query: Vec<(String, String)>,
}

impl Asked {
    /// A field of the query.
    pub fn query(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

/// The call a request names, for the log. What is no id of ours is what somebody typed.
fn call_of(parts: &[String]) -> Vec<log::Field> {
    match parts {
        [calls, id, ..] if calls == "calls" && random::from_hex(id).is_some() => vec![(log::CALL, id.clone().into())],
        _ => vec![],
    }
}

impl Hub {
    /// Every request to this object. Only our own Worker can reach it.
    pub(super) async fn serve(self: &Rc<Self>, request: Request) -> Result<Response> {
        self.take_over().await;
        let path = request.path();
        let parts: Vec<&str> = path.trim_matches('/').split('/').collect();
        let outcome = match parts.as_slice() {
            ["webhooks", "voip", provider, key] => {
                self.deliver(telephony::Purpose::Report, provider, key, request).await
            }
            ["route", provider, key] => self.deliver(telephony::Purpose::Route, provider, key, request).await,
            ["webhooks", "kommo", key] => match hook_key::claimed_account(key) {
                Some(account) => {
                    let (key, mut request) = ((*key).to_owned(), request);
                    match request.bytes().await {
                        Ok(body) => self.on_changes(account, &key, &body).await,
                        Err(error) => Err(reply::runtime(error)),
                    }
                }
                None => Err(Refusal::not_found()),
            },
            ["live"] => self.on_live(&request),
            ["internal", what] => {
                let what = (*what).to_owned();
                self.on_internal(&what, request).await
            }
            ["api", "v1", rest @ ..] => {
                let rest: Vec<String> = rest.iter().map(|part| (*part).to_owned()).collect();
                self.on_api(&rest, request).await
            }
            _ => Err(Refusal::not_found()),
        };
        reply::answer(outcome)
    }

    async fn deliver(
        self: &Rc<Self>,
        purpose: telephony::Purpose,
        provider: &str,
        key: &str,
        request: Request,
    ) -> std::result::Result<Response, Refusal> {
        let account = hook_key::claimed_account(key).ok_or_else(Refusal::not_found)?;
        self.on_delivery(purpose, account, provider, key, request).await
    }

    async fn on_internal(self: &Rc<Self>, what: &str, mut request: Request) -> std::result::Result<Response, Refusal> {
        match what {
            "grant" => {
                let grant = read(&request.text().await.map_err(reply::runtime)?)?;
                let answer = self.on_grant(grant).await?;
                reply::json(200, &answer).map_err(reply::runtime)
            }
            "uninstalled" => {
                self.on_uninstalled().await?;
                Response::empty().map_err(reply::runtime)
            }
            "recording" => {
                let wanted = read(&request.text().await.map_err(reply::runtime)?)?;
                reply::json(200, &self.on_recording(wanted).await?).map_err(reply::runtime)
            }
            "voip-oauth" => {
                let step = read(&request.text().await.map_err(reply::runtime)?)?;
                reply::json(200, &self.on_voip_oauth(step).await?).map_err(reply::runtime)
            }
            "wake" => {
                self.on_wake(read(&request.text().await.map_err(reply::runtime)?)?).await?;
                Response::empty().map_err(reply::runtime)
            }
            "panic" if self.config.is_local() => crash(),
            "age" if self.config.is_local() => {
                let days: i64 = read(&request.text().await.map_err(reply::runtime)?)?;
                let by = Millis::minutes(days.saturating_mul(24 * 60));
                self.store.age(by.0)?;
                self.age_consent(by)?;
                self.on_wake(Wake::default()).await?;
                Response::empty().map_err(reply::runtime)
            }
            _ => Err(Refusal::not_found()),
        }
    }

    /// What was asked for and refused gets a reference: the person is shown it, and the account and the log know it.
    async fn on_api(self: &Rc<Self>, parts: &[String], request: Request) -> std::result::Result<Response, Refusal> {
        let method = request.method();
        let asked = self.asked(request).await?;
        let user = asked.claims.user_id;
        for sender in [Sender::User(user), Sender::Everybody] {
            self.limits.take(sender)?;
        }
        let answered = async {
            match self.on_asked(&method, parts, asked).await {
                Ok(response) => Ok(response),
                Err(refusal) => {
                    // Whoever asked to erase a number must not find it here.
                    let path = match parts {
                        [first, ..] if first == "numbers" => first.clone(),
                        parts => parts.join("/"),
                    };
                    let what = format!("{} {path}", method.as_ref());
                    self.refuse(refusal, user, what).map_err(reply::runtime)
                }
            }
        };
        log::about(call_of(parts), answered).await
    }

    fn refuse(&self, refusal: Refusal, user: UserId, what: String) -> Result<Response> {
        let reference = random::reference();
        // The path beyond its first part may hold what people typed.
        let route = what.split('/').next().unwrap_or_default().to_owned();
        reply::log_refusal(&refusal, &reference, &[("route", route.into()), ("user", user.0.into())]);
        let failure = FailureView {
            reference: reference.clone(),
            at: clock::now().seconds(),
            user,
            what: what.chars().take(120).collect(),
            status: refusal.status(),
            text: refusal.detail().to_owned(),
        };
        if let Err(error) = self.store.add_failure(&failure) {
            log::error("a failure could not be stored", &[("error", error.to_string().into())]);
        }
        refusal.response(reference)
    }

    async fn on_asked(
        self: &Rc<Self>,
        method: &Method,
        parts: &[String],
        asked: Asked,
    ) -> std::result::Result<Response, Refusal> {
        let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
        match (method, parts.as_slice()) {
            (Method::Post, ["session"]) => self.post_session(&asked).await,
            (Method::Get, ["settings"]) => self.get_settings(&asked).await,
            (Method::Put, ["settings"]) => self.put_settings(&asked).await,
            (Method::Put, ["active"]) => self.put_active(&asked).await,
            (Method::Get, ["voip"]) => self.get_voip(&asked).await,
            (Method::Put, ["voip"]) => self.put_voip(&asked).await,
            (Method::Post, ["voip", "test"]) => self.test_voip(&asked).await,
            (Method::Post, ["voip", "oauth"]) => self.post_voip_oauth(&asked).await,
            (Method::Delete, ["voip", "former", id]) => self.delete_former(&asked, id).await,
            (Method::Get, ["extensions", "proposals"]) => self.get_proposals(&asked).await,
            (Method::Post, ["dial"]) => self.post_dial(&asked).await,
            (Method::Get, ["call-list"]) => self.get_call_list(&asked).await,
            (Method::Post, ["call-list"]) => self.post_call_list(&asked).await,
            (Method::Delete, ["call-list"]) => self.delete_call_list(&asked).await,
            (Method::Put, ["call-list", "state"]) => self.put_call_list_state(&asked).await,
            (Method::Put, ["call-list", id]) => self.put_call_list_entry(&asked, id).await,
            (Method::Delete, ["call-list", id]) => self.delete_call_list_entry(&asked, id).await,
            (Method::Post, ["catch-up"]) => self.post_catch_up(&asked).await,
            (Method::Get, ["extensions"]) => self.get_extensions(&asked).await,
            (Method::Put, ["extensions"]) => self.put_extensions(&asked).await,
            (Method::Get, ["numbers"]) => self.get_number(&asked),
            (Method::Delete, ["numbers", number]) => self.delete_number(&asked, number).await,
            (Method::Get, ["export"]) => self.get_account_export(&asked).await,
            (Method::Get, ["calls"]) => self.get_calls(&asked).await,
            (Method::Get, ["calls", "export"]) => self.get_export(&asked).await,
            (Method::Get, ["calls", "figures"]) => self.get_figures(&asked).await,
            (Method::Get, ["calls", "recent"]) => self.get_recent(&asked).await,
            (Method::Get, ["calls", id]) => self.get_call(&asked, id).await,
            (Method::Get, ["calls", id, "trace"]) => self.get_trace(&asked, id).await,
            (Method::Post, ["calls", id, "replay"]) => self.post_replay(&asked, id).await,
            (Method::Put, ["calls", id, "result"]) => self.put_result(&asked, id).await,
            (Method::Put, ["calls", id, "rating"]) => self.put_rating(&asked, id).await,
            (Method::Post, ["calls", id, "accept"]) => self.post_accept(&asked, id).await,
            (Method::Put, ["calls", id, "entity"]) => self.put_entity(&asked, id).await,
            (Method::Post, ["calls", id, "contact"]) => self.post_contact(&asked, id).await,
            (Method::Get, ["diagnostics"]) => self.get_diagnostics(&asked).await,
            (Method::Post, ["self-test"]) => self.post_self_test(&asked).await,
            (Method::Post, ["outbox", id, "retry"]) => self.retry_action(&asked, id).await,
            _ => Err(Refusal::not_found()),
        }
    }

    /// Reads the request and who is behind it; an account that is not connected gets no further.
    async fn asked(&self, mut request: Request) -> std::result::Result<Asked, Refusal> {
        let header = |name| request.headers().get(name).ok().flatten();
        let claims = header(CLAIMS_HEADER).and_then(|json| serde_json::from_str::<Claims>(&json).ok());
        let Some(claims) = claims else { return Err(Refusal::not_found()) };
        let if_match = header("If-Match");
        let url = request.url().map_err(reply::runtime)?;
        let query = url.query_pairs().map(|(name, value)| (name.into_owned(), value.into_owned())).collect();
        let body = match request.method() {
            Method::Get => String::new(),
            _ => request.text().await.map_err(reply::runtime)?,
        };
        let identity = self
            .identity_or_restore(claims.account_id)
            .await?
            .filter(|identity| identity.connected)
            .ok_or_else(Refusal::not_connected)?;
        let identity =
            if self.learn_host(&identity, &claims).await { self.identity()?.unwrap_or(identity) } else { identity };
        Ok(Asked { identity, claims, body, if_match, query })
    }

    /// An errand of a person who waits.
    pub(super) fn admin_errand(&self) -> Errand {
        Errand { purpose: Purpose::Admin, call: None, budget: Budget::of(20) }
    }

    /// Lets administrators pass: by the claim if Kommo put one into the token, else by a recent look at the user.
    pub(super) async fn require_admin(&self, asked: &Asked) -> std::result::Result<(), Refusal> {
        if self.is_admin(asked).await? { Ok(()) } else { Err(Refusal::admins_only()) }
    }

    pub(super) async fn is_admin(&self, asked: &Asked) -> std::result::Result<bool, Refusal> {
        if let Some(is_admin) = asked.claims.is_admin {
            return Ok(is_admin);
        }
        let directory = self.directory(&self.admin_errand()).await?;
        if !directory.is_fresh(clock::now()) {
            return Err(Refusal::new(
                503,
                "kommo_unavailable",
                "Kommo did not answer as needed",
                "Kommo could not be asked for your rights. Try again in a moment.",
            ));
        }
        Ok(directory.user(asked.claims.user_id).is_some_and(|user| user.is_active && user.is_admin))
    }
}

/// Reads a JSON body.
pub(super) fn read<T: serde::de::DeserializeOwned>(body: &str) -> std::result::Result<T, Refusal> {
    serde_json::from_str(body).map_err(|error| Refusal::invalid(format!("{error}.")))
}

/// Takes the whole wasm instance down, as an unforeseen bug would; reachable on a developer's machine only.
#[allow(clippy::panic, reason = "a test needs a real panic to show that other accounts go on")]
fn crash() -> std::result::Result<Response, Refusal> {
    log::warn("a panic was asked for", &[]);
    panic!("asked for on a developer's machine")
}
