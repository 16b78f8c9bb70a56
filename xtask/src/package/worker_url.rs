//! The one address the widget talks to.

use anyhow::{Result, bail};

/// Where the Worker answers: an origin, so that paths can be put behind it.
pub(super) struct WorkerUrl {
    pub(super) origin: String,
}

impl WorkerUrl {
    pub(super) fn parse(text: &str) -> Result<Self> {
        let origin = text.trim_end_matches('/').to_owned();
        let (scheme, rest) = origin.split_once("://").unwrap_or(("", &origin));
        let host = rest.split(':').next().unwrap_or_default();
        let is_local = host == "127.0.0.1" || host == "localhost";
        let is_plain =
            !rest.is_empty() && rest.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | ':'));
        if !is_plain || !(scheme == "https" || (scheme == "http" && is_local)) {
            bail!("{text:?} is not an https address of a host without a path");
        }
        Ok(Self { origin })
    }
}

#[cfg(test)]
mod tests {
    use super::WorkerUrl;

    #[test]
    fn only_origins_are_baked_in() {
        for good in ["https://voip.example.com", "https://voip.example.com/", "http://127.0.0.1:8787"] {
            assert!(WorkerUrl::parse(good).is_ok(), "{good}");
        }
        for bad in [
            "voip.example.com",
            "http://voip.example.com",
            "https://voip.example.com/path",
            "https://",
            "https://a'b",
            "javascript://127.0.0.1",
        ] {
            assert!(WorkerUrl::parse(bad).is_err(), "{bad}");
        }
    }
}
