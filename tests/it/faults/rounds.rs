//! Rounds of runs side by side, the kills that hit them, and the totals.

use std::{fmt, pin::pin, time::Duration};

use futures_util::future::{Either, join_all, select};
use serde_json::{Value, json};
use tokio::time::sleep;

use super::{
    oracle::Wrong,
    run::{Ended, Run},
    schedule::{Fate, Length},
};
use crate::{
    account::items,
    stack::{Ends, Stack},
};

/// Accounts side by side: as many as a small machine serves without the faults drowning in its own slowness.
const AT_ONCE: usize = 10;
/// How often it is looked whether a request is held.
const LOOK_AGAIN: Duration = Duration::from_millis(50);

/// Which seeds are run.
pub(super) struct Seeds {
    first: u64,
    count: u64,
}

impl Seeds {
    /// Reads `FIRST+COUNT`.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (first, count) = text.split_once('+')?;
        Some(Self { first: first.parse().ok()?, count: count.parse().ok()? })
    }

    pub(super) fn each(&self) -> Vec<u64> {
        (0..self.count).map(|index| self.first.wrapping_add(index)).collect()
    }
}

/// What all runs came to.
#[derive(Default)]
pub(super) struct Totals {
    runs: usize,
    calls: usize,
    lost: usize,
    doubled: usize,
    misfiled: usize,
    over_limit: usize,
    kills: usize,
    faults: usize,
    longest: Duration,
}

impl Totals {
    pub(super) fn is_clean(&self) -> bool {
        [self.lost, self.doubled, self.misfiled, self.over_limit] == [0; 4]
    }

    fn add(&mut self, ended: &Ended) {
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
        });
        write!(to, "{figures}, settled at most {} s after the last report", self.longest.as_secs())
    }
}

/// Runs all seeds and says of each that fails how to run it again.
pub(super) async fn soak(seeds: Vec<u64>, length: Length) -> Totals {
    // A search that never finds what was just created, and tabs whose users are known without asking Kommo.
    let mut stack = Stack::with(json!({"searchLag": 120, "tokenIsAdmin": true})).await;
    let mut totals = Totals::default();
    for round in seeds.chunks(AT_ONCE) {
        for ended in play(&mut stack, round, length, &mut totals.kills).await {
            totals.add(&ended);
            if !ended.findings.is_empty() {
                tell(&ended, round);
            }
        }
        println!("{totals}");
    }
    totals
}

fn tell(ended: &Ended, round: &[u64]) {
    let seed = ended.schedule.seed;
    println!("FAILED {}", ended.schedule);
    for finding in &ended.findings {
        println!("  {finding}");
    }
    for list in ["notes", "tasks"] {
        items(&ended.state, list).iter().for_each(|item| println!("  {list}: {item}"));
    }
    for request in items(&ended.state, "requests") {
        let fault = request["fault"].as_str().unwrap_or_default();
        println!("  {} {} {} {} {fault}", request["at"], request["method"], request["path"], request["status"]);
    }
    println!("replay: cargo xtask soak --seed {seed}");
    println!("or with those beside it: cargo xtask soak --seed {} --runs {}", round[0], round.len());
}

/// One round: several seeds at once.
async fn play(stack: &mut Stack, seeds: &[u64], length: Length, kills: &mut usize) -> Vec<Ended> {
    let runs = join_all(seeds.iter().map(|seed| Run::prepare(stack, *seed, length))).await;
    join_all(runs.iter().map(Run::arm)).await;
    let settled = {
        let playing = pin!(join_all(runs.iter().map(Run::play)));
        let killing = pin!(kill_when_due(stack, &runs, kills));
        match select(playing, killing).await {
            Either::Left((settled, _)) => settled,
            Either::Right((never, _)) => match never {},
        }
    };
    // A kill that was due in the last moment was cut short.
    stack.ensure_running().await;
    let ends = stack.ends.clone();
    ends.control("faults", json!([])).await;
    let mut ended = Vec::new();
    for (run, settled) in runs.into_iter().zip(settled) {
        ended.push(run.judge(settled).await);
    }
    ended
}

/// Kills the Worker whenever a request is held, settles what becomes of the request, and starts the Worker again.
async fn kill_when_due(stack: &mut Stack, runs: &[Run], kills: &mut usize) -> std::convert::Infallible {
    let ends = stack.ends.clone();
    let mut held_before = vec![0; runs.len()];
    loop {
        let held = ends.look("held").await;
        let is_held = |run: &Run| items(&held, "held").iter().any(|held| held["account"] == run.account.id);
        let mut due = Vec::new();
        for (index, run) in runs.iter().enumerate().filter(|(_, run)| is_held(run)) {
            due.push((run, run.fate(held_before[index])));
            held_before[index] += 1;
        }
        if due.is_empty() {
            sleep(LOOK_AGAIN).await;
            continue;
        }
        stack.kill();
        *kills += 1;
        release(&ends, &due, |fate| (fate != Fate::Late).then_some(fate == Fate::Done)).await;
        stack.start_again().await;
        release(&ends, &due, |fate| (fate == Fate::Late).then_some(true)).await;
    }
}

async fn release(ends: &Ends, due: &[(&Run, Fate)], effect: impl Fn(Fate) -> Option<bool>) {
    for (run, fate) in due {
        if let Some(effect) = effect(*fate) {
            let _: Value = ends.control("release", json!({"account": run.account.id, "effect": effect})).await;
        }
    }
}
