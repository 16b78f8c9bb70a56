//! Which request goes where. The table a newcomer opens first; everything not in it is 404.

use crate::respond::Refusal;

/// Everything the Worker answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Route<'a> {
    /// `GET /health`: the Worker runs and is configured.
    Health,
    /// `GET /oauth/start`: an administrator begins to connect.
    OauthStart,
    /// `GET /oauth/callback`: Kommo brings a code.
    OauthCallback,
    /// `GET /oauth/uninstalled`: Kommo says that access was revoked.
    OauthUninstalled,
    /// `GET /oauth/voip/ringcentral/start` and `/callback`: an administrator connects a telephony provider.
    OauthVoip,
    /// `GET,POST /webhooks/voip/{provider}/{hook_key}`: a provider reports.
    Webhook(Hook<'a>),
    /// `GET,POST /route/{provider}/{hook_key}`: a PBX asks where a ringing call goes.
    CallRoute(Hook<'a>),
    /// `POST /webhooks/kommo/{hook_key}`: Kommo tells what changed in the account.
    KommoChanges {
        /// Names and authorises the account.
        key: &'a str,
    },
    /// `GET,HEAD /recordings/{token}.mp3`: Kommo's player wants to hear a call.
    Recording {
        /// Names and authorises account and call.
        token: &'a str,
    },
    /// `GET /live?ticket=`: a widget opens its live connection.
    Live,
    /// `/api/v1/…`: the widget asks.
    Api,
    /// `OPTIONS /api/v1/…`: a browser asks whether the widget may.
    ApiPreflight,
    /// `POST /_local/panic/{account}`: only on a developer's machine, to see that one object's panic harms no other.
    LocalPanic {
        /// The account whose object is to panic.
        account: i64,
    },
    /// `POST /_local/age/{account}/{days}`: only on a developer's machine, to see what is kept for how long.
    LocalAge {
        /// The account whose data is to look older.
        account: i64,
        /// By how much.
        days: u16,
    },
}

/// Provider and key of a webhook address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hook<'a> {
    /// The provider, such as `generic`.
    pub provider: &'a str,
    /// Names and authorises the account.
    pub key: &'a str,
}

/// Finds the route of a request. The method is the word that was sent: the SDK takes one it does not know for GET.
pub fn route<'a>(method: &str, path: &'a str) -> Result<Route<'a>, Refusal> {
    let mut segments = path.strip_prefix('/').unwrap_or(path).split('/');
    let parts = [segments.next(), segments.next(), segments.next(), segments.next()];
    let (route, allowed) = match (parts, segments.next().is_none()) {
        ([Some("health"), None, ..], _) => (Route::Health, "GET"),
        ([Some("oauth"), Some("start"), None, _], _) => (Route::OauthStart, "GET"),
        ([Some("oauth"), Some("callback"), None, _], _) => (Route::OauthCallback, "GET"),
        ([Some("oauth"), Some("uninstalled"), None, _], _) => (Route::OauthUninstalled, "GET"),
        ([Some("oauth"), Some("voip"), Some("ringcentral"), Some("start" | "callback")], true) => {
            (Route::OauthVoip, "GET")
        }
        ([Some("live"), None, ..], _) => (Route::Live, "GET"),
        ([Some("recordings"), Some(file), None, _], _) => {
            (Route::Recording { token: file.strip_suffix(".mp3").ok_or(Refusal::NotFound)? }, "GET, HEAD")
        }
        ([Some("webhooks"), Some("voip"), Some(provider), Some(key)], true) => {
            (Route::Webhook(hook(provider, key)?), "GET, POST")
        }
        ([Some("webhooks"), Some("kommo"), Some(key), None], _) if !key.is_empty() => {
            (Route::KommoChanges { key }, "POST")
        }
        ([Some("route"), Some(provider), Some(key), None], _) => (Route::CallRoute(hook(provider, key)?), "GET, POST"),
        ([Some("_local"), Some("panic"), Some(account), None], _) => {
            (Route::LocalPanic { account: account.parse().map_err(|_| Refusal::NotFound)? }, "POST")
        }
        ([Some("_local"), Some("age"), Some(account), Some(days)], true) => {
            let number = |_| Refusal::NotFound;
            (Route::LocalAge { account: account.parse().map_err(number)?, days: days.parse().map_err(number)? }, "POST")
        }
        ([Some("api"), Some("v1"), Some(name), _], _) if !name.is_empty() => match method {
            "OPTIONS" => return Ok(Route::ApiPreflight),
            _ => (Route::Api, "GET, POST, PUT, DELETE, OPTIONS"),
        },
        _ => return Err(Refusal::NotFound),
    };
    if allowed.split(", ").any(|allowed| allowed == method) { Ok(route) } else { Err(Refusal::Method(allowed)) }
}

