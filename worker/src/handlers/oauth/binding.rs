//! The cookie that ties a connection to the browser that began it, so that nobody can make someone else's browser
//! finish a connection with a foreign account.

use crate::adapters::random::{self, NoRandomness};
use crate::config::Config;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// Seconds between start and callback. Longer, and a forgotten consent page could connect an account days later.
pub const LIFETIME_SECONDS: i64 = 600;

/// 32 random bytes are 43 characters of unpadded base64url.
const VALUE_CHARACTERS: usize = 43;

/// A value nobody can guess.
pub fn fresh() -> Result<String, NoRandomness> {
    Ok(URL_SAFE_NO_PAD.encode(random::bytes::<32>()?))
}

/// `__Host-` keeps other subdomains from planting the cookie; it needs TLS, which a developer's machine lacks.
fn name(config: &Config) -> &'static str {
    if config.is_secure() { "__Host-kv-oauth" } else { "kv-oauth" }
}

/// The browser's value, if it has one.
pub fn of(cookies: &str, config: &Config) -> Option<String> {
    let mut pairs = cookies.split(';').filter_map(|pair| pair.trim().split_once('='));
    let value = pairs.find(|(found, _)| *found == name(config))?.1;
    let plausible = value.len() == VALUE_CHARACTERS && URL_SAFE_NO_PAD.decode(value).is_ok();
    plausible.then(|| value.to_owned())
}

/// The `Set-Cookie` that stores a value.
pub fn cookie(value: &str, config: &Config) -> String {
    let secure = if config.is_secure() { "; Secure" } else { "" };
    format!("{}={value}; Path=/; Max-Age={LIFETIME_SECONDS}; HttpOnly; SameSite=Lax{secure}", name(config))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::tests::{local, production};

    #[test]
    fn the_cookie_comes_back_as_it_was_set() {
        let value = fresh().unwrap();
        for config in [production(), local()] {
            let set = cookie(&value, &config);
            let sent = format!("a=b; {}; c=d", set.split(';').next().unwrap());
            assert_eq!(of(&sent, &config).as_ref(), Some(&value));
            assert!(set.contains("HttpOnly") && set.contains("SameSite=Lax"));
        }
    }

    #[test]
    fn with_tls_only_the_guarded_cookie_counts() {
        let value = fresh().unwrap();
        let config = production();
        assert!(cookie(&value, &config).starts_with("__Host-") && cookie(&value, &config).ends_with("; Secure"));
        for cookies in ["", "kv-oauth", &format!("kv-oauth={value}"), "__Host-kv-oauth=short", "__Host-kv-oauth="] {
            assert_eq!(of(cookies, &config), None, "{cookies}");
        }
    }
}
