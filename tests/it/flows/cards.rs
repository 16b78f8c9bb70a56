//! Every tab shows the true state after one greeting, and what is closed in one is closed in all.

use serde_json::{Value, json};

use crate::{
    account::{Account, event, number, talk},
    live::Live,
    stack::{flow, shared},
};

fn is_card(state: &'static str) -> impl Fn(&Value) -> bool {
    move |frame| frame["type"] == "card" && frame["state"] == state
}

#[test]
fn a_card_appears_at_once_fills_in_and_ends() {
    flow(async {
        let account = Account::ready(shared().await).await;
        account.set(json!({"callFeedback": false})).await;
        account.seed_contact("Nora Klein", &number(1), account.users[1]).await;
        let mut tab = Live::open(&account, account.users[1]).await;
        account.fault(json!({"path": "/api/v4/contacts", "kind": "delay", "ms": 1000})).await;
        let mut talk = talk("c", &number(1)).into_iter();
        account.report(talk.by_ref().take(1)).await;
        let first = tab.until("a ringing card", is_card("ringing")).await;
        assert_eq!((&first["caller"]["kind"], &first["e164"]), (&json!("searching"), &json!(number(1))));
        assert_eq!(first["number"], "+1 415-555-0001");
        let known = tab.until("the name", |frame| frame["caller"]["kind"] == "known").await;
        assert_eq!(known["caller"]["contact"]["name"], "Nora Klein");
        account.report(talk).await;
        tab.until("the talk", is_card("answered")).await;
        let ended = tab.until("the end", is_card("ended")).await;
        assert_eq!((&ended["duration"], &ended["id"]), (&json!(30), &first["id"]));
        account.settled().await;
    });
}

#[test]
fn a_tab_that_comes_later_sees_the_call_and_a_dismissed_card_is_gone_everywhere() {
    flow(async {
        let account = Account::ready(shared().await).await;
        let user = account.users[1];
        account.post(event("c", &number(1), "ringing", json!({"extension": "102"}))).await;
        let mut tabs = [Live::open(&account, user).await, Live::open(&account, user).await];
        let card = tabs[0].frames[0]["cards"][0].clone();
        assert_eq!((&card["state"], &tabs[1].frames[0]["cards"][0]["id"]), (&json!("ringing"), &card["id"]));
        tabs[0].send(json!({"type": "dismiss", "id": card["id"]})).await;
        for tab in &mut tabs {
            tab.until("its end", |frame| frame["type"] == "closed" && frame["id"] == card["id"]).await;
        }
        assert_eq!(Live::open(&account, user).await.frames[0]["cards"], json!([]));
        assert_eq!(Live::open(&account, account.users[2]).await.frames[0]["cards"], json!([]), "it never rang there");
        tabs[0].send(json!({"type": "ping"})).await;
        tabs[0].until("an answer", |frame| *frame == json!({"type": "pong"})).await;
    });
}

#[test]
fn a_ticket_opens_one_connection_and_a_resume_ticket_the_next() {
    flow(async {
        let account = Account::ready(shared().await).await;
        let (user, address) = (account.users[1], format!("{}/live", account.ends.worker.replacen("http", "ws", 1)));
        let ticket = Live::ticket(&account, user).await;
        let greeted = Live::with_ticket(&address, &ticket).await;
        let resume = greeted.frames[0]["resumeTicket"].as_str().expect("a ticket").to_owned();
        assert_eq!(greeted.frames[0]["user"]["id"], user);
        for _ in 0..2 {
            Live::with_ticket(&address, &resume).await;
        }
        let mut used = Live::connect(&address, &ticket).await;
        assert_eq!(used.closed().await, 4401);
        assert!(used.frames.is_empty());
    });
}
