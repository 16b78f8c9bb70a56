//! The account itself: who granted us access, in which country and time zone, with which switches
//! (Kommo API reference: account).

use super::error::success;
use super::fields::Fields;
use super::query::Query;
use super::{Ask, KommoError, Reply, Request};
use crate::ids::{AccountId, GroupId, UserId};
use serde::{Deserialize, Serialize};

/// Reads the account of the token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GetAccount;

/// The account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    /// The account.
    pub id: AccountId,
    /// Its name.
    pub name: String,
    /// Its subdomain at this moment.
    pub subdomain: String,
    /// The user who granted the token.
    pub current_user_id: UserId,
    /// Country code of two letters.
    pub country: Option<String>,
    /// Currency code.
    pub currency: Option<String>,
    /// Language code.
    pub language: Option<String>,
    /// Incoming leads are switched on.
    pub is_unsorted_on: bool,
    /// The time zone's name, such as `Europe/Berlin`.
    pub timezone: Option<String>,
    /// How far the time zone is ahead of UTC today, in minutes.
    pub utc_offset_minutes: i64,
    /// The groups of users.
    pub groups: Vec<Group>,
    /// The kinds of tasks.
    pub task_types: Vec<TaskType>,
}

/// A group of users.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Group {
    /// The group; `0` is the main one.
    pub id: GroupId,
    /// Its name.
    pub name: String,
}

/// A kind of task.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TaskType {
    /// Its number; 1 is follow-up, 2 is meeting.
    pub id: i64,
    /// Its name.
    pub name: String,
}

impl Ask for GetAccount {
    type Answer = Account;

    fn request(&self) -> Request {
        Request::get(Query::new("/api/v4/account").pair("with", "users_groups,task_types,datetime_settings").path())
    }

    fn read(&self, reply: &Reply<'_>) -> Result<Account, KommoError> {
        let value = success(reply)?.ok_or(KommoError::NotFound)?;
        let root = Fields::new(&value);
        let filled = |name| root.text(name).filter(|text| !text.is_empty()).map(str::to_owned);
        let settings = root.inside("_embedded").inside("datetime_settings");
        let group = |item: Fields<'_>| Some(Group { id: GroupId(item.whole("id")?), name: item.text_or_empty("name") });
        let kind = |item: Fields<'_>| Some(TaskType { id: item.whole("id")?, name: item.text_or_empty("name") });
        Ok(Account {
            id: AccountId(root.id("id")?),
            name: root.text_or_empty("name"),
            subdomain: root.text_or_empty("subdomain"),
            current_user_id: UserId(root.id("current_user_id")?),
            country: filled("country"),
            currency: filled("currency"),
            language: filled("language"),
            is_unsorted_on: root.flag("is_unsorted_on"),
            timezone: settings.text("timezone").map(str::to_owned),
            utc_offset_minutes: settings.text("timezone_offset").and_then(offset).unwrap_or_default(),
            groups: root.embedded("users_groups").filter_map(group).collect(),
            task_types: root.embedded("task_types").filter_map(kind).collect(),
        })
    }
}

/// Reads `+05:30`.
fn offset(text: &str) -> Option<i64> {
    let mut letters = text.chars();
    let sign = match letters.next()? {
        '+' => 1,
        '-' | '−' => -1,
        _ => return None,
    };
    let (hours, minutes) = letters.as_str().split_once(':')?;
    let number = |part: &str| part.parse::<u8>().ok().map(i64::from);
    let minutes = number(hours)? * 60 + number(minutes)?;
    (minutes <= 14 * 60).then_some(sign * minutes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kommo::testing::{refuses_all, reply};

    #[test]
    fn an_account_is_read() {
        let body = r#"{"id":30111222,"name":"Acme","subdomain":"acme","current_user_id":9000001,"country":"DE",
            "currency":"EUR","language":"en","is_unsorted_on":true,"_embedded":{
            "task_types":[{"id":1,"name":"Follow-up","color":null}],"users_groups":[{"id":0,"name":"Sales","uuid":null}],
            "datetime_settings":{"timezone":"Europe/Berlin","timezone_offset":"+01:00"}}}"#;
        let account = GetAccount.read(&reply(200, body)).expect("an account");
        assert_eq!((account.id, account.current_user_id), (AccountId(30_111_222), UserId(9_000_001)));
        assert_eq!((account.timezone.as_deref(), account.utc_offset_minutes), (Some("Europe/Berlin"), 60));
        assert_eq!(account.groups, vec![Group { id: GroupId(0), name: "Sales".into() }]);
        assert_eq!(account.task_types.first().map(|kind| kind.id), Some(1));
        assert!(account.is_unsorted_on);
        assert_eq!(GetAccount.request().path, "/api/v4/account?with=users_groups%2Ctask_types%2Cdatetime_settings");
    }

    #[test]
    fn offsets_are_read_with_their_sign() {
        for (text, minutes) in [
            ("+05:30", Some(330)),
            ("-03:00", Some(-180)),
            ("−03:00", Some(-180)),
            ("UTC", None),
            ("", None),
            ("+99:00", None),
            ("+-5:00", None),
            ("+440737030011955161:00", None),
        ] {
            assert_eq!(offset(text), minutes, "{text}");
        }
    }

    #[test]
    fn the_least_of_an_account_suffices_and_less_does_not() {
        let account = GetAccount.read(&reply(200, r#"{"id":1,"current_user_id":2}"#)).expect("the least");
        assert_eq!((account.country, account.timezone), (None, None));
        assert!(GetAccount.read(&reply(200, r#"{"id":1}"#)).is_err());
        assert_eq!(GetAccount.read(&reply(204, "")), Err(KommoError::NotFound));
        refuses_all(&GetAccount);
    }
}
