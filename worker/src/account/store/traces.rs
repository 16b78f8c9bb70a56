//! Why each call landed where it did, step by step.

use super::{Result, Store, int, text};
use kommo_voip_domain::protocol::TraceStep;
use kommo_voip_domain::time::Moment;

impl Store {
    /// Adds a step to a call's trace.
    pub fn trace(&self, call: i64, kind: &str, words: impl Into<String>, now: Moment) -> Result<()> {
        let sql = "INSERT INTO traces (call, at, kind, text) VALUES (?1, ?2, ?3, ?4)";
        self.run(sql, vec![int(call), int(now.0), text(kind), text(words)])
    }

    /// The trace of a call, oldest first.
    pub fn trace_of(&self, call: i64) -> Result<Vec<TraceStep>> {
        self.rows("SELECT at, kind, text FROM traces WHERE call = ?1 ORDER BY id LIMIT 500", vec![int(call)])?
            .iter()
            .map(|row| Ok(TraceStep { at_ms: row.int(0)?, kind: row.text(1)?, text: row.text(2)? }))
            .collect()
    }
}
