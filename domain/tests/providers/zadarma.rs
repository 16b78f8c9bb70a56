//! Zadarma: PBX notifications. Nothing is published to check against, so the signatures follow the PHP library's way:
//! the hex digest as text, in base64.

use super::post::*;
use super::{attacks, sign};
use kommo_voip_domain::telephony::{Credentials, Direction, Provider, Refusal, ReportedStatus::*};

const SECRET: &str = "SECRET";

fn zadarma() -> Credentials {
    credentials(Provider::Zadarma, SECRET)
}

fn signed(pairs: &[(&str, &str)]) -> Post {
    sign::zadarma(SECRET, Post::to(HOOK, sign::form(pairs)))
}

const START: [(&str, &str); 5] = [
    ("event", "NOTIFY_START"),
    ("pbx_call_id", "in_1"),
    ("caller_id", "442037691880"),
    ("called_did", "442037691881"),
    ("call_start", "2015-06-01 12:00:00"),
];

fn call<'a>(event: &'a str, id: &'a str, pairs: &[(&'a str, &'a str)]) -> Post {
    let common = [("event", event), ("pbx_call_id", id), ("call_start", "2026-07-01 12:00:00")];
    signed(&[&common, pairs].concat())
}

#[test]
fn both_known_encodings_are_accepted_and_no_third() {
    let out_end = [
        ("event", "NOTIFY_OUT_END"),
        ("internal", "100"),
        ("destination", "442037691882"),
        ("call_start", "2015-06-01 12:00:00"),
        ("pbx_call_id", "out_1"),
        ("disposition", "answered"),
    ];
    let record = [
        ("event", "NOTIFY_RECORD"),
        ("pbx_call_id", "in_ae6b03b3b0765d127ec0b739209346bbc4f0d52d"),
        ("call_id_with_rec", "1458313316.343456"),
    ];
    for (pairs, as_hex, raw) in [
        (&START[..], "YzliZTkzNjFkMDlkYjNjNDIyNjA2YzBiYzczZTQyMDNlMWE5NTdlMg==", "yb6TYdCds8QiYGwLxz5CA+GpV+I="),
        (&out_end, "NDkyZjYxMmYyMzY3ZDU5Y2M2ZDAyNmJjOWIxZDJhZTA5NWZkNGYxMQ==", "SS9hLyNn1ZzG0Ca8mx0q4JX9TxE="),
        (&record, "MjE0NjA2YWJjYmFlNjc1OTUyYWEwODgyMTRkZWM3ODNkNTlhZTIzOQ==", "IUYGq8uuZ1lSqgiCFN7Hg9Wa4jk="),
    ] {
        let post = |code: &str| Post::to(HOOK, sign::form(pairs)).with("signature", code);
        assert_eq!(signed(pairs).header("signature"), as_hex);
        for (code, is_good) in [
            (as_hex, true),
            (raw, true),
            (as_hex.trim_end_matches('='), false),
            ("c9be9361d09db3c422606c0bc73e4203e1a957e2", false),
            ("", false),
        ] {
            assert_eq!(post(code).received(&zadarma()).is_ok(), is_good, "{code}");
        }
    }
}

