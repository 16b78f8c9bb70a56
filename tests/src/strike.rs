//! A fault at work: which request it strikes, and what becomes of that request.
//!
//! A request that is late or held takes effect even if its client is gone by then, as in the real CRM: whoever waits
//! there for an answer has no say in what was already asked.

use std::{sync::Arc, time::Duration};

use axum::{
    body::Body,
    extract::Request,
    http::{StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use tokio::sync::oneshot;

use crate::{
    problem::Problem,
    server::Cut,
    state::{FaultKind, Held, Id, Sim, World},
    surface::{Written, finish, proper},
};

/// A fault that strikes now.
pub(crate) struct Strike {
    pub(crate) kind: FaultKind,
    pub(crate) status: Option<u16>,
    /// For a delay, milliseconds.
    pub(crate) ms: u64,
}

/// Uses up one of the faults that fit this request; the request counts for all that still let some pass.
pub(crate) fn strike(
    world: &mut World,
    method: &str,
    path: &str,
    account: Option<Id>,
    browser: bool,
) -> Option<Strike> {
    let mut struck = None;
    for fault in world.faults.iter_mut().filter(|fault| {
        path.starts_with(&fault.path)
            && fault.ends.as_deref().is_none_or(|end| path.ends_with(end))
            && fault.method.as_deref().is_none_or(|wanted| wanted.eq_ignore_ascii_case(method))
            && (fault.account.is_none() || fault.account == account)
            && (fault.browser || !browser)
    }) {
        if fault.skip > 0 {
            fault.skip -= 1;
        } else if fault.times > 0 && struck.is_none() {
            fault.times -= 1;
            struck = Some(Strike { kind: fault.kind, status: fault.status, ms: fault.ms.unwrap_or(1000) });
        }
    }
    world.faults.retain(|fault| fault.times > 0);
    struck
}

/// A request that is struck.
pub(crate) struct Struck {
    pub(crate) sim: Arc<Sim>,
    pub(crate) cut: Cut,
    pub(crate) written: Written,
    /// Who asks, and with which token.
    pub(crate) account: Option<Id>,
    pub(crate) token: Option<String>,
    pub(crate) request: Request,
    pub(crate) next: Next,
}

impl Struck {
    /// What becomes of it.
    pub(crate) async fn befall(self, strike: Strike) -> Response {
        match strike.kind {
            FaultKind::Status => {
                let problem = faulty(&self.sim, strike.status.unwrap_or(503));
                self.refuse(problem)
            }
            FaultKind::Html => self.refuse(Problem::Blocked),
            FaultKind::Delay => {
                self.even_if_nobody_waits(async move {
                    tokio::time::sleep(Duration::from_millis(strike.ms)).await;
                    true
                })
                .await
            }
            FaultKind::Hold => {
                let (release, released) = oneshot::channel();
                let held = Held {
                    account: self.account,
                    method: self.request.method().to_string(),
                    path: self.request.uri().path().to_owned(),
                    release,
                };
                self.sim.lock().held.push(held);
                self.even_if_nobody_waits(async move { released.await.unwrap_or(false) }).await
            }
            FaultKind::DropBefore => {
                finish(&self.sim, &self.written, 0, true);
                self.cut.now().await
            }
            FaultKind::DropAfter => {
                let cut = self.cut.clone();
                self.serve(true).await;
                cut.now().await
            }
            FaultKind::CutJson => {
                garbled(self.serve(false).await, |text| text.get(..text.len() / 2).map(str::to_owned)).await
            }
            FaultKind::WrongJson => garbled(self.serve(false).await, |_| None).await,
            FaultKind::Expire => {
                if let (Some(account), Some(token)) = (self.account, &self.token)
                    && let Some(account) = self.sim.lock().accounts.get_mut(&account)
                {
                    account.grants.access.remove(token);
                }
                self.serve(false).await
            }
        }
    }

    fn refuse(self, problem: Problem) -> Response {
        let response = problem.into_response();
        finish(&self.sim, &self.written, response.status().as_u16(), false);
        response
    }

    /// Serves it as ever; `dropped` when nobody will see the answer.
    async fn serve(self, dropped: bool) -> Response {
        let response = proper(self.next.run(self.request).await);
        finish(&self.sim, &self.written, response.status().as_u16(), dropped);
        response
    }

    /// Serves it once `takes_effect` says so; otherwise its connection is cut and nothing happens.
    async fn even_if_nobody_waits(self, takes_effect: impl Future<Output = bool> + Send + 'static) -> Response {
        let cut = self.cut.clone();
        let served = tokio::spawn(async move {
            if takes_effect.await {
                return Some(self.serve(false).await);
            }
            finish(&self.sim, &self.written, 0, true);
            None
        });
        match served.await {
            Ok(Some(response)) => response,
            _ => cut.now().await,
        }
    }
}

fn faulty(sim: &Sim, status: u16) -> Problem {
    match status {
        429 => Problem::TooMany { retry_after: sim.lock().switches.retry_after },
        _ => Problem::new(status, "A fault was asked for"),
    }
}

/// The answer with its text changed; without a new text, JSON that answers something else.
async fn garbled(response: Response, change: impl FnOnce(&str) -> Option<String>) -> Response {
    let (mut parts, body) = response.into_parts();
    let body = axum::body::to_bytes(body, usize::MAX).await.unwrap_or_default();
    let text = change(&String::from_utf8_lossy(&body)).filter(|text| !text.is_empty());
    // Nothing is nothing: what cannot be cut is answered wrongly.
    let text = text.unwrap_or_else(|| r#"{"status":"ok"}"#.to_owned());
    if parts.status == StatusCode::NO_CONTENT {
        parts.status = StatusCode::OK;
    }
    parts.headers.remove(header::CONTENT_LENGTH);
    Response::from_parts(parts, Body::from(text))
}
