//! `.dev.vars`: the values and secrets of a Worker on this machine, which Wrangler reads by itself. Never
//! overwritten, never committed, worth nothing anywhere else.

use std::fs::File;
use std::io::{Read, Write};

use anyhow::{Context, Result};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::project::Project;
use crate::run;

pub(crate) const CLIENT_ID: &str = "5b0f7c1e-2d34-4a56-9b78-0c1d2e3f4a5b";
pub(crate) const CLIENT_SECRET: &str = "local-development-client-secret-not-for-production";

pub(super) fn variables(project: &Project) -> Result<()> {
    let mut file = match File::create_new(project.path(".dev.vars")) {
        Ok(file) => file,
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => return Ok(()),
        Err(error) => return Err(error).context("cannot write .dev.vars"),
    };
    let mut key = [0; 32];
    File::open("/dev/urandom")
        .and_then(|mut source| source.read_exact(&mut key))
        .context("cannot draw a random key")?;
    let key = STANDARD.encode(key);
    run::say("writing .dev.vars with local values and a fresh sealing key");
    write!(
        file,
        "# Local development only. Written once by `cargo xtask`; yours to change, never committed.\n\
         KOMMO_CLIENT_ID=\"{CLIENT_ID}\"\n\
         KOMMO_CLIENT_SECRET=\"{CLIENT_SECRET}\"\n\
         KOMMO_REDIRECT_URI=\"http://127.0.0.1:8787/oauth/callback\"\n\
         KOMMO_ORIGIN_OVERRIDE=\"http://127.0.0.1:8790\"\n\
         PROVIDER_ORIGIN_OVERRIDE=\"http://127.0.0.1:8790\"\n\
         RINGCENTRAL_CLIENT_ID=\"local-ringcentral-app\"\n\
         SEALING_KEYS=\"local1:{key}\"\n"
    )
    .context("cannot write .dev.vars")
}

/// What the simulator must know alike.
pub(crate) struct Local {
    pub(crate) client_id: String,
    pub(crate) client_secret: String,
}

/// The integration's id and secret as the Worker will read them.
pub(crate) fn read(project: &Project) -> Local {
    let text = std::fs::read_to_string(project.path(".dev.vars")).unwrap_or_default();
    let value = |name: &str, usual: &str| variable(&text, name).unwrap_or(usual).to_owned();
    Local { client_id: value("KOMMO_CLIENT_ID", CLIENT_ID), client_secret: value("KOMMO_CLIENT_SECRET", CLIENT_SECRET) }
}

fn variable<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    text.lines().find_map(|line| {
        let value = line.trim().strip_prefix(name)?.trim_start().strip_prefix('=')?;
        Some(value.trim().trim_matches(['"', '\'']))
    })
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_variable_is_read_with_or_without_quotes() {
        let text = "# A=0\nA=1\nAB = \"2\"\n";
        assert_eq!(super::variable(text, "A"), Some("1"));
        assert_eq!(super::variable(text, "AB"), Some("2"));
        assert_eq!(super::variable(text, "B"), None);
    }
}
