//! Plivo: signature validation V3; answer, hangup and dial callbacks; recordings.

use super::post::*;
use super::{attacks, sign};
use kommo_voip_domain::telephony::{CallEvent, Credentials, Direction, Provider, ReportedStatus::*};

const TOKEN: &str = "Y2Q2ZDgxZmY5YWRiOTI5YmQ1Njg0MTAxZWIyOTc4";

fn plivo() -> Credentials {
    credentials(Provider::Plivo, TOKEN)
}

fn signed(url: &str, pairs: &[(&str, &str)]) -> Post {
    sign::plivo(TOKEN, Post::to(url, sign::form(pairs)))
}

fn event(url: &str, pairs: &[(&str, &str)]) -> CallEvent {
    signed(url, pairs).events(&plivo()).remove(0)
}

const UUID: &str = "3e82ae9d-2c78-4d85-b1a4-6eae7dbafb36";
const PARAMS: [(&str, &str); 13] = [
    ("Direction", "outbound"),
    ("From", "19792014278"),
    ("ALegUUID", UUID),
    ("BillRate", "0.002"),
    ("ParentAuthID", "MANWVLYTK4ZWU1YTY4QA"),
    ("To", "sip:PlivoSignature382029104058171078704104@phone-qa.voice.plivodev.com"),
    ("ALegRequestUUID", UUID),
    ("CallUUID", UUID),
    ("RequestUUID", UUID),
    ("CallStatus", "in-progress"),
    ("SIP-H-To", "<sip:PlivoSignature382029104058171078704104@52.9.11.55;transport=udp>;tag=1"),
    ("SessionStart", "2020-04-08 11:34:33.238707"),
    ("Event", "StartApp"),
];

#[test]
fn the_published_signatures_are_accepted() {
    let base = "https://plivobin.non-prod.plivops.com/api/v1/validate_signature03.xml";
    let form = sign::form(&PARAMS);
    for (post, code) in [
        (Post::to(&format!("{base}/?a=b&c=d"), form.clone()), "k7Pusd4OxCIjR5IfA9iedDNu/h/gbdYqdzG/MiYtd1c="),
        (Post::get(&format!("{base}/?a=b&c=d&{form}")), "UBq8jAtd32wR8EK9VgxbBn4n5rpI/l1H9iN4WfSEHFQ="),
        (Post::to(base, form.clone()), "iAjE5QqI37mbkYe4w3jTMudqEzbDufdqi7sYwTu64e0="),
        (Post::get(&format!("{base}?{form}")), "i/MQsaQSAd6fiKhOh2qeeeLHZ9faldADSb3/7+Akfbc="),
    ] {
        let post = post.with("x-plivo-signature-v3", code).with("x-plivo-signature-v3-nonce", sign::NONCE);
        assert_eq!(post.says(&plivo()), [("-".into(), Ringing)], "{code}");
        let listed = post.clone().without("x-plivo-signature-v3");
        assert!(listed.clone().with("x-plivo-signature-v3", format!("AAAA, {code} ,bad")).received(&plivo()).is_ok());
        assert!(listed.with("x-plivo-signature-ma-v3", code).received(&plivo()).is_ok(), "by the main account");
    }
}

#[test]
fn blank_fields_and_encoded_queries_are_signed_as_the_libraries_do() {
    let key = credentials(Provider::Plivo, "tok");
    for (post, code) in [
        (Post::to("https://a.example/h", ""), "etuhtjPIMcQ6XcCYHTjmLFUotXvvw27CGDAJBnrdKJ8="),
        (Post::to("https://a.example/h?x=%2B1&b=", "B=1&a=2"), "xU9VXJKoiNipC9iS9f7MWR2yyP7GOuzpGU2lleA0r04="),
        (Post::get("https://a.example/h?x=%2B1&b="), "4QPMIIEyI7BDTd4WcCrBo8Q7y9YSjfsThI1lLWhRvHo="),
    ] {
        let post = post.with("x-plivo-signature-v3", code).with("x-plivo-signature-v3-nonce", "123");
        assert!(post.received(&key).is_ok(), "{}", post.url);
        assert!(is_unsigned(&post.received(&plivo())));
    }
}

