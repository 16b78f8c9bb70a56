//! Account webhooks: subscriptions, and their deliveries with Kommo's rules of repetition.

use std::{sync::Arc, time::Duration};

use serde_json::{Value, json};
use tokio::{
    sync::{oneshot, watch},
    time::timeout,
};

use super::{
    Answer, Call, Reply,
    check::{self, Fields},
};
use crate::{
    problem::Problem,
    state::{Account, Delivery, Id, Post, Sim, Webhook, World},
};

const MOST_WEBHOOKS: usize = 100;
/// A delivery that is not answered in this time counts as lost.
const TIMEOUT: Duration = Duration::from_secs(2);

/// Names of the API's list. Incoming leads and edited tasks have none.
const EVENTS: [&str; 25] = [
    "add_lead",
    "update_lead",
    "delete_lead",
    "restore_lead",
    "status_lead",
    "responsible_lead",
    "note_lead",
    "add_contact",
    "update_contact",
    "delete_contact",
    "restore_contact",
    "responsible_contact",
    "note_contact",
    "add_company",
    "update_company",
    "delete_company",
    "restore_company",
    "responsible_company",
    "note_company",
    "add_task",
    "delete_task",
    "responsible_task",
    "add_talk",
    "add_message",
    "add_chat_template_review",
];

/// A webhook as the API shows it.
pub(super) fn webhook_json(account: &Account, webhook: &Webhook) -> Value {
    json!({
        "id": webhook.id, "destination": webhook.destination, "created_at": webhook.created_at,
        "updated_at": webhook.updated_at, "account_id": account.id, "created_by": webhook.created_by,
        "sort": webhook.sort, "disabled": webhook.disabled, "settings": webhook.settings,
    })
}

fn allowed(world: &World, call: &Call) -> Result<(), Problem> {
    if !call.account(world)?.webhooks_plan.unwrap_or(world.switches.webhooks_plan) {
        return Err(Problem::new(422, "The account's plan does not include webhooks"));
    }
    if !call.actor.is_admin {
        return Err(Problem::forbidden());
    }
    Ok(())
}

pub(super) fn list(world: &mut World, call: &Call) -> Answer {
    allowed(world, call)?;
    let account = call.account(world)?;
    let shown = account
        .webhooks
        .iter()
        .filter(|webhook| call.passes(world, "destination", &webhook.destination))
        .map(|webhook| webhook_json(account, webhook))
        .collect();
    call.list("webhooks", shown, true)
}

pub(super) fn subscribe(world: &mut World, call: &Call) -> Answer {
    allowed(world, call)?;
    let object = check::single(call)?;
    let mut fields = Fields::new(&object, "");
    let destination = fields.required_text("destination");
    if !destination.starts_with("http://") && !destination.starts_with("https://") {
        fields.unknown("destination");
    }
    if !fields.has("settings") {
        fields.missing("settings");
    }
    let mut settings = Vec::new();
    for (index, name) in fields.array("settings").into_iter().flatten().enumerate() {
        match name.as_str().filter(|name| EVENTS.contains(name)) {
            Some(name) => settings.push(name.to_owned()),
            None => fields.unknown(&format!("settings.{index}")),
        }
    }
    let sort = fields.integer("sort").unwrap_or(10);
    fields.done()?;
    let id = world.new_id();
    let account = call.account_mut(world)?;
    if account.webhooks.len() >= MOST_WEBHOOKS {
        return Err(Problem::new(422, "Too many webhooks"));
    }
    let known = account.webhooks.iter_mut().find(|webhook| webhook.destination == destination);
    let webhook = match known {
        Some(webhook) => {
            webhook.settings = settings;
            webhook.disabled = false;
            webhook.updated_at = call.now;
            webhook.clone()
        }
        None => {
            let webhook = Webhook {
                id,
                destination,
                settings,
                sort,
                disabled: false,
                created_by: call.actor.user,
                created_at: call.now,
                updated_at: call.now,
                failures: Vec::new(),
            };
            account.webhooks.push(webhook.clone());
            webhook
        }
    };
    Ok(Reply::Json(201, webhook_json(account, &webhook)))
}

