//! The widget's modules: compiled code as an AMD module with its wasm inside as text, because nothing is known about
//! which other files Kommo's host serves, and from where. It is compressed first: text made of plain wasm
//! travels a third heavier, since compression finds the repeats in bytes but not in text made of them.

use std::fs;
use std::io::Write;
use std::num::NonZeroU64;
use std::process::Stdio;

use anyhow::{Context, Result, bail};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::head;
use super::sizes::gzip;
use crate::build_widget::{Built, Purpose};
use crate::project::Project;
use crate::run;

const TEMPLATE: &str = include_str!("app.template.js");

/// The module with its placeholders for address and version still in it. `contact` is where reviewers ask for more.
pub(super) fn wrap(project: &Project, built: &Built, contact: &str, purpose: Purpose) -> Result<String> {
    let glue = fs::read_to_string(&built.glue).context("the widget has not been built")?;
    let wasm = fs::read(&built.wasm).context("the widget has not been built")?;
    let module = TEMPLATE.replacen("__GLUE__", &glue, 1);
    let module = tidy(project, &module, purpose)?;
    // Last, so that the formatter need not carry it; and it would drop the head.
    let module = module.replacen("__WASM__", &STANDARD.encode(pressed(&wasm, purpose)?), 1);
    Ok([head::of(built.module, &wasm, contact), module].concat())
}

/// Compressed as hard as gzip's format allows: some seconds here, for every page load of everyone. A developer's
/// page does not wait for that.
fn pressed(wasm: &[u8], purpose: Purpose) -> Result<Vec<u8>> {
    if purpose == Purpose::Development {
        return gzip(wasm);
    }
    let mut pressed = Vec::new();
    let options = zopfli::Options { iteration_count: NonZeroU64::MIN.saturating_add(4), ..Default::default() };
    zopfli::compress(options, zopfli::Format::Gzip, wasm, &mut pressed)?;
    Ok(pressed)
}

/// Takes console output away, which Kommo counts as clutter in a released widget, and proves that what is
/// left is valid JavaScript. It is not minified: reviewers read it.
fn tidy(project: &Project, module: &str, purpose: Purpose) -> Result<String> {
    let mut command = run::program(project, project.npm_program("esbuild"));
    command.args(["--loader=js", "--target=es2020", "--charset=utf8", "--log-level=warning"]);
    if purpose == Purpose::Release {
        command.args(["--drop:console", "--drop:debugger"]);
    }
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().context("cannot run esbuild")?;
    let mut input = child.stdin.take().context("esbuild takes no input")?;
    let module = module.to_owned();
    let writer = std::thread::spawn(move || input.write_all(module.as_bytes()));
    let output = child.wait_with_output()?;
    if writer.join().is_err() || !output.status.success() {
        bail!("esbuild refused the widget's code");
    }
    String::from_utf8(output.stdout).context("esbuild did not answer with text")
}
