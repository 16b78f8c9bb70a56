//! How many numbers a second get their key. `cargo xtask bench` runs it beside libphonenumber's own C++
//! (`xtask/bench/phone_keys.cpp`), which does the same with the same numbers and prints the same line:
//! keys per second, readings that gave the right number, readings in all.

#![allow(clippy::disallowed_methods, reason = "the time that passes here is what is measured")]

use kommo_voip_domain::phone::key_of;
use std::time::{Duration, Instant};

const FIXTURE: &str = include_str!("../tests/fixtures/example_numbers.tsv");
/// How long is measured.
const TIME: Duration = Duration::from_secs(1);

fn main() {
    let readings: Vec<(&str, &str, &str)> = FIXTURE
        .lines()
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| match line.split('\t').collect::<Vec<_>>()[..] {
            [region, _, e164, national, international, _] => {
                Some([(region, e164, national), (region, e164, international)])
            }
            _ => None,
        })
        .flatten()
        .collect();
    let pass = || {
        let is_right =
            |(region, e164, text): &&(&str, &str, &str)| key_of(text, region).is_some_and(|key| key.as_str() == *e164);
        readings.iter().filter(is_right).count()
    };
    // The first pass builds what the library keeps.
    let right = pass();
    let (mut passes, start) = (0_u32, Instant::now());
    while start.elapsed() < TIME {
        assert_eq!(pass(), right);
        passes += 1;
    }
    let per_second = f64::from(passes) * readings.len() as f64 / start.elapsed().as_secs_f64();
    println!("{per_second:.0} {right} {}", readings.len());
}
