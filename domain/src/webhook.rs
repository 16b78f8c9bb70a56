//! Is this delivery genuine and fresh: the Standard Webhooks scheme.
//!
//! Checked before anything of the body is parsed, in constant time, over the very bytes that arrived. Whether the
//! delivery is new is asked of the account's journal, by its id and [`body_digest`].

use crate::time::Moment;
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};
use hmac::{Hmac, Mac};
use sha2::{Digest, Sha256};
use std::fmt;
use subtle::{Choice, ConstantTimeEq};

/// How far the sender's clock may be from ours, in seconds either way. Larger, and a recorded delivery can be
/// replayed for longer than its id is certain to be remembered; smaller, and honest senders with slow queues fail.
pub const TOLERANCE_SECONDS: i64 = 300;

/// The header with the delivery's id, the same over all attempts.
pub const ID_HEADER: &str = "webhook-id";
/// The header with the attempt's Unix seconds.
pub const TIMESTAMP_HEADER: &str = "webhook-timestamp";
/// The header with the signatures.
pub const SIGNATURE_HEADER: &str = "webhook-signature";

const PREFIX: &str = "whsec_";
/// A signature header holds a few entries; one that is longer only costs us work.
const LONGEST_SIGNATURES: usize = 4096;

/// A delivery as it arrived.
#[derive(Clone, Copy)]
pub struct Delivery<'a> {
    /// The header `webhook-id`.
    pub id: Option<&'a str>,
    /// The header `webhook-timestamp`.
    pub timestamp: Option<&'a str>,
    /// The header `webhook-signature`.
    pub signature: Option<&'a str>,
    /// The body, byte for byte.
    pub body: &'a [u8],
}

/// A signing secret of 24 to 64 bytes. `Debug` hides it.
#[derive(Clone)]
pub struct Secret(Vec<u8>);

/// Why a text is no signing secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SecretError {
    /// Not base64.
    #[error("the secret must be whsec_ followed by base64")]
    NotBase64,
    /// Too short to be safe or too long for the scheme.
    #[error("the secret must hold 24 to 64 bytes, this one holds {0}")]
    WrongLength(usize),
}

/// Why a delivery is not accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// A header of the scheme is missing.
    #[error("the header {0} is missing")]
    MissingHeader(&'static str),
    /// A header is not what the scheme wants.
    #[error("the header {0} is malformed")]
    Malformed(&'static str),
    /// Signed too long ago: delayed or replayed.
    #[error("the delivery was signed more than {TOLERANCE_SECONDS} seconds ago")]
    Stale,
    /// Signed in the future: the sender's clock is wrong.
    #[error("the delivery is dated more than {TOLERANCE_SECONDS} seconds ahead; check the sender's clock")]
    Future,
    /// None of the signatures is ours.
    #[error("no signature matches")]
    BadSignature,
}

impl Secret {
    /// Takes raw bytes, such as freshly drawn ones.
    pub fn new(bytes: Vec<u8>) -> Result<Self, SecretError> {
        if (24..=64).contains(&bytes.len()) { Ok(Self(bytes)) } else { Err(SecretError::WrongLength(bytes.len())) }
    }

    /// Reads `whsec_` and base64; prefix and padding may be missing, as with the reference libraries.
    pub fn parse(text: &str) -> Result<Self, SecretError> {
        let text = text.trim();
        let encoded = text.strip_prefix(PREFIX).unwrap_or(text).trim_end_matches('=');
        Self::new(STANDARD_NO_PAD.decode(encoded).map_err(|_| SecretError::NotBase64)?)
    }

    /// The key itself.
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.0
    }

    /// The form people copy, `whsec_` and base64.
    pub fn to_text(&self) -> String {
        format!("{PREFIX}{}", STANDARD.encode(&self.0))
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(hidden)")
    }
}

