//! Every rule of Kommo VoIP, as plain types and functions.
//!
//! Nothing here waits, asks the clock, draws a random number or touches the outside: the shells (the edge Worker
//! and the browser widget) gather facts, ask this crate, and carry out what it answers. Start reading at [`plan`].

#![cfg_attr(
    not(test),
    deny(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        clippy::unimplemented,
        clippy::todo,
        clippy::indexing_slicing,
        clippy::disallowed_methods
    )
)]

mod short;
mod utf8;
pub mod ids;
pub mod time;
pub mod phone;
pub mod settings;
pub mod telephony;
pub mod webhook;
pub mod token;
pub mod access;
pub mod call;
pub mod call_list;
pub mod matching;
pub mod kommo;
pub mod retry;
pub mod pace;
pub mod limits;
pub mod routing;
pub mod plan;
pub mod journal;
pub mod panel;
pub mod protocol;
