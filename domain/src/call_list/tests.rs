use super::*;
use crate::call::Outcome;
use crate::ids::{ContactId, LeadId};
use crate::time::Millis;

const T0: Moment = Moment(1_000_000);
const INTERVAL: Millis = Millis::seconds(10);

fn number(caller: i64) -> PhoneKey {
    PhoneKey::parse(&format!("+4930555{caller:04}")).expect("E.164")
}

fn candidate(id: i64, numbers: &[i64]) -> Candidate {
    let numbers = numbers.iter().copied().map(number).collect();
    Candidate { entity: Entity::Contacts(ContactId(id)), name: format!("C{id}"), numbers }
}

/// A list with so many people, each with a number.
fn list(people: i64) -> CallList {
    let mut list = CallList::default();
    list.add((1..=people).map(|id| candidate(id, &[id])).collect()).expect("room");
    list
}

fn started(people: i64) -> CallList {
    let mut list = list(people);
    list.act(CallListAction::Start, None, T0).expect("somebody waits");
    list
}

/// Nothing else goes on, and the person is there.
fn quiet() -> Facts {
    Facts { interval: INTERVAL, is_here: true, ..Facts::default() }
}

fn call_id(entry: u32) -> CallId {
    CallId(format!("call-{entry}"))
}

/// Whoever is due is called; who that was.
#[track_caller]
fn calls(list: &mut CallList, facts: &Facts, now: Moment) -> u32 {
    match list.advance(facts, now) {
        Next::Call { entry, .. } => {
            assert!(list.begin(entry, call_id(entry)));
            entry
        }
        rest => panic!("{rest:?}: {list:?}"),
    }
}

fn over(outcome: Outcome, at: Moment) -> Facts {
    Facts { call: Some(EntryCall::Over(outcome)), last_end: Some(at), ..quiet() }
}

fn at(seconds: i64) -> Moment {
    T0 + Millis::seconds(seconds)
}

#[test]
fn one_after_the_other_with_the_interval_from_the_end_of_the_call() {
    let mut list = started(2);
    assert_eq!(calls(&mut list, &quiet(), T0), 1);
    let talk = Facts { call: Some(EntryCall::GoesOn(Some(at(500)))), is_busy: true, ..quiet() };
    assert_eq!(list.advance(&talk, at(60)), Next::Rest(Some(at(500))));
    assert_eq!(list.advance(&over(Outcome::Completed, at(100)), at(101)), Next::Rest(Some(at(110))));
    assert_eq!(list.hold, Some(Hold::Interval(at(110))));
    assert_eq!(calls(&mut list, &quiet(), at(110)), 2);
    assert_eq!(list.advance(&over(Outcome::Busy, at(115)), at(115)), Next::Rest(None));
    assert_eq!((&list.run, list.hold), (&Run::Idle, None), "it is through");
}

#[test]
fn every_outcome_has_its_result() {
    for (outcome, expected) in [
        (Outcome::Completed, CallListResult::Talked),
        (Outcome::Voicemail, CallListResult::Voicemail),
        (Outcome::Busy, CallListResult::Busy),
        (Outcome::Missed, CallListResult::NoAnswer),
        (Outcome::Cancelled, CallListResult::NoAnswer),
        (Outcome::Failed, CallListResult::Failed),
    ] {
        let mut list = started(1);
        calls(&mut list, &quiet(), T0);
        list.advance(&over(outcome, at(9)), at(9));
        let expected = Progress::Done { result: expected, call: call_id(1), reason: None };
        assert_eq!(list.entries[0].progress, expected, "{outcome:?}");
    }
}

