//! The real edge runtime as the place of a run.

use std::time::Duration;

use kommo_voip_tests::soak::{Place, Reply};
use reqwest::{Method, RequestBuilder};
use serde_json::Value;

use crate::{
    account::{self, Account},
    live::Live,
    stack::try_reply,
};

/// A request that hangs in a dying process is given up.
const PATIENCE: Duration = Duration::from_secs(10);

async fn reply(request: RequestBuilder) -> Option<Reply> {
    let reply = try_reply(request.timeout(PATIENCE)).await.ok()?;
    Some(Reply { status: reply.status, text: reply.text })
}

impl Place for Account {
    type Tab = Live;

    const AGAIN: Duration = Duration::from_millis(300);
    const LOOK_AGAIN: Duration = Duration::from_millis(300);

    fn now(&self) -> i64 {
        account::now()
    }

    fn account(&self) -> u64 {
        self.id
    }

    fn users(&self) -> &[u64] {
        &self.users
    }

    async fn control(&self, path: &str, body: Value) -> Value {
        self.ends.control(path, body).await
    }

    async fn state(&self) -> Value {
        self.state().await
    }

    async fn api(&self, user: u64, method: &str, path: &str, body: Option<Value>) -> Option<Reply> {
        let method = Method::from_bytes(method.as_bytes()).expect("a method");
        let request = self.request(method, path, &self.token(user).await);
        reply(match body {
            Some(body) => request.json(&body),
            None => request,
        })
        .await
    }

    async fn deliver(&self, id: &str, body: &str) -> Option<Reply> {
        reply(self.delivery(id, body)).await
    }

    async fn open_tab(&self, user: u64) -> Option<Live> {
        Live::try_open(self, user).await
    }

    async fn greeting(&self, user: u64) -> Value {
        Live::open(self, user).await.frames[0].clone()
    }
}
