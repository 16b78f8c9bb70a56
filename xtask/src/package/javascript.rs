//! JavaScript split into words, marks and texts, so that a rule about code is not broken by a comment and a forbidden
//! call cannot hide behind a line break.

use anyhow::{Result, bail};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// A name or a keyword.
    Word,
    /// What stands between quotes, as written.
    Text,
    /// Brackets and operators, the longest that fits.
    Mark,
    /// A number or a regular expression: no rule looks at them.
    Other,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Token<'a> {
    pub(super) kind: Kind,
    pub(super) text: &'a str,
    pub(super) line: usize,
}

/// One file's code and comments.
#[derive(Debug)]
pub(super) struct Source<'a> {
    pub(super) tokens: Vec<Token<'a>>,
    /// Line and text of each comment, its marks included.
    pub(super) comments: Vec<(usize, &'a str)>,
}

/// Longest first, so that `===` is not read as an assignment.
const MARKS: &[&str] = &[
    ">>>=", "...", "===", "!==", "**=", "<<=", ">>=", ">>>", "&&=", "||=", "??=", "=>", "==", "!=", "<=", ">=", "&&",
    "||", "??", "?.", "++", "--", "+=", "-=", "*=", "/=", "%=", "&=", "|=", "^=", "**", "<<", ">>",
];
pub(super) const ASSIGNMENTS: &[&str] =
    &["=", "+=", "-=", "*=", "/=", "%=", "**=", "<<=", ">>=", ">>>=", "&=", "|=", "^=", "&&=", "||=", "??="];
/// After these words a slash begins a regular expression.
const BEFORE_VALUES: &[&str] = &[
    "return",
    "typeof",
    "case",
    "in",
    "of",
    "delete",
    "void",
    "throw",
    "new",
    "else",
    "do",
    "instanceof",
    "yield",
    "await",
];

impl<'a> Source<'a> {
    pub(super) fn read(text: &'a str) -> Result<Self> {
        let mut reader = Reader { text, at: 0, line: 1, tokens: vec![], comments: vec![], braces: vec![] };
        reader.run()?;
        Ok(Self { tokens: reader.tokens, comments: reader.comments })
    }

    pub(super) fn get(&self, at: usize) -> Option<Token<'a>> {
        self.tokens.get(at).copied()
    }

    /// Whether the token there is this word or mark; a text that reads the same is not.
    pub(super) fn is(&self, at: usize, text: &str) -> bool {
        self.get(at).is_some_and(|token| token.kind != Kind::Text && token.text == text)
    }

    /// Whether these words and marks follow one another from there.
    pub(super) fn are(&self, at: usize, texts: &[&str]) -> bool {
        texts.iter().enumerate().all(|(index, text)| self.is(at + index, text))
    }

    pub(super) fn text(&self, at: usize) -> Option<&'a str> {
        self.get(at).filter(|token| token.kind == Kind::Text).map(|token| token.text)
    }

    pub(super) fn word(&self, at: usize) -> Option<&'a str> {
        self.get(at).filter(|token| token.kind == Kind::Word).map(|token| token.text)
    }

    /// Where words stand, one after another.
    pub(super) fn words(&self) -> impl Iterator<Item = (usize, &'a str)> {
        self.tokens.iter().enumerate().filter(|(_, token)| token.kind == Kind::Word).map(|(at, token)| (at, token.text))
    }

    /// Where the bracket that opens there is closed; the end, should it never be.
    pub(super) fn closing(&self, at: usize) -> usize {
        let mut depth = 0usize;
        for index in at..self.tokens.len() {
            if ["(", "[", "{"].iter().any(|mark| self.is(index, mark)) {
                depth += 1;
            } else if [")", "]", "}"].iter().any(|mark| self.is(index, mark)) {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    return index;
                }
            }
        }
        self.tokens.len()
    }

    /// Whether the word there is a member of something, such as `click` in `element.click`.
    pub(super) fn is_member(&self, at: usize) -> bool {
        at > 0 && (self.is(at - 1, ".") || self.is(at - 1, "?."))
    }

    /// The arguments of the call whose bracket opens there, as ranges of tokens.
    pub(super) fn arguments(&self, open: usize) -> Vec<std::ops::Range<usize>> {
        let end = self.closing(open);
        let (mut found, mut start, mut at) = (vec![], open + 1, open + 1);
        while at < end {
            if ["(", "[", "{"].iter().any(|mark| self.is(at, mark)) {
                at = self.closing(at);
            } else if self.is(at, ",") {
                found.push(start..at);
                start = at + 1;
            }
            at += 1;
        }
        if start < end {
            found.push(start..end);
        }
        found
    }
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
    line: usize,
    tokens: Vec<Token<'a>>,
    comments: Vec<(usize, &'a str)>,
    /// Open braces; `true` for those that stand in a template, after which its text goes on.
    braces: Vec<bool>,
}

