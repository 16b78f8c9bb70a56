//! Reads the server's JSON into the protocol's types by hand, because a page load pays for every byte.
//!
//! The derived readers of these types, with their flattened and tagged forms, weigh about half of the whole widget;
//! these weigh a few kilobytes. They are as lenient as a reader of a newer server's messages should be: unknown
//! fields are passed over. A test writes every type with its derived form and reads it back here, so that the two
//! cannot drift apart.

use crate::ids::{CallId, CompanyId, ContactId, Entity, ExtensionId, LeadId, ProviderCallId, UserId};
use crate::protocol::{
    ActionView, AddToCallListResponse, CallListEntry, CallListHold, CallListNumber, CallListPause, CallListResult,
    CallListRun, CallListState, CallListView, CallType, CallView, CallerView, CallsResponse, CardState, CardView,
    CatchUpView, CredentialField, DayFigure, DeliveryStatus, DialResponse, EntityView, ExtensionAssignment,
    FiguresResponse, FollowUp, FormerConnection, LastNoteView, LeadView, MissedCallView, NamedEntity, NoticeLevel,
    NumberView, Problem, ProposalsResponse, ProposedLine, PurposeCount, PutRatingRequest, PutResultRequest,
    RatingFigure, RecentCall, RecentCallView, RecentResponse, ReplayResponse, ReplayStep, TraceResponse, TraceStep,
    VoipOauthResponse, VoipResponse, VoipTestResponse,
};
use crate::settings::{RateQuality, USUAL_VOLUME};
use serde_json::Value;

/// Something that can be read from JSON; `None` when it is not there in the right form.
pub trait Wire: Sized {
    /// Reads it.
    fn read(json: &Value) -> Option<Self>;
}

impl Wire for Value {
    fn read(json: &Value) -> Option<Self> {
        Some(json.clone())
    }
}

impl Wire for String {
    fn read(json: &Value) -> Option<Self> {
        json.as_str().map(str::to_owned)
    }
}

/// Missing means no, so that an older server's messages can be read.
impl Wire for bool {
    fn read(json: &Value) -> Option<Self> {
        if json.is_null() { Some(false) } else { json.as_bool() }
    }
}

/// A whole number, also when it comes as text: Kommo's ids come both ways.
impl Wire for i64 {
    fn read(json: &Value) -> Option<Self> {
        json.as_i64().or_else(|| json.as_str()?.trim().parse().ok())
    }
}

impl Wire for f64 {
    fn read(json: &Value) -> Option<Self> {
        json.as_f64()
    }
}

macro_rules! wire_number {
    ($($kind:ty),*) => { $(impl Wire for $kind {
        fn read(json: &Value) -> Option<Self> {
            i64::read(json)?.try_into().ok()
        }
    })* };
}
wire_number!(u8, u16, u32, u64);

macro_rules! wire_id {
    ($($id:ident),*) => { $(impl Wire for $id {
        fn read(json: &Value) -> Option<Self> {
            Wire::read(json).map($id)
        }
    })* };
}
wire_id!(UserId, CallId, ProviderCallId);

impl Wire for ExtensionId {
    fn read(json: &Value) -> Option<Self> {
        String::read(json).or_else(|| json.as_i64().map(|number| number.to_string())).map(Self)
    }
}

impl<T: Wire> Wire for Option<T> {
    fn read(json: &Value) -> Option<Self> {
        if json.is_null() { Some(None) } else { T::read(json).map(Some) }
    }
}

/// All items; one that cannot be read spoils the list, since a list with gaps looks like the whole truth.
impl<T: Wire> Wire for Vec<T> {
    fn read(json: &Value) -> Option<Self> {
        json.as_array()?.iter().map(T::read).collect()
    }
}

/// A field; a missing one reads like `null`.
pub(crate) fn field<T: Wire>(json: &Value, name: &str) -> Option<T> {
    T::read(json.get(name).unwrap_or(&Value::Null))
}

macro_rules! wire_struct {
    ($kind:ident { $($field:ident : $name:literal),* $(,)? }) => {
        impl Wire for $kind {
            fn read(json: &Value) -> Option<Self> {
                Some(Self { $($field: field(json, $name)?),* })
            }
        }
    };
}

pub(super) use wire_struct;

