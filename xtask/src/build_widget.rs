//! Builds the wasm of the widget's modules and its glue into `target/widget-build`, from where `package` takes them.

use std::fs;
use std::path::PathBuf;

use anyhow::Result;

use crate::args::Args;
use crate::build_worker::{compile, lock, optimise};
use crate::fingerprint::{self, Fingerprint};
use crate::project::{Project, WIDGET_PACKAGE};
use crate::run;
use crate::setup::{self, Tools};

/// What the widget is built for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// A developer's page: panics speak in its console.
    Development,
    /// A customer's page, and the tests, which must see what the customer sees.
    Release,
}

/// A module of the widget: the same package, built with one of its features.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Module {
    /// What every page of the CRM loads.
    Page,
    /// What is fetched when somebody opens the settings or the journal.
    Office,
}

impl Module {
    pub(crate) const ALL: [Self; 2] = [Self::Page, Self::Office];

    /// The feature of the widget's package, which names the module.
    pub(crate) fn feature(self) -> &'static str {
        match self {
            Self::Page => "page",
            Self::Office => "office",
        }
    }

    /// Its file in the archive.
    pub(crate) fn file(self) -> &'static str {
        match self {
            Self::Page => "app.js",
            Self::Office => "office.js",
        }
    }

    /// What it is, for who reads the archive.
    pub(crate) fn what(self) -> &'static str {
        match self {
            Self::Page => "The widget's compiled part for every page (connection, call cards, call summary)",
            Self::Office => "The widget's compiled part for the settings window and the journal",
        }
    }
}

/// What the build of a module leaves behind.
pub(crate) struct Built {
    pub(crate) module: Module,
    /// JavaScript that declares `wasm_bindgen` and nothing else.
    pub(crate) glue: PathBuf,
    pub(crate) wasm: PathBuf,
}

pub(crate) fn main(args: &mut Args) -> Result<()> {
    args.finish_without_rest()?;
    let project = Project::find()?;
    let tools = setup::all(&project)?;
    build(&project, &tools, Purpose::Release).map(drop)
}

/// What an earlier build left, for callers that promised to have built before.
pub(crate) fn built(project: &Project, purpose: Purpose) -> Vec<Built> {
    Module::ALL.map(|module| built_module(project, purpose, module)).into()
}

fn built_module(project: &Project, purpose: Purpose, module: Module) -> Built {
    let folder = folder(project, purpose, module);
    Built { module, glue: folder.join("kommo_voip_widget.js"), wasm: folder.join("small.wasm") }
}

fn folder(project: &Project, purpose: Purpose, module: Module) -> PathBuf {
    let purpose = match purpose {
        Purpose::Development => "development",
        Purpose::Release => "release",
    };
    project.output(format!("widget-build/{purpose}/{}", module.feature()))
}

pub(crate) fn build(project: &Project, tools: &Tools, purpose: Purpose) -> Result<Vec<Built>> {
    let _one_at_a_time = lock(project, "build-widget")?;
    Module::ALL.into_iter().map(|module| build_module(project, tools, purpose, module)).collect()
}

fn build_module(project: &Project, tools: &Tools, purpose: Purpose, module: Module) -> Result<Built> {
    let mut features = vec![module.feature()];
    if purpose == Purpose::Development {
        features.push("dev");
    }
    compile(project, WIDGET_PACKAGE, &features)?;

    let folder = folder(project, purpose, module);
    let built = built_module(project, purpose, module);
    let stamp = folder.join(".built");
    let wanted = Fingerprint::new("widget 3")
        .file(&project.wasm("kommo_voip_widget"))
        .file(&project.path("package-lock.json"))
        .text(&tools.wasm_bindgen.to_string_lossy())
        .hex();
    let is_there = built.glue.is_file() && built.wasm.is_file();
    if is_there && fingerprint::is_done(&stamp, &wanted) {
        return Ok(built);
    }

    run::say(format!("finishing the wasm of {}", module.file()));
    fs::create_dir_all(&folder)?;
    // The page's loader is AMD: an ES module cannot be loaded there, a plain script can be wrapped.
    run::quietly(
        run::program(project, &tools.wasm_bindgen)
            .args(["--target", "no-modules", "--no-typescript", "--out-dir"])
            .arg(&folder)
            .arg(project.wasm("kommo_voip_widget")),
    )?;
    optimise(project, &folder.join("kommo_voip_widget_bg.wasm"), &built.wasm)?;
    fingerprint::done(&stamp, &wanted)?;
    Ok(built)
}
