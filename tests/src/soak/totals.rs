//! Which seeds are run, and what all runs came to.

use std::{fmt, time::Duration};

use serde_json::json;

use super::{items, oracle::Wrong, run::Ended};

/// Which seeds are run.
pub struct Seeds {
    first: u64,
    count: u64,
}

impl Seeds {
    /// Reads `FIRST+COUNT`, as the commands hand them on.
    pub fn parse(text: &str) -> Option<Self> {
        let (first, count) = text.split_once('+')?;
        Some(Self { first: first.parse().ok()?, count: count.parse().ok()? })
    }

    /// Each of them.
    pub fn each(&self) -> Vec<u64> {
        (0..self.count).map(|index| self.first.wrapping_add(index)).collect()
    }
}

/// What all runs came to.
#[derive(Default)]
pub struct Totals {
    runs: usize,
    calls: usize,
    lost: usize,
    doubled: usize,
    misfiled: usize,
    over_limit: usize,
    /// How often the Worker died.
    pub kills: usize,
    /// How often a grant was lost and an administrator had to connect again.
    pub reconnections: usize,
    faults: usize,
    longest: Duration,
}

impl Totals {
    /// Nothing is wrong.
    pub fn is_clean(&self) -> bool {
        [self.lost, self.doubled, self.misfiled, self.over_limit] == [0; 4]
    }

    /// Both together.
    pub fn with(mut self, other: Self) -> Self {
        self.runs += other.runs;
        self.calls += other.calls;
        self.lost += other.lost;
        self.doubled += other.doubled;
        self.misfiled += other.misfiled;
        self.over_limit += other.over_limit;
        self.kills += other.kills;
        self.reconnections += other.reconnections;
        self.faults += other.faults;
        self.longest = self.longest.max(other.longest);
        self
    }

    /// Counts a run.
    pub fn add(&mut self, ended: &Ended) {
        let found = |wrong| ended.findings.iter().filter(|finding| finding.wrong == wrong).count();
        self.runs += 1;
        self.calls += ended.schedule.calls.len();
        self.lost += found(Wrong::Lost);
        self.doubled += found(Wrong::Doubled);
        self.misfiled += found(Wrong::Misfiled);
        self.over_limit += found(Wrong::OverLimit);
        self.faults += ended.faults;
        self.longest = self.longest.max(ended.settled_after);
    }
}

impl fmt::Display for Totals {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        let figures = json!({
            "runs": self.runs, "calls": self.calls, "lost": self.lost, "doubled": self.doubled,
            "misfiled": self.misfiled, "overLimit": self.over_limit, "kills": self.kills, "faults": self.faults,
            "reconnections": self.reconnections,
        });
        write!(to, "{figures}, settled at most {} s after the last report", self.longest.as_secs())
    }
}

impl Ended {
    /// Tells what a run was and what is wrong with it, for whoever reads a failure.
    pub fn tell(&self) {
        println!("FAILED {}", self.schedule);
        self.findings.iter().for_each(|finding| println!("  {finding}"));
        for list in ["notes", "tasks"] {
            items(&self.state, list).iter().for_each(|item| println!("  {list}: {item}"));
        }
        for request in items(&self.state, "requests") {
            let fault = request["fault"].as_str().unwrap_or_default();
            println!("  {} {} {} {} {fault}", request["at"], request["method"], request["path"], request["status"]);
        }
    }
}