#[test]
fn nothing_that_is_signed_can_change() {
    let pairs = [("CallUUID", "A1"), ("CallStatus", "ringing"), ("From", "49301234567"), ("x", ""), ("x", "é")];
    let post = signed(&format!("{HOOK}?line=%2B49&a=b"), &pairs);
    attacks::keys(&post, &plivo(), &credentials(Provider::Plivo, "other"));
    attacks::body(&post, &plivo());
    attacks::address(&post, &plivo());
    attacks::header(&post, "x-plivo-signature-v3", &plivo());
    attacks::header(&post, "x-plivo-signature-v3-nonce", &plivo());
    attacks::replay(&post, &signed(HOOK, &pairs), &plivo());
    let get = sign::plivo(TOKEN, Post::get(&format!("{HOOK}?{}", sign::form(&pairs))));
    assert_eq!(get.says(&plivo()), [("-".into(), Ringing)]);
    attacks::address(&get, &plivo());
    assert!(is_unsigned(&Post { body: b"CallStatus=completed".into(), ..get.clone() }.received(&plivo())));
    // A POST without a body signs the same as a GET, and says nothing.
    assert_eq!(Post { method: "POST", ..get }.events(&plivo()), []);
}

#[test]
fn the_cloud_s_own_leg_never_talks() {
    for (status, expected) in [
        ("ringing", Ringing),
        ("in-progress", Ringing),
        ("completed", Ended),
        ("no-answer", Missed),
        ("timeout", Missed),
        ("busy", Busy),
        ("failed", Failed),
        ("cancel", Cancelled),
    ] {
        let pairs = [
            ("CallUUID", "A1"),
            ("From", "15550001111"),
            ("To", "12025550123"),
            ("Direction", "inbound"),
            ("CallStatus", status),
            ("Duration", "50"),
            ("EndTime", "2026-07-01 12:00:50"),
        ];
        let event = event(HOOK, &pairs);
        assert_eq!((event.extension.clone(), event.status, event.talk_seconds), (None, expected, None), "{status}");
        assert_eq!((event.from.as_str(), event.to.as_str()), ("+15550001111", "+12025550123"));
        assert_eq!(event.ended_at, (expected != Ringing).then_some(at(50)));
    }
    assert_eq!(signed(HOOK, &[("CallUUID", "A1"), ("CallStatus", "dancing")]).events(&plivo()), []);
    assert_eq!(signed(HOOK, &[("Event", "x")]).events(&plivo()), []);
}

#[test]
fn a_dialled_leg_tells_of_the_line() {
    let dial = |pairs: &[(&str, &str)]| {
        let common = [
            ("CallUUID", "A1"),
            ("DialALegUUID", "A1"),
            ("DialBLegUUID", "B1"),
            ("From", "15550001111"),
            ("To", "12025550123"),
            ("Direction", "inbound"),
            ("CallStatus", "in-progress"),
            ("DialBLegTo", "sip:alice@phone.plivo.com"),
        ];
        event(HOOK, &[&common, pairs].concat())
    };
    for (pairs, expected, talk) in [
        (&[("DialAction", "answer")][..], Answered, None),
        (&[("DialAction", "connected")], Answered, None),
        (
            &[
                ("DialAction", "hangup"),
                ("DialBLegDuration", "42"),
                ("DialBLegBillDuration", "60"),
                ("DialBLegHangupCause", "NORMAL_CLEARING"),
            ],
            Completed,
            Some(42),
        ),
        (&[("DialAction", "hangup"), ("DialBLegDuration", "0"), ("DialBLegHangupCause", "USER_BUSY")], Busy, None),
        (&[("DialAction", "hangup"), ("DialBLegHangupCauseName", "Busy Line")], Busy, None),
        (&[("DialAction", "hangup"), ("DialBLegHangupCause", "NO_ANSWER")], Missed, None),
        (&[("DialAction", "hangup"), ("DialBLegHangupCauseName", "Ring Timeout Reached")], Missed, None),
        (&[("DialAction", "hangup"), ("DialBLegHangupCause", "ORIGINATOR_CANCEL")], Cancelled, None),
        (&[("DialAction", "hangup"), ("DialBLegHangupCauseName", "Rejected")], Failed, None),
        (
            &[("DialAction", "hangup"), ("DialBLegHangupCauseName", "Normal Hangup"), ("DialBLegDuration", "0")],
            Ended,
            None,
        ),
    ] {
        let event = dial(pairs);
        assert_eq!(event.extension.as_ref().map(|line| line.0.as_str()), Some("sip:alice@phone.plivo.com"));
        assert_eq!((event.status, event.talk_seconds), (expected, talk), "{pairs:?}");
        assert_eq!((event.call_id.0.as_str(), event.direction), ("A1", Some(Direction::Inbound)));
    }
    assert_eq!(signed(HOOK, &[("CallUUID", "A1"), ("DialAction", "digits")]).events(&plivo()), []);
    let number = event(HOOK, &[("CallUUID", "A1"), ("DialAction", "answer"), ("DialBLegTo", "49301234567")]);
    assert_eq!(number.extension.map(|line| line.0).as_deref(), Some("+49301234567"));
}

