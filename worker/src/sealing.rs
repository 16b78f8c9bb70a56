//! Tokens and provider keys at rest: sealed with XChaCha20-Poly1305, bound to where they belong.
//!
//! A record is `v1.<key id>.<nonce>.<ciphertext>`, both in base64url. The associated text (such as
//! `tokens/30111222`) is authenticated but not stored: a record moved to another account or another use does not
//! open. Several keys may be configured; the first seals, all open, so rotation needs no new consent: what an older
//! key sealed is sealed anew under the first ([`Sealer::reseal`]), and then the older one may go.

use crate::adapters::random::{self, NoRandomness};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use chacha20poly1305::aead::{Aead, Payload};
use chacha20poly1305::{KeyInit, XChaCha20Poly1305, XNonce};
use std::fmt;

/// Bytes of a key. XChaCha20-Poly1305 takes no other.
pub const KEY_BYTES: usize = 32;
/// Bytes of a nonce. At this length random nonces never meet; a shorter one would need a counter.
const NONCE_BYTES: usize = 24;
const VERSION: &str = "v1";

/// One key with its name.
#[derive(Clone)]
pub struct SealingKey {
    id: String,
    bytes: [u8; KEY_BYTES],
}

impl SealingKey {
    /// Its name.
    pub fn id(&self) -> &str {
        &self.id
    }

    pub(crate) fn bytes(&self) -> &[u8; KEY_BYTES] {
        &self.bytes
    }
}

impl fmt::Debug for SealingKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SealingKey({}, hidden)", self.id)
    }
}

/// The configured keys, never empty; the first seals.
#[derive(Debug, Clone)]
pub struct SealingKeys {
    first: SealingKey,
    older: Vec<SealingKey>,
}

/// Why the text of the keys cannot be used. It never repeats the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum KeysError {
    /// No key at all.
    #[error("holds no key; write id:base64 with 32 random bytes")]
    Empty,
    /// Not `id:base64`.
    #[error("every key must be id:base64, the id 1 to 16 letters or digits")]
    Shape,
    /// Not 32 bytes.
    #[error("every key must be 32 bytes in base64")]
    Length,
    /// Two keys with one id.
    #[error("two keys have the same id")]
    Doubled,
}

impl SealingKeys {
    /// Reads `id:base64,id:base64,…`.
    pub fn parse(text: &str) -> Result<Self, KeysError> {
        let mut keys = Vec::<SealingKey>::new();
        for part in text.split(',').map(str::trim).filter(|part| !part.is_empty()) {
            let (id, base64) = part.split_once(':').ok_or(KeysError::Shape)?;
            if id.is_empty() || id.len() > 16 || !id.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
                return Err(KeysError::Shape);
            }
            if keys.iter().any(|key| key.id == id) {
                return Err(KeysError::Doubled);
            }
            let base64 = base64.trim_end_matches('=');
            let bytes = STANDARD_NO_PAD
                .decode(base64)
                .or_else(|_| URL_SAFE_NO_PAD.decode(base64))
                .map_err(|_| KeysError::Length)?;
            keys.push(SealingKey { id: id.to_owned(), bytes: bytes.try_into().map_err(|_| KeysError::Length)? });
        }
        let mut keys = keys.into_iter();
        Ok(Self { first: keys.next().ok_or(KeysError::Empty)?, older: keys.collect() })
    }

    /// The key that seals and signs.
    pub fn first(&self) -> &SealingKey {
        &self.first
    }

    /// Every key, the first one first.
    pub fn all(&self) -> impl Iterator<Item = &SealingKey> {
        std::iter::once(&self.first).chain(&self.older)
    }
}

/// Seals and opens records.
#[derive(Debug, Clone)]
pub struct Sealer {
    keys: SealingKeys,
}

