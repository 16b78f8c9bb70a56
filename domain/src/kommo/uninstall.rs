//! Is the "access revoked" call really from Kommo (Kommo API reference: access revoked hook).
//!
//! It carries neither time nor nonce, so a genuine one can be replayed for ever: before anything is forgotten, Kommo
//! has to refuse our token as well.

use crate::ids::AccountId;
use crate::webhook::{hex, hmac_sha256};
use subtle::ConstantTimeEq;

/// The query of the call, as it arrived.
#[derive(Debug, Clone, Copy)]
pub struct Uninstalled<'a> {
    /// The parameter `client_uuid`.
    pub client_uuid: &'a str,
    /// The parameter `account_id`.
    pub account_id: &'a str,
    /// The parameter `signature`.
    pub signature: &'a str,
}

/// The account that revoked our access, if the call is signed with our secret.
pub fn verify(call: &Uninstalled<'_>, client_id: &str, client_secret: &str) -> Option<AccountId> {
    let digits = (1..=18).contains(&call.account_id.len()) && call.account_id.bytes().all(|b| b.is_ascii_digit());
    if !digits || call.client_uuid != client_id {
        return None;
    }
    let ours = signature(client_id, call.account_id, client_secret);
    let genuine = bool::from(ours.as_bytes().ct_eq(call.signature.as_bytes()));
    call.account_id.parse().ok().filter(|_| genuine).map(AccountId)
}

/// What Kommo puts into `signature`.
pub fn signature(client_id: &str, account_id: &str, client_secret: &str) -> String {
    hex(&hmac_sha256(client_secret.as_bytes(), &[client_id.as_bytes(), b"|", account_id.as_bytes()]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_our_own_signature_over_this_account_counts() {
        let good = signature("5b0f", "30111222", "hush");
        let check = |client_uuid, account_id, signature: &str| {
            verify(&Uninstalled { client_uuid, account_id, signature }, "5b0f", "hush")
        };
        assert_eq!(check("5b0f", "30111222", &good), Some(AccountId(30_111_222)));
        assert_eq!(good.len(), 64);
        assert_eq!(check("ffff", "30111222", &good), None);
        assert_eq!(check("ffff", "30111222", &signature("ffff", "30111222", "hush")), None);
        assert_eq!(check("5b0f", "30111223", &good), None);
        for account in ["", "+30111222", "030111222", "30111222 ", "x", "99999999999999999999"] {
            assert_eq!(check("5b0f", account, &good), None, "{account}");
        }
        for bad in ["", "0", &good[..32], &good.to_uppercase(), &signature("5b0f", "30111222", "other")] {
            assert_eq!(check("5b0f", "30111222", bad), None, "{bad}");
        }
    }
}
