//! Runs of calls under faults and deaths as in `it/faults`, but under a stopped clock: the Worker's own sources on the
//! platform's native twin, and the simulator without a network. A run takes a fraction of a second, and the Worker can
//! die at any await. One binary, so that it links once.

mod home;
mod run;

use std::{env, sync::Mutex, thread};

use kommo_voip_tests::soak::{Seeds, Totals};
use run::play;

/// Every round of tests runs so many seeds.
const FIXED: &str = "1+40";
/// A sign of life after so many runs.
const TOLD_EVERY: usize = 1_000;

#[test]
fn whatever_goes_wrong_at_whatever_await_each_call_is_one_record_in_the_right_place() {
    // `FIRST+COUNT`, from `cargo xtask soak --virtual`.
    let wished = env::var("KOMMO_VOIP_VIRTUAL_SEEDS");
    let seeds = Seeds::parse(wished.as_deref().unwrap_or(FIXED)).expect("seeds as FIRST+COUNT").each();
    let seeds = Mutex::new(seeds.into_iter().enumerate());
    let next = || seeds.lock().ok()?.next();
    let totals = thread::scope(|scope| {
        let work = || {
            let mut totals = Totals::default();
            while let Some((index, seed)) = next() {
                if index > 0 && index % TOLD_EVERY == 0 {
                    println!("{index} runs");
                }
                let played = play(seed);
                totals.kills += played.deaths;
                totals.reconnections += played.reconnections;
                totals.add(&played.ended);
                if !played.ended.findings.is_empty() {
                    played.tell();
                }
            }
            totals
        };
        let side_by_side = thread::available_parallelism().map_or(1, usize::from);
        let workers: Vec<_> = (0..side_by_side).map(|_| scope.spawn(work)).collect();
        workers.into_iter().map(|worker| worker.join().expect("a thread")).fold(Totals::default(), Totals::with)
    });
    println!("{totals}");
    assert!(totals.is_clean(), "{totals}");
}

#[test]
fn a_seed_always_gives_the_same_run_to_the_last_request() {
    let story = |seed| {
        let played = play(seed);
        format!("{}\n{}", played.ended.state["requests"], played.lines.join("\n"))
    };
    for seed in [3, 4] {
        assert_eq!(story(seed), story(seed));
    }
    assert_ne!(story(3), story(4));
}
