//! A style sheet taken apart: every rule's selectors and what it sets, whatever media query it stands in.

use anyhow::{Result, bail};

/// One rule.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Rule {
    pub(super) selectors: Vec<String>,
    /// Names of the properties it sets.
    pub(super) sets: Vec<String>,
}

/// A whole sheet.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Sheet {
    pub(super) rules: Vec<Rule>,
    /// Names of animations.
    pub(super) animations: Vec<String>,
    /// Every other at-rule, such as `@import`: they work on the whole page.
    pub(super) page_wide: Vec<String>,
}

impl Sheet {
    pub(super) fn read(text: &str) -> Result<Self> {
        let mut sheet = Self::default();
        sheet.add(&without_comments(text)?)?;
        Ok(sheet)
    }

    fn add(&mut self, text: &str) -> Result<()> {
        let mut rest = text.trim();
        while !rest.is_empty() {
            let Some(end) = outside(rest, &['{', ';', '}']) else { bail!("{:?} is no rule", start(rest)) };
            let (head, behind) = rest.split_at(end);
            let head = head.trim();
            if behind.starts_with(';') {
                self.page_wide.push(head.to_owned());
                rest = behind.get(1..).unwrap_or_default().trim_start();
                continue;
            }
            if behind.starts_with('}') {
                bail!("{:?} closes more than it opens", start(rest));
            }
            let inside = behind.get(1..).unwrap_or_default();
            let Some(close) = closing(inside) else { bail!("{:?} is not closed", start(head)) };
            let (body, after) = inside.split_at(close);
            self.block(head, body)?;
            rest = after.get(1..).unwrap_or_default().trim_start();
        }
        Ok(())
    }

    fn block(&mut self, head: &str, body: &str) -> Result<()> {
        match head.strip_prefix('@').map(|rule| rule.split([' ', '(']).next().unwrap_or_default()) {
            Some("media" | "supports" | "container") => self.add(body),
            Some("keyframes") => {
                self.animations.push(head.trim_start_matches("@keyframes").trim().to_owned());
                Ok(())
            }
            Some(_) => {
                self.page_wide.push(head.to_owned());
                Ok(())
            }
            None => {
                if outside(body, &['{']).is_some() {
                    bail!("{:?} has a rule inside; write its whole selector instead", start(head));
                }
                let selectors = split(head, ',').into_iter().map(|one| one.trim().to_owned()).collect();
                let names =
                    split(body, ';').into_iter().filter_map(|one| Some(one.split_once(':')?.0.trim().to_owned()));
                self.rules.push(Rule { selectors, sets: names.collect() });
                Ok(())
            }
        }
    }
}

fn start(text: &str) -> String {
    text.chars().take(60).collect()
}

fn without_comments(text: &str) -> Result<String> {
    let (mut out, mut rest) = (String::with_capacity(text.len()), text);
    while let Some((before, behind)) = rest.split_once("/*") {
        out.push_str(before);
        out.push(' ');
        let Some((_, after)) = behind.split_once("*/") else { bail!("a comment does not end") };
        rest = after;
    }
    out.push_str(rest);
    Ok(out)
}

/// Where the first of these stands outside quotes and brackets.
fn outside(text: &str, wanted: &[char]) -> Option<usize> {
    let (mut quote, mut depth, mut escaped) = (None, 0usize, false);
    for (at, c) in text.char_indices() {
        match (quote, c) {
            _ if escaped => escaped = false,
            (_, '\\') => escaped = true,
            (Some(open), _) => quote = (c != open).then_some(open),
            (None, '"' | '\'') => quote = Some(c),
            (None, _) if depth == 0 && wanted.contains(&c) => return Some(at),
            (None, '(' | '[') => depth += 1,
            (None, ')' | ']') => depth = depth.saturating_sub(1),
            (None, _) => {}
        }
    }
    None
}

/// Where the brace that stands before the text is closed.
fn closing(text: &str) -> Option<usize> {
    let (mut depth, mut from) = (0usize, 0);
    while let Some(at) = outside(text.get(from..)?, &['{', '}']) {
        let here = from + at;
        if text.get(here..)?.starts_with('{') {
            depth += 1;
        } else if depth == 0 {
            return Some(here);
        } else {
            depth -= 1;
        }
        from = here + 1;
    }
    None
}

/// The parts between separators that stand outside quotes and brackets.
pub(super) fn split(text: &str, separator: char) -> Vec<&str> {
    let (mut parts, mut rest) = (vec![], text);
    while let Some(at) = outside(rest, &[separator]) {
        parts.push(rest.get(..at).unwrap_or_default());
        rest = rest.get(at + separator.len_utf8()..).unwrap_or_default();
    }
    parts.push(rest);
    parts.retain(|part| !part.trim().is_empty());
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_are_found_wherever_they_stand() {
        let sheet = Sheet::read(
            "/* a { b } */ @import url('x;y'); a:is(b, c), d[e=\"}\"] { color: red; --x: url('a;b') }
             @media (a) { @supports (b: c) { f { g: h } } } @keyframes k { from { i: j } } @font-face { l: m }",
        )
        .unwrap();
        assert_eq!(
            sheet.rules,
            [
                Rule {
                    selectors: vec!["a:is(b, c)".into(), "d[e=\"}\"]".into()],
                    sets: vec!["color".into(), "--x".into()]
                },
                Rule { selectors: vec!["f".into()], sets: vec!["g".into()] },
            ]
        );
        assert_eq!(sheet.animations, ["k"]);
        assert_eq!(sheet.page_wide, ["@import url('x;y')", "@font-face"]);
    }

    #[test]
    fn what_is_not_closed_is_refused() {
        for text in ["a { b: c", "a } b { }", "/* a", "a", "a { b { c: d } }"] {
            assert!(Sheet::read(text).is_err(), "{text}");
        }
    }
}
