//! The edge Worker: turns requests, alarms and live messages into domain calls, and answers into D1, KV, Durable
//! Object and HTTP work. Start at `routes`; one call is followed end to end in `account`.

pub mod account;
pub mod adapters;
pub mod config;
pub mod hook_key;
pub mod log;
pub mod sealing;
