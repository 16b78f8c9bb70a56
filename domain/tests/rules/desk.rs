//! A desk where calls are worked off without a network: reports go in, the real rules decide, a well-behaved Kommo
//! answers, and what was written is said in the words of the tables.

use crate::cast::{self, CLIENT_READ, SATURDAY, WEDNESDAY};
use kommo_voip_domain::call::Call;
use kommo_voip_domain::ids::*;
use kommo_voip_domain::matching::{Incoming, Person};
use kommo_voip_domain::phone::Dialled;
use kommo_voip_domain::plan::{self, AccountFacts, Action, ActionResult, Colleague, Decision, Done, Facts, Feedback};
use kommo_voip_domain::settings::Settings;
use kommo_voip_domain::telephony::CallEvent;
use kommo_voip_domain::time::{Millis, Moment};
use std::collections::{BTreeMap, BTreeSet};

/// A call on the desk.
pub struct OnDesk {
    pub name: String,
    pub call: Call,
    pub done: Done,
    pub feedback: Feedback,
    /// Why nothing is written, by the last decision.
    refused: Option<&'static str>,
    due: Option<Moment>,
    began: Moment,
}

pub struct Desk {
    pub settings: Settings,
    pub users: Vec<Colleague>,
    pub lines: BTreeMap<ExtensionId, UserId>,
    pub account: AccountFacts,
    /// What Kommo really holds about the client's number.
    pub kommo: Person,
    /// What we know of it.
    known: Option<Person>,
    /// Tasks that somebody completed or deleted in Kommo.
    pub over: BTreeSet<TaskId>,
    pub manager_is_here: bool,
    pub away: Vec<UserId>,
    pub switched_off: bool,
    pub now: Moment,
    pub calls: Vec<OnDesk>,
    /// What was written since the last look.
    said: Vec<String>,
    last_id: i64,
}

impl Desk {
    pub fn new(kommo: Person) -> Self {
        Self {
            settings: Settings::default(),
            users: cast::users(),
            lines: cast::lines(),
            account: cast::account(),
            kommo,
            known: None,
            over: BTreeSet::new(),
            manager_is_here: false,
            away: vec![],
            switched_off: false,
            now: WEDNESDAY,
            calls: vec![],
            said: vec![],
            last_id: 900,
        }
    }

    /// What was written since the last look.
    pub fn said(&mut self) -> String {
        let mut said = std::mem::take(&mut self.said);
        said.extend(self.calls.iter().filter_map(|known| known.refused).map(|reason| format!("nothing ({reason})")));
        said.join("; ")
    }

    /// A call, to be changed; it is looked at with the next work.
    pub fn call(&mut self, name: &str) -> &mut OnDesk {
        let call = self.calls.iter_mut().find(|known| known.name == name).expect("a call that was heard of");
        call.due = Some(self.now);
        call
    }

    /// A report comes in, and what follows from it is done.
    pub fn hear(&mut self, name: &str, event: CallEvent) {
        let began = self.calls.iter().find(|known| known.name == name).map_or(self.now, |known| known.began);
        let event = CallEvent { call_id: ProviderCallId(name.to_owned()), started_at: began, ..event };
        match self.calls.iter_mut().find(|known| known.name == name) {
            Some(known) => {
                known.call.merge(&event, self.now);
                known.due = Some(self.now);
            }
            None => self.calls.push(OnDesk {
                name: name.to_owned(),
                call: Call::begin(CallId(name.to_owned()), "generic", &event, self.now),
                done: Done::default(),
                feedback: Feedback::default(),
                refused: None,
                due: Some(self.now),
                began,
            }),
        }
        self.work();
    }

    /// Time passes, and what becomes due is done.
    pub fn pass(&mut self, seconds: i64) {
        self.pass_millis(seconds * 1000);
    }

    pub fn pass_millis(&mut self, millis: i64) {
        let until = self.now + Millis(millis);
        while let Some(due) = self.calls.iter().filter_map(|known| known.due).min().filter(|due| *due <= until) {
            self.now = self.now.max(due);
            self.work();
        }
        self.now = until;
    }

