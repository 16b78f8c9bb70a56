//! Users and what each may see (Kommo API reference: users and roles). Only an administrator's grant may read them.

use super::error::{success, success_or_missing};
use super::fields::{Fields, read_list, single};
use super::query::Query;
use super::{Ask, KommoError, Page, Reply, Request};
use crate::ids::{GroupId, UserId};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// One page of the users, counted from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ListUsers {
    /// The page.
    pub page: u32,
}

/// One user; none if there is no such user.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GetUser {
    /// The user.
    pub id: UserId,
}

/// A user.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct User {
    /// The user.
    pub id: UserId,
    /// The name.
    pub name: String,
    /// The e-mail address.
    pub email: String,
    /// The language code.
    pub lang: Option<String>,
    /// What the user may do.
    pub rights: Rights,
}

/// What a user may see and be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rights {
    /// Which leads the user sees.
    pub leads: ViewRight,
    /// Which contacts the user sees.
    pub contacts: ViewRight,
    /// Which companies the user sees.
    pub companies: ViewRight,
    /// May add contacts. What was stored before this was read says no, until it is read again.
    #[serde(default)]
    pub add_contacts: bool,
    /// Sees and may do everything.
    pub is_admin: bool,
    /// Has no paid seat.
    pub is_free: bool,
    /// May sign in.
    pub is_active: bool,
    /// The user's group.
    pub group_id: Option<GroupId>,
}

/// How far a user sees into a kind of entity. A letter we do not know counts as denied.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum ViewRight {
    /// Nothing (`D`).
    #[default]
    Denied,
    /// Only what the user is responsible for (`M`).
    Own,
    /// What the user's group is responsible for (`G`).
    Group,
    /// Everything (`A`).
    All,
}

impl ViewRight {
    /// From Kommo's letter.
    pub fn from_letter(letter: &str) -> Self {
        match letter {
            "A" => Self::All,
            "G" => Self::Group,
            "M" => Self::Own,
            _ => Self::Denied,
        }
    }

    /// Kommo's letter.
    pub fn letter(self) -> &'static str {
        match self {
            Self::All => "A",
            Self::Group => "G",
            Self::Own => "M",
            Self::Denied => "D",
        }
    }
}

impl Serialize for ViewRight {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.letter())
    }
}

impl<'de> Deserialize<'de> for ViewRight {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(|letter| Self::from_letter(&letter))
    }
}

impl User {
    /// Can be given calls, leads and tasks.
    pub fn is_active(&self) -> bool {
        self.rights.is_active
    }

    fn read(item: Fields<'_>) -> Result<Self, KommoError> {
        let rights = item.inside("rights");
        let right = |kind, deed| rights.inside(kind).text(deed).map(ViewRight::from_letter).unwrap_or_default();
        let view = |kind| right(kind, "view");
        Ok(Self {
            id: UserId(item.id("id")?),
            name: item.text_or_empty("name"),
            email: item.text_or_empty("email"),
            lang: item.text("lang").map(str::to_owned),
            rights: Rights {
                leads: view("leads"),
                contacts: view("contacts"),
                companies: view("companies"),
                add_contacts: right("contacts", "add") != ViewRight::Denied,
                is_admin: rights.flag("is_admin"),
                is_free: rights.flag("is_free"),
                is_active: rights.flag("is_active"),
                group_id: rights.whole("group_id").map(GroupId),
            },
        })
    }
}

impl Ask for ListUsers {
    type Answer = Page<User>;

    fn request(&self) -> Request {
        let query = Query::new("/api/v4/users").pair("limit", "250").pair("page", self.page.to_string());
        Request::get(query.path())
    }

    fn read(&self, reply: &Reply<'_>) -> Result<Page<User>, KommoError> {
        let value = success(reply)?;
        let items = read_list(value.as_ref(), "users", User::read)?;
        let more = value
            .as_ref()
            .is_some_and(|value| Fields::new(value).inside("_links").inside("next").text("href").is_some());
        Ok(Page { next: (more && !items.is_empty()).then(|| self.page.saturating_add(1)), items })
    }
}

impl Ask for GetUser {
    type Answer = Option<User>;

    fn request(&self) -> Request {
        Request::get(format!("/api/v4/users/{}", self.id))
    }

    fn read(&self, reply: &Reply<'_>) -> Result<Option<User>, KommoError> {
        let Some(value) = success_or_missing(reply)? else { return Ok(None) };
        let user = User::read(single(&value, "users")?)?;
        if user.id == self.id { Ok(Some(user)) } else { Err(KommoError::unreadable("another user than asked for")) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kommo::testing::{refuses_all, reply};

    const MIA: &str = r#"{"id":9000002,"name":"Mia","email":"mia@acme.example","lang":"pt","rights":{
        "leads":{"view":"M","edit":"M"},"contacts":{"view":"G"},"companies":{"view":"?"},
        "is_admin":false,"is_free":false,"is_active":true,"group_id":0,"role_id":null}}"#;

    #[test]
    fn a_user_is_read_with_rights_and_unknown_letters_deny() {
        let user = GetUser { id: UserId(9_000_002) }.read(&reply(200, MIA)).expect("readable").expect("there");
        assert_eq!(user.rights.leads, ViewRight::Own);
        assert_eq!(user.rights.contacts, ViewRight::Group);
        assert_eq!(user.rights.companies, ViewRight::Denied);
        assert_eq!(user.rights.group_id, Some(GroupId(0)));
        assert!(user.is_active() && !user.rights.is_admin);
        let stored = serde_json::to_string(&user).expect("plain data");
        assert_eq!(serde_json::from_str::<User>(&stored).ok(), Some(user));
    }

    #[test]
    fn a_missing_user_is_none_and_another_one_is_refused() {
        let ask = GetUser { id: UserId(5) };
        assert_eq!(ask.read(&reply(404, "{}")), Ok(None));
        assert_eq!(ask.read(&reply(204, "")), Ok(None));
        assert!(ask.read(&reply(200, MIA)).is_err());
        refuses_all(&ask);
    }

    #[test]
    fn pages_lead_to_the_next_until_the_last() {
        let ask = ListUsers { page: 1 };
        assert_eq!(ask.request().path, "/api/v4/users?limit=250&page=1");
        let more = format!(r#"{{"_links":{{"next":{{"href":"x"}}}},"_embedded":{{"users":[{MIA}]}}}}"#);
        assert_eq!(ask.read(&reply(200, &more)).map(|page| (page.items.len(), page.next)), Ok((1, Some(2))));
        let last = format!(r#"{{"_links":{{}},"_embedded":{{"users":[{MIA}]}}}}"#);
        assert_eq!(ask.read(&reply(200, &last)).map(|page| page.next), Ok(None));
        assert_eq!(ask.read(&reply(204, "")), Ok(Page { items: vec![], next: None }));
        assert!(ask.read(&reply(200, r#"{"_embedded":{"leads":[]}}"#)).is_err());
        refuses_all(&ask);
    }
}
