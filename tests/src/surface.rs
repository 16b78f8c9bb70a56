//! Guard.
use crate::state::Sim;
use axum::{
    extract::{Request, State},
    middleware::Next,
    response::Response,
};
use std::sync::Arc;
pub(crate) async fn guard(State(_sim): State<Arc<Sim>>, request: Request, next: Next) -> Response {
    next.run(request).await
}
