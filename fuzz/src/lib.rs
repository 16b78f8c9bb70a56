//! What reaches the product from outside, as functions that take any bytes at all: nothing may panic, and what is
//! believed must be fit to be believed.
//!
//! `cargo xtask fuzz` lets cargo-fuzz look for bytes that break one of them and keeps what led somewhere new in
//! `corpus/`. `tests/corpus.rs` runs the same functions over the corpus and changes of it with every test.

mod addresses;
mod answers;
mod form;
mod live;
mod number;
mod token;
mod webhook;

// Deliveries are signed here as the adapters' tests sign them: nonsense that is signed gets further than nonsense.
#[allow(dead_code, reason = "the tests they were written for use all of it")]
#[path = "../../domain/tests/providers/post.rs"]
mod post;
#[allow(dead_code, reason = "the tests they were written for use all of it")]
#[path = "../../domain/tests/providers/sign.rs"]
mod sign;

pub use addresses::addresses;
pub use answers::{kommo_answers, provider_answers};
pub use form::forms;
pub use live::live_messages;
pub use number::numbers;
pub use token::{keys, user_tokens};
pub use webhook::webhooks;

/// A function under fuzzing.
pub type Target = fn(&[u8]);

/// All of them, by the name of their folder in `corpus/`.
pub const TARGETS: [(&str, Target); 9] = [
    ("addresses", addresses),
    ("forms", forms),
    ("keys", keys),
    ("kommo_answers", kommo_answers),
    ("live_messages", live_messages),
    ("numbers", numbers),
    ("provider_answers", provider_answers),
    ("user_tokens", user_tokens),
    ("webhooks", webhooks),
];

/// The program of one target. Built without cargo-fuzz, it runs the files it is given: a crash once more, without
/// installing anything.
#[macro_export]
macro_rules! target {
    ($name:ident) => {
        #[cfg(fuzzing)]
        libfuzzer_sys::fuzz_target!(|data: &[u8]| $crate::$name(data));

        #[cfg(not(fuzzing))]
        fn main() -> std::io::Result<()> {
            std::env::args_os().skip(1).try_for_each(|file| std::fs::read(file).map(|data| $crate::$name(&data)))
        }
    };
}

/// The first byte as a choice, and the rest.
fn choice(data: &[u8]) -> (usize, &[u8]) {
    data.split_first().map_or((0, data), |(first, rest)| (usize::from(*first), rest))
}

/// The first line, and the rest.
fn line(data: &[u8]) -> (&[u8], &[u8]) {
    let end = data.iter().position(|byte| *byte == b'\n').unwrap_or(data.len());
    let (line, rest) = data.split_at(end);
    (line, rest.get(1..).unwrap_or_default())
}

/// The bytes as text, as a request's body is read.
fn text(data: &[u8]) -> String {
    String::from_utf8_lossy(data).into_owned()
}
