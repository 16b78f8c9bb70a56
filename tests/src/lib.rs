//! A strict stand-in for the hosted CRM: its API, its pages and the phones that call it.
//!
//! It is an independent reading of Kommo's documentation and shares no code with
//! the product, so that a misunderstanding cannot hide by being made twice.
//! Start it in-process with [`serve`] or as the program `kommo-sim`.

mod api;
pub mod browser;
mod control;
mod crypto;
mod limits;
mod oauth;
mod page;
mod phone;
mod problem;
mod server;
mod state;
mod strike;
mod surface;
pub mod voip;

pub use server::{Running, serve};
pub use state::Config;
