//! Prints `docs/rules.md` from the table and the stories, and fails when the file differs from them.

use crate::stories::{STORIES, Step};
use crate::table::{COLUMNS, Row, TABLES, VARIANTS, Variant};
use std::fmt::Write;
use std::fs;

const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/rules.md");
const FRAME: &str = include_str!("rules.md");

fn document() -> String {
    FRAME
        .replace("{{tables}}", tables().trim_end())
        .replace("{{variants}}", variants().trim_end())
        .replace("{{stories}}", stories().trim_end())
}

fn tables() -> String {
    let mut out = String::new();
    for (_, name, rows) in &TABLES {
        writeln!(out, "### {name}\n").unwrap();
        let first = rows[0].1;
        if rows.iter().all(|(_, cells)| *cells == first) && first.iter().all(|cell| *cell == first[0]) {
            writeln!(out, "Whoever talks, and however it ends: {}.\n", first[0]).unwrap();
            continue;
        }
        table(&mut out, rows.iter());
    }
    out
}

fn table<'a>(out: &mut String, rows: impl Iterator<Item = &'a Row>) {
    let heads: Vec<_> = COLUMNS.iter().map(|column| column.words).collect();
    writeln!(out, "| Kommo holds | {} |\n|---{}|", heads.join(" | "), "|---".repeat(heads.len())).unwrap();
    for (who, cells) in rows {
        writeln!(out, "| {} | {} |", who.words(), cells.join(" | ")).unwrap();
    }
    out.push('\n');
}

fn variants() -> String {
    let mut out = String::new();
    for variant in VARIANTS {
        writeln!(out, "- {}:{}", variant.words, change(variant)).unwrap();
    }
    out
}

fn change(variant: &Variant) -> String {
    let mut parts = Vec::new();
    for (direction, from, to) in variant.wherever {
        let of = direction.map_or(String::new(), |direction| format!(" ({direction:?})").to_lowercase());
        parts.push(match (*from, *to) {
            ("", to) => format!("{to} for every call"),
            (from, "") => format!("no “{}”", from.trim_start_matches("; ")),
            (from, to) => format!("“{from}…” becomes “{to}…”{of}"),
        });
    }
    for (direction, (who, cells)) in variant.rows {
        let mut ends: Vec<(String, &str)> = Vec::new();
        for (column, cell) in COLUMNS.iter().zip(cells) {
            match ends.iter_mut().find(|(_, known)| known == cell) {
                Some((ends, _)) => write!(ends, ", {}", column.words).unwrap(),
                None => ends.push((column.words.to_owned(), cell)),
            }
        }
        let ends: Vec<String> = match ends.as_slice() {
            [(_, same)] => vec![(*same).to_owned()],
            several => several.iter().map(|(ends, cell)| format!("*{ends}* → {cell}")).collect(),
        };
        parts.push(format!("{}, {}: {}", format!("{direction:?}").to_lowercase(), who.words(), ends.join("; ")));
    }
    match parts.as_slice() {
        [] => " as in the tables.".to_owned(),
        parts if variant.rows.len() < 2 => format!(" {}.", parts.join("; ")),
        parts => parts.iter().map(|part| format!("\n  - {part}.")).collect(),
    }
}

fn stories() -> String {
    let mut out = String::new();
    for story in STORIES {
        writeln!(out, "### {}\n\n{}\n", story.title, story.rule).unwrap();
        writeln!(out, "Kommo holds: {}.\n\n| What happens | What we write |\n|---|---|", story.who.words()).unwrap();
        for Step(what, _, written) in story.steps {
            writeln!(out, "| {what} | {} |", if written.is_empty() { "—" } else { written }).unwrap();
        }
        out.push('\n');
    }
    out
}

#[test]
fn the_document_says_what_the_rules_do() {
    let document = document();
    if std::env::var_os("WRITE_RULES").is_some() {
        fs::write(FILE, &document).expect("docs/rules.md can be written");
    }
    let stands = fs::read_to_string(FILE).unwrap_or_default().replace("\r\n", "\n");
    let differs = stands.lines().zip(document.lines()).position(|(stands, wanted)| stands != wanted);
    assert!(
        stands == document,
        "docs/rules.md differs from the tables and stories (line {}). Write it anew with:\n\
         WRITE_RULES=1 cargo test -p kommo-voip-domain --features phone-metadata --test rules",
        differs.map_or(stands.lines().count().min(document.lines().count()), |line| line) + 1
    );
}
