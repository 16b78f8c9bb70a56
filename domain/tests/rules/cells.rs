//! Every cell of the tables, in every variant, against what the real rules decide for the reports of such a call.

use crate::cast::{self, EVERYBODY, Who};
use crate::desk::Desk;
use crate::table::{COLUMNS, TABLES, VARIANTS};
use kommo_voip_domain::telephony::{CallEvent, Direction, ReportedStatus};

/// A report about a call of this direction with this person.
fn report(direction: Direction, who: Who, status: ReportedStatus) -> CallEvent {
    let mut event = match direction {
        Direction::Inbound => cast::inbound("101", status),
        Direction::Outbound => cast::outbound(status),
        Direction::Internal => CallEvent { from: "102".into(), to: "101".into(), ..cast::inbound("101", status) },
    };
    match (direction, who) {
        (Direction::Inbound, Who::Withheld) => event.from = "anonymous".into(),
        (Direction::Outbound, Who::Withheld) => event.to = String::new(),
        _ => {}
    }
    event
}

/// What is written for a call that ends like this.
fn written(direction: Direction, who: Who, end: ReportedStatus, bend: fn(&mut Desk)) -> String {
    let mut desk = Desk::new(who.in_kommo());
    bend(&mut desk);
    desk.hear("c1", report(direction, who, ReportedStatus::Ringing));
    desk.pass(10);
    if end == ReportedStatus::Completed {
        desk.hear("c1", report(direction, who, ReportedStatus::Answered));
        desk.pass(30);
    }
    desk.hear("c1", report(direction, who, end));
    desk.pass(180);
    desk.said()
}

fn wrong(words: &str, bend: fn(&mut Desk), expected: impl Fn(Direction, Who, usize, &str) -> String) -> Vec<String> {
    let mut wrong = Vec::new();
    for (direction, _, rows) in &TABLES {
        for (who, cells) in rows.iter() {
            for (column, plain) in cells.iter().enumerate() {
                let expected = expected(*direction, *who, column, plain);
                for end in COLUMNS[column].ends {
                    let got = written(*direction, *who, *end, bend);
                    if got != expected {
                        wrong.push(format!(
                            "{words}: {direction:?}, {who:?}, {end:?}:\n  want {expected}\n  got  {got}"
                        ));
                    }
                }
            }
        }
    }
    wrong
}

#[test]
fn every_kind_of_call_is_written_as_the_table_says() {
    let wrong = wrong("default", |_| {}, |_, _, _, plain| plain.to_owned());
    assert!(wrong.is_empty(), "{} cells differ:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn every_setting_changes_what_the_table_says_and_nothing_else() {
    let wrong: Vec<String> = VARIANTS
        .iter()
        .flat_map(|variant| {
            wrong(variant.words, variant.bend, |direction, who, column, plain| {
                variant.expected(direction, who, column, plain)
            })
        })
        .collect();
    assert!(wrong.is_empty(), "{} cells differ:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn the_table_leaves_nobody_out_and_no_change_is_without_effect() {
    for (_, name, rows) in &TABLES {
        assert_eq!(rows.map(|(who, _)| who), EVERYBODY, "{name}");
    }
    let ends: usize = COLUMNS.iter().map(|column| column.ends.len()).sum();
    assert_eq!(ends, 6, "every end of a call stands in one column");
    for variant in VARIANTS {
        for (direction, (who, cells)) in variant.rows {
            let table = TABLES.iter().find(|(of, ..)| of == direction).expect("a table").2;
            let plain = table.iter().find(|(known, _)| known == who).expect("a row").1;
            assert_ne!(plain, *cells, "{}: {who:?} is as in the table", variant.words);
        }
        for (of, from, _) in variant.wherever {
            let of_direction = TABLES.iter().filter(|(direction, ..)| of.is_none_or(|of| of == *direction));
            let found = of_direction
                .flat_map(|(.., rows)| rows.iter())
                .any(|(_, cells)| cells.iter().any(|cell| cell.contains(from)));
            assert!(found, "{}: {from:?} stands nowhere", variant.words);
        }
    }
}
