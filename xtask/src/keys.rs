//! `keys`: which sealing keys are still needed. It only reads; the Worker itself seals everything anew under the first
//! key, account by account, after that key was put first.

use std::collections::BTreeMap;
use std::path::PathBuf;

use anyhow::{Context, Result};
use serde_json::Value;

use crate::args::Args;
use crate::project::Project;
use crate::run;

/// An account whose object has not said yet what seals its own copies.
const UNKNOWN: &str = "?";

/// Every sealed column of D1, by the kind of its records.
const SEALED: &[(&str, &str, &str)] = &[
    ("access token", "access_token", "kommo_auth_tokens"),
    ("refresh token", "refresh_token", "kommo_auth_tokens"),
    ("provider credentials", "voip_token", "widget_settings"),
    ("connection under way", "code", "pending_grants"),
    ("connection under way, exchanged", "pair", "pending_grants"),
    ("address key", "sealed", "address_keys"),
];

/// Counts the records of each kind by key, a statement each, since D1 joins only a few at a time. A record is
/// `v1.KEY.…`; what an object holds itself it tells D1.
fn query() -> String {
    let mut statements: Vec<String> = SEALED
        .iter()
        .map(|(what, column, table)| {
            format!(
                "SELECT '{what}' AS what, substr({column}, 4, instr(substr({column}, 4), '.') - 1) AS seal, \
                 COUNT(*) AS records FROM {table} WHERE {column} IS NOT NULL GROUP BY seal"
            )
        })
        .collect();
    statements.push(format!(
        "SELECT 'account object' AS what, COALESCE(sealed_with, '{UNKNOWN}') AS seal, COUNT(*) AS records \
         FROM installations WHERE erased_at IS NULL GROUP BY seal"
    ));
    statements.join("; ")
}

/// Kinds of records and their number, by key.
type Needed = BTreeMap<String, Vec<(String, u64)>>;

pub(crate) fn main(args: &mut Args) -> Result<()> {
    let state = args.value("--local")?.map(PathBuf::from);
    args.finish_without_rest()?;
    let project = Project::find()?;
    let mut command = run::wrangler(&project);
    command.args(["d1", "execute", "DB", "--json", "--command", &query()]);
    match state {
        Some(folder) => command.arg("--local").arg("--persist-to").arg(std::path::absolute(folder)?),
        None => command.arg("--remote"),
    };
    print!("{}", report(&needed(&run::read(&mut command)?)?));
    Ok(())
}

fn needed(json: &str) -> Result<Needed> {
    // Wrangler may say something of its own before its answer.
    let start = json.find('[').context("Wrangler's answer is not JSON")?;
    let answer: Value = serde_json::from_str(&json[start..]).context("Wrangler's answer is not JSON")?;
    let mut needed = Needed::new();
    let answers = answer.as_array().filter(|answers| answers.len() == SEALED.len() + 1);
    for answer in answers.context("Wrangler did not answer every question")? {
        for row in answer["results"].as_array().context("Wrangler's answer holds no rows")? {
            let text =
                |name: &str| row[name].as_str().map(str::to_owned).with_context(|| format!("no {name} in a row"));
            let records = row["records"].as_u64().context("no number of records in a row")?;
            needed.entry(text("seal")?).or_default().push((text("what")?, records));
        }
    }
    Ok(needed)
}

fn report(needed: &Needed) -> String {
    let mut lines = String::new();
    for (key, kinds) in needed {
        let kinds: Vec<String> = kinds.iter().map(|(what, records)| format!("{what} {records}")).collect();
        let name = if key == UNKNOWN { "not known yet".to_owned() } else { format!("key {key}") };
        lines.push_str(&format!("{name}: {}\n", kinds.join(", ")));
    }
    let mut keys = needed.keys();
    lines.push_str(&match (keys.next(), keys.next()) {
        (None, _) => "Nothing is sealed.\n".to_owned(),
        (Some(only), None) if only != UNKNOWN => {
            format!("Nothing is sealed with any other key than {only}: every other one may leave SEALING_KEYS.\n")
        }
        _ => "Every key named here is still needed. The Worker goes on sealing anew; look again in a few minutes.\n"
            .to_owned(),
    });
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(rows: &str) -> String {
        let empty = r#",{"results":[],"success":true}"#.repeat(SEALED.len());
        report(&needed(&format!(r#"[{{"results":[{rows}],"success":true}}{empty}]"#)).unwrap())
    }

    #[test]
    fn a_key_may_go_only_when_nothing_names_it_and_every_account_has_said_so() {
        let new = r#"{"what":"access token","seal":"b","records":2}"#;
        assert!(said(new).ends_with("than b: every other one may leave SEALING_KEYS.\n"));
        for other in ["a", UNKNOWN] {
            let rows = format!(r#"{new},{{"what":"account object","seal":"{other}","records":1}}"#);
            assert!(said(&rows).contains("still needed"), "{other}");
        }
        assert!(
            said(&format!(r#"{{"what":"account object","seal":"{UNKNOWN}","records":1}}"#)).contains("still needed")
        );
        assert_eq!(said(""), "Nothing is sealed.\n");
    }

    #[test]
    fn an_answer_that_cannot_be_read_is_no_good_news() {
        for bad in ["", "[]", "{}", r#"[{"results":[{"seal":"b"}]}]"#] {
            assert!(needed(bad).is_err(), "{bad}");
        }
    }
}
