//! The journal as people ask for it: pages of calls, and what is counted over them. All of it runs along one index in
//! the journal's order, which holds every column that is filtered or counted by.

use super::calls::word;
use super::{CallRow, Result, Store, int, text};
use kommo_voip_domain::ids::UserId;
use kommo_voip_domain::journal::{Filters, Number, QUARTER, RatingTally, Tally};
use serde_json::Value;

/// Numbers up to here reach the database as they are: JavaScript stands between.
const MOST: i64 = (1 << 53) - 1;

/// Which calls: those somebody may see, of those the ones that were asked for.
#[derive(Debug, Clone)]
pub struct Wanted {
    /// Only calls of this manager; none: everybody's.
    pub only: Option<UserId>,
    /// What was asked for.
    pub filters: Filters,
}

/// Where a page of the journal ended: the next one begins behind this call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cursor {
    started_at: i64,
    id: i64,
}

impl Cursor {
    /// Behind a call.
    pub fn behind(row: &CallRow) -> Self {
        Self { started_at: row.call.started_at.seconds(), id: row.id }
    }

    /// Reads one that was written as text.
    pub fn read(text: &str) -> Option<Self> {
        let (started_at, id) = text.split_once('.')?;
        let number = |text: &str| text.parse().ok().filter(|number| (-MOST..=MOST).contains(number));
        Some(Self { started_at: number(started_at)?, id: number(id)? })
    }
}

impl std::fmt::Display for Cursor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}.{}", self.started_at, self.id)
    }
}

/// A condition in the making: numbered places and what goes into them.
#[derive(Default)]
struct Condition {
    sql: String,
    values: Vec<Value>,
}

impl Condition {
    /// The place of a value.
    fn place(&mut self, value: Value) -> String {
        self.values.push(value);
        format!("?{}", self.values.len())
    }

    fn and(&mut self, term: &str) {
        if !self.sql.is_empty() {
            self.sql.push_str(" AND ");
        }
        self.sql.push_str(term);
    }
}

impl Wanted {
    fn condition(&self) -> Result<Condition> {
        let mut all = Condition::default();
        let filters = &self.filters;
        // A call always has a start: this alone keeps the database on the index.
        let from = all.place(int(filters.from.unwrap_or(-MOST)));
        all.and(&format!("started_at >= {from}"));
        if let Some(to) = filters.to {
            let to = all.place(int(to));
            all.and(&format!("started_at < {to}"));
        }
        if let Some(user) = filters.user {
            let user = all.place(int(user.0));
            all.and(&format!("responsible_user_id = {user}"));
        }
        if let Some(direction) = filters.direction {
            let direction = all.place(text(word(&direction)?));
            all.and(&format!("direction = {direction}"));
        }
        if let Some(outcome) = filters.outcome {
            let places: Vec<String> = outcome.statuses().iter().map(|status| all.place(text(*status))).collect();
            all.and(&format!("status IN ({})", places.join(", ")));
        }
        match &filters.number {
            None => {}
            Some(Number::Whole(key)) => {
                let key = all.place(text(key.as_str()));
                all.and(&format!("(from_number = {key} OR to_number = {key})"));
            }
            // Nothing but digits, so nothing in it means anything to LIKE.
            Some(Number::EndsIn(digits)) => {
                let end = all.place(text(["%", digits].concat()));
                all.and(&format!("(from_number LIKE {end} OR to_number LIKE {end})"));
            }
        }
        if let Some(only) = self.only {
            let only = all.place(int(only.0));
            all.and(&format!(
                "(responsible_user_id = {only} OR id IN (SELECT call FROM provider_lines JOIN call_lines \
                 USING (provider, extension_id) WHERE kommo_user_id = {only}))"
            ));
        }
        Ok(all)
    }
}

impl Store {
    /// Calls, the latest first, as many as `limit` behind the cursor.
    pub fn journal_page(&self, wanted: &Wanted, behind: Option<Cursor>, limit: usize) -> Result<Vec<CallRow>> {
        let mut condition = wanted.condition()?;
        if let Some(Cursor { started_at, id }) = behind {
            let (started_at, id) = (condition.place(int(started_at)), condition.place(int(id)));
            condition.and(&format!("(started_at, id) < ({started_at}, {id})"));
        }
        let limit = condition.place(int(i64::try_from(limit).unwrap_or(i64::MAX)));
        let sql = format!("{} ORDER BY started_at DESC, id DESC LIMIT {limit}", condition.sql);
        self.calls_where(&sql, condition.values)
    }

    /// The calls by the quarter of an hour in which they started, and by status.
    pub fn journal_tallies(&self, wanted: &Wanted) -> Result<Vec<Tally>> {
        let Condition { sql, values } = wanted.condition()?;
        let sql = format!(
            "SELECT started_at / {QUARTER} AS quarter, status, COUNT(*), SUM(duration) FROM voip_calls \
             WHERE {sql} GROUP BY quarter, status ORDER BY quarter"
        );
        let tally = |row: &super::Row| {
            Ok(Tally {
                quarter: row.int(0)?,
                status: row.text(1)?,
                calls: u32::try_from(row.int(2)?).unwrap_or(u32::MAX),
                talk: row.int(3)?,
            })
        };
        self.rows(&sql, values)?.iter().map(tally).collect()
    }

    /// The ratings by the manager the calls are credited to; only the own ones for who sees only own calls.
    pub fn journal_ratings(&self, wanted: &Wanted) -> Result<Vec<RatingTally>> {
        let mut condition = wanted.condition()?;
        if let Some(only) = wanted.only {
            let only = condition.place(int(only.0));
            condition.and(&format!("responsible_user_id = {only}"));
        }
        let sql = format!(
            "SELECT responsible_user_id, COUNT(*), SUM(rating) FROM voip_calls WHERE {} \
             AND rating IS NOT NULL AND responsible_user_id IS NOT NULL GROUP BY responsible_user_id",
            condition.sql
        );
        let tally = |row: &super::Row| {
            Ok(RatingTally {
                user: UserId(row.int(0)?),
                count: u32::try_from(row.int(1)?).unwrap_or(u32::MAX),
                sum: row.int(2)?,
            })
        };
        self.rows(&sql, condition.values)?.iter().map(tally).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_comes_back_as_it_went_and_nothing_else_is_one() {
        let cursor = Cursor { started_at: 1_790_000_000, id: 42 };
        assert_eq!(Cursor::read(&cursor.to_string()), Some(cursor));
        for text in
            ["", "42", ".", "1.", ".1", "1.2.3", "a.b", "1 OR 1.1", "99999999999999999999.1", "9223372036854775807.1"]
        {
            assert_eq!(Cursor::read(text), None, "{text}");
        }
    }
}
