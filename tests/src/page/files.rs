//! Files of a widget at `/widgets/<code>/…`, straight from its archive.
//!
//! Nothing says with which types the real host serves unusual files, so they come as plain bytes:
//! a widget that relies on `application/wasm` or on sniffing should learn it here.

use std::sync::Arc;

use axum::{
    extract::{Path, State},
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};

use super::archive;
use crate::state::Sim;

/// The content type for a file's name.
pub(super) fn content_type(name: &str) -> &'static str {
    match name.rsplit_once('.').map_or("", |(_, ending)| ending) {
        "js" => "application/javascript; charset=utf-8",
        "json" => "application/json; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "twig" | "txt" | "html" => "text/plain; charset=utf-8",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "jpg" | "jpeg" => "image/jpeg",
        "gif" => "image/gif",
        "mp3" => "audio/mpeg",
        "ogg" => "audio/ogg",
        "wav" => "audio/wav",
        _ => "application/octet-stream",
    }
}

/// `GET /widgets/{code}/{path}`.
pub(super) async fn read(State(sim): State<Arc<Sim>>, Path((code, path)): Path<(String, String)>) -> Response {
    let found = archive::all(&sim.config.widgets)
        .into_iter()
        .filter_map(Result::ok)
        .find(|archive| archive.code == code)
        .and_then(|mut archive| archive.file(&path));
    match found {
        Some(bytes) => {
            let headers = [
                (header::CONTENT_TYPE, content_type(&path)),
                (header::CACHE_CONTROL, "no-cache"),
                (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
            ];
            (headers, bytes).into_response()
        }
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unusual_files_come_as_plain_bytes() {
        assert_eq!(content_type("a/b.wasm"), "application/octet-stream");
        assert_eq!(content_type("page.html"), "text/plain; charset=utf-8");
        assert_eq!(content_type("script.js"), "application/javascript; charset=utf-8");
    }
}