macro_rules! wire_words {
    ($kind:ident { $($word:literal => $variant:ident),* $(,)? }) => {
        impl Wire for $kind {
            fn read(json: &Value) -> Option<Self> {
                match json.as_str()? { $($word => Some(Self::$variant),)* _ => None }
            }
        }
    };
}

wire_struct!(Problem {
    kind: "type",
    title: "title",
    status: "status",
    detail: "detail",
    reference: "reference",
    changed_by: "changedBy",
    changed_at: "changedAt",
});
wire_words!(CardState { "ringing" => Ringing, "answered" => Answered, "ended" => Ended });
wire_words!(NoticeLevel { "info" => Info, "error" => Error, "lasting" => Lasting });
wire_words!(CallType { "incoming" => Incoming, "outgoing" => Outgoing, "internal" => Internal });
wire_words!(DeliveryStatus {
    "waiting" => Waiting, "delivered" => Delivered, "parked" => Parked, "not_written" => NotWritten,
});
wire_struct!(RecentCallView { at: "at", inbound: "inbound", duration: "duration", by: "by" });
wire_struct!(LastNoteView { at: "at", text: "text", by: "by" });
wire_struct!(PutRatingRequest { score: "score", reason: "reason" });
wire_struct!(FollowUp { text: "text", complete_till: "completeTill" });
wire_struct!(MissedCallView { id: "id", from: "from", to: "to", at: "at", entity: "entity" });
wire_struct!(ReplayStep { what: "what", why: "why" });
wire_struct!(ReplayResponse { was: "was", would: "would", differs: "differs" });
wire_struct!(ExtensionAssignment { extension_id: "extensionId", kommo_user_id: "kommoUserId" });
wire_struct!(CallsResponse { calls: "calls", next_cursor: "nextCursor" });
wire_struct!(FiguresResponse {
    time_zone: "timeZone",
    everybody: "everybody",
    calls: "calls",
    answered: "answered",
    unanswered: "unanswered",
    talk: "talk",
    average_talk: "averageTalk",
    hours: "hours",
    days: "days",
    ratings: "ratings",
});
wire_struct!(DayFigure { day: "day", answered: "answered", unanswered: "unanswered" });
wire_struct!(RatingFigure { user: "user", count: "count", average: "average" });
wire_struct!(TraceStep { at_ms: "atMs", kind: "kind", text: "text" });
wire_struct!(TraceResponse { call: "call", steps: "steps", kommo_requests: "kommoRequests" });
wire_struct!(PurposeCount { purpose: "purpose", count: "count" });
wire_struct!(ActionView {
    id: "id",
    call: "call",
    what: "what",
    state: "state",
    reason: "reason",
    attempts: "attempts",
    due_at: "dueAt",
});
wire_struct!(CatchUpView {
    from: "from",
    until: "until",
    running: "running",
    found: "found",
    added: "added",
    problem: "problem",
});
wire_struct!(FormerConnection { id: "id", provider: "provider", replaced_at: "replacedAt" });
wire_struct!(VoipOauthResponse { url: "url" });
wire_struct!(VoipTestResponse { ok: "ok", reason: "reason" });
wire_struct!(ProposalsResponse { listed: "listed", reason: "reason", lines: "lines" });
wire_struct!(ProposedLine { extension_id: "extensionId", name: "name", kommo_user_id: "kommoUserId" });
wire_struct!(DialResponse { id: "id" });
wire_struct!(NumberView { formatted: "formatted", e164: "e164", valid: "valid", internal: "internal" });
wire_struct!(RecentResponse { calls: "calls" });
wire_struct!(RecentCall {
    id: "id",
    number: "number",
    dial: "dial",
    name: "name",
    entity: "entity",
    at: "at",
    call_type: "callType",
    missed: "missed",
});
wire_struct!(CredentialField {
    name: "name",
    secret: "secret",
    required: "required",
    stored: "stored",
    value: "value",
});

