//! What is done in the journal, and what the journal asks for.

use super::journal_filters::{End, Range};
use crate::ids::CallId;

/// What the page asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Part {
    /// The latest calls, for the filters of this number.
    Calls(u32),
    /// Older calls, for the same filters.
    MoreCalls(u32),
    /// What is counted over the calls, for the filters of this number.
    Figures(u32),
    /// The calls as a file of this name.
    Export(String),
    /// Why a call landed where it did.
    Trace(CallId),
    /// What today's rules would do with a call.
    Replay(CallId),
}

/// Something done on the page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum JournalEvent {
    /// Read everything again.
    Refresh,
    /// Read older calls.
    More,
    /// Show a call's trace, or hide it.
    Open(CallId),
    /// Show what today's rules would do with a call, or hide it.
    Replay(CallId),
    /// Choose a time.
    Range(Range),
    /// An end of one's own time was typed; the moment is in the browser's zone, and none while it is half typed.
    Day(End, String, Option<i64>),
    /// Show every call again.
    Clear,
    /// Take the calls away as a file.
    Export {
        /// The file's name.
        name: String,
        /// The language of its words.
        language: String,
    },
    /// Close the window.
    Close,
}
