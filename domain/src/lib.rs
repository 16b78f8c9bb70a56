//! Every rule of Kommo VoIP, as plain types and functions.
//!
//! Nothing here waits, asks the clock, draws a random number or touches the outside: the shells (the edge Worker
//! and the browser widget) gather facts, ask this crate, and carry out what it answers. Start reading at [`plan`].

pub mod call;
pub mod ids;
pub mod kommo;
pub mod matching;
pub mod panel;
pub mod phone;
pub mod plan;
pub mod protocol;
pub mod retry;
pub mod settings;
pub mod telephony;
pub mod time;
pub mod token;
pub mod webhook;
