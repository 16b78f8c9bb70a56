//! What must be true of the whole, whatever the order, the repeats, the crashes and the lost answers.
//!
//! Each file is one promise. Flows talk to the real Worker in its real runtime, with a simulated Kommo behind it.

mod account_webhooks;
mod attack;
mod bad_input;
mod call_kinds;
mod call_list;
mod caller;
mod candidates;
mod cards;
mod connecting;
mod crowd;
mod day;
mod data;
mod dialer;
mod exactly_once;
mod health;
mod incoming_leads;
mod intake;
mod journal;
mod keys;
mod kill;
mod kommo_down;
mod limits;
mod lost_answers;
mod missed_calls;
mod notices;
mod number_traps;
mod other_readings;
mod panic;
mod parked;
mod providers;
mod rename;
mod replay;
mod requests;
mod rights;
mod retention;
mod ring_group;
mod self_test;
mod settings_api;
mod settings_gone;
mod summary;
mod switch;
mod tokens;
mod user_tokens;
