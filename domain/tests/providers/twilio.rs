//! Twilio: validating requests; voice webhooks; status callbacks; recording callbacks.

use super::post::*;
use super::{attacks, sign};
use kommo_voip_domain::ids::ExtensionId;
use kommo_voip_domain::telephony::{Credentials, Direction, Provider, Refusal, ReportedStatus::*};

const TOKEN: &str = "0123456789abcdef0123456789abcdef";

fn twilio() -> Credentials {
    credentials(Provider::Twilio, TOKEN)
}

fn signed(url: &str, pairs: &[(&str, &str)]) -> Post {
    sign::twilio(TOKEN, Post::to(url, sign::form(pairs)))
}

const PARAMS: &str =
    "CallSid=CA1234567890ABCDE&Digits=1234&From=%2B14158675309&To=%2B18005551212&Caller=%2B14158675309";
const JSON: &str = r#"{"property": "value", "boolean": true}"#;
const JSON_HASH: &str = "0a1ff7634d9ab3b95db5c9a2dfe9416e41502b283a80c7cf19632632f96e6620";
const EMPTY_HASH: &str = "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a";

#[test]
fn the_published_signatures_are_accepted() {
    let key = credentials(Provider::Twilio, "12345");
    let base = "mycompany.com/myapp.php?foo=1&bar=2";
    let duplicates = "Sid=CA123&SidAccount=AC123&Digits=5678&Digits=1234&Digits=1234";
    let form = "application/x-www-form-urlencoded; charset=UTF-8";
    for (url, kind, body, signature) in [
        (format!("https://{base}"), form, PARAMS, "RSOYDt4T1cUTdK1PDd93/VVr8B8="),
        (format!("https://{base}"), form, PARAMS, "kvajT1Ptam85bY51eRf/AJRuM3w="),
        (format!("http://{base}"), form, PARAMS, "0ZXoZLH/DfblKGATFgpif+LLRf4="),
        (format!("http://{}", base.replace(".com", ".com:1234")), form, PARAMS, "Zmvh+3yNM1Phv2jhDCwEM3q5ebU="),
        (format!("https://{}", base.replace(".com", ".com:443")), form, PARAMS, "RSOYDt4T1cUTdK1PDd93/VVr8B8="),
        (format!("https://{}", base.replace(".com", ".com:1234")), form, PARAMS, "RSOYDt4T1cUTdK1PDd93/VVr8B8="),
        (format!("https://{base}"), form, duplicates, "IK+Dwps556ElfBT0I3Rgjkr1wJU="),
        (format!("https://{base}&bodySHA256={JSON_HASH}"), "application/json", JSON, "a9nBmqA0ju/hNViExpshrM61xv4="),
        (
            format!("https://mycompany.com/myapp.php?bodySHA256={JSON_HASH}"),
            "application/json",
            JSON,
            "y77kIzt2vzLz71DgmJGsen2scGs=",
        ),
        (format!("https://{base}&bodySHA256={EMPTY_HASH}"), "application/json", "{}", "Ldidvp12m26NI7eqEvxnEpkd9Hc="),
    ] {
        let post = Post::to(&url, body).with("content-type", kind).with("x-twilio-signature", signature);
        let result = post.received(&key);
        // Some of the examples are no event of a call; they are genuine nevertheless.
        assert!(matches!(&result, Ok(_) | Err(Refusal::Malformed(_))), "{url} {signature}: {result:?}");
        attacks::missing_and_doubled(&post, "x-twilio-signature", &key);
        assert!(is_unsigned(&post.received(&credentials(Provider::Twilio, "12346"))));
    }
}

