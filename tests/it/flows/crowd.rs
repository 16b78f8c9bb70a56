//! Many calls at once, on several accounts: nothing crosses, nothing bunches up.

use std::collections::BTreeMap;

use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::{
    account::{Account, assert_paced, items, number, talk, the_note, with_number},
    stack::{flow, shared},
};

const CALLS: usize = 50;
const NUMBERS: usize = 20;

fn name(account: usize, call: usize) -> String {
    format!("crowd-{account}-{call}")
}

#[test]
fn fifty_calls_at_once_from_twenty_numbers_on_two_accounts_stay_apart() {
    flow(async {
        let stack = shared().await;
        let accounts = [Account::ready(stack).await, Account::ready_with(stack, json!({"webhooksPlan": false})).await];
        let mut calls = Vec::new();
        for call in 0..CALLS {
            let at = call % 2;
            let (account, talk) = (accounts[at].clone(), talk(&name(at, call), &number(call % NUMBERS)));
            calls.push(async move { account.report(talk).await });
        }
        join_all(calls).await;
        for (at, account) in accounts.iter().enumerate() {
            let state = account.settled().await;
            let mine = (0..CALLS).filter(|call| call % 2 == at).collect::<Vec<_>>();
            let mut notes_by_lead = BTreeMap::<u64, usize>::new();
            for call in &mine {
                let note = the_note(&state, &name(at, *call));
                let contacts = with_number(&state, "contacts", &number(call % NUMBERS));
                assert_eq!(contacts.len(), 1, "contacts of call {call}");
                let lead = &contacts[0]["_embedded"]["leads"][0]["id"];
                assert_eq!(note["entity_id"], *lead, "call {call} lies on its own number's lead");
                *notes_by_lead.entry(lead.as_u64().expect("an id")).or_default() += 1;
            }
            assert_eq!(items(&state, "notes").len(), mine.len());
            assert_eq!(items(&state, "leads").len(), notes_by_lead.len());
            assert_eq!(items(&state, "contacts").len(), notes_by_lead.len());
            let host = format!("{}.kommo.com", account.subdomain);
            let strays: Vec<&Value> =
                items(&state, "requests").iter().filter(|request| request["host"] != host).collect();
            assert!(strays.is_empty(), "requests to another host: {strays:?}");
            assert_paced(&state);
        }
    });
}
