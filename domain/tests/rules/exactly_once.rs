//! Each effect happens exactly once, for any schedule of errors, time-outs, lost answers and deaths of the process.

use crate::cast::{self, ADA, OLGA, Who, inbound, outbound};
use crate::kommo::Books;
use crate::shell::{Fault, Shell};
use kommo_voip_domain::ids::{ContactId, Entity, ProviderCallId};
use kommo_voip_domain::protocol::{FollowUp, PutResultRequest};
use kommo_voip_domain::settings::{Accept, CreateFor, Settings};
use kommo_voip_domain::telephony::{CallEvent, Direction, ReportedStatus};
use kommo_voip_domain::time::{Millis, Moment};
use proptest::prelude::*;
use proptest::sample::Index;
use proptest::test_runner::FileFailurePersistence;

const WISH: &str = "Send offer";

/// Something that happens in the account's day.
#[derive(Debug, Clone)]
enum Happening {
    Talk(Direction),
    Miss(ReportedStatus),
    /// The recording of an earlier call arrives.
    Recording(Index),
    /// An earlier miss turns out to have been a talk.
    LateAnswer(Index),
    /// A manager saves a result, perhaps with a follow-up.
    Result(Index, u8, bool),
    /// A manager moves an earlier call.
    Move(Index, i64),
    /// A manager asks for the caller's contact on the card.
    Contact(Index),
}

fn happening() -> impl Strategy<Value = Happening> {
    let miss = prop::sample::select(vec![ReportedStatus::Missed, ReportedStatus::Busy, ReportedStatus::Voicemail]);
    let call = any::<Index>;
    prop_oneof![
        3 => prop::sample::select(vec![Direction::Inbound, Direction::Outbound]).prop_map(Happening::Talk),
        3 => miss.prop_map(Happening::Miss),
        1 => call().prop_map(Happening::Recording),
        1 => call().prop_map(Happening::LateAnswer),
        1 => (call(), 1..=7u8, any::<bool>()).prop_map(|(call, status, task)| Happening::Result(call, status, task)),
        1 => (call(), 55..57i64).prop_map(|(call, contact)| Happening::Move(call, contact)),
        1 => call().prop_map(Happening::Contact),
    ]
}

/// Whether a call was moved before or after its note was written depends on when Kommo answered, and so does who was
/// known already when a contact was asked for: where several things happen at once, nobody does either.
fn unmoved() -> impl Strategy<Value = Happening> {
    happening().prop_map(|happening| match happening {
        Happening::Move(call, _) | Happening::Contact(call) => Happening::Recording(call),
        other => other,
    })
}

fn fault() -> impl Strategy<Value = Fault> {
    prop_oneof![
        6 => Just(Fault::None),
        1 => Just(Fault::RateLimited),
        1 => Just(Fault::Blocked),
        1 => Just(Fault::ErrorBefore),
        2 => Just(Fault::ErrorAfter),
        1 => Just(Fault::DropBefore),
        2 => Just(Fault::DropAfter),
        2 => (1..30u8).prop_map(Fault::Late),
        1 => Just(Fault::NotSent),
        1 => Just(Fault::Refused),
        1 => Just(Fault::DieBefore),
        2 => Just(Fault::DieAfter),
        2 => (1..30u8).prop_map(Fault::DieLate),
    ]
}

fn faults() -> impl Strategy<Value = Vec<Fault>> {
    prop::collection::vec(fault(), 0..16)
}

fn settings() -> impl Strategy<Value = Settings> {
    prop::sample::select(vec![
        (CreateFor::ContactAndLead, Accept::Manual, false),
        (CreateFor::ContactAndLead, Accept::Manual, true),
        (CreateFor::IncomingLead, Accept::Manual, false),
        (CreateFor::IncomingLead, Accept::OnAnswer, false),
    ])
    .prop_map(|(create, accept, lead_if_none_active)| {
        let mut settings = Settings::default();
        (settings.inbound_unknown.create, settings.inbound_unknown.accept) = (create, accept);
        settings.inbound_known.lead_if_none_active = lead_if_none_active;
        settings
    })
}

fn who() -> impl Strategy<Value = Who> {
    prop::sample::select(vec![Who::Unknown, Who::NoLead, Who::OneLead, Who::Company, Who::Waiting])
}

