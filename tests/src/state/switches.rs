//! Where Kommo's documentation contradicts itself or is silent, both readings are a switch.

use serde::{Deserialize, Serialize};

/// How `query` compares.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum SearchMode {
    /// Some field's digits contain the query's digits; queries without digits compare text.
    Digits,
    /// Some field's text contains the query's text, ignoring case.
    Literal,
}

/// What becomes of a refresh token that was traded in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum RefreshReuse {
    /// It works until the new pair is first used.
    UntilNewUsed,
    /// It is revoked at once.
    Revoked,
}

/// Whom the request limit counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum RateScope {
    /// Every account by itself.
    Account,
    /// Every client address by itself.
    Address,
}

/// What a PATCH of a note that names another entity does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum NoteMove {
    /// 400.
    Refuse,
    /// The rest of the change happens, the note stays.
    Ignore,
}

/// What a PATCH of a note does with params it does not name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ParamsPatch {
    /// They are gone.
    Replace,
    /// They stay.
    Merge,
}

/// What the incoming-lead call does with something already waiting.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Duplicates {
    /// Both stay (the current page speaks of a tag only).
    Allow,
    /// 400 (an older page).
    Refuse,
}

/// What an empty list of users means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Nobody {
    /// As if the list were left out.
    IsEveryone,
    /// Nobody.
    IsNobody,
}

/// The content security policy of the CRM page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Csp {
    /// No policy.
    None,
    /// Own scripts and compiled WebAssembly only.
    StrictWasm,
    /// Own scripts only, no WebAssembly.
    Strict,
}

macro_rules! switches {
    ($($(#[$doc:meta])* $name:ident : $kind:ty = $default:expr,)*) => {
        /// Every switch, with its value of today.
        #[derive(Debug, Clone, Serialize, Deserialize)]
        #[serde(rename_all = "camelCase", deny_unknown_fields)]
        pub(crate) struct Switches { $($(#[$doc])* pub(crate) $name: $kind,)* }

        impl Default for Switches {
            fn default() -> Self {
                Self { $($name: $default,)* }
            }
        }
    };
}

switches! {
    /// Requests must name their host in `X-Intended-Host`; otherwise the account follows
    /// from the token or code.
    require_intended_host: bool = true,
    /// Moves the simulator's clock, seconds.
    clock_offset: f64 = 0.0,
    /// Seconds until `query` finds a new or changed entity.
    search_lag: f64 = 3.0,
    /// How `query` compares.
    search_mode: SearchMode = SearchMode::Digits,
    /// `filter[...]` is silently ignored.
    filters_ignored: bool = false,
    /// Requests let through in any second; 0 lets everything through.
    rate_limit: u64 = 7,
    /// Whom the limit counts.
    rate_scope: RateScope = RateScope::Account,
    /// The `retry_after` of a 429, seconds.
    retry_after: u64 = 1,
    /// Refusals within ten seconds that lead to a block; 0 never blocks.
    block_after: u64 = 10,
    /// How long a block lasts, seconds.
    block_seconds: f64 = 5.0,
    /// What becomes of a refresh token that was traded in.
    refresh_reuse: RefreshReuse = RefreshReuse::UntilNewUsed,
    /// Life of an access token, seconds.
    access_lifetime: u64 = 86_400,
    /// One-time tokens carry `is_admin`.
    token_is_admin: bool = false,
    /// `/oauth` asks nobody and redirects at once.
    oauth_auto_allow: bool = false,
    /// A non-administrator may grant access before an administrator installed the integration.
    non_admin_grant: bool = true,
    /// `referer` comes with its scheme.
    referer_with_scheme: bool = false,
    /// Status of the token endpoint at a host the account has left.
    renamed_token_status: u16 = 404,
    /// A PATCH of a note that names another entity.
    note_move: NoteMove = NoteMove::Refuse,
    /// What a PATCH of a note does with params it does not name.
    note_params: ParamsPatch = ParamsPatch::Replace,
    /// Notes can be put on the lead of an incoming lead nobody accepted yet.
    notes_on_unsorted: bool = true,
    /// Contacts of incoming leads nobody accepted yet match on `/calls`.
    calls_match_unsorted: bool = false,
    /// An incoming lead like one that already waits.
    duplicate_unsorted: Duplicates = Duplicates::Allow,
    /// The next so many accepts of incoming leads answer 400.
    accept_failures: u64 = 0,
    /// `/leads/complex` merges into a contact with the same phone or e-mail.
    duplicate_control: bool = false,
    /// The account's plan includes webhooks, unless the account says otherwise.
    webhooks_plan: bool = true,
    /// A contact or company that is linked to a lead is told as updated.
    links_told: bool = true,
    /// Whom `POST /api/v2/events` with an empty list of users reaches.
    empty_users: Nobody = Nobody::IsEveryone,
    /// A list's More menu offers widgets that declare no more than `everywhere`, as one page says; otherwise those
    /// that declare the list, shown (`clist-1`, `llist-1`).
    list_actions_everywhere: bool = false,
    /// A row of the leads brings the numbers of the lead's contact; otherwise, having none of its own, none.
    lead_row_phones: bool = true,
    /// The content security policy of the CRM page.
    csp: Csp = Csp::StrictWasm,
    /// The page has loaded its number library for itself; else it only offers it.
    page_libphonenumber: bool = false,
}

impl Switches {
    /// Changes the named switches; nothing changes if one of them is unknown or ill-typed.
    pub(crate) fn change(&mut self, changes: &serde_json::Value) -> Result<(), String> {
        let serde_json::Value::Object(changes) = changes else {
            return Err("switches come as an object".to_owned());
        };
        let mut all = serde_json::to_value(&*self).map_err(|error| error.to_string())?;
        let Some(known) = all.as_object_mut() else {
            return Err("switches are an object".to_owned());
        };
        for (name, value) in changes {
            if !known.contains_key(name) {
                let names: Vec<&str> = known.keys().map(String::as_str).collect();
                return Err(format!("unknown switch {name}; known: {}", names.join(", ")));
            }
            known.insert(name.clone(), value.clone());
        }
        *self = serde_json::from_value(all).map_err(|error| error.to_string())?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn unknown_switch_lists_the_known_ones_and_changes_nothing() {
        let mut switches = Switches::default();
        let error = switches.change(&json!({"searchLag": 0, "serchLag": 1})).unwrap_err();
        assert!(error.contains("serchLag") && error.contains("searchMode"));
        assert!((switches.search_lag - 3.0).abs() < f64::EPSILON);
    }

    #[test]
    fn switches_change_by_name() {
        let mut switches = Switches::default();
        switches.change(&json!({"searchLag": 0, "searchMode": "literal", "csp": "strict-wasm"})).unwrap();
        assert_eq!(switches.search_mode, SearchMode::Literal);
    }
}
