//! How the simulator is started.

use std::path::PathBuf;

/// What the simulator is told once, at its start. Nothing here changes by `reset`.
#[derive(Debug, Clone)]
pub struct Config {
    /// Port on the loopback interface; 0 picks a free one.
    pub port: u16,
    /// Where install and uninstall hooks are really sent.
    pub worker_url: String,
    /// The integration's id.
    pub client_id: String,
    /// The integration's secret.
    pub client_secret: String,
    /// The redirect URI as it stands in the integration's settings.
    pub redirect_uri: String,
    /// Where the "access revoked" hook goes; by default `/oauth/uninstalled` of the worker.
    pub uninstall_url: Option<String>,
    /// Widget archives, read again at every use so that a rebuilt one is picked up.
    pub widgets: Vec<PathBuf>,
    /// A `node_modules` folder with the libraries of the CRM page.
    pub assets: PathBuf,
    /// Start without the demo account.
    pub empty: bool,
    /// The moment of its start, Unix seconds, if its clock is the runtime's; by default it is the machine's.
    pub begins: Option<f64>,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            port: 8790,
            worker_url: "http://127.0.0.1:8787".to_owned(),
            client_id: "5b0f7c1e-2d34-4a56-9b78-0c1d2e3f4a5b".to_owned(),
            client_secret: "local-development-client-secret-not-for-production".to_owned(),
            redirect_uri: "http://127.0.0.1:8787/oauth/callback".to_owned(),
            uninstall_url: None,
            widgets: Vec::new(),
            assets: PathBuf::from("node_modules"),
            empty: false,
            begins: None,
        }
    }
}

impl Config {
    /// The defaults, overridden by the variables the product itself is configured with.
    pub fn from_env(variable: impl Fn(&str) -> Option<String>) -> Self {
        let mut config = Self::default();
        let set = |name: &str, target: &mut String| {
            if let Some(value) = variable(name).filter(|value| !value.is_empty()) {
                *target = value;
            }
        };
        set("KOMMO_CLIENT_ID", &mut config.client_id);
        set("KOMMO_CLIENT_SECRET", &mut config.client_secret);
        set("KOMMO_REDIRECT_URI", &mut config.redirect_uri);
        set("KOMMO_WORKER_URL", &mut config.worker_url);
        config
    }

    /// The domain accounts live under.
    pub fn domain(&self) -> &'static str {
        "kommo.com"
    }

    /// The uninstall hook without its query.
    pub(crate) fn uninstall_hook(&self) -> String {
        self.uninstall_url.clone().unwrap_or_else(|| format!("{}/oauth/uninstalled", self.worker_url))
    }

    /// Where an install hook is really sent: the redirect URI's path at the worker.
    pub(crate) fn install_hook(&self) -> String {
        let path = self
            .redirect_uri
            .split_once("://")
            .and_then(|(_, rest)| rest.find('/').map(|at| rest[at..].to_owned()))
            .unwrap_or_else(|| "/".to_owned());
        format!("{}{path}", self.worker_url)
    }

    /// Scheme and host of the redirect URI without its port: the audience of one-time tokens.
    pub(crate) fn audience(&self) -> String {
        let (scheme, rest) = self.redirect_uri.split_once("://").unwrap_or(("https", &self.redirect_uri));
        let authority = rest.split(['/', '?']).next().unwrap_or_default();
        let host = authority.rsplit_once(':').map_or(authority, |(host, _)| host);
        format!("{scheme}://{host}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn audience_drops_the_port() {
        assert_eq!(Config::default().audience(), "http://127.0.0.1");
    }

    #[test]
    fn install_hook_goes_to_the_worker() {
        let config = Config {
            worker_url: "http://127.0.0.1:9000".to_owned(),
            redirect_uri: "https://voip.example/kommo/cb".to_owned(),
            ..Config::default()
        };
        assert_eq!(config.install_hook(), "http://127.0.0.1:9000/kommo/cb");
    }
}
