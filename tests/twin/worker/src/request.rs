//! Requests.

use crate::twin::Bound;
use crate::{Error, Headers, Result, Url};
use futures_util::Stream;
use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

macro_rules! methods {
    ($($name:ident = $text:literal),*) => {
        /// A request's method.
        #[derive(Debug, Clone, PartialEq, Eq, Default)]
        #[allow(missing_docs, reason = "HTTP says what they mean")]
        pub enum Method { #[default] $($name),* }

        impl AsRef<str> for Method {
            fn as_ref(&self) -> &str {
                match self { $(Self::$name => $text),* }
            }
        }

        impl From<String> for Method {
            fn from(text: String) -> Self {
                match text.as_str() { $($text => Self::$name,)* _ => Self::Get }
            }
        }
    };
}
methods!(
    Get = "GET",
    Head = "HEAD",
    Post = "POST",
    Put = "PUT",
    Patch = "PATCH",
    Delete = "DELETE",
    Options = "OPTIONS",
    Connect = "CONNECT",
    Trace = "TRACE"
);

impl fmt::Display for Method {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_ref())
    }
}

/// Whether a redirect is followed; here none is.
#[derive(Debug, Clone, Copy)]
pub enum RequestRedirect {
    /// It is given to whoever asked.
    Manual,
}

/// What a request is made of.
#[derive(Debug, Default)]
pub struct RequestInit {
    method: Method,
    headers: Headers,
    body: Option<Vec<u8>>,
}

impl RequestInit {
    /// A `GET` without anything.
    pub fn new() -> Self {
        Self::default()
    }

    /// With this method.
    pub fn with_method(&mut self, method: Method) -> &mut Self {
        self.method = method;
        self
    }

    /// With these headers.
    pub fn with_headers(&mut self, headers: Headers) -> &mut Self {
        self.headers = headers;
        self
    }

    /// With this body.
    pub fn with_body(&mut self, body: Option<Bound>) -> &mut Self {
        self.body = body.map(Bound::into_bytes);
        self
    }

    /// Nothing is followed in any case.
    pub fn with_redirect(&mut self, _manual: RequestRedirect) -> &mut Self {
        self
    }
}

/// A request.
#[derive(Debug)]
pub struct Request {
    headers: Headers,
    inner: Inner,
}

/// A request below the SDK.
#[derive(Debug)]
pub struct Inner {
    method: Method,
    url: Url,
    body: Option<Vec<u8>>,
}

impl Inner {
    /// The body, unless there is none.
    pub fn body(&self) -> Option<&[u8]> {
        self.body.as_deref()
    }

    /// The address.
    pub fn url(&self) -> String {
        self.url.to_string()
    }

    /// The method as it was sent.
    pub fn method(&self) -> String {
        self.method.as_ref().to_owned()
    }
}

impl Request {
    /// A request to an address.
    pub fn new_with_init(url: &str, init: &RequestInit) -> Result<Self> {
        Ok(Self {
            headers: init.headers.clone(),
            inner: Inner { method: init.method.clone(), url: Url::parse(url)?, body: init.body.clone() },
        })
    }

    /// Its method.
    pub fn method(&self) -> Method {
        self.inner.method.clone()
    }

    /// Its address.
    pub fn url(&self) -> Result<Url> {
        Ok(self.inner.url.clone())
    }

    /// The path of its address.
    pub fn path(&self) -> String {
        self.inner.url.path().to_owned()
    }

    /// Its headers.
    pub fn headers(&self) -> &Headers {
        &self.headers
    }

    /// What is below the SDK.
    pub fn inner(&self) -> &Inner {
        &self.inner
    }

    /// Its body.
    pub async fn bytes(&mut self) -> Result<Vec<u8>> {
        Ok(self.inner.body.take().unwrap_or_default())
    }

    /// Its body as text.
    pub async fn text(&mut self) -> Result<String> {
        Ok(String::from_utf8_lossy(&self.bytes().await?).into_owned())
    }

    /// Its body as it comes.
    pub fn stream(&mut self) -> Result<ByteStream> {
        match self.inner.body.take() {
            Some(body) => Ok(ByteStream::of(body)),
            None => Err(Error::from("there is no body")),
        }
    }
}

/// A body as it comes.
pub struct ByteStream(Pin<Box<dyn Stream<Item = Result<Vec<u8>>>>>);

impl ByteStream {
    pub(crate) fn of(body: Vec<u8>) -> Self {
        Self::from_stream(futures_util::stream::iter([Ok(body)]))
    }

    pub(crate) fn from_stream(stream: impl Stream<Item = Result<Vec<u8>>> + 'static) -> Self {
        Self(Box::pin(stream))
    }
}

impl Stream for ByteStream {
    type Item = Result<Vec<u8>>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.0.as_mut().poll_next(context)
    }
}
