//! `GET numbers?text=`: what a person types into the dialler, judged by the numbering plans of the world.

use super::super::Hub;
use super::super::reply::{self, Refusal};
use super::Asked;
use kommo_voip_domain::phone;
use kommo_voip_domain::protocol::NumberView;
use worker::Response;

impl Hub {
    /// Nothing is read but the account's country, so that it may be asked at every pause in typing.
    pub(in super::super) fn get_number(&self, asked: &Asked) -> Result<Response, Refusal> {
        let text = asked.query("text").ok_or_else(|| Refusal::invalid("text: say which number is meant."))?;
        let judged = phone::judge(text, &self.settings()?.settings.default_region);
        let view = NumberView {
            formatted: judged.formatted,
            e164: judged.key.map(String::from),
            valid: judged.valid,
            internal: judged.internal,
        };
        reply::json(200, &view).map_err(reply::runtime)
    }
}
