use super::*;
use crate::call::{Call, Side};
use crate::ids::{CallId, ContactId, GroupId, IncomingLeadUid, LeadId, PipelineId, ProviderCallId, StatusId};
use crate::kommo::pipelines::{Status, StatusKind};
use crate::kommo::users::{Rights, ViewRight};
use crate::matching::{Incoming, KnownContact, KnownLead, OpenTask};
use crate::phone::{Dialled, PhoneKey};
use crate::protocol::{FollowUp, PutRatingRequest, PutResultRequest};
use crate::settings::{Accept, CreateFor};
use crate::telephony::Direction;
use crate::telephony::{CallEvent, ReportedStatus};
use crate::time::Millis;

fn at(seconds: i64) -> Moment {
    Moment::from_seconds(1_771_000_000 + seconds)
}

/// Everything a decision depends on, owned, to be bent by each test.
struct Case {
    settings: Settings,
    call: Call,
    side: Side,
    lines: BTreeMap<ExtensionId, UserId>,
    users: Vec<Colleague>,
    account: AccountFacts,
    person: Option<Person>,
    done: Done,
    feedback: Feedback,
    manager_is_here: bool,
    away: Vec<UserId>,
    talked_since: bool,
    switched_off: bool,
}

fn report(status: ReportedStatus) -> CallEvent {
    CallEvent {
        call_id: ProviderCallId("c".into()),
        from: "+49305550100".into(),
        to: "101".into(),
        direction: None,
        extension: Some(ExtensionId("101".into())),
        status,
        started_at: at(0),
        answered_at: None,
        ended_at: None,
        talk_seconds: (status == ReportedStatus::Completed).then_some(30),
        recording: None,
        dial: None,
    }
}

fn user(id: i64, is_active: bool, is_admin: bool) -> Colleague {
    let view = ViewRight::All;
    Colleague {
        id: UserId(id),
        name: format!("User {id}"),
        email: String::new(),
        is_active,
        is_admin,
        group: None,
        view: Rights {
            leads: view,
            contacts: view,
            companies: view,
            is_admin,
            add_contacts: true,
            is_free: false,
            is_active,
            group_id: None,
        },
    }
}

/// An incoming lead that waits for acceptance.
fn incoming(contact: Option<ContactId>) -> Incoming {
    Incoming {
        uid: IncomingLeadUid("u".into()),
        lead: LeadId(70),
        contact,
        contact_name: String::new(),
        lead_name: String::new(),
    }
}

fn case(statuses: &[ReportedStatus]) -> Case {
    let mut call = Call::begin(CallId("k".into()), "generic", &report(statuses[0]), at(0));
    for status in &statuses[1..] {
        call.merge(&report(*status), at(1));
    }
    let status = |id, sort, kind| Status { id: StatusId(id), name: format!("S{id}"), sort, kind };
    let pipeline = Pipeline {
        id: PipelineId(1),
        name: "Sales".into(),
        sort: 1,
        is_main: true,
        is_archive: false,
        is_unsorted_on: true,
        statuses: vec![
            status(10, 0, StatusKind::Incoming),
            status(12, 20, StatusKind::Regular),
            status(11, 10, StatusKind::Regular),
            status(142, 10_000, StatusKind::Regular),
        ],
    };
    Case {
        settings: Settings::default(),
        call,
        side: Side { direction: Direction::Inbound, other: Dialled::Number(PhoneKey::parse("+49305550100").unwrap()) },
        lines: [(ExtensionId("101".into()), UserId(1))].into(),
        users: vec![user(1, true, false), user(2, true, true)],
        account: AccountFacts {
            language: "en".into(),
            currency: None,
            incoming_leads: true,
            pipelines: vec![pipeline],
            utc_offset_minutes: 0,
            time_zone: None,
        },
        person: Some(Person { read_at: at(0), ..Person::default() }),
        done: Done::default(),
        feedback: Feedback::default(),
        manager_is_here: false,
        away: vec![],
        talked_since: false,
        switched_off: false,
    }
}

impl Case {
    fn decide(&self, now: Moment) -> Decision {
        self.with_facts(|facts| decide(facts, now).next)
    }

