//! Codes and tokens of one account.

use std::collections::HashMap;

use super::Id;

/// Everything OAuth keeps for an account.
#[derive(Debug, Default)]
pub(crate) struct Grants {
    pub(crate) codes: HashMap<String, Code>,
    pub(crate) access: HashMap<String, AccessToken>,
    pub(crate) refresh: HashMap<String, RefreshToken>,
}

/// An authorization code.
#[derive(Debug, Clone)]
pub(crate) struct Code {
    pub(crate) user: Id,
    pub(crate) issued_at: f64,
    pub(crate) used: bool,
}

/// An access token.
#[derive(Debug, Clone)]
pub(crate) struct AccessToken {
    pub(crate) user: Id,
    pub(crate) expires_at: f64,
    /// The refresh token that was traded for it: outdated with this token's first use.
    pub(crate) parent: Option<String>,
    /// Whether the granting user was an administrator; such a grant survives them.
    pub(crate) full: bool,
}

/// A refresh token.
#[derive(Debug, Clone)]
pub(crate) struct RefreshToken {
    pub(crate) user: Id,
    pub(crate) expires_at: f64,
    pub(crate) parent: Option<String>,
    pub(crate) full: bool,
    pub(crate) revoked: bool,
}

impl Grants {
    /// Forgets every grant: the integration was removed or its access was revoked.
    pub(crate) fn revoke_all(&mut self) {
        self.codes.clear();
        self.access.clear();
        for token in self.refresh.values_mut() {
            token.revoked = true;
        }
    }

    /// Marks the refresh token a pair came from as outdated, since the pair is in use now.
    pub(crate) fn outdate(&mut self, parent: Option<&str>) {
        if let Some(token) = parent.and_then(|parent| self.refresh.get_mut(parent)) {
            token.revoked = true;
        }
    }
}