/// Accepts a delivery that one of the secrets signed, at a time near `now`. Several secrets allow rotation.
pub fn verify(delivery: &Delivery<'_>, secrets: &[Secret], now: Moment) -> Result<(), Refusal> {
    let id = delivery.id.ok_or(Refusal::MissingHeader(ID_HEADER))?;
    let timestamp = delivery.timestamp.ok_or(Refusal::MissingHeader(TIMESTAMP_HEADER))?;
    let signatures = delivery.signature.ok_or(Refusal::MissingHeader(SIGNATURE_HEADER))?;
    if !is_delivery_id(id) {
        return Err(Refusal::Malformed(ID_HEADER));
    }
    let digits = (1..=12).contains(&timestamp.len()) && timestamp.bytes().all(|b| b.is_ascii_digit());
    let sent = timestamp.parse::<i64>().ok().filter(|_| digits).ok_or(Refusal::Malformed(TIMESTAMP_HEADER))?;
    if signatures.len() > LONGEST_SIGNATURES {
        return Err(Refusal::Malformed(SIGNATURE_HEADER));
    }
    match now.seconds().saturating_sub(sent) {
        age if age > TOLERANCE_SECONDS => return Err(Refusal::Stale),
        age if age < -TOLERANCE_SECONDS => return Err(Refusal::Future),
        _ => {}
    }
    // Every secret meets every entry: the time taken tells nothing about which of them fits.
    let expected: Vec<_> = secrets.iter().map(|secret| signature(secret, id, timestamp, delivery.body)).collect();
    let mut genuine = Choice::from(0);
    for given in signatures.split(' ').filter_map(|entry| entry.strip_prefix("v1,")) {
        let Ok(given) = STANDARD.decode(given) else { continue };
        for ours in &expected {
            genuine |= ours.as_slice().ct_eq(&given);
        }
    }
    if genuine.into() { Ok(()) } else { Err(Refusal::BadSignature) }
}

/// The signature header for a delivery: what a sender puts there.
pub fn sign(secret: &Secret, id: &str, timestamp_seconds: i64, body: &[u8]) -> String {
    format!("v1,{}", STANDARD.encode(signature(secret, id, &timestamp_seconds.to_string(), body)))
}

/// Whether a text can be a delivery's id. The dot separates what is signed, so an id with one could shift its border.
fn is_delivery_id(id: &str) -> bool {
    (1..=256).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_graphic() && b != b'.')
}

fn signature(secret: &Secret, id: &str, timestamp: &str, body: &[u8]) -> [u8; 32] {
    hmac_sha256(&secret.0, &[id.as_bytes(), b".", timestamp.as_bytes(), b".", body])
}

/// HMAC-SHA256 over the parts one after another.
pub fn hmac_sha256(key: &[u8], parts: &[&[u8]]) -> [u8; 32] {
    let block = key_block(key, &Sha256::digest(key));
    let mut mac = <Hmac<Sha256> as hmac::digest::KeyInit>::new(&block.into());
    for part in parts {
        mac.update(part);
    }
    mac.finalize().into_bytes().into()
}

/// An HMAC key as one block of 64 bytes: hashed if it is longer and padded with zeros if shorter. Done here, making
/// the HMAC cannot fail.
pub(crate) fn key_block(key: &[u8], hashed: &[u8]) -> [u8; 64] {
    let short = if key.len() > 64 { hashed } else { key };
    let mut block = [0_u8; 64];
    for (slot, byte) in block.iter_mut().zip(short) {
        *slot = *byte;
    }
    block
}

/// The body's SHA-256 in hex: two deliveries with one id must have the same.
pub fn body_digest(body: &[u8]) -> String {
    hex(&Sha256::digest(body))
}

