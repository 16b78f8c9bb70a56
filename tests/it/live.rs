//! A widget's live connection, without the widget.

use std::time::Duration;

use futures_util::{SinkExt as _, StreamExt as _};
use reqwest::Method;
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async, tungstenite::Message};

use crate::{account::Account, stack::try_reply};

/// How long a frame is waited for.
const PATIENCE: Duration = Duration::from_secs(40);

/// An open live connection of one user.
pub(crate) struct Live {
    socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
    /// Everything that came, oldest first.
    pub(crate) frames: Vec<Value>,
}

impl Live {
    /// Opens the connection of a user and waits for the greeting.
    pub(crate) async fn open(account: &Account, user: u64) -> Self {
        let (address, ticket) = session(account, user).await;
        Self::with_ticket(&address, &ticket).await
    }

    /// Opens the connection of a user, if the Worker is there to take it.
    pub(crate) async fn try_open(account: &Account, user: u64) -> Option<Self> {
        let session = account.request(Method::POST, "/session", &account.token(user).await).json(&json!({}));
        let session = try_reply(session.timeout(PATIENCE)).await.ok()?.body;
        let address = format!("{}?ticket={}", session["wsUrl"].as_str()?, session["ticket"].as_str()?);
        let (socket, _) = connect_async(address).await.ok()?;
        Some(Self { socket, frames: Vec::new() })
    }

    /// A fresh ticket of a user.
    pub(crate) async fn ticket(account: &Account, user: u64) -> String {
        session(account, user).await.1
    }

    /// Opens a connection and waits for the greeting.
    pub(crate) async fn with_ticket(address: &str, ticket: &str) -> Self {
        let mut live = Self::connect(address, ticket).await;
        live.until("the greeting", |frame| frame["type"] == "hello").await;
        live
    }

    /// Opens a connection, whatever comes.
    pub(crate) async fn connect(address: &str, ticket: &str) -> Self {
        let (socket, _) = connect_async(format!("{address}?ticket={ticket}")).await.expect("the connection opens");
        Self { socket, frames: Vec::new() }
    }

    /// Reads on until such a frame comes.
    pub(crate) async fn until(&mut self, what: &str, is_it: impl Fn(&Value) -> bool) -> Value {
        loop {
            match self.next(what).await {
                Message::Text(text) => {
                    let frame: Value = serde_json::from_str(&text).expect("frames are JSON");
                    self.frames.push(frame.clone());
                    if is_it(&frame) {
                        return frame;
                    }
                }
                Message::Close(why) => panic!("closed ({why:?}) while waiting for {what}; so far: {:?}", self.frames),
                _ => {}
            }
        }
    }

    /// Reads on until the server closes, answers as a browser does, and returns the code.
    pub(crate) async fn closed(&mut self) -> u16 {
        let code = loop {
            match self.next("the end").await {
                Message::Close(frame) => break frame.map_or(1005, |frame| frame.code.into()),
                Message::Text(text) => self.frames.push(serde_json::from_str(&text).expect("frames are JSON")),
                _ => {}
            }
        };
        // The server may be gone already.
        let _ = self.socket.flush().await;
        code
    }

    /// Sends a message.
    pub(crate) async fn send(&mut self, message: Value) {
        self.socket.send(Message::text(message.to_string())).await.expect("the connection is open");
    }

    async fn next(&mut self, what: &str) -> Message {
        let waited = tokio::time::timeout(PATIENCE, self.socket.next()).await;
        let frame = waited.unwrap_or_else(|_| panic!("no {what} came; so far: {:?}", self.frames));
        frame.expect("the connection is open").expect("a frame")
    }
}

/// Where to connect, and with what.
async fn session(account: &Account, user: u64) -> (String, String) {
    let session = account.api(user, Method::POST, "/session", Some(json!({}))).await;
    assert_eq!(session.status, 200, "{}", session.text);
    let text = |name: &str| session.body[name].as_str().expect("text").to_owned();
    (text("wsUrl"), text("ticket"))
}
