//! What a release left behind is opened by the present code, and what waited there is delivered.
//!
//! `fixtures/release-*` holds the tables of D1 and of one account's object as that release wrote them, amid an outage of
//! Kommo: calls that wait, one whose note may have landed, one that is parked.

use std::{
    fs,
    path::{Path, PathBuf},
};

use serde_json::{Value, json};

use crate::{
    account::{Account, PATIENCE, items, notes_of, number, talk, the_note},
    stack::{Stack, flow},
    worker::{d1_of, temporary},
};

const RELEASE: &str = "release-0.1.0";
/// Where the runtime keeps a D1 database and the objects of a class, each as a file of SQLite.
const D1: &str = "v3/d1/miniflare-D1DatabaseObject";
const OBJECTS: &str = "v3/do/kommo-voip-Account";

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures").join(RELEASE).join(name)
}

fn facts() -> Value {
    let text = fs::read_to_string(fixture("facts.json")).expect("the fixture is there");
    serde_json::from_str(&text).expect("JSON")
}

fn run_file(state: &Path, name: &str) {
    let file = fixture(name);
    d1_of(state, &["execute", "DB", "--file", file.to_str().expect("a path")]);
}

/// The one database of this state, without what the runtime keeps beside it.
fn only_database(state: &Path) -> PathBuf {
    let files = fs::read_dir(state.join(D1)).expect("a database").flatten().map(|entry| entry.path());
    let named =
        |file: &PathBuf| file.extension().is_some_and(|kind| kind == "sqlite") && !file.ends_with("metadata.sqlite");
    let mut databases: Vec<PathBuf> = files.filter(named).collect();
    assert_eq!(databases.len(), 1, "{databases:?}");
    databases.remove(0)
}

/// Copies a file of SQLite with its journal.
fn copy(from: &Path, to: &Path) {
    for end in ["", "-wal", "-shm"] {
        let with_end = |file: &Path| PathBuf::from(format!("{}{end}", file.display()));
        let (from, to) = (with_end(from), with_end(to));
        let _ = fs::remove_file(&to);
        if from.exists() {
            fs::copy(from, to).expect("a file is copied");
        }
    }
}

/// Puts the release's files where the Worker looks for its own, and migrates D1 as a deploy does.
fn leave(state: &Path) {
    fs::remove_dir_all(state).expect("an empty state");
    run_file(state, "d1.sql");
    d1_of(state, &["migrations", "apply", "DB"]);
    // Both are files of SQLite that the runtime wrote: Wrangler can make the object's, too.
    let elsewhere = temporary("object");
    run_file(&elsewhere, "account.sql");
    let objects = state.join(OBJECTS);
    fs::create_dir_all(&objects).expect("a folder");
    let object = facts()["object"].as_str().expect("the object's id").to_owned();
    copy(&only_database(&elsewhere), &objects.join(format!("{object}.sqlite")));
}

/// Every table and index, as SQLite writes them.
fn tables(state: &Path) -> String {
    let query = "SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL AND name NOT LIKE '\\_cf\\_%' ESCAPE '\\' \
                 AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY name";
    let said = d1_of(state, &["execute", "DB", "--json", "--command", query]);
    let answer: Value = serde_json::from_str(&said[said.find('[').expect("JSON")..]).expect("JSON");
    let rows = answer[0]["results"].as_array().expect("rows").clone();
    assert!(!rows.is_empty());
    rows.iter().map(|row| format!("{}: {}\n", row["name"], row["sql"])).collect()
}

/// The tables of an object, in a copy.
fn tables_of_object(file: &Path) -> String {
    let elsewhere = temporary("tables");
    d1_of(&elsewhere, &["execute", "DB", "--command", "SELECT 1"]);
    copy(file, &only_database(&elsewhere));
    tables(&elsewhere)
}

#[test]
fn what_the_last_release_left_behind_is_brought_up_to_date_and_delivered_once() {
    flow(async {
        let mut stack = Stack::on_state(json!({"searchLag": 120}), leave).await;
        let facts = facts();
        let account = Account::again(&stack, &facts).await;
        // Kommo still holds the leads of two calls; the note of one of them did not land.
        for first in [&facts["parkedLead"], &facts["uncertainLead"]] {
            account.seed(json!({"firstId": first, "leads": [{"name": "Inbound call"}]})).await;
        }
        // Its address takes calls before anybody connects again.
        account.report(talk("new", &number(9))).await;
        assert!(items(&account.state().await, "notes").is_empty());
        account.install_patiently().await;
        account.connected().await;
        let waited = ["uncertain", "waiting-talk", "waiting-known", "waiting-miss", "new"];
        let state = account
            .state_when("what waited", |state| waited.iter().all(|call| !notes_of(state, call).is_empty()))
            .await;
        for call in waited {
            the_note(&state, call);
        }
        assert!(notes_of(&state, "delivered").is_empty(), "what was delivered is not delivered again");
        let settings = account.get("/settings").await;
        assert_eq!((settings.status, &settings.body["missed"]["dueMinutes"]), (200, &json!(45)), "{}", settings.text);

        let parked = account
            .ends
            .until("nothing but what is parked", PATIENCE, async || {
                let diagnostics = account.get("/diagnostics").await;
                match diagnostics.body["actions"].as_array().map(Vec::as_slice) {
                    Some([only]) if only["state"] == "parked" => Ok(only["id"].clone()),
                    _ => Err(diagnostics.text),
                }
            })
            .await;
        let retry = account.api(account.admin, reqwest::Method::POST, &format!("/outbox/{parked}/retry"), None).await;
        assert_eq!(retry.status, 202, "{}", retry.text);
        let state = account.settled().await;
        assert!(items(&state, "tasks").len() >= 2, "{}", state["tasks"]);
        let trace = account.trace("delivered").await;
        assert!(trace.to_string().contains("note"), "{trace}");

        // From empty the tables are the same.
        let other = Account::ready(&stack).await;
        other.report(talk("other", &number(1))).await;
        other.settled().await;
        stack.kill();
        let objects = stack.state().join(OBJECTS);
        let old = objects.join(format!("{}.sqlite", facts["object"].as_str().expect("an id")));
        let is_other = |file: &PathBuf| {
            file.extension().is_some_and(|kind| kind == "sqlite") && *file != old && !file.ends_with("metadata.sqlite")
        };
        let mut files = fs::read_dir(&objects).expect("objects").flatten().map(|entry| entry.path());
        let new = files.find(is_other).expect("the other account's object");
        assert_eq!(tables_of_object(&old), tables_of_object(&new));
        let empty = temporary("empty");
        d1_of(&empty, &["migrations", "apply", "DB"]);
        assert_eq!(tables(&stack.state()), tables(&empty));
    });
}
