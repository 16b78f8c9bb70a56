//! Keys in addresses that name an account by themselves: the webhook key, the ticket of a live connection, the state
//! of a provider's consent, and the token of a recording.
//!
//! Each is base64url of 8 bytes account, 16 random bytes (a recording's: the call's id) and an 8-byte MAC. The MAC lets the Worker refuse a made-up
//! key without waking anything: guessing one takes 2^64 requests; with fewer bytes a flood could reach the objects.
//! What authorises is still the object's: the webhook's signature, and the single use of a ticket.
//! The MAC keys are derived from the sealing keys. Webhook addresses and links to recordings outlive the key they were
//! made under, so what checks them is kept when a sealing key leaves the configuration ([`AddressKey`],
//! [`crate::address_keys`]); it opens nothing that is sealed.

use crate::adapters::random::hex;
use crate::sealing::{SealingKey, SealingKeys};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::digest::KeyInit;
use hmac::{Hmac, Mac};
use kommo_voip_domain::ids::AccountId;
use serde::{Deserialize, Serialize};
use sha2::Sha256;
use std::fmt;
use subtle::ConstantTimeEq;

const ACCOUNT_BYTES: usize = 8;
const RANDOM_BYTES: usize = 16;
const MAC_BYTES: usize = 8;
/// 32 bytes are 43 characters of unpadded base64url; anything else is refused before decoding.
const KEY_CHARACTERS: usize = 43;

const HOOK: &str = "kommo-voip hook key v1";
const TICKET: &str = "kommo-voip live ticket v1";
const STATE: &str = "kommo-voip oauth state v1";
const RECORDING: &str = "kommo-voip recording v1";

/// What checks the lasting addresses made under one sealing key: derived from it one way.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AddressKey {
    hook: [u8; 32],
    recording: [u8; 32],
}

impl AddressKey {
    /// Derives it.
    pub fn of(key: &SealingKey) -> Self {
        Self { hook: derived(HOOK, key), recording: derived(RECORDING, key) }
    }

    /// Tells it from others without giving it away.
    pub fn fingerprint(&self) -> String {
        hex(&short_mac(&self.hook, b"fingerprint"))
    }
}

impl fmt::Debug for AddressKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "AddressKey({}, hidden)", self.fingerprint())
    }
}

/// Makes the key of an account's webhook address.
pub fn mint(account: AccountId, random: [u8; RANDOM_BYTES], keys: &SealingKeys) -> String {
    encode(HOOK, account, random, keys)
}

/// The account a webhook key names; `None` for any key that is not ours.
pub fn account_of(key: &str, keys: &SealingKeys) -> Option<AccountId> {
    decode_with(HOOK, key, keys)
}

/// The account a webhook key names, by address keys of former sealing keys.
pub fn account_by(key: &str, former: &[AddressKey]) -> Option<AccountId> {
    decode(key, former.iter().map(|key| key.hook))
}

/// The account a webhook key claims to name. Only for a key the Worker has checked, in the object it led to.
pub fn claimed_account(key: &str) -> Option<AccountId> {
    Some(read(key)?.account)
}

/// Makes the ticket of a live connection; its life and single use are the object's business.
pub fn mint_ticket(account: AccountId, random: [u8; RANDOM_BYTES], keys: &SealingKeys) -> String {
    encode(TICKET, account, random, keys)
}

/// The account a ticket names; `None` for any ticket that is not ours.
pub fn account_of_ticket(ticket: &str, keys: &SealingKeys) -> Option<AccountId> {
    decode_with(TICKET, ticket, keys)
}

/// Makes the state of a telephony provider's consent; its life and single use are the object's business.
pub fn mint_state(account: AccountId, random: [u8; RANDOM_BYTES], keys: &SealingKeys) -> String {
    encode(STATE, account, random, keys)
}

/// The account a state names; `None` for any state that is not ours.
pub fn account_of_state(state: &str, keys: &SealingKeys) -> Option<AccountId> {
    decode_with(STATE, state, keys)
}

/// Makes the token in the address of a recording. It names the call by its id and lasts as long as the call is kept.
pub fn mint_recording(account: AccountId, call: [u8; RANDOM_BYTES], keys: &SealingKeys) -> String {
    encode(RECORDING, account, call, keys)
}

/// The account and the call a recording's token names; `None` for any token that is not ours.
pub fn recording_of(token: &str, keys: &SealingKeys) -> Option<(AccountId, [u8; RANDOM_BYTES])> {
    let account = decode_with(RECORDING, token, keys)?;
    Some((account, read(token)?.random))
}

/// The same, by address keys of former sealing keys.
pub fn recording_by(token: &str, former: &[AddressKey]) -> Option<(AccountId, [u8; RANDOM_BYTES])> {
    let account = decode(token, former.iter().map(|key| key.recording))?;
    Some((account, read(token)?.random))
}

fn encode(label: &str, account: AccountId, random: [u8; RANDOM_BYTES], keys: &SealingKeys) -> String {
    let mut bytes = Vec::with_capacity(ACCOUNT_BYTES + RANDOM_BYTES + MAC_BYTES);
    bytes.extend(account.0.to_be_bytes());
    bytes.extend(random);
    bytes.extend(short_mac(&derived(label, keys.first()), &bytes));
    URL_SAFE_NO_PAD.encode(bytes)
}

/// The parts of a key.
struct Parts {
    account: AccountId,
    random: [u8; RANDOM_BYTES],
    body: Vec<u8>,
    mac: Vec<u8>,
}

