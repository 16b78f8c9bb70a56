//! `deploy`: what would fail is looked for before anything is changed; then the database, then the code, since
//! migrations are written to run while the old code still serves.

use std::fs;

use anyhow::{Context, Result, bail};
use serde_json::Value;

use crate::args::Args;
use crate::project::Project;
use crate::{run, setup};

/// What stands in wrangler.toml until someone puts their own values there.
const PLACEHOLDERS: &[(&str, &str)] = &[
    (
        "KOMMO_CLIENT_ID = \"00000000-0000-0000-0000-000000000000\"",
        "KOMMO_CLIENT_ID: the id of your integration in Kommo",
    ),
    ("https://kommo-voip.example.com", "KOMMO_REDIRECT_URI: your Worker's address and /oauth/callback"),
    (
        "database_id = \"00000000-0000-0000-0000-000000000000\"",
        "database_id: printed by `npx wrangler d1 create kommo-voip`",
    ),
    (
        "id = \"00000000000000000000000000000000\"",
        "the id of SNAPSHOTS: printed by `npx wrangler kv namespace create SNAPSHOTS`",
    ),
];
const SECRETS: &[&str] = &["KOMMO_CLIENT_SECRET", "SEALING_KEYS"];
/// They send Kommo's traffic elsewhere and belong to development.
const LOCAL_ONLY: &[&str] = &["KOMMO_ORIGIN_OVERRIDE", "PROVIDER_ORIGIN_OVERRIDE"];

pub(crate) fn main(args: &mut Args) -> Result<()> {
    args.finish_without_rest()?;
    let project = Project::find()?;
    let config = fs::read_to_string(project.path("wrangler.toml")).context("wrangler.toml is missing")?;
    refuse(&wrong_values(&config), "wrangler.toml is not ready")?;
    setup::all(&project)?;
    refuse(&missing_secrets(&project)?, "secrets are missing")?;
    run::say("migrating the database");
    run::check(run::wrangler(&project).args(["d1", "migrations", "apply", "DB", "--remote"]))?;
    run::say("deploying the Worker");
    run::check(run::wrangler(&project).arg("deploy"))
}

fn refuse(wrong: &[String], what: &str) -> Result<()> {
    if wrong.is_empty() {
        return Ok(());
    }
    for line in wrong {
        eprintln!("  {line}");
    }
    bail!("{what}");
}

fn wrong_values(config: &str) -> Vec<String> {
    let lines = || config.lines().map(str::trim);
    let placeholders = PLACEHOLDERS
        .iter()
        .filter(|(placeholder, _)| lines().any(|line| line.contains(placeholder)))
        .map(|(_, advice)| format!("put in {advice}"));
    let local = LOCAL_ONLY
        .iter()
        .filter(|name| lines().any(|line| line.starts_with(**name)))
        .map(|name| format!("take out {name}: it is for development only"));
    placeholders.chain(local).collect()
}

fn missing_secrets(project: &Project) -> Result<Vec<String>> {
    let list = run::read(run::wrangler(project).args(["secret", "list", "--format", "json"])).context(
        "cannot list the Worker's secrets; sign in with `npx wrangler login`, and set them with `npx wrangler secret put`, which creates the Worker",
    )?;
    let list: Value = serde_json::from_str(&list).context("Wrangler's list of secrets is not JSON")?;
    let has = |name: &str| list.as_array().into_iter().flatten().any(|secret| secret["name"] == name);
    Ok(SECRETS
        .iter()
        .filter(|name| !has(name))
        .map(|name| format!("set it with `npx wrangler secret put {name}`"))
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_placeholder_of_our_own_configuration_is_noticed() {
        let project = Project::find().unwrap();
        let config = fs::read_to_string(project.path("wrangler.toml")).unwrap();
        assert_eq!(wrong_values(&config).len(), PLACEHOLDERS.len());
    }

    #[test]
    fn an_override_never_reaches_production() {
        assert_eq!(wrong_values("KOMMO_ORIGIN_OVERRIDE = \"http://127.0.0.1\"").len(), 1);
        assert_eq!(wrong_values("# KOMMO_ORIGIN_OVERRIDE is for development").len(), 0);
    }
}