#[test]
fn a_blank_field_counts_and_a_form_is_what_its_bytes_say() {
    let url = "https://voip.example.com/hook/twilio/acc1?k=v";
    let form = "AccountSid=AC00000000000000000000000000000001&ApiVersion=2010-04-01&CallSid=CA00000000000000000000000000000001\
        &CallStatus=completed&CallDuration=42&Direction=inbound&From=%2B15550001111&To=%2B15550002222&CallerCity=\
        &CallerName=Zo%C3%AB+%26+Co&SequenceNumber=3&Timestamp=Tue%2C+01+Sep+2026+10%3A00%3A42+%2B0000";
    let post = |form: &str, code: &str| Post::to(url, form).with("x-twilio-signature", code);
    assert!(post(form, "2ZCbHzI0hF5HNop2IJjZpFn8shs=").received(&twilio()).is_ok());
    assert!(is_unsigned(&post(form, "5JfG6IbmwBwa7p3vW/ErVkxnj9I=").received(&twilio())));
    let dropped = form.replace("&CallerCity=", "");
    assert!(is_unsigned(&post(&dropped, "2ZCbHzI0hF5HNop2IJjZpFn8shs=").received(&twilio())));
    let event = &post(form, "2ZCbHzI0hF5HNop2IJjZpFn8shs=").events(&twilio())[0];
    assert_eq!((event.extension.clone(), event.status), (None, Ended));
    assert_eq!(event.started_at.seconds(), 1_788_256_800);
    assert_eq!(event.ended_at.map(|end| end.seconds()), Some(1_788_256_842));
    assert_eq!(event.talk_seconds, None);
}

#[test]
fn nothing_that_is_signed_can_change() {
    let pairs = [("CallSid", "CA1"), ("CallStatus", "ringing"), ("From", "+1 5"), ("To", ""), ("To", "x")];
    let post = signed(&format!("{HOOK}?line=%2B49&a"), &pairs);
    attacks::keys(&post, &twilio(), &credentials(Provider::Twilio, "other-token"));
    attacks::body(&post, &twilio());
    attacks::address(&post, &twilio());
    attacks::header(&post, "x-twilio-signature", &twilio());
    attacks::replay(&post, &signed(HOOK, &pairs), &twilio());

    let get = sign::twilio(TOKEN, Post::get(&format!("{HOOK}?{}", sign::form(&pairs))));
    assert_eq!(get.says(&twilio()), [("-".into(), Ringing)]);
    attacks::address(&get, &twilio());
    assert!(is_unsigned(&Post { body: b"CallStatus=completed".into(), ..get }.received(&twilio())));

    let url = format!("{HOOK}?bodySHA256={JSON_HASH}");
    let json = sign::twilio(TOKEN, Post { method: "GET", ..Post::to(&url, JSON) });
    let json = Post { method: "POST", ..json }.without("content-type").with("content-type", "application/json");
    assert!(json.received(&twilio()).is_ok());
    attacks::body(&json, &twilio());
    attacks::address(&json, &twilio());
    let unhashed = Post { url: HOOK.into(), ..json };
    assert!(is_unsigned(&unhashed.received(&twilio())));
}

#[test]
fn ports_and_older_spellings_of_the_query_are_one_address() {
    let pairs = [("CallSid", "CA1"), ("CallStatus", "ringing")];
    let spelt = |url: &str| signed(url, &pairs).header("x-twilio-signature");
    let host = "voip.example.com";
    for (signed_as, arrived_as, is_good) in [
        ("https://voip.example.com/h?a=1", "https://voip.example.com:8443/h?a=1", true),
        ("https://voip.example.com:443/h?a=1", "https://voip.example.com/h?a=1", true),
        ("https://voip.example.com:8443/h?a=1", "https://voip.example.com:8443/h?a=1", true),
        ("http://voip.example.com:80/h", "http://voip.example.com/h", true),
        ("https://voip.example.com:80/h", "https://voip.example.com/h", false),
        ("https://voip.example.com:8443/h?a=1", "https://voip.example.com/h?a=1", false),
        ("https://voip.example.com/h?a=it%27s%20me%2C", "https://voip.example.com/h?a=it%27s+me,", false),
        ("https://voip.example.com/h?a=it's%20me%2C", "https://voip.example.com/h?a=it%27s+me,", true),
        ("https://voip.example.com/h?a=%2C&b=", "https://voip.example.com/h?a=,&b", true),
        ("https://voip.example.com/h?a=%2B", "https://voip.example.com/h?a=+", false),
    ] {
        assert!(signed_as.contains(host));
        let post = Post::to(arrived_as, sign::form(&pairs)).with("x-twilio-signature", spelt(signed_as));
        assert_eq!(post.received(&twilio()).is_ok(), is_good, "{signed_as} as {arrived_as}");
    }
}

