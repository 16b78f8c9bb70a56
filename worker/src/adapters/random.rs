//! The only place that draws random numbers, all from the runtime's cryptographic source.

use super::platform;
use std::fmt::Write;

/// The runtime refused to give random bytes: nothing may be sealed or minted then.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the runtime gives no random bytes")]
pub struct NoRandomness;

/// `N` random bytes, fit for keys and nonces.
pub fn bytes<const N: usize>() -> Result<[u8; N], NoRandomness> {
    let mut bytes = [0; N];
    platform::fill_random(&mut bytes).map_err(|_| NoRandomness)?;
    Ok(bytes)
}

/// A number from 0 up to, not including, 1, for jitter. Without randomness it is 0.5: a wait is still a wait.
pub fn unit() -> f64 {
    bytes::<4>().map_or(0.5, |bytes| f64::from(u32::from_le_bytes(bytes)) / (f64::from(u32::MAX) + 1.0))
}

/// Sixteen random bytes as hexadecimal text, for our own opaque ids.
pub fn id() -> Result<String, NoRandomness> {
    Ok(hex(&bytes::<16>()?))
}

/// Finds one error again: short enough to be read out on the telephone. Without randomness it is all zeros, since an
/// error still has to be answered.
pub fn reference() -> String {
    let digits = hex(&bytes::<4>().unwrap_or_default()).to_uppercase();
    let (first, second) = digits.split_at_checked(4).unwrap_or((&digits, ""));
    [first, "-", second].concat()
}

/// Bytes as lowercase hexadecimal text.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// The sixteen bytes of an id made by [`id`].
pub fn from_hex(text: &str) -> Option<[u8; 16]> {
    let mut bytes = [0; 16];
    if text.len() != 32 || !text.is_ascii() {
        return None;
    }
    for (byte, at) in bytes.iter_mut().zip((0..).step_by(2)) {
        *byte = u8::from_str_radix(text.get(at..at + 2)?, 16).ok()?;
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_long_and_differ() {
        let (one, other) = (id().unwrap(), id().unwrap());
        assert_eq!(one.len(), 32);
        assert_ne!(one, other);
        assert_eq!(from_hex(&one).map(|bytes| hex(&bytes)), Some(one));
        assert_eq!((from_hex("0g"), from_hex(&"é".repeat(16))), (None, None));
        assert!((0.0..1.0).contains(&unit()));
        assert!(reference().len() == 9 && reference() != reference());
    }
}
