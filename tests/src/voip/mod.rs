//! Telephony providers, acted out: their APIs towards the product, and their calls.
//!
//! Requests are told apart by `X-Intended-Host`. What a provider does with a call is started by `POST /_sim/call`. All of
//! it is written from the providers' own documentation; where that is silent, the module of the provider says what is
//! done instead.

mod act;
mod api;
mod clock;
mod control;
mod media;
mod model;
mod oauth;
mod plivo;
mod ringcentral;
pub mod sample;
mod send;
mod sign;
mod telnyx;
mod twilio;
mod vonage;
mod xml;
mod zadarma;

pub(crate) use act::act;
pub(crate) use api::guard;
pub(crate) use control::{providers, register};
pub(crate) use model::Carrier;
pub(crate) use oauth::router;
