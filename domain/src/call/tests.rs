use super::*;
use crate::phone::Dialled;
use crate::telephony::ReportedStatus;

fn at(seconds: i64) -> Moment {
    Moment::from_seconds(1_771_000_000 + seconds)
}

fn event(extension: Option<&str>, status: ReportedStatus) -> CallEvent {
    CallEvent {
        call_id: ProviderCallId("c".into()),
        from: "+49305550100".into(),
        to: "+49305550999".into(),
        direction: None,
        extension: extension.map(|name| ExtensionId(name.into())),
        status,
        started_at: at(0),
        answered_at: None,
        ended_at: None,
        talk_seconds: (status == ReportedStatus::Completed).then_some(30),
        recording: None,
        dial: None,
    }
}

fn ring_group() -> Vec<CallEvent> {
    use ReportedStatus::*;
    vec![
        event(Some("101"), Ringing),
        event(Some("102"), Ringing),
        event(Some("103"), Ringing),
        event(Some("101"), Missed),
        event(Some("103"), Missed),
        event(Some("102"), Answered),
        event(Some("102"), Completed),
    ]
}

/// All orders of the given number of things (Heap's algorithm).
fn permutations(length: usize) -> Vec<Vec<usize>> {
    fn go(k: usize, items: &mut Vec<usize>, out: &mut Vec<Vec<usize>>) {
        if k <= 1 {
            out.push(items.clone());
            return;
        }
        for i in 0..k {
            go(k - 1, items, out);
            items.swap(if k.is_multiple_of(2) { i } else { 0 }, k - 1);
        }
    }
    let mut out = Vec::new();
    go(length, &mut (0..length).collect(), &mut out);
    out
}

fn merged(events: &[CallEvent], order: &[usize]) -> Call {
    let mut call = Call::begin(CallId("k".into()), "generic", &events[order[0]], at(0));
    for index in &order[1..] {
        call.merge(&events[*index], at(1));
    }
    call
}

#[test]
fn a_ring_group_is_one_talk_in_every_order() {
    let events = ring_group();
    for order in permutations(events.len()) {
        let call = merged(&events, &order);
        assert_eq!(call.phase(at(1)), Phase::Over { outcome: Outcome::Completed, timed_out: false }, "{order:?}");
        assert_eq!(call.talk_seconds(), 30);
        assert_eq!(call.lines_by_credit()[0].0.0, "102");
    }
}

#[test]
fn no_order_of_a_ring_group_looks_over_before_the_talk_is() {
    let events = ring_group();
    for order in permutations(events.len()) {
        let mut call = Call::begin(CallId("k".into()), "generic", &events[order[0]], at(0));
        for index in &order[1..] {
            if let Phase::Over { outcome, .. } = call.phase(at(1)) {
                assert_eq!(outcome, Outcome::Completed, "{order:?}");
            }
            call.merge(&events[*index], at(1));
        }
    }
}

#[test]
fn repeats_say_nothing_new() {
    let events = ring_group();
    let mut call = merged(&events, &[0, 1, 2, 3, 4, 5, 6]);
    let before = call.clone();
    for event in &events {
        assert!(!call.merge(event, at(9)));
    }
    assert_eq!(call, before);
}

#[test]
fn a_miss_is_believed_after_three_seconds_of_quiet() {
    let mut call = Call::begin(CallId("k".into()), "generic", &event(Some("101"), ReportedStatus::Ringing), at(0));
    assert_eq!(call.phase(at(1)), Phase::Ringing);
    call.merge(&event(Some("101"), ReportedStatus::Missed), at(2));
    assert_eq!(call.phase(at(4)), Phase::Settling { until: at(5) });
    assert_eq!(call.phase(at(5)), Phase::Over { outcome: Outcome::Missed, timed_out: false });
}

#[test]
fn lines_that_never_stop_ringing_do_not_hold_the_record_back() {
    let mut call = Call::begin(CallId("k".into()), "generic", &event(Some("101"), ReportedStatus::Ringing), at(0));
    call.merge(&event(Some("102"), ReportedStatus::Completed), at(1));
    assert_eq!(call.phase(at(2)), Phase::Talking);
    assert_eq!(call.next_change(at(2)), Some(at(11)));
    assert_eq!(call.phase(at(11)), Phase::Over { outcome: Outcome::Completed, timed_out: false });
}

#[test]
fn an_end_that_never_comes_is_assumed_and_marked() {
    let mut call = Call::begin(CallId("k".into()), "generic", &event(None, ReportedStatus::Ringing), at(0));
    assert_eq!(call.phase(at(179)), Phase::Ringing);
    assert_eq!(call.phase(at(180)), Phase::Over { outcome: Outcome::Missed, timed_out: true });
    call.merge(&event(None, ReportedStatus::Answered), at(10));
    assert_eq!(call.phase(at(3600)), Phase::Talking);
    assert_eq!(call.phase(at(10 + 6 * 3600)), Phase::Over { outcome: Outcome::Completed, timed_out: true });
}

#[test]
fn the_longest_talk_gets_the_credit() {
    let mut first = event(Some("101"), ReportedStatus::Completed);
    first.talk_seconds = Some(10);
    let mut second = event(Some("102"), ReportedStatus::Completed);
    second.talk_seconds = Some(50);
    let mut call = Call::begin(CallId("k".into()), "generic", &first, at(0));
    call.merge(&second, at(60));
    assert_eq!(call.lines_by_credit()[0].0.0, "102");
    assert_eq!(call.talk_seconds(), 60);
}

#[test]
fn the_side_that_is_a_line_decides_the_direction() {
    let number = |text: &str| match text {
        "" => Dialled::Withheld,
        short if short.len() < 5 => Dialled::Short(short.to_owned()),
        long => crate::phone::PhoneKey::parse(long).map_or(Dialled::Withheld, Dialled::Number),
    };
    let key = |text: &str| Dialled::Number(crate::phone::PhoneKey::parse(text).unwrap());
    for (from, to, stated, direction, other) in [
        ("+4930555101", "101", None, Direction::Inbound, key("+4930555101")),
        ("101", "+4930555101", None, Direction::Outbound, key("+4930555101")),
        ("101", "102", None, Direction::Internal, Dialled::Short("101".into())),
        ("+4930555101", "+4930555102", None, Direction::Inbound, key("+4930555101")),
        ("+4930555101", "+4930555102", Some(Direction::Outbound), Direction::Outbound, key("+4930555102")),
        ("900", "+4930555102", None, Direction::Outbound, key("+4930555102")),
        ("", "101", None, Direction::Inbound, Dialled::Withheld),
        ("900", "901", None, Direction::Internal, Dialled::Short("900".into())),
    ] {
        let mut first = event(None, ReportedStatus::Ringing);
        (first.from, first.to, first.direction) = (from.into(), to.into(), stated);
        let call = Call::begin(CallId("k".into()), "generic", &first, at(0));
        let side = call.side(|text| text == "101" || text == "102", number);
        assert_eq!((side.direction, side.other), (direction, other), "{from} -> {to}");
    }
}
