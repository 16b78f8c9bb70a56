//! What the platform refuses.

/// An error of the platform, or of the Worker on its way through it.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The Worker's own.
    #[error("{0}")]
    RustError(String),
    /// The runtime's.
    #[error("{0}")]
    JsError(String),
}

/// What the platform answers.
pub type Result<T> = std::result::Result<T, Error>;

macro_rules! from {
    ($($source:ty),*) => {$(
        impl From<$source> for Error {
            fn from(error: $source) -> Self {
                Self::JsError(error.to_string())
            }
        }
    )*};
}
from!(serde_json::Error, url::ParseError, rusqlite::Error, std::string::FromUtf8Error);

impl From<&str> for Error {
    fn from(text: &str) -> Self {
        Self::JsError(text.to_owned())
    }
}
