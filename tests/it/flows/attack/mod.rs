//! What an attacker gets: nothing.
//!
//! Every route is asked with every kind of credential that is not the right one, and each pair is a test of its own name.
//! [`matrix`] lists the routes, checks the list against the Worker's own tables, and prints it into `docs/security.md`;
//! the other files are the cells. All of them attack the accounts of [`fortress`], which are made once and then change no
//! more, so a cell costs two or three requests.

mod fortress;
mod matrix;
mod tokens;
mod api;
mod hooks;
mod providers;
mod changes;
mod oauth;
mod voip_oauth;
mod live;
mod recordings;
mod ssrf;
mod injection;
mod bodies;
mod secrets;
mod inside;
mod raw;

use hmac::{Hmac, Mac as _};
use sha2::Sha256;

/// What Kommo puts into the signature of an uninstall (Kommo API reference: access revoked hook).
fn uninstall_signature(secret: &str, client: &str, account: &str) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).expect("any key will do");
    mac.update(format!("{client}|{account}").as_bytes());
    mac.finalize().into_bytes().iter().map(|byte| format!("{byte:02x}")).collect()
}
