//! What an administrator chose for each kind of call, parsed and checked once.
//!
//! Every field has a default, unknown fields are refused (a typing error must not silently change nothing), and a
//! change takes effect with the next event.

use crate::ids::{PipelineId, StatusId, UserId};
use serde::{Deserialize, Serialize};

/// The settings of one account; the JSON is the widget API's `settings`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Settings {
    /// Ring in the browser.
    pub ring_sound: bool,
    /// How loud, 0 to 100, where a person has not chosen for themselves.
    #[serde(skip_serializing_if = "is_usual_volume")]
    pub ring_volume: u8,
    /// Ask the manager for result and note after a talk.
    pub call_feedback: bool,
    /// Open the client's card in the focused tab when a call comes in.
    pub open_card: bool,
    /// Ask the manager to rate the call's quality.
    pub rate_quality: RateQuality,
    /// Inbound calls from a number nobody in Kommo has.
    pub inbound_unknown: InboundUnknown,
    /// Inbound calls from a known number.
    pub inbound_known: InboundKnown,
    /// Calls nobody answered.
    pub missed: Missed,
    /// Outbound calls to a number nobody in Kommo has.
    pub outbound_unknown: OutboundUnknown,
    /// Where new leads start.
    pub new_leads: NewLeads,
    /// The country assumed for numbers written without a country code (ISO 3166, two letters).
    pub default_region: String,
    /// Pause between calls of the call list, in seconds.
    pub auto_dial_seconds: u32,
    /// Attach recordings to call notes.
    pub recordings: bool,
    /// How long calls and their traces are kept, in days.
    pub retention_days: u32,
    /// When somebody is there to call back, in the account's time zone; none: always.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub working_hours: Option<WorkingHours>,
    /// Smart forwarding: where an incoming call rings when the telephone system asks; none: the defaults.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub forwarding: Option<Forwarding>,
}

/// Heard across a room, and nobody jumps.
pub const USUAL_VOLUME: u8 = 60;

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_usual_volume(volume: &u8) -> bool {
    *volume == USUAL_VOLUME
}

/// How a question of the telephone system is answered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Forwarding {
    /// Lines that ring when nobody is known to own the caller, or nobody who is there, separated by commas. Empty:
    /// what the telephone system would have done by itself, else every line of somebody who is there.
    pub fallback: String,
    /// How long a caller we do not know yet may be looked up in Kommo, in milliseconds; 0 asks never.
    pub budget_ms: u32,
    /// How long a line rings before the fallback does, in seconds.
    pub ring_seconds: u32,
}

impl Default for Forwarding {
    fn default() -> Self {
        Self { fallback: String::new(), budget_ms: 700, ring_seconds: 25 }
    }
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            ring_sound: true,
            ring_volume: USUAL_VOLUME,
            call_feedback: true,
            open_card: false,
            rate_quality: RateQuality::Off,
            inbound_unknown: InboundUnknown::default(),
            inbound_known: InboundKnown::default(),
            missed: Missed::default(),
            outbound_unknown: OutboundUnknown::default(),
            new_leads: NewLeads::default(),
            default_region: "US".to_owned(),
            auto_dial_seconds: 10,
            recordings: true,
            retention_days: 365,
            working_hours: None,
            forwarding: None,
        }
    }
}

/// When somebody is there to call back. A call missed outside these hours may go to somebody else, and the time to
/// call back counts from the next opening.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct WorkingHours {
    /// The working days, 1 (Monday) to 7 (Sunday).
    pub days: Vec<u8>,
    /// Opening.
    pub from: TimeOfDay,
    /// Closing, later than the opening.
    pub to: TimeOfDay,
    /// Who gets the task of a call missed outside the hours; none: the same as always.
    pub responsible: Option<TaskOwner>,
    /// The user of `responsible: fixed`.
    pub fixed_user_id: Option<UserId>,
}

impl Default for WorkingHours {
    fn default() -> Self {
        Self {
            days: vec![1, 2, 3, 4, 5],
            from: TimeOfDay(9 * 60),
            to: TimeOfDay(18 * 60),
            responsible: None,
            fixed_user_id: None,
        }
    }
}

/// A time of day in minutes after midnight, written `09:30`; `24:00` is the end of the day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct TimeOfDay(pub u16);

impl TryFrom<String> for TimeOfDay {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        const WRONG: &str = "a time is written HH:MM, such as 09:30";
        let (hours, minutes) = text.split_once(':').filter(|(hours, _)| hours.len() == 2).ok_or(WRONG)?;
        let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit()).then(|| part.parse::<u16>().ok());
        let hours = digits(hours).flatten().ok_or(WRONG)?;
        let minutes = digits(minutes).flatten().filter(|value| minutes.len() == 2 && *value < 60).ok_or(WRONG)?;
        let total = hours * 60 + minutes;
        if total <= 24 * 60 { Ok(Self(total)) } else { Err(WRONG) }
    }
}