    /// Works off the calls that are due.
    pub fn work(&mut self) {
        for index in 0..self.calls.len() {
            if self.calls[index].due.is_none_or(|due| due > self.now) {
                continue;
            }
            for step in 0.. {
                assert!(step < 30, "the decision never settles");
                if !self.step(index) {
                    break;
                }
            }
        }
    }

    fn step(&mut self, index: usize) -> bool {
        let on_desk = &self.calls[index];
        let is_line = |text: &str| self.lines.contains_key(&ExtensionId(text.to_owned()));
        let side = on_desk.call.side(is_line, cast::read);
        let formatted = match &side.other {
            Dialled::Number(_) => CLIENT_READ,
            Dialled::Short(_) | Dialled::Withheld => "",
        };
        let talked_since = self.calls.iter().any(|other| other.due.is_none() && other.call.talked_after(&on_desk.call));
        let facts = Facts {
            settings: &self.settings,
            call: &on_desk.call,
            recording: on_desk.call.recording.as_deref(),
            side: &side,
            formatted,
            lines: &self.lines,
            users: &self.users,
            account: &self.account,
            person: self.known.as_ref(),
            done: &on_desk.done,
            feedback: &on_desk.feedback,
            manager_is_here: self.manager_is_here,
            away: &self.away,
            told_of_changes: false,
            talked_since,
            switched_off: self.switched_off,
        };
        let decided = plan::decide(&facts, self.now);
        let mut due = None;
        let mut again = false;
        let mut refused = None;
        match decided.next {
            Decision::LookUp => {
                let open_task = self.known.as_ref().and_then(|known| known.open_task);
                self.known = Some(Person { read_at: self.now, open_task, ..self.kommo.clone() });
                again = true;
            }
            Decision::Act(action) => {
                let words = self.say(&action, &self.calls[index]);
                self.said.push(words);
                let result = self.perform(&action);
                let mut person = self.known.take().unwrap_or_default();
                let on_desk = &mut self.calls[index];
                plan::apply(&action, &result, &mut on_desk.done, &mut person, self.now);
                self.known = Some(person);
                again = true;
            }
            Decision::Wait(until) => due = until,
            Decision::AwaitResult => {
                let on_desk = &mut self.calls[index];
                if on_desk.feedback.awaited.is_none() {
                    self.said.push("wait for the result".to_owned());
                }
                let since = *on_desk.feedback.awaited.get_or_insert(self.now);
                due = Some(since + plan::RESULT_PATIENCE);
            }
            Decision::Delivered => {}
            Decision::NotWritten(reason) => {
                due = on_desk.call.next_change(self.now);
                refused = Some(reason);
            }
        }
        self.calls[index].refused = refused;
        self.calls[index].due = due.filter(|due| *due > self.now);
        again
    }

    fn new_id(&mut self) -> i64 {
        self.last_id += 1;
        self.last_id
    }

