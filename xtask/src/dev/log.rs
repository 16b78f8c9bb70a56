//! What the services say: all of it in a file each, and on the terminal as far as someone reads there.
//!
//! A reader who has stopped reading must never stop a service, so the terminal's share is dropped when it
//! does not keep up.

use std::fs::{self, File};
use std::io::{BufRead, BufReader, Read, Write};
use std::path::Path;
use std::sync::mpsc::{SyncSender, sync_channel};
use std::sync::{Arc, Mutex};
use std::thread;

use anyhow::{Context, Result};

/// Lines that may wait for the terminal.
const BACKLOG: usize = 1000;

#[derive(Clone)]
pub(super) struct Log {
    terminal: SyncSender<Vec<u8>>,
}

impl Log {
    pub(super) fn start() -> Self {
        let (terminal, lines) = sync_channel::<Vec<u8>>(BACKLOG);
        thread::spawn(move || {
            let mut stderr = std::io::stderr();
            for line in lines {
                if stderr.write_all(&line).is_err() {
                    return;
                }
            }
        });
        Self { terminal }
    }

    /// Says something without ever waiting.
    pub(super) fn say(&self, text: &str) {
        // Full means that nobody reads.
        let _ = self.terminal.try_send(format!("==> {text}\n").into_bytes());
    }

    /// Copies both outputs of a service until they end.
    pub(super) fn follow(
        &self,
        name: &'static str,
        file: &Path,
        stdout: Option<impl Read + Send + 'static>,
        stderr: Option<impl Read + Send + 'static>,
    ) -> Result<()> {
        if let Some(folder) = file.parent() {
            fs::create_dir_all(folder)?;
        }
        let file = File::create(file).with_context(|| format!("cannot write {}", file.display()))?;
        let file = Arc::new(Mutex::new(file));
        if let Some(source) = stdout {
            self.copy(name, source, Arc::clone(&file));
        }
        if let Some(source) = stderr {
            self.copy(name, source, file);
        }
        Ok(())
    }

    fn copy(&self, name: &'static str, source: impl Read + Send + 'static, file: Arc<Mutex<File>>) {
        let terminal = self.terminal.clone();
        thread::spawn(move || {
            let mut source = BufReader::new(source);
            let mut line = Vec::new();
            while source.read_until(b'\n', &mut line).is_ok_and(|length| length > 0) {
                if let Ok(mut file) = file.lock() {
                    let _ = file.write_all(&line);
                }
                let mut shown = format!("[{name}] ").into_bytes();
                shown.append(&mut line);
                let _ = terminal.try_send(shown);
            }
        });
    }
}