wire_words!(CallListRun { "idle" => Idle, "running" => Running, "paused" => Paused });
wire_words!(CallListPause { "byHand" => ByHand, "away" => Away, "refused" => Refused });
wire_words!(CallListHold { "interval" => Interval, "call" => Call, "summary" => Summary });
wire_words!(CallListState {
    "waiting" => Waiting, "calling" => Calling, "done" => Done, "skipped" => Skipped, "noNumber" => NoNumber,
});
wire_words!(CallListResult {
    "talked" => Talked, "noAnswer" => NoAnswer, "busy" => Busy, "voicemail" => Voicemail, "failed" => Failed,
});
wire_struct!(CallListNumber { e164: "e164", text: "text" });
wire_struct!(CallListEntry {
    id: "id",
    entity: "entity",
    name: "name",
    numbers: "numbers",
    chosen: "chosen",
    state: "state",
    result: "result",
    reason: "reason",
    call: "call",
});
wire_struct!(CallListView {
    version: "version",
    run: "run",
    pause: "pause",
    reason: "reason",
    hold: "hold",
    next_at_ms: "nextAtMs",
    entries: "entries",
});
wire_struct!(AddToCallListResponse { list: "list", added: "added", doubles: "doubles", left_out: "leftOut" });

impl Wire for VoipResponse {
    fn read(json: &Value) -> Option<Self> {
        Some(Self {
            provider: field(json, "provider")?,
            active: field(json, "active")?,
            hook_url: field(json, "hookUrl")?,
            route_url: field(json, "routeUrl")?,
            fields: field::<Option<_>>(json, "fields")?.unwrap_or_default(),
            secret: field(json, "secret")?,
            is_set_up: field::<Option<_>>(json, "isSetUp")?.unwrap_or_default(),
            former: field::<Option<_>>(json, "former")?.unwrap_or_default(),
        })
    }
}

impl Wire for CardView {
    fn read(json: &Value) -> Option<Self> {
        Some(Self {
            id: field(json, "id")?,
            version: field(json, "version")?,
            state: field(json, "state")?,
            inbound: field(json, "inbound")?,
            number: field(json, "number")?,
            e164: field(json, "e164")?,
            extension: field(json, "extension")?,
            started_at: field(json, "startedAt")?,
            answered_at: field(json, "answeredAt")?,
            ended_at: field(json, "endedAt")?,
            duration: field(json, "duration")?,
            caller: field(json, "caller")?,
            summary: field(json, "summary")?,
            acceptable: field(json, "acceptable")?,
            creatable: field(json, "creatable")?,
            recent: field::<Option<_>>(json, "recent")?.unwrap_or_default(),
            last_note: field(json, "lastNote")?,
            result: field(json, "result")?,
            rating: field(json, "rating")?,
        })
    }
}

impl Wire for CallView {
    fn read(json: &Value) -> Option<Self> {
        Some(Self {
            id: field(json, "id")?,
            call_id: field(json, "callId")?,
            from_number: field(json, "fromNumber")?,
            to_number: field(json, "toNumber")?,
            duration: field(json, "duration")?,
            record_link: field(json, "recordLink")?,
            started_at: field(json, "startedAt")?,
            call_result: field(json, "callResult")?,
            call_type: field(json, "callType")?,
            status: field(json, "status")?,
            responsible_user: field(json, "responsibleUser")?,
            unmapped_extensions: field::<Option<_>>(json, "unmappedExtensions")?.unwrap_or_default(),
            entity: field(json, "entity")?,
            result: field(json, "result")?,
            rating: field(json, "rating")?,
            rating_reason: field(json, "ratingReason")?,
            candidates: field::<Option<_>>(json, "candidates")?.unwrap_or_default(),
            acceptable: field(json, "acceptable")?,
            delivery_status: field(json, "deliveryStatus")?,
            delivery_reason: field(json, "deliveryReason")?,
        })
    }
}

impl Wire for PutResultRequest {
    fn read(json: &Value) -> Option<Self> {
        Some(Self {
            call_status: field(json, "callStatus")?,
            text: field::<Option<_>>(json, "text")?.unwrap_or_default(),
            entity: field(json, "entity")?,
            task: field(json, "task")?,
        })
    }
}

impl Wire for Entity {
    fn read(json: &Value) -> Option<Self> {
        let id = field(json, "id")?;
        match json.get("type")?.as_str()? {
            "leads" => Some(Self::Leads(LeadId(id))),
            "contacts" => Some(Self::Contacts(ContactId(id))),
            "companies" => Some(Self::Companies(CompanyId(id))),
            _ => None,
        }
    }
}

impl Wire for EntityView {
    fn read(json: &Value) -> Option<Self> {
        Some(Self { entity: Entity::read(json)?, name: field(json, "name")? })
    }
}

