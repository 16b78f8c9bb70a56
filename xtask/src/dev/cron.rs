//! Every minute, as `wrangler.toml` says. Wrangler does not run schedules by itself on a developer's machine, and what
//! the schedule mends would stay broken there.

use std::thread;
use std::time::{Duration, Instant};

use super::log::Log;
use super::ready;

const EVERY: Duration = Duration::from_secs(60);

pub(super) struct Cron {
    worker_port: u16,
    last: Instant,
}

impl Cron {
    pub(super) fn new(worker_port: u16) -> Self {
        Self { worker_port, last: Instant::now() }
    }

    /// Runs the schedule when its minute is over, beside whatever else goes on.
    pub(super) fn look(&mut self, log: &Log) {
        if self.last.elapsed() < EVERY {
            return;
        }
        self.last = Instant::now();
        let port = self.worker_port;
        let log = log.clone();
        thread::spawn(move || match ready::status(port, "/cdn-cgi/handler/scheduled") {
            Ok(200) => {}
            Ok(status) => log.say(&format!("the Worker's schedule answered {status}")),
            Err(error) => log.say(&format!("the Worker's schedule did not run: {error}")),
        });
    }
}