impl From<TimeOfDay> for String {
    fn from(time: TimeOfDay) -> Self {
        format!("{:02}:{:02}", time.0 / 60, time.0 % 60)
    }
}

/// Whether managers rate a call's quality.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum RateQuality {
    /// Not asked.
    Off,
    /// Asked, may be left empty.
    Optional,
    /// The summary cannot be saved without it.
    Required,
}

/// What an inbound call from an unknown number creates.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct InboundUnknown {
    /// A contact with a lead, or an incoming lead.
    pub create: CreateFor,
    /// Who accepts the incoming lead.
    pub accept: Accept,
}

impl Default for InboundUnknown {
    fn default() -> Self {
        Self { create: CreateFor::ContactAndLead, accept: Accept::Manual }
    }
}

/// What is created for an unknown caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CreateFor {
    /// A contact and a lead at once.
    ContactAndLead,
    /// An incoming lead that waits for acceptance.
    IncomingLead,
}

/// Who accepts an incoming lead.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Accept {
    /// The manager, by hand.
    Manual,
    /// We do, as soon as someone answers the call.
    OnAnswer,
}

/// Inbound calls from a known number.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct InboundKnown {
    /// Create a lead when the caller has no active one.
    pub lead_if_none_active: bool,
    /// Write the number into the note when the contact has several.
    pub number_in_note: bool,
}

impl Default for InboundKnown {
    fn default() -> Self {
        Self { lead_if_none_active: false, number_in_note: true }
    }
}

/// The follow-up of a missed call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Missed {
    /// Create a task.
    pub task: bool,
    /// When the task is due, in minutes after the call.
    pub due_minutes: u32,
    /// The task's text; empty means a sensible sentence in the account's language.
    pub text: String,
    /// Who gets the task.
    pub responsible: TaskOwner,
    /// The user of `responsible: fixed`.
    pub fixed_user_id: Option<UserId>,
}

impl Default for Missed {
    fn default() -> Self {
        Self {
            task: true,
            due_minutes: 60,
            text: String::new(),
            responsible: TaskOwner::ContactOwner,
            fixed_user_id: None,
        }
    }
}

/// Who gets the task of a missed call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TaskOwner {
    /// Who is responsible for the contact.
    ContactOwner,
    /// Who was called.
    CalledUser,
    /// Always the same user.
    Fixed,
}

/// Outbound calls to an unknown number.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct OutboundUnknown {
    /// Create a contact and a lead.
    pub contact_and_lead: bool,
}

impl Default for OutboundUnknown {
    fn default() -> Self {
        Self { contact_and_lead: true }
    }
}

/// Where new leads start; `None` is the main pipeline and its first regular stage.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct NewLeads {
    /// The pipeline.
    pub pipeline_id: Option<PipelineId>,
    /// The stage in it.
    pub status_id: Option<StatusId>,
}

/// Why settings cannot be stored; the text is shown to the administrator.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SettingsError {
    /// A field is missing its partner or outside its range.
    #[error("{field}: {reason}")]
    Field {
        /// The JSON path of the field.
        field: &'static str,
        /// What is wrong, as a sentence part.
        reason: &'static str,
    },
    /// Not the JSON of settings at all.
    #[error("{0}")]
    Malformed(String),
}

impl Settings {
    /// Reads and checks settings as they arrive from outside.
    pub fn parse(json: &str) -> Result<Self, SettingsError> {
        // A list would be read field by field.
        if !json.trim_start().starts_with('{') {
            return Err(SettingsError::Malformed("an object is expected".to_owned()));
        }
        let settings: Self = serde_json::from_str(json).map_err(|error| SettingsError::Malformed(error.to_string()))?;
        settings.check()?;
        Ok(settings)
    }