/// Takes a key of the right shape apart; nothing is checked.
fn read(text: &str) -> Option<Parts> {
    if text.len() != KEY_CHARACTERS {
        return None;
    }
    let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
    let (body, mac) = bytes.split_at_checked(ACCOUNT_BYTES + RANDOM_BYTES)?;
    Some(Parts {
        account: AccountId(i64::from_be_bytes(*body.first_chunk()?)),
        random: *body.get(ACCOUNT_BYTES..)?.first_chunk()?,
        body: body.to_vec(),
        mac: mac.to_vec(),
    })
}

fn decode_with(label: &str, text: &str, keys: &SealingKeys) -> Option<AccountId> {
    decode(text, keys.all().map(|key| derived(label, key)))
}

fn decode(text: &str, derived: impl Iterator<Item = [u8; 32]>) -> Option<AccountId> {
    let parts = read(text)?;
    // All keys are tried, whichever fits, so that the time tells nothing.
    let known =
        derived.fold(0, |known, key| known | short_mac(&key, &parts.body).as_slice().ct_eq(&parts.mac).unwrap_u8());
    (known == 1).then_some(parts.account)
}

fn derived(label: &str, key: &SealingKey) -> [u8; 32] {
    hmac(key.bytes(), label.as_bytes())
}

fn short_mac(derived: &[u8; 32], body: &[u8]) -> [u8; MAC_BYTES] {
    let mut short = [0; MAC_BYTES];
    short.iter_mut().zip(hmac(derived, body)).for_each(|(to, from)| *to = from);
    short
}

fn hmac(key: &[u8; 32], message: &[u8]) -> [u8; 32] {
    // A whole block is the one length whose constructor cannot fail; the zeros are those HMAC itself would add.
    let mut block = [0; 64];
    block.iter_mut().zip(key).for_each(|(to, from)| *to = *from);
    let mut mac = <Hmac<Sha256> as KeyInit>::new(&block.into());
    mac.update(message);
    mac.finalize().into_bytes().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(text: &str) -> SealingKeys {
        let parts = text.split(',').map(|id| {
            let bytes = [id.as_bytes()[0]; 32];
            format!("{id}:{}", URL_SAFE_NO_PAD.encode(bytes))
        });
        SealingKeys::parse(&parts.collect::<Vec<_>>().join(",")).unwrap()
    }

    const ACCOUNT: AccountId = AccountId(30_111_222);

    #[test]
    fn a_key_names_its_account() {
        let keys = keys("a");
        let key = mint(ACCOUNT, [7; 16], &keys);
        assert_eq!(key.len(), KEY_CHARACTERS);
        assert_eq!(account_of(&key, &keys), Some(ACCOUNT));
        assert_eq!(account_of_ticket(&mint_ticket(ACCOUNT, [7; 16], &keys), &keys), Some(ACCOUNT));
    }

    #[test]
    fn every_changed_bit_makes_it_worthless() {
        let keys = keys("a");
        let bytes = URL_SAFE_NO_PAD.decode(mint(ACCOUNT, [7; 16], &keys)).unwrap();
        for bit in 0..bytes.len() * 8 {
            let mut changed = bytes.clone();
            changed[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(account_of(&URL_SAFE_NO_PAD.encode(changed), &keys), None, "bit {bit}");
        }
    }

    #[test]
    fn strangers_and_the_other_kind_are_refused() {
        let configured = keys("a");
        let hook = mint(ACCOUNT, [7; 16], &configured);
        assert_eq!(account_of_ticket(&hook, &configured), None);
        assert_eq!(recording_of(&hook, &configured), None);
        let recording = mint_recording(ACCOUNT, [9; 16], &configured);
        assert_eq!(recording_of(&recording, &configured), Some((ACCOUNT, [9; 16])));
        assert_eq!(account_of(&recording, &configured), None);
        assert_eq!(account_of(&mint(ACCOUNT, [7; 16], &keys("b")), &configured), None);
        for bad in ["", "x", &hook[1..], &format!("{hook}A"), &"é".repeat(22), &"!".repeat(43)] {
            assert_eq!(account_of(bad, &configured), None, "{bad}");
        }
    }

    #[test]
    fn a_key_made_before_rotation_still_works() {
        let key = mint(ACCOUNT, [7; 16], &keys("a"));
        assert_eq!(account_of(&key, &keys("b,a")), Some(ACCOUNT));
    }

    #[test]
    fn lasting_addresses_outlive_the_sealing_key_they_were_made_under() {
        let (before, after) = (keys("a"), keys("b"));
        let (hook, recording) = (mint(ACCOUNT, [7; 16], &before), mint_recording(ACCOUNT, [9; 16], &before));
        assert_eq!((account_of(&hook, &after), recording_of(&recording, &after)), (None, None));
        let kept = [AddressKey::of(after.first()), AddressKey::of(before.first())];
        assert_eq!(account_by(&hook, &kept), Some(ACCOUNT));
        assert_eq!(recording_by(&recording, &kept), Some((ACCOUNT, [9; 16])));
        assert_eq!((account_by(&recording, &kept), recording_by(&hook, &kept)), (None, None));
        assert_eq!((account_by(&hook, &kept[..1]), account_by(&hook, &[])), (None, None));
        assert_eq!(account_by(&mint_ticket(ACCOUNT, [7; 16], &before), &kept), None);
        assert_ne!(kept[0].fingerprint(), kept[1].fingerprint());
        assert_eq!(format!("{:?}", kept[0]), format!("AddressKey({}, hidden)", kept[0].fingerprint()));
    }

    #[test]
    fn the_mac_is_plain_hmac_sha256() {
        // RFC 4231, test case 2, its key padded with zeros as HMAC does.
        let mut key = [0; 32];
        key[..4].copy_from_slice(b"Jefe");
        let mac = hmac(&key, b"what do ya want for nothing?");
        assert_eq!(crate::adapters::random::hex(&mac[..8]), "5bdcc146bf60754e");
    }
}
