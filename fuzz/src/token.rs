//! Tokens and keys: what names a person, an account or a call, and what must not be made up.

use crate::{line, sign, text};
use kommo_voip_domain::ids::AccountId;
use kommo_voip_domain::time::Moment;
use kommo_voip_domain::token::{Expected, verify};
use kommo_voip_worker::hook_key;
use kommo_voip_worker::sealing::{Sealer, SealingKeys};
use std::cell::OnceCell;

const SECRET: &str = "local-secret";
const NOW: i64 = 1_771_000_100;
const SEALING_KEYS: &str = "k1:MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=";

/// A user's one-time token: as it stands, and with its first line as header and its rest as claims, signed.
pub fn user_tokens(data: &[u8]) {
    let expected = Expected { client_secret: SECRET, client_id: "5b0f", audience: "https://voip.example" };
    let now = Moment::from_seconds(NOW);
    assert!(verify(&text(data), &expected, now).is_err(), "an unsigned token was believed");
    let (head, claims) = line(data);
    let signed = sign::jwt(SECRET, &text(head), &text(claims));
    let token = signed.trim_start_matches("Bearer ");
    if let Ok(read) = verify(token, &expected, now) {
        assert!(read.exp > NOW && read.client_uuid == "5b0f");
        let elsewhere = Expected { client_secret: "another", ..expected };
        assert!(verify(token, &elsewhere, now).is_err(), "a foreign signature was believed");
        // The end of the clock is no moment after which anything could come.
        let later = Moment::from_seconds(read.exp);
        assert!(later == Moment(i64::MAX) || verify(token, &expected, later).is_err(), "a token outlived its time");
    }
}

/// Keys in addresses, and sealed secrets: nobody makes one up.
pub fn keys(data: &[u8]) {
    thread_local!(static KEYS: OnceCell<(SealingKeys, Sealer)> = const { OnceCell::new() });
    KEYS.with(|known| {
        let (keys, sealer) = known.get_or_init(|| {
            let keys = SealingKeys::parse(SEALING_KEYS).expect("keys");
            (keys.clone(), Sealer::new(keys))
        });
        let typed = text(data);
        let _ = SealingKeys::parse(&typed);
        let named: Option<AccountId> = hook_key::account_of(&typed, keys)
            .or_else(|| hook_key::account_of_ticket(&typed, keys))
            .or_else(|| hook_key::account_of_state(&typed, keys))
            .or_else(|| hook_key::recording_of(&typed, keys).map(|(account, _)| account));
        assert_eq!(named, None, "a key was made up");
        let _ = hook_key::claimed_account(&typed);
        assert!(sealer.open(&typed, "account/1/access").is_err(), "a sealed secret was made up");
        assert!(!matches!(sealer.reseal(&typed, "account/1/access"), Ok(Some(_))), "a sealed secret was made up");
    });
}
