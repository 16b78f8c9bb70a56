//! What can be done in Kommo for a call, as data that outlives a deploy: the version stands in the variant.

use crate::ids::{
    CallId, CompanyId, ContactId, Entity, IncomingLeadUid, LeadId, NoteId, PipelineId, StatusId, TaskId, UserId,
};
use crate::kommo::notes::CallNote;
use crate::phone::PhoneKey;
use crate::time::Moment;
use serde::{Deserialize, Serialize};

/// One write to Kommo.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all_fields = "camelCase")]
pub enum Action {
    /// A contact with the number, and a lead on it.
    CreateContactAndLeadV1 {
        /// The number.
        number: PhoneKey,
        /// The contact's name.
        contact_name: String,
        /// The lead's name.
        lead_name: String,
        /// Who is responsible for both.
        responsible: Option<UserId>,
        /// Where the lead starts.
        pipeline: Option<PipelineId>,
        /// At which stage.
        status: Option<StatusId>,
    },
    /// An incoming lead of the category `sip`.
    CreateIncomingLeadV1 {
        /// The number.
        number: PhoneKey,
        /// The embedded contact's name.
        contact_name: String,
        /// The embedded lead's name.
        lead_name: String,
        /// The provider's call id, by which it is found again.
        uniq: String,
        /// Start of the call.
        called_at: Moment,
        /// Seconds of talk.
        duration: i64,
        /// Who is responsible for the embedded lead.
        responsible: Option<UserId>,
        /// The pipeline.
        pipeline: Option<PipelineId>,
    },
    /// Accepts an incoming lead.
    AcceptIncomingLeadV1 {
        /// Which.
        uid: IncomingLeadUid,
        /// Who accepts it.
        user: UserId,
        /// The stage it goes to.
        status: Option<StatusId>,
    },
    /// A lead for somebody who is known.
    CreateLeadV1 {
        /// The lead's name.
        name: String,
        /// The contact.
        contact: Option<ContactId>,
        /// The company.
        company: Option<CompanyId>,
        /// Who is responsible.
        responsible: Option<UserId>,
        /// Where it starts.
        pipeline: Option<PipelineId>,
        /// At which stage.
        status: Option<StatusId>,
    },
    /// The call note.
    WriteNoteV1 {
        /// On what.
        entity: Entity,
        /// What it says.
        note: CallNote,
    },
    /// What became known later, put into the note that is already there.
    AmendNoteV1 {
        /// Where the note is.
        entity: Entity,
        /// Which.
        id: NoteId,
        /// All it says now.
        note: CallNote,
    },
    /// The follow-up task of a missed call.
    CreateTaskV1 {
        /// On what.
        entity: Entity,
        /// Its text.
        text: String,
        /// When it is due.
        due: Moment,
        /// Who gets it.
        responsible: Option<UserId>,
    },
    /// An open task of an earlier miss serves this one as well, if it is still open.
    JoinTaskV1 {
        /// Which.
        task: TaskId,
        /// On what it is.
        entity: Entity,
    },
    /// The task is done.
    CompleteTaskV1 {
        /// Which.
        task: TaskId,
        /// What its result says.
        result: String,
    },
}

/// What Kommo answered to an action.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum ActionResult {
    /// The contact (if Kommo told it) and the lead.
    ContactAndLead {
        /// The contact.
        contact: Option<ContactId>,
        /// The lead; none if an earlier attempt left only the contact.
        lead: Option<LeadId>,
    },
    /// The incoming lead.
    IncomingLead {
        /// Kommo's id of it.
        uid: IncomingLeadUid,
        /// The embedded lead.
        lead: LeadId,
        /// The embedded contact.
        contact: Option<ContactId>,
    },
    /// The incoming lead is accepted, or was decided by somebody else.
    IncomingLeadDecided,
    /// The lead.
    Lead {
        /// Which.
        lead: LeadId,
    },
    /// The note.
    Note {
        /// Which.
        id: NoteId,
    },
    /// The task.
    Task {
        /// Which.
        id: TaskId,
    },
    /// The task was done or deleted meanwhile.
    TaskIsOver,
    /// The change was applied.
    Changed,
}

impl Action {
    /// The key under which the action may exist only once. What creates a person is keyed by the number (`epoch`
    /// counts how often the person vanished from Kommo), what logs is keyed by the call.
    pub fn key(&self, call: &CallId, number: &PhoneKey, epoch: i64) -> String {
        match self {
            Self::CreateContactAndLeadV1 { .. } | Self::CreateIncomingLeadV1 { .. } => {
                format!("person/{number}/{epoch}")
            }
            Self::AcceptIncomingLeadV1 { uid, .. } => format!("accept/{uid}"),
            Self::CreateLeadV1 { .. } => format!("lead/{call}"),
            Self::WriteNoteV1 { .. } => format!("note/{call}"),
            Self::AmendNoteV1 { note, .. } => format!("amend/{call}/{}", note.fingerprint()),
            Self::CreateTaskV1 { .. } => format!("task/{call}"),
            Self::JoinTaskV1 { task, .. } => format!("join/{call}/{task}"),
            Self::CompleteTaskV1 { task, .. } => format!("complete/{task}"),
        }
    }

    /// What it does, in words for the administrator.
    pub fn words(&self) -> &'static str {
        match self {
            Self::CreateContactAndLeadV1 { .. } => "create the contact and the lead",
            Self::CreateIncomingLeadV1 { .. } => "create the incoming lead",
            Self::AcceptIncomingLeadV1 { .. } => "accept the incoming lead",
            Self::CreateLeadV1 { .. } => "create the lead",
            Self::WriteNoteV1 { .. } => "write the call note",
            Self::AmendNoteV1 { .. } => "complete the call note",
            Self::CreateTaskV1 { .. } => "create the follow-up task",
            Self::JoinTaskV1 { .. } => "see whether the earlier follow-up task is still open",
            Self::CompleteTaskV1 { .. } => "complete the follow-up task",
        }
    }

    /// Repeating it changes nothing, so an answer that was lost needs no search.
    pub fn is_repeatable(&self) -> bool {
        matches!(
            self,
            Self::AmendNoteV1 { .. }
                | Self::JoinTaskV1 { .. }
                | Self::CompleteTaskV1 { .. }
                | Self::AcceptIncomingLeadV1 { .. }
        )
    }
}
