//! The accounts that are attacked. They are made once, and nothing honest changes them afterwards: whatever differs from
//! then was done by an attack.

use std::{
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};

use futures_util::future::join;
use reqwest::{Method, RequestBuilder, header::HeaderMap};
use serde_json::{Map, Value, json};
use tokio::sync::OnceCell;

use super::tokens::token;
use crate::{
    account::{Account, PATIENCE, delivery_id, event, items, now, number, talk},
    stack::{Reply, reply, shared},
    worker::SEALING_KEYS,
};

/// The name of the victim's client, which no answer to an attack may hold.
pub(super) const CLIENT: &str = "Vera Vulnerable";
/// How long what is asked of the fortress itself may take.
const PATIENT: Duration = Duration::from_secs(60);

/// Who is attacked, who attacks, and what there is to be had.
pub(super) struct Fortress {
    /// The account that is attacked: a generic provider, a former Twilio, a call with a recording, a parked action, a
    /// list of people to call.
    pub(super) victim: Account,
    /// Another account of the same Worker, connected, with nothing in it: its people are the attackers.
    pub(super) neighbour: Account,
    /// An account of Kommo that never installed the product.
    pub(super) stranger: Account,
    /// A delivery of the victim's provider that was accepted.
    pub(super) delivered: Delivered,
    /// The address of the recording.
    pub(super) recording: String,
    /// Where Kommo tells the victim's changes.
    pub(super) changes: String,
    /// The address at which the victim's PBX asks for a route.
    pub(super) route: String,
    /// What a path of a route may name, such as `call`.
    names: Map<String, Value>,
    before: Value,
}

/// A delivery, as it was sent.
pub(super) struct Delivered {
    pub(super) id: String,
    pub(super) timestamp: i64,
    pub(super) body: String,
}

/// The fortress, made by whoever asks first.
pub(super) async fn fortress() -> &'static Fortress {
    static FORTRESS: OnceCell<Fortress> = OnceCell::const_new();
    static IS_BEGUN: AtomicBool = AtomicBool::new(false);
    FORTRESS
        .get_or_init(async || {
            // A thousand cells must not each wait for what does not come about.
            assert!(!IS_BEGUN.swap(true, Ordering::Relaxed), "the fortress could not be built; another cell says why");
            Fortress::build().await
        })
        .await
}

impl Fortress {
    async fn build() -> Self {
        let stack = shared().await;
        let (stranger, neighbour, mut victim) = (
            Account::new(stack, json!({})).await,
            Account::ready(stack).await,
            Account::ready_at(stack, "twilio").await,
        );
        victim.set(json!({"callFeedback": false})).await;
        let owner = victim.users[1];
        let contact = victim.seed_contact(CLIENT, &number(1), owner).await;
        let recording = recorded(&victim).await;
        victim.connect_provider().await;
        let timestamp = now();
        let body = event("known", &number(1), "ringing", json!({"extension": "102"})).to_string();
        let delivered = Delivered { id: delivery_id(), timestamp, body };
        let sent = reply(victim.delivery(&delivered.id, &delivered.body)).await;
        assert_eq!(sent.status, 202, "{}", sent.text);
        victim.report(talk("known", &number(1)).split_off(1)).await;
        victim.settled().await;
        let row = json!({"rows": [{"entity": {"type": "contacts", "id": contact}}]});
        let list = victim.api(owner, Method::POST, "/call-list", Some(row)).await;
        assert_eq!(list.body["added"], 1, "{}", list.text);
        let action = parked(&victim).await;
        let voip = victim.get("/voip").await.body;
        let names = json!({
            "call": victim.id_of("known").await, "action": action, "former": voip["former"][0]["id"],
            "entry": list.body["list"]["entries"][0]["id"], "number": number(1), "contact": contact, "user": owner, "yesterday": now() - 86_400,
        });
        let state = victim.state().await;
        let changes = items(&state, "webhooks")[0]["destination"].as_str().expect("an address").to_owned();
        let route = voip["routeUrl"].as_str().expect("a route").to_owned();
        let names = names.as_object().expect("names").clone();
        let mut fortress =
            Self { victim, neighbour, stranger, delivered, recording, changes, route, names, before: Value::Null };
        fortress.before = fortress.holdings().await;
        fortress
    }

    /// A path or body with what the victim has in the places of `{call}` and the like.
    pub(super) fn fill(&self, text: &str) -> String {
        self.names.iter().fold(text.to_owned(), |text, (name, value)| {
            let plain = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            text.replace(&format!("{{{name}}}"), &plain)
        })
    }