impl<'a> Reader<'a> {
    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn push(&mut self, kind: Kind, text: &'a str, line: usize) {
        self.tokens.push(Token { kind, text, line });
    }

    /// Goes on by this many bytes, and counts the lines.
    fn take(&mut self, length: usize) -> &'a str {
        let taken = self.rest().get(..length).unwrap_or_default();
        self.line += taken.matches('\n').count();
        self.at += length;
        taken
    }

    fn run(&mut self) -> Result<()> {
        while let Some(next) = self.rest().chars().next() {
            let (rest, line) = (self.rest(), self.line);
            if next.is_whitespace() || next == '\u{feff}' {
                self.take(next.len_utf8());
            } else if rest.starts_with("//") {
                let length = rest.find('\n').unwrap_or(rest.len());
                let comment = self.take(length);
                self.comments.push((line, comment));
            } else if rest.starts_with("/*") {
                let Some(length) = rest.find("*/") else { bail!("the comment of line {line} does not end") };
                let comment = self.take(length + 2);
                self.comments.push((line, comment));
            } else if next == '"' || next == '\'' {
                self.quoted(next)?;
            } else if next == '`' {
                self.take(1);
                self.template()?;
            } else if next == '/' && self.begins_value() {
                self.pattern()?;
            } else if next.is_ascii_digit() {
                let length = rest.find(|c: char| !c.is_alphanumeric() && c != '.' && c != '_').unwrap_or(rest.len());
                let number = self.take(length);
                self.push(Kind::Other, number, line);
            } else if is_word(next) {
                let length = rest.find(|c: char| !is_word(c)).unwrap_or(rest.len());
                let word = self.take(length);
                self.push(Kind::Word, word, line);
            } else {
                self.mark(next)?;
            }
        }
        if self.braces.contains(&true) {
            bail!("a template does not end");
        }
        Ok(())
    }

    fn mark(&mut self, next: char) -> Result<()> {
        let (rest, line) = (self.rest(), self.line);
        // `a?.5:b` asks a question; everywhere else `?.` is one mark.
        let fits = |mark: &&&str| {
            rest.starts_with(**mark) && !(**mark == "?." && rest.as_bytes().get(2).is_some_and(u8::is_ascii_digit))
        };
        let length = MARKS.iter().find(fits).map_or(next.len_utf8(), |mark| mark.len());
        let mark = self.take(length);
        self.push(Kind::Mark, mark, line);
        match mark {
            "{" => self.braces.push(false),
            "}" if self.braces.pop() == Some(true) => self.template()?,
            _ => {}
        }
        Ok(())
    }

    fn quoted(&mut self, quote: char) -> Result<()> {
        let line = self.line;
        let rest = self.rest();
        let mut escaped = false;
        for (at, c) in rest.char_indices().skip(1) {
            match c {
                _ if escaped => escaped = false,
                '\\' => escaped = true,
                '\n' => break,
                _ if c == quote => {
                    let whole = self.take(at + 1);
                    self.push(Kind::Text, whole.get(1..at).unwrap_or_default(), line);
                    return Ok(());
                }
                _ => {}
            }
        }
        bail!("the text of line {line} does not end")
    }

    /// The text of a template up to its end or to code inside it.
    fn template(&mut self) -> Result<()> {
        let (rest, line) = (self.rest(), self.line);
        let mut escaped = false;
        for (at, c) in rest.char_indices() {
            let code = rest.get(at..).is_some_and(|here| here.starts_with("${"));
            match c {
                _ if escaped => escaped = false,
                '\\' => escaped = true,
                '`' => {
                    let text = self.take(at + 1);
                    self.push(Kind::Text, text.get(..at).unwrap_or_default(), line);
                    return Ok(());
                }
                _ if code => {
                    let text = self.take(at + 2);
                    self.push(Kind::Text, text.get(..at).unwrap_or_default(), line);
                    // Brackets come in pairs for whoever looks for the closing one.
                    let brace = text.get(at + 1..).unwrap_or("{");
                    self.push(Kind::Mark, brace, self.line);
                    self.braces.push(true);
                    return Ok(());
                }
                _ => {}
            }
        }
        bail!("the template of line {line} does not end")
    }

    fn begins_value(&self) -> bool {
        match self.tokens.last() {
            None => true,
            Some(Token { kind: Kind::Mark, text, .. }) => !matches!(*text, ")" | "]" | "}" | "++" | "--"),
            Some(Token { kind: Kind::Word, text, .. }) => BEFORE_VALUES.contains(text),
            Some(_) => false,
        }
    }

    fn pattern(&mut self) -> Result<()> {
        let (rest, line) = (self.rest(), self.line);
        let (mut escaped, mut in_class) = (false, false);
        for (at, c) in rest.char_indices().skip(1) {
            match c {
                _ if escaped => escaped = false,
                '\n' => break,
                '\\' => escaped = true,
                '[' => in_class = true,
                ']' => in_class = false,
                '/' if !in_class => {
                    let pattern = self.take(at + 1);
                    self.push(Kind::Other, pattern, line);
                    return Ok(());
                }
                _ => {}
            }
        }
        bail!("the regular expression of line {line} does not end")
    }
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_' || c == '$' || c == '#' || c == '\u{200c}' || c == '\u{200d}'
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> Vec<(Kind, &str)> {
        Source::read(text).unwrap().tokens.iter().map(|token| (token.kind, token.text)).collect()
    }

    #[test]
    fn code_is_told_from_comments_texts_and_patterns() {
        use Kind::{Mark, Other, Text, Word};
        assert_eq!(shown("// eval()\na /* b */ . c"), [(Word, "a"), (Mark, "."), (Word, "c")]);
        assert_eq!(
            shown("x = 'it\\'s' + \"//\""),
            [(Word, "x"), (Mark, "="), (Text, "it\\'s"), (Mark, "+"), (Text, "//")]
        );
        assert_eq!(shown("a / b / c").len(), 5);
        assert_eq!(shown("f(/[/'\"]/g, 1)")[2], (Other, "/[/'\"]/"));
        assert_eq!(shown("return /'/.test(x)")[1], (Other, "/'/"));
        assert_eq!(shown("a?.5:b")[1], (Mark, "?"));
        assert_eq!(shown("a ||= b === c")[1], (Mark, "||="));
    }

    #[test]
    fn code_inside_templates_is_code() {
        let words: Vec<_> = shown("`a ${ eval('x') + `${b}` } c` + d").iter().map(|(_, text)| *text).collect();
        assert_eq!(words, ["a ", "{", "eval", "(", "x", ")", "+", "", "{", "b", "}", "", "}", " c", "+", "d"]);
    }

    #[test]
    fn what_does_not_end_is_refused() {
        for text in ["'a", "\"a\n\"", "`a", "`${a", "/* a", "f(/a", "`${a}"] {
            assert!(Source::read(text).is_err(), "{text}");
        }
    }

    #[test]
    fn arguments_are_counted_at_their_own_depth() {
        let source = Source::read("f(a(1, 2), [3, 4], {b: 5}, 'c,d')").unwrap();
        assert_eq!(source.arguments(1).len(), 4);
        assert_eq!(source.closing(1), source.tokens.len() - 1);
        assert!(Source::read("f()").unwrap().arguments(1).is_empty());
    }
}
