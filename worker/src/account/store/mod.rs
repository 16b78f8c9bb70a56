//! The object's SQLite: the only place in the object that speaks SQL.
//!
//! Rows are read by position into plain types. Whatever belongs together is written inside [`Store::tx`], because
//! writes before an error otherwise stay.

mod call_lists;
mod calls;
mod deliveries;
mod erase;
mod export;
mod failures;
mod journal;
mod late_recordings;
mod lines;
mod meta;
mod migrations;
mod outbox;
mod people;
mod sends;
mod tickets;
mod traces;

pub use calls::{Beside, CallRow, Delivery, Journal};
pub use deliveries::Seen;
pub use export::SECTIONS;
pub use journal::{Cursor, Wanted};
pub use lines::{AllLines, Lines};
use meta::Memory;
pub use outbox::ActionRow;
pub use people::Stale;

use crate::adapters::platform;
use serde_json::Value;
use worker::{SqlStorage, State, Storage};

/// The database refused. This is our fault or the platform's, never the caller's.
#[derive(Debug, Clone, thiserror::Error)]
#[error("the account's database: {0}")]
pub struct StoreError(pub String);

impl From<worker::Error> for StoreError {
    fn from(error: worker::Error) -> Self {
        Self(error.to_string())
    }
}

impl From<serde_json::Error> for StoreError {
    fn from(error: serde_json::Error) -> Self {
        Self(error.to_string())
    }
}

type Result<T> = std::result::Result<T, StoreError>;

/// The account's tables.
pub struct Store {
    storage: Storage,
    sql: SqlStorage,
    memory: Memory,
}

impl Store {
    /// Opens the database and brings its tables up to date.
    pub fn open(state: &State) -> Result<Self> {
        let storage = state.storage();
        let store = Self { sql: storage.sql(), storage, memory: Memory::default() };
        migrations::apply(&store)?;
        Ok(store)
    }

    /// Runs `work` as a whole or not at all.
    pub fn tx<T>(&self, work: impl FnOnce() -> Result<T>) -> Result<T> {
        let mut work = Some(work);
        let mut outcome = None;
        let called = platform::transaction_sync(&self.storage, &mut || {
            outcome = work.take().map(|work| work());
            matches!(outcome, Some(Ok(_)))
        });
        let result = match (outcome, called) {
            (Some(result), Ok(())) => result,
            (Some(Err(error)), Err(_)) => Err(error),
            (_, Err(error)) => Err(StoreError(error)),
            (None, Ok(())) => Err(StoreError("the transaction did not run".to_owned())),
        };
        if result.is_err() {
            // What was read inside was never true.
            self.memory.drop_all();
        }
        result
    }

    /// Runs `work` and takes back whatever it stored, whether it failed or not: for a test call, which must go the way
    /// of every call and leave nothing behind. A process that dies inside leaves nothing either.
    pub fn taken_back<T>(&self, work: impl FnOnce() -> Result<T>) -> Result<T> {
        let mut outcome = None;
        let undone = self.tx(|| -> Result<()> {
            outcome = Some(work());
            Err(StoreError("taken back".to_owned()))
        });
        match (outcome, undone) {
            (Some(outcome), Err(_)) => outcome,
            _ => Err(StoreError("the transaction could not be taken back".to_owned())),
        }
    }

    /// Values go in and rows come out as one JSON text each: one by one, every value would cross over to JavaScript by
    /// itself, and a call has twenty.
    fn rows(&self, sql: &str, values: Vec<Value>) -> Result<Vec<Row>> {
        let rows = platform::rows(&self.sql, sql, &serde_json::to_string(&values)?)?;
        Ok(serde_json::from_str::<Vec<Vec<Value>>>(&rows)?.into_iter().map(Row).collect())
    }

    fn first(&self, sql: &str, values: Vec<Value>) -> Result<Option<Row>> {
        Ok(self.rows(sql, values)?.into_iter().next())
    }

    fn run(&self, sql: &str, values: Vec<Value>) -> Result<()> {
        Ok(platform::run(&self.sql, sql, &serde_json::to_string(&values)?)?)
    }
}

/// One row, read by position.
struct Row(Vec<Value>);

impl Row {
    fn int(&self, index: usize) -> Result<i64> {
        self.maybe_int(index)?.ok_or_else(|| StoreError(format!("column {index} is null")))
    }

    fn maybe_int(&self, index: usize) -> Result<Option<i64>> {
        match self.0.get(index) {
            Some(Value::Number(value)) => Ok(value.as_i64().or_else(|| value.as_f64().map(|value| value as i64))),
            Some(Value::Null) => Ok(None),
            _ => Err(StoreError(format!("column {index} is not a number"))),
        }
    }

    fn text(&self, index: usize) -> Result<String> {
        self.maybe_text(index)?.ok_or_else(|| StoreError(format!("column {index} is null")))
    }

    fn maybe_text(&self, index: usize) -> Result<Option<String>> {
        match self.0.get(index) {
            Some(Value::String(value)) => Ok(Some(value.clone())),
            Some(Value::Null) => Ok(None),
            _ => Err(StoreError(format!("column {index} is not text"))),
        }
    }

    fn json<T: serde::de::DeserializeOwned>(&self, index: usize) -> Result<T> {
        match self.0.get(index) {
            Some(Value::String(json)) => Ok(serde_json::from_str(json)?),
            _ => Err(StoreError(format!("column {index} is not text"))),
        }
    }
}

fn int(value: i64) -> Value {
    Value::from(value)
}

fn flag(value: bool) -> Value {
    Value::from(i64::from(value))
}

fn text(value: impl Into<String>) -> Value {
    Value::String(value.into())
}

fn maybe_int(value: Option<i64>) -> Value {
    Value::from(value)
}

fn maybe_text(value: Option<&str>) -> Value {
    Value::from(value)
}

fn json(value: &impl serde::Serialize) -> Result<Value> {
    Ok(Value::String(serde_json::to_string(value)?))
}
