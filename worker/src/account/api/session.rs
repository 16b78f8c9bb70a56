//! `POST session`: a ticket for the live connection, and who the user is.

use super::super::Hub;
use super::super::reply::{self, Refusal};
use super::Asked;
use kommo_voip_domain::protocol::SessionResponse;
use worker::Response;

impl Hub {
    pub(in super::super) async fn post_session(&self, asked: &Asked) -> Result<Response, Refusal> {
        // Rights decide what the cards show, so they are read before the first card is.
        self.directory(&self.admin_errand()).await?;
        let user = self.user_view(asked.identity.account, asked.claims.user_id).ok_or_else(Refusal::not_active)?;
        let stored = self.settings()?;
        let answer = SessionResponse {
            ticket: self.make_ticket(asked.identity.account, asked.claims.user_id, false)?,
            ws_url: format!("{}/live", self.config.socket_origin()),
            user,
            settings: stored.settings.clone(),
            active: stored.active,
        };
        reply::json(200, &answer).map_err(reply::runtime)
    }
}
