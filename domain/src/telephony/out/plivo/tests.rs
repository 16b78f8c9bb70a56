//! What Plivo is asked, and what its answers mean.

use super::*;
use crate::telephony::out::testing::*;
use crate::telephony::{Direction, Provider, ReportedStatus};

const BASE: &str = "https://api.plivo.com/v1/Account/MANWVLYTK4ZWU1YTY4ZT";
const HOOK: &str = "https://voip.example.com/webhooks/voip/plivo/key";

fn plivo(record: &str) -> Credentials {
    credentials(
        Provider::Plivo,
        json!({"authId": "MANWVLYTK4ZWU1YTY4ZT", "authToken": "hush-hush-hush", "number": "+12025550123", "record": record}),
    )
}

#[test]
fn the_account_itself_tells_whether_the_credentials_are_good() {
    let (asked, ended) = play(check(&plivo("off")), &[(200, r#"{"auth_id":"MA","timezone":"Asia/Kolkata"}"#)]);
    assert_eq!(line_of(&asked[0]), format!("GET {BASE}/"));
    assert_eq!(asked[0].auth, basic("MANWVLYTK4ZWU1YTY4ZT", "hush-hush-hush"));
    assert_eq!(ended, Ok(Learned { time_zone: Some("Asia/Kolkata".into()) }));
    fails_well(|| check(&plivo("off")));
    let ended = play(check(&plivo("off")), &[(404, "{}")]).1;
    assert!(matches!(ended, Err(ProviderError::Unauthorised(_))), "{ended:?}");
}

#[test]
fn the_numbers_application_gets_our_addresses() {
    let found = r#"{"application":"/v1/Account/MANWVLYTK4ZWU1YTY4ZT/Application/29986316244302815/"}"#;
    let (asked, ended) = play(set_up(&plivo("off"), &urls("plivo")), &[(200, found), (202, "{}")]);
    assert_eq!(ended, Ok(()));
    assert_eq!(line_of(&asked[0]), format!("GET {BASE}/Number/12025550123/"));
    assert_eq!(line_of(&asked[1]), format!("POST {BASE}/Application/29986316244302815/"));
    assert_eq!(
        json_of(&asked[1]),
        json!({"answer_url": "https://voip.example.com/route/plivo/key",
        "answer_method": "POST", "hangup_url": HOOK, "hangup_method": "POST"})
    );
    fails_well(|| set_up(&plivo("off"), &urls("plivo")));
    let said = play(set_up(&plivo("off"), &urls("plivo")), &[(404, r#"{"error":"not found"}"#)]).1.unwrap_err();
    assert!(said.to_string().starts_with("The number +12025550123 is not in this Plivo account."), "{said}");
}

#[test]
fn a_number_without_application_gets_one() {
    let replies = [(200, r#"{"application":null}"#), (201, r#"{"app_id":"77"}"#), (202, "{}")];
    let (asked, ended) = play(set_up(&plivo("off"), &urls("plivo")), &replies);
    assert_eq!(ended, Ok(()));
    assert_eq!(line_of(&asked[1]), format!("POST {BASE}/Application/"));
    assert_eq!(json_of(&asked[1])["app_name"], "Kommo-VoIP-12025550123");
    assert_eq!(
        (line_of(&asked[2]), json_of(&asked[2])),
        (format!("POST {BASE}/Number/12025550123/"), json!({"app_id": "77"}))
    );
}

#[test]
fn endpoints_are_listed_page_by_page_as_they_can_be_rung() {
    let one = r#"{"meta":{"next":"/v1/x"},"objects":[{"alias":"Zoë","sip_uri":"sip:zoe1@phone.plivo.com","username":"zoe1"}]}"#;
    let two = r#"{"meta":{"next":null},"objects":[{"sip_uri":"sip:bob2@phone.plivo.com","username":"bob2"},{}]}"#;
    let (asked, ended) = play(lines(&plivo("off")), &[(200, one), (200, two)]);
    let asked: Vec<_> = asked.iter().map(line_of).collect();
    assert_eq!(asked, [0, 20].map(|offset| format!("GET {BASE}/Endpoint/?limit=20&offset={offset}")));
    let found: Vec<_> = ended.expect("lines").into_iter().map(|line| (line.extension_id.0, line.name)).collect();
    assert_eq!(
        found,
        [("sip:zoe1@phone.plivo.com".into(), "Zoë".to_owned()), ("sip:bob2@phone.plivo.com".into(), "bob2".to_owned())]
    );
    fails_well(|| lines(&plivo("off")));
}

#[test]
fn a_call_rings_the_line_and_asks_us_what_then() {
    let placed = place_call(&plivo("off"), &call("sip:zoe1@phone.plivo.com"), &urls("plivo"));
    let (asked, ended) = play(placed, &[(201, r#"{"message":"call fired","request_uuid":"u1"}"#)]);
    assert_eq!(ended, Ok(Some(ProviderCallId("u1".into()))));
    assert_eq!(line_of(&asked[0]), format!("POST {BASE}/Call/"));
    let query = "line=sip%3Azoe1%40phone.plivo.com&dial=d1&to=%2B493012345678";
    let hook = format!("{HOOK}?{query}");
    assert_eq!(
        json_of(&asked[0]),
        json!({"from": "12025550123", "to": "sip:zoe1@phone.plivo.com",
        "answer_url": format!("https://voip.example.com/route/plivo/key?{query}"), "answer_method": "POST",
        "ring_url": hook, "ring_method": "POST", "hangup_url": hook, "hangup_method": "POST", "ring_timeout": 25})
    );
    for (line, to) in [("+12025550100", "12025550100"), ("bob2", "sip:bob2@phone.plivo.com")] {
        let (asked, _) = play(place_call(&plivo("off"), &call(line), &urls("plivo")), &[(201, "{}")]);
        assert_eq!(json_of(&asked[0])["to"], to);
    }
    fails_well(|| place_call(&plivo("off"), &call("bob2"), &urls("plivo")));
    for line in ["client:zoe", "sip:zoe", "+12", "a b", ""] {
        let ended = play(place_call(&plivo("off"), &call(line), &urls("plivo")), &[]).1;
        assert!(matches!(ended, Err(ProviderError::Refused(_))), "{line}");
    }
    let said = play(place_call(&plivo("off"), &call("bob2"), &urls("plivo")), &[(400, r#"{"error":"to is invalid"}"#)]);
    assert_eq!(said.1.unwrap_err().to_string(), "Plivo refuses: to is invalid");
}

#[test]
fn recordings_come_from_plivo_only() {
    for good in ["https://media.plivo.com/v1/a.mp3", "https://eu.media.plivo.com/a.mp3"] {
        let request = play(recording(&plivo("off"), good), &[]).1.expect("a request");
        assert_eq!((request.url.as_str(), request.auth), (good, basic("MANWVLYTK4ZWU1YTY4ZT", "hush-hush-hush")));
    }
    assert!(recording(&plivo("off"), &format!("{BASE}/Recording/r1.mp3")).is_some());
    for bad in [
        format!("{BASE}/Call/"),
        "https://api.plivo.com/v1/Account/MAOTHER/Recording/r1.mp3".to_owned(),
        "https://evilmedia.plivo.com.example/a.mp3".to_owned(),
        "https://evil.example/https://media.plivo.com/a".to_owned(),
        "http://media.plivo.com/a.mp3".to_owned(),
        "zadarma:1".to_owned(),
    ] {
        assert!(recording(&plivo("off"), &bad).is_none(), "{bad}");
    }
}

fn answered(record: &str, route: &Route, is_second: bool) -> String {
    let question = RouteQuestion { is_second, ..RouteQuestion::default() };
    match super::route(&plivo(record), &question, route, &urls("plivo")) {
        RouteReply::Answer(Answer { status: 200, content_type: "text/xml; charset=utf-8", body }) => {
            body.strip_prefix("<?xml version=\"1.0\" encoding=\"UTF-8\"?>").expect("a declaration").to_owned()
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn chosen_lines_ring_together_under_the_callers_name() {
    let route = Route {
        first: line_ids(&["+12025550100", "bob2", "client:x"]),
        then: line_ids(&["+12025550101"]),
        ring_seconds: 20,
        caller_name: Some("\"Zoë\" <Adler>".into()),
        ..Route::default()
    };
    let name = "callerName=\"&quot;Zoë&quot; &lt;Adler&gt;\"";
    let again = "action=\"https://voip.example.com/route/plivo/key?second=1\" method=\"POST\"";
    assert_eq!(
        answered("off", &route, false),
        format!(
            "<Response><Dial timeout=\"20\" callbackUrl=\"{HOOK}\" callbackMethod=\"POST\" {name} {again}>\
         <Number>12025550100</Number><User>sip:bob2@phone.plivo.com</User></Dial></Response>"
        )
    );
    assert_eq!(
        answered("on", &route, true),
        format!(
            "<Response><Dial timeout=\"20\" callbackUrl=\"{HOOK}?line=%2B12025550101\" callbackMethod=\"POST\" {name}>\
         <Number>12025550101</Number></Dial></Response>"
        )
    );
    assert!(answered("on", &route, false).starts_with(&format!(
        "<Response><Record recordSession=\"true\" startOnDialAnswer=\"true\" redirect=\"false\" maxLength=\"14400\" \
         callbackUrl=\"{HOOK}\" callbackMethod=\"POST\"/><Dial "
    )));
}

#[test]
fn nobody_to_ring_ends_the_call() {
    let end = r#"<Response><Hangup reason="busy"/></Response>"#;
    assert_eq!(answered("on", &Route::default(), false), end);
    assert_eq!(answered("off", &Route { first: line_ids(&["client:x"]), ..Route::default() }, false), end);
    assert_eq!(answered("off", &Route { first: line_ids(&["bob2"]), ..Route::default() }, true), end);
}

#[test]
fn past_calls_are_told_as_their_webhooks_would_have_been() {
    use ReportedStatus::{Completed, Ended, Missed};
    let leg = |id: &str, parent: Option<&str>, direction: &str, from: &str, to: &str, answered: bool| {
        json!({"call_uuid": id, "parent_call_uuid": parent, "call_direction": direction, "from_number": from,
               "to_number": to, "initiation_time": "2026-09-01 15:00:00+05:30", "end_time": "2026-09-01 15:01:00+05:30",
               "answer_time": answered.then_some("2026-09-01 15:00:20+05:30"), "call_duration": if answered { 40 } else { 0 }})
    };
    let mut going_on = leg("on", None, "inbound", "4930", "12025550123", true);
    going_on["end_time"] = Value::Null;
    let page = json!({"meta": {"next": "/v1/x"}, "objects": [
        leg("b2", Some("a2"), "outbound", "+12025550123", "493012345678", true),
        leg("a2", None, "outbound", "+12025550123", "sip:zoe1@phone.plivo.com", true),
        leg("b1", Some("a1"), "outbound", "4930999999", "12025550100", false),
        going_on,
    ]})
    .to_string();
    let parent = leg("a1", None, "inbound", "4930999999", "12025550123", true).to_string();
    let (asked, ended) = play(past_calls(&plivo("off"), past(1, Some("20"))), &[(200, &page), (200, &parent)]);
    assert_eq!(
        asked.iter().map(line_of).collect::<Vec<_>>(),
        [
            format!(
                "GET {BASE}/Call/?limit=20&offset=20&end_time__gte=2026-08-31%2019%3A00&end_time__lte=2026-09-02%2014%3A00"
            ),
            format!("GET {BASE}/Call/a1/"),
        ]
    );
    let found = ended.expect("a page");
    assert_eq!(found.next.as_deref(), Some("24"));
    let mut told: Vec<_> = found
        .events
        .iter()
        .map(|event| {
            let line = event.extension.as_ref().map(|line| line.0.as_str());
            (event.call_id.0.as_str(), line, event.status, event.direction, event.to.as_str(), event.talk_seconds)
        })
        .collect();
    told.sort_by_key(|event| (event.0, event.1));
    assert_eq!(
        told,
        [
            ("a1", Some("+12025550100"), Missed, Some(Direction::Inbound), "+12025550100", None),
            ("a2", None, Ended, Some(Direction::Outbound), "+493012345678", None),
            ("a2", Some("sip:zoe1@phone.plivo.com"), Completed, Some(Direction::Outbound), "+493012345678", Some(40)),
        ]
    );
    fails_well(|| past_calls(&plivo("off"), past(1, None)));
    assert!(play(past_calls(&plivo("off"), past(1, Some("x"))), &[]).1.is_err());
}
