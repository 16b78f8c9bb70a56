//! The packaged widget in a real browser, in the CRM's page, with the real Worker behind it.
//!
//! What a person does is done as a person does it: clicks and typing. The provider and other people act by HTTP.
//! Each test has an account and a browser of its own; most share one Worker.

mod archive;
mod scene;

mod access;
mod alerts;
mod call_list;
mod card;
mod connecting;
mod dialer;
mod dialling;
mod first_call;
mod health;
mod hostile;
mod injected;
mod journal;
mod journal_figures;
mod journal_window;
mod languages;
mod looks;
mod outage;
mod policy;
mod providers;
mod removal;
mod rights;
mod ringing;
mod saving;
mod screens;
mod settings;
mod summary;
mod tabs;