    /// Kommo does as it is asked.
    fn perform(&mut self, action: &Action) -> ActionResult {
        match action {
            Action::CreateContactAndLeadV1 { responsible, .. } => {
                let (contact, lead) = (self.new_id(), self.new_id());
                self.kommo.contacts = vec![cast::contact(contact, responsible.expect("an owner"), &[lead])];
                self.kommo.leads = vec![cast::lead(lead)];
                ActionResult::ContactAndLead { contact: Some(ContactId(contact)), lead: Some(LeadId(lead)) }
            }
            Action::CreateIncomingLeadV1 { .. } => {
                let uid = IncomingLeadUid("ours".into());
                let (lead, contact) = (LeadId(self.new_id()), Some(ContactId(self.new_id())));
                self.kommo.incoming = Some(Incoming {
                    uid: uid.clone(),
                    lead,
                    contact,
                    contact_name: String::new(),
                    lead_name: String::new(),
                });
                ActionResult::IncomingLead { uid, lead, contact }
            }
            Action::AcceptIncomingLeadV1 { user, .. } => {
                self.accept(*user);
                ActionResult::IncomingLeadDecided
            }
            Action::DeclineIncomingLeadV1 { .. } => {
                self.kommo.incoming = None;
                ActionResult::IncomingLeadDecided
            }
            Action::CreateLeadV1 { contact, .. } => {
                let id = LeadId(self.new_id());
                self.kommo.leads.push(cast::lead(id.0));
                match contact {
                    Some(_) => self.kommo.contacts.iter_mut().for_each(|known| known.leads.push(id)),
                    None => self.kommo.companies.iter_mut().for_each(|known| known.leads.push(id)),
                }
                ActionResult::Lead { lead: id }
            }
            Action::WriteNoteV1 { .. } | Action::MoveNoteV1 { .. } => ActionResult::Note { id: NoteId(self.new_id()) },
            Action::CreateTaskV1 { .. } | Action::CreateFollowUpV1 { .. } => {
                ActionResult::Task { id: TaskId(self.new_id()) }
            }
            Action::JoinTaskV1 { task, .. } if self.over.contains(task) => ActionResult::TaskIsOver,
            Action::JoinTaskV1 { task, .. } => ActionResult::Task { id: *task },
            Action::AmendNoteV1 { .. }
            | Action::AddNumberV1 { .. }
            | Action::ChangeFollowUpV1 { .. }
            | Action::NotifyV1 { .. }
            | Action::CompleteTaskV1 { .. } => ActionResult::Changed,
        }
    }

    /// Somebody accepts the incoming lead: its contact and lead are ordinary ones now.
    pub fn accept(&mut self, user: UserId) {
        let incoming = self.kommo.incoming.take().expect("an incoming lead that waits");
        self.kommo.contacts = vec![cast::contact(incoming.contact.expect("a contact").0, user, &[incoming.lead.0])];
        self.kommo.leads = vec![cast::lead(incoming.lead.0)];
    }

    fn user(&self, id: Option<UserId>) -> String {
        let known = self.users.iter().find(|user| Some(user.id) == id);
        known.map_or("nobody".to_owned(), |user| user.name.clone())
    }

    fn place(&self, entity: &Entity) -> String {
        let waiting = self.kommo.incoming.as_ref().map(|incoming| Entity::Leads(incoming.lead));
        match entity {
            waiting_lead if Some(*waiting_lead) == waiting => "the incoming lead".to_owned(),
            Entity::Contacts(id) if id.0 > 900 => "the new contact".to_owned(),
            Entity::Contacts(id) => format!("contact {id}"),
            Entity::Companies(id) => format!("company {id}"),
            Entity::Leads(id) if id.0 > 900 => "the new lead".to_owned(),
            Entity::Leads(id) => format!("lead {id}"),
        }
    }

