//! A strict stand-in for the hosted CRM: its API, its pages and the phones that call it.
//!
//! It is an independent reading of Kommo's documentation and shares no code with
//! the product, so that a misunderstanding cannot hide by being made twice.
//! Start it in-process with [`serve`], without a network as [`Local`], or as the program `kommo-sim`.

mod api;
pub mod browser;
mod control;
mod crypto;
mod limits;
mod local;
mod oauth;
mod page;
mod phone;
mod problem;
mod server;
pub mod soak;
mod state;
mod strike;
mod surface;
pub mod voip;

pub use local::{Answered, Asked, Local};
pub use server::{Running, serve};
pub use state::{Config, Post};
