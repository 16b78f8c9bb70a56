//! OAuth.
use crate::state::Sim;
use axum::Router;
use std::sync::Arc;
pub(crate) fn router() -> Router<Arc<Sim>> {
    Router::new()
}
