//! The only place that turns errors into responses: always `application/problem+json`, never a secret, never a word
//! from inside.

use crate::adapters::random;
use crate::log;
use kommo_voip_domain::protocol::Problem;
use worker::{Headers, Response, ResponseBuilder, Result};

/// Why a request is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Nothing here, or a key that is not ours: never said which.
    #[error("There is nothing at this address.")]
    NotFound,
    /// The address exists, the method does not.
    #[error("This address answers {0} only.")]
    Method(&'static str),
    /// The request lacks something or is not what it should be.
    #[error("{0}")]
    BadRequest(&'static str),
    /// No token, or one that does not count.
    #[error("The request carries no valid token. Reload the Kommo page.")]
    Unauthorised,
    /// Known, but not allowed.
    #[error("This is not allowed.")]
    Forbidden,
    /// The body is larger than we read.
    #[error("The body is larger than {} kB.", crate::adapters::body::MAX_BODY_BYTES / 1024)]
    TooLarge,
    /// A recording that cannot be had now.
    #[error("{0}")]
    NoRecording(&'static str),
    /// A variable is missing or wrong; the log names it.
    #[error("The service is not configured completely. Its log says what is missing.")]
    NotConfigured,
    /// Something we need does not answer; the same request may succeed soon.
    #[error("The service is busy. Please try again in a moment.")]
    TryAgain,
}

impl Refusal {
    /// The body of the answer.
    pub fn problem(&self) -> Problem {
        let (status, kind, title) = match self {
            Self::NotFound => (404, "not_found", "Not found"),
            Self::Method(_) => (405, "method_not_allowed", "Method not allowed"),
            Self::BadRequest(_) => (400, "bad_request", "Bad request"),
            Self::Unauthorised => (401, "unauthorised", "Not signed in"),
            Self::Forbidden => (403, "forbidden", "Not allowed"),
            Self::TooLarge => (413, "too_large", "Too large"),
            Self::NoRecording(_) => (502, "no_recording", "The recording could not be fetched"),
            Self::NotConfigured => (500, "not_configured", "Not configured"),
            Self::TryAgain => (503, "try_again", "Try again"),
        };
        Problem {
            kind: kind.to_owned(),
            title: title.to_owned(),
            status,
            detail: self.to_string(),
            reference: None,
            changed_by: None,
            changed_at: None,
        }
    }

    /// The answer, known to the log by a reference of its own.
    pub fn response(&self) -> Result<Response> {
        let (reference, Problem { kind, status, .. }) = (random::reference(), self.problem());
        let fields = [("reference", reference.as_str().into()), ("kind", kind.into()), ("status", status.into())];
        log::refused(status, &fields);
        self.known_as(reference)
    }

    /// The answer to what the log already knows by this reference.
    pub fn known_as(&self, reference: String) -> Result<Response> {
        let response = problem(&Problem { reference: Some(reference), ..self.problem() })?;
        match self {
            Self::Method(allowed) => response.headers().set("Allow", allowed)?,
            Self::TryAgain => response.headers().set("Retry-After", "2")?,
            _ => {}
        }
        Ok(response)
    }
}

/// Any problem as a response; the Account object answers through this as well.
pub fn problem(problem: &Problem) -> Result<Response> {
    let body = serde_json::to_vec(problem)?;
    Ok(guarded(ResponseBuilder::new().with_status(problem.status), "application/problem+json")?.fixed(body))
}

/// Plain text, as providers want their echoes.
pub fn text(body: &str) -> Result<Response> {
    Ok(guarded(ResponseBuilder::new(), "text/plain; charset=utf-8")?.fixed(body.as_bytes().to_vec()))
}

/// An answer that says it is JSON and is empty.
pub fn no_json() -> Result<Response> {
    Ok(guarded(ResponseBuilder::new(), "application/json")?.empty())
}

/// A small JSON answer.
pub fn json(body: &serde_json::Value) -> Result<Response> {
    Ok(guarded(ResponseBuilder::new(), "application/json")?.fixed(body.to_string().into_bytes()))
}

/// A page for a person. Its only script carries `nonce`; nothing else runs and nothing is loaded.
pub fn page(status: u16, html: String, nonce: &str) -> Result<Response> {
    let policy = format!(
        "default-src 'none'; script-src 'nonce-{nonce}'; style-src 'nonce-{nonce}'; base-uri 'none'; form-action 'none'; \
         frame-ancestors 'none'"
    );
    Ok(guarded(ResponseBuilder::new().with_status(status), "text/html; charset=utf-8")?
        .with_header("Content-Security-Policy", &policy)?
        .fixed(html.into_bytes()))
}

/// What every answer of ours carries: addresses here hold codes and tickets, so nothing is cached or passed on.
fn guarded(builder: ResponseBuilder, content_type: &str) -> Result<ResponseBuilder> {
    builder
        .with_header("Content-Type", content_type)?
        .with_header("Cache-Control", "no-store")?
        .with_header("Referrer-Policy", "no-referrer")?
        .with_header("X-Content-Type-Options", "nosniff")
}

/// Grants the answer to one origin.
pub fn grant_origin(headers: &Headers, origin: &str) -> Result<()> {
    headers.set("Access-Control-Allow-Origin", origin)?;
    headers.set("Access-Control-Expose-Headers", "ETag, Retry-After")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_is_a_problem_with_its_status() {
        let problem = serde_json::to_value(Refusal::TooLarge.problem()).unwrap();
        assert_eq!(problem["status"], 413);
        assert_eq!(problem["type"], "too_large");
        assert_eq!(problem["detail"], "The body is larger than 64 kB.");
        for refusal in [Refusal::NotFound, Refusal::Unauthorised, Refusal::Forbidden, Refusal::TryAgain] {
            assert!(!refusal.problem().detail.is_empty());
        }
    }
}
