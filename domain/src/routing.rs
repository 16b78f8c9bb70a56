//! Smart forwarding: who shall be rung for an incoming call.
//!
//! Kommo VoIP guide: smart forwarding. The owner of the caller's open lead, else the contact's owner, else whoever
//! last talked with them, else the fallback; never somebody who is deactivated, in a call or off work.

use crate::ids::ExtensionId;

/// Where a call shall go.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Route {
    /// Lines that ring first, together. Empty: the PBX does what it would have done without us.
    pub first: Vec<ExtensionId>,
    /// Lines that ring if nobody answered.
    pub then: Vec<ExtensionId>,
    /// Seconds each of them rings.
    pub ring_seconds: u32,
    /// Who calls, for telephones that can show it.
    pub caller_name: Option<String>,
    /// The rule that chose, as a sentence for the trace.
    pub because: String,
}