    fn check(&self) -> Result<(), SettingsError> {
        let refuse = |field, reason| Err(SettingsError::Field { field, reason });
        if self.default_region.len() != 2 || !self.default_region.bytes().all(|b| b.is_ascii_uppercase()) {
            return refuse("defaultRegion", "must be a country code of two capital letters, such as DE");
        }
        if !(1..=43_200).contains(&self.missed.due_minutes) {
            return refuse("missed.dueMinutes", "must be between 1 and 43200 minutes (30 days)");
        }
        if self.missed.text.chars().count() > 500 {
            return refuse("missed.text", "must have at most 500 characters");
        }
        if self.missed.responsible == TaskOwner::Fixed && self.missed.fixed_user_id.is_none() {
            return refuse("missed.fixedUserId", "must name a user when the task always goes to the same one");
        }
        if self.new_leads.pipeline_id.is_none() && self.new_leads.status_id.is_some() {
            return refuse("newLeads.pipelineId", "must be chosen when a stage is chosen");
        }
        if self.ring_volume > 100 {
            return refuse("ringVolume", "must be between 0 and 100");
        }
        if !(1..=3600).contains(&self.auto_dial_seconds) {
            return refuse("autoDialSeconds", "must be between 1 and 3600 seconds");
        }
        if !(1..=3650).contains(&self.retention_days) {
            return refuse("retentionDays", "must be between 1 and 3650 days");
        }
        if let Some(forwarding) = &self.forwarding {
            if forwarding.fallback.chars().count() > 500 {
                return refuse("forwarding.fallback", "must have at most 500 characters");
            }
            if forwarding.budget_ms > 2000 {
                return refuse(
                    "forwarding.budgetMs",
                    "must be at most 2000 milliseconds: the caller hears nothing meanwhile",
                );
            }
            if !(5..=120).contains(&forwarding.ring_seconds) {
                return refuse("forwarding.ringSeconds", "must be between 5 and 120 seconds");
            }
        }
        if let Some(hours) = &self.working_hours {
            if hours.days.is_empty() || hours.days.iter().any(|day| !(1..=7).contains(day)) {
                return refuse("workingHours.days", "must name at least one day, 1 (Monday) to 7 (Sunday)");
            }
            if hours.from >= hours.to {
                return refuse("workingHours.to", "must be later than the opening");
            }
            if hours.responsible == Some(TaskOwner::Fixed) && hours.fixed_user_id.is_none() {
                return refuse(
                    "workingHours.fixedUserId",
                    "must name a user when the task always goes to the same one",
                );
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const AS_DOCUMENTED: &str = r#"{"ringSound": true, "callFeedback": true, "openCard": false, "rateQuality": "off",
        "inboundUnknown": {"create": "contact_and_lead", "accept": "manual"},
        "inboundKnown": {"leadIfNoneActive": false, "numberInNote": true},
        "missed": {"task": true, "dueMinutes": 60, "text": "", "responsible": "contact_owner", "fixedUserId": null},
        "outboundUnknown": {"contactAndLead": true},
        "newLeads": {"pipelineId": null, "statusId": null},
        "defaultRegion": "US", "autoDialSeconds": 10, "recordings": true, "retentionDays": 365}"#;

    #[test]
    fn the_defaults_are_the_documented_json() {
        assert_eq!(Settings::parse("{}").ok(), Some(Settings::default()));
        assert_eq!(
            serde_json::to_value(Settings::default()).ok(),
            serde_json::from_str::<serde_json::Value>(AS_DOCUMENTED).ok()
        );
    }

    #[test]
    fn working_hours_are_read_and_written_as_times_of_day() {
        let json = r#"{"days":[1,6],"from":"08:30","to":"24:00","responsible":"called_user","fixedUserId":null}"#;
        let settings = Settings::parse(&format!(r#"{{"workingHours": {json}}}"#)).expect("settings");
        let hours = settings.working_hours.expect("hours");
        assert_eq!((hours.from, hours.to), (TimeOfDay(510), TimeOfDay(1440)));
        assert_eq!(serde_json::to_string(&hours).ok().as_deref(), Some(json));
    }

    #[test]
    fn unknown_and_impossible_fields_are_refused() {
        for bad in [
            r#"{"ringSoun": true}"#,
            r#"{"missed": {"due": 5}}"#,
            r#"{"missed": {"dueMinutes": 0}}"#,
            r#"{"missed": {"responsible": "fixed"}}"#,
            r#"{"defaultRegion": "usa"}"#,
            r#"{"newLeads": {"statusId": 1}}"#,
            r#"{"autoDialSeconds": 0}"#,
            r#"{"retentionDays": 4000}"#,
            r#"{"ringVolume": 101}"#,
            r#"{"ringVolume": -1}"#,
            r#"{"forwarding": {"budgetMs": 2001}}"#,
            r#"{"forwarding": {"ringSeconds": 4}}"#,
            r#"{"forwarding": {"to": "101"}}"#,
            r#"{"workingHours": {"days": []}}"#,
            r#"{"workingHours": {"days": [0]}}"#,
            r#"{"workingHours": {"from": "9:00"}}"#,
            r#"{"workingHours": {"from": "09:60"}}"#,
            r#"{"workingHours": {"to": "24:01"}}"#,
            r#"{"workingHours": {"from": "+9:00"}}"#,
            r#"{"workingHours": {"from": "18:00", "to": "09:00"}}"#,
            r#"{"workingHours": {"responsible": "fixed"}}"#,
            "[]",
            "",
        ] {
            assert!(Settings::parse(bad).is_err(), "{bad}");
        }
    }
}