#[test]
fn an_inbound_call_asks_where_to_and_asks_again_only_if_nobody_answered() {
    let pairs = [
        ("CallUUID", "A1"),
        ("From", "15550001111"),
        ("To", "12025550123"),
        ("CallStatus", "ringing"),
        ("Direction", "inbound"),
        ("Event", "StartApp"),
    ];
    let first = signed(ROUTE, &pairs).received(&plivo()).expect("accepted");
    assert_eq!(said(&first.events), [("-".into(), Ringing)]);
    let question = first.question.expect("a question");
    assert_eq!(
        (question.from.as_str(), question.to.as_str(), question.is_second),
        ("+15550001111", "+12025550123", false)
    );
    for (status, asks) in
        [("completed", false), ("no-answer", true), ("busy", true), ("timeout", true), ("failed", true)]
    {
        let again = [&pairs[..], &[("DialStatus", status)]].concat();
        let second = signed(&format!("{ROUTE}?second=1"), &again).received(&plivo()).expect("accepted");
        assert_eq!(second.question.map(|question| question.is_second), asks.then_some(true), "{status}");
        assert_eq!(second.events, []);
        assert_eq!(second.answer.body, "<?xml version=\"1.0\" encoding=\"UTF-8\"?><Response></Response>");
    }
}

#[test]
fn the_manager_s_pick_up_rings_the_client() {
    let query = "?line=sip%3Aa%26b%40c.d&dial=d1&to=%2B15550009999";
    let pairs = [
        ("CallUUID", "A1"),
        ("From", "12025550123"),
        ("To", "sip:a&b@c.d"),
        ("CallStatus", "in-progress"),
        ("Direction", "outbound"),
    ];
    let answered = signed(&format!("{ROUTE}{query}"), &pairs).received(&plivo()).expect("accepted");
    assert!(answered.question.is_none());
    assert_eq!(said(&answered.events), [("sip:a&b@c.d".into(), Ringing)]);
    let event = &answered.events[0];
    assert_eq!(
        (event.from.as_str(), event.to.as_str(), event.direction),
        ("sip:a&b@c.d", "+15550009999", Some(Direction::Outbound))
    );
    let xml = answered.answer.body;
    assert!(xml.contains("<Number>+15550009999</Number>") && xml.contains("callerId=\"+12025550123\""), "{xml}");
    let back = xml.split("callbackUrl=\"").nth(1).unwrap().split('"').next().unwrap().replace("&amp;", "&");
    assert_eq!(back, format!("{HOOK}{query}&leg=client"));
    assert!(!xml.contains("<Record"));

    let leg = |action: &[(&str, &str)]| signed(&back, &[&pairs[..], action].concat()).says(&plivo());
    let line = || "sip:a&b@c.d".to_owned();
    assert_eq!(leg(&[("DialAction", "answer")]), [(line(), Answered)]);
    assert_eq!(leg(&[("DialAction", "hangup"), ("DialBLegDuration", "9")]), [(line(), Completed)]);
    assert_eq!(leg(&[("DialAction", "hangup"), ("DialBLegHangupCause", "USER_BUSY")]), [(line(), Busy)]);
    let manager =
        |status: &str| signed(&format!("{HOOK}{query}"), &[("CallUUID", "A1"), ("CallStatus", status)]).says(&plivo());
    assert_eq!(manager("no-answer"), [(line(), Failed)]);
    assert_eq!(manager("completed"), [("-".into(), Ended)]);

    let over = signed(&format!("{ROUTE}{query}"), &[&pairs[..], &[("DialStatus", "completed")]].concat());
    assert!(!over.received(&plivo()).expect("accepted").answer.body.contains("<Dial"));
    let Credentials::Plivo { auth_id, auth_token, number, .. } = plivo() else { unreachable!() };
    let recording = Credentials::Plivo { auth_id, auth_token, number, record: true, time_zone: None };
    let answer = signed(&format!("{ROUTE}{query}"), &pairs).received(&recording).expect("accepted").answer;
    assert!(answer.body.contains("startOnDialAnswer=\"true\""));
}

#[test]
fn a_recording_is_kept() {
    let url = "https://media.plivo.com/v1/Account/MA1/Recording/r.mp3";
    let received = signed(HOOK, &[("CallUUID", "A1"), ("RecordUrl", url), ("RecordingID", "r")]).received(&plivo());
    let received = received.expect("accepted");
    assert_eq!((received.events.len(), received.recordings[0].recording.as_str()), (0, url));
    let plain = signed(HOOK, &[("CallUUID", "A1"), ("RecordUrl", "http://x/")]).received(&plivo()).expect("accepted");
    assert_eq!(plain.recordings, []);
}
