//! Nothing in the archive opens anything, and nothing in it shows what is not meant to be shipped. It is public: whoever
//! opens the page can read every file, and what is compiled into a module as well.

use super::rules::{Broken, Checked, broken};

/// What a source map is found by.
const SOURCE_MAP: &str = concat!("source", "MappingURL");
/// What begins a secret, and of how many letters of base64 or hexadecimal it then is at least. The beginnings alone stand
/// in the code, which knows how secrets look.
const SECRETS: &[(&str, usize, &str)] = &[
    ("whsec_", 24, "a webhook's secret"),
    // The second part of a token; the first alone may stand anywhere in packed code.
    (".eyJ", 32, "a token"),
    ("-----BEGIN PRIVATE KEY-----\n", 32, "a private key"),
    ("-----BEGIN RSA PRIVATE KEY-----\n", 32, "a private key"),
    ("KOMMO_CLIENT_SECRET=", 8, "the integration's secret"),
    ("SEALING_KEYS=", 8, "a sealing key"),
];

pub(super) fn check(checked: &Checked<'_>, found: &mut Vec<Broken>) {
    let files = checked.files.iter().map(|(name, bytes)| (name.as_str(), bytes.as_slice()));
    let packed = checked.packed.iter().map(|(name, packed)| (*name, packed.bytes.as_slice()));
    for (name, bytes) in files.chain(packed) {
        let text = String::from_utf8_lossy(bytes);
        if name.ends_with(".map") || text.contains(SOURCE_MAP) {
            found.push(broken("no-source-maps", format!("{name} is or names a source map; leave it out")));
        }
        for (begins, length, what) in SECRETS {
            if text.match_indices(begins).any(|(at, _)| is_secret(text.get(at + begins.len()..), *length)) {
                found.push(broken("no-secrets", format!("{name} holds {what}; take it out and replace it")));
            }
        }
    }
}

/// Whether so many letters follow as only a secret has.
fn is_secret(rest: Option<&str>, length: usize) -> bool {
    let is_letter = |letter: &char| letter.is_ascii_alphanumeric() || matches!(letter, '+' | '/' | '_' | '-' | '=');
    rest.is_some_and(|rest| rest.chars().take_while(is_letter).count() >= length)
}

#[cfg(test)]
mod tests {
    use super::super::rules::tests::{names, sound};

    /// The sound archive with something behind one of its files.
    fn with(file: &str, more: &str) -> Vec<&'static str> {
        let mut files = sound();
        files.get_mut(file).unwrap().extend(more.bytes());
        names(&files)
    }

    #[test]
    fn a_secret_or_a_source_map_is_found_in_every_file() {
        assert_eq!(with("app.js", &format!("//# {}=app.js.map\n", super::SOURCE_MAP)), ["no-source-maps"]);
        assert_eq!(with("script.js", &format!("// {}{}\n", "whsec_", "Ab1+".repeat(8))), ["no-secrets"]);
        assert_eq!(
            with("app.js", &format!("// eyJhbGciOiJIUzI1NiJ9{}{}.x\n", ".eyJ", "hY2NvdW50X2lkIjo3fQ".repeat(2))),
            ["no-secrets"]
        );
    }

    #[test]
    fn how_a_secret_begins_may_be_known() {
        assert_eq!(with("app.js", "// A secret begins with whsec_ and a token with eyJ.\n"), [""; 0]);
    }
}
