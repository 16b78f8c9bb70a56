//! A provider's webhook: verified before it is parsed, durable before it is answered.

use super::Hub;
use super::identity::Identity;
use super::intake::Taken;
use super::reply::{self, Refusal};
use super::store::Seen;
use super::voip::Connection;
use super::work::Slice;
use crate::adapters::clock;
use crate::log;
use kommo_voip_domain::ids::AccountId;
use kommo_voip_domain::telephony::generic;
use kommo_voip_domain::webhook::{self, Delivery};
use serde_json::json;
use std::rc::Rc;
use subtle::ConstantTimeEq;
use worker::{Request, Response};

impl Hub {
    /// `POST /webhooks/voip/{provider}/{hook_key}`; the Worker has checked that the key is one of ours for `account`.
    pub(super) async fn on_webhook(
        self: &Rc<Self>,
        account: AccountId,
        provider: &str,
        hook_key: &str,
        mut request: Request,
    ) -> Result<Response, Refusal> {
        let body = request.bytes().await.map_err(reply::runtime)?;
        let identity = self.identity_or_restore(account).await?.ok_or_else(Refusal::not_found)?;
        let connection = self
            .connection(&identity)?
            .filter(|connection| {
                connection.provider() == provider
                    && bool::from(connection.hook_key().as_bytes().ct_eq(hook_key.as_bytes()))
            })
            .ok_or_else(Refusal::not_found)?;
        let taken = match connection {
            Connection::GenericV1 { .. } => self.take_generic(&identity, &connection, &request, &body)?,
        };
        match taken {
            Taken::Repeat => {}
            Taken::Nothing => {}
            Taken::New { call, lane, rings } => {
                self.push_card(call);
                if rings {
                    // The look-up starts now and does not hold up the answer; the alarm stands behind it.
                    let hub = self.clone();
                    self.state.wait_until(async move {
                        hub.work_off_lane(lane, &Slice::of_ring()).await;
                        hub.wake_for_calls().await;
                    });
                }
                self.wake_by(clock::now()).await;
            }
        }
        reply::json(202, &json!({ "accepted": true })).map_err(reply::runtime)
    }

    /// Everything from here to the durable event happens in one turn.
    fn take_generic(
        &self,
        identity: &Identity,
        connection: &Connection,
        request: &Request,
        body: &[u8],
    ) -> Result<Taken, Refusal> {
        let now = clock::now();
        let header = |name| request.headers().get(name).ok().flatten();
        let (id, timestamp, signature) =
            (header("webhook-id"), header("webhook-timestamp"), header("webhook-signature"));
        let delivery =
            Delivery { id: id.as_deref(), timestamp: timestamp.as_deref(), signature: signature.as_deref(), body };
        webhook::verify(&delivery, &connection.secrets(now), now).map_err(|refusal| {
            log::warn(
                "a webhook was refused",
                &[("provider", connection.provider().into()), ("reason", refusal.to_string().into())],
            );
            Refusal::new(
                401,
                "unsigned",
                "The signature does not hold",
                format!("{refusal}. See the Standard Webhooks scheme."),
            )
        })?;
        let id = id.unwrap_or_default();
        let digest = webhook::body_digest(body);
        match self.store.seen(&id, &digest)? {
            Seen::Repeat => return Ok(Taken::Repeat),
            Seen::Conflict => {
                return Err(Refusal::new(
                    409,
                    "delivery_conflict",
                    "Another delivery has this id",
                    "This webhook-id came before with another body.",
                ));
            }
            Seen::New => {}
        }
        let event = generic::parse(body)
            .map_err(|refused| Refusal::new(400, "malformed", "The webhook cannot be read", format!("{refused}.")))?;
        Ok(self.take_in(identity, connection.provider(), &event, Some((&id, &digest)), now)?)
    }
}