/// The reports of a call of this name that begins now, with the seconds after which each is heard.
fn reports(name: &str, began: Moment, happening: &Happening) -> Vec<(i64, CallEvent)> {
    let said = |seconds: i64, event: CallEvent| {
        let call_id = ProviderCallId(name.to_owned());
        let ended_at = (event.status != ReportedStatus::Ringing && event.status != ReportedStatus::Answered)
            .then(|| began + Millis::seconds(seconds));
        (seconds, CallEvent { call_id, started_at: began, ended_at, ..event })
    };
    let of = |direction: Direction, status| match direction {
        Direction::Outbound => outbound(status),
        _ => inbound("101", status),
    };
    match happening {
        Happening::Talk(direction) => vec![
            said(0, of(*direction, ReportedStatus::Ringing)),
            said(8, of(*direction, ReportedStatus::Answered)),
            said(50, CallEvent { talk_seconds: Some(42), ..of(*direction, ReportedStatus::Completed) }),
        ],
        Happening::Miss(end) => vec![said(0, inbound("101", ReportedStatus::Ringing)), said(20, inbound("101", *end))],
        _ => vec![],
    }
}

/// What happens apart from new calls.
fn later(shell: &mut Shell, happening: &Happening) {
    let index = |index: &Index, shell: &Shell| index.index(shell.calls.len());
    let again = |index: usize, shell: &Shell| {
        let call = &shell.calls[index].call;
        let event = if call.from == "101" {
            outbound(ReportedStatus::Completed)
        } else {
            inbound("101", ReportedStatus::Completed)
        };
        CallEvent { call_id: call.call_id.clone(), started_at: call.started_at, ended_at: call.ended_at(), ..event }
    };
    match happening {
        Happening::Recording(of) => {
            let of = index(of, shell);
            let status = if shell.calls[of].call.talked() { ReportedStatus::Completed } else { ReportedStatus::Missed };
            let recording = Some("https://records.example/1.mp3".to_owned());
            let event = CallEvent { recording, status, ..again(of, shell) };
            shell.hear(&event);
        }
        Happening::LateAnswer(of) => {
            let event = CallEvent { talk_seconds: Some(17), ..again(index(of, shell), shell) };
            shell.hear(&event);
        }
        Happening::Result(of, call_status, wants_task) => {
            let task = wants_task.then(|| FollowUp { text: WISH.into(), complete_till: 1_771_500_000 });
            let saved = PutResultRequest { call_status: *call_status, text: "Said".into(), entity: None, task };
            shell.save(index(of, shell), |feedback| feedback.save(ADA, saved, None).expect("within bounds"));
        }
        Happening::Move(of, contact) => {
            let entity = Some(Entity::Contacts(ContactId(*contact)));
            let saved = PutResultRequest { call_status: 4, text: String::new(), entity, task: None };
            shell.save(index(of, shell), |feedback| feedback.save(OLGA, saved, None).expect("within bounds"));
        }
        Happening::Contact(of) => {
            shell.save(index(of, shell), |feedback| feedback.want_contact(OLGA, None).expect("no name at all"));
        }
        Happening::Talk(_) | Happening::Miss(_) => {}
    }
}

/// Plays a day: the happenings stand so far apart that whatever went wrong has come right before the next.
fn day(who: Who, settings: &Settings, happenings: &[Happening], faults: &[Vec<Fault>]) -> Shell {
    let mut shell = Shell::new(who.in_kommo(), settings.clone());
    for (number, happening) in happenings.iter().enumerate() {
        shell.faults = faults.get(number).into_iter().flatten().copied().collect();
        let began = shell.now;
        for (seconds, event) in reports(&format!("call {number}"), began, happening) {
            shell.pass_until(began + Millis::seconds(seconds));
            shell.hear(&event);
        }
        if !shell.calls.is_empty() {
            later(&mut shell, happening);
        }
        shell.pass_until(began + Millis::minutes(4 * 60));
    }
    shell
}

