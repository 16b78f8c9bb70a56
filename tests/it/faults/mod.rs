//! Faults and kills drawn from seeds, and an oracle that knows what must be in Kommo whatever happened.
//!
//! Runs stand side by side, each in its own account of one Worker: what one waits for, all wait for, and a kill hits
//! all of them. A few fixed seeds are run with every test; `cargo xtask soak` runs as many as one likes.

mod place;
mod rounds;

use std::env;

use kommo_voip_tests::soak::{Length, Seeds};
use rounds::soak;

use crate::stack::flow;

/// A few of the short kind, for every round of tests.
const FIXED: [u64; 4] = [1, 2, 3, 4];

#[test]
fn whatever_goes_wrong_each_call_is_one_record_in_the_right_place() {
    // `FIRST+COUNT`, from `cargo xtask soak`.
    let wished = env::var("KOMMO_VOIP_SEEDS").ok().map(|text| Seeds::parse(&text).expect("seeds as FIRST+COUNT"));
    flow(async {
        let totals = match wished {
            Some(seeds) => soak(seeds.each(), Length::Long).await,
            None => soak(FIXED.to_vec(), Length::Short).await,
        };
        println!("{totals}");
        assert!(totals.is_clean(), "{totals}");
    });
}
