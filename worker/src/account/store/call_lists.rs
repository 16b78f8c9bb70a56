//! The call lists, one per person.

use super::{Result, Store, int, json, maybe_int};
use kommo_voip_domain::call_list::CallList;
use kommo_voip_domain::ids::UserId;
use kommo_voip_domain::time::Moment;
use serde::{Deserialize, Serialize};
use std::rc::Rc;

/// The name in memory of who has a list under way: every webhook asks.
const UNDER_WAY: &str = "call_lists";

/// The forms in which lists were ever stored.
#[derive(Serialize, Deserialize)]
enum Stored {
    CallListV1(CallList),
}

impl Store {
    /// A person's list; an empty one before the first.
    pub fn call_list(&self, user: UserId) -> Result<CallList> {
        let row = self.first("SELECT list FROM call_lists WHERE user_id = ?1", vec![int(user.0)])?;
        let Some(row) = row else { return Ok(CallList::default()) };
        let Stored::CallListV1(list) = row.json(0)?;
        Ok(list)
    }

    /// Every list with its person.
    pub fn call_lists(&self) -> Result<Vec<(UserId, CallList)>> {
        let list = |row: &super::Row| {
            let Stored::CallListV1(list) = row.json(1)?;
            Ok((UserId(row.int(0)?), list))
        };
        self.rows("SELECT user_id, list FROM call_lists", vec![])?.iter().map(list).collect()
    }

    /// Stores a person's list, and when it is looked at next.
    pub fn set_call_list(&self, user: UserId, list: CallList, due: Option<Moment>, now: Moment) -> Result<()> {
        self.memory.drop_one(UNDER_WAY);
        let sql = "INSERT INTO call_lists (user_id, list, under_way, due_at, changed_at) VALUES (?1, ?2, ?3, ?4, ?5) \
                   ON CONFLICT (user_id) DO UPDATE SET list = excluded.list, under_way = excluded.under_way, \
                   due_at = excluded.due_at, changed_at = excluded.changed_at";
        let under_way = i64::from(list.is_under_way());
        let list = json(&Stored::CallListV1(list))?;
        self.run(sql, vec![int(user.0), list, int(under_way), maybe_int(due.map(|due| due.0)), int(now.0)])
    }

    /// When a person's list is looked at next.
    pub fn set_call_list_due(&self, user: UserId, due: Option<Moment>) -> Result<()> {
        let due = maybe_int(due.map(|due| due.0));
        self.run("UPDATE call_lists SET due_at = ?2 WHERE user_id = ?1 AND due_at IS NOT ?2", vec![int(user.0), due])
    }

    /// Whose lists have to be looked at when something happens to a call; read from the database once.
    pub fn call_lists_under_way(&self) -> Result<Rc<Vec<UserId>>> {
        if let Some(known) = self.memory.recall(UNDER_WAY) {
            return Ok(known);
        }
        let rows = self.rows("SELECT user_id FROM call_lists WHERE under_way = 1", vec![])?;
        let users = rows.iter().map(|row| row.int(0).map(UserId)).collect::<Result<Vec<_>>>()?;
        let users = Rc::new(users);
        self.memory.keep(UNDER_WAY, Rc::clone(&users));
        Ok(users)
    }

    /// When a list has to be looked at.
    pub fn next_call_list_due(&self) -> Result<Option<Moment>> {
        let row = self.first("SELECT MIN(due_at) FROM call_lists WHERE due_at IS NOT NULL", vec![])?;
        row.map_or(Ok(None), |row| Ok(row.maybe_int(0)?.map(Moment)))
    }

    /// Whose lists have to be looked at by now.
    pub fn due_call_lists(&self, now: Moment) -> Result<Vec<UserId>> {
        let rows = self.rows("SELECT user_id FROM call_lists WHERE due_at <= ?1", vec![int(now.0)])?;
        rows.iter().map(|row| row.int(0).map(UserId)).collect()
    }

    /// Forgets lists nobody has touched since.
    pub fn sweep_call_lists(&self, before: Moment) -> Result<()> {
        self.run("DELETE FROM call_lists WHERE changed_at < ?1 AND under_way = 0", vec![int(before.0)])
    }
}