#[test]
fn statuses_mean_what_the_leg_can_know() {
    let table = [
        // (query, parent, status, expected)
        ("", None, "queued", ("-", Ringing)),
        ("", None, "initiated", ("-", Ringing)),
        ("", None, "ringing", ("-", Ringing)),
        ("", None, "in-progress", ("-", Ringing)),
        ("", None, "completed", ("-", Ended)),
        ("", None, "no-answer", ("-", Missed)),
        ("", None, "busy", ("-", Busy)),
        ("", None, "failed", ("-", Failed)),
        ("", None, "canceled", ("-", Cancelled)),
        ("?line=101", Some("CA0"), "initiated", ("101", Ringing)),
        ("?line=101", Some("CA0"), "in-progress", ("101", Answered)),
        ("?line=101", Some("CA0"), "completed", ("101", Completed)),
        ("?line=101", Some("CA0"), "no-answer", ("101", Missed)),
        ("?line=101", Some("CA0"), "busy", ("101", Busy)),
        ("?line=101", Some("CA0"), "failed", ("101", Failed)),
        ("?line=101", Some("CA0"), "canceled", ("101", Cancelled)),
        ("", Some("CA0"), "in-progress", ("client:bob", Answered)),
        ("?line=101&dial=d1", None, "initiated", ("101", Ringing)),
        ("?line=101&dial=d1", None, "in-progress", ("101", Ringing)),
        ("?line=101&dial=d1", None, "completed", ("-", Ended)),
        ("?line=101&dial=d1", None, "no-answer", ("101", Failed)),
        ("?line=101&dial=d1", None, "busy", ("101", Failed)),
        ("?line=101&dial=d1&leg=client", Some("CA0"), "ringing", ("101", Ringing)),
        ("?line=101&dial=d1&leg=client", Some("CA0"), "in-progress", ("101", Answered)),
        ("?line=101&dial=d1&leg=client", Some("CA0"), "completed", ("101", Completed)),
        ("?line=101&dial=d1&leg=client", Some("CA0"), "no-answer", ("101", Missed)),
        ("?line=101&dial=d1&leg=client", Some("CA0"), "busy", ("101", Busy)),
    ];
    for (query, parent, status, (line, expected)) in table {
        let mut pairs =
            vec![("CallSid", "CA1"), ("CallStatus", status), ("From", "+15550001111"), ("To", "client:bob")];
        pairs.extend(parent.map(|parent| ("ParentCallSid", parent)));
        let event = &signed(&format!("{HOOK}{query}"), &pairs).events(&twilio())[0];
        let said = (event.extension.as_ref().map_or("-", |line| line.0.as_str()), event.status);
        assert_eq!(said, (line, expected), "{query} {status}");
        assert_eq!(event.call_id.0, parent.unwrap_or("CA1"));
        assert_eq!(event.dial.is_some(), query.contains("dial"));
    }
    let unknown = signed(HOOK, &[("CallSid", "CA1"), ("CallStatus", "levitating")]);
    assert_eq!(unknown.events(&twilio()), []);
    let no_call = signed(HOOK, &[("Level", "ERROR")]);
    assert_eq!(no_call.events(&twilio()), []);
}

