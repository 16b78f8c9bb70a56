//! Running other programs, with errors that say what was tried and what to do.

use std::ffi::OsStr;
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

use crate::project::Project;

/// A program to run from the project's root, free of what cargo told this program about itself: a child
/// cargo must not see another package's variables.
pub(crate) fn program(project: &Project, name: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new(name);
    command.current_dir(&project.root);
    for (name, _) in std::env::vars_os() {
        let text = name.to_string_lossy();
        if text.starts_with("CARGO_PKG_") || text.starts_with("CARGO_MANIFEST_") || text.starts_with("CARGO_BIN_") {
            command.env_remove(&name);
        }
    }
    command
}

/// cargo, at the root of the project.
pub(crate) fn cargo(project: &Project) -> Command {
    program(project, std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
}

/// Wrangler without its shell of npm, so that stopping it stops it.
pub(crate) fn wrangler(project: &Project) -> Command {
    let mut command = program(project, "node");
    command
        .arg("node_modules/wrangler/bin/wrangler.js")
        // Nothing is sent anywhere on a developer's behalf, and nothing asks questions.
        .env("WRANGLER_SEND_METRICS", "false")
        .env("NO_UPDATE_NOTIFIER", "1");
    command
}

/// Runs to the end; a failure names the command.
pub(crate) fn check(command: &mut Command) -> Result<()> {
    let line = line(command);
    let status = command.status().with_context(|| format!("cannot run `{line}`"))?;
    if !status.success() {
        bail!("`{line}` failed ({status})");
    }
    Ok(())
}

/// Runs to the end in silence; what it said is shown only if it fails.
pub(crate) fn quietly(command: &mut Command) -> Result<()> {
    let line = line(command);
    let output = command.stdin(Stdio::null()).output().with_context(|| format!("cannot run `{line}`"))?;
    if !output.status.success() {
        eprint!("{}", String::from_utf8_lossy(&output.stdout));
        eprint!("{}", String::from_utf8_lossy(&output.stderr));
        bail!("`{line}` failed ({})", output.status);
    }
    Ok(())
}

/// Whether a command succeeds; what it says is of no interest.
pub(crate) fn succeeds(command: &mut Command) -> bool {
    let status = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status();
    status.is_ok_and(|status| status.success())
}

/// What a command printed.
pub(crate) fn read(command: &mut Command) -> Result<String> {
    let line = line(command);
    let output = command
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .output()
        .with_context(|| format!("cannot run `{line}`"))?;
    if !output.status.success() {
        bail!("`{line}` failed ({})", output.status);
    }
    String::from_utf8(output.stdout).with_context(|| format!("`{line}` did not print text"))
}

/// Whether a program can be found on the search path.
pub(crate) fn on_path(name: &str) -> Option<std::path::PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|folder| folder.join(name)).find(|file| is_program(file))
}

fn is_program(file: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    file.metadata().is_ok_and(|meta| meta.is_file() && meta.permissions().mode() & 0o111 != 0)
}

/// The command as a person would type it, without folders of this machine.
fn line(command: &Command) -> String {
    let name = Path::new(command.get_program());
    let mut line = name.file_name().unwrap_or(name.as_os_str()).to_owned();
    for arg in command.get_args() {
        line.push(" ");
        line.push(arg);
    }
    line.to_string_lossy().into_owned()
}

/// Says what is going on, where it does not mix with what a command prints as its answer.
pub(crate) fn say(text: impl AsRef<str>) {
    eprintln!("==> {}", text.as_ref());
}