fn hook<'a>(provider: &'a str, key: &'a str) -> Result<Hook<'a>, Refusal> {
    let named = (1..=32).contains(&provider.len())
        && provider.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
    if named && !key.is_empty() { Ok(Hook { provider, key }) } else { Err(Refusal::NotFound) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use worker::Method;

    #[test]
    fn every_path_has_its_route() {
        let hook = Hook { provider: "generic", key: "k" };
        for (method, path, expected) in [
            (Method::Get, "/health", Route::Health),
            (Method::Get, "/oauth/start", Route::OauthStart),
            (Method::Get, "/oauth/callback", Route::OauthCallback),
            (Method::Get, "/oauth/uninstalled", Route::OauthUninstalled),
            (Method::Post, "/webhooks/voip/generic/k", Route::Webhook(hook)),
            (Method::Get, "/webhooks/voip/generic/k", Route::Webhook(hook)),
            (Method::Post, "/route/generic/k", Route::CallRoute(hook)),
            (Method::Post, "/webhooks/kommo/k", Route::KommoChanges { key: "k" }),
            (Method::Get, "/oauth/voip/ringcentral/start", Route::OauthVoip),
            (Method::Get, "/oauth/voip/ringcentral/callback", Route::OauthVoip),
            (Method::Get, "/live", Route::Live),
            (Method::Head, "/recordings/t.mp3", Route::Recording { token: "t" }),
            (Method::Put, "/api/v1/settings", Route::Api),
            (Method::Get, "/api/v1/calls/abc/trace", Route::Api),
            (Method::Delete, "/api/v1/numbers/+4930", Route::Api),
            (Method::Options, "/api/v1/session", Route::ApiPreflight),
            (Method::Get, "/api/v1/export", Route::Api),
            (Method::Post, "/_local/panic/7", Route::LocalPanic { account: 7 }),
            (Method::Post, "/_local/age/7/31", Route::LocalAge { account: 7, days: 31 }),
        ] {
            assert_eq!(route(method.as_ref(), path), Ok(expected), "{path}");
        }
    }

    #[test]
    fn everything_else_is_not_found() {
        for path in [
            "/",
            "",
            "/health/",
            "/healthy",
            "/internal/grant",
            "/oauth",
            "/oauth/start/x",
            "/webhooks/voip/generic",
            "/webhooks/voip/generic/",
            "/webhooks/voip/Generic/k",
            "/webhooks/voip//k",
            "/webhooks/voip/generic/k/more",
            "/oauth/voip/twilio/start",
            "/oauth/voip/ringcentral",
            "/recordings/t",
            "/recordings/t.mp3/more",
            "/webhooks/kommo",
            "/webhooks/kommo/",
            "/webhooks/kommo/k/more",
            "/api/v1",
            "/api/v1/",
            "/api/v2/settings",
            "/_local/panic/x",
            "/_local/age/7",
            "/_local/age/7/-1",
        ] {
            assert_eq!(route("GET", path), Err(Refusal::NotFound), "{path}");
        }
    }

    #[test]
    fn a_wrong_method_is_told_the_right_ones() {
        for method in ["POST", "PROPFIND", "get", ""] {
            assert_eq!(route(method, "/health"), Err(Refusal::Method("GET")), "{method}");
        }
        assert_eq!(route("PUT", "/webhooks/voip/generic/k"), Err(Refusal::Method("GET, POST")));
        assert_eq!(route("PATCH", "/api/v1/settings"), Err(Refusal::Method("GET, POST, PUT, DELETE, OPTIONS")));
    }
}
