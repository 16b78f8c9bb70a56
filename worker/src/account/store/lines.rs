//! Which line belongs to whom.

use super::{Result, Store, int, text};
use kommo_voip_domain::ids::{ExtensionId, UserId};
use kommo_voip_domain::protocol::ExtensionAssignment;
use std::collections::BTreeMap;
use std::rc::Rc;

/// The map's name in memory.
const LINES: &str = "lines";

impl Store {
    /// The extension map; read from the database once.
    pub fn lines(&self) -> Result<Rc<BTreeMap<ExtensionId, UserId>>> {
        if let Some(known) = self.memory.recall(LINES) {
            return Ok(known);
        }
        let rows = self.rows("SELECT extension_id, kommo_user_id FROM lines", vec![])?;
        let lines = rows.iter().map(|row| Ok((ExtensionId(row.text(0)?), UserId(row.int(1)?))));
        let lines = Rc::new(lines.collect::<Result<BTreeMap<_, _>>>()?);
        self.memory.keep(LINES, Rc::clone(&lines));
        Ok(lines)
    }

    /// Replaces the extension map.
    pub fn replace_lines(&self, assignments: &[ExtensionAssignment]) -> Result<()> {
        self.tx(|| self.replace_lines_in_tx(assignments))
    }

    /// The same, as part of a larger transaction.
    pub fn replace_lines_in_tx(&self, assignments: &[ExtensionAssignment]) -> Result<()> {
        self.memory.drop_one(LINES);
        self.run("DELETE FROM lines", vec![])?;
        for line in assignments {
            let sql = "INSERT INTO lines (extension_id, kommo_user_id) VALUES (?1, ?2)";
            self.run(sql, vec![text(line.extension_id.0.clone()), int(line.kommo_user_id.0)])?;
        }
        Ok(())
    }
}
