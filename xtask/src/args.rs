//! Options of a command line, read strictly: a mistyped option is an error, never ignored.

use std::ffi::OsString;

use anyhow::{Context, Result, bail};

/// What stands after the command's name.
pub(crate) struct Args {
    words: Vec<String>,
    /// Everything after `--`, passed on as it stands.
    pub(crate) rest: Vec<String>,
}

impl Args {
    pub(crate) fn new(words: impl Iterator<Item = OsString>) -> Result<Self> {
        let mut all = Vec::new();
        for word in words {
            match word.into_string() {
                Ok(word) => all.push(word),
                Err(word) => bail!("{word:?} is not valid text"),
            }
        }
        let rest = match all.iter().position(|word| word == "--") {
            Some(at) => {
                let rest = all.split_off(at + 1);
                all.pop();
                rest
            }
            None => Vec::new(),
        };
        Ok(Self { words: all, rest })
    }

    /// Takes `--name`; true when it was given.
    pub(crate) fn flag(&mut self, name: &str) -> bool {
        match self.words.iter().position(|word| word == name) {
            Some(at) => {
                self.words.remove(at);
                true
            }
            None => false,
        }
    }

    /// Takes `--name VALUE` or `--name=VALUE`.
    pub(crate) fn value(&mut self, name: &str) -> Result<Option<String>> {
        let with_equals = format!("{name}=");
        if let Some(at) = self.words.iter().position(|w| w.starts_with(&with_equals)) {
            let word = self.words.remove(at);
            return Ok(Some(word[with_equals.len()..].to_owned()));
        }
        let Some(at) = self.words.iter().position(|word| word == name) else {
            return Ok(None);
        };
        self.words.remove(at);
        if at >= self.words.len() || self.words[at].starts_with("--") {
            bail!("{name} needs a value");
        }
        Ok(Some(self.words.remove(at)))
    }

    /// Takes a port number, or answers the usual one.
    pub(crate) fn port(&mut self, name: &str, usual: u16) -> Result<u16> {
        match self.value(name)? {
            Some(text) => match text.parse() {
                Ok(port) if port > 0 => Ok(port),
                _ => bail!("{name} needs a port number from 1 to 65535, not {text:?}"),
            },
            None => Ok(usual),
        }
    }

    /// Takes all names that are left; what looks like an option is a mistake.
    pub(crate) fn names(&mut self) -> Result<Vec<String>> {
        match self.words.iter().find(|word| word.starts_with('-')) {
            Some(word) => bail!("{word:?} is not an option of this command"),
            None => Ok(std::mem::take(&mut self.words)),
        }
    }

    /// Everything known has been taken: whatever is left is a mistake.
    pub(crate) fn finish(&self) -> Result<()> {
        match self.words.first() {
            Some(word) => bail!("{word:?} is not an option of this command"),
            None => Ok(()),
        }
    }

    /// As [`Self::finish`], for commands that pass nothing on.
    pub(crate) fn finish_without_rest(&self) -> Result<()> {
        self.finish()?;
        if let Some(word) = self.rest.first() {
            return Err(anyhow::anyhow!("{word:?}")).context("nothing is expected after --");
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn args(words: &[&str]) -> Args {
        Args::new(words.iter().map(OsString::from)).unwrap()
    }

    #[test]
    fn a_value_is_taken_in_both_spellings() {
        let mut args = args(&["--a", "1", "--b=2"]);
        assert_eq!(args.value("--a").unwrap().as_deref(), Some("1"));
        assert_eq!(args.value("--b").unwrap().as_deref(), Some("2"));
        args.finish().unwrap();
    }

    #[test]
    fn a_mistyped_option_is_an_error() {
        let mut args = args(&["--no-wach"]);
        assert!(!args.flag("--no-watch"));
        assert!(args.finish().is_err());
    }

    #[test]
    fn an_option_is_not_taken_for_the_value_of_another() {
        assert!(args(&["--state", "--no-watch"]).value("--state").is_err());
        assert!(args(&["--state"]).value("--state").is_err());
    }

    #[test]
    fn ports_are_numbers_above_zero() {
        assert_eq!(args(&[]).port("--p", 8787).unwrap(), 8787);
        assert_eq!(args(&["--p", "1"]).port("--p", 8787).unwrap(), 1);
        for wrong in ["0", "65536", "x", ""] {
            assert!(args(&["--p", wrong]).port("--p", 1).is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn what_follows_two_dashes_is_passed_on() {
        let args = args(&["--", "--nocapture", "x"]);
        args.finish().unwrap();
        assert_eq!(args.rest, ["--nocapture", "x"]);
        assert!(args.finish_without_rest().is_err());
    }
}
