//! The only place that asks what time it is.

use kommo_voip_domain::time::Moment;

/// The present moment by the runtime's clock. In production it stands still while code computes and moves on with
/// every I/O.
pub fn now() -> Moment {
    // Milliseconds since 1970 stay far below 2^53, so the cast is exact.
    Moment(js_sys::Date::now() as i64)
}
