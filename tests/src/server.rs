//! The listening socket. It serves connections itself, since a fault must be able to cut
//! one without an answer: a client has to see a broken connection, not a status.

use std::{io, net::SocketAddr, sync::Arc, time::Duration};

use axum::{Extension, Router, extract::connect_info::ConnectInfo};
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    service::TowerToHyperService,
};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::{Notify, watch},
    task::JoinHandle,
};

use crate::{
    api, control, oauth, page,
    state::{Config, Sim},
    surface, voip,
};

/// A simulator that is listening.
pub struct Running {
    /// Where it listens.
    pub addr: SocketAddr,
    stop: watch::Sender<bool>,
    tasks: Vec<JoinHandle<()>>,
}

impl Running {
    /// Closes the socket and every connection.
    pub async fn shutdown(self) {
        let _ = self.stop.send(true);
        for task in self.tasks {
            let _ = task.await;
        }
    }

    /// The simulator's address as a URL without a trailing slash.
    pub fn url(&self) -> String {
        format!("http://{}", self.addr)
    }
}

/// Cuts the connection a request came in on.
#[derive(Clone, Default)]
pub(crate) struct Cut(Arc<Notify>);

impl Cut {
    /// Cuts the connection; never returns, since there is nobody left to answer.
    pub(crate) async fn now<T>(&self) -> T {
        self.0.notify_one();
        std::future::pending().await
    }

    /// Waits until the connection is cut.
    pub(crate) async fn happens(&self) {
        self.0.notified().await;
    }
}

/// Starts a simulator on the loopback interface.
pub async fn serve(config: Config) -> io::Result<Running> {
    let listener = TcpListener::bind(("127.0.0.1", config.port)).await?;
    let addr = listener.local_addr()?;
    let sim = Arc::new(Sim::new(config));
    let (stop, stopped) = watch::channel(false);
    let accepting = tokio::spawn(accept(listener, router(Arc::clone(&sim)), stopped.clone()));
    let delivering = tokio::spawn(api::webhooks::deliver_when_due(sim, stopped));
    Ok(Running { addr, stop, tasks: vec![accepting, delivering] })
}

pub(crate) fn router(sim: Arc<Sim>) -> Router {
    let surface = Router::new()
        .merge(oauth::router())
        .merge(api::router())
        .layer(axum::middleware::from_fn_with_state(Arc::clone(&sim), surface::guard));
    let everything =
        Router::new().merge(surface).nest("/_sim", control::router()).merge(voip::router()).merge(page::router());
    everything.layer(axum::middleware::from_fn_with_state(Arc::clone(&sim), voip::guard)).with_state(sim)
}

async fn accept(listener: TcpListener, router: Router, mut stopped: watch::Receiver<bool>) {
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            _ = stopped.changed() => return,
        };
        match accepted {
            Ok((stream, peer)) => {
                tokio::spawn(connection(stream, peer, router.clone(), stopped.clone()));
            }
            // Out of file descriptors, usually: give the others a moment to finish.
            Err(_) => tokio::time::sleep(Duration::from_millis(20)).await,
        }
    }
}

async fn connection(stream: TcpStream, peer: SocketAddr, router: Router, mut stopped: watch::Receiver<bool>) {
    let _ = stream.set_nodelay(true);
    let cut = Cut::default();
    let service = router.layer(Extension(cut.clone())).layer(Extension(ConnectInfo(peer)));
    let mut http = hyper::server::conn::http1::Builder::new();
    http.timer(TokioTimer::new());
    let serving = http.serve_connection(TokioIo::new(stream), TowerToHyperService::new(service));
    tokio::select! {
        _ = serving => {}
        () = cut.happens() => {}
        _ = stopped.changed() => {}
    }
}