impl Wire for NamedEntity {
    fn read(json: &Value) -> Option<Self> {
        Some(Self { entity: Entity::read(json)?, name: field(json, "name")? })
    }
}

impl Wire for LeadView {
    fn read(json: &Value) -> Option<Self> {
        Some(Self {
            entity: Entity::read(json)?,
            name: field(json, "name")?,
            stage: field(json, "stage")?,
            price: field(json, "price")?,
            currency: field(json, "currency")?,
            next_task_at: field(json, "nextTaskAt")?,
        })
    }
}

impl Wire for CallerView {
    fn read(json: &Value) -> Option<Self> {
        Some(match json.get("kind")?.as_str()? {
            "searching" => Self::Searching,
            "unknown" => Self::Unknown,
            "clientOf" => Self::ClientOf { owner: field(json, "owner")? },
            "known" => Self::Known {
                contact: field(json, "contact")?,
                company: field(json, "company")?,
                lead: field(json, "lead")?,
                open: field(json, "open")?,
                others: field::<Option<_>>(json, "others")?.unwrap_or_default(),
                leads: field::<Option<_>>(json, "leads")?.unwrap_or_default(),
            },
            // A newer server may know more kinds; the number still shows.
            _ => Self::Unavailable,
        })
    }
}

/// What a tab needs of the account's settings; a page load cannot afford a reader of them all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Rules {
    pub(crate) ring_sound: bool,
    pub(crate) ring_volume: u8,
    pub(crate) open_card: bool,
    pub(crate) rate_quality: RateQuality,
    pub(crate) region: Region,
}

impl Default for Rules {
    fn default() -> Self {
        Self {
            ring_sound: true,
            ring_volume: USUAL_VOLUME,
            open_card: false,
            rate_quality: RateQuality::Off,
            region: Region::default(),
        }
    }
}

/// The country of numbers that are written without one.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Region([u8; 2]);

impl Region {
    /// Two letters; empty while nothing is known.
    pub(crate) fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or_default().trim_matches('\0')
    }
}

/// What is no country reads as none: a number can then only be judged with its country code.
impl Wire for Region {
    fn read(json: &Value) -> Option<Self> {
        let letters = json.as_str().and_then(|text| text.as_bytes().try_into().ok());
        Some(
            letters
                .filter(|letters: &[u8; 2]| letters.iter().all(u8::is_ascii_uppercase))
                .map(Self)
                .unwrap_or_default(),
        )
    }
}

wire_words!(RateQuality { "off" => Off, "optional" => Optional, "required" => Required });

impl Wire for Rules {
    fn read(json: &Value) -> Option<Self> {
        Some(Self {
            ring_sound: field(json, "ringSound")?,
            ring_volume: field::<Option<_>>(json, "ringVolume")?.unwrap_or(USUAL_VOLUME),
            open_card: field(json, "openCard")?,
            rate_quality: field(json, "rateQuality")?,
            region: field(json, "defaultRegion")?,
        })
    }
}

/// What the panel needs of a live message; the derived form is [`crate::protocol::ServerMessage`].
#[derive(Debug, PartialEq)]
pub(crate) enum Live {
    Hello {
        server_time_ms: i64,
        resume_ticket: String,
        rules: Rules,
        cards: Vec<CardView>,
        call_list: Option<CallListView>,
    },
    CallList(CallListView),
    Card(Box<CardView>),
    Closed {
        id: CallId,
        version: u64,
    },
    Settings(Rules),
    SelfTest {
        id: String,
        card: Box<CardView>,
    },
    Notice {
        level: NoticeLevel,
        code: String,
        text: String,
        call: Option<MissedCallView>,
    },
}

impl Wire for Live {
    fn read(json: &Value) -> Option<Self> {
        Some(match json.get("type")?.as_str()? {
            "hello" => Self::Hello {
                server_time_ms: field(json, "serverTimeMs")?,
                resume_ticket: field(json, "resumeTicket")?,
                rules: field(json, "settings").unwrap_or_default(),
                cards: field(json, "cards")?,
                call_list: field(json, "callList")?,
            },
            "callList" => Self::CallList(CallListView::read(json)?),
            "card" => Self::Card(Box::new(CardView::read(json)?)),
            "closed" => Self::Closed { id: field(json, "id")?, version: field(json, "version")? },
            "settings" => Self::Settings(field(json, "settings")?),
            "selfTest" => Self::SelfTest { id: field(json, "id")?, card: Box::new(field(json, "card")?) },
            "notice" => Self::Notice {
                level: field(json, "level")?,
                code: field(json, "code")?,
                text: field(json, "text")?,
                call: field(json, "call")?,
            },
            _ => return None,
        })
    }
}

