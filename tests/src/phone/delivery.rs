//! One signed webhook on its way, with the ways in which networks spoil it.

use std::{sync::Arc, time::Duration};

use serde_json::{Value, json};

use crate::{
    crypto,
    problem::Problem,
    state::{PhoneSettings, Sim},
};

/// A provider gives up waiting after this.
const TIMEOUT: Duration = Duration::from_secs(30);

/// An event with the instructions for its delivery taken out.
pub(super) struct Delivery {
    body: String,
    /// The same for every repeat: that is what makes it a repeat.
    id: String,
    delay: Duration,
    times: u64,
}

impl Delivery {
    /// `deliveryId`, `delayMs` and `times` steer the delivery; everything else is sent as it is.
    pub(super) fn read(mut event: Value) -> Result<Self, Problem> {
        let Some(fields) = event.as_object_mut() else {
            return Err(Problem::new(400, "every event is an object"));
        };
        let id = fields.remove("deliveryId");
        let delay = fields.remove("delayMs");
        let times = fields.remove("times");
        let number = |value: &Option<Value>, default| value.as_ref().and_then(Value::as_u64).unwrap_or(default);
        Ok(Self {
            id: id
                .as_ref()
                .and_then(Value::as_str)
                .map_or_else(|| format!("msg_{}", crypto::random_hex(12)), str::to_owned),
            delay: Duration::from_millis(number(&delay, 0)),
            times: number(&times, 1),
            body: event.to_string(),
        })
    }

    async fn send(self, http: reqwest::Client, settings: PhoneSettings) -> Vec<Value> {
        let mut answers = Vec::new();
        if !self.delay.is_zero() {
            tokio::time::sleep(self.delay).await;
        }
        for _ in 0..self.times {
            answers.push(self.post(&http, &settings).await);
        }
        answers
    }

    async fn post(&self, http: &reqwest::Client, settings: &PhoneSettings) -> Value {
        let timestamp =
            std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).map_or(0, |now| now.as_secs() as i64);
        let signature = crypto::standard_webhook_signature(&settings.secret, &self.id, timestamp, &self.body);
        let answer = http
            .post(&settings.hook_url)
            .header("content-type", "application/json")
            .header("webhook-id", &self.id)
            .header("webhook-timestamp", timestamp.to_string())
            .header("webhook-signature", signature)
            .body(self.body.clone())
            .timeout(TIMEOUT)
            .send()
            .await;
        match answer {
            Err(error) => json!({"status": 0, "body": error.to_string()}),
            Ok(answer) => {
                let status = answer.status().as_u16();
                let text = answer.text().await.unwrap_or_default();
                let body = serde_json::from_str(&text).unwrap_or(Value::String(text));
                json!({"status": status, "body": body})
            }
        }
    }
}

/// Sends the events one after another, or all at once; answers stand in the events' order.
pub(super) async fn send_all(
    sim: &Arc<Sim>,
    settings: &PhoneSettings,
    deliveries: Vec<Delivery>,
    at_once: bool,
) -> Vec<Value> {
    let mut answers = Vec::new();
    if !at_once {
        for delivery in deliveries {
            answers.extend(delivery.send(sim.http.clone(), settings.clone()).await);
        }
        return answers;
    }
    let running: Vec<_> = deliveries
        .into_iter()
        .map(|delivery| tokio::spawn(delivery.send(sim.http.clone(), settings.clone())))
        .collect();
    for task in running {
        answers.extend(task.await.unwrap_or_default());
    }
    answers
}
