//! The platform as the Worker's sources see it, without the platform: what they use of the crate `worker`, by the same
//! names and with the same meaning, on SQLite in memory, a stopped clock and one thread.
//!
//! The Worker's sources are built against it unchanged. What the SDK offers is in the root, each part as far as the
//! Worker uses it; [`twin`] is for whoever plays the rest of the world: starts it, kills it, answers its requests.
//! Nothing here is random or takes real time: the same seed gives the same interleaving.

mod d1;
mod durable;
mod env;
mod error;
mod fetch;
mod headers;
mod kv;
mod request;
mod response;
mod socket;
mod sql;
pub mod twin;
pub mod worker_sys;

pub use d1::{D1Database, D1PreparedStatement, D1Result};
pub use durable::{DurableObject, ObjectId, ObjectNamespace, State, Storage, Stub};
pub use env::{Context, Env, ScheduleContext, ScheduledEvent, Var};
pub use error::{Error, Result};
pub use fetch::{AbortController, AbortSignal, Delay, Fetch};
pub use headers::Headers;
pub use kv::KvStore;
pub use request::{ByteStream, Method, Request, RequestInit, RequestRedirect};
pub use response::{Response, ResponseBuilder};
pub use socket::{Socket, WebSocket, WebSocketIncomingMessage, WebSocketPair};
pub use sql::{SqlCursor, SqlStorage, SqlStorageValue};
pub use url::{Position, Url};
pub use worker_twin_macros::{durable_object, event};

/// Writes to the console.
#[macro_export]
macro_rules! console_log {
    ($($text:tt)*) => { $crate::twin::console(&format!($($text)*)) };
}

/// Writes a warning to the console.
#[macro_export]
macro_rules! console_warn {
    ($($text:tt)*) => { $crate::twin::console(&format!($($text)*)) };
}

/// Writes an error to the console.
#[macro_export]
macro_rules! console_error {
    ($($text:tt)*) => { $crate::twin::console(&format!($($text)*)) };
}
