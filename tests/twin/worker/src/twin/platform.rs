//! What the Worker takes from JavaScript itself.

use super::{WORLD, world};
use crate::{Error, Headers, Storage};
use rusqlite::types::Value;

/// A value bound to a statement of D1, or a body.
#[derive(Debug, Clone, PartialEq)]
pub enum Bound {
    /// NULL.
    Null,
    /// A number.
    Number(f64),
    /// Text.
    Text(String),
    /// Bytes.
    Bytes(Vec<u8>),
}

impl Bound {
    pub(crate) fn into_bytes(self) -> Vec<u8> {
        match self {
            Self::Null | Self::Number(_) => Vec::new(),
            Self::Text(text) => text.into_bytes(),
            Self::Bytes(bytes) => bytes,
        }
    }
}

impl From<&str> for Bound {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<Bound> for Value {
    fn from(bound: Bound) -> Self {
        match bound {
            Bound::Null => Self::Null,
            Bound::Number(value) => Self::Real(value),
            Bound::Text(text) => Self::Text(text),
            Bound::Bytes(bytes) => Self::Blob(bytes),
        }
    }
}

/// A number to bind.
pub fn bound_number(value: f64) -> Bound {
    Bound::Number(value)
}

/// Text to bind, or NULL.
pub fn bound_text(value: Option<&str>) -> Bound {
    value.map_or(Bound::Null, Bound::from)
}

/// The body of a request.
pub fn body(bytes: &[u8]) -> Bound {
    Bound::Bytes(bytes.to_vec())
}

/// Milliseconds since 1970 by the world's clock.
pub fn now_millis() -> i64 {
    WORLD.with_borrow(|world| world.as_ref().map_or(0, |world| world.millis()))
}

/// Bytes that look random, and are the same for every run of a seed.
pub fn fill_random(bytes: &mut [u8]) -> Result<(), Error> {
    let world = world();
    let mut dice = world.dice.borrow_mut();
    bytes.chunks_mut(8).for_each(|chunk| chunk.copy_from_slice(&dice.any().to_le_bytes()[..chunk.len()]));
    Ok(())
}

/// A JSON list of all headers, each a list of name and value.
pub fn json_of(headers: &Headers) -> Option<String> {
    serde_json::to_string(&headers.entries().collect::<Vec<_>>()).ok()
}

/// Runs `work`, and takes back whatever it stored unless it says `true`.
pub fn transaction_sync(storage: &Storage, work: &mut dyn FnMut() -> bool) -> Result<(), String> {
    if storage.life.is_dead() {
        return Err("the object is dead".to_owned());
    }
    let (object, depth) = (&storage.object, storage.object.depth.get());
    let run = |sql: String| object.database.execute_batch(&sql).map_err(|error| error.to_string());
    run(format!("SAVEPOINT level{depth}"))?;
    object.depth.set(depth + 1);
    let holds = work();
    object.depth.set(depth);
    if !holds {
        run(format!("ROLLBACK TO level{depth}"))?;
    }
    run(format!("RELEASE level{depth}"))?;
    if holds { Ok(()) } else { Err("rolled back".to_owned()) }
}
