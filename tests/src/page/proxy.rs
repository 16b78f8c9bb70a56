//! `crm_post`: the page posts to a widget's server through the CRM, so even plain HTTP works and
//! the receiver learns nothing of who is asking.

use std::{sync::Arc, time::Duration};

use axum::{
    Json,
    extract::State,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::Deserialize;

use super::reader::Reader;
use crate::{problem::Problem, state::Sim};

/// So long the proxy waits.
const TIMEOUT: Duration = Duration::from_secs(20);

/// Where to post and what.
#[derive(Debug, Deserialize)]
pub(super) struct Forward {
    url: String,
    /// Form-encoded.
    body: String,
}

/// `POST /ajax/page/proxy`.
pub(super) async fn forward(State(sim): State<Arc<Sim>>, _reader: Reader, Json(wanted): Json<Forward>) -> Response {
    let answer = sim
        .http
        .post(&wanted.url)
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .timeout(TIMEOUT)
        .body(wanted.body)
        .send()
        .await;
    let Ok(answer) = answer else {
        return Problem::new(502, "The server behind crm_post did not answer").into_response();
    };
    let status = StatusCode::from_u16(answer.status().as_u16()).unwrap_or(StatusCode::BAD_GATEWAY);
    let content_type = answer
        .headers()
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .unwrap_or("text/plain")
        .to_owned();
    let body = answer.bytes().await.unwrap_or_default();
    (status, [(header::CONTENT_TYPE, content_type)], body).into_response()
}
