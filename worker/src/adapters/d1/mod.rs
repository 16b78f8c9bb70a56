//! The record shared across accounts, one file per table. Parameters are always bound, and only as numbers, text or
//! NULL: D1 binds a bool as text, and a number read from a STRICT column comes back whole.

pub mod address_keys;
pub mod installations;
pub mod oauth_states;
pub mod pending_grants;
pub mod settings_table;
pub mod tokens;
pub mod voip_users;

use super::platform::{Bound, bound_number, bound_text};
use serde::de::DeserializeOwned;
use worker::{D1Database, D1PreparedStatement, Env};

/// The D1 binding.
pub const BINDING: &str = "DB";

/// The shared record could not be read or written. Whoever meets this tries again later; nothing was half done.
#[derive(Debug, Clone, thiserror::Error)]
#[error("the database is not available ({what}): {detail}")]
pub struct StoreError {
    what: &'static str,
    detail: String,
}

/// The shared database.
pub fn database(env: &Env) -> Result<D1Database, StoreError> {
    env.d1(BINDING).map_err(failed("opening"))
}

fn failed(what: &'static str) -> impl Fn(worker::Error) -> StoreError {
    move |error| StoreError { what, detail: error.to_string() }
}

fn statement(
    db: &D1Database,
    what: &'static str,
    sql: &str,
    values: &[Bound],
) -> Result<D1PreparedStatement, StoreError> {
    db.prepare(sql).bind(values).map_err(failed(what))
}

/// Runs a statement and reads the rows it returns.
async fn rows<T: DeserializeOwned>(
    db: &D1Database,
    what: &'static str,
    sql: &str,
    values: &[Bound],
) -> Result<Vec<T>, StoreError> {
    let result = statement(db, what, sql, values)?.all().await.map_err(failed(what))?;
    result.results().map_err(failed(what))
}

/// Runs a statement and reads the first row it returns.
async fn first<T: DeserializeOwned>(
    db: &D1Database,
    what: &'static str,
    sql: &str,
    values: &[Bound],
) -> Result<Option<T>, StoreError> {
    Ok(rows(db, what, sql, values).await?.into_iter().next())
}

/// Runs a statement for its effect.
async fn run(db: &D1Database, what: &'static str, sql: &str, values: &[Bound]) -> Result<(), StoreError> {
    statement(db, what, sql, values)?.run().await.map(|_| ()).map_err(failed(what))
}

/// Ids and moments stay below 2^53, where a JavaScript number is exact.
fn int(value: i64) -> Bound {
    bound_number(value as f64)
}

fn flag(value: bool) -> Bound {
    int(i64::from(value))
}

fn text(value: &str) -> Bound {
    bound_text(Some(value))
}

fn optional(value: Option<&str>) -> Bound {
    bound_text(value)
}
