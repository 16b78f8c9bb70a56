//! The simulator's own tests: what it says must be what Kommo's documentation says.
//!
//! Each starts a simulator in-process and speaks to it over HTTP, as the product does.

mod calls;
mod faults;
mod hosts;
mod incoming_leads;
mod links;
mod notes;
mod notices;
mod oauth;
mod phone;
mod rate;
mod rights;
mod search;
mod support;
mod voip;
mod webhooks;
mod writing;
