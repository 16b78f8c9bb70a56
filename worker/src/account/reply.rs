//! Answers of the object: JSON, or a problem a person can act on.

use super::store::StoreError;
use crate::adapters::random;
use crate::log;
use kommo_voip_domain::kommo::KommoError;
use kommo_voip_domain::protocol::Problem;
use kommo_voip_domain::time::Millis;
use serde::Serialize;
use worker::{Headers, Response, Result};

/// Why the object does not do what it was asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    status: u16,
    kind: &'static str,
    title: &'static str,
    detail: String,
    changed: Option<Box<(String, i64)>>,
    reference: Option<String>,
    retry_after: Option<Millis>,
}

impl Refusal {
    /// A refusal with its sentence.
    pub fn new(status: u16, kind: &'static str, title: &'static str, detail: impl Into<String>) -> Self {
        Self { status, kind, title, detail: detail.into(), changed: None, reference: None, retry_after: None }
    }

    /// There is no such thing, or it is not for this user: nobody is told which.
    pub fn not_found() -> Self {
        Self::new(404, "not_found", "Not found", "There is nothing at this address.")
    }

    /// Kommo has not granted access, or took it back.
    pub fn not_connected() -> Self {
        Self::new(
            409,
            "not_connected",
            "Not connected to Kommo",
            "An administrator has to connect the integration in the widget's settings.",
        )
    }

    /// The account uninstalled the integration, and its data is erased.
    pub fn uninstalled() -> Self {
        const DETAIL: &str = "The Kommo account uninstalled the integration and its data was erased. Remove this address \
                              from the telephone system, or install the integration again.";
        Self::new(410, "uninstalled", "The integration was uninstalled", DETAIL)
    }

    /// Only administrators may do this.
    pub fn admins_only() -> Self {
        Self::new(403, "admins_only", "Administrators only", "Ask an administrator of the Kommo account to do this.")
    }

    /// The user is deactivated in the account, or is not of it.
    pub fn not_active() -> Self {
        Self::new(403, "not_allowed", "Not allowed", "Your Kommo user is not active in this account.")
    }

    /// Kommo would not show this to the user.
    pub fn not_allowed() -> Self {
        Self::new(403, "not_allowed", "Not allowed", "Kommo does not let you see this lead, contact or company.")
    }

    /// Something of ours or the platform's does not work now; the detail says what was left undone and to try again.
    pub fn unavailable(detail: impl Into<String>) -> Self {
        Self::new(503, "unavailable", "Not available at the moment", detail)
    }

    /// The sender has asked too much; after the pause it may go on.
    pub fn too_many(pause: Millis) -> Self {
        const DETAIL: &str = "More was sent than this account takes. Nothing of this request was done; send it again \
                              after the pause that Retry-After names.";
        Self { retry_after: Some(pause), ..Self::new(429, "too_many_requests", "Too many requests", DETAIL) }
    }

    /// The request itself is wrong.
    pub fn invalid(detail: impl Into<String>) -> Self {
        Self::new(422, "invalid", "The request cannot be used", detail)
    }

    /// The machine word, such as `in_call`.
    pub fn kind(&self) -> &'static str {
        self.kind
    }

    /// What happened and what to do.
    pub fn detail(&self) -> &str {
        &self.detail
    }

    /// The HTTP status.
    pub fn status(&self) -> u16 {
        self.status
    }

    /// Names who changed meanwhile what was to be stored, and when (Unix seconds).
    #[must_use]
    pub fn changed_by(mut self, name: String, at: i64) -> Self {
        self.changed = Some(Box::new((name, at)));
        self
    }

    /// The log knows it by this reference already.
    #[must_use]
    pub fn known_as(self, reference: String) -> Self {
        Self { reference: Some(reference), ..self }
    }

    /// The answer for it; log and account know it by the reference.
    pub fn response(self, reference: String) -> Result<Response> {
        let (changed_by, changed_at) = self.changed.map(|changed| *changed).unzip();
        let problem = Problem {
            kind: self.kind.to_owned(),
            title: self.title.to_owned(),
            status: self.status,
            detail: self.detail,
            reference: Some(reference),
            changed_by,
            changed_at,
        };
        let headers = Headers::new();
        headers.set("Content-Type", "application/problem+json")?;
        headers.set("Cache-Control", "no-store")?;
        if let Some(pause) = self.retry_after {
            // In whole seconds; too early would be refused again.
            headers.set("Retry-After", &pause.0.saturating_add(999).div_euclid(1000).to_string())?;
        }
        Ok(Response::ok(serde_json::to_string(&problem)?)?.with_status(self.status).with_headers(headers))
    }
}

impl From<StoreError> for Refusal {
    fn from(error: StoreError) -> Self {
        log::error("the account's database refused", &[("error", error.to_string().into())]);
        Self::unavailable("Nothing was changed. Try again in a moment.")
    }
}

impl From<crate::adapters::d1::StoreError> for Refusal {
    fn from(error: crate::adapters::d1::StoreError) -> Self {
        log::error("D1 refused", &[("error", error.to_string().into())]);
        Self::unavailable("Nothing was changed. Try again in a moment.")
    }
}

impl From<KommoError> for Refusal {
    fn from(error: KommoError) -> Self {
        match error {
            KommoError::Unauthorised => Self::not_connected(),
            error => Self::new(503, "kommo_unavailable", "Kommo did not answer as needed", error.to_string()),
        }
    }
}

/// A JSON answer.
pub fn json(status: u16, body: &impl Serialize) -> Result<Response> {
    let headers = Headers::new();
    headers.set("Content-Type", "application/json")?;
    headers.set("Cache-Control", "no-store")?;
    Ok(Response::ok(serde_json::to_string(body)?)?.with_status(status).with_headers(headers))
}

/// The answer to a request that was served or refused.
pub fn answer(outcome: std::result::Result<Response, Refusal>) -> Result<Response> {
    outcome.or_else(|refusal| {
        let reference = refusal.reference.clone().unwrap_or_else(|| {
            let reference = random::reference();
            log_refusal(&refusal, &reference, &[]);
            reference
        });
        refusal.response(reference)
    })
}

/// Writes down that something was refused; why in words stays with the account, since it may name people.
pub fn log_refusal(refusal: &Refusal, reference: &str, more: &[(&str, serde_json::Value)]) {
    let mut fields =
        vec![("reference", reference.into()), ("kind", refusal.kind.into()), ("status", refusal.status.into())];
    fields.extend_from_slice(more);
    log::refused(refusal.status, &fields);
}

/// Something the runtime refused while an answer was put together.
pub fn runtime(error: worker::Error) -> Refusal {
    log::error("an answer could not be made", &[("error", error.to_string().into())]);
    Refusal::new(
        500,
        "internal",
        "Something went wrong on our side",
        "Try again; if it stays, look at the Worker's log.",
    )
}
