//! Reads the answers about the account's health; by hand as in [`super::wire`], and only where a window asks for them.

use super::wire::{Wire, field, wire_struct};
use crate::protocol::{DiagnosticsResponse, FailureView, HopView, RefusedView, SelfTestResponse};
use serde_json::Value;

wire_struct!(RefusedView { provider: "provider", reason: "reason", at: "at", reference: "reference" });
wire_struct!(FailureView {
    reference: "reference",
    at: "at",
    user: "user",
    what: "what",
    status: "status",
    text: "text",
});
wire_struct!(HopView { hop: "hop", ms: "ms", state: "state", text: "text" });
wire_struct!(SelfTestResponse {
    ok: "ok",
    provider: "provider",
    number: "number",
    hops: "hops",
    talked: "talked",
    missed: "missed",
});

impl Wire for DiagnosticsResponse {
    fn read(json: &Value) -> Option<Self> {
        Some(Self {
            connected: field(json, "connected")?,
            host: field(json, "host")?,
            trouble: field(json, "trouble")?,
            token_expires_at: field(json, "tokenExpiresAt")?,
            provider: field(json, "provider")?,
            active: field(json, "active")?,
            last_event_at: field(json, "lastEventAt")?,
            refused: field(json, "refused")?,
            open_sockets: field(json, "openSockets")?,
            requests_per_minute: field(json, "requestsPerMinute")?,
            requests_allowed: field::<Option<_>>(json, "requestsAllowed")?.unwrap_or_default(),
            paused_until: field(json, "pausedUntil")?,
            actions: field(json, "actions")?,
            problems: field(json, "problems")?,
            failures: field::<Option<_>>(json, "failures")?.unwrap_or_default(),
            catch_up: field(json, "catchUp")?,
        })
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::ids::{CallId, UserId};
    use crate::protocol::{ActionView, CatchUpView, PurposeCount, ReplayStep};
    use std::fmt::Debug;

    fn survives<T: Wire + serde::Serialize + PartialEq + Debug>(original: &T) {
        let json = serde_json::to_value(original).expect("JSON");
        assert_eq!(T::read(&json).as_ref(), Some(original), "{json}");
    }

    /// Diagnostics with something in every field.
    pub(crate) fn diagnostics() -> DiagnosticsResponse {
        DiagnosticsResponse {
            connected: true,
            host: "acme.kommo.com".into(),
            trouble: Some("t".into()),
            token_expires_at: Some(1),
            provider: Some("twilio".into()),
            active: true,
            last_event_at: Some(2),
            refused: Some(RefusedView {
                provider: "twilio".into(),
                reason: "no signature matches".into(),
                at: 3,
                reference: Some("AB12-CD34".into()),
            }),
            open_sockets: 3,
            requests_per_minute: vec![PurposeCount { purpose: "log".into(), count: 4 }],
            requests_allowed: 420,
            paused_until: Some(4),
            actions: vec![ActionView {
                id: 9,
                call: CallId("a".into()),
                what: "w".into(),
                state: "parked".into(),
                reason: Some("r".into()),
                attempts: 2,
                due_at: Some(3),
            }],
            problems: vec!["p".into()],
            failures: vec![FailureView {
                reference: "AB12-CD34".into(),
                at: 5,
                user: UserId(1),
                what: "PUT settings".into(),
                status: 422,
                text: "x: too long.".into(),
            }],
            catch_up: Some(CatchUpView {
                from: 1,
                until: 2,
                running: true,
                found: 3,
                added: 4,
                problem: Some("p".into()),
            }),
        }
    }

    #[test]
    fn health_and_self_test_survive_the_way_from_the_server() {
        survives(&diagnostics());
        let step = ReplayStep { what: "w".into(), why: "y".into() };
        let hop = HopView { hop: "card".into(), ms: 12, state: "failed".into(), text: Some("why".into()) };
        survives(&SelfTestResponse {
            ok: false,
            provider: "telnyx".into(),
            number: "+1".into(),
            hops: vec![hop],
            talked: vec![step.clone()],
            missed: vec![step],
        });
        let older = serde_json::json!({"connected": true, "host": "h", "openSockets": 0, "requestsPerMinute": [],
            "actions": [], "problems": []});
        assert!(DiagnosticsResponse::read(&older).is_some_and(|found| found.failures.is_empty()));
    }
}
