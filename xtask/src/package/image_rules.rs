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
/// The icon of the published list, and the two grounds Kommo shows it on.
const ICON: &str = "images/logo.svg";
const GROUNDS: [(&str, [u8; 3]); 2] = [("#FFFFFF", [0xff; 3]), ("#153043", [0x15, 0x30, 0x43])];
const LEAST_CONTRAST: f64 = 3.0;

pub(super) fn check(files: &Files, found: &mut Vec<Broken>) {
    for (name, width, height) in LOGOS {
        let Some(bytes) = files.get(*name) else {
            found.push(broken("logos", format!("{name} is missing; draw it as PNG of {width}x{height}")));
            continue;
        };
        match size(bytes) {
            Some(found_size) if found_size == (*width, *height) => {}
            Some((w, h)) => found.push(broken("logo-size", format!("{name} is {w}x{h}; Kommo wants {width}x{height}"))),
            None => found.push(broken("logos", format!("{name} is not a PNG; save it as one"))),
        }
        if bytes.len() > HEAVIEST {
            found.push(broken("logo-weight", format!("{name} is larger than 300 kB; compress it")));
        }
    }
    if let Some(bytes) = files.get(ICON) {
        icon(&String::from_utf8_lossy(bytes), found);
    }
}

/// The shape drawn first is the one that stands on Kommo's ground.
fn icon(svg: &str, found: &mut Vec<Broken>) {
    let Some(colour) = svg.split_once("fill=\"#").and_then(|(_, rest)| colour(rest.split('"').next()?)) else {
        found.push(broken(
            "icon-contrast",
            format!("{ICON} has no shape with a fill such as #2f80ed; give its ground one"),
        ));
        return;
    };
    for (ground, other) in GROUNDS {
        let contrast = contrast(colour, other);
        if contrast < LEAST_CONTRAST {
            let why = format!(
                "{ICON} has a contrast of {contrast:.1} on {ground}; choose a colour with at least {LEAST_CONTRAST}"
            );
            found.push(broken("icon-contrast", why));
        }
    }
}

fn colour(hex: &str) -> Option<[u8; 3]> {
    let hex = if hex.len() == 3 { hex.chars().flat_map(|c| [c, c]).collect() } else { hex.to_owned() };
    let part = |at: usize| u8::from_str_radix(hex.get(at..at + 2)?, 16).ok();
    Some([part(0)?, part(2)?, part(4)?])
}

/// As the web's rules for accessible content define it.
fn contrast(one: [u8; 3], other: [u8; 3]) -> f64 {
    let light = |colour: [u8; 3]| {
        let [r, g, b] = colour.map(|part| {
            let part = f64::from(part) / 255.0;
            if part <= 0.04045 { part / 12.92 } else { ((part + 0.055) / 1.055).powf(2.4) }
        });
        0.2126 * r + 0.7152 * g + 0.0722 * b + 0.05
    };
    let (one, other) = (light(one), light(other));
    one.max(other) / one.min(other)
}

/// Width and height from a PNG's header.
pub(super) fn size(bytes: &[u8]) -> Option<(u32, u32)> {
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

    #[test]
    fn a_heavy_logo_is_named() {
        let mut files = sound();
        let heavy = [png(130, 100), vec![0; HEAVIEST]].concat();
        files.insert("images/logo.png".into(), heavy);
        assert_eq!(names(&files), ["logo-weight"]);
    }

    #[test]
    fn an_icon_is_seen_on_light_and_on_dark() {
        let icon = |fill: &str| {
            let mut files = sound();
            files.insert(ICON.into(), format!("<svg><path fill=\"{fill}\"/></svg>").into());
            names(&files)
        };
        assert_eq!(icon("#2f80ed"), [""; 0]);
        for bad in ["#fff", "#000", "#ffff00", "#153043", "red"] {
            assert_eq!(icon(bad), ["icon-contrast"], "{bad}");
        }
        assert!((contrast([0; 3], [255; 3]) - 21.0).abs() < 0.01);
    }
}
