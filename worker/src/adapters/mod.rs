//! Everything the Worker touches outside itself, one small file per thing: clock, chance, HTTP, D1, KV, the
//! Account objects and the Gate. No rule lives here; a caller gathers facts through these and lets the domain decide.

pub mod account_object;
pub mod body;
pub mod budget;
pub mod clock;
pub mod d1;
pub mod gate;
pub mod headers;
pub mod http;
pub mod kommo_http;
pub mod platform;
pub mod provider_http;
pub mod random;
pub mod rs256;
pub mod snapshots;
pub mod time_zone;