/// Bytes in lower-case hex.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    const ID: &str = "msg_p5jXN8AQM9LWM0D4loKWxJek";
    const TIME: &str = "1614265330";
    const SECONDS: i64 = 1_614_265_330;
    const BODY: &[u8] = br#"{"test": 2432232314}"#;
    const GOOD: &str = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";
    const OTHER: &str = "v1,Ceo5qEr07ixe2NLpvHk3FH9bwy/WavXrAFQ/9tdO6mc=";

    fn check(
        id: Option<&str>,
        timestamp: Option<&str>,
        signature: Option<&str>,
        body: &[u8],
        now: i64,
    ) -> Result<(), Refusal> {
        let secret = Secret::parse(SECRET).expect("a secret");
        verify(&Delivery { id, timestamp, signature, body }, &[secret], Moment::from_seconds(now))
    }

    fn signed(signature: &str) -> Result<(), Refusal> {
        check(Some(ID), Some(TIME), Some(signature), BODY, SECONDS)
    }

    #[test]
    fn the_published_vector_is_accepted_and_reproduced() {
        assert_eq!(signed(GOOD), Ok(()));
        assert_eq!(sign(&Secret::parse(SECRET).expect("a secret"), ID, SECONDS, BODY), GOOD);
    }

    #[test]
    fn one_good_entry_among_others_suffices() {
        let other_version = OTHER.replace("v1,", "v2,");
        for entries in [
            format!("{OTHER} {GOOD}"),
            format!("{GOOD} {OTHER}"),
            format!("{other_version} {GOOD}"),
            format!("v1a,{} {GOOD}", &OTHER[3..]),
            format!("v1, garbage , {GOOD}"),
            format!("{GOOD} {GOOD}"),
        ] {
            assert_eq!(signed(&entries), Ok(()), "{entries}");
        }
    }

    #[test]
    fn anything_but_the_signature_is_refused() {
        for bad in [
            "".to_owned(),
            "v1,".to_owned(),
            "v1".to_owned(),
            OTHER.to_owned(),
            GOOD[3..].to_owned(),
            GOOD[..20].to_owned(),
            GOOD.trim_end_matches('=').to_owned(),
            GOOD.replace("v1,", "v2,"),
            GOOD.replace("v1,", "V1,"),
            GOOD.replace("v1,", "v1a,"),
            GOOD.replace("v1,", "v1, "),
            GOOD.replace("OE=", "OF="),
            format!("{GOOD},{GOOD}"),
            format!("{GOOD}="),
            format!("{GOOD}AAAA"),
        ] {
            assert_eq!(signed(&bad), Err(Refusal::BadSignature), "{bad}");
        }
        assert_eq!(signed(&format!("{GOOD} ").repeat(100)), Err(Refusal::Malformed(SIGNATURE_HEADER)));
    }

    #[test]
    fn every_single_bit_counts() {
        for index in 0..BODY.len() * 8 {
            let mut body = BODY.to_vec();
            body[index / 8] ^= 1 << (index % 8);
            assert_eq!(check(Some(ID), Some(TIME), Some(GOOD), &body, SECONDS), Err(Refusal::BadSignature));
        }
        let raw = STANDARD.decode(&GOOD[3..]).expect("base64");
        for index in 0..raw.len() * 8 {
            let mut changed = raw.clone();
            changed[index / 8] ^= 1 << (index % 8);
            assert_eq!(signed(&format!("v1,{}", STANDARD.encode(changed))), Err(Refusal::BadSignature));
        }
        assert_eq!(
            check(Some(&ID.replace('p', "q")), Some(TIME), Some(GOOD), BODY, SECONDS),
            Err(Refusal::BadSignature)
        );
        assert_eq!(check(Some(ID), Some("1614265331"), Some(GOOD), BODY, SECONDS), Err(Refusal::BadSignature));
        assert_eq!(check(Some(ID), Some(TIME), Some(GOOD), b"", SECONDS), Err(Refusal::BadSignature));
    }

    #[test]
    fn five_minutes_either_way_and_not_a_second_more() {
        for (now, expected) in [
            (SECONDS + 300, Ok(())),
            (SECONDS - 300, Ok(())),
            (SECONDS + 301, Err(Refusal::Stale)),
            (SECONDS - 301, Err(Refusal::Future)),
            (i64::MAX / 1000, Err(Refusal::Stale)),
            (0, Err(Refusal::Future)),
        ] {
            assert_eq!(check(Some(ID), Some(TIME), Some(GOOD), BODY, now), expected, "{now}");
        }
    }

    #[test]
    fn missing_headers_are_named() {
        let check = |id, time, signature| check(id, time, signature, BODY, SECONDS);
        assert_eq!(check(None, Some(TIME), Some(GOOD)), Err(Refusal::MissingHeader(ID_HEADER)));
        assert_eq!(check(Some(ID), None, Some(GOOD)), Err(Refusal::MissingHeader(TIMESTAMP_HEADER)));
        assert_eq!(check(Some(ID), Some(TIME), None), Err(Refusal::MissingHeader(SIGNATURE_HEADER)));
    }

    #[test]
    fn malformed_headers_are_named() {
        let long = "a".repeat(257);
        let doubled = format!("{ID}, {ID}");
        for id in ["", "a.b", "a b", "a\tb", "é", doubled.as_str(), long.as_str()] {
            let refused = check(Some(id), Some(TIME), Some(GOOD), BODY, SECONDS);
            assert_eq!(refused, Err(Refusal::Malformed(ID_HEADER)), "{id}");
        }
        for time in [
            "",
            "now",
            "+1614265330",
            "-1",
            "1614265330.5",
            " 1614265330",
            "1614265330, 1614265330",
            "1614265330123",
            "٣",
        ] {
            let refused = check(Some(ID), Some(time), Some(GOOD), BODY, SECONDS);
            assert_eq!(refused, Err(Refusal::Malformed(TIMESTAMP_HEADER)), "{time}");
        }
    }

    #[test]
    fn the_border_between_the_parts_cannot_be_moved() {
        let secret = Secret::parse(SECRET).expect("a secret");
        let signature = sign(&secret, "a", SECONDS, b"1.2");
        let now = Moment::from_seconds(SECONDS);
        let moved = format!("{TIME}.1");
        let shifted = Delivery { id: Some("a"), timestamp: Some(&moved), signature: Some(&signature), body: b"2" };
        assert_eq!(verify(&shifted, &[secret], now), Err(Refusal::Malformed(TIMESTAMP_HEADER)));
    }

    #[test]
    fn old_and_new_secret_are_both_good_and_none_is_never() {
        let (old, new) = (Secret::parse(SECRET).expect("a secret"), Secret::new(vec![7; 32]).expect("a secret"));
        let signature = sign(&new, "m1", SECONDS, b"");
        let delivery = Delivery { id: Some("m1"), timestamp: Some(TIME), signature: Some(&signature), body: b"" };
        let now = Moment::from_seconds(SECONDS);
        assert_eq!(verify(&delivery, &[old.clone(), new.clone()], now), Ok(()));
        assert_eq!(verify(&delivery, &[new, old.clone()], now), Ok(()));
        assert_eq!(verify(&delivery, &[old], now), Err(Refusal::BadSignature));
        assert_eq!(verify(&delivery, &[], now), Err(Refusal::BadSignature));
    }

    #[test]
    fn secrets_are_read_with_and_without_prefix_and_padding() {
        let padded = Secret::new(vec![1; 25]).expect("a secret").to_text();
        assert!(padded.ends_with('='));
        for text in [padded.as_str(), padded.trim_end_matches('='), &padded[6..], &format!(" {padded}\n")] {
            assert_eq!(Secret::parse(text).map(|secret| secret.to_text()), Ok(padded.clone()), "{text}");
        }
        for (bad, error) in [
            ("", SecretError::WrongLength(0)),
            ("whsec_", SecretError::WrongLength(0)),
            ("whsec_AAAA", SecretError::WrongLength(3)),
            ("whsec_not base64!", SecretError::NotBase64),
            ("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaS", SecretError::NotBase64),
        ] {
            assert_eq!(Secret::parse(bad).err(), Some(error), "{bad}");
        }
        assert!(
            Secret::new(vec![0; 64]).is_ok() && Secret::new(vec![0; 65]).is_err() && Secret::new(vec![0; 23]).is_err()
        );
        assert_eq!(format!("{:?}", Secret::parse(SECRET)), "Ok(Secret(hidden))");
    }

    #[test]
    fn the_mac_is_hmac_sha256_for_keys_of_any_length() {
        // RFC 4231, test cases 2 and 6.
        let short = hmac_sha256(b"Jefe", &[b"what do ya want ", b"for nothing?"]);
        assert_eq!(hex(&short), "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
        let long = hmac_sha256(&[0xaa; 131], &[b"Test Using Larger Than Block-Size Key - Hash Key First"]);
        assert_eq!(hex(&long), "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
        assert_eq!(body_digest(b""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    }
}
