//! Live connections. Both ends are one value here: what the object sends is there for the browser to read.

use crate::{Result, twin};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::cell::{Cell, RefCell};
use std::rc::Rc;

const OPEN: u16 = 1;
const CLOSED: u16 = 3;

/// A TCP connection, of which there are none.
pub struct Socket(());

/// What a browser sent.
pub enum WebSocketIncomingMessage {
    /// Text.
    String(String),
    /// Bytes.
    Binary(Vec<u8>),
}

/// Both ends of a connection.
pub struct WebSocketPair {
    /// The browser's.
    pub client: WebSocket,
    /// The object's.
    pub server: WebSocket,
}

impl WebSocketPair {
    /// A new connection.
    pub fn new() -> Result<Self> {
        let line = WebSocket(Rc::new(Line::default()));
        Ok(Self { client: line.clone(), server: line })
    }
}

/// One end of a connection.
#[derive(Clone)]
pub struct WebSocket(pub(crate) Rc<Line>);

/// What is between both ends.
pub struct Line {
    pub(crate) tags: RefCell<Vec<String>>,
    attachment: RefCell<Option<String>>,
    state: Cell<u16>,
    /// What the object sent.
    sent: RefCell<Vec<String>>,
}

impl Default for Line {
    fn default() -> Self {
        let (tags, attachment, sent) = Default::default();
        Self { tags, attachment, state: Cell::new(OPEN), sent }
    }
}

impl Line {
    /// As the browser's API counts it.
    pub fn ready_state(&self) -> u16 {
        self.state.get()
    }
}

impl AsRef<Line> for WebSocket {
    fn as_ref(&self) -> &Line {
        &self.0
    }
}

impl WebSocket {
    /// Takes the connection without the object's help.
    pub fn accept(&self) -> Result<()> {
        Ok(())
    }

    /// Sends text.
    pub fn send_with_str(&self, text: impl AsRef<str>) -> Result<()> {
        if self.0.state.get() != OPEN {
            return Err("the connection is closed".into());
        }
        self.0.sent.borrow_mut().push(text.as_ref().to_owned());
        Ok(())
    }

    /// Closes it.
    pub fn close<S: AsRef<str>>(&self, _code: Option<u16>, _why: Option<S>) -> Result<()> {
        self.0.state.set(CLOSED);
        Ok(())
    }

    /// Remembers something with the connection.
    pub fn serialize_attachment(&self, value: impl Serialize) -> Result<()> {
        *self.0.attachment.borrow_mut() = Some(serde_json::to_string(&value)?);
        Ok(())
    }

    /// What is remembered with the connection.
    pub fn deserialize_attachment<T: DeserializeOwned>(&self) -> Result<Option<T>> {
        Ok(self.0.attachment.borrow().as_deref().map(serde_json::from_str).transpose()?)
    }

    /// For the browser: what came so far.
    pub fn received(&self) -> Vec<String> {
        self.0.sent.borrow().clone()
    }

    /// For the browser: it is gone without a farewell, which the runtime notices later.
    pub fn lose(&self) {
        twin::world().forget_socket(self);
    }

    pub(crate) fn cut(&self) {
        self.0.state.set(CLOSED);
    }
}
