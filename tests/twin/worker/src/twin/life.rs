//! A life of the Worker: from its start until its process dies. Whatever it is doing ends with it, at an await.

use super::{Object, world};
use crate::{DurableObject, Request, Response, Result, State, WebSocket, WebSocketIncomingMessage};
use futures_util::future::LocalBoxFuture;
use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};
use tokio::task::{AbortHandle, JoinHandle, spawn_local};

/// One idle object in so many is found to have left memory when its next event comes.
const STAYS: u64 = 4;

/// An object in memory.
pub trait Awake {
    /// A request.
    fn fetch(&self, request: Request) -> LocalBoxFuture<'static, Result<Response>>;
    /// Its alarm.
    fn alarm(&self) -> LocalBoxFuture<'static, Result<Response>>;
    /// A browser's message.
    fn message(&self, socket: WebSocket, text: String) -> LocalBoxFuture<'static, Result<()>>;
    /// A connection ended.
    fn close(&self, socket: WebSocket) -> LocalBoxFuture<'static, Result<()>>;
}

struct Kept<O>(Rc<O>);

/// An object of this type, just made.
pub fn awake<O: DurableObject + 'static>(state: State, env: crate::Env) -> Rc<dyn Awake> {
    Rc::new(Kept(Rc::new(O::new(state, env))))
}

impl<O: DurableObject + 'static> Awake for Kept<O> {
    fn fetch(&self, request: Request) -> LocalBoxFuture<'static, Result<Response>> {
        let object = self.0.clone();
        Box::pin(async move { object.fetch(request).await })
    }

    fn alarm(&self) -> LocalBoxFuture<'static, Result<Response>> {
        let object = self.0.clone();
        Box::pin(async move { object.alarm().await })
    }

    fn message(&self, socket: WebSocket, text: String) -> LocalBoxFuture<'static, Result<()>> {
        let object = self.0.clone();
        Box::pin(async move { object.websocket_message(socket, WebSocketIncomingMessage::String(text)).await })
    }

    fn close(&self, socket: WebSocket) -> LocalBoxFuture<'static, Result<()>> {
        let object = self.0.clone();
        Box::pin(async move { object.websocket_close(socket, 1006, String::new(), false).await })
    }
}

/// One life.
#[derive(Default)]
pub struct Life {
    is_dead: Cell<bool>,
    tasks: RefCell<Vec<AbortHandle>>,
    /// Things being done.
    busy: Cell<usize>,
    awake: RefCell<BTreeMap<String, Rc<dyn Awake>>>,
}

impl Life {
    pub(crate) fn is_dead(&self) -> bool {
        self.is_dead.get()
    }

    pub(crate) fn die(&self) {
        self.is_dead.set(true);
        self.tasks.take().iter().for_each(AbortHandle::abort);
        self.awake.take();
    }

    /// Does something as long as this life lasts.
    pub(crate) fn spawn<T: 'static>(self: &Rc<Self>, work: impl Future<Output = T> + 'static) -> JoinHandle<T> {
        self.busy.set(self.busy.get() + 1);
        let task = spawn_local(Mortal { life: self.clone(), work: Box::pin(work) });
        let mut tasks = self.tasks.borrow_mut();
        tasks.retain(|task| !task.is_finished());
        tasks.push(task.abort_handle());
        task
    }

    /// The object in memory; one that has nothing to do may have left it since.
    pub(crate) fn wake(self: &Rc<Self>, object: &Rc<Object>, name: Option<&str>) -> Rc<dyn Awake> {
        if self.busy.get() == 0 && world().below(STAYS) == 0 {
            self.awake.borrow_mut().remove(&object.name);
        }
        if let Some(awake) = self.awake.borrow().get(&object.name) {
            return awake.clone();
        }
        let state = State { object: object.clone(), life: self.clone(), name: name.map(str::to_owned) };
        let awake = world().new_object(state);
        self.awake.borrow_mut().insert(object.name.clone(), awake.clone());
        awake
    }
}

/// Work that ends with its life.
struct Mortal<T> {
    life: Rc<Life>,
    work: LocalBoxFuture<'static, T>,
}

impl<T> Future for Mortal<T> {
    type Output = T;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<T> {
        if !self.life.is_dead() {
            world().turn();
        }
        // Whoever is dead is dropped at this await, and takes no further turn.
        if self.life.is_dead() { Poll::Pending } else { self.work.as_mut().poll(context) }
    }
}

impl<T> Drop for Mortal<T> {
    fn drop(&mut self) {
        self.life.busy.set(self.life.busy.get() - 1);
    }
}
