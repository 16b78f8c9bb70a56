//! Rounds of runs side by side, the kills that hit them, and the totals.

use std::{pin::pin, time::Duration};

use futures_util::future::{Either, join_all, select};
use kommo_voip_tests::soak::{Ended, Fate, Length, Run, Schedule, Totals, items};
use serde_json::{Value, json};
use tokio::time::sleep;

use crate::{
    account::Account,
    stack::{Ends, Stack},
};

type Running = Run<Account>;

/// Accounts side by side: as many as a small machine serves without the faults drowning in its own slowness.
const AT_ONCE: usize = 10;
/// How often it is looked whether a request is held.
const LOOK_AGAIN: Duration = Duration::from_millis(50);

/// Runs all seeds and says of each that fails how to run it again.
pub(super) async fn soak(seeds: Vec<u64>, length: Length) -> Totals {
    // A search that never finds what was just created, and tabs whose users are known without asking Kommo.
    let mut stack = Stack::with(json!({"searchLag": 120, "tokenIsAdmin": true})).await;
    let mut totals = Totals::default();
    for round in seeds.chunks(AT_ONCE) {
        for ended in play(&mut stack, round, length, &mut totals.kills).await {
            totals.add(&ended);
            if !ended.findings.is_empty() {
                ended.tell();
                println!("replay: cargo xtask soak --seed {}", ended.schedule.seed);
                println!("or with those beside it: cargo xtask soak --seed {} --runs {}", round[0], round.len());
            }
        }
        println!("{totals}");
    }
    totals
}

async fn prepare(stack: &Stack, seed: u64, length: Length) -> Running {
    let schedule = Schedule::of(seed, length);
    Run::prepare(Account::ready_with(stack, json!({"webhooksPlan": schedule.has_webhooks})).await, schedule).await
}

/// One round: several seeds at once.
async fn play(stack: &mut Stack, seeds: &[u64], length: Length, kills: &mut usize) -> Vec<Ended> {
    let runs = join_all(seeds.iter().map(|seed| prepare(stack, *seed, length))).await;
    join_all(runs.iter().map(Running::arm)).await;
    let settled = {
        let playing = pin!(join_all(runs.iter().map(Running::play)));
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
async fn kill_when_due(stack: &mut Stack, runs: &[Running], kills: &mut usize) -> std::convert::Infallible {
    let ends = stack.ends.clone();
    let mut held_before = vec![0; runs.len()];
    loop {
        let held = ends.look("held").await;
        let is_held = |run: &Running| items(&held, "held").iter().any(|held| held["account"] == run.place.id);
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

async fn release(ends: &Ends, due: &[(&Running, Fate)], effect: impl Fn(Fate) -> Option<bool>) {
    for (run, fate) in due {
        if let Some(effect) = effect(*fate) {
            let _: Value = ends.control("release", json!({"account": run.place.id, "effect": effect})).await;
        }
    }
}
