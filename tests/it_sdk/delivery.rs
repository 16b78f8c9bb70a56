//! A delivery for the adapters, and its changed copies.

use kommo_voip_domain::telephony::{Context, Credentials, Delivery, LocalTime, Purpose, Refusal, Urls, receive};
use kommo_voip_domain::time::Moment;

/// No provider here tells local times.
struct NoZone;

impl LocalTime for NoZone {
    fn read(&self, _text: &str) -> Option<Moment> {
        None
    }
    fn write(&self, _moment: Moment) -> String {
        String::new()
    }
}

#[derive(Debug, Clone)]
pub struct Post {
    pub method: &'static str,
    pub url: String,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Post {
    pub fn new(url: &str, body: impl Into<Vec<u8>>) -> Self {
        Self { method: "POST", url: url.to_owned(), headers: vec![], body: body.into() }
    }

    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Whether the adapter believes that the provider sent it.
    pub fn is_genuine(&self, credentials: &Credentials, now: i64) -> bool {
        let urls = Urls { hook: String::new(), route: String::new() };
        let context =
            Context { credentials: &[credentials], urls: &urls, now: Moment::from_seconds(now), zone: &NoZone };
        let delivery = Delivery {
            purpose: Purpose::Report,
            method: self.method,
            url: &self.url,
            headers: &self.headers,
            body: &self.body,
        };
        !matches!(receive(&delivery, &context), Err(Refusal::Unsigned(_)))
    }

    /// Every copy with one byte of the body changed.
    pub fn changed_bodies(&self) -> impl Iterator<Item = Self> {
        changes(&self.body).map(|body| Self { body, ..self.clone() })
    }

    /// Every copy with one letter of the address changed.
    pub fn changed_urls(&self) -> impl Iterator<Item = Self> {
        changes(self.url.as_bytes())
            .filter_map(|url| String::from_utf8(url).ok())
            .map(|url| Self { url, ..self.clone() })
    }

    /// Every copy with one letter of a header changed, after the name of its scheme.
    pub fn changed_headers(&self, name: &str) -> Vec<Self> {
        let at = self.headers.iter().position(|(known, _)| known == name).expect("the header");
        let value = &self.headers[at].1;
        let (scheme, rest) = value.split_once(' ').map_or(("", value.as_str()), |(scheme, rest)| (scheme, rest));
        let blank = if scheme.is_empty() { "" } else { " " };
        let one = |rest: Vec<u8>| {
            let mut post = self.clone();
            post.headers[at].1 = format!("{scheme}{blank}{}", String::from_utf8(rest).ok()?);
            Some(post)
        };
        changes(rest.as_bytes()).filter_map(one).collect()
    }
}

/// Every byte replaced by three others, one of them next to it.
fn changes(bytes: &[u8]) -> impl Iterator<Item = Vec<u8>> {
    (0..bytes.len()).flat_map(move |at| {
        [bytes[at] ^ 1, b'~', b'A'].into_iter().filter(move |byte| *byte != bytes[at]).map(move |byte| {
            let mut changed = bytes.to_vec();
            changed[at] = byte;
            changed
        })
    })
}

/// `name=value&…`, spelt as browsers and most servers do.
pub fn form(pairs: &[(&str, &str)]) -> String {
    let mut text = form_urlencoded::Serializer::new(String::new());
    text.extend_pairs(pairs);
    text.finish()
}
