//! What must be true of the whole, whatever the order, the repeats, the crashes and the lost answers.
//!
//! Each file is one promise. Flows talk to the real Worker in its real runtime, with a simulated Kommo behind it.

mod bad_input;
mod cards;
mod connecting;
mod crowd;
mod exactly_once;
mod incoming_leads;
mod intake;
mod kill;
mod kommo_down;
mod lost_answers;
mod missed_calls;
mod other_readings;
mod panic;
mod rename;
mod rights;
mod ring_group;
mod settings_api;
mod switch;
mod tokens;
mod user_tokens;
