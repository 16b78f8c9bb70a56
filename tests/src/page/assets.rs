//! The page's own files, carried in the program, and the libraries it shares with widgets, read
//! from the assets folder at run time.

use std::sync::Arc;

use axum::{
    extract::{Path, State},
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};

use super::files::content_type;
use crate::state::Sim;

macro_rules! files {
    ($($path:literal,)*) => {
        &[$(($path, include_str!(concat!("../../page/", $path))),)*]
    };
}

const OWN: &[(&str, &str)] = files![
    "icon.svg",
    "css/palette.css",
    "css/layout.css",
    "css/card.css",
    "css/controls.css",
    "css/phone.css",
    "js/boot.js",
    "js/main.js",
    "js/start.js",
    "js/platform/app.js",
    "js/platform/controls.js",
    "js/platform/menu_phone.js",
    "js/platform/modal.js",
    "js/platform/notifications.js",
    "js/platform/router.js",
    "js/platform/twig.js",
    "js/plugins/json.js",
    "js/plugins/optional.js",
    "js/plugins/text.js",
    "js/ui/api.js",
    "js/ui/dom.js",
    "js/ui/format.js",
    "js/ui/icons.js",
    "js/ui/strings.js",
    "js/views/advanced.js",
    "js/views/card.js",
    "js/views/contact_add.js",
    "js/views/dashboard.js",
    "js/views/feed.js",
    "js/views/frame.js",
    "js/views/incoming.js",
    "js/views/list.js",
    "js/views/missing.js",
    "js/views/notices.js",
    "js/views/phone.js",
    "js/views/phone_page.js",
    "js/views/routes.js",
    "js/views/settings.js",
    "js/widgets/actions.js",
    "js/widgets/base.js",
    "js/widgets/fields.js",
    "js/widgets/loader.js",
    "js/widgets/manager.js",
    "js/widgets/settings_modal.js",
    "js/widgets/tokens.js",
];

/// Libraries by the name the page asks for, and where the npm package keeps them. The page needs
/// the first two; the others are offered to widgets when their package is installed.
const VENDOR: &[(&str, &str)] = &[
    ("require.js", "requirejs/require.js"),
    ("jquery.js", "jquery/dist/jquery.js"),
    ("underscore.js", "underscore/underscore.js"),
    ("backbone.js", "backbone/backbone.js"),
    ("moment.js", "moment/min/moment-with-locales.js"),
    ("twigjs.js", "twig/twig.js"),
    ("google-libphonenumber.js", "google-libphonenumber/dist/libphonenumber.js"),
];

/// `GET /page/…`: a file of the page.
pub(super) async fn own(Path(path): Path<String>) -> Response {
    match OWN.iter().find(|(name, _)| *name == path) {
        Some((name, text)) => answer(name, edited(name).unwrap_or_else(|| (*text).to_owned())),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

/// The file as it stands in the checkout, so that someone who edits the page only has to reload.
/// Only debug builds look there.
fn edited(name: &str) -> Option<String> {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("page");
    cfg!(debug_assertions).then(|| std::fs::read_to_string(folder.join(name)).ok())?
}

/// `GET /vendor/…`: a library.
pub(super) async fn vendor(State(sim): State<Arc<Sim>>, Path(file): Path<String>) -> Response {
    let Some((name, path)) = VENDOR.iter().find(|(name, _)| *name == file) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    match std::fs::read(sim.config.assets.join(path)) {
        Ok(bytes) => answer(name, bytes),
        Err(_) => (
            StatusCode::NOT_FOUND,
            format!("{path} is not in {}; run npm ci, or name the folder with --assets", sim.config.assets.display()),
        )
            .into_response(),
    }
}

fn answer(name: &str, body: impl IntoResponse) -> Response {
    let headers = [(header::CONTENT_TYPE, content_type(name)), (header::CACHE_CONTROL, "no-cache")];
    (headers, body).into_response()
}

#[cfg(test)]
mod tests {
    use std::{collections::BTreeSet, fs, path::Path};

    use super::*;

    fn collect(folder: &Path, below: &str, found: &mut BTreeSet<String>) {
        for entry in fs::read_dir(folder).unwrap().flatten() {
            let name = format!("{below}{}", entry.file_name().to_string_lossy());
            if entry.path().is_dir() {
                collect(&entry.path(), &format!("{name}/"), found);
            } else if !name.ends_with(".html") {
                found.insert(name);
            }
        }
    }

    #[test]
    fn every_file_of_the_page_is_served() {
        let mut found = BTreeSet::new();
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("page");
        collect(&folder, "", &mut found);
        let served: BTreeSet<String> = OWN.iter().map(|(name, _)| (*name).to_owned()).collect();
        assert_eq!(found, served);
    }
}
