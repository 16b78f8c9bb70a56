//! What must be true of the whole, whatever the order, the repeats, the crashes and the lost answers.
//!
//! Each file is one promise. Flows talk to the real Worker in its real runtime, with a simulated Kommo behind it.

mod exactly_once;