pub(super) fn unsubscribe(world: &mut World, call: &Call) -> Answer {
    allowed(world, call)?;
    let object = check::single(call)?;
    let mut fields = Fields::new(&object, "");
    let destination = fields.required_text("destination");
    fields.done()?;
    let account = call.account_mut(world)?;
    let before = account.webhooks.len();
    account.webhooks.retain(|webhook| webhook.destination != destination);
    if account.webhooks.len() == before { Err(Problem::not_found()) } else { Ok(Reply::Empty(204)) }
}

/// Queues a delivery, once for every webhook that wants one of the events. The body is a form: every value a text.
pub(super) fn tell(world: &mut World, account: Id, events: &[String], pairs: &[(String, String)]) {
    let due = world.now();
    let Some(found) = world.accounts.get(&account) else {
        return;
    };
    let deliveries: Vec<Delivery> = found
        .webhooks
        .iter()
        .filter(|webhook| !webhook.disabled && webhook.settings.iter().any(|wanted| events.contains(wanted)))
        .map(|webhook| {
            let mut form = form_urlencoded::Serializer::new(String::new());
            for (name, value) in pairs {
                form.append_pair(name, value);
            }
            form.append_pair("account[id]", &account.to_string());
            form.append_pair("account[subdomain]", &found.subdomain);
            Delivery {
                account,
                webhook: webhook.id,
                url: webhook.destination.clone(),
                body: form.finish(),
                attempts: 0,
                due,
            }
        })
        .collect();
    world.deliveries.extend(deliveries);
}

/// Delivers what is due until the simulator stops. The clock may be moved, hence the short step.
pub(crate) async fn deliver_when_due(sim: Arc<Sim>, mut stopped: watch::Receiver<bool>) {
    loop {
        tokio::select! {
            biased;
            () = sim.hooks_due.notified() => {}
            () = tokio::time::sleep(Duration::from_millis(100)) => {}
            _ = stopped.changed() => return,
        }
        let due: Vec<Delivery> = {
            let mut world = sim.lock();
            let now = world.now();
            let (due, later) =
                std::mem::take(&mut world.deliveries).into_iter().partition(|delivery| delivery.due <= now);
            world.deliveries = later;
            due
        };
        for delivery in due {
            tokio::spawn(deliver(Arc::clone(&sim), delivery));
        }
    }
}

/// The status of the answer, if there is one in time.
async fn post(sim: &Sim, delivery: &Delivery) -> Option<u16> {
    let (url, body) = (delivery.url.clone(), delivery.body.clone());
    if let Some(posts) = &sim.posts {
        let (answer, answered) = oneshot::channel();
        posts.send(Post { url, body, answer }).ok()?;
        return timeout(TIMEOUT, answered).await.ok()?.ok();
    }
    let request = sim.http.post(url).header("content-type", "application/x-www-form-urlencoded").body(body);
    Some(request.timeout(TIMEOUT).send().await.ok()?.status().as_u16())
}

async fn deliver(sim: Arc<Sim>, mut delivery: Delivery) {
    let status = post(&sim, &delivery).await.unwrap_or(0);
    if (100..300).contains(&status) {
        return;
    }
    let mut world = sim.lock();
    let now = world.now();
    if let Some(webhook) = world
        .accounts
        .get_mut(&delivery.account)
        .and_then(|account| account.webhooks.iter_mut().find(|webhook| webhook.id == delivery.webhook))
    {
        webhook.failures.retain(|at| now - at < 7200.0);
        webhook.failures.push(now);
        webhook.disabled = webhook.disabled || webhook.failures.len() > 100;
    }
    delivery.attempts += 1;
    if let Some(wait) = next_try(delivery.attempts, status) {
        delivery.due = now + wait;
        world.deliveries.push(delivery);
    }
}

/// Seconds until the next try after so many failed ones, if there is one.
fn next_try(attempts: u32, status: u16) -> Option<f64> {
    let server_failed = status == 499 || status >= 500;
    match attempts {
        1 => Some(300.0),
        2 => Some(900.0),
        3 if server_failed => Some(900.0),
        4 if server_failed => Some(3600.0),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::next_try;

    #[test]
    fn late_tries_only_follow_server_failures() {
        assert_eq!(next_try(1, 404), Some(300.0));
        assert_eq!(next_try(3, 404), None);
        assert_eq!(next_try(4, 503), Some(3600.0));
        assert_eq!(next_try(5, 503), None);
    }
}
