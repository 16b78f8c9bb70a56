//! `deploy`: what would fail is looked for before anything is changed; then the database, then the code, since
//! migrations are written to run while the old code still serves. `--dry-run` looks at everything, also after the
//! first mistake, and changes nothing.

mod configuration;
mod report;

use std::fs;

use anyhow::{Context, Result, bail};
use serde_json::Value;

use crate::args::Args;
use crate::project::Project;
use crate::{run, setup};
use report::{Found, Report};

const SECRETS: &[&str] = &["KOMMO_CLIENT_SECRET", "SEALING_KEYS"];
const SIGN_IN: &str = "sign in with `npx wrangler login`, or set CLOUDFLARE_API_TOKEN";

pub(crate) fn main(args: &mut Args) -> Result<()> {
    let is_rehearsal = args.flag("--dry-run");
    args.finish_without_rest()?;
    let project = Project::find()?;
    let config = fs::read_to_string(project.path("wrangler.toml")).context("wrangler.toml is missing")?;
    if is_rehearsal {
        return rehearse(&project, &config);
    }
    refuse(&configuration::mistakes(&config), "wrangler.toml is not ready")?;
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

fn rehearse(project: &Project, config: &str) -> Result<()> {
    let mut report = Report::default();
    let mistakes = configuration::mistakes(config);
    report.add(
        "wrangler.toml",
        if mistakes.is_empty() { Found::Good("complete".to_owned()) } else { Found::Wrong(mistakes) },
    );
    setup::all(project)?;
    let is_signed_in = run::succeeds(run::wrangler(project).args(["whoami", "--json"]));
    let remotely = |look: &dyn Fn() -> Found| {
        if is_signed_in {
            look()
        } else {
            Found::Unknown(format!("not signed in to Cloudflare, or it cannot be reached; {SIGN_IN}"))
        }
    };
    report.add(
        "secrets",
        remotely(&|| match missing_secrets(project) {
            Ok(missing) if missing.is_empty() => Found::Good(SECRETS.join(" and ")),
            Ok(missing) => Found::Wrong(missing),
            Err(error) => Found::Unknown(format!("{error:#}")),
        }),
    );
    report.add("migrations here", local_migrations(project)?);
    report.add(
        "migrations pending in D1",
        remotely(&|| {
            let mut list = run::wrangler(project);
            match run::read(list.args(["d1", "migrations", "list", "DB", "--remote"])) {
                Ok(said) => Found::Good(pending(&said)),
                Err(error) => Found::Unknown(format!("{error:#}; has the database been created?")),
            }
        }),
    );
    run::say("building the Worker as for a deploy");
    report.add(
        "build",
        match run::check(run::wrangler(project).args(["deploy", "--dry-run"])) {
            Ok(()) => Found::Good("`wrangler deploy --dry-run` accepts the Worker and its bindings".to_owned()),
            Err(error) => Found::Wrong(vec![format!("{error:#}")]),
        },
    );
    print!("{report}");
    if report.has_mistakes() {
        bail!("not ready to be deployed");
    }
    Ok(())
}

fn local_migrations(project: &Project) -> Result<Found> {
    let mut files = Vec::new();
    for entry in fs::read_dir(project.path("worker/migrations")).context("worker/migrations is missing")? {
        files.push(entry?.file_name().to_string_lossy().into_owned());
    }
    files.retain(|file| file.ends_with(".sql"));
    files.sort();
    Ok(Found::Good(files.join(", ")))
}

/// The names of migrations in what Wrangler prints, which is a table for people.
fn pending(said: &str) -> String {
    let words = said.split(|c: char| c.is_whitespace() || c == '│' || c == '|');
    let files: Vec<&str> = words.filter(|word| word.ends_with(".sql")).collect();
    if files.is_empty() { "none".to_owned() } else { files.join(", ") }
}

fn missing_secrets(project: &Project) -> Result<Vec<String>> {
    let list = run::read(run::wrangler(project).args(["secret", "list", "--format", "json"])).context(
        "cannot list the Worker's secrets; sign in with `npx wrangler login`, and set them with `npx wrangler secret put`, which creates the Worker",
    )?;
    missing_from(&list)
}

fn missing_from(list: &str) -> Result<Vec<String>> {
    let list: Value = serde_json::from_str(list).context("Wrangler's list of secrets is not JSON")?;
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
    fn pending_migrations_are_read_from_wranglers_table() {
        let table =
            "Migrations to be applied:\n┌──────┐\n│ Name │\n├──────┤\n│ 0001_first.sql │\n│ 0002_lines.sql │\n└──┘";
        assert_eq!(pending(table), "0001_first.sql, 0002_lines.sql");
        assert_eq!(pending("✅ No migrations to apply!"), "none");
    }

    #[test]
    fn each_secret_that_is_not_set_is_named() {
        let one = r#"[{"name":"SEALING_KEYS","type":"secret_text"}]"#;
        assert_eq!(missing_from(one).unwrap(), ["set it with `npx wrangler secret put KOMMO_CLIENT_SECRET`"]);
        assert_eq!(missing_from("[]").unwrap().len(), 2);
        assert!(missing_from("You are not signed in").is_err());
    }
}