/// Why a record was not sealed or does not open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SealingError {
    /// Not a record of ours.
    #[error("the sealed record is malformed")]
    Malformed,
    /// Its key is no longer configured: bring the key back or connect again.
    #[error("the sealed record names a key that is not configured")]
    UnknownKey,
    /// Changed, or of another account or use.
    #[error("the sealed record does not open here")]
    DoesNotOpen,
    /// No randomness for a nonce.
    #[error(transparent)]
    NoRandomness(#[from] NoRandomness),
}

impl Sealer {
    /// A sealer with these keys.
    pub fn new(keys: SealingKeys) -> Self {
        Self { keys }
    }

    /// Seals `plain`; it opens only with the same `associated` text.
    pub fn seal(&self, plain: &[u8], associated: &str) -> Result<String, SealingError> {
        self.seal_with_nonce(plain, associated, random::bytes()?)
    }

    fn seal_with_nonce(
        &self,
        plain: &[u8],
        associated: &str,
        nonce: [u8; NONCE_BYTES],
    ) -> Result<String, SealingError> {
        let key = self.keys.first();
        let sealed = XChaCha20Poly1305::new(key.bytes().into())
            .encrypt(XNonce::from_slice(&nonce), Payload { msg: plain, aad: associated.as_bytes() })
            .map_err(|_| SealingError::Malformed)?;
        Ok(format!("{VERSION}.{}.{}.{}", key.id, URL_SAFE_NO_PAD.encode(nonce), URL_SAFE_NO_PAD.encode(sealed)))
    }

    /// Opens a record sealed with the same `associated` text under any configured key.
    pub fn open(&self, sealed: &str, associated: &str) -> Result<Vec<u8>, SealingError> {
        let mut parts = sealed.split('.');
        let (Some(VERSION), Some(id), Some(nonce), Some(text), None) =
            (parts.next(), parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(SealingError::Malformed);
        };
        let key = self.keys.all().find(|key| key.id == id).ok_or(SealingError::UnknownKey)?;
        let nonce: [u8; NONCE_BYTES] = decode(nonce)?.try_into().map_err(|_| SealingError::Malformed)?;
        XChaCha20Poly1305::new(key.bytes().into())
            .decrypt(XNonce::from_slice(&nonce), Payload { msg: &decode(text)?, aad: associated.as_bytes() })
            .map_err(|_| SealingError::DoesNotOpen)
    }

    /// The record sealed anew under the first key; none when that sealed it already.
    pub fn reseal(&self, sealed: &str, associated: &str) -> Result<Option<String>, SealingError> {
        if self.is_first(sealed) {
            return Ok(None);
        }
        let plain = self.open(sealed, associated)?;
        self.seal(&plain, associated).map(Some)
    }

    /// The record names the first key.
    fn is_first(&self, sealed: &str) -> bool {
        let mut parts = sealed.split('.');
        parts.next() == Some(VERSION) && parts.next() == Some(self.keys.first().id())
    }

    /// Seals text; see [`Sealer::seal`].
    pub fn seal_text(&self, plain: &str, associated: &str) -> Result<String, SealingError> {
        self.seal(plain.as_bytes(), associated)
    }

    /// Opens text; see [`Sealer::open`].
    pub fn open_text(&self, sealed: &str, associated: &str) -> Result<String, SealingError> {
        String::from_utf8(self.open(sealed, associated)?).map_err(|_| SealingError::Malformed)
    }
}

