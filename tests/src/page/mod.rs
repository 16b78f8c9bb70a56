//! The CRM page in the browser.

use std::sync::Arc;

use axum::Router;

use crate::state::Sim;

/// Routes of the CRM page.
pub(crate) fn router() -> Router<Arc<Sim>> {
    Router::new()
}
