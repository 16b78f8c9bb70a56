//! Answers.

use crate::{ByteStream, Error, Headers, Result, WebSocket};
use futures_util::{Stream, StreamExt as _};
use serde::de::DeserializeOwned;

/// An answer.
pub struct Response {
    status: u16,
    headers: Headers,
    body: Option<ByteStream>,
    websocket: Option<WebSocket>,
}

impl Response {
    /// Nothing.
    pub fn empty() -> Result<Self> {
        Ok(ResponseBuilder::new().empty())
    }

    /// Text.
    pub fn ok(text: impl Into<String>) -> Result<Self> {
        Ok(ResponseBuilder::new().fixed(text.into().into_bytes()))
    }

    /// The browser's end of a live connection.
    pub fn from_websocket(websocket: WebSocket) -> Result<Self> {
        Ok(Self { websocket: Some(websocket), ..ResponseBuilder::new().with_status(101).empty() })
    }

    /// With these headers in place of the former ones.
    pub fn with_headers(self, headers: Headers) -> Self {
        Self { headers, ..self }
    }

    /// With this status.
    pub fn with_status(self, status: u16) -> Self {
        Self { status, ..self }
    }

    /// Its status.
    pub fn status_code(&self) -> u16 {
        self.status
    }

    /// Its headers.
    pub fn headers(&self) -> &Headers {
        &self.headers
    }

    /// The live connection it opens.
    pub fn websocket(self) -> Option<WebSocket> {
        self.websocket
    }

    /// Its body as it comes.
    pub fn stream(&mut self) -> Result<ByteStream> {
        self.body.take().ok_or_else(|| Error::from("there is no body"))
    }

    /// Its whole body.
    pub async fn bytes(&mut self) -> Result<Vec<u8>> {
        let mut whole = Vec::new();
        if let Some(mut body) = self.body.take() {
            while let Some(part) = body.next().await {
                whole.extend(part?);
            }
        }
        Ok(whole)
    }

    /// Its whole body as text.
    pub async fn text(&mut self) -> Result<String> {
        Ok(String::from_utf8(self.bytes().await?)?)
    }

    /// Its whole body as JSON.
    pub async fn json<T: DeserializeOwned>(&mut self) -> Result<T> {
        Ok(serde_json::from_slice(&self.bytes().await?)?)
    }
}

/// Makes an answer.
pub struct ResponseBuilder {
    status: u16,
    headers: Headers,
}

impl Default for ResponseBuilder {
    fn default() -> Self {
        Self { status: 200, headers: Headers::new() }
    }
}

impl ResponseBuilder {
    /// 200, without headers.
    pub fn new() -> Self {
        Self::default()
    }

    /// With this status.
    pub fn with_status(self, status: u16) -> Self {
        Self { status, ..self }
    }

    /// With these headers in place of the former ones.
    pub fn with_headers(self, headers: Headers) -> Self {
        Self { headers, ..self }
    }

    /// With one more header.
    pub fn with_header(self, name: &str, value: &str) -> Result<Self> {
        self.headers.set(name, value)?;
        Ok(self)
    }

    /// With this body.
    pub fn fixed(self, body: Vec<u8>) -> Response {
        Response { body: Some(ByteStream::of(body)), ..self.empty() }
    }

    /// Without a body.
    pub fn empty(self) -> Response {
        Response { status: self.status, headers: self.headers, body: None, websocket: None }
    }

    /// With a body that comes in parts.
    pub fn from_stream<S, T>(self, stream: S) -> Result<Response>
    where
        S: Stream<Item = Result<T>> + 'static,
        T: Into<Vec<u8>>,
    {
        let body = ByteStream::from_stream(stream.map(|part| part.map(Into::into)));
        Ok(Response { body: Some(body), ..self.empty() })
    }
}
