//! The only place that asks what time it is.

use super::platform;
use kommo_voip_domain::time::Moment;

/// The present moment by the runtime's clock. In production it stands still while code computes and moves on with
/// every I/O.
pub fn now() -> Moment {
    Moment(platform::now_millis())
}