#[test]
fn nothing_is_placed_while_the_person_is_in_another_call_or_writes_the_summary() {
    let mut list = started(1);
    let busy = Facts { is_busy: true, busy_until: Some(at(30)), ..quiet() };
    assert_eq!(list.advance(&busy, T0), Next::Rest(Some(at(30))));
    assert_eq!(list.hold, Some(Hold::Call));
    let summary = Facts { summary_until: Some(at(150)), last_end: Some(at(30)), ..quiet() };
    assert_eq!(list.advance(&summary, at(31)), Next::Rest(Some(at(150))));
    assert_eq!(list.hold, Some(Hold::Summary(at(150))));
    let saved = Facts { last_end: Some(at(30)), ..quiet() };
    assert_eq!(list.advance(&saved, at(35)), Next::Rest(Some(at(40))), "the interval still counts from the end");
    assert_eq!(calls(&mut list, &saved, at(40)), 1);
    let mut late = started(1);
    assert_eq!(calls(&mut late, &Facts { summary_until: Some(at(150)), ..saved }, at(150)), 1);
}

#[test]
fn a_call_that_ended_before_the_start_delays_nothing() {
    let mut list = started(1);
    assert_eq!(calls(&mut list, &Facts { last_end: Some(T0), ..quiet() }, T0), 1);
}

#[test]
fn a_paused_list_lets_the_call_end_and_places_none_until_it_is_resumed() {
    let mut list = started(2);
    calls(&mut list, &quiet(), T0);
    list.act(CallListAction::Pause, None, at(1)).expect("runs");
    list.act(CallListAction::Pause, None, at(1)).expect("again changes nothing");
    assert_eq!(list.advance(&over(Outcome::Missed, at(5)), at(5)), Next::Rest(None));
    assert!(matches!(list.entries[0].progress, Progress::Done { .. }));
    assert_eq!(list.advance(&quiet(), at(500)), Next::Rest(None));
    assert_eq!(list.run, Run::Paused(Pause::ByHand));
    list.act(CallListAction::Resume, None, at(500)).expect("somebody waits");
    assert_eq!(calls(&mut list, &quiet(), at(500)), 2);
}

#[test]
fn stopping_keeps_who_waits_and_pausing_does_not_start_what_was_stopped() {
    let mut list = started(2);
    calls(&mut list, &quiet(), T0);
    list.act(CallListAction::Stop, None, at(1)).expect("always");
    list.act(CallListAction::Pause, None, at(1)).expect("nothing to pause");
    assert_eq!(list.run, Run::Idle);
    list.advance(&over(Outcome::Completed, at(9)), at(9));
    assert_eq!(list.next_waiting().map(|entry| entry.id), Some(2));
    list.act(CallListAction::Start, None, at(20)).expect("one waits");
    assert_eq!(calls(&mut list, &quiet(), at(20)), 2);
}

#[test]
fn whoever_is_skipped_in_the_call_is_not_called_again_and_the_next_waits_for_the_end() {
    let mut list = started(2);
    calls(&mut list, &quiet(), T0);
    list.act(CallListAction::Skip, Some(1), at(1)).expect("it is called");
    list.act(CallListAction::Skip, Some(1), at(1)).expect("a repeat does not skip the next one");
    let goes_on = Facts { is_busy: true, ..quiet() };
    assert_eq!(list.advance(&goes_on, at(2)), Next::Rest(None));
    assert_eq!(list.advance(&Facts { last_end: Some(at(5)), ..quiet() }, at(5)), Next::Rest(Some(at(15))));
    assert_eq!(calls(&mut list, &quiet(), at(15)), 2);
    assert_eq!(list.entries[0].progress, Progress::Skipped);
}

#[test]
fn skipping_without_a_name_means_the_called_one_then_the_next() {
    let mut list = started(3);
    list.act(CallListAction::Skip, None, T0).expect("somebody waits");
    assert_eq!(calls(&mut list, &quiet(), T0), 2);
    list.act(CallListAction::Skip, None, T0).expect("somebody is called");
    assert_eq!(list.entries[1].progress, Progress::Skipped);
    assert_eq!(list.act(CallListAction::Skip, Some(9), T0), Err(CallListError::NoSuchEntry));
}