#[test]
fn the_signed_fields_cannot_change() {
    let post = signed(&START);
    attacks::keys(&post, &zadarma(), &credentials(Provider::Zadarma, "other"));
    attacks::header(&post, "signature", &zadarma());
    attacks::replay(&post, &signed(&[&START[..], &[("x", "y")]].concat()), &zadarma());
    for name in ["caller_id", "called_did", "call_start"] {
        let value = START.iter().find(|(known, _)| *known == name).expect("a field").1;
        for bit in 0..value.len() * 8 {
            let mut bytes = value.as_bytes().to_vec();
            bytes[bit / 8] ^= 1 << (bit % 8);
            let coded: String = bytes.iter().map(|byte| format!("%{byte:02X}")).collect();
            let rest: Vec<_> = START.iter().copied().filter(|(known, _)| *known != name).collect();
            let body = format!("{}&{name}={coded}", sign::form(&rest));
            let changed = Post { body: body.into_bytes(), ..post.clone() };
            assert!(is_unsigned(&changed.received(&zadarma())), "{name} bit {bit}");
        }
        let rest: Vec<_> = START.iter().copied().filter(|(known, _)| *known != name).collect();
        let missing = Post { body: sign::form(&rest).into_bytes(), ..post.clone() };
        assert!(is_unsigned(&missing.received(&zadarma())), "{name} missing");
        let blank = Post { body: [missing.body, format!("&{name}=&{name}=x").into_bytes()].concat(), ..post.clone() };
        assert!(is_unsigned(&blank.received(&zadarma())), "{name} blank");
        // What is signed is what is read: a second value changes nothing.
        let again = Post { body: [post.body.clone(), format!("&{name}=999").into_bytes()].concat(), ..post.clone() };
        assert_eq!(again.events(&zadarma()), post.events(&zadarma()));
    }
    let empty = Post::to(HOOK, "event=NOTIFY_START")
        .with("signature", sign::base64(sign::hex(&sign::sha1(SECRET, b"")).as_bytes()));
    assert!(is_unsigned(&empty.received(&zadarma())), "nothing is signed by a signature of nothing");
}

#[test]
fn another_event_s_signature_does_not_fit() {
    let start = signed(&START);
    for event in ["NOTIFY_OUT_START", "NOTIFY_OUT_END", "NOTIFY_RECORD", "NOTIFY_ANSWER", "SMS"] {
        let body = String::from_utf8(start.body.clone()).expect("text").replace("NOTIFY_START", event);
        let changed = Post { body: body.into_bytes(), ..start.clone() };
        assert!(is_unsigned(&changed.received(&zadarma())), "{event}");
    }
}

#[test]
fn a_ring_asks_where_to_and_its_time_is_the_account_s() {
    let received = call("NOTIFY_START", "in_1", &[("caller_id", "442037691880"), ("called_did", "442037691881")])
        .received(&zadarma())
        .expect("accepted");
    let event = &received.events[0];
    assert_eq!(event.started_at, at(0), "12:00 in Berlin is 10:00 UTC");
    assert_eq!((event.from.as_str(), event.to.as_str()), ("+442037691880", "+442037691881"));
    assert_eq!((event.extension.clone(), event.status, event.direction), (None, Ringing, Some(Direction::Inbound)));
    let question = received.question.expect("a question");
    assert_eq!((question.from.as_str(), question.to.as_str()), ("+442037691880", "+442037691881"));
    assert_eq!((received.answer.status, received.answer.content_type), (200, "application/json"));
}

#[test]
fn every_event_and_disposition_is_understood() {
    let inbound = [("caller_id", "442037691880"), ("called_did", "442037691881")];
    let with = |pairs: &[(&'static str, &'static str)]| [&inbound[..], pairs].concat();
    assert_eq!(
        call("NOTIFY_INTERNAL", "in_1", &with(&[("internal", "100")])).says(&zadarma()),
        [("100".into(), Ringing)]
    );
    let answer = [("caller_id", "442037691880"), ("destination", "100"), ("internal", "100")];
    assert_eq!(call("NOTIFY_ANSWER", "in_1", &answer).says(&zadarma()), [("100".into(), Answered)]);
    for (disposition, expected) in [
        ("answered", Completed),
        ("busy", Busy),
        ("cancel", Cancelled),
        ("no answer", Missed),
        ("failed", Failed),
        ("call failed", Failed),
        ("no money", Failed),
        ("unallocated number", Failed),
        ("no limit", Failed),
        ("no day limit", Failed),
        ("line limit", Failed),
        ("no money, no limit", Failed),
    ] {
        let end = [("disposition", disposition), ("duration", "42"), ("is_recorded", "0")];
        let whole = call("NOTIFY_END", "in_1", &with(&end));
        assert_eq!(whole.says(&zadarma()), [("-".into(), expected)], "{disposition}");
        let line = call("NOTIFY_END", "in_1", &[&with(&end)[..], &[("internal", "100")]].concat());
        assert_eq!(line.says(&zadarma()), [("100".into(), expected), ("-".into(), Ended)], "{disposition}");
        assert_eq!(line.events(&zadarma())[0].talk_seconds, (expected == Completed).then_some(42));
    }
}

