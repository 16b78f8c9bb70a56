//! Everything the widget does to the browser, one file for each kind. Each value here undoes itself when dropped.

pub(crate) mod channel;
pub(crate) mod claim;
pub(crate) mod clipboard;
pub(crate) mod drafts;
pub(crate) mod drag;
pub(crate) mod file;
pub(crate) mod focus;
pub(crate) mod http;
pub(crate) mod navigation;
pub(crate) mod notifications;
pub(crate) mod numbers;
pub(crate) mod overlay;
pub(crate) mod phone_button;
pub(crate) mod ring;
pub(crate) mod socket;
pub(crate) mod storage;
pub(crate) mod style;
pub(crate) mod timers;
pub(crate) mod title;
pub(crate) mod unsaved;
