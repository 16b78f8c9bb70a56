//! One number has one key, however it is written: checked against the example numbers that libphonenumber publishes
//! for the fixed and mobile lines of every country.
//!
//! The fixture was written from the published metadata itself, not by the library that our code uses, so a gap in
//! that library or in what we do before asking it shows here. There is no exception: every form of every example is
//! read as the number it is.

use kommo_voip_domain::phone::{format, key_of};
use std::collections::{BTreeMap, BTreeSet};

const FIXTURE: &str = include_str!("fixtures/example_numbers.tsv");

struct Example {
    region: &'static str,
    e164: &'static str,
    national: &'static str,
    international: &'static str,
    /// The region's own prefix for calls abroad, where it has one that is plain digits.
    abroad: Option<&'static str>,
}

fn examples() -> impl Iterator<Item = Example> {
    FIXTURE.lines().filter(|line| !line.starts_with('#')).map(|line| match line.split('\t').collect::<Vec<_>>()[..] {
        [region, _kind, e164, national, international, abroad] => {
            Example { region, e164, national, international, abroad: Some(abroad).filter(|digits| *digits != "-") }
        }
        _ => panic!("a line of the fixture has six columns: {line}"),
    })
}

/// The same digits with other marks between them.
fn punctuated(text: &str) -> Vec<String> {
    let separators = ["-", ".", "\u{a0}", "\u{2011}", "/", "  ", ""];
    let mut forms: Vec<String> =
        separators.iter().map(|mark| text.replace(' ', mark).replace("--", "-").replace("..", ".")).collect();
    forms.push(text.chars().map(full_width).collect());
    forms.push(format!("\u{202a}{text}\u{202c}"));
    forms.push(format!(" {text} "));
    forms
}

fn full_width(c: char) -> char {
    match c {
        '0'..='9' => char::from_u32('０' as u32 + (c as u32 - '0' as u32)).unwrap(),
        '+' => '＋',
        other => other,
    }
}

/// The country code in front and the rest in brackets, then without: `+49 (30) 123456`, `+49 30 123456`.
fn bracketed(international: &str) -> Option<String> {
    let (country, rest) = international.split_once(' ')?;
    let (area, local) = rest.split_once([' ', '-'])?;
    Some(format!("{country} ({area}) {local}"))
}

/// Ways of writing a number that mean the same in every country.
fn everywhere(example: &Example) -> Vec<String> {
    let digits = example.e164.trim_start_matches('+');
    let mut forms = vec![example.e164.to_owned(), format!("tel:{}", example.e164), format!("00{digits}")];
    forms.push(format!("sip:{}@pbx.example;user=phone", example.e164));
    forms.push(format!("00 {}", example.international.trim_start_matches('+')));
    forms.extend(bracketed(example.international));
    forms.extend(punctuated(example.international));
    forms
}

/// Ways of writing a number that only its own country understands.
fn at_home(example: &Example) -> Vec<String> {
    let mut forms = punctuated(example.national);
    forms.push(example.national.to_owned());
    forms.push(example.national.replace(['(', ')'], ""));
    if let Some(prefix) = example.abroad {
        forms.push(format!("{prefix}{}", example.e164.trim_start_matches('+')));
        forms.push(format!("{prefix} {}", example.international.trim_start_matches('+')));
    }
    forms
}

fn misread<'a>(example: &'a Example, forms: Vec<String>, regions: &'a [&'a str]) -> impl Iterator<Item = String> + 'a {
    let forms: BTreeSet<String> = forms.into_iter().collect();
    forms.into_iter().flat_map(move |form| {
        regions.iter().filter_map(move |region| {
            let read = key_of(&form, region).map(String::from);
            (read.as_deref() != Some(example.e164))
                .then(|| format!("{form:?} in {region} is {read:?}, not {}", example.e164))
        })
    })
}

#[test]
fn every_written_form_of_a_number_gives_its_one_key_at_home() {
    let wrong: Vec<String> = examples()
        .flat_map(|example| {
            let mut forms = at_home(&example);
            forms.extend(everywhere(&example));
            misread(&example, forms, &[example.region]).collect::<Vec<_>>()
        })
        .collect();
    assert!(wrong.is_empty(), "{} misread:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn an_international_form_gives_the_same_key_in_every_country() {
    let wrong: Vec<String> = examples()
        .flat_map(|example| misread(&example, everywhere(&example), &["US", "RU"]).collect::<Vec<_>>())
        .collect();
    assert!(wrong.is_empty(), "{} misread:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn what_we_print_for_people_reads_back_as_the_same_number() {
    for example in examples() {
        let key = key_of(example.e164, "US").expect(example.e164);
        for region in [example.region, "US", "DE"] {
            assert_eq!(key_of(&format(&key), region).as_ref(), Some(&key), "{} in {region}", format(&key));
        }
    }
}

#[test]
fn different_numbers_have_different_keys_and_the_whole_world_is_covered() {
    let mut regions = BTreeSet::new();
    let mut keys: BTreeMap<String, &str> = BTreeMap::new();
    for example in examples() {
        regions.insert(example.region);
        let key = key_of(example.national, example.region).expect(example.national);
        // Where fixed and mobile lines share their numbers, the metadata gives one example for both.
        assert_eq!(*keys.entry(key.to_string()).or_insert(example.e164), example.e164, "{}", example.national);
    }
    assert!(regions.len() >= 240, "only {} regions", regions.len());
}
