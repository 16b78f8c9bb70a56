//! Connecting an account: begin, receive the code, turn it into tokens, and hear of an uninstall.

pub mod binding;
pub mod callback;
pub mod grants;
pub mod page;
pub mod start;
pub mod uninstalled;
pub mod voip;

use sha2::{Digest, Sha256};

/// What is stored of a secret value: enough to recognise it, useless to whoever reads the table.
fn fingerprint(value: &str) -> String {
    crate::adapters::random::hex(&Sha256::digest(value.as_bytes()))
}
