//! What wrangler.toml must say before anything is deployed from it. Read line by line: it is our own file, and a
//! parser would be one more thing to compile on a bare machine.

/// What stands there until someone puts their own values in.
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

/// They send Kommo's traffic elsewhere and belong to development.
const LOCAL_ONLY: &[&str] = &["KOMMO_ORIGIN_OVERRIDE", "PROVIDER_ORIGIN_OVERRIDE"];
/// They would be readable by whoever reads the file.
const SECRET: &[&str] = &["KOMMO_CLIENT_SECRET", "SEALING_KEYS"];

/// What the Worker does not run without: section, line, and what it is for.
const NEEDED: &[(&str, &str, &str)] = &[
    ("", "compatibility_date =", "the compatibility date, which pins how the platform behaves"),
    ("[[d1_databases]]", "binding = \"DB\"", "the D1 database with the binding DB"),
    ("[[d1_databases]]", "migrations_dir = \"worker/migrations\"", "the folder of the database's migrations"),
    ("[[kv_namespaces]]", "binding = \"SNAPSHOTS\"", "the KV namespace with the binding SNAPSHOTS"),
    ("[[durable_objects.bindings]]", "name = \"ACCOUNT\"", "the Durable Object with the binding ACCOUNT"),
    ("[[durable_objects.bindings]]", "class_name = \"Account\"", "the Durable Object's class Account"),
    ("[[migrations]]", "new_sqlite_classes = [\"Account\"]", "the migration that gives Account its SQLite"),
    ("[triggers]", "crons = [\"* * * * *\"]", "the cron of every minute, which wakes sleeping accounts"),
    ("[observability.logs]", "invocation_logs = false", "no request lines in the log: addresses hold webhook keys"),
];

/// Everything that is wrong, each as something to do.
pub(super) fn mistakes(config: &str) -> Vec<String> {
    let lines: Vec<(&str, &str)> = sections(config).collect();
    let any = |fits: &dyn Fn(&str) -> bool| lines.iter().any(|(_, line)| fits(line));
    let placeholders = PLACEHOLDERS
        .iter()
        .filter(|(placeholder, _)| any(&|line| line.contains(placeholder)))
        .map(|(_, advice)| format!("put in {advice}"));
    let local = LOCAL_ONLY
        .iter()
        .filter(|name| any(&|line| line.starts_with(**name)))
        .map(|name| format!("take out {name}: it is for development only"));
    let secret = SECRET
        .iter()
        .filter(|name| any(&|line| line.starts_with(**name)))
        .map(|name| format!("take out {name}: it is a secret, set with `npx wrangler secret put {name}`"));
    let missing = NEEDED
        .iter()
        .filter(|(section, wanted, _)| !lines.iter().any(|(at, line)| at == section && line.starts_with(wanted)))
        .map(|(section, wanted, what)| {
            let place = if section.is_empty() { String::new() } else { format!(" under {section}") };
            format!("put back {what} (`{wanted}`{place})")
        });
    placeholders.chain(local).chain(secret).chain(missing).collect()
}

/// Each line that says something, with the section it stands in.
fn sections(config: &str) -> impl Iterator<Item = (&str, &str)> {
    let mut section = "";
    config.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#')).map(move |line| {
        if line.starts_with('[') {
            section = line;
        }
        (section, line)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::project::Project;

    fn ours() -> String {
        std::fs::read_to_string(Project::find().unwrap().path("wrangler.toml")).unwrap()
    }

    #[test]
    fn every_placeholder_of_our_own_configuration_is_noticed_and_nothing_else() {
        let found = mistakes(&ours());
        assert_eq!(found.len(), PLACEHOLDERS.len(), "{found:?}");
        assert!(found.iter().all(|mistake| mistake.starts_with("put in ")), "{found:?}");
    }

    #[test]
    fn an_override_or_a_secret_never_reaches_production() {
        for name in LOCAL_ONLY.iter().chain(SECRET) {
            let about = |line: String| mistakes(&line).iter().filter(|mistake| mistake.contains(name)).count();
            assert_eq!(about(format!("{name} = \"x\"")), 1, "{name}");
            assert_eq!(about(format!("# {name} is for development")), 0, "{name}");
        }
    }

    #[test]
    fn each_binding_that_is_taken_out_is_missed() {
        let config = ours();
        for (_, wanted, what) in NEEDED {
            let without: Vec<&str> = config.lines().filter(|line| !line.starts_with(wanted)).collect();
            let found = mistakes(&without.join("\n"));
            assert_eq!(found.iter().filter(|mistake| mistake.contains(what)).count(), 1, "{what}: {found:?}");
        }
    }

    #[test]
    fn a_binding_in_another_section_does_not_count() {
        let moved = ours().replace("[triggers]", "[elsewhere]");
        assert!(mistakes(&moved).iter().any(|mistake| mistake.contains("cron")));
    }
}