#[test]
fn nobody_there_pauses_after_two_minutes_and_a_reload_does_not() {
    let away = Facts { is_here: false, is_busy: true, ..quiet() };
    let mut list = started(1);
    assert_eq!(list.advance(&away, at(0)), Next::Rest(Some(at(120))), "it has to look again");
    assert_eq!(list.advance(&Facts { is_busy: true, ..quiet() }, at(119)), Next::Rest(None));
    list.advance(&away, at(130));
    list.advance(&away, at(249));
    assert_eq!(list.run, Run::Running);
    assert_eq!(list.advance(&away, at(250)), Next::Rest(None));
    assert_eq!(list.run, Run::Paused(Pause::Away));
    list.act(CallListAction::Resume, None, at(900)).expect("somebody waits");
    assert_eq!(list.advance(&away, at(900)), Next::Rest(Some(at(1020))), "counted anew");
}

#[test]
fn another_call_of_the_person_puts_the_entry_back() {
    let mut list = started(1);
    calls(&mut list, &quiet(), T0);
    list.not_placed(&call_id(1), NotPlaced::InCall, INTERVAL, T0);
    assert_eq!(list.advance(&quiet(), T0), Next::Rest(Some(at(3))));
    assert_eq!(calls(&mut list, &quiet(), at(3)), 1);
}

#[test]
fn what_no_call_can_be_placed_for_pauses_the_list_and_the_entry_keeps_its_turn() {
    let mut list = started(1);
    calls(&mut list, &quiet(), T0);
    list.not_placed(&call_id(1), NotPlaced::Impossible("No line.".into()), INTERVAL, T0);
    assert_eq!(list.run, Run::Paused(Pause::Refused("No line.".into())));
    assert!(list.entries[0].waits());
}

#[test]
fn a_refused_call_is_not_repeated_and_three_in_a_row_pause_the_list() {
    let mut list = started(5);
    let mut now = T0;
    for entry in 1..=3 {
        assert_eq!(calls(&mut list, &quiet(), now), entry);
        list.not_placed(&call_id(entry), NotPlaced::Refused("Blocked.".into()), INTERVAL, now);
        now = now + INTERVAL;
    }
    assert_eq!(list.run, Run::Paused(Pause::Refused("Blocked.".into())));
    assert_eq!(list.next_waiting().map(|entry| entry.id), Some(4));
    list.act(CallListAction::Resume, None, now).expect("two wait");
    for entry in 4..=5 {
        assert_eq!(calls(&mut list, &quiet(), now), entry);
        list.not_placed(&call_id(entry), NotPlaced::Refused("Blocked.".into()), INTERVAL, now);
        now = now + INTERVAL;
    }
    list.advance(&quiet(), now);
    assert_eq!(list.run, Run::Idle, "two failures are none too many");
}

#[test]
fn a_call_nobody_knows_of_after_a_crash_is_not_placed_again() {
    let mut list = started(2);
    calls(&mut list, &quiet(), T0);
    let lost = Facts { call: Some(EntryCall::Lost), ..quiet() };
    assert_eq!(list.advance(&lost, at(1)), Next::Rest(Some(at(11))));
    assert!(matches!(
        &list.entries[0].progress,
        Progress::Done { result: CallListResult::Failed, reason: Some(_), .. }
    ));
    assert_eq!(calls(&mut list, &quiet(), at(11)), 2);
}

#[test]
fn an_answer_for_an_entry_that_was_skipped_or_removed_meanwhile_changes_nothing_about_it() {
    for why in [NotPlaced::InCall, NotPlaced::Impossible("x".into()), NotPlaced::Refused("x".into())] {
        let mut list = started(2);
        calls(&mut list, &quiet(), T0);
        list.act(CallListAction::Skip, Some(1), T0).expect("it is called");
        list.not_placed(&call_id(1), why.clone(), INTERVAL, T0);
        assert_eq!(list.entries[0].progress, Progress::Skipped);
        list.remove(1);
        list.not_placed(&call_id(1), why, INTERVAL, T0);
        assert_eq!(list.entries.len(), 1);
    }
}

