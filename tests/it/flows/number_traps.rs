//! Numbers that look alike to a search and are not the same, and one that looks different and is.

use serde_json::{Value, json};

use crate::{
    account::{Account, items, person, talk, the_note},
    stack::{Stack, flow, shared},
};

const CALLER: &str = "+14155550101";

/// A Mexican number that ends alike, and somebody whose position has the digits.
fn traps(owner: u64) -> Vec<Value> {
    let position = json!({"field_code": "POSITION", "values": [{"value": "Extension 4155550101"}]});
    let mut other = person("Digits elsewhere", "+14155550199", owner);
    other["custom_fields_values"].as_array_mut().expect("fields").push(position);
    vec![person("Alike in Mexico", "+524155550101", owner), other]
}

async fn the_right_one_is_found_or_made(stack: &Stack) {
    let made = Account::ready(stack).await;
    made.seed(json!({"contacts": traps(made.users[2])})).await;
    made.report(talk("nobody", CALLER)).await;
    let state = made.settled().await;
    assert_eq!((items(&state, "contacts").len(), items(&state, "leads").len()), (3, 1));
    assert_eq!(the_note(&state, "nobody")["entity_id"], items(&state, "leads")[0]["id"]);

    let found = Account::ready(stack).await;
    let mut contacts = traps(found.users[2]);
    contacts.push(person("The caller", "(415) 555-0101", found.users[2]));
    let seeded = found.seed(json!({"contacts": contacts})).await;
    found.report(talk("third", CALLER)).await;
    let state = found.settled().await;
    let note = the_note(&state, "third");
    assert_eq!((&note["entity_type"], &note["entity_id"]), (&json!("contacts"), &seeded["contacts"][2]));
    assert_eq!((items(&state, "contacts").len(), items(&state, "leads").len()), (3, 0));
}

#[test]
fn a_number_is_told_from_those_a_search_by_digits_confuses_with_it() {
    flow(async { the_right_one_is_found_or_made(shared().await).await });
}

#[test]
fn a_number_is_found_in_the_form_it_is_written_in_by_a_search_that_takes_text_literally() {
    flow(async {
        let stack = Stack::with(json!({"searchLag": 120, "searchMode": "literal"})).await;
        the_right_one_is_found_or_made(&stack).await;
    });
}
