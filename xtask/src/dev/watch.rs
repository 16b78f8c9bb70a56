//! Packages the widget again when its sources change. The Worker's sources are Wrangler's to watch.

use std::process::Command;
use std::time::{Duration, Instant, SystemTime};

use super::child::Child;
use super::log::Log;
use super::options::Options;
use crate::fingerprint::files_under;
use crate::package;
use crate::project::Project;

const EVERY: Duration = Duration::from_secs(1);
const SOURCES: &[&str] = &["widget", "domain/src", "i18n", "images"];
const SINGLE_SOURCES: &[&str] = &["script.js", "manifest.json"];

pub(super) struct Watch {
    worker_port: u16,
    seen: Option<SystemTime>,
    looked: Instant,
    build: Option<Child>,
}

impl Watch {
    pub(super) fn new(project: &Project, options: &Options) -> Self {
        Self { worker_port: options.worker_port, seen: newest(project), looked: Instant::now(), build: None }
    }

    /// Starts a build if something changed and none is under way.
    pub(super) fn look(&mut self, project: &Project, log: &Log) {
        if self.looked.elapsed() < EVERY {
            return;
        }
        self.looked = Instant::now();
        if let Some(build) = &mut self.build {
            if matches!(build.has_ended(), Ok(false)) {
                return;
            }
            self.build = None;
        }
        let newest = newest(project);
        if newest == self.seen {
            return;
        }
        self.seen = newest;
        log.say("the widget changed; packaging it again");
        match self.start(project, log) {
            Ok(build) => self.build = Some(build),
            Err(error) => log.say(&format!("cannot package the widget: {error:#}")),
        }
    }

    /// As a guarded child, so that stopping `dev` stops it too.
    fn start(&self, project: &Project, log: &Log) -> anyhow::Result<Child> {
        let mut command = Command::new(std::env::current_exe()?);
        command
            .args(["package", "--development", "--worker-url"])
            .arg(format!("http://127.0.0.1:{}", self.worker_port))
            .arg("--out")
            .arg(package::local_archive(project, self.worker_port))
            .current_dir(&project.root);
        let log_file = project.output(format!("dev/{}/package.log", self.worker_port));
        Child::start("package", &command, log, log_file)
    }
}

/// The latest change among the sources; a deleted file shows as its folder's change at the next write.
fn newest(project: &Project) -> Option<SystemTime> {
    let folders = SOURCES.iter().flat_map(|folder| files_under(&project.path(folder)).unwrap_or_default());
    let files = SINGLE_SOURCES.iter().map(|file| project.path(file));
    folders.chain(files).filter_map(|file| file.metadata().ok()?.modified().ok()).max()
}
