//! One request to a telephony provider, as the domain describes it.

use super::budget::Budget;
use super::http::{self, OutgoingReply, OutgoingRequest, TransportError};
use crate::config::Config;
use kommo_voip_domain::telephony::credentials::https_host;
use kommo_voip_domain::telephony::out::ProviderRequest;
use kommo_voip_domain::time::Millis;
use worker::Method;

/// How long a provider may take. A person waits for most of what is asked.
const TIME_OUT: Millis = Millis::seconds(12);

/// Sends a request with the given `Authorization`.
pub async fn send(
    config: &Config,
    request: &ProviderRequest,
    authorisation: Option<String>,
    budget: &Budget,
) -> Result<OutgoingReply, TransportError> {
    // Whatever an administrator entered or a provider named: no addresses, no odd ports, no other scheme.
    https_host(&request.url).ok_or(TransportError::Unsendable("the address is not one we ask"))?;
    let mut headers: Vec<(String, String)> =
        request.headers.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
    headers.push(("User-Agent".to_owned(), concat!("kommo-voip/", env!("CARGO_PKG_VERSION")).to_owned()));
    headers.extend(authorisation.map(|value| ("Authorization".to_owned(), value)));
    http::send(OutgoingRequest {
        method: Method::from(request.method.to_owned()),
        url: request.url.clone(),
        headers,
        body: request.body.clone(),
        time_out: TIME_OUT,
        origin_override: config.provider_origin_override.clone(),
        budget: Some(budget.clone()),
    })
    .await
}