#[test]
fn an_outbound_call_is_the_extension_s() {
    let pairs = [("internal", "100"), ("destination", "442037691882"), ("caller_id", "442037691881")];
    let start = call("NOTIFY_OUT_START", "out_1", &pairs).events(&zadarma()).remove(0);
    assert_eq!((start.from.as_str(), start.to.as_str()), ("100", "+442037691882"));
    assert_eq!((start.direction, start.extension.map(|line| line.0)), (Some(Direction::Outbound), Some("100".into())));
    let answered = call("NOTIFY_ANSWER", "out_1", &pairs).events(&zadarma()).remove(0);
    assert_eq!((answered.direction, answered.status), (Some(Direction::Outbound), Answered));
    let end = [
        &pairs[..],
        &[("disposition", "answered"), ("duration", "7"), ("is_recorded", "1"), ("call_id_with_rec", "r.1")],
    ]
    .concat();
    let end = call("NOTIFY_OUT_END", "out_1", &end).events(&zadarma());
    assert_eq!(said(&end), [("100".into(), Completed), ("-".into(), Ended)]);
    assert_eq!((end[0].talk_seconds, end[0].recording.as_deref()), (Some(7), Some("zadarma:r.1")));
    assert_eq!(end[1].recording, None);
}

#[test]
fn a_recording_that_comes_by_itself_is_kept_by_its_id() {
    let pairs = [("event", "NOTIFY_RECORD"), ("pbx_call_id", "in_1"), ("call_id_with_rec", "1458313316.343456")];
    let received = signed(&pairs).received(&zadarma()).expect("accepted");
    assert_eq!(received.events, []);
    assert_eq!(received.recordings[0].recording, "zadarma:1458313316.343456");
    assert_eq!(received.recordings[0].call_id.0, "in_1");
}

#[test]
fn what_is_unknown_is_taken_note_of_and_what_is_broken_is_named() {
    for event in ["NOTIFY_IVR", "NOTIFY_INTERNAL_END_OF_TIMES", ""] {
        let post = call(event, "in_1", &[("caller_id", "1"), ("called_did", "2")]);
        let received = post.received(&zadarma()).expect("accepted");
        assert_eq!((received.events.len(), received.answer.status), (0, 200), "{event}");
    }
    let nameless = signed(&[("event", "NOTIFY_START"), ("caller_id", "1"), ("called_did", "2"), ("call_start", "")]);
    assert!(matches!(nameless.received(&zadarma()), Err(Refusal::Malformed(_))));
    let timeless = [("event", "NOTIFY_START"), ("pbx_call_id", "in_1"), ("caller_id", "1"), ("called_did", "2")];
    assert_eq!(signed(&timeless).events(&zadarma())[0].started_at, at(0), "now, for want of better");
}

#[test]
fn multipart_bodies_say_the_same_whatever_the_boundary_is_announced_as() {
    let parts: String = START
        .iter()
        .map(|(name, value)| format!("--XyZ\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n"))
        .collect();
    let code = signed(&START).header("signature");
    for kind in ["multipart/form-data; boundary=XyZ", "multipart/form-data; boundary=--XyZ", "multipart/form-data"] {
        let post = Post::to(HOOK, format!("{parts}--XyZ--\r\n")).with("content-type", kind).with("signature", &code);
        assert_eq!(post.events(&zadarma()), signed(&START).events(&zadarma()), "{kind}");
    }
}