    /// An action in the words of the tables. What the tables leave out is checked here: it is the same for all calls.
    fn say(&self, action: &Action, of: &OnDesk) -> String {
        let at = |pipeline: &Option<PipelineId>, status: &Option<StatusId>| match (pipeline, status) {
            (Some(PipelineId(1)), Some(StatusId(11)) | None) => String::new(),
            (Some(PipelineId(2)), Some(status)) => format!(" in Partners at stage {status}"),
            (pipeline, status) => format!(" in {pipeline:?} at {status:?}"),
        };
        match action {
            Action::CreateContactAndLeadV1 { number, contact_name, lead_name, responsible, pipeline, status } => {
                assert_eq!((number.as_str(), contact_name.as_str()), (cast::CLIENT, CLIENT_READ));
                assert!(lead_name.ends_with(CLIENT_READ), "{lead_name}");
                format!("contact and lead for {}{}", self.user(*responsible), at(pipeline, status))
            }
            Action::CreateIncomingLeadV1 { number, uniq, responsible, pipeline, .. } => {
                assert_eq!((number.as_str(), uniq), (cast::CLIENT, &of.call.call_id.0));
                format!("incoming lead for {}{}", self.user(*responsible), at(pipeline, &None))
            }
            Action::AcceptIncomingLeadV1 { user, status, .. } => {
                let pipeline = status.map(|status| PipelineId(if status.0 < 20 { 1 } else { 2 }));
                format!("accept it as {}{}", self.user(Some(*user)), at(&pipeline, status))
            }
            Action::DeclineIncomingLeadV1 { user, .. } => format!("decline it as {}", self.user(Some(*user))),
            Action::CreateLeadV1 { responsible, pipeline, status, .. } => {
                format!("lead for {}{}", self.user(*responsible), at(pipeline, status))
            }
            Action::WriteNoteV1 { entity, note } => format!("{} on {}", self.say_note(note, of), self.place(entity)),
            Action::MoveNoteV1 { entity, note } => {
                format!("{} also on {}", self.say_note(note, of), self.place(entity))
            }
            Action::AmendNoteV1 { entity, note, .. } => {
                format!("amend to {} on {}", self.say_note(note, of), self.place(entity))
            }
            Action::AddNumberV1 { entity, .. } => format!("number to {}", self.place(entity)),
            Action::CreateTaskV1 { entity, text, due, responsible, .. } => {
                let place = of.done.place(&of.feedback).expect("a note before its task");
                assert_eq!(*entity, place, "the task stands where the note does");
                assert!(text.contains(CLIENT_READ), "{text}");
                format!("task for {}{}", self.user(*responsible), self.say_due(*due, of))
            }
            Action::JoinTaskV1 { .. } => "see whether the open task serves this miss as well".to_owned(),
            Action::CompleteTaskV1 { result, .. } => format!("complete the task: {result}"),
            Action::CreateFollowUpV1 { entity, text, responsible, .. } => {
                format!("follow-up “{text}” for {} on {}", self.user(*responsible), self.place(entity))
            }
            Action::ChangeFollowUpV1 { text, .. } => format!("change the follow-up to “{text}”"),
            Action::NotifyV1 { users, .. } => {
                let users: Vec<String> = users.iter().map(|user| self.user(Some(*user))).collect();
                format!("Kommo's notice for {}", users.join(" and "))
            }
        }
    }

    fn say_note(&self, note: &kommo_voip_domain::kommo::notes::CallNote, of: &OnDesk) -> String {
        let note = note.as_read();
        let manager = plan::credited_user(&of.call, &self.lines);
        assert_eq!((note.uniq.as_str(), note.source.as_str()), (of.name.as_str(), plan::SOURCE));
        assert!(note.phone == cast::CLIENT || note.phone.is_empty(), "{}", note.phone);
        assert_eq!((note.call_responsible, note.created_by, note.responsible_user_id), (manager, manager, manager));
        assert_eq!(note.created_at, Some(of.began.seconds()));
        let mut words = format!("note {}", note.call_status.unwrap_or(0));
        if of.call.talked() {
            words.push_str(&format!(" of {} s", note.duration));
        } else {
            assert_eq!(note.duration, 0, "a miss has no talk");
        }
        if manager != Some(cast::ADA) {
            words.push_str(&format!(" credited to {}", self.user(manager)));
        }
        if let Some(text) = &note.call_result {
            words.push_str(&format!(" “{text}”"));
        }
        if note.link.is_some() {
            words.push_str(" with the recording");
        }
        words
    }

    fn say_due(&self, due: Moment, of: &OnDesk) -> String {
        // A ring whose end was never reported counts from its start.
        let ended = of.call.ended_at().unwrap_or(of.began);
        let wait = due - ended;
        if wait == Millis::minutes(60) {
            return String::new();
        }
        // Saturday is the only day on which the tables miss calls outside working hours.
        let midnight = SATURDAY.seconds() - 10 * 3600;
        let (day, minute) = ((due.seconds() - midnight).div_euclid(86_400), (due.seconds() / 60).rem_euclid(1440));
        match day {
            2 => format!(" due Monday {:02}:{:02}", minute / 60, minute % 60),
            _ => format!(" due in {} min", wait.0 / 60_000),
        }
    }
}
