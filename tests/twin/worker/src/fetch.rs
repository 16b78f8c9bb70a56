//! Requests that leave, and time that passes.

use crate::twin::{self, Sent};
use crate::{Error, Request, Response, ResponseBuilder, Result};
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

/// A request that leaves.
pub enum Fetch {
    /// This one.
    Request(Request),
}

impl Fetch {
    /// Sends it. Nobody can call it back: it arrives even if whoever sent it has given up or died by then.
    pub async fn send_with_signal(self, _signal: &AbortSignal) -> Result<Response> {
        let Self::Request(mut request) = self;
        let sent = Sent {
            method: request.method().to_string(),
            url: request.url()?,
            headers: request.headers().entries().collect(),
            body: request.bytes().await?,
        };
        let answer = twin::aside(twin::world().send(sent)).await;
        let answer = answer.ok_or_else(|| Error::from("the connection broke"))?;
        let builder = answer
            .headers
            .iter()
            .try_fold(ResponseBuilder::new().with_status(answer.status), |builder, (name, value)| {
                builder.with_header(name, value)
            })?;
        Ok(builder.fixed(answer.body))
    }
}

/// Gives a request up.
#[derive(Debug, Default)]
pub struct AbortController(AbortSignal);

/// Says that a request was given up, which its receiver does not hear.
#[derive(Debug, Clone, Default)]
pub struct AbortSignal(());

impl AbortController {
    /// What the request listens to.
    pub fn signal(&self) -> AbortSignal {
        self.0.clone()
    }

    /// Nobody waits for the answer any more.
    pub fn abort(self) {}
}

/// Some time.
pub struct Delay(Pin<Box<tokio::time::Sleep>>);

impl From<Duration> for Delay {
    fn from(time: Duration) -> Self {
        Self(Box::pin(tokio::time::sleep(time)))
    }
}

impl Future for Delay {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        self.0.as_mut().poll(context)
    }
}
