//! One run under a stopped clock, and the deaths it is drawn.

use std::{rc::Rc, thread, time::Duration};

use kommo_voip_tests::soak::{Ended, Fate, Length, Place as _, Run, Schedule, items};
use serde_json::json;
use tokio::{
    runtime::Builder,
    task::{LocalSet, spawn_local},
    time::sleep,
};
use worker_twin::twin::{Death, Dice};

use crate::home::Home;

/// The most deaths of a run beside those its schedule draws.
const MOST_DEATHS: u64 = 4;
/// Within so many turns of the former life the next death comes; in the time in which faults strike there are some 400.
const REACH: [u64; 3] = [20, 100, 400];
/// Turns for each answer of Kommo, D1 or an object.
const TURNS_AN_ANSWER: u64 = 3;

/// What came of a seed.
pub(crate) struct Played {
    pub(crate) ended: Ended,
    pub(crate) deaths: usize,
    pub(crate) reconnections: usize,
    dooms: Vec<Death>,
    /// The console's last lines.
    pub(crate) lines: Vec<String>,
}

impl Played {
    /// Tells it, for whoever reads a failure.
    pub(crate) fn tell(&self) {
        self.ended.tell();
        self.lines.iter().for_each(|line| println!("  {line}"));
        println!("  {} deaths, among them {:?}", self.deaths, self.dooms);
        println!("replay: cargo xtask soak --virtual --seed {}", self.ended.schedule.seed);
    }
}

/// Plays a seed to its end, in a thread and a world of its own: nothing of a run is left for the next one.
pub(crate) fn play(seed: u64) -> Played {
    let run = move || {
        let runtime = Builder::new_current_thread().enable_time().start_paused(true).build().expect("a runtime");
        LocalSet::new().block_on(&runtime, live(seed))
    };
    thread::Builder::new().name(format!("seed {seed}")).spawn(run).expect("a thread").join().unwrap_or_else(|_| {
        panic!("seed {seed} ended in a panic; replay: cargo xtask soak --virtual --seed {seed}");
    })
}

async fn live(seed: u64) -> Played {
    let schedule = Schedule::of(seed, Length::Long);
    let home = Home::make(seed, schedule.has_webhooks).await;
    let (world, dooms) = (home.world.clone(), deaths(seed));
    let run = Rc::new(Run::prepare(home, schedule).await);
    run.arm().await;
    world.doom(dooms.clone());
    let killing = spawn_local(kill_when_due(run.clone()));
    let settled = run.play().await;
    // From here on only the oracle asks.
    killing.abort();
    let _ = killing.await;
    world.doom([]);
    world.up().await;
    run.place.control("faults", json!([])).await;
    let run = Rc::into_inner(run).expect("nobody else runs it");
    let reconnections = run.place.reconnections.get();
    let ended = run.judge(settled).await;
    let (deaths, lines) = (usize::try_from(world.deaths()).unwrap_or(usize::MAX), world.lines());
    world.end();
    Played { ended, deaths, reconnections, dooms, lines }
}

fn deaths(seed: u64) -> Vec<Death> {
    // Other dice than those of the schedule and of the world, which fall by the same seed.
    let mut dice = Dice::new(!seed);
    let count = dice.below(MOST_DEATHS + 1);
    let death = |_| {
        let reach = REACH[usize::try_from(dice.below(3)).unwrap_or(0)];
        match dice.below(2) {
            0 => Death::Turn(dice.below(reach)),
            _ => Death::Answer(dice.below(reach / TURNS_AN_ANSWER)),
        }
    };
    (0..count).map(death).collect()
}

/// Kills the Worker whenever a request is held, and settles what becomes of the request.
async fn kill_when_due(run: Rc<Run<Home>>) {
    let home = &run.place;
    let mut held_before = 0;
    loop {
        home.left.notified().await;
        // It arrives first.
        sleep(Duration::from_millis(1)).await;
        if items(&home.look("held").await, "held").is_empty() {
            continue;
        }
        let fate = run.fate(held_before);
        held_before += 1;
        home.world.kill();
        if fate == Fate::Late {
            home.world.up().await;
            home.world.take_a_moment().await;
        }
        home.control("release", json!({"account": home.account(), "effect": fate != Fate::Lost})).await;
    }
}
