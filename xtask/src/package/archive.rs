//! The zip itself: files at its root, the same bytes for the same content whenever and wherever it is made, and not
//! written again for the same bytes, so that whoever reads it is not disturbed.

use std::io::{Cursor, Write};
use std::path::Path;

use anyhow::Result;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipWriter};

use super::Files;
use crate::fingerprint::write_if_changed;

pub(super) fn write(files: &Files, out: &Path) -> Result<()> {
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Deflated)
        .compression_level(Some(9))
        .last_modified_time(DateTime::default())
        .unix_permissions(0o644);
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in files {
        zip.start_file(name.as_str(), options)?;
        zip.write_all(bytes)?;
    }
    write_if_changed(out, zip.finish()?.get_ref())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_files_make_the_same_archive() {
        let files =
            Files::from([("manifest.json".to_owned(), b"{}".to_vec()), ("i18n/en.json".to_owned(), b"{}".to_vec())]);
        let folder = std::env::temp_dir().join(format!("xtask-archive-{}", std::process::id()));
        write(&files, &folder.join("a.zip")).unwrap();
        write(&files, &folder.join("b.zip")).unwrap();
        let a = std::fs::read(folder.join("a.zip")).unwrap();
        assert_eq!(a, std::fs::read(folder.join("b.zip")).unwrap());
        let mut zip = zip::ZipArchive::new(Cursor::new(a)).unwrap();
        assert!(zip.by_name("manifest.json").is_ok());
        std::fs::remove_dir_all(folder).unwrap();
    }
}