    /// Everything the victim has, here and in Kommo, and what was ever written there.
    async fn holdings(&self) -> Value {
        let (mut export, mut kommo) = join(self.export(), self.victim.state()).await;
        let parts = export.as_object_mut().expect("an export");
        // The moment, and what was refused: the attacks themselves.
        parts.retain(|name, _| !["exportedAt", "failures"].contains(&name.as_str()));
        let is_write = |request: &Value| request["method"] != "GET" && request["path"] != "/oauth2/access_token";
        let writes: Vec<String> = items(&kommo, "requests")
            .iter()
            .filter(|request| is_write(request))
            .map(|request| format!("{} {}", request["method"], request["path"]))
            .collect();
        kommo["requests"] = json!(writes);
        json!({"ours": export, "kommos": kommo})
    }

    async fn export(&self) -> Value {
        let asked = async || {
            let token = token(&self.victim, self.victim.admin);
            let all = answer(self.victim.request(Method::GET, "/export", &token)).await;
            if all.status == 200 { Ok(all.body) } else { Err(all.text) }
        };
        self.victim.ends.until("the victim's export", PATIENT, asked).await
    }

    /// Nothing of the victim was changed, and nothing was written to Kommo.
    pub(super) async fn stands(&self) {
        is_as(&self.before, &self.holdings().await);
    }

    /// The request is refused so, the answer tells nothing, and the fortress stands.
    pub(super) async fn refuses(&self, request: RequestBuilder, status: u16, code: &str) -> Reply {
        let refused = answer(request).await;
        refused.assert_problem(status);
        assert_eq!(refused.body["type"], code, "{}", refused.text);
        assert_eq!(refused.header("cache-control"), "no-store", "{}", refused.text);
        self.tells_nothing(&refused);
        self.stands().await;
        refused
    }

    /// The answer holds no secret, and nothing of the victim's clients.
    #[track_caller]
    pub(super) fn tells_nothing(&self, reply: &Reply) {
        let said = format!("{}\n{}", written(&reply.headers), reply.text);
        for (what, secret) in self.secrets() {
            assert!(!said.contains(secret), "{what} in {said}");
        }
        assert!(!said.contains(CLIENT) && !said.contains(&number(1)[1..]), "the client in {said}");
    }

    fn secrets(&self) -> [(&'static str, &str); 8] {
        [
            ("the integration's secret", &self.victim.ends.config.client_secret),
            ("the sealing key", SEALING_KEYS.split_once(':').expect("a key").1),
            ("a token", "eyJ"),
            ("something sealed", "v1.test1."),
            ("the webhook's secret", self.victim.secret.trim_start_matches("whsec_")),
            ("the webhook's key", key(&self.victim.hook)),
            ("Kommo's webhook key", key(&self.changes)),
            ("the recording's key", key(&self.recording)),
        ]
    }
}

/// A talk at Twilio that was recorded; the link in its note.
pub(super) async fn recorded(account: &Account) -> String {
    account.talk_at("twilio", "recorded", &number(1), 1, 30).await;
    account.settled().await;
    account.acted("twilio", json!({"kind": "recording", "callId": "recorded"})).await;
    let state = account
        .state_when("the link", |state| items(state, "notes").iter().any(|note| note["params"]["link"].is_string()))
        .await;
    let link = items(&state, "notes").iter().find_map(|note| note["params"]["link"].as_str());
    link.expect("a link").to_owned()
}

/// A call whose note Kommo refuses for good; the number of the action that waits for an administrator.
async fn parked(account: &Account) -> Value {
    account.fault(json!({"path": "/api/v4/contacts/notes", "method": "POST", "kind": "status", "status": 403})).await;
    account.report(talk("refused", &number(1))).await;
    account
        .ends
        .until("the note to be parked", PATIENCE, async || {
            let actions = account.get("/diagnostics").await;
            let parked = items(&actions.body, "actions").iter().find(|action| action["state"] == "parked").cloned();
            parked.map(|action| action["id"].clone()).ok_or(actions.text)
        })
        .await
}

/// Sends a request. The local runtime's front may lose one under load, which no attacker profits from.
pub(super) async fn answer(request: RequestBuilder) -> Reply {
    for _ in 0..5 {
        let Some(again) = request.try_clone() else { break };
        let got = reply(again).await;
        if got.status != 503 || !got.text.starts_with("Your worker restarted mid-request") {
            return got;
        }
    }
    reply(request).await
}

/// What is there now is what was there before, part for part.
pub(super) fn is_as(before: &Value, now: &Value) {
    for (side, parts) in now.as_object().expect("sides") {
        let Some(parts) = parts.as_object() else {
            assert_eq!(&before[side], parts, "{side} was changed");
            continue;
        };
        for (part, is) in parts {
            assert_eq!(&before[side][part], is, "{side}: {part} was changed");
        }
    }
}

/// What stands last in an address, and opens it.
pub(super) fn key(address: &str) -> &str {
    address.rsplit('/').next().unwrap_or_default()
}

fn written(headers: &HeaderMap) -> String {
    let line = |(name, value): (&reqwest::header::HeaderName, &reqwest::header::HeaderValue)| {
        format!("{name}: {}", String::from_utf8_lossy(value.as_bytes()))
    };
    headers.iter().map(line).collect::<Vec<_>>().join("\n")
}
