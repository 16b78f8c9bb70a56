//! What lies inside a module as text: compiled code is held to the rules like what everybody can read.

use std::io::Read;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use flate2::read::GzDecoder;
use sha2::{Digest, Sha256};

use super::javascript::{Kind, Source};

/// Shorter texts are words for people.
const SHORTEST: usize = 1000;

/// Something that a module unpacks and runs.
pub(super) struct Packed {
    pub(super) bytes: Vec<u8>,
    pub(super) is_wasm: bool,
}

impl Packed {
    /// What a reviewer can compare with a build of their own.
    pub(super) fn digest(&self) -> String {
        digest(&self.bytes)
    }

    /// Whether this text stands among its constants.
    pub(super) fn holds(&self, text: &str) -> bool {
        !text.is_empty() && self.bytes.windows(text.len()).any(|window| window == text.as_bytes())
    }
}

pub(super) fn digest(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Whether a text is too long for words, and without any.
pub(super) fn is_packed(text: &str) -> bool {
    text.len() >= SHORTEST && !text.contains(' ')
}

/// All that a file carries; what cannot be unpacked is there as it is.
pub(super) fn inside(source: &Source<'_>) -> Vec<Packed> {
    let texts = source.tokens.iter().filter(|token| token.kind == Kind::Text && is_packed(token.text));
    texts.map(|token| unpack(token.text)).collect()
}

fn unpack(text: &str) -> Packed {
    let bytes = STANDARD.decode(text).unwrap_or_else(|_| text.into());
    let mut unpacked = Vec::new();
    let bytes = match GzDecoder::new(&bytes[..]).read_to_end(&mut unpacked) {
        Ok(_) => unpacked,
        Err(_) => bytes,
    };
    Packed { is_wasm: bytes.starts_with(b"\0asm"), bytes }
}
