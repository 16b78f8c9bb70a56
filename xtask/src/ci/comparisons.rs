//! Secrets are compared in constant time (`ct_eq` of the crate `subtle`): a comparison that stops at the first difference
//! tells by its time how much of a guess was right.

/// What a value that proves something is called.
const NAMES: &[&str] = &["secret", "signature", "hook_key", "mac", "password", "ticket"];
/// Says on the line that neither side came from outside.
const OURS: &str = "// both are ours";

/// The lines of a source file that compare a secret plainly. Tests may.
pub(super) fn plain(name: &str, text: &str) -> Vec<String> {
    let is_product = name.starts_with("domain/src/") || name.starts_with("worker/src/");
    if !is_product || !name.ends_with(".rs") || name.ends_with("tests.rs") {
        return Vec::new();
    }
    let code = text.split("#[cfg(test)]").next().unwrap_or_default();
    let lines = code.lines().enumerate().filter(|(_, line)| !line.contains(OURS) && compares(line));
    lines.map(|(at, _)| format!("{name}:{}: compares a secret with == or !=; use ct_eq", at + 1)).collect()
}

/// Whether a side of a comparison is one of the names, or a field of that name.
fn compares(line: &str) -> bool {
    let is_name = |operand: &str| NAMES.contains(&operand.rsplit('.').next().unwrap_or_default());
    ["==", "!="].iter().flat_map(|sign| line.match_indices(sign)).any(|(at, sign)| {
        let (before, after) = (line.get(..at).unwrap_or_default(), line.get(at + sign.len()..).unwrap_or_default());
        is_name(before.trim_end().rsplit(is_end).next().unwrap_or_default())
            || is_name(after.trim_start_matches([' ', '&', '*']).split(is_end).next().unwrap_or_default())
    })
}

/// Where a path of names such as `known.hook_key` ends.
fn is_end(letter: char) -> bool {
    !(letter.is_ascii_alphanumeric() || matches!(letter, '_' | '.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_compared_plainly_is_found_on_either_side() {
        for line in
            ["if given == secret {", "known.hook_key != key", "Some(mac) if body == *mac => {}", "x == &self.signature"]
        {
            assert_eq!(plain("worker/src/a.rs", line).len(), 1, "{line}");
        }
    }

    #[test]
    fn words_about_secrets_tests_and_what_is_all_ours_are_left_alone() {
        for line in [
            "name == \"secret\"",
            "secret.len() == 4",
            "let secret = a == b;",
            "a.hook_key == b.hook_key // both are ours",
        ] {
            assert_eq!(plain("worker/src/a.rs", line).len(), 0, "{line}");
        }
        assert_eq!(plain("worker/src/a.rs", "#[cfg(test)]\nassert!(given == secret)").len(), 0);
        assert_eq!(plain("tests/it/a.rs", "given == secret").len(), 0);
    }
}
