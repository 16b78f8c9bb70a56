//! Logos: PNG, in exactly the pixel sizes Kommo asks for, none too heavy.

use super::Files;
use super::rules::{Broken, broken};

/// Kommo widget guide: images.
pub(super) const LOGOS: &[(&str, u32, u32)] = &[
    ("images/logo.png", 130, 100),
    ("images/logo_small.png", 108, 108),
    ("images/logo_main.png", 400, 272),
    ("images/logo_medium.png", 240, 84),
    ("images/logo_min.png", 84, 84),
];
const HEAVIEST: usize = 300 * 1024;

pub(super) fn check(files: &Files, found: &mut Vec<Broken>) {
    for (name, width, height) in LOGOS {
        let Some(bytes) = files.get(*name) else {
            found.push(broken("logos", format!("{name} is missing ({width}x{height} PNG)")));
            continue;
        };
        match size(bytes) {
            Some(found_size) if found_size == (*width, *height) => {}
            Some((w, h)) => found.push(broken("logo-size", format!("{name} is {w}x{h}, Kommo wants {width}x{height}"))),
            None => found.push(broken("logos", format!("{name} is not a PNG"))),
        }
        if bytes.len() > HEAVIEST {
            found.push(broken("logo-weight", format!("{name} is larger than 300 kB")));
        }
    }
}

/// Width and height from a PNG's header.
fn size(bytes: &[u8]) -> Option<(u32, u32)> {
    if bytes.get(..8)? != b"\x89PNG\r\n\x1a\n" || bytes.get(12..16)? != b"IHDR" {
        return None;
    }
    let number = |at: usize| Some(u32::from_be_bytes(bytes.get(at..at + 4)?.try_into().ok()?));
    Some((number(16)?, number(20)?))
}

#[cfg(test)]
pub(super) mod tests {
    use super::super::rules::tests::{names, sound};
    use super::*;

    pub(in crate::package) fn png(width: u32, height: u32) -> Vec<u8> {
        let mut bytes = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR".to_vec();
        bytes.extend(width.to_be_bytes());
        bytes.extend(height.to_be_bytes());
        bytes
    }

    #[test]
    fn each_logo_must_be_there_in_its_size() {
        for (name, width, height) in LOGOS {
            let mut files = sound();
            files.insert((*name).into(), png(*width, height + 1));
            assert_eq!(names(&files), ["logo-size"], "{name}");
            files.insert((*name).into(), b"GIF89a".to_vec());
            assert_eq!(names(&files), ["logos"], "{name}");
            files.remove(*name);
            assert_eq!(names(&files), ["logos"], "{name}");
        }
    }
}
