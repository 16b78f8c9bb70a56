//! Durable objects.

use crate::twin::{self, Life, Object};
use crate::{Env, Request, Response, Result, Socket, SqlStorage, WebSocket, WebSocketIncomingMessage, worker_sys};
use crate::{Error, twin::now_millis};
use std::fmt;
use std::rc::Rc;

/// What an object does.
#[allow(async_fn_in_trait, reason = "everything here is on one thread")]
pub trait DurableObject {
    /// Makes it, before its first event.
    fn new(state: State, env: Env) -> Self;
    /// A request.
    async fn fetch(&self, request: Request) -> Result<Response>;
    /// A TCP connection.
    async fn connect(&self, socket: Socket) -> Result<()>;
    /// Its alarm.
    async fn alarm(&self) -> Result<Response>;
    /// A message from a browser.
    async fn websocket_message(&self, socket: WebSocket, message: WebSocketIncomingMessage) -> Result<()>;
    /// A connection ended.
    async fn websocket_close(&self, socket: WebSocket, code: usize, why: String, was_clean: bool) -> Result<()>;
    /// A connection broke.
    async fn websocket_error(&self, socket: WebSocket, error: Error) -> Result<()>;
}

/// An object's place in one of its lives.
pub struct State {
    pub(crate) object: Rc<Object>,
    pub(crate) life: Rc<Life>,
    /// What its first event called it; an alarm calls nobody by name.
    pub(crate) name: Option<String>,
}

impl State {
    /// Its id.
    pub fn id(&self) -> ObjectId {
        ObjectId(self.name.clone())
    }

    /// Its storage.
    pub fn storage(&self) -> Storage {
        Storage { object: self.object.clone(), life: self.life.clone() }
    }

    /// Goes on with `work` after the answer.
    pub fn wait_until(&self, work: impl Future<Output = ()> + 'static) {
        drop(self.life.spawn(work));
    }

    /// Takes a connection, which may outlive this life's memory.
    pub fn accept_websocket_with_tags(&self, socket: &WebSocket, tags: &[&str]) {
        *socket.0.tags.borrow_mut() = tags.iter().map(|tag| (*tag).to_owned()).collect();
        self.object.sockets.borrow_mut().push(socket.clone());
    }

    /// Its connections.
    pub fn get_websockets(&self) -> Vec<WebSocket> {
        self.object.sockets.borrow().clone()
    }

    /// Its connections with this tag.
    pub fn get_websockets_with_tag(&self, tag: &str) -> Vec<WebSocket> {
        let has = |socket: &WebSocket| socket.0.tags.borrow().iter().any(|known| known == tag);
        self.get_websockets().into_iter().filter(has).collect()
    }

    /// Answers without waking the object, which no browser here asks for.
    pub fn set_websocket_auto_response(&self, _pair: &worker_sys::WebSocketRequestResponsePair) {}
}

/// An object's storage.
pub struct Storage {
    pub(crate) object: Rc<Object>,
    pub(crate) life: Rc<Life>,
}

impl Storage {
    /// Its database.
    pub fn sql(&self) -> SqlStorage {
        SqlStorage { object: self.object.clone(), life: self.life.clone() }
    }

    /// Sets the alarm, in so many milliseconds. Like a write, it holds from this moment on.
    pub async fn set_alarm(&self, after: i64) -> Result<()> {
        self.object.set_alarm(Some(now_millis() + after));
        twin::pause().await;
        Ok(())
    }

    /// Takes the alarm back.
    pub async fn delete_alarm(&self) -> Result<()> {
        self.object.set_alarm(None);
        twin::pause().await;
        Ok(())
    }
}

/// An object's id.
#[derive(Debug, Clone)]
pub struct ObjectId(Option<String>);

impl ObjectId {
    /// What it is called, where the event that woke it says so.
    pub fn name(&self) -> Option<String> {
        self.0.clone()
    }

    /// The way to the object.
    pub fn get_stub(self) -> Result<Stub> {
        self.0.map(Stub).ok_or_else(|| Error::from("an id without a name"))
    }
}

/// On the platform 64 hexadecimal digits made of the name; here the name, which is as different from another's.
impl fmt::Display for ObjectId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.as_deref().unwrap_or("0"))
    }
}

/// All objects.
pub struct ObjectNamespace(pub(crate) ());

impl ObjectNamespace {
    /// The object of a name.
    pub fn id_from_name(&self, name: &str) -> Result<ObjectId> {
        Ok(ObjectId(Some(name.to_owned())))
    }
}

/// The way to an object.
pub struct Stub(String);

impl Stub {
    /// Asks the object.
    pub async fn fetch_with_request(&self, request: Request) -> Result<Response> {
        twin::pause().await;
        let world = twin::world();
        let (life, object) = (world.life(), world.object(&self.0));
        let awake = life.wake(&object, Some(&self.0));
        let answer = life.spawn(async move { awake.fetch(request).await }).await;
        twin::pause().await;
        answer.unwrap_or_else(|_| Err(Error::from("the object died")))
    }
}
