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

pub use calls::{CallRow, Delivery, Journal};
pub use deliveries::Seen;
pub use export::SECTIONS;
pub use journal::{Cursor, Wanted};
pub use lines::{AllLines, Lines};
use meta::Memory;
pub use outbox::ActionRow;
pub use people::Stale;

use crate::adapters::platform;
use worker::{SqlStorage, SqlStorageValue, State, Storage};

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

    fn rows(&self, sql: &str, values: Vec<SqlStorageValue>) -> Result<Vec<Row>> {
        let cursor = self.sql.exec(sql, values)?;
        cursor.raw().map(|row| row.map(Row).map_err(StoreError::from)).collect()
    }

    fn first(&self, sql: &str, values: Vec<SqlStorageValue>) -> Result<Option<Row>> {
        Ok(self.rows(sql, values)?.into_iter().next())
    }

    fn run(&self, sql: &str, values: Vec<SqlStorageValue>) -> Result<()> {
        self.sql.exec(sql, values)?;
        Ok(())
    }
}

/// One row, read by position.
struct Row(Vec<SqlStorageValue>);

impl Row {
    fn int(&self, index: usize) -> Result<i64> {
        self.maybe_int(index)?.ok_or_else(|| StoreError(format!("column {index} is null")))
    }

    fn maybe_int(&self, index: usize) -> Result<Option<i64>> {
        match self.0.get(index) {
            Some(SqlStorageValue::Integer(value)) => Ok(Some(*value)),
            Some(SqlStorageValue::Float(value)) => Ok(Some(*value as i64)),
            Some(SqlStorageValue::Null) => Ok(None),
            _ => Err(StoreError(format!("column {index} is not a number"))),
        }
    }

    fn text(&self, index: usize) -> Result<String> {
        self.maybe_text(index)?.ok_or_else(|| StoreError(format!("column {index} is null")))
    }

    fn maybe_text(&self, index: usize) -> Result<Option<String>> {
        match self.0.get(index) {
            Some(SqlStorageValue::String(value)) => Ok(Some(value.clone())),
            Some(SqlStorageValue::Null) => Ok(None),
            _ => Err(StoreError(format!("column {index} is not text"))),
        }
    }

    fn json<T: serde::de::DeserializeOwned>(&self, index: usize) -> Result<T> {
        Ok(serde_json::from_str(&self.text(index)?)?)
    }
}

fn int(value: i64) -> SqlStorageValue {
    SqlStorageValue::Integer(value)
}

fn flag(value: bool) -> SqlStorageValue {
    SqlStorageValue::Integer(i64::from(value))
}

fn text(value: impl Into<String>) -> SqlStorageValue {
    SqlStorageValue::String(value.into())
}

fn maybe_int(value: Option<i64>) -> SqlStorageValue {
    value.map_or(SqlStorageValue::Null, SqlStorageValue::Integer)
}

fn maybe_text(value: Option<&str>) -> SqlStorageValue {
    value.map_or(SqlStorageValue::Null, |value| SqlStorageValue::String(value.to_owned()))
}

fn json(value: &impl serde::Serialize) -> Result<SqlStorageValue> {
    Ok(SqlStorageValue::String(serde_json::to_string(value)?))
}