#[test]
fn a_line_s_leg_tells_times_and_length_of_the_talk() {
    let time = |seconds: i64| format!("Wed, 01 Jul 2026 10:00:{seconds:02} +0000");
    let leg = |pairs: &[(&str, &str)]| {
        let common = [
            ("CallSid", "CA1"),
            ("ParentCallSid", "CA0"),
            ("From", "+15550001111"),
            ("To", "sip:a@b.c"),
            ("Direction", "outbound-dial"),
        ];
        signed(&format!("{HOOK}?line=sip%3Aa%40b.c"), &[&common, pairs].concat()).events(&twilio()).remove(0)
    };
    let rings = leg(&[("CallStatus", "ringing"), ("Timestamp", &time(3))]);
    assert_eq!((rings.started_at, rings.answered_at, rings.ended_at), (at(3), None, None));
    assert_eq!(rings.direction, Some(Direction::Inbound), "a leg of an inbound call is part of an inbound call");
    assert_eq!(rings.extension, Some(ExtensionId("sip:a@b.c".into())));
    let answered = leg(&[("CallStatus", "in-progress"), ("Timestamp", &time(9))]);
    assert_eq!(answered.answered_at, Some(at(9)));
    let completed =
        leg(&[("CallStatus", "completed"), ("Timestamp", &time(51)), ("CallDuration", "42"), ("Duration", "1")]);
    assert_eq!((completed.started_at, completed.ended_at), (at(9), Some(at(51))));
    assert_eq!(completed.talk_seconds, Some(42), "Duration counts billed minutes");
    let machine = leg(&[("CallStatus", "completed"), ("AnsweredBy", "machine_start"), ("CallDuration", "4")]);
    assert_eq!(machine.status, Voicemail);
}

#[test]
fn a_click_to_call_goes_from_the_line_to_the_client() {
    let url = format!("{HOOK}?line=%2B49301111111&dial=d1&to=%2B15550009999");
    let pairs = [
        ("CallSid", "CA1"),
        ("CallStatus", "ringing"),
        ("From", "+12025550123"),
        ("To", "+49301111111"),
        ("Direction", "outbound-api"),
    ];
    let event = signed(&url, &pairs).events(&twilio()).remove(0);
    assert_eq!((event.from.as_str(), event.to.as_str()), ("+49301111111", "+15550009999"));
    assert_eq!(event.direction, Some(Direction::Outbound));
    assert_eq!(event.dial.map(|dial| dial.0), Some("d1".into()));
}

#[test]
fn the_voice_url_asks_where_to_and_asks_again_only_if_nobody_answered() {
    let pairs = [
        ("CallSid", "CA1"),
        ("CallStatus", "ringing"),
        ("From", "+15550001111"),
        ("To", "+12025550123"),
        ("Direction", "inbound"),
    ];
    let first = signed(ROUTE, &pairs).received(&twilio()).expect("accepted");
    assert_eq!(said(&first.events), [("-".into(), Ringing)]);
    let question = first.question.expect("a question");
    assert_eq!(
        (question.from.as_str(), question.to.as_str(), question.is_second),
        ("+15550001111", "+12025550123", false)
    );
    assert_eq!(question.call_id.map(|id| id.0), Some("CA1".into()));
    for (status, asks) in
        [("completed", false), ("answered", false), ("no-answer", true), ("busy", true), ("failed", true)]
    {
        let again = [&pairs[..], &[("DialCallStatus", status), ("CallStatus", "in-progress")]].concat();
        let second = signed(&format!("{ROUTE}?second=1"), &again).received(&twilio()).expect("accepted");
        assert_eq!(second.question.as_ref().map(|question| question.is_second), asks.then_some(true), "{status}");
        assert_eq!(second.events, []);
        assert_eq!(second.answer.status, 200);
        assert!(second.answer.body.ends_with("<Response/>"));
    }
}

#[test]
fn a_recording_is_kept_once_it_is_complete() {
    let url = "https://api.twilio.com/2010-04-01/Accounts/AC1/Recordings/RE1";
    let late = |status: &str, url: &str| {
        let pairs = [("CallSid", "CA1"), ("RecordingSid", "RE1"), ("RecordingStatus", status), ("RecordingUrl", url)];
        let received = signed(HOOK, &pairs).received(&twilio()).expect("accepted");
        assert_eq!(received.events, []);
        received.recordings.into_iter().map(|late| (late.call_id.0, late.recording)).collect::<Vec<_>>()
    };
    assert_eq!(late("completed", url), [("CA1".into(), url.into())]);
    for (status, url) in
        [("absent", url), ("in-progress", url), ("completed", "http://evil.example/"), ("completed", "")]
    {
        assert_eq!(late(status, url), []);
    }
}
