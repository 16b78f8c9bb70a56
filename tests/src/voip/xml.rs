//! The XML that clouds take as instructions, read strictly: a document no parser would take is refused, as the clouds do.

/// An element with what is in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Element {
    pub(crate) name: String,
    pub(crate) attributes: Vec<(String, String)>,
    pub(crate) children: Vec<Element>,
    /// The text directly in it, trimmed.
    pub(crate) text: String,
}

impl Element {
    /// An attribute's value.
    pub(crate) fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// Refuses attributes that are not documented.
    pub(crate) fn allows(&self, known: &[&str]) -> Result<(), String> {
        match self.attributes.iter().find(|(name, _)| !known.contains(&name.as_str())) {
            Some((name, _)) => Err(format!("<{}> has no attribute {name}", self.name)),
            None => Ok(()),
        }
    }
}

/// Reads one document.
pub(crate) fn parse(text: &str) -> Result<Element, String> {
    let mut reader = Reader { rest: text.trim_start_matches('\u{feff}') };
    reader.blanks();
    if let Some(rest) = reader.rest.strip_prefix("<?xml") {
        reader.rest = rest.split_once("?>").ok_or("the declaration does not end")?.1;
    }
    reader.blanks();
    let root = reader.element()?;
    reader.blanks();
    if reader.rest.is_empty() { Ok(root) } else { Err("something follows the root element".to_owned()) }
}

struct Reader<'a> {
    rest: &'a str,
}

impl<'a> Reader<'a> {
    /// Skips white space and comments.
    fn blanks(&mut self) {
        loop {
            self.rest = self.rest.trim_start();
            match self.rest.strip_prefix("<!--").and_then(|rest| rest.split_once("-->")) {
                Some((_, rest)) => self.rest = rest,
                None => return,
            }
        }
    }

    fn take(&mut self, token: &str) -> bool {
        match self.rest.strip_prefix(token) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    fn name(&mut self) -> Result<&'a str, String> {
        let is_part = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '_' | '-' | '.' | ':');
        let end = self.rest.find(|letter| !is_part(letter)).unwrap_or(self.rest.len());
        let (name, rest) = self.rest.split_at(end);
        self.rest = rest;
        if name.starts_with(|first: char| first.is_ascii_alphabetic()) {
            Ok(name)
        } else {
            Err(format!("a name is expected before {:?}", rest.chars().take(20).collect::<String>()))
        }
    }

    fn element(&mut self) -> Result<Element, String> {
        if !self.take("<") {
            return Err("an element is expected".to_owned());
        }
        let name = self.name()?.to_owned();
        let mut attributes: Vec<(String, String)> = Vec::new();
        loop {
            let before = self.rest;
            self.blanks();
            if self.take("/>") {
                return Ok(Element { name, attributes, children: vec![], text: String::new() });
            }
            if self.take(">") {
                break;
            }
            if self.rest.len() == before.len() {
                return Err(format!("<{name}> has attributes that run into each other"));
            }
            let (key, value) = self.attribute()?;
            if attributes.iter().any(|(known, _)| *known == key) {
                return Err(format!("<{name}> has {key} twice"));
            }
            attributes.push((key, value));
        }
        self.content(name, attributes)
    }

    fn attribute(&mut self) -> Result<(String, String), String> {
        let key = self.name()?.to_owned();
        let quote = match self.take("=\"") {
            true => '"',
            false if self.take("='") => '\'',
            false => return Err(format!("{key} has no quoted value")),
        };
        let (value, rest) = self.rest.split_once(quote).ok_or_else(|| format!("the value of {key} does not end"))?;
        if value.contains('<') {
            return Err(format!("the value of {key} contains <"));
        }
        self.rest = rest;
        Ok((key, decoded(value)?))
    }

    fn content(&mut self, name: String, attributes: Vec<(String, String)>) -> Result<Element, String> {
        let (mut children, mut text) = (Vec::new(), String::new());
        loop {
            let end = self.rest.find('<').ok_or_else(|| format!("<{name}> does not end"))?;
            let (piece, rest) = self.rest.split_at(end);
            text.push_str(&decoded(piece)?);
            self.rest = rest;
            if self.rest.starts_with("<!--") {
                self.blanks();
            } else if self.take("</") {
                let closing = self.name()?;
                self.blanks();
                if closing != name || !self.take(">") {
                    return Err(format!("<{name}> is closed by </{closing}>"));
                }
                return Ok(Element { name, attributes, children, text: text.trim().to_owned() });
            } else {
                children.push(self.element()?);
            }
        }
    }
}

/// Text without its entities; a bare ampersand is an error.
fn decoded(text: &str) -> Result<String, String> {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('&') {
        let (entity, after) = after.split_once(';').ok_or("an ampersand stands alone")?;
        out.push_str(before);
        out.push(match entity {
            "amp" => '&',
            "lt" => '<',
            "gt" => '>',
            "quot" => '"',
            "apos" => '\'',
            number => number
                .strip_prefix("#x")
                .map(|digits| u32::from_str_radix(digits, 16))
                .or_else(|| number.strip_prefix('#').map(str::parse))
                .and_then(Result::ok)
                .and_then(char::from_u32)
                .ok_or_else(|| format!("&{number}; is no entity"))?,
        });
        rest = after;
    }
    out.push_str(rest);
    match out.chars().find(|letter| letter.is_control() && !matches!(letter, '\n' | '\r' | '\t')) {
        Some(_) => Err("there is a control character in it".to_owned()),
        None => Ok(out),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_elements_attributes_and_entities() {
        let text = "<?xml version=\"1.0\"?>\n<Response><Dial timeout='20' action=\"https://x/?a=1&amp;b=2\"><Number>+1 &lt;2&gt;</Number></Dial></Response>";
        let root = parse(text).unwrap();
        let dial = &root.children[0];
        assert_eq!(dial.attribute("action"), Some("https://x/?a=1&b=2"));
        assert_eq!(dial.children[0].text, "+1 <2>");
    }

    #[test]
    fn refuses_what_no_parser_takes() {
        for text in [
            "",
            "plain",
            "<a>",
            "<a></b>",
            "<a b=c/>",
            "<a b=\"1\" b=\"2\"/>",
            "<a>&</a>",
            "<a>&nbsp;</a>",
            "<a/><b/>",
            "<a b=\"1\"c=\"2\"/>",
            "<a>\u{1}</a>",
            "<a b=\"<\"/>",
        ] {
            assert!(parse(text).is_err(), "{text:?}");
        }
    }
}
