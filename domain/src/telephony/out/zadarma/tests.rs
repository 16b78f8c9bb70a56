//! What Zadarma is asked, and what its answers mean.

use super::*;
use crate::telephony::out::testing::*;
use crate::telephony::{CallEvent, Direction, Provider, ReportedStatus};

fn zadarma() -> Credentials {
    credentials(Provider::Zadarma, json!({"key": "0123456789abcdef", "secret": "SECRET"}))
}

/// The path and query that were signed.
fn path_of(request: &ProviderRequest) -> String {
    assert!(matches!(&request.auth, Auth::Header(text) if text.starts_with("0123456789abcdef:")));
    format!("{} {}", request.method, request.url.strip_prefix("https://api.zadarma.com/v1/").expect("the host"))
}

#[test]
fn the_check_learns_the_time_zone() {
    for zone in ["Europe/Berlin", "UTC+3"] {
        let reply = json!({"status": "success", "unixtime": 1, "timezone": zone}).to_string();
        let (asked, ended) = play(check(&zadarma()), &[(200, &reply)]);
        assert_eq!(path_of(&asked[0]), "GET info/timezone/?format=json");
        assert_eq!(ended, Ok(Learned { time_zone: Some(zone.into()) }));
    }
    fails_well(|| check(&zadarma()));
    let said = play(check(&zadarma()), &[(401, r#"{"status":"error","message":"Not authorized"}"#)]).1.unwrap_err();
    assert!(said.to_string().starts_with("Zadarma does not accept key and secret."));
    let said = play(check(&zadarma()), &[(200, r#"{"status":"error","message":"Limit"}"#)]).1.unwrap_err();
    assert_eq!(said.to_string(), "Zadarma refuses: Limit");
}

#[test]
fn our_address_is_told_and_every_notification_asked_for() {
    let good = r#"{"status":"success"}"#;
    let (asked, ended) = play(set_up(&zadarma(), &urls("zadarma")), &[(200, good), (200, good)]);
    assert_eq!((ended, asked.len()), (Ok(()), 2));
    assert_eq!(path_of(&asked[0]), "POST pbx/callinfo/url/");
    let url = ("url".to_owned(), "https://voip.example.com/webhooks/voip/zadarma/key".to_owned());
    assert!(form_of(&asked[0]).contains(&url));
    assert_eq!(path_of(&asked[1]), "POST pbx/callinfo/notifications/");
    let on = form_of(&asked[1]).into_iter().filter(|(_, value)| value == "true").map(|(name, _)| name);
    assert_eq!(
        on.collect::<Vec<_>>(),
        ["notify_answer", "notify_end", "notify_internal", "notify_out_end", "notify_out_start", "notify_start"]
    );
    fails_well(|| set_up(&zadarma(), &urls("zadarma")));
}

#[test]
fn extensions_are_listed_with_names_as_far_as_they_are_told() {
    let list = r#"{"status":"success","pbx_id":1234,"numbers":[100,101,102]}"#;
    let name = |name: &str| json!({"status": "success", "name": name}).to_string();
    let (asked, ended) = play(lines(&zadarma()), &[(200, list), (200, &name("Zoë")), (429, "")]);
    assert_eq!(
        asked.iter().map(path_of).collect::<Vec<_>>(),
        [
            "GET pbx/internal/?format=json",
            "GET pbx/internal/100/info/?format=json",
            "GET pbx/internal/101/info/?format=json",
        ]
    );
    let found: Vec<_> = ended.expect("lines").into_iter().map(|line| (line.extension_id.0, line.name)).collect();
    assert_eq!(found, [("100".into(), "Zoë".into()), ("101".into(), String::new()), ("102".into(), String::new())]);
    fails_well(|| lines(&zadarma()));
}

#[test]
fn a_call_rings_the_extension_and_has_no_id() {
    let (asked, ended) = play(place_call(&zadarma(), &call("100")), &[(200, r#"{"status":"success","time":1}"#)]);
    assert_eq!(path_of(&asked[0]), "GET request/callback/?format=json&from=100&sip=100&to=493012345678");
    assert_eq!(ended, Ok(None));
    let (asked, _) = play(place_call(&zadarma(), &call("+442037691880")), &[(200, r#"{"status":"success"}"#)]);
    assert_eq!(path_of(&asked[0]), "GET request/callback/?format=json&from=442037691880&to=493012345678");
    fails_well(|| place_call(&zadarma(), &call("100")));
    for line in ["sip:bob@x.example", "", "1a"] {
        assert!(matches!(play(place_call(&zadarma(), &call(line)), &[]).1, Err(ProviderError::Refused(_))), "{line}");
    }
}

#[test]
fn a_recording_is_fetched_by_a_fresh_link_without_our_key() {
    let link = "https://api.zadarma.com/v1/pbx/record/download/NjM3/1-1458313316.343456-100.mp3";
    let reply = json!({"status": "success", "link": link, "lifetime_till": "2026-09-01 12:00:00"}).to_string();
    let (asked, ended) = play(recording(&zadarma(), "zadarma:1458313316.343456"), &[(200, &reply)]);
    assert_eq!(path_of(&asked[0]), "GET pbx/record/request/?call_id=1458313316.343456&format=json");
    assert_eq!(ended.map(|request| (request.url, request.auth)), Ok((link.to_owned(), Auth::None)));
    for elsewhere in ["https://evil.example/a.mp3", "http://api.zadarma.com/a.mp3", "https://api.zadarma.com:81/a"] {
        let reply = json!({"status": "success", "link": elsewhere}).to_string();
        assert_eq!(play(recording(&zadarma(), "zadarma:1"), &[(200, &reply)]).1, Err(ProviderError::Unreadable));
    }
    fails_well(|| recording(&zadarma(), "zadarma:1"));
    for reference in ["zadarma:", "zadarma:1&a=b", "zadarma:1/2", "telnyx:1", "https://api.zadarma.com/x"] {
        assert!(recording(&zadarma(), reference).is_none(), "{reference}");
    }
}

fn answered(first: &[&str], name: Option<&str>) -> String {
    let caller_name = name.map(str::to_owned);
    let route = Route { first: line_ids(first), ring_seconds: 20, caller_name, ..Route::default() };
    match super::route(&route) {
        RouteReply::Answer(Answer { status: 200, content_type: "application/json", body }) => body,
        other => panic!("{other:?}"),
    }
}

#[test]
fn one_extension_is_redirected_to_and_the_caller_is_named() {
    for (first, name, expected) in [
        (&["101"][..], Some("Zoë \"Z\"\n"), r#"{"caller_name":"Zoë \"Z\"","redirect":"101","return_timeout":20}"#),
        (&["sip:x", "102", "103"], None, r#"{"redirect":"102","return_timeout":20}"#),
        (&["0-1"], None, r#"{"redirect":"0-1","return_timeout":20}"#),
        (&["0-main"], None, r#"{"redirect":"0-main","return_timeout":20}"#),
        (&["blacklist"], None, "{}"),
        (&[], Some("Zoë"), r#"{"caller_name":"Zoë"}"#),
        (&[], None, "{}"),
    ] {
        assert_eq!(answered(first, name), expected);
    }
}

fn told(event: &CallEvent) -> (String, Option<String>, ReportedStatus, String, String, Option<i64>) {
    let line = event.extension.as_ref().map(|line| line.0.clone());
    (event.call_id.0.clone(), line, event.status, event.from.clone(), event.to.clone(), event.talk_seconds)
}

#[test]
fn statistics_are_told_as_notifications_would_have_been() {
    use ReportedStatus::{Completed, Ended, Missed};
    let rows = r#"{"status":"success","version":2,"stats":[
        {"call_id":1439981389.2702773,"sip":200,"callstart":"2026-09-01 11:30:00","clid":442037691880,"destination":101,
         "disposition":"answered","seconds":5,"is_recorded":"true","pbx_call_id":"in_1"},
        {"call_id":"2.2","sip":"200","callstart":"2026-09-01 11:31:00","clid":"442037691880","destination":"0-11",
         "disposition":"answered","seconds":9,"is_recorded":"false","pbx_call_id":"in_2"},
        {"call_id":"3.3","sip":"102","callstart":"2026-09-01 11:32:00","clid":"442037691881","destination":"493012345678",
         "disposition":"no answer","seconds":0,"is_recorded":false,"pbx_call_id":"out_3"},
        {"call_id":"4.4","callstart":"yesterday","pbx_call_id":"in_4"}, {"call_id":"5.5"}]}"#;
    let (asked, ended) = play(past_calls(&zadarma(), past(1, Some("1000"))), &[(200, rows)]);
    assert_eq!(
        path_of(&asked[0]),
        "GET statistics/pbx/?end=2026-09-01+12%3A00%3A00&format=json&limit=1000&skip=1000\
        &start=2026-09-01+11%3A00%3A00&version=2"
    );
    let page = ended.expect("a page");
    assert_eq!(page.next, None);
    let number = || "+442037691880".to_owned();
    assert_eq!(
        page.events.iter().map(told).collect::<Vec<_>>(),
        [
            ("in_1".into(), Some("101".into()), Completed, number(), "101".into(), Some(5)),
            ("in_2".into(), None, Ended, number(), "0-11".into(), None),
            ("out_3".into(), Some("102".into()), Missed, "102".into(), "+493012345678".into(), None),
        ]
    );
    assert_eq!(page.events[0].recording.as_deref(), Some("zadarma:1439981389.2702773"));
    assert_eq!(page.events[0].started_at, NOW + crate::time::Millis::minutes(-30));
    assert_eq!(page.events[1].recording, None);
    assert_eq!(page.events[2].direction, Some(Direction::Outbound));
}

#[test]
fn a_full_page_is_followed_by_another() {
    let row = json!({"pbx_call_id": "in_1", "callstart": "2026-09-01 11:30:00", "disposition": "busy"});
    let reply = json!({"status": "success", "stats": vec![row; 1000]}).to_string();
    let page = play(past_calls(&zadarma(), past(1, None)), &[(200, &reply)]).1.expect("a page");
    assert_eq!((page.next.as_deref(), page.events.len()), (Some("1000"), 1000));
    fails_well(|| past_calls(&zadarma(), past(1, None)));
    assert!(play(past_calls(&zadarma(), past(1, Some("x"))), &[]).1.is_err());
}
