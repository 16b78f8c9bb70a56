//! Every target over its corpus, and over changes of it drawn from a fixed seed: what was once found stays mended, and
//! each round of tests looks a little around it.

use kommo_voip_fuzz::{TARGETS, Target};
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use std::path::Path;
use std::{fs, panic};

/// Changed inputs of each target.
const CHANGED: usize = 3000;
/// Longer inputs find nothing that shorter ones do not.
const LONGEST: usize = 4096;

#[test]
fn nothing_from_outside_breaks_a_parser() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let words = words(&fs::read_to_string(root.join("dictionary.txt")).expect("the dictionary"));
    for (name, target) in TARGETS {
        let corpus = read(&root.join("corpus").join(name));
        assert!(!corpus.is_empty(), "{name} has no corpus");
        for (file, data) in &corpus {
            run(name, target, data, &format!("corpus/{name}/{file}"));
        }
        let mut random = StdRng::seed_from_u64(7);
        for number in 0..CHANGED {
            let (_, data) = &corpus[random.random_range(0..corpus.len())];
            let (_, other) = &corpus[random.random_range(0..corpus.len())];
            let changed = change(data, other, &words, &mut random);
            run(name, target, &changed, &format!("change {number} of {name}"));
        }
    }
}

/// A panic says which input it was; the input itself may be anything, so it is shown escaped.
fn run(name: &str, target: Target, data: &[u8], which: &str) {
    if let Err(why) = panic::catch_unwind(|| target(data)) {
        eprintln!("{name} breaks at {which}: {}", data.escape_ascii());
        panic::resume_unwind(why);
    }
}

fn read(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let mut files: Vec<_> = fs::read_dir(folder)
        .expect("the corpus")
        .map(|file| {
            let path = file.expect("a file").path();
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            (name, fs::read(path).expect("a file"))
        })
        .collect();
    files.sort();
    files
}

/// The words between quotes, as libFuzzer reads them.
fn words(dictionary: &str) -> Vec<Vec<u8>> {
    let lines = dictionary.lines().filter_map(|line| line.strip_prefix('"')?.strip_suffix('"'));
    lines.map(|word| word.replace("\\\"", "\"").replace("\\\\", "\\").into_bytes()).collect()
}

fn change(data: &[u8], other: &[u8], words: &[Vec<u8>], random: &mut StdRng) -> Vec<u8> {
    let mut data = data.to_vec();
    for _ in 0..random.random_range(1..5) {
        let at = random.random_range(0..=data.len());
        let end = (at + random.random_range(0..16)).min(data.len());
        match random.random_range(0..5) {
            0 => drop(data.drain(at..end)),
            1 => drop(data.splice(at..end, words[random.random_range(0..words.len())].iter().copied())),
            2 => drop(data.splice(at..at, other.iter().copied().skip(at.min(other.len())).take(64))),
            3 => data[at..end].iter_mut().for_each(|byte| *byte = random.random()),
            _ => drop(data.splice(at..at, data[at..end].to_vec().repeat(2))),
        }
    }
    data.truncate(LONGEST);
    data
}
