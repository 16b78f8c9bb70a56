//! XML for providers that are told in it what to do.
//!
//! Names and numbers come from outside, so every value passes through [`escape`].

/// An element that gathers attributes and content.
pub(super) struct Element {
    name: &'static str,
    open: String,
    content: String,
}

impl Element {
    /// An element without anything.
    pub(super) fn new(name: &'static str) -> Self {
        Self { name, open: format!("<{name}"), content: String::new() }
    }

    /// With an attribute.
    pub(super) fn attribute(mut self, name: &str, value: impl AsRef<str>) -> Self {
        self.open.push_str(&format!(r#" {name}="{}""#, escape(value.as_ref())));
        self
    }

    /// With text in it.
    pub(super) fn text(mut self, text: &str) -> Self {
        self.content.push_str(&escape(text));
        self
    }

    /// With an element in it.
    pub(super) fn child(mut self, child: Self) -> Self {
        self.content.push_str(&child.finish());
        self
    }

    /// Its text.
    pub(super) fn finish(self) -> String {
        let Self { name, open, content } = self;
        if content.is_empty() { format!("{open}/>") } else { format!("{open}>{content}</{name}>") }
    }
}

/// A `<Response>` of elements, or an empty one.
pub(super) fn response(elements: impl IntoIterator<Item = Element>) -> String {
    let root = elements.into_iter().fold(Element::new("Response"), Element::child);
    format!(r#"<?xml version="1.0" encoding="UTF-8"?>{}"#, root.finish())
}

/// Text that can stand in an element or an attribute. What XML cannot carry at all is left out.
fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&apos;"),
            '\u{fffe}' | '\u{ffff}' => {}
            letter if letter.is_control() => {}
            letter => out.push(letter),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hostile_text_stays_text() {
        let text = "\"/><Redirect>https://evil.example/</Redirect>&amp;'\u{0}\n\u{ffff}Zoë";
        let xml = response(Some(Element::new("Dial").attribute("callerName", text).text(text)));
        let safe = "&quot;/&gt;&lt;Redirect&gt;https://evil.example/&lt;/Redirect&gt;&amp;amp;&apos;Zoë";
        assert_eq!(
            xml,
            format!(
                r#"<?xml version="1.0" encoding="UTF-8"?><Response><Dial callerName="{safe}">{safe}</Dial></Response>"#
            )
        );
        assert_eq!(response(None), r#"<?xml version="1.0" encoding="UTF-8"?><Response/>"#);
    }
}
