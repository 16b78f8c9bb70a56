//! The simulator without a network: requests are handed to it, and its clock is the runtime's.

use std::{net::SocketAddr, sync::Arc};

use axum::{
    Router,
    body::{Body, to_bytes},
    extract::connect_info::ConnectInfo,
    http::Request,
};
use hyper::service::Service as _;
use hyper_util::service::TowerToHyperService;
use tokio::sync::{
    mpsc::{self, UnboundedReceiver},
    watch,
};

use crate::{
    api,
    server::{Cut, router},
    state::{Config, Post, Sim},
};

/// A simulator in this process. Without its clock set to the runtime's ([`Config::begins`]) it would mix two times.
pub struct Local {
    router: Router,
    /// Dropping it ends the deliveries.
    _stop: watch::Sender<bool>,
}

/// A request to the simulator.
#[derive(Debug, Clone)]
pub struct Asked {
    /// The method.
    pub method: String,
    /// Path and query.
    pub path: String,
    /// The headers.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
}

/// Its answer.
#[derive(Debug, Clone)]
pub struct Answered {
    /// The status.
    pub status: u16,
    /// The headers.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
}

impl Local {
    /// Starts one; account webhooks come out of the other half.
    pub fn start(config: Config) -> (Self, UnboundedReceiver<Post>) {
        let (posts, posted) = mpsc::unbounded_channel();
        let mut sim = Sim::new(config);
        sim.posts = Some(posts);
        let sim = Arc::new(sim);
        let (stop, stopped) = watch::channel(false);
        tokio::spawn(api::webhooks::deliver_when_due(Arc::clone(&sim), stopped));
        (Self { router: router(sim), _stop: stop }, posted)
    }

    /// Hands a request over; no answer means that the connection was cut.
    pub async fn ask(&self, asked: Asked) -> Option<Answered> {
        let cut = Cut::default();
        let nobody = SocketAddr::from(([127, 0, 0, 1], 1));
        let mut request = Request::builder().method(asked.method.as_str()).uri(asked.path);
        for (name, value) in asked.headers {
            request = request.header(name, value);
        }
        // What a connection's layers add. Layers for each request would be made anew for each of all the routes.
        let mut request = request.body(Body::from(asked.body)).ok()?;
        request.extensions_mut().insert(cut.clone());
        request.extensions_mut().insert(ConnectInfo(nobody));
        let answer = tokio::select! {
            biased;
            answer = TowerToHyperService::new(self.router.clone()).call(request) => answer.ok()?,
            () = cut.happens() => return None,
        };
        let (parts, body) = answer.into_parts();
        let text = |value: &axum::http::HeaderValue| value.to_str().unwrap_or_default().to_owned();
        Some(Answered {
            status: parts.status.as_u16(),
            headers: parts.headers.iter().map(|(name, value)| (name.to_string(), text(value))).collect(),
            body: to_bytes(body, usize::MAX).await.ok()?.to_vec(),
        })
    }
}
