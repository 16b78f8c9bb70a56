//! The packaged widget, readdressed: a test's Worker listens on a port that nobody knew when the archive was made.

use std::{
    fs,
    io::{Read as _, Write as _},
    path::{Path, PathBuf},
};

use zip::{ZipArchive, ZipWriter, write::SimpleFileOptions};

use crate::worker::temporary;

/// What stands before the Worker's address in the packaged script.
const BEFORE: &str = "WORKER_URL = '";

/// A copy of the packaged archive for the Worker at this address.
pub(super) fn for_worker(url: &str) -> PathBuf {
    let packaged = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/widget.zip");
    let packaged =
        fs::File::open(packaged).expect("run `cargo xtask package --worker-url http://127.0.0.1:8787` first");
    let mut packaged = ZipArchive::new(packaged).expect("an archive");
    let file = temporary("widget").join("widget.zip");
    let mut copy = ZipWriter::new(fs::File::create(&file).expect("a temporary file"));
    for index in 0..packaged.len() {
        let mut entry = packaged.by_index(index).expect("a file of the archive");
        if entry.name() != "script.js" {
            copy.raw_copy_file(entry).expect("the archive takes the file");
            continue;
        }
        let mut script = String::new();
        entry.read_to_string(&mut script).expect("JavaScript is text");
        copy.start_file("script.js", SimpleFileOptions::default()).expect("a new file in the archive");
        copy.write_all(readdress(&script, url).as_bytes()).expect("the archive takes the file");
    }
    copy.finish().expect("the archive closes");
    file
}

fn readdress(script: &str, url: &str) -> String {
    let [before, after] = script.split(BEFORE).collect::<Vec<_>>()[..] else {
        panic!("the Worker's address stands in script.js exactly once");
    };
    let (_, after) = after.split_once('\'').expect("the address ends");
    [before, BEFORE, url, "'", after].concat()
}
