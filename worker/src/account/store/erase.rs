//! Erasing: one number wherever this object holds it, or everything.

use super::calls::OF_CALLS;
use super::{CallRow, Result, Store, int, text};
use kommo_voip_domain::ids::ProviderCallId;
use kommo_voip_domain::phone::PhoneKey;
use kommo_voip_domain::protocol::{DeliveryStatus, ErasedCounts};
use kommo_voip_domain::time::Moment;
use kommo_voip_domain::webhook::body_digest;

pub(super) fn digest(provider: &str, call: &ProviderCallId) -> String {
    body_digest(format!("{provider}/{call}").as_bytes())
}

impl Store {
    /// Every call with an outside number.
    pub fn calls_with(&self, number: &PhoneKey) -> Result<Vec<CallRow>> {
        self.calls_where("lane = ?1", vec![text(number.as_str())])
    }

    /// Erases a number and its calls; as a whole or not at all.
    pub fn erase_number(&self, number: &PhoneKey, now: Moment) -> Result<ErasedCounts> {
        self.tx(|| {
            let mut counts = ErasedCounts::default();
            for row in self.calls_with(number)? {
                counts.calls += 1;
                counts.calls_not_in_kommo += u32::from(row.delivery.status != DeliveryStatus::Delivered);
                let sql = "INSERT OR IGNORE INTO erased_calls (digest, at) VALUES (?1, ?2)";
                self.run(sql, vec![text(digest(&row.call.provider, &row.call.call_id)), int(now.0)])?;
                for table in OF_CALLS {
                    let gone = self.delete(&format!("{table} WHERE call = {}", row.id), vec![])?;
                    match table {
                        "traces" => counts.trace_steps += gone,
                        "outbox" => counts.actions += gone,
                        _ => {}
                    }
                }
                let late = vec![text(row.call.provider.clone()), text(row.call.call_id.0.clone())];
                counts.late_recordings += self.delete("late_recordings WHERE provider = ?1 AND call_id = ?2", late)?;
                self.delete(&format!("voip_calls WHERE id = {}", row.id), vec![])?;
            }
            // Creating a person is keyed by the number; every text that begins so lies between these two.
            let keys = vec![text(format!("person/{number}/")), text(format!("person/{number}0"))];
            counts.actions += self.delete("outbox WHERE key >= ?1 AND key < ?2", keys)?;
            self.delete("holdings WHERE number = ?1", vec![text(number.as_str())])?;
            counts.people += self.delete("people WHERE number = ?1", vec![text(number.as_str())])?;
            counts.call_list_entries += self.erase_from_call_lists(number, now)?;
            counts.failures += self.erase_from_failures(number)?;
            Ok(counts)
        })
    }

    fn erase_from_call_lists(&self, number: &PhoneKey, now: Moment) -> Result<u32> {
        let mut gone = 0;
        for (user, mut list) in self.call_lists()? {
            let removed = list.forget_number(number);
            if removed > 0 {
                gone += u32::try_from(removed).unwrap_or(u32::MAX);
                list.version += 1;
                let due = list.is_under_way().then_some(now);
                self.set_call_list(user, list, due, now)?;
            }
        }
        Ok(gone)
    }

    /// People are shown numbers in any spelling: the digits are compared.
    fn erase_from_failures(&self, number: &PhoneKey) -> Result<u32> {
        let wanted = number.as_str().trim_start_matches('+');
        let mut gone = 0;
        for row in self.rows("SELECT id, what, text FROM failures", vec![])? {
            let digits: String = [row.text(1)?, row.text(2)?].concat().chars().filter(char::is_ascii_digit).collect();
            if digits.contains(wanted) {
                gone += self.delete("failures WHERE id = ?1", vec![int(row.int(0)?)])?;
            }
        }
        Ok(gone)
    }

    /// A call was erased: whatever is still reported of it is dropped.
    pub fn is_erased_call(&self, provider: &str, call: &ProviderCallId) -> Result<bool> {
        let sql = "SELECT 1 FROM erased_calls WHERE digest = ?1";
        Ok(self.first(sql, vec![text(digest(provider, call))])?.is_some())
    }

    /// Forgets which calls were erased, once nobody reports them any more.
    pub fn sweep_erased(&self, before: Moment) -> Result<()> {
        self.run("DELETE FROM erased_calls WHERE at < ?1", vec![int(before.0)])
    }

    /// Empties every table, also those that are added later. Part of a larger transaction.
    pub fn empty(&self) -> Result<()> {
        self.memory.drop_all();
        let tables = "SELECT name FROM sqlite_master WHERE type = 'table' AND name <> 'migrations' \
                      AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' AND name NOT LIKE '\\_cf\\_%' ESCAPE '\\'";
        for row in self.rows(tables, vec![])? {
            self.run(&format!("DELETE FROM {}", row.text(0)?), vec![])?;
        }
        Ok(())
    }

    /// Makes whatever is kept for a time look older, as if that time had passed: for a developer's machine only.
    pub fn age(&self, by: i64) -> Result<()> {
        self.memory.drop_all();
        // A bound number arrives as a floating one, which must not find its way into JSON.
        self.tx(|| {
            for (table, column, unit) in [
                ("voip_calls", "created_at", 1),
                ("late_recordings", "at", 1),
                ("call_lists", "changed_at", 1),
                ("tickets", "expires_at", 1),
                ("erased_calls", "at", 1),
                ("failures", "at", 1000),
            ] {
                self.run(&format!("UPDATE {table} SET {column} = {column} - ?1"), vec![int(by / unit)])?;
            }
            let people =
                "UPDATE people SET person = json_set(person, '$.readAt', json_extract(person, '$.readAt') - CAST(?1 AS INTEGER))";
            self.run(people, vec![int(by)])?;
            let refused = "UPDATE meta SET value = json_set(value, '$.since', json_extract(value, '$.since') - CAST(?1 AS INTEGER)) \
                           WHERE name = 'renewal_refused'";
            self.run(refused, vec![int(by)])?;
            let uninstalled =
                "UPDATE meta SET value = CAST(CAST(value AS INTEGER) - CAST(?1 AS INTEGER) AS TEXT) WHERE name = 'uninstalled'";
            self.run(uninstalled, vec![int(by)])
        })
    }

    fn delete(&self, from: &str, values: Vec<serde_json::Value>) -> Result<u32> {
        let gone = self.rows(&format!("DELETE FROM {from} RETURNING 1"), values)?.len();
        Ok(u32::try_from(gone).unwrap_or(u32::MAX))
    }
}