/// What the panel needs of the answer to `POST session`.
pub(crate) struct Session {
    pub(crate) ticket: String,
    pub(crate) ws_url: String,
    pub(crate) active: bool,
}

wire_struct!(Session { ticket: "ticket", ws_url: "wsUrl", active: "active" });

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::AccountId;
    use crate::protocol::{ServerMessage, UserView};
    use crate::settings::Settings;
    use serde::Serialize;
    use std::fmt::Debug;

    /// Written by the derived form, read back here.
    fn survives<T: Wire + Serialize + PartialEq + Debug>(original: &T) {
        let json = serde_json::to_value(original).expect("JSON");
        assert_eq!(T::read(&json).as_ref(), Some(original), "{json}");
    }

    fn entity() -> Entity {
        Entity::Companies(CompanyId(6))
    }

    fn cards() -> Vec<CardView> {
        let known = CallerView::Known {
            contact: Some(NamedEntity { entity: Entity::Contacts(ContactId(5)), name: "Nora".into() }),
            company: None,
            lead: Some(LeadView {
                entity: Entity::Leads(LeadId(7)),
                name: "Roof".into(),
                stage: Some("Offer".into()),
                price: 12,
                currency: Some("EUR".into()),
                next_task_at: Some(9),
            }),
            open: entity(),
            others: vec![NamedEntity { entity: entity(), name: "Roofers".into() }],
            leads: vec![LeadView {
                entity: Entity::Leads(LeadId(8)),
                name: "Attic".into(),
                stage: None,
                price: 0,
                currency: None,
                next_task_at: None,
            }],
        };
        let owner = CallerView::ClientOf { owner: "Mia".into() };
        let callers = [CallerView::Searching, CallerView::Unknown, CallerView::Unavailable, owner, known];
        let states = [CardState::Ringing, CardState::Answered, CardState::Ended];
        let card = |(caller, state): (CallerView, CardState)| CardView {
            id: CallId("a".into()),
            version: 3,
            state,
            inbound: true,
            number: Some("+49 30".into()),
            e164: None,
            extension: Some(ExtensionId("101".into())),
            started_at: 1,
            answered_at: Some(2),
            ended_at: None,
            duration: Some(4),
            caller,
            summary: true,
            acceptable: true,
            creatable: true,
            recent: vec![RecentCallView { at: 1, inbound: true, duration: 5, by: Some("Max".into()) }],
            last_note: Some(LastNoteView { at: 2, text: "Wants a roof".into(), by: None }),
            result: Some(PutResultRequest { call_status: 4, text: "t".into(), entity: None, task: None }),
            rating: Some(PutRatingRequest { score: 5, reason: Some("loud".into()) }),
        };
        callers.into_iter().zip(states.into_iter().cycle()).map(card).collect()
    }

    fn calls() -> Vec<CallView> {
        use {CallType as C, DeliveryStatus as D};
        let call = |(call_type, delivery_status)| CallView {
            id: CallId("a".into()),
            call_id: ProviderCallId("p".into()),
            from_number: "1".into(),
            to_number: "2".into(),
            duration: 3,
            record_link: Some("https://r".into()),
            started_at: 4,
            call_result: Some("r".into()),
            call_type,
            status: "completed".into(),
            responsible_user: Some(UserId(2)),
            unmapped_extensions: vec![ExtensionId("9".into())],
            entity: Some(EntityView { entity: entity(), name: None }),
            result: Some(PutResultRequest {
                call_status: 4,
                text: "t".into(),
                entity: Some(entity()),
                task: Some(FollowUp { text: "f".into(), complete_till: 7 }),
            }),
            rating: Some(5),
            rating_reason: Some("why".into()),
            candidates: vec![EntityView { entity: entity(), name: Some("n".into()) }],
            acceptable: true,
            delivery_status,
            delivery_reason: Some("why".into()),
        };
        let kinds = [C::Incoming, C::Outgoing, C::Internal].into_iter().cycle();
        kinds.zip([D::Waiting, D::Delivered, D::Parked, D::NotWritten]).map(call).collect()
    }

    /// Together every word of a call list.
    fn call_lists() -> Vec<CallListView> {
        use {CallListPause as P, CallListResult as R, CallListState as S};
        let entry = |state, result: Option<R>| CallListEntry {
            id: 3,
            entity: entity(),
            name: "n".into(),
            numbers: vec![CallListNumber { e164: "+4930".into(), text: "+49 30".into() }],
            chosen: Some("+4930".into()),
            state,
            result,
            reason: Some("why".into()),
            call: Some(CallId("a".into())),
        };
        let states = [S::Waiting, S::Calling, S::Skipped, S::NoNumber].map(|state| entry(state, None));
        let results = [R::Talked, R::NoAnswer, R::Busy, R::Voicemail, R::Failed];
        let done = results.map(|result| entry(S::Done, Some(result)));
        let list = |(run, pause, hold)| CallListView {
            version: 7,
            run,
            pause,
            reason: Some("why".into()),
            hold,
            next_at_ms: Some(1),
            entries: states.iter().chain(&done).cloned().collect(),
        };
        let cases = [
            (CallListRun::Running, None, Some(CallListHold::Interval)),
            (CallListRun::Running, None, Some(CallListHold::Call)),
            (CallListRun::Idle, None, Some(CallListHold::Summary)),
            (CallListRun::Paused, Some(P::ByHand), None),
            (CallListRun::Paused, Some(P::Away), None),
            (CallListRun::Paused, Some(P::Refused), None),
        ];
        cases.into_iter().map(list).chain([CallListView::default()]).collect()
    }

    #[test]
    fn every_type_survives_the_way_from_the_server() {
        call_lists().iter().for_each(survives);
        let list = call_lists().remove(0);
        survives(&AddToCallListResponse { list, added: 1, doubles: 2, left_out: 3 });
        cards().iter().for_each(survives);
        calls().iter().for_each(survives);
        survives(&CallsResponse { calls: calls(), next_cursor: Some("n".into()) });
        let rated = vec![RatingFigure { user: UserId(2), count: 3, average: 4.33 }];
        survives(&FiguresResponse {
            time_zone: "Europe/Berlin".into(),
            everybody: true,
            calls: 9,
            answered: 5,
            unanswered: 3,
            talk: 100,
            average_talk: 20,
            hours: vec![0, 9],
            days: vec![DayFigure { day: "2026-11-27".into(), answered: 5, unanswered: 3 }],
            ratings: rated,
        });
        let steps = vec![TraceStep { at_ms: 1, kind: "rule".into(), text: "t".into() }];
        survives(&TraceResponse { call: calls().remove(0), steps, kommo_requests: 4 });
        let step = ReplayStep { what: "w".into(), why: "y".into() };
        survives(&ReplayResponse { was: vec!["w".into()], would: vec![step], differs: true });
        survives(&Problem {
            kind: "k".into(),
            title: "t".into(),
            status: 412,
            detail: "d".into(),
            reference: Some("r".into()),
            changed_by: Some("Ada".into()),
            changed_at: Some(5),
        });
        survives(&ExtensionAssignment { extension_id: ExtensionId("1".into()), kommo_user_id: UserId(2) });
        survives(&VoipOauthResponse { url: "u".into() });
        survives(&VoipTestResponse { ok: false, reason: Some("r".into()) });
        survives(&DialResponse { id: CallId("a".into()) });
        for (e164, valid) in [(Some("+1".to_owned()), true), (None, false)] {
            survives(&NumberView { formatted: "+1".into(), e164, valid, internal: !valid });
        }
        let recent = |(call_type, missed): (CallType, bool)| RecentCall {
            id: CallId("a".into()),
            number: "+1".into(),
            dial: missed.then(|| "+1".to_owned()),
            name: missed.then(|| "Nora".to_owned()),
            entity: missed.then(entity),
            at: 4,
            call_type,
            missed,
        };
        let kinds = [CallType::Incoming, CallType::Outgoing, CallType::Internal].into_iter();
        survives(&RecentResponse { calls: kinds.zip([true, false, false]).map(recent).collect() });
        let line =
            ProposedLine { extension_id: ExtensionId("1".into()), name: "n".into(), kommo_user_id: Some(UserId(2)) };
        survives(&ProposalsResponse { listed: true, reason: Some("r".into()), lines: vec![line] });
        survives(&VoipResponse {
            provider: Some("generic".into()),
            active: true,
            hook_url: Some("h".into()),
            route_url: Some("r".into()),
            fields: vec![CredentialField {
                name: "number".into(),
                secret: false,
                required: true,
                stored: true,
                value: Some("+1".into()),
            }],
            secret: Some("s".into()),
            is_set_up: true,
            former: vec![FormerConnection { id: "f".into(), provider: "twilio".into(), replaced_at: 1 }],
        });
    }

    #[test]
    fn every_live_message_is_understood() {
        let user =
            UserView { id: UserId(1), account_id: AccountId(2), name: "n".into(), is_admin: true, extensions: vec![] };
        let read = |message: ServerMessage| Live::read(&serde_json::to_value(&message).expect("JSON"));
        let settings =
            Settings { ring_sound: false, ring_volume: 30, rate_quality: RateQuality::Required, ..Settings::default() };
        let (rate_quality, region) = (RateQuality::Required, Region(*b"US"));
        let rules = Rules { ring_sound: false, ring_volume: 30, open_card: false, rate_quality, region };
        let call_list = Some(call_lists().remove(0));
        let hello = ServerMessage::Hello {
            server_time_ms: 5,
            resume_ticket: "t".into(),
            user,
            settings,
            cards: cards(),
            call_list: call_list.clone(),
        };
        let expected = Live::Hello { server_time_ms: 5, resume_ticket: "t".into(), rules, cards: cards(), call_list };
        assert_eq!(read(hello), Some(expected));
        for list in call_lists() {
            assert_eq!(read(ServerMessage::CallList(list.clone())), Some(Live::CallList(list)));
        }
        assert_eq!(
            read(ServerMessage::Card(Box::new(cards().remove(4)))),
            Some(Live::Card(Box::new(cards().remove(4))))
        );
        let id = CallId("a".into());
        let closed = Live::Closed { id: id.clone(), version: 2 };
        assert_eq!(read(ServerMessage::Closed { id, version: 2 }), Some(closed));
        for level in [NoticeLevel::Info, NoticeLevel::Error, NoticeLevel::Lasting] {
            let missed =
                MissedCallView { id: CallId("a".into()), from: "f".into(), to: None, at: 5, entity: Some(entity()) };
            let call = Some(missed);
            let notice = Live::Notice { level, code: "c".into(), text: "t".into(), call: call.clone() };
            assert_eq!(read(ServerMessage::Notice { level, code: "c".into(), text: "t".into(), call }), Some(notice));
        }
        let settings = Settings { open_card: true, ..Settings::default() };
        let rules = Rules { open_card: true, region, ..Rules::default() };
        let by = Some("Ada".into());
        assert_eq!(read(ServerMessage::Settings { settings, by }), Some(Live::Settings(rules)));
        let card = cards().remove(0);
        let test = Live::SelfTest { id: "s".into(), card: Box::new(card.clone()) };
        assert_eq!(read(ServerMessage::SelfTest { id: "s".into(), card: Box::new(card) }), Some(test));
        assert_eq!(Live::read(&serde_json::json!({"type": "pong"})), None);
    }

    #[test]
    fn what_is_no_country_is_none() {
        for (json, read) in [("\"DE\"", "DE"), ("\"de\"", ""), ("\"Germany\"", ""), ("null", ""), ("7", "")] {
            let json = serde_json::from_str(json).expect("JSON");
            assert_eq!(Region::read(&json).expect("always something").as_str(), read, "{json}");
        }
    }

    #[test]
    fn a_newer_servers_fields_and_kinds_do_no_harm() {
        let mut json = serde_json::to_value(cards().remove(0)).expect("JSON");
        json["news"] = 1.into();
        json["caller"] = serde_json::json!({"kind": "robot"});
        json["extension"] = 102.into();
        let card = CardView::read(&json).expect("still a card");
        assert_eq!(card.caller, CallerView::Unavailable);
        assert_eq!(card.extension, Some(ExtensionId("102".into())));
    }
}
