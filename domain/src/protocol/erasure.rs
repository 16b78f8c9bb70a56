//! The receipt of an erased number.

use serde::{Deserialize, Serialize};

/// What the administrator is told of what no erasure of ours reaches.
pub const NOT_ERASED: [&str; 3] = [
    "Notes, contacts, leads and tasks in Kommo itself are not deleted: delete them in Kommo.",
    "Recordings at the telephony provider are not deleted: delete them there. Their links lead nowhere any more.",
    "For 32 days a digest of each erased call's id is kept, so that a late report does not bring the call back.",
];

/// `DELETE numbers/{e164}`: what was erased.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ErasureReceipt {
    /// Names this erasure, here and in the Worker's log.
    pub reference: String,
    /// The end of the number; the whole one is nowhere kept.
    pub number: String,
    /// When, Unix seconds.
    pub erased_at: i64,
    /// What was erased.
    pub erased: ErasedCounts,
    /// What was not, as sentences.
    pub not_erased: Vec<String>,
}

/// How much of each kind was erased.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ErasedCounts {
    /// Calls of the journal, with what people said about them.
    pub calls: u32,
    /// Of these, calls that had not reached Kommo and now never will.
    pub calls_not_in_kommo: u32,
    /// Steps of their traces.
    pub trace_steps: u32,
    /// Actions of the outbox.
    pub actions: u32,
    /// Entries of the phone index.
    pub people: u32,
    /// Recordings that waited for their call.
    pub late_recordings: u32,
    /// Entries of call lists.
    pub call_list_entries: u32,
    /// Failures whose text held the number.
    pub failures: u32,
}