#[test]
fn whoever_has_no_number_stays_on_the_list_and_is_passed_over() {
    let mut list = CallList::default();
    let told = list.add(vec![candidate(1, &[]), candidate(2, &[2])]).expect("room");
    assert_eq!(told, Added { added: 2, doubles: 0 });
    list.act(CallListAction::Start, None, T0).expect("one has a number");
    assert_eq!(calls(&mut list, &quiet(), T0), 2);
    let mut nobody = CallList::default();
    nobody.add(vec![candidate(1, &[])]).expect("room");
    assert_eq!(nobody.act(CallListAction::Start, None, T0), Err(CallListError::NobodyLeft));
}

#[test]
fn doubles_are_found_by_entity_and_by_the_number_to_be_called() {
    let mut list = list(2);
    let lead = |numbers: &[i64]| Candidate { entity: Entity::Leads(LeadId(7)), ..candidate(0, numbers) };
    for (case, doubles) in [
        (candidate(1, &[9]), 1),
        (candidate(1, &[]), 1),
        (lead(&[2]), 1),
        (lead(&[2, 5]), 1),
        (candidate(8, &[8, 2]), 0),
        (lead(&[5, 5]), 0),
    ] {
        assert_eq!(list.add(vec![case.clone()]).expect("room").doubles, doubles, "{case:?}");
    }
    assert_eq!(list.entries.last().map(|entry| entry.numbers.len()), Some(1), "a number written twice is one");
    let mut through = started(1);
    calls(&mut through, &quiet(), T0);
    through.advance(&over(Outcome::Missed, at(1)), at(1));
    assert_eq!(through.add(vec![candidate(1, &[1])]).expect("room").added, 1, "who had their turn may have another");
}

#[test]
fn a_list_that_would_get_too_long_is_left_as_it_is() {
    let most = i64::try_from(MOST).expect("a small number");
    let mut list = list(most - 1);
    let before = list.clone();
    let two = vec![candidate(most, &[most]), candidate(most + 1, &[most + 1])];
    assert_eq!(list.add(two.clone()), Err(CallListError::Full));
    assert_eq!(list, before);
    assert!(CallListError::Full.to_string().contains(&MOST.to_string()));
    assert_eq!(list.add(two[..1].to_vec()).map(|told| told.added), Ok(1));
    assert_eq!(list.add(two[..1].to_vec()).map(|told| told.doubles), Ok(1), "a double needs no room");
}

#[test]
fn a_number_can_be_chosen_until_the_turn_and_makes_no_double() {
    let mut list = CallList::default();
    list.add(vec![candidate(1, &[1, 11]), candidate(2, &[2, 1])]).expect("room");
    list.choose(1, &number(11)).expect("its own");
    assert_eq!(list.choose(1, &number(3)), Err(CallListError::NotItsNumber));
    assert_eq!(list.choose(7, &number(1)), Err(CallListError::NoSuchEntry));
    list.choose(2, &number(1)).expect("free by now");
    assert_eq!(list.choose(1, &number(1)), Err(CallListError::Double));
    list.act(CallListAction::Start, None, T0).expect("two wait");
    assert_eq!(list.advance(&quiet(), T0), Next::Call { entry: 1, number: number(11) }, "the chosen number is called");
    assert!(list.begin(1, call_id(1)));
    assert_eq!(list.choose(1, &number(11)), Err(CallListError::HadItsTurn));
    assert!(!list.begin(2, call_id(2)), "never two at once");
}

#[test]
fn clearing_ends_the_list_and_numbers_of_entries_are_never_used_again() {
    let mut list = started(2);
    list.clear();
    assert_eq!((list.advance(&quiet(), T0), &list.run), (Next::Rest(None), &Run::Idle));
    list.add(vec![candidate(1, &[1])]).expect("room");
    assert_eq!(list.entries[0].id, 3);
}

#[test]
fn what_is_stored_is_read_again_and_old_lists_have_defaults() {
    let mut list = started(2);
    calls(&mut list, &quiet(), T0);
    list.not_placed(&call_id(1), NotPlaced::Refused("x".into()), INTERVAL, T0);
    let json = serde_json::to_string(&list).expect("plain data");
    assert_eq!(serde_json::from_str::<CallList>(&json).ok(), Some(list));
    assert_eq!(serde_json::from_str::<CallList>("{}").ok(), Some(CallList::default()));
}
