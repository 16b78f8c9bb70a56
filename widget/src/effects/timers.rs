//! The tab's timers, at most one of each kind.

use gloo::timers::callback::{Interval, Timeout};
use kommo_voip_domain::panel::Timer;
use kommo_voip_domain::time::Millis;

/// Running timers; dropping stops them all.
#[derive(Default)]
pub(crate) struct Timers {
    running: Vec<(Timer, Running)>,
}

enum Running {
    Once { _timeout: Timeout },
    Again { _interval: Interval },
}

impl Timers {
    /// Starts a timer, or starts it again. The clock of the cards repeats until it is stopped.
    pub(crate) fn start(&mut self, timer: Timer, after: Millis, spread: Millis, fired: impl Fn() + 'static) {
        let extra = js_sys::Math::random() * spread.0 as f64;
        let millis = u32::try_from(after.0 + extra as i64).unwrap_or(u32::MAX / 2);
        let running = match timer {
            Timer::Tick => Running::Again { _interval: Interval::new(millis, fired) },
            _ => Running::Once { _timeout: Timeout::new(millis, fired) },
        };
        self.stop(timer);
        self.running.push((timer, running));
    }

    pub(crate) fn stop(&mut self, timer: Timer) {
        self.running.retain(|(running, _)| *running != timer);
    }
}
