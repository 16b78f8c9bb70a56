//! What must be true with every telephony provider: its webhooks, its instructions, its calls and recordings.

mod catch_up;
mod changing;
mod credentials;
mod dial;
mod lines;
mod recordings;
mod routing;
mod webhooks;
mod zadarma;
