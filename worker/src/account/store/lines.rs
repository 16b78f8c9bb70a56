//! Which line belongs to whom, for each provider that is or was connected: late events of a former one still find
//! their managers.

use super::{Result, Store, int, text};
use kommo_voip_domain::ids::{ExtensionId, UserId};
use kommo_voip_domain::protocol::ExtensionAssignment;
use std::collections::BTreeMap;
use std::rc::Rc;

/// The map's name in memory.
const LINES: &str = "lines";

/// The lines of one provider.
pub type Lines = BTreeMap<ExtensionId, UserId>;

/// The lines of every provider.
#[derive(Debug, Default)]
pub struct AllLines(BTreeMap<String, Lines>);

impl AllLines {
    /// The lines of one provider.
    pub fn of(&self, provider: &str) -> &Lines {
        static NONE: Lines = BTreeMap::new();
        self.0.get(provider).unwrap_or(&NONE)
    }
}

impl Store {
    /// All lines; read from the database once.
    pub fn lines(&self) -> Result<Rc<AllLines>> {
        if let Some(known) = self.memory.recall(LINES) {
            return Ok(known);
        }
        let mut lines = AllLines::default();
        for row in self.rows("SELECT provider, extension_id, kommo_user_id FROM provider_lines", vec![])? {
            lines.0.entry(row.text(0)?).or_default().insert(ExtensionId(row.text(1)?), UserId(row.int(2)?));
        }
        let lines = Rc::new(lines);
        self.memory.keep(LINES, Rc::clone(&lines));
        Ok(lines)
    }

    /// Replaces the lines of a provider; part of a larger transaction.
    pub fn replace_lines(&self, provider: &str, assignments: &[ExtensionAssignment]) -> Result<()> {
        self.memory.drop_one(LINES);
        self.run("DELETE FROM provider_lines WHERE provider = ?1", vec![text(provider)])?;
        for line in assignments {
            let sql = "INSERT INTO provider_lines (provider, extension_id, kommo_user_id) VALUES (?1, ?2, ?3)";
            self.run(sql, vec![text(provider), text(line.extension_id.0.clone()), int(line.kommo_user_id.0)])?;
        }
        Ok(())
    }
}
