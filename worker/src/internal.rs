//! What the Worker and an Account object say to each other beside the public API: one type for both ends.
//!
//! `POST /internal/grant` [`Grant`] → 200 [`GrantAnswer`]; anything else means "try again".
//! `POST /internal/uninstalled` `{}` → 2xx once the object has taken it up; it confirms by asking Kommo.
//! `POST /internal/recording` [`RecordingRequest`] → 200 [`RecordingSource`], else the answer for whoever asked.
//! `POST /internal/voip-oauth` [`VoipOauthStep`] → 200 [`VoipOauthAnswer`].
//! `POST /internal/wake` [`Wake`] → the object looks after tokens, seals, outbox and an uninstall.

use kommo_voip_domain::ids::AccountId;
use kommo_voip_domain::time::Millis;
use serde::{Deserialize, Serialize};
use std::fmt;

/// A token pair for an account, not verified yet.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Grant {
    /// The account the pair is said to be for; the object checks.
    pub account_id: AccountId,
    /// The account's host, checked against the allowed domains.
    pub host: String,
    /// The access token.
    pub access_token: String,
    /// The refresh token.
    pub refresh_token: String,
    /// The access token's life in seconds, counted from its issue.
    pub expires_in: i64,
    /// Where to ask for the host after a rename.
    pub api_domain: Option<String>,
}

impl fmt::Debug for Grant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Grant").field("account_id", &self.account_id).field("host", &self.host).finish_non_exhaustive()
    }
}

/// What became of a grant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GrantAnswer {
    /// The result.
    pub result: GrantResult,
    /// More about it, as a sentence for the log.
    #[serde(default)]
    pub detail: Option<String>,
}

/// The result of a grant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GrantResult {
    /// Verified and stored.
    Connected,
    /// Whoever agreed is no administrator; the pair was thrown away.
    NotAdmin,
    /// The pair is of no use; only connecting again helps.
    Failed,
}

/// Whose object is woken: one whose own copy is missing comes back from D1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Wake {
    /// The account.
    #[serde(default)]
    pub account: Option<AccountId>,
    /// How long it may wait: many that are woken at once ask Kommo one after the other.
    #[serde(default)]
    pub after: Millis,
}

/// Which call's recording is wanted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordingRequest {
    /// The account, as the token named it.
    pub account: AccountId,
    /// Our id of the call.
    pub call: String,
}

/// Where a recording is at this moment.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordingSource {
    /// The address.
    pub url: String,
    /// The `Authorization` header for it.
    pub authorisation: Option<String>,
    /// The hosts it may be fetched from.
    pub hosts: Vec<String>,
}

impl fmt::Debug for RecordingSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RecordingSource").field("hosts", &self.hosts).finish_non_exhaustive()
    }
}

/// What the browser of whoever connects a telephony provider brought. `Debug` shows neither state nor code.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct VoipOauthStep {
    /// The state.
    pub state: String,
    /// A hash of what tells this browser from others.
    pub browser: String,
    /// The code, once they agreed.
    pub code: Option<String>,
    /// They did not agree.
    pub declined: bool,
}

impl fmt::Debug for VoipOauthStep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("VoipOauthStep").field("declined", &self.declined).finish_non_exhaustive()
    }
}

/// What their browser is told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum VoipOauthAnswer {
    /// To the provider's consent page.
    Consent {
        /// Its address.
        location: String,
    },
    /// The provider is connected.
    Connected,
    /// They did not agree.
    Declined,
    /// The provider did not accept the code.
    Failed,
    /// The state is unknown, used up or too old.
    Expired,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_keep_their_json_and_hide_their_secrets() {
        let grant = Grant {
            account_id: AccountId(7),
            host: "acme.kommo.com".into(),
            access_token: "hush-a".into(),
            refresh_token: "hush-r".into(),
            expires_in: 86_400,
            api_domain: None,
        };
        let json = serde_json::to_value(&grant).unwrap();
        assert_eq!(json["accountId"], 7);
        assert_eq!(json["refreshToken"], "hush-r");
        assert!(!format!("{grant:?}").contains("hush"));
        let answer: GrantAnswer = serde_json::from_str(r#"{"result":"not_admin"}"#).unwrap();
        assert_eq!(answer.result, GrantResult::NotAdmin);
    }
}
