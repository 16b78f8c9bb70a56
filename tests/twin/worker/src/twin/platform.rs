//! What the Worker takes from JavaScript itself.

use super::{WORLD, world};
use crate::{Error, Headers, Result as SdkResult, SqlStorage, SqlStorageValue, Storage};
use rusqlite::types::Value;
use serde_json::Value as Json;

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

/// Runs a statement with a JSON list of values, and gives a JSON list of its rows, each a list.
pub fn rows(database: &SqlStorage, statement: &str, values: &str) -> SdkResult<String> {
    let values: Vec<Json> = serde_json::from_str(values)?;
    let rows = database.exec(statement, values.into_iter().map(bound).collect::<SdkResult<Vec<_>>>()?)?.raw();
    let rows = rows.map(|row| Ok(row?.into_iter().map(json).collect())).collect::<SdkResult<Vec<Vec<Json>>>>()?;
    Ok(serde_json::to_string(&rows)?)
}

/// Runs a statement with a JSON list of values.
pub fn run(database: &SqlStorage, statement: &str, values: &str) -> SdkResult<()> {
    rows(database, statement, values).map(drop)
}

fn bound(value: Json) -> SdkResult<SqlStorageValue> {
    Ok(match value {
        Json::Null => SqlStorageValue::Null,
        Json::Bool(value) => SqlStorageValue::Boolean(value),
        Json::Number(value) => SqlStorageValue::Float(value.as_f64().unwrap_or_default()),
        Json::String(value) => SqlStorageValue::String(value),
        Json::Array(_) | Json::Object(_) => return Err(Error::from("a list or an object cannot be bound")),
    })
}

fn json(value: SqlStorageValue) -> Json {
    match value {
        SqlStorageValue::Null => Json::Null,
        SqlStorageValue::Boolean(value) => Json::from(value),
        SqlStorageValue::Integer(value) => Json::from(value),
        SqlStorageValue::Float(value) => Json::from(value),
        SqlStorageValue::String(value) => Json::from(value),
        // What JavaScript makes of a buffer.
        SqlStorageValue::Blob(_) => Json::Object(serde_json::Map::new()),
    }
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
