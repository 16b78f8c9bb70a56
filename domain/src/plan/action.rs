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
    /// The call's note again, on what the manager chose instead. Kommo can neither move nor delete the first one.
    MoveNoteV1 {
        /// On what.
        entity: Entity,
        /// What it says.
        note: CallNote,
    },
    /// The caller's number, added to whom the manager chose.
    AddNumberV1 {
        /// The contact or company; of a lead its main contact.
        entity: Entity,
        /// The number.
        number: PhoneKey,
    },
    /// Declines an incoming lead, because the manager chose somebody else.
    DeclineIncomingLeadV1 {
        /// Which.
        uid: IncomingLeadUid,
        /// Who declines it.
        user: UserId,
    },
    /// The follow-up the manager asked for in the call summary.
    CreateFollowUpV1 {
        /// On what.
        entity: Entity,
        /// Its text.
        text: String,
        /// When it is due.
        due: Moment,
        /// Who does it.
        responsible: Option<UserId>,
    },
    /// The follow-up says something else now.
    ChangeFollowUpV1 {
        /// Which.
        task: TaskId,
        /// Its text.
        text: String,
        /// When it is due.
        due: Moment,
    },
    /// Kommo's own call notice for people whose line rings and who have no tab of ours open.
    NotifyV1 {
        /// The number.
        number: PhoneKey,
        /// Whom; never nobody, since Kommo would then tell everybody.
        users: Vec<UserId>,
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
        /// When the call was missed.
        #[serde(default)]
        missed_at: Moment,
    },
    /// An open task of an earlier miss serves this one as well, if it is still open.
    JoinTaskV1 {
        /// Which.
        task: TaskId,
        /// On what it is.
        entity: Entity,
        /// When the call was missed.
        #[serde(default)]
        missed_at: Moment,
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
    /// We accepted the incoming lead: it is an ordinary lead with its contact now.
    IncomingLeadAccepted {
        /// The lead.
        lead: LeadId,
        /// The contact.
        contact: ContactId,
    },
    /// The incoming lead is accepted or declined, by us or by somebody else.
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
    /// counts how often the person vanished from Kommo), what logs is keyed by the call. `amended` counts the changes
    /// made so far, so that what once was may be said again.
    pub fn key(&self, call: &CallId, number: Option<&PhoneKey>, epoch: i64, amended: u32) -> String {
        match self {
            Self::CreateContactAndLeadV1 { .. } | Self::CreateIncomingLeadV1 { .. } => match number {
                Some(number) => format!("person/{number}/{epoch}"),
                None => format!("person/{call}"),
            },
            Self::AcceptIncomingLeadV1 { uid, .. } => format!("accept/{uid}"),
            Self::DeclineIncomingLeadV1 { uid, .. } => format!("decline/{uid}"),
            Self::CreateLeadV1 { .. } => format!("lead/{call}"),
            Self::WriteNoteV1 { .. } => format!("note/{call}"),
            Self::MoveNoteV1 { entity, .. } => format!("note/{call}/{}/{}", entity.kind().as_str(), entity.id()),
            Self::AmendNoteV1 { id, .. } => format!("amend/{call}/{id}/{amended}"),
            Self::AddNumberV1 { entity, .. } => format!("number/{call}/{}/{}", entity.kind().as_str(), entity.id()),
            Self::CreateTaskV1 { .. } => format!("task/{call}"),
            Self::JoinTaskV1 { task, .. } => format!("join/{call}/{task}"),
            Self::CompleteTaskV1 { task, .. } => format!("complete/{task}"),
            Self::CreateFollowUpV1 { .. } => format!("follow_up/{call}"),
            Self::ChangeFollowUpV1 { task, .. } => format!("follow_up/{call}/{task}/{amended}"),
            Self::NotifyV1 { users, .. } => {
                let users: Vec<String> = users.iter().map(ToString::to_string).collect();
                format!("notify/{call}/{}", users.join(","))
            }
        }
    }

    /// What it does, in words for the administrator.
    pub fn words(&self) -> &'static str {
        match self {
            Self::CreateContactAndLeadV1 { .. } => "create the contact and the lead",
            Self::CreateIncomingLeadV1 { .. } => "create the incoming lead",
            Self::AcceptIncomingLeadV1 { .. } => "accept the incoming lead",
            Self::DeclineIncomingLeadV1 { .. } => "decline the incoming lead",
            Self::CreateLeadV1 { .. } => "create the lead",
            Self::WriteNoteV1 { .. } => "write the call note",
            Self::MoveNoteV1 { .. } => "write the call note on what the manager chose",
            Self::AmendNoteV1 { .. } => "complete the call note",
            Self::AddNumberV1 { .. } => "add the number to whom the manager chose",
            Self::CreateTaskV1 { .. } => "create the follow-up task",
            Self::JoinTaskV1 { .. } => "see whether the earlier follow-up task is still open",
            Self::CompleteTaskV1 { .. } => "complete the follow-up task",
            Self::CreateFollowUpV1 { .. } => "create the follow-up of the call summary",
            Self::ChangeFollowUpV1 { .. } => "change the follow-up of the call summary",
            Self::NotifyV1 { .. } => "show Kommo's call notice to those without an open tab",
        }
    }

    /// Repeating it changes nothing, so an answer that was lost needs no search.
    pub fn is_repeatable(&self) -> bool {
        matches!(
            self,
            Self::AmendNoteV1 { .. }
                | Self::AddNumberV1 { .. }
                | Self::JoinTaskV1 { .. }
                | Self::CompleteTaskV1 { .. }
                | Self::ChangeFollowUpV1 { .. }
                | Self::AcceptIncomingLeadV1 { .. }
                | Self::DeclineIncomingLeadV1 { .. }
        )
    }

    /// It is worth something only now: it is tried once, and twice would be worse than never.
    pub fn is_momentary(&self) -> bool {
        matches!(self, Self::NotifyV1 { .. })
    }
}
