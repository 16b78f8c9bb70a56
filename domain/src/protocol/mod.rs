//! Every message between widget, Worker and Account object: one type for both ends.
//!
//! JSON is camelCase. `id` is our own opaque call id; `callId` is the provider's. Moments are Unix seconds.

mod api;
mod dialer;
mod call_list;
mod erasure;
mod figures;
mod health;
mod live;

pub use api::*;
pub use call_list::*;
pub use dialer::*;
pub use erasure::*;
pub use figures::*;
pub use health::*;
pub use live::*;
