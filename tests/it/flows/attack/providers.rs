//! Each provider's own signature, spoilt in every way it can be, at the address of its reports and at that of its
//! questions.
//!
//! What a provider sends again is in the flow `webhooks_that_come_three_times_and_backwards_change_nothing_more`.

use serde_json::{Value, json};
use tokio::sync::OnceCell;

use super::fortress::is_as;
use crate::{
    account::{Account, COMPANY, number},
    provider::{PROVIDERS, line},
    stack::{flow, shared},
};

/// An account at this provider, made by whoever asks first, and what it has.
async fn attacked(provider: &str) -> &'static (Account, Value) {
    static ACCOUNTS: [OnceCell<(Account, Value)>; PROVIDERS.len()] = [const { OnceCell::const_new() }; PROVIDERS.len()];
    let at = PROVIDERS.iter().position(|known| *known == provider).expect("a provider");
    ACCOUNTS[at]
        .get_or_init(async || {
            let account = Account::ready_at(shared().await, provider).await;
            let has = holdings(&account).await;
            (account, has)
        })
        .await
}

async fn holdings(account: &Account) -> Value {
    let mut export = account.get("/export").await.body;
    export.as_object_mut().expect("an export").remove("exportedAt");
    let state = account.state().await;
    json!({"ours": export, "notes": state["notes"], "contacts": state["contacts"], "leads": state["leads"]})
}

/// A call that never was is told, or asked about, with a spoilt signature.
fn spoilt(provider: &str, asks: bool, forgery: &str) {
    flow(async {
        let (account, before) = attacked(provider).await;
        let mut ring = json!({"kind": "ring", "from": number(1), "to": COMPANY, "forge": forgery});
        if !asks {
            ring["lines"] = json!([line(provider, 1)]);
        }
        let mut answers = account.act(provider, ring).await;
        if provider == "plivo" && !asks {
            // It tells nobody that a line rings.
            answers.extend(account.act(provider, json!({"kind": "answer", "forge": forgery})).await);
        }
        let sent: Vec<_> = answers.iter().filter(|answer| answer["url"].is_string()).collect();
        assert!(!sent.is_empty(), "{answers:?}");
        // Zadarma's question is the notice of a call itself.
        let place = if asks && provider != "zadarma" { "/route/" } else { "/webhooks/voip/" };
        assert!(sent.iter().any(|answer| answer["url"].as_str().is_some_and(|url| url.contains(place))), "{answers:?}");
        for answer in sent {
            assert_eq!((&answer["status"], &answer["body"]["type"]), (&json!(401), &json!("unsigned")), "{answer}");
            assert_eq!(answer["contentType"], "application/problem+json", "{answer}");
        }
        is_as(before, &holdings(account).await);
    });
}

macro_rules! provider {
    ($name:ident: reports { $($report:ident $forgery:literal)* } questions { $($question:ident $spoilt:literal)* }) => {
        mod $name {
            use super::*;
            mod reports { use super::*; $(#[test] fn $report() { spoilt(stringify!($name), false, $forgery); })* }
            mod questions { #[allow(unused_imports, reason = "not every provider asks")] use super::*;
                $(#[test] fn $question() { spoilt(stringify!($name), true, $spoilt); })* }
        }
    };
}

provider! { twilio:
    reports { unsigned "unsigned" wrongly_signed "signature" altered "altered" of_another_customer "foreign" }
    questions { unsigned "unsigned" wrongly_signed "signature" altered "altered" of_another_customer "foreign" }
}
provider! { zadarma:
    reports { unsigned "unsigned" wrongly_signed "signature" altered "altered" of_another_customer "foreign" }
    questions { unsigned "unsigned" wrongly_signed "signature" altered "altered" of_another_customer "foreign" }
}
provider! { telnyx:
    reports { unsigned "unsigned" wrongly_signed "signature" altered "altered" of_another_customer "foreign" stale "stale" }
    questions {}
}
// The query of a GET, in which Vonage asks, is in no signature: there is nothing to alter.
provider! { vonage:
    reports { unsigned "unsigned" wrongly_signed "signature" altered "altered" of_another_customer "foreign" stale "stale" }
    questions { unsigned "unsigned" wrongly_signed "signature" of_another_customer "foreign" stale "stale" }
}
provider! { plivo:
    reports { unsigned "unsigned" wrongly_signed "signature" altered "altered" of_another_customer "foreign" }
    questions { unsigned "unsigned" wrongly_signed "signature" altered "altered" of_another_customer "foreign" }
}
provider! { ringcentral:
    reports { unsigned "unsigned" wrongly_signed "signature" of_another_customer "foreign" }
    questions {}
}
