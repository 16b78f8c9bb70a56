//! The shared database.

use crate::twin::{self, Bound};
use crate::{Result, sql};
use rusqlite::Connection;
use rusqlite::types::{Value, ValueRef};
use serde::de::DeserializeOwned;
use serde_json::Map;
use std::rc::Rc;

/// The database. What it holds outlives every death, and a statement under way when the Worker dies still runs.
pub struct D1Database(pub(crate) Rc<Connection>);

/// A statement.
pub struct D1PreparedStatement {
    database: Rc<Connection>,
    query: String,
    values: Vec<Value>,
}

/// What a statement gave.
pub struct D1Result(Vec<serde_json::Value>);

impl D1Database {
    /// A statement without its values.
    pub fn prepare(&self, query: impl Into<String>) -> D1PreparedStatement {
        D1PreparedStatement { database: self.0.clone(), query: query.into(), values: Vec::new() }
    }

    /// Runs statements as a whole or not at all.
    pub async fn batch(&self, statements: Vec<D1PreparedStatement>) -> Result<Vec<D1Result>> {
        let database = self.0.clone();
        twin::aside(async move {
            let transaction = database.unchecked_transaction()?;
            let results = statements.into_iter().map(D1PreparedStatement::now).collect::<Result<_>>()?;
            transaction.commit()?;
            Ok(results)
        })
        .await
    }
}

impl D1PreparedStatement {
    /// The statement with its values.
    pub fn bind(self, values: &[Bound]) -> Result<Self> {
        Ok(Self { values: values.iter().cloned().map(Value::from).collect(), ..self })
    }

    /// Runs it for its rows.
    pub async fn all(self) -> Result<D1Result> {
        twin::aside(async { self.now() }).await
    }

    /// Runs it for its effect.
    pub async fn run(self) -> Result<D1Result> {
        self.all().await
    }

    fn now(self) -> Result<D1Result> {
        let rows = sql::run(&self.database, &self.query, self.values, |row, columns| {
            let mut object = Map::new();
            for column in 0..columns {
                let name = row.as_ref().column_name(column)?.to_owned();
                object.insert(name, json(row.get_ref(column)?));
            }
            Ok(serde_json::Value::Object(object))
        })?;
        Ok(D1Result(rows))
    }
}

impl D1Result {
    /// The rows.
    pub fn results<T: DeserializeOwned>(&self) -> Result<Vec<T>> {
        Ok(self.0.iter().cloned().map(serde_json::from_value).collect::<serde_json::Result<_>>()?)
    }
}

fn json(value: ValueRef<'_>) -> serde_json::Value {
    match value {
        ValueRef::Null => serde_json::Value::Null,
        ValueRef::Integer(value) => value.into(),
        ValueRef::Real(value) => value.into(),
        ValueRef::Text(text) => String::from_utf8_lossy(text).into(),
        ValueRef::Blob(bytes) => bytes.to_vec().into(),
    }
}