fn decode(text: &str) -> Result<Vec<u8>, SealingError> {
    URL_SAFE_NO_PAD.decode(text).map_err(|_| SealingError::Malformed)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(id: &str, fill: u8) -> String {
        format!("{id}:{}", base64::engine::general_purpose::STANDARD.encode([fill; KEY_BYTES]))
    }

    fn sealer(keys: &str) -> Sealer {
        Sealer::new(SealingKeys::parse(keys).unwrap())
    }

    #[test]
    fn what_is_sealed_opens_for_the_same_account_only() {
        let sealer = sealer(&key("a", 1));
        let sealed = sealer.seal_text("refresh me", "tokens/1").unwrap();
        assert_eq!(sealer.open_text(&sealed, "tokens/1").as_deref(), Ok("refresh me"));
        assert_eq!(sealer.open(&sealed, "tokens/2"), Err(SealingError::DoesNotOpen));
        assert_eq!(sealer.open(&sealed, "voip/1"), Err(SealingError::DoesNotOpen));
        assert!(!sealed.contains("refresh"));
    }

    #[test]
    fn two_seals_of_one_text_differ() {
        let sealer = sealer(&key("a", 1));
        assert_ne!(sealer.seal_text("x", "t"), sealer.seal_text("x", "t"));
    }

    #[test]
    fn every_flipped_bit_is_noticed() {
        let sealer = sealer(&key("a", 1));
        let sealed = sealer.seal_text("secret", "t").unwrap();
        let body = sealed.rsplit_once('.').unwrap().0.len() + 1;
        let bytes = URL_SAFE_NO_PAD.decode(&sealed[body..]).unwrap();
        for index in 0..bytes.len() * 8 {
            let mut changed = bytes.clone();
            changed[index / 8] ^= 1 << (index % 8);
            let record = format!("{}{}", &sealed[..body], URL_SAFE_NO_PAD.encode(changed));
            assert_eq!(sealer.open(&record, "t"), Err(SealingError::DoesNotOpen), "bit {index}");
        }
    }

    #[test]
    fn malformed_records_and_unknown_keys_are_named() {
        let sealer = sealer(&key("a", 1));
        let sealed = sealer.seal_text("x", "t").unwrap();
        for bad in ["", "v1", "v1.a.b", "v2.a.b.c", &format!("{sealed}.x"), "v1.a.!.!", "v1.a.AAAA.AAAA"] {
            assert_eq!(sealer.open(bad, "t"), Err(SealingError::Malformed), "{bad}");
        }
        assert_eq!(sealer.open(&sealed.replacen(".a.", ".b.", 1), "t"), Err(SealingError::UnknownKey));
    }

    #[test]
    fn rotation_seals_with_the_new_key_and_opens_with_the_old() {
        let old = sealer(&key("old", 1)).seal_text("x", "t").unwrap();
        let rotated = sealer(&format!("{},{}", key("new", 2), key("old", 1)));
        assert_eq!(rotated.open_text(&old, "t").as_deref(), Ok("x"));
        assert!(rotated.seal_text("x", "t").unwrap().starts_with("v1.new."));
    }

    #[test]
    fn what_an_older_key_sealed_is_sealed_anew_and_then_needs_that_key_no_more() {
        let old = sealer(&key("old", 1)).seal_text("x", "t").unwrap();
        let rotated = sealer(&format!("{},{}", key("new", 2), key("old", 1)));
        let anew = rotated.reseal(&old, "t").unwrap().unwrap();
        assert_eq!(rotated.reseal(&anew, "t"), Ok(None));
        let alone = sealer(&key("new", 2));
        assert_eq!(alone.open_text(&anew, "t").as_deref(), Ok("x"));
        assert_eq!(alone.reseal(&old, "t"), Err(SealingError::UnknownKey));
        assert_eq!(rotated.reseal(&old, "of another account"), Err(SealingError::DoesNotOpen));
        assert_eq!(rotated.reseal("v1.old", "t"), Err(SealingError::Malformed));
    }

    #[test]
    fn unusable_keys_are_refused_without_repeating_them() {
        for (text, why) in [
            ("", KeysError::Empty),
            ("nocolon", KeysError::Shape),
            ("a b:AAAA", KeysError::Shape),
            ("a:AAAA", KeysError::Length),
            ("a:***", KeysError::Length),
            (&format!("{},{}", key("a", 1), key("a", 2)), KeysError::Doubled),
        ] {
            assert_eq!(SealingKeys::parse(text).err(), Some(why), "{text}");
        }
        assert!(!format!("{:?}", sealer(&key("a", 65))).contains("65"));
    }
}