    fn with_facts<T>(&self, ask: impl FnOnce(&Facts<'_>) -> T) -> T {
        ask(&Facts {
            settings: &self.settings,
            call: &self.call,
            recording: self.call.recording.as_deref(),
            side: &self.side,
            formatted: "+49 30 5550100",
            lines: &self.lines,
            users: &self.users,
            account: &self.account,
            person: self.person.as_ref(),
            done: &self.done,
            feedback: &self.feedback,
            manager_is_here: self.manager_is_here,
            away: &self.away,
            told_of_changes: false,
            talked_since: self.talked_since,
            switched_off: self.switched_off,
        })
    }

    fn act(&self, now: Moment) -> Action {
        match self.decide(now) {
            Decision::Act(action) => *action,
            other => panic!("expected an action, got {other:?}"),
        }
    }

    fn known(mut self, leads: &[i64]) -> Self {
        self.person = Some(Person {
            contacts: vec![KnownContact {
                id: ContactId(5),
                name: "Nora".into(),
                owner: UserId(2),
                group: GroupId(0),
                company: None,
                leads: leads.iter().copied().map(LeadId).collect(),
                phone_count: 1,
                updated_at: 0,
            }],
            leads: leads
                .iter()
                .map(|id| KnownLead {
                    id: LeadId(*id),
                    name: "Roof".into(),
                    price: 1,
                    status: StatusId(11),
                    pipeline: PipelineId(1),
                    owner: UserId(2),
                    group: GroupId(0),
                    next_task_at: None,
                })
                .collect(),
            read_at: at(0),
            ..Person::default()
        });
        self
    }

    fn noted(mut self, now: Moment) -> Self {
        match self.act(now) {
            Action::WriteNoteV1 { entity, note } => self.done.note = Some(WrittenNote { entity, id: NoteId(9), note }),
            other => panic!("expected a note, got {other:?}"),
        }
        self
    }
}

use ReportedStatus::{Answered, Busy, Cancelled, Completed, Failed, Missed, Ringing, Voicemail};

#[test]
fn whoever_talked_with_the_caller_since_need_not_call_back() {
    let mut case = case(&[Ringing, Missed]).known(&[7]).noted(at(10));
    assert!(matches!(case.act(at(10)), Action::CreateTaskV1 { .. }));
    case.talked_since = true;
    assert_eq!(case.decide(at(10)), Decision::Delivered);
}

#[test]
fn a_ringing_call_is_looked_up_once_and_then_waits() {
    let mut case = case(&[Ringing]);
    assert!(matches!(case.decide(at(1)), Decision::Wait(Some(_))));
    case.person = None;
    assert_eq!(case.decide(at(1)), Decision::LookUp);
}

#[test]
fn an_unknown_caller_gets_contact_and_lead_as_soon_as_someone_answers() {
    let Action::CreateContactAndLeadV1 { responsible, pipeline, status, contact_name, .. } =
        case(&[Ringing, Answered]).act(at(2))
    else {
        panic!("not created")
    };
    assert_eq!((responsible, pipeline, status), (Some(UserId(1)), Some(PipelineId(1)), Some(StatusId(11))));
    assert_eq!(contact_name, "+49 30 5550100");
}

#[test]
fn a_contact_asked_for_on_the_card_is_created_at_once_as_the_one_the_settings_would_create() {
    let number = PhoneKey::parse("+49305550100");
    let key = |action: &Action| action.key(&CallId("k".into()), number.as_ref(), 0, 0);
    for create in [CreateFor::ContactAndLead, CreateFor::IncomingLead] {
        for statuses in [&[Ringing][..], &[Ringing, Answered], &[Ringing, Missed]] {
            let mut case = case(statuses);
            case.settings.inbound_unknown.create = create;
            case.feedback.want_contact(UserId(2), Some("Nora Klein".into())).unwrap();
            let action = case.act(at(1));
            let Action::CreateContactAndLeadV1 { responsible, contact_name, .. } = &action else {
                panic!("{action:?}")
            };
            assert_eq!((*responsible, contact_name.as_str()), (Some(UserId(2)), "Nora Klein"));
            assert_eq!(key(&action), key(&case_of_settings(create)), "whichever comes first is the only one");
        }
    }
}

/// What the settings create for an unknown caller after the call.
fn case_of_settings(create: CreateFor) -> Action {
    let mut case = case(&[Ringing, Answered, Completed]);
    case.settings.inbound_unknown.create = create;
    case.act(at(10))
}

#[test]
fn a_contact_asked_for_is_not_created_for_whoever_is_known_waits_or_was_created_already() {
    let wanting = || {
        let mut case = case(&[Ringing]);
        case.feedback.want_contact(UserId(2), None).unwrap();
        case
    };
    assert!(matches!(wanting().known(&[7]).decide(at(1)), Decision::Wait(_)));
    let mut waits = wanting();
    waits.person = Some(Person { incoming: Some(incoming(None)), read_at: at(0), ..Person::default() });
    assert!(matches!(waits.decide(at(1)), Decision::Wait(_)));
    let mut created = wanting();
    created.done.created = true;
    assert!(matches!(created.decide(at(1)), Decision::Wait(_)), "whom somebody deleted since does not come back");
    let mut unasked = wanting();
    unasked.person = None;
    assert_eq!(unasked.decide(at(1)), Decision::LookUp, "nobody is created before Kommo was asked");
}

#[test]
fn a_known_callers_note_goes_to_the_only_active_lead() {
    for (leads, target) in [
        (&[][..], Entity::Contacts(ContactId(5))),
        (&[7][..], Entity::Leads(LeadId(7))),
        (&[7, 8][..], Entity::Contacts(ContactId(5))),
    ] {
        let Action::WriteNoteV1 { entity, note } = case(&[Ringing, Answered, Completed]).known(leads).act(at(2)) else {
            panic!("no note")
        };
        assert_eq!(entity, target);
        assert_eq!((note.duration, note.call_status, note.call_responsible), (30, Some(4), Some(UserId(1))));
        assert_eq!(note.uniq, "c");
    }
}

#[test]
fn every_kind_of_miss_is_a_note_of_zero_seconds_and_a_task() {
    for (status, call_status) in [(Missed, 6), (Busy, 7), (Cancelled, 6), (Failed, 6), (Voicemail, 6)] {
        let case = case(&[Ringing, status]).known(&[7]);
        assert!(matches!(case.decide(at(2)), Decision::Wait(Some(_))), "settling");
        let Action::WriteNoteV1 { note, .. } = case.act(at(10)) else { panic!("no note") };
        assert_eq!((note.duration, note.call_status), (0, Some(call_status)));
        let case = case.noted(at(10));
        let Action::CreateTaskV1 { entity, responsible, due, .. } = case.act(at(10)) else { panic!("no task") };
        assert_eq!((entity, responsible), (Entity::Leads(LeadId(7)), Some(UserId(2))));
        assert_eq!(due, at(1) + Millis::minutes(60));
    }
}

#[test]
fn a_talk_leaves_no_task_and_is_delivered_with_its_note() {
    let case = case(&[Ringing, Completed]).known(&[7]).noted(at(2));
    assert_eq!(case.decide(at(2)), Decision::Delivered);
}

#[test]
fn what_becomes_known_later_amends_the_note_where_it_is() {
    let mut case = case(&[Ringing, Completed]).known(&[7]).noted(at(2));
    case.call.recording = Some("https://pbx.example/1.mp3".into());
    case.person = Some(Person::default());
    let Action::AmendNoteV1 { entity, id, note } = case.act(at(99_999)) else { panic!("not amended") };
    assert_eq!((entity, id), (Entity::Leads(LeadId(7)), NoteId(9)));
    assert_eq!(note.link.as_deref(), Some("https://pbx.example/1.mp3"));
}

#[test]
fn a_late_answer_completes_the_task_of_the_miss() {
    let mut case = case(&[Ringing, Missed]).known(&[7]).noted(at(10));
    case.done.task = Some(TaskId(3));
    assert_eq!(case.decide(at(10)), Decision::Delivered);
    case.call.merge(&report(Completed), at(20));
    assert!(matches!(case.act(at(20)), Action::AmendNoteV1 { .. }));
    if let Action::AmendNoteV1 { note, .. } = case.act(at(20))
        && let Some(written) = &mut case.done.note
    {
        written.note = note;
    }
    assert!(matches!(case.act(at(20)), Action::CompleteTaskV1 { task: TaskId(3), .. }));
    case.done.task_completed = true;
    assert_eq!(case.decide(at(20)), Decision::Delivered);
}

#[test]
fn several_misses_share_one_open_task() {
    let mut case = case(&[Ringing, Missed]).known(&[7]).noted(at(10));
    let open = OpenTask { id: TaskId(3), entity: Entity::Contacts(ContactId(5)), since: Moment(0) };
    if let Some(person) = &mut case.person {
        person.open_task = Some(open);
    }
    let missed_at = case.call.ended_at().unwrap();
    let join = Action::JoinTaskV1 { task: TaskId(3), entity: open.entity, missed_at };
    assert_eq!(case.act(at(10)), join);
    let mut person = case.person.clone().unwrap();
    super::apply(&join, &ActionResult::Task { id: TaskId(3) }, &mut case.done, &mut person, at(10));
    assert_eq!(person.open_task, Some(OpenTask { since: missed_at, ..open }), "an earlier talk does not end it");
    assert_eq!(case.decide(at(10)), Decision::Delivered);
}

/// Found by seed 1089 of the virtual soak.
#[test]
fn the_talk_of_an_earlier_call_leaves_the_task_to_a_later_miss() {
    let mut case = case(&[Ringing, Completed]).known(&[7]).noted(at(2));
    let contact = Entity::Contacts(ContactId(7));
    let join = |missed_at| Action::JoinTaskV1 { task: TaskId(3), entity: contact, missed_at };
    let mut person = case.person.clone().unwrap();
    person.open_task = Some(OpenTask { id: TaskId(3), entity: contact, since: Moment(0) });
    // One of its lines was missed before another one answered.
    super::apply(&join(at(5)), &ActionResult::Task { id: TaskId(3) }, &mut case.done, &mut person, at(10));
    case.person = Some(person.clone());
    assert!(matches!(case.act(at(11)), Action::CompleteTaskV1 { .. }), "the call's own miss is answered");
    super::apply(&join(at(60)), &ActionResult::Task { id: TaskId(3) }, &mut Done::default(), &mut person, at(12));
    case.person = Some(person);
    assert_eq!(case.decide(at(12)), Decision::Delivered, "whoever called again later still waits");
}

#[test]
fn any_later_talk_completes_the_open_task() {
    for direction in [Direction::Inbound, Direction::Outbound] {
        let mut case = case(&[Ringing, Completed]).known(&[7]);
        case.side.direction = direction;
        let mut case = case.noted(at(2));
        if let Some(person) = &mut case.person {
            person.open_task =
                Some(OpenTask { id: TaskId(3), entity: Entity::Contacts(ContactId(5)), since: Moment(0) });
        }
        let Action::CompleteTaskV1 { task, result } = case.act(at(2)) else { panic!("not completed") };
        assert_eq!((task, result.as_str()), (TaskId(3), "User 1 has talked with the caller"));
    }
}

#[test]
fn an_incoming_lead_is_created_at_the_end_or_on_answer_by_setting() {
    let mut case = case(&[Ringing, Answered]);
    case.settings.inbound_unknown.create = CreateFor::IncomingLead;
    assert!(matches!(case.decide(at(2)), Decision::Wait(_)));
    case.settings.inbound_unknown.accept = Accept::OnAnswer;
    assert!(matches!(case.act(at(2)), Action::CreateIncomingLeadV1 { .. }));
    case.account.incoming_leads = false;
    assert!(matches!(case.act(at(2)), Action::CreateContactAndLeadV1 { .. }));
}

#[test]
fn calls_before_acceptance_are_noted_on_the_embedded_lead() {
    let mut case = case(&[Ringing, Missed]);
    let incoming = incoming(Some(ContactId(50)));
    case.person = Some(Person { incoming: Some(incoming), read_at: at(0), ..Person::default() });
    let Action::WriteNoteV1 { entity, .. } = case.act(at(10)) else { panic!("no note") };
    assert_eq!(entity, Entity::Leads(LeadId(70)));
}

#[test]
fn a_declined_incoming_lead_is_not_created_again() {
    let mut case = case(&[Ringing, Missed]);
    case.settings.inbound_unknown.create = CreateFor::IncomingLead;
    assert!(matches!(case.act(at(10)), Action::CreateIncomingLeadV1 { .. }));
    case.done.incoming = Some(IncomingLeadUid("u".into()));
    assert_eq!(case.decide(at(10)), Decision::NotWritten("its incoming lead was declined"));
}

#[test]
fn an_answered_incoming_lead_is_accepted_by_who_answered() {
    let mut case = case(&[Ringing, Answered]);
    case.settings.inbound_unknown.create = CreateFor::IncomingLead;
    case.settings.inbound_unknown.accept = Accept::OnAnswer;
    let incoming = incoming(None);
    case.person = Some(Person { incoming: Some(incoming), read_at: at(0), ..Person::default() });
    let Action::AcceptIncomingLeadV1 { user, status, .. } = case.act(at(2)) else { panic!("not accepted") };
    assert_eq!((user, status), (UserId(1), Some(StatusId(11))));
}

#[test]
fn outbound_to_a_new_number_creates_unless_it_failed_or_the_settings_say_no() {
    let outbound = |statuses: &[ReportedStatus]| {
        let mut case = case(statuses);
        case.side.direction = Direction::Outbound;
        case
    };
    assert!(matches!(outbound(&[Ringing, Missed]).act(at(10)), Action::CreateContactAndLeadV1 { .. }));
    assert!(matches!(outbound(&[Ringing, Failed]).decide(at(10)), Decision::NotWritten(_)));
    let mut unwanted = outbound(&[Ringing, Completed]);
    unwanted.settings.outbound_unknown.contact_and_lead = false;
    assert!(matches!(unwanted.decide(at(10)), Decision::NotWritten(_)));
    let missed = outbound(&[Ringing, Missed]).known(&[7]).noted(at(10));
    assert_eq!(missed.decide(at(10)), Decision::Delivered, "no task for a call of our own");
}

#[test]
fn a_lead_is_created_for_a_known_caller_without_one_when_the_settings_want_it() {
    let mut case = case(&[Ringing, Completed]).known(&[]);
    case.settings.inbound_known.lead_if_none_active = true;
    let Action::CreateLeadV1 { contact, responsible, .. } = case.act(at(2)) else { panic!("no lead") };
    assert_eq!((contact, responsible), (Some(ContactId(5)), Some(UserId(2))));
    assert!(matches!(case.known(&[7]).act(at(2)), Action::WriteNoteV1 { .. }));
}

#[test]
fn the_number_stands_first_in_the_note_of_somebody_with_several() {
    let mut case = case(&[Ringing, Completed]).known(&[7]);
    if let Some(person) = &mut case.person {
        person.contacts[0].phone_count = 2;
    }
    let result = |case: &Case| match case.act(at(2)) {
        Action::WriteNoteV1 { note, .. } => note.call_result,
        other => panic!("{other:?}"),
    };
    assert_eq!(result(&case).as_deref(), Some("+49 30 5550100"));
    case.settings.inbound_known.number_in_note = false;
    assert_eq!(result(&case), None);
}

#[test]
fn an_unmapped_line_is_named_in_the_note_and_credited_to_nobody() {
    let mut case = case(&[Ringing, Completed]).known(&[7]);
    case.lines.clear();
    let Action::WriteNoteV1 { note, .. } = case.act(at(2)) else { panic!("no note") };
    assert_eq!(note.call_responsible, None);
    assert_eq!(note.call_result.as_deref(), Some("Line without a user in the VoIP settings: 101"));
}

#[test]
fn a_deactivated_owner_gives_way_to_the_called_user_and_then_to_an_admin() {
    let mut case = case(&[Ringing, Missed]).known(&[7]).noted(at(10));
    let owner = |case: &Case| match case.act(at(10)) {
        Action::CreateTaskV1 { responsible, .. } => responsible,
        other => panic!("{other:?}"),
    };
    case.users = vec![user(1, true, false), user(2, false, false), user(3, true, true)];
    assert_eq!(owner(&case), Some(UserId(1)));
    case.users[0].is_active = false;
    assert_eq!(owner(&case), Some(UserId(3)));
}

#[test]
fn some_calls_are_not_written_and_say_why() {
    let mut off = case(&[Ringing, Completed]);
    off.switched_off = true;
    assert_eq!(off.decide(at(9)), Decision::NotWritten("switched off"));
    let mut internal = case(&[Ringing, Completed]);
    internal.side.direction = Direction::Internal;
    assert_eq!(internal.decide(at(9)), Decision::NotWritten("internal call"));
    let mut withheld = case(&[Ringing, Completed]);
    withheld.side.other = Dialled::Withheld;
    assert_eq!(withheld.decide(at(9)), Decision::NotWritten("number withheld"));
}

/// A talk with a known caller who has one active lead, over, with the manager's tab open.
fn talk_with_tab() -> Case {
    Case { manager_is_here: true, ..case(&[Ringing, Completed]).known(&[7]) }
}

fn result(entity: Option<Entity>) -> PutResultRequest {
    PutResultRequest { call_status: 2, text: "Wants an offer.".into(), entity, task: None }
}

#[test]
fn the_note_waits_for_the_manager_who_could_answer() {
    let case = talk_with_tab();
    assert_eq!(case.decide(at(2)), Decision::AwaitResult);
    let unwanted = Settings { call_feedback: false, ..Settings::default() };
    assert!(matches!(Case { settings: unwanted, ..talk_with_tab() }.act(at(2)), Action::WriteNoteV1 { .. }));
    assert!(matches!(Case { manager_is_here: false, ..talk_with_tab() }.act(at(2)), Action::WriteNoteV1 { .. }));
    let waiting = Feedback { awaited: Some(at(2)), ..Feedback::default() };
    // A tab that is being loaded anew is not there for a moment.
    let case = Case { feedback: waiting.clone(), manager_is_here: false, ..talk_with_tab() };
    assert_eq!(case.decide(at(121)), Decision::AwaitResult);
    assert!(matches!(case.act(at(122)), Action::WriteNoteV1 { .. }));
    let cancelled = Case { feedback: Feedback { cancelled: true, ..waiting }, ..talk_with_tab() };
    assert!(matches!(cancelled.act(at(3)), Action::WriteNoteV1 { .. }));
    let missed = Case { manager_is_here: true, ..case_of_a_miss() };
    assert!(matches!(missed.act(at(10)), Action::WriteNoteV1 { .. }));
}

fn case_of_a_miss() -> Case {
    case(&[Ringing, Missed]).known(&[7])
}

#[test]
fn the_result_and_the_rating_stand_in_the_only_note() {
    let mut case = talk_with_tab();
    case.feedback.save(UserId(1), result(None), None).unwrap();
    case.feedback.rate(UserId(1), PutRatingRequest { score: 4, reason: Some("crackling".into()) }).unwrap();
    let Action::WriteNoteV1 { note, entity } = case.act(at(2)) else { panic!("no note") };
    assert_eq!((entity, note.call_status), (Entity::Leads(LeadId(7)), Some(2)));
    assert_eq!(note.call_result.as_deref(), Some("Wants an offer. Quality 4/5: crackling"));
}

#[test]
fn a_result_after_the_note_amends_it() {
    let mut case = case(&[Ringing, Completed]).known(&[7]).noted(at(2));
    case.feedback.save(UserId(1), result(None), None).unwrap();
    let Action::AmendNoteV1 { note, .. } = case.act(at(99)) else { panic!("not amended") };
    assert_eq!((note.call_status, note.call_result.as_deref()), (Some(2), Some("Wants an offer.")));
}

#[test]
fn a_text_that_is_taken_back_is_emptied_once() {
    let mut case = case(&[Ringing, Completed]).known(&[7]);
    case.feedback.save(UserId(1), result(None), None).unwrap();
    assert_eq!(run(&mut case, at(2)).len(), 1);
    case.feedback.save(UserId(1), PutResultRequest { text: String::new(), ..result(None) }, None).unwrap();
    let did = run(&mut case, at(3));
    let [Action::AmendNoteV1 { note, .. }] = did.as_slice() else { panic!("{did:?}") };
    assert_eq!(note.call_result.as_deref(), Some(""));
    assert!(run(&mut case, at(4)).is_empty());
}

/// Does what is decided until nothing is left, as Kommo would answer; gives what was done.
fn run(case: &mut Case, now: Moment) -> Vec<Action> {
    let mut did = vec![];
    for id in 100.. {
        let Decision::Act(action) = case.decide(now) else { break };
        let result = match &*action {
            Action::WriteNoteV1 { .. } | Action::MoveNoteV1 { .. } => ActionResult::Note { id: NoteId(id) },
            Action::CreateTaskV1 { .. } | Action::CreateFollowUpV1 { .. } => ActionResult::Task { id: TaskId(id) },
            Action::DeclineIncomingLeadV1 { .. } => ActionResult::IncomingLeadDecided,
            _ => ActionResult::Changed,
        };
        let mut person = case.person.clone().unwrap_or_default();
        apply(&action, &result, &mut case.done, &mut person, now);
        case.person = Some(Person { read_at: now, ..person });
        did.push(*action);
        assert!(did.len() < 20, "{did:?}");
    }
    did
}

#[test]
fn a_moved_call_is_written_where_it_belongs_and_the_old_note_says_so() {
    let mut case = case(&[Ringing, Completed]).known(&[7]);
    case.call.recording = Some("https://pbx.example/1.mp3".into());
    let mut case = case.noted(at(2));
    let lead = Entity::Leads(LeadId(70));
    case.feedback.save(UserId(1), result(Some(lead)), None).unwrap();
    let did = run(&mut case, at(60));
    let [Action::MoveNoteV1 { entity, note }, Action::AmendNoteV1 { id, note: old, .. }] = did.as_slice() else {
        panic!("{did:?}")
    };
    assert_eq!((*entity, note.link.is_some(), *id), (lead, true, NoteId(9)));
    assert_eq!((old.link.as_deref(), old.call_result.as_deref()), (Some(""), Some("Moved to lead 70")));
    assert_eq!(case.done.place(&case.feedback), Some(lead));

    // And back again: no third note, the two change places.
    case.feedback.save(UserId(1), result(Some(Entity::Leads(LeadId(7)))), None).unwrap();
    let did = run(&mut case, at(61));
    let [Action::AmendNoteV1 { id: first, note, .. }, Action::AmendNoteV1 { note: old, .. }] = did.as_slice() else {
        panic!("{did:?}")
    };
    assert_eq!((*first, note.link.is_some(), old.call_result.as_deref()), (NoteId(9), true, Some("Moved to lead 7")));
}

#[test]
fn choosing_somebody_else_for_a_strangers_call_gives_them_the_number_and_declines_the_incoming_lead() {
    let incoming = incoming(Some(ContactId(50)));
    let mut case = case(&[Ringing, Completed]);
    case.person = Some(Person { incoming: Some(incoming), read_at: at(0), ..Person::default() });
    let contact = Entity::Contacts(ContactId(5));
    case.feedback.save(UserId(1), result(Some(contact)), None).unwrap();
    let did = run(&mut case, at(2));
    let [
        Action::WriteNoteV1 { entity, .. },
        Action::AddNumberV1 { entity: numbered, .. },
        Action::DeclineIncomingLeadV1 { user, .. },
    ] = did.as_slice()
    else {
        panic!("{did:?}")
    };
    assert_eq!((*entity, *numbered, *user), (contact, contact, UserId(1)));
    assert_eq!(case.decide(at(3)), Decision::Delivered);
}

#[test]
fn a_number_that_belongs_to_somebody_stays_theirs() {
    let mut case = case(&[Ringing, Completed]).known(&[7]);
    case.feedback.save(UserId(1), result(Some(Entity::Contacts(ContactId(6)))), None).unwrap();
    let did = run(&mut case, at(2));
    assert!(matches!(did.as_slice(), [Action::WriteNoteV1 { .. }]), "{did:?}");
}

#[test]
fn a_withheld_number_is_written_only_where_the_manager_says() {
    let mut case = talk_with_tab();
    case.side.other = Dialled::Withheld;
    assert_eq!(case.decide(at(2)), Decision::AwaitResult);
    case.feedback.save(UserId(1), result(Some(Entity::Leads(LeadId(7)))), None).unwrap();
    let did = run(&mut case, at(2));
    let [Action::WriteNoteV1 { note, .. }] = did.as_slice() else { panic!("{did:?}") };
    assert_eq!(note.phone, "");
}

#[test]
fn the_managers_follow_up_is_one_task_that_may_change() {
    let mut case = case(&[Ringing, Completed]).known(&[7]);
    let wish = |text: &str| Some(FollowUp { text: text.into(), complete_till: 1_771_100_000 });
    case.feedback.save(UserId(1), PutResultRequest { task: wish("Call"), ..result(None) }, None).unwrap();
    let did = run(&mut case, at(2));
    assert!(matches!(&did[1], Action::CreateFollowUpV1 { responsible: Some(UserId(1)), .. }), "{did:?}");
    case.feedback.save(UserId(1), PutResultRequest { task: wish("Call twice"), ..result(None) }, None).unwrap();
    let did = run(&mut case, at(3));
    assert!(matches!(did.as_slice(), [Action::ChangeFollowUpV1 { .. }]), "{did:?}");
    assert!(run(&mut case, at(4)).is_empty());
}

#[test]
fn kommo_shows_the_call_to_those_without_a_tab_once_and_never_to_nobody() {
    let mut case = case(&[Ringing]).known(&[7]);
    assert!(matches!(case.decide(at(0)), Decision::Wait(_)));
    case.away = vec![UserId(1)];
    let did = run(&mut case, at(0));
    let [Action::NotifyV1 { users, .. }] = did.as_slice() else { panic!("{did:?}") };
    assert_eq!(users, &[UserId(1)]);
    case.call.merge(&report(Answered), at(1));
    case.done.notified.clear();
    assert!(!matches!(case.decide(at(1)), Decision::Act(_)), "nobody is called once somebody talks");
}

#[test]
fn an_incoming_lead_is_accepted_by_who_says_so_on_the_card() {
    let mut case = case(&[Ringing]);
    let incoming = incoming(None);
    case.person = Some(Person { incoming: Some(incoming), read_at: at(0), ..Person::default() });
    case.feedback.accepted_by = Some(UserId(2));
    assert!(matches!(case.act(at(0)), Action::AcceptIncomingLeadV1 { user: UserId(2), .. }));
}

#[test]
fn outside_working_hours_somebody_else_calls_back_after_the_opening() {
    // The calls of these tests are missed on Friday 13 February 2026 at 16:26 UTC.
    let hours = |json: &str| Settings::parse(&format!(r#"{{"workingHours": {json}}}"#)).unwrap();
    let task = |settings: Settings| {
        let case = Case { settings, ..case_of_a_miss() }.noted(at(10));
        match case.act(at(10)) {
            Action::CreateTaskV1 { due, responsible, .. } => (due, responsible),
            other => panic!("{other:?}"),
        }
    };
    let hour = Millis::minutes(60);
    assert_eq!(task(hours(r#"{"from": "09:00", "to": "18:00"}"#)), (at(1) + hour, Some(UserId(2))));
    let closed = hours(r#"{"from": "09:00", "to": "12:00", "responsible": "called_user"}"#);
    let monday_nine = Moment::from_seconds(1_771_232_400);
    assert_eq!(task(closed), (monday_nine + hour, Some(UserId(1))));
}

#[test]
fn a_replay_shows_what_todays_rules_would_do_otherwise() {
    let mut case = case_of_a_miss();
    let basis = case.person.clone().unwrap();
    let did = run(&mut case, at(10));
    let answer = |action: &Action| match action {
        Action::WriteNoteV1 { .. } => ActionResult::Note { id: NoteId(100) },
        _ => ActionResult::Task { id: TaskId(101) },
    };
    let past: Vec<_> = did.into_iter().map(|action| (action.clone(), answer(&action))).collect();
    let replayed = |case: &Case| case.with_facts(|facts| replay::replay(facts, &basis, &past, at(99)));
    let same = replayed(&case);
    assert!(!same.differs && same.was.len() == 2, "{same:?}");
    case.settings.missed.task = false;
    let other = replayed(&case);
    assert!(other.differs && other.would.len() == 1, "{other:?}");
    case.settings.missed.task = true;
    case.switched_off = true;
    assert_eq!(replayed(&case).would[0].what, "Nothing is written.");
}

#[test]
fn settings_that_name_what_is_gone_are_told() {
    let mut case = case(&[Ringing]);
    let told = |case: &Case| {
        let found = advice::advice(&case.settings, &case.account, &case.users);
        found.into_iter().map(|advice| advice.field).collect::<Vec<_>>()
    };
    assert!(told(&case).is_empty());
    case.settings.new_leads.pipeline_id = Some(PipelineId(9));
    case.settings.missed.responsible = crate::settings::TaskOwner::Fixed;
    case.settings.missed.fixed_user_id = Some(UserId(9));
    assert_eq!(told(&case), ["newLeads.pipelineId", "missed.fixedUserId"]);
    case.settings.new_leads.pipeline_id = Some(PipelineId(1));
    case.settings.new_leads.status_id = Some(StatusId(99));
    case.settings.missed.fixed_user_id = Some(UserId(1));
    assert_eq!(told(&case), ["newLeads.statusId"]);
    case.settings.new_leads.status_id = None;
    case.users[0].is_active = false;
    case.settings.inbound_unknown.create = CreateFor::IncomingLead;
    case.account.incoming_leads = false;
    assert_eq!(told(&case), ["missed.fixedUserId", "inboundUnknown.create"]);
}
