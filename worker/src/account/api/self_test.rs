//! `POST self-test`: a test call through the whole chain; nothing of it is kept, and nothing is written to Kommo.

use super::super::Hub;
use super::super::reply::{self, Refusal};
use super::Asked;
use kommo_voip_domain::protocol::SelfTestRequest;
use worker::Response;

impl Hub {
    pub(in super::super) async fn post_self_test(&self, asked: &Asked) -> Result<Response, Refusal> {
        self.require_admin(asked).await?;
        let wanted = if asked.body.is_empty() {
            SelfTestRequest::default()
        } else {
            super::read::<SelfTestRequest>(&asked.body)?
        };
        reply::json(200, &self.self_test(asked, &wanted).await?).map_err(reply::runtime)
    }
}
