//! SQLite by the platform's rules: a number binds as a double, a bool as text, a hundred parameters at most; what would
//! reach beyond a statement is refused.

use crate::twin::{Life, Object};
use crate::{Error, Result};
use rusqlite::fallible_iterator::FallibleIterator as _;
use rusqlite::types::{Value, ValueRef};
use rusqlite::{Batch, Connection, Statement, params_from_iter};
use std::rc::Rc;

/// The most a statement takes.
const MOST_PARAMETERS: usize = 100;
/// Beyond it a double is not exact, and a number stays one.
const EXACT: i64 = 1 << 53;
/// The runtime runs transactions itself, and lets nobody change what a database is.
const REFUSED: [&str; 7] = ["BEGIN", "COMMIT", "SAVEPOINT", "VACUUM", "ATTACH", "PRAGMA USER_VERSION", "CREATE TEMP"];

/// A value of SQL.
#[derive(Debug, Clone, PartialEq)]
pub enum SqlStorageValue {
    /// NULL.
    Null,
    /// A bool.
    Boolean(bool),
    /// A whole number.
    Integer(i64),
    /// A number.
    Float(f64),
    /// Text.
    String(String),
    /// Bytes.
    Blob(Vec<u8>),
}

impl From<SqlStorageValue> for Value {
    fn from(value: SqlStorageValue) -> Self {
        match value {
            SqlStorageValue::Null => Self::Null,
            SqlStorageValue::Boolean(value) => Self::Text(value.to_string()),
            SqlStorageValue::Integer(value) => Self::Real(value as f64),
            SqlStorageValue::Float(value) => Self::Real(value),
            SqlStorageValue::String(value) => Self::Text(value),
            SqlStorageValue::Blob(value) => Self::Blob(value),
        }
    }
}

impl From<ValueRef<'_>> for SqlStorageValue {
    fn from(value: ValueRef<'_>) -> Self {
        match value {
            ValueRef::Null => Self::Null,
            ValueRef::Integer(value) if value.abs() < EXACT => Self::Integer(value),
            ValueRef::Integer(value) => Self::Float(value as f64),
            ValueRef::Real(value) if value.fract() == 0.0 && value.abs() < EXACT as f64 => Self::Integer(value as i64),
            ValueRef::Real(value) => Self::Float(value),
            ValueRef::Text(text) => Self::String(String::from_utf8_lossy(text).into_owned()),
            ValueRef::Blob(bytes) => Self::Blob(bytes.to_vec()),
        }
    }
}

/// An object's database.
#[derive(Clone)]
pub struct SqlStorage {
    pub(crate) object: Rc<Object>,
    pub(crate) life: Rc<Life>,
}

impl SqlStorage {
    /// Runs statements; the last one takes the values and gives the rows.
    pub fn exec(&self, query: &str, values: impl Into<Option<Vec<SqlStorageValue>>>) -> Result<SqlCursor> {
        if self.life.is_dead() {
            return Err(Error::from("the object is dead"));
        }
        let values = values.into().unwrap_or_default();
        let rows = run(&self.object.database, query, values.into_iter().map(Value::from).collect(), |row, columns| {
            (0..columns).map(|column| Ok(row.get_ref(column)?.into())).collect()
        })?;
        Ok(SqlCursor(rows))
    }
}

/// The rows a statement gave.
pub struct SqlCursor(Vec<Vec<SqlStorageValue>>);

impl SqlCursor {
    /// Row by row, column by column.
    pub fn raw(self) -> impl Iterator<Item = Result<Vec<SqlStorageValue>>> {
        self.0.into_iter().map(Ok)
    }
}

/// Runs statements; the last one takes the values and gives the rows.
pub(crate) fn run<T>(
    database: &Connection,
    query: &str,
    values: Vec<Value>,
    row: impl Fn(&rusqlite::Row<'_>, usize) -> rusqlite::Result<T>,
) -> Result<Vec<T>> {
    if values.len() > MOST_PARAMETERS {
        return Err(Error::from("too many SQL variables"));
    }
    let query = query.trim().trim_end_matches(';');
    let upper: String = query.chars().take(24).collect::<String>().to_ascii_uppercase();
    if REFUSED.iter().any(|refused| upper.starts_with(refused)) {
        return Err(Error::JsError(format!("not authorized: {upper}")));
    }
    if !query.contains(';') {
        return collect(&mut *database.prepare_cached(query)?, values, row);
    }
    let mut batch = Batch::new(database, query);
    let mut statement = batch.next()?.ok_or_else(|| Error::from("there is no statement"))?;
    while let Some(next) = batch.next()? {
        statement.raw_query().next()?;
        statement = next;
    }
    collect(&mut statement, values, row)
}

fn collect<T>(
    statement: &mut Statement<'_>,
    values: Vec<Value>,
    row: impl Fn(&rusqlite::Row<'_>, usize) -> rusqlite::Result<T>,
) -> Result<Vec<T>> {
    let columns = statement.column_count();
    let rows = statement.query_map(params_from_iter(values), |found| row(found, columns))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}
