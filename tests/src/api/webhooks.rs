//! Webhooks.
use crate::state::Sim;
use std::sync::Arc;
use tokio::sync::watch;
pub(crate) async fn deliver_when_due(_sim: Arc<Sim>, mut stopped: watch::Receiver<bool>) {
    let _ = stopped.changed().await;
}