/// Plays what overlaps: each happening begins so many seconds after the one before.
fn crowd(who: Who, settings: &Settings, happenings: &[(i64, Happening)], faults: &[Fault]) -> Shell {
    let mut shell = Shell::new(who.in_kommo(), settings.clone());
    shell.faults = faults.iter().copied().collect();
    let mut began = shell.now;
    let mut timeline: Vec<(Moment, Result<CallEvent, &Happening>)> = Vec::new();
    for (number, (gap, happening)) in happenings.iter().enumerate() {
        began = began + Millis::seconds(*gap);
        timeline.push((began, Err(happening)));
        let of_call = reports(&format!("call {number}"), began, happening);
        timeline.extend(of_call.into_iter().map(|(seconds, event)| (began + Millis::seconds(seconds), Ok(event))));
    }
    timeline.sort_by_key(|(at, _)| *at);
    for (at, what) in timeline {
        shell.pass_until(at);
        match what {
            Ok(event) => shell.hear(&event),
            Err(happening) if !shell.calls.is_empty() => later(&mut shell, happening),
            Err(_) => {}
        }
    }
    let until = shell.now + Millis::minutes(8 * 60);
    shell.pass_until(until);
    shell
}

/// No call has two notes on one entity, whatever else happened.
fn no_note_stands_twice(books: &Books) -> Result<(), TestCaseError> {
    for (index, (entity, _, note)) in books.notes.iter().enumerate() {
        let twice = books.notes[..index].iter().any(|(on, _, known)| on == entity && known.uniq == note.uniq);
        prop_assert!(!twice, "two notes of {} on {entity:?}", note.uniq);
    }
    Ok(())
}

fn config(file: &'static str) -> ProptestConfig {
    ProptestConfig {
        failure_persistence: Some(Box::new(FileFailurePersistence::Direct(file))),
        ..ProptestConfig::default()
    }
}

proptest! {
    #![proptest_config(config("tests/regressions/exactly_once.txt"))]

    #[test]
    fn whatever_goes_wrong_kommo_ends_up_as_if_nothing_had(
        who in who(),
        settings in settings(),
        happenings in prop::collection::vec(happening(), 1..6),
        faults in prop::collection::vec(faults(), 6),
    ) {
        let calm = day(who, &settings, &happenings, &[]);
        let stormy = day(who, &settings, &happenings, &faults);
        no_note_stands_twice(&calm.kommo.books)?;
        prop_assert_eq!(&stormy.kommo.books, &calm.kommo.books);
    }

    #[test]
    fn calls_of_one_person_that_overlap_double_nothing(
        who in who(),
        settings in settings(),
        happenings in prop::collection::vec((0..60i64, unmoved()), 1..6),
        faults in faults(),
    ) {
        let calm = crowd(who, &settings, &happenings, &[]);
        let stormy = crowd(who, &settings, &happenings, &faults);
        let (calm, stormy, calls) = (calm.kommo.books, stormy.kommo.books, stormy.calls);
        no_note_stands_twice(&stormy)?;
        for stored in &calls {
            let uniq = &stored.call.call_id.0;
            let said: Vec<_> = stormy.notes_of(uniq).collect();
            prop_assert_eq!(said.len(), 1, "{} has {} notes", uniq, said.len());
            prop_assert_eq!(said, calm.notes_of(uniq).collect::<Vec<_>>());
        }
        prop_assert_eq!(stormy.people(), calm.people(), "people");
        prop_assert_eq!(stormy.leads(), calm.leads(), "leads");
        let open = stormy.tasks.iter().filter(|task| task.result.is_none() && task.text.contains(cast::CLIENT_READ));
        prop_assert!(open.count() <= 1, "several open tasks for one caller: {:?}", stormy.tasks);
        let wishes = |books: &Books| books.tasks.iter().filter(|task| task.text == WISH).count();
        prop_assert_eq!(wishes(&stormy), wishes(&calm), "follow-ups");
    }

    /// Kommo's call notice is tried once: a second one would ring again at somebody who already saw it.
    #[test]
    fn a_call_notice_is_shown_at_most_once(faults in faults()) {
        let mut shell = Shell::new(Who::OneLead.in_kommo(), Settings::default());
        shell.faults = faults.into();
        shell.away = vec![ADA];
        for (seconds, event) in reports("call", shell.now, &Happening::Miss(ReportedStatus::Missed)) {
            let at = cast::WEDNESDAY + Millis::seconds(seconds);
            shell.pass_until(at);
            shell.hear(&event);
        }
        let until = shell.now + Millis::minutes(4 * 60);
        shell.pass_until(until);
        prop_assert!(shell.kommo.notices.len() <= 1, "{:?}", shell.kommo.notices);
    }
}
