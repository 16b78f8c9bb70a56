//! What Twilio is asked, word for word, and what its answers mean.

use super::*;
use crate::routing::Route;
use crate::telephony::out::testing::*;
use crate::telephony::out::{ProviderError, RouteReply};
use crate::telephony::{Answer, Direction, Provider, ReportedStatus, RouteQuestion};
use serde_json::json;

const SID: &str = "AC00000000000000000000000000000001";
const BASE: &str = "https://api.twilio.com/2010-04-01/Accounts/AC00000000000000000000000000000001";
const HOOK: &str = "https://voip.example.com/webhooks/voip/twilio/key";

fn twilio(record: &str) -> Credentials {
    let typed = json!({"accountSid": SID, "authToken": "hush-hush-hush", "number": "+12025550123", "record": record});
    credentials(Provider::Twilio, typed)
}

#[test]
fn the_account_itself_tells_whether_the_credentials_are_good() {
    let (asked, ended) = play(check(&twilio("off")), &[(200, r#"{"status":"active"}"#)]);
    assert_eq!(line_of(&asked[0]), format!("GET {BASE}.json"));
    assert_eq!(asked[0].auth, basic(SID, "hush-hush-hush"));
    assert_eq!(ended, Ok(Learned::default()));
    fails_well(|| check(&twilio("off")));
    for status in [401, 404] {
        let said = play(check(&twilio("off")), &[(status, "{}")]).1.expect_err("refused").to_string();
        assert_eq!(said, "Twilio does not accept account SID and auth token. Copy both again from the Twilio console.");
    }
    assert!(play(check(&twilio("off")), &[(200, r#"{"status":"suspended"}"#)]).1.is_err());
}

#[test]
fn the_number_is_found_and_told_our_addresses() {
    let list = r#"{"incoming_phone_numbers":[{"sid":"PN9","phone_number":"+120255501239"},
                   {"sid":"PN1","phone_number":"+12025550123"}]}"#;
    let (asked, ended) = play(set_up(&twilio("off"), &urls("twilio")), &[(200, list), (200, "{}")]);
    assert_eq!(ended, Ok(()));
    assert_eq!(line_of(&asked[0]), format!("GET {BASE}/IncomingPhoneNumbers.json?PhoneNumber=%2B12025550123"));
    assert_eq!(line_of(&asked[1]), format!("POST {BASE}/IncomingPhoneNumbers/PN1.json"));
    let expected = [
        ("VoiceUrl", "https://voip.example.com/route/twilio/key"),
        ("VoiceMethod", "POST"),
        ("StatusCallback", HOOK),
        ("StatusCallbackMethod", "POST"),
    ];
    assert_eq!(form_of(&asked[1]), expected.map(|(name, value)| (name.to_owned(), value.to_owned())));
    fails_well(|| set_up(&twilio("off"), &urls("twilio")));
}

#[test]
fn a_number_of_somebody_else_is_named() {
    for list in
        [r#"{"incoming_phone_numbers":[]}"#, r#"{"incoming_phone_numbers":[{"sid":"PN9","phone_number":"+1"}]}"#]
    {
        let ended = play(set_up(&twilio("off"), &urls("twilio")), &[(200, list)]).1;
        let said = ended.expect_err("refused").to_string();
        assert!(said.starts_with("The number +12025550123 is not in this Twilio account."), "{said}");
    }
}

#[test]
fn sip_users_are_listed_at_the_only_domain() {
    let domains = r#"{"domains":[{"domain_name":"acme.sip.twilio.com"}]}"#;
    let lists = r#"{"credential_lists":[{"sid":"CL1"},{"sid":"CL2"}]}"#;
    let (one, two) =
        (r#"{"credentials":[{"username":"zoe"},{"username":"bob"}]}"#, r#"{"credentials":[{"username":"bob"}]}"#);
    let (asked, ended) = play(lines(&twilio("off")), &[(200, domains), (200, lists), (200, two), (200, one)]);
    let asked: Vec<_> = asked.iter().map(line_of).collect();
    assert_eq!(
        asked,
        [
            format!("GET {BASE}/SIP/Domains.json?PageSize=50"),
            format!("GET {BASE}/SIP/CredentialLists.json?PageSize=50"),
            format!("GET {BASE}/SIP/CredentialLists/CL2/Credentials.json?PageSize=100"),
            format!("GET {BASE}/SIP/CredentialLists/CL1/Credentials.json?PageSize=100"),
        ]
    );
    let found: Vec<_> = ended.expect("lines").into_iter().map(|line| (line.extension_id.0, line.name)).collect();
    let line = |name: &str| (format!("sip:{name}@acme.sip.twilio.com"), name.to_owned());
    assert_eq!(found, [line("bob"), line("zoe")]);
    for domains in [(404, "{}"), (200, r#"{"domains":[{"domain_name":"a"},{"domain_name":"b"}]}"#)] {
        let ended = play(lines(&twilio("off")), &[domains, (200, lists), (200, one), (200, one)]).1;
        assert_eq!(ended.expect("lines")[0].extension_id.0, "bob");
    }
    fails_well(|| lines(&twilio("off")));
}

#[test]
fn a_call_rings_the_line_first_and_then_the_client() {
    let placed = place_call(&twilio("off"), &call("client:zoë"), &urls("twilio"));
    let (asked, ended) = play(placed, &[(201, r#"{"sid":"CA1","status":"queued"}"#)]);
    assert_eq!(ended, Ok(Some(ProviderCallId("CA1".into()))));
    assert_eq!(line_of(&asked[0]), format!("POST {BASE}/Calls.json"));
    let query = "line=client%3Azo%C3%AB&dial=d1&to=%2B493012345678";
    let twiml = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?><Response><Dial answerOnBridge=\"true\" callerId=\"+12025550123\">\
         <Number statusCallback=\"{HOOK}?{}&amp;leg=client\" statusCallbackEvent=\"initiated ringing answered completed\" \
         statusCallbackMethod=\"POST\">+493012345678</Number></Dial></Response>",
        query.replace('&', "&amp;")
    );
    let progress = format!("{HOOK}?{query}");
    let expected = [
        ("To", "client:zoë"),
        ("From", "+12025550123"),
        ("Twiml", &twiml),
        ("Timeout", "25"),
        ("StatusCallback", &progress),
        ("StatusCallbackMethod", "POST"),
        ("StatusCallbackEvent", "initiated"),
        ("StatusCallbackEvent", "ringing"),
        ("StatusCallbackEvent", "answered"),
        ("StatusCallbackEvent", "completed"),
    ];
    assert_eq!(form_of(&asked[0]), expected.map(|(name, value)| (name.to_owned(), value.to_owned())));
    fails_well(|| place_call(&twilio("off"), &call("+12025550100"), &urls("twilio")));
    let said = r#"{"code":21211,"message":"The 'To' number is not valid","status":400}"#;
    let ended = play(place_call(&twilio("off"), &call("sip:a@b.c"), &urls("twilio")), &[(400, said)]).1;
    assert_eq!(ended, Err(ProviderError::Refused("Twilio refuses: The 'To' number is not valid".into())));
}

#[test]
fn a_recorded_call_reports_its_recording_to_the_hook() {
    let (asked, _) = play(place_call(&twilio("on"), &call("+12025550100"), &urls("twilio")), &[(201, "{}")]);
    let twiml = form_of(&asked[0]).into_iter().find(|(name, _)| name == "Twiml").expect("TwiML").1;
    assert!(
        twiml.contains(&format!(r#"record="record-from-answer-dual" recordingStatusCallback="{HOOK}""#)),
        "{twiml}"
    );
}

#[test]
fn a_line_without_a_domain_cannot_be_rung_and_is_told_so() {
    for line in ["bob", "101", "sip:bob", "+12", "http://evil.example", "+4930x2345678"] {
        let (asked, ended) = play(place_call(&twilio("off"), &call(line), &urls("twilio")), &[]);
        assert!(asked.is_empty());
        let said = ended.expect_err("refused").to_string();
        assert!(said.starts_with(&format!("Twilio cannot ring the line {line}.")), "{said}");
    }
}

#[test]
fn recordings_are_fetched_from_this_account_only() {
    let url = |reference: &str| {
        recording(&twilio("off"), reference).map(|errand| play(Some(errand), &[]).1.expect("a request"))
    };
    let expected = format!("{BASE}/Recordings/RE1.mp3");
    for reference in [format!("{BASE}/Recordings/RE1"), expected.clone()] {
        let request = url(&reference).expect("ours");
        assert_eq!((request.url.as_str(), &request.auth), (expected.as_str(), &basic(SID, "hush-hush-hush")));
    }
    for reference in [
        "https://evil.example/2010-04-01/Accounts/AC00000000000000000000000000000001/Recordings/RE1".to_owned(),
        BASE.replace("AC00000000000000000000000000000001", "AC2") + "/Recordings/RE1",
        format!("{BASE}/Recordings/"),
        format!("{BASE}/Recordings/../Calls"),
        format!("{BASE}/Recordings/RE1?x=y"),
        "zadarma:1".to_owned(),
    ] {
        assert!(url(&reference).is_none(), "{reference}");
    }
}

/// The answer to a question, without the XML declaration.
fn answer(record: &str, first: &[&str], then: &[&str], is_second: bool) -> String {
    let route = Route { first: line_ids(first), then: line_ids(then), ring_seconds: 20, ..Route::default() };
    let question = RouteQuestion { is_second, ..RouteQuestion::default() };
    match super::route(&twilio(record), &question, &route, &urls("twilio")) {
        RouteReply::Answer(Answer { status: 200, content_type: "text/xml; charset=utf-8", body }) => {
            body.strip_prefix("<?xml version=\"1.0\" encoding=\"UTF-8\"?>").expect("a declaration").to_owned()
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn chosen_lines_ring_together_each_reporting_for_itself() {
    let progress = r#"statusCallbackEvent="initiated ringing answered completed" statusCallbackMethod="POST""#;
    let xml =
        answer("off", &["+12025550100", "client:zoe", "sip:bob@acme.sip.twilio.com", "bob"], &["+12025550101"], false);
    assert_eq!(
        xml,
        format!(
            "<Response><Dial answerOnBridge=\"true\" timeout=\"20\" \
         action=\"https://voip.example.com/route/twilio/key?second=1\" method=\"POST\">\
         <Number statusCallback=\"{HOOK}?line=%2B12025550100\" {progress}>+12025550100</Number>\
         <Client statusCallback=\"{HOOK}?line=client%3Azoe\" {progress}>zoe</Client>\
         <Sip statusCallback=\"{HOOK}?line=sip%3Abob%40acme.sip.twilio.com\" {progress}>sip:bob@acme.sip.twilio.com</Sip>\
         </Dial></Response>"
        )
    );
    assert!(answer("on", &["+12025550100"], &[], false).contains(r#"record="record-from-answer-dual""#));
}

#[test]
fn the_second_choice_rings_once_and_nobody_is_an_end() {
    let second = answer("off", &["+12025550100"], &["+12025550101"], true);
    assert!(second.contains(">+12025550101<") && !second.contains(">+12025550100<") && !second.contains("action="));
    // Without a first choice the rest rings at once, and then nobody is left to be asked for.
    let rest = answer("off", &[], &["+12025550101"], false);
    assert!(rest.contains(">+12025550101<") && !rest.contains("action="), "{rest}");
    assert!(!answer("off", &["+12025550100"], &[], false).contains("action="));
    for undialable in [&[][..], &["bob"]] {
        assert_eq!(answer("off", undialable, &[], false), r#"<Response><Reject reason="busy"/></Response>"#);
    }
    assert_eq!(answer("off", &["+12025550100"], &[], true), "<Response><Hangup/></Response>");
}

#[test]
fn past_calls_are_told_as_their_webhooks_would_have_been() {
    let leg = |sid: &str,
               parent: Option<&str>,
               direction: &str,
               from: &str,
               to: &str,
               status: &str,
               duration: Option<&str>| {
        json!({"sid": sid, "parent_call_sid": parent, "direction": direction, "from": from, "to": to, "status": status,
               "start_time": "Tue, 01 Sep 2026 09:00:00 +0000", "end_time": "Tue, 01 Sep 2026 09:01:00 +0000",
               "duration": duration})
    };
    let page = json!({"next_page_uri": format!("/2010-04-01/Accounts/{SID}/Calls.json?PageToken=PA1"), "calls": [
        leg("CA9", None, "inbound", "+4930", "+12025550123", "in-progress", None),
        leg("CA4", Some("CA3"), "outbound-dial", "+12025550123", "+493012345678", "completed", Some("33")),
        leg("CA3", None, "outbound-api", "+12025550123", "client:zoe", "completed", Some("40")),
        leg("CA2", Some("CA1"), "outbound-dial", "+4930", "sip:bob@b.c", "no-answer", None),
        leg("CA6", Some("CA5"), "outbound-dial", "+4930", "+12025550100", "completed", Some("20")),
        leg("CA1", None, "inbound", "+4930", "+12025550123", "completed", Some("60")),
        leg("CA7", None, "outbound-api", "+12025550123", "client:zoe", "no-answer", None),
    ]})
    .to_string();
    let parent = leg("CA5", None, "inbound", "+4930", "+12025550123", "completed", Some("60")).to_string();
    let (asked, ended) = play(past_calls(&twilio("off"), past(2, None)), &[(200, &page), (200, &parent)]);
    let query = "PageSize=100&StartTime%3E=2026-09-01&StartTime%3C=2026-09-02";
    assert_eq!(line_of(&asked[0]), format!("GET {BASE}/Calls.json?{query}"));
    assert_eq!(line_of(&asked[1]), format!("GET {BASE}/Calls/CA5.json"));
    let found = ended.expect("a page");
    assert_eq!(found.next.as_deref(), Some(format!("/2010-04-01/Accounts/{SID}/Calls.json?PageToken=PA1").as_str()));
    let mut told: Vec<_> = found
        .events
        .iter()
        .map(|event| {
            let line = event.extension.as_ref().map(|line| line.0.clone());
            (event.call_id.0.as_str(), line, event.status, event.direction, event.to.as_str(), event.talk_seconds)
        })
        .collect();
    told.sort_by_key(|event| event.0);
    use ReportedStatus::{Completed, Ended, Missed};
    let (inbound, outbound) = (Some(Direction::Inbound), Some(Direction::Outbound));
    let line = |text: &str| Some(text.to_owned());
    assert_eq!(
        told,
        [
            ("CA1", None, Ended, inbound, "+12025550123", None),
            ("CA1", line("sip:bob@b.c"), Missed, inbound, "sip:bob@b.c", None),
            ("CA3", None, Ended, outbound, "+493012345678", None),
            ("CA3", line("client:zoe"), Completed, outbound, "+493012345678", Some(33)),
            ("CA5", line("+12025550100"), Completed, inbound, "+12025550100", Some(20)),
        ]
    );
    let talk = found.events.iter().find(|event| event.talk_seconds == Some(33)).expect("the talk");
    assert_eq!((talk.from.as_str(), talk.started_at), ("client:zoe", NOW + crate::time::Millis::minutes(-60)));
    assert_eq!(talk.answered_at, talk.ended_at.map(|end| end + crate::time::Millis::seconds(-33)));
}

#[test]
fn past_calls_go_on_where_they_stopped_and_nowhere_else() {
    let cursor = format!("/2010-04-01/Accounts/{SID}/Calls.json?PageToken=PA1");
    let next = r#"{"calls":[],"next_page_uri":"/2010-04-01/Accounts/AC2/Calls.json?x"}"#;
    let (asked, ended) = play(past_calls(&twilio("off"), past(1, Some(&cursor))), &[(200, next)]);
    assert_eq!(line_of(&asked[0]), format!("GET https://api.twilio.com{cursor}"));
    assert_eq!(ended.expect("a page").next, None);
    assert!(play(past_calls(&twilio("off"), past(1, Some("@evil.example/"))), &[]).1.is_err());
    fails_well(|| past_calls(&twilio("off"), past(1, None)));
    // What began before is somebody else's catch-up.
    let early = r#"{"calls":[{"sid":"CA1","direction":"inbound","from":"+1","to":"+2","status":"completed",
        "start_time":"Tue, 01 Sep 2026 08:59:59 +0000"}]}"#;
    assert!(play(past_calls(&twilio("off"), past(1, None)), &[(200, early)]).1.expect("a page").events.is_empty());
}
