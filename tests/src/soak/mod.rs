//! Runs of calls under faults and deaths, drawn from seeds, and an oracle that knows what must be in Kommo whatever
//! happened.
//!
//! Where the product runs is somebody else's choice ([`Place`]): the real edge runtime, or its native twin under a
//! stopped clock. What happens there, how one waits until it is over and what is asked then is the same.

mod draw;
mod oracle;
#[cfg(test)]
mod oracle_tests;
mod place;
mod run;
mod schedule;
mod totals;

pub use oracle::{Finding, Wrong};
pub use place::{Place, Reply};
pub use run::{Ended, Run};
pub use schedule::{Fate, Length, Schedule};
pub use totals::{Seeds, Totals};

use serde_json::{Value, json};

use crate::crypto;

/// The company's own number.
pub const COMPANY: &str = "+14155559999";

/// A number for each of ten thousand callers.
pub fn number(caller: usize) -> String {
    format!("+1415555{caller:04}")
}

/// A contact or company with one number, as Kommo's API takes it.
pub fn person(name: &str, number: &str, owner: u64) -> Value {
    json!({"name": name, "responsible_user_id": owner, "custom_fields_values": [{"field_code": "PHONE", "values": [{"value": number}]}]})
}

/// The headers of a delivery, signed by the scheme Standard Webhooks at this moment, Unix seconds.
pub fn signed(secret: &str, id: &str, at: i64, body: &str) -> Vec<(String, String)> {
    let signature = crypto::standard_webhook_signature(secret, id, at, body);
    let headers = [
        ("content-type", "application/json"),
        ("webhook-id", id),
        ("webhook-timestamp", &at.to_string()),
        ("webhook-signature", &signature),
    ];
    headers.map(|(name, value)| (name.to_owned(), value.to_owned())).into()
}

/// Items of a list of the state.
///
/// # Panics
/// Where there is no such list.
pub fn items<'a>(state: &'a Value, list: &str) -> &'a [Value] {
    state[list].as_array().unwrap_or_else(|| panic!("{list} is a list"))
}

/// The call notes with this `uniq`.
pub fn notes_of<'a>(state: &'a Value, call: &str) -> Vec<&'a Value> {
    items(state, "notes").iter().filter(|note| note["params"]["uniq"] == call).collect()
}

/// The contacts or companies with this number.
pub fn with_number<'a>(state: &'a Value, list: &str, number: &str) -> Vec<&'a Value> {
    let has = |entity: &&Value| entity["custom_fields_values"].to_string().contains(number);
    items(state, list).iter().filter(has).collect()
}
