//! What a page load costs. A telephony widget is loaded on every page of the CRM by every user, so the limit
//! is part of the product.

use std::fs;

use anyhow::{Result, bail};
use flate2::Compression;
use flate2::write::GzEncoder;
use std::io::Write;

use super::Files;
use crate::build_worker;
use crate::project::Project;

const PAGE_LIMIT: usize = 155_000;
const OFFICE_LIMIT: usize = 155_000;
// Six providers with their signatures, requests and instructions are a quarter of it, the journal's figures and the
// self-test another twentieth; the platform takes 3 MB.
const WORKER_LIMIT: usize = 1_000_000;

/// Bytes after gzip.
pub(super) struct Sizes {
    page: Vec<(String, usize)>,
    office: Vec<(String, usize)>,
    worker: Vec<(String, usize)>,
}

pub(super) fn measure(project: &Project, files: &Files) -> Result<Sizes> {
    let mut page = Vec::new();
    for name in ["script.js", "app.js"] {
        if let Some(bytes) = files.get(name) {
            page.push((name.to_owned(), gzipped(bytes)?));
        }
    }
    // A page loads one language; the largest counts.
    let mut languages = Vec::new();
    for (name, bytes) in files.iter().filter(|(name, _)| name.starts_with("i18n/")) {
        languages.push((name.clone(), gzipped(bytes)?));
    }
    page.extend(languages.into_iter().max_by_key(|(_, size)| *size));

    let office = match files.get("office.js") {
        Some(bytes) => vec![("office.js".to_owned(), gzipped(bytes)?)],
        None => Vec::new(),
    };

    let mut worker = Vec::new();
    for file in build_worker::products(project) {
        if let Ok(bytes) = fs::read(&file) {
            let name = file.strip_prefix(&project.root)?.display().to_string();
            worker.push((name, gzipped(&bytes)?));
        }
    }
    Ok(Sizes { page, office, worker })
}

/// Prints both sums and refuses what is too large.
pub(super) fn check(sizes: &Sizes) -> Result<()> {
    let mut too_large = Vec::new();
    for (what, parts, limit) in [
        ("widget, fetched by a page load", &sizes.page, PAGE_LIMIT),
        ("widget, fetched with settings or journal", &sizes.office, OFFICE_LIMIT),
        ("worker", &sizes.worker, WORKER_LIMIT),
    ] {
        let sum: usize = parts.iter().map(|(_, size)| size).sum();
        println!("{what}: {} gzipped (limit {})", kilobytes(sum), kilobytes(limit));
        for (name, size) in parts {
            println!("  {name:<28} {:>10}", kilobytes(*size));
        }
        if sum > limit {
            too_large.push(what);
        }
    }
    if !too_large.is_empty() {
        bail!("too large: {}", too_large.join("; "));
    }
    Ok(())
}

pub(super) fn gzip(bytes: &[u8]) -> Result<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes)?;
    Ok(encoder.finish()?)
}

fn gzipped(bytes: &[u8]) -> Result<usize> {
    Ok(gzip(bytes)?.len())
}

fn kilobytes(bytes: usize) -> String {
    format!("{}.{} kB", bytes / 1000, bytes % 1000 / 100)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_that_weighs_too_much_is_refused() {
        let one = |name: &str, size| vec![(name.to_owned(), size)];
        let sizes = |page, office, worker| Sizes {
            page: one("app.js", page),
            office: one("office.js", office),
            worker: one("index.js", worker),
        };
        assert!(check(&sizes(PAGE_LIMIT, OFFICE_LIMIT, WORKER_LIMIT)).is_ok());
        assert!(check(&sizes(PAGE_LIMIT + 1, 0, 0)).is_err());
        assert!(check(&sizes(0, OFFICE_LIMIT + 1, 0)).is_err());
        assert!(check(&sizes(0, 0, WORKER_LIMIT + 1)).is_err());
    }
}
