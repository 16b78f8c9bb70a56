//! What Telnyx is asked, and what its answers mean.

use super::*;
use crate::telephony::Provider;
use crate::telephony::out::testing::*;

const BASE: &str = "https://api.telnyx.com/v2";

fn telnyx(record: &str) -> Credentials {
    let key = "+7E99DXiiQXvceNX4nHm3Lbm5mqPWad5RhDr2ufuCik=";
    credentials(
        Provider::Telnyx,
        json!({"apiKey": "KEY-hush-hush", "publicKey": key, "connectionId": "1684641123236054244",
               "number": "+12025550123", "record": record}),
    )
}

fn state_of(body: &Value, field: &str) -> Value {
    let bytes = STANDARD.decode(body[field].as_str().expect("a state")).expect("base64");
    serde_json::from_slice(&bytes).expect("JSON")
}

#[test]
fn the_application_tells_whether_key_and_id_are_good() {
    let (asked, ended) = play(check(&telnyx("off")), &[(200, r#"{"data":{"id":"1684641123236054244"}}"#)]);
    assert_eq!(line_of(&asked[0]), format!("GET {BASE}/call_control_applications/1684641123236054244"));
    assert_eq!(asked[0].auth, Auth::Header("Bearer KEY-hush-hush".into()));
    assert_eq!(ended, Ok(Learned::default()));
    fails_well(|| check(&telnyx("off")));
    let said = play(check(&telnyx("off")), &[(404, "{}")]).1.unwrap_err().to_string();
    assert!(said.starts_with("Telnyx has no Voice API application with this connection ID."), "{said}");
    let said = r#"{"errors":[{"code":"10015","title":"Bad Request","detail":"The request is bad."}]}"#;
    assert_eq!(
        play(check(&telnyx("off")), &[(400, said)]).1.unwrap_err().to_string(),
        "Telnyx refuses: The request is bad."
    );
}

#[test]
fn the_application_keeps_its_name_and_gets_our_address() {
    let found = r#"{"data":{"application_name":"Sales"}}"#;
    let (asked, ended) = play(set_up(&telnyx("off"), &urls("telnyx")), &[(200, found), (200, "{}")]);
    assert_eq!(ended, Ok(()));
    assert_eq!(line_of(&asked[1]), format!("PATCH {BASE}/call_control_applications/1684641123236054244"));
    let hook = "https://voip.example.com/webhooks/voip/telnyx/key";
    assert_eq!(
        json_of(&asked[1]),
        json!({"application_name": "Sales", "webhook_event_url": hook, "webhook_api_version": "2"})
    );
    fails_well(|| set_up(&telnyx("off"), &urls("telnyx")));
}

#[test]
fn sip_users_of_both_kinds_are_listed_page_by_page() {
    let one = r#"{"data":[{"sip_username":"gencredA","name":"Zoë"},{"sip_username":"old","expired":true}],
                  "meta":{"total_pages":2}}"#;
    let two = r#"{"data":[{"sip_username":"gencredB"}],"meta":{"total_pages":2}}"#;
    let three = r#"{"data":[{"user_name":"desk1","connection_name":"Desk"},{"connection_name":"no user"}]}"#;
    let (asked, ended) = play(lines(&telnyx("off")), &[(200, one), (200, two), (200, three)]);
    assert_eq!(
        asked.iter().map(line_of).collect::<Vec<_>>(),
        [
            format!("GET {BASE}/telephony_credentials?page%5Bsize%5D=100&page%5Bnumber%5D=1"),
            format!("GET {BASE}/telephony_credentials?page%5Bsize%5D=100&page%5Bnumber%5D=2"),
            format!("GET {BASE}/credential_connections?page%5Bsize%5D=100&page%5Bnumber%5D=1"),
        ]
    );
    let found: Vec<_> = ended.expect("lines").into_iter().map(|line| (line.extension_id.0, line.name)).collect();
    let line = |user: &str, name: &str| (format!("sip:{user}@sip.telnyx.com"), name.to_owned());
    assert_eq!(found, [line("gencredA", "Zoë"), line("gencredB", "gencredB"), line("desk1", "Desk")]);
    fails_well(|| lines(&telnyx("off")));
}

#[test]
fn a_call_rings_the_line_with_a_state_that_names_the_client() {
    let placed = place_call(&telnyx("off"), &call("sip:zoe@sip.telnyx.com"), &urls("telnyx"));
    let (asked, ended) = play(placed, &[(200, r#"{"data":{"call_session_id":"s1","call_control_id":"v3:x"}}"#)]);
    assert_eq!(ended, Ok(Some(ProviderCallId("s1".into()))));
    assert_eq!(line_of(&asked[0]), format!("POST {BASE}/calls"));
    let body = json_of(&asked[0]);
    assert_eq!(
        state_of(&body, "client_state"),
        json!({"dial": "d1", "line": "sip:zoe@sip.telnyx.com", "to": "+493012345678"})
    );
    let mut rest = body;
    rest.as_object_mut().expect("an object").remove("client_state");
    assert_eq!(
        rest,
        json!({"connection_id": "1684641123236054244", "from": "+12025550123",
        "to": "sip:zoe@sip.telnyx.com", "command_id": "d1", "timeout_secs": 25,
        "webhook_url": "https://voip.example.com/webhooks/voip/telnyx/key"})
    );
    let (asked, _) = play(place_call(&telnyx("on"), &call("desk1"), &urls("telnyx")), &[(200, "{}")]);
    let body = json_of(&asked[0]);
    assert_eq!((&body["to"], &body["record"]), (&json!("sip:desk1@sip.telnyx.com"), &json!("record-from-answer")));
    fails_well(|| place_call(&telnyx("off"), &call("+12025550100"), &urls("telnyx")));
    for line in ["client:zoe", "+12", "sip:zoe", "a b", ""] {
        let ended = play(place_call(&telnyx("off"), &call(line), &urls("telnyx")), &[]).1;
        assert!(matches!(ended, Err(ProviderError::Refused(_))), "{line}");
    }
}

#[test]
fn a_recording_is_asked_for_by_its_id_and_fetched_without_our_key() {
    let link = "https://s3.amazonaws.com/telephony-recorder-prod/a/b.mp3?X-Amz-Expires=600";
    let reply = json!({"data": {"download_urls": {"mp3": link}}}).to_string();
    let (asked, ended) = play(recording(&telnyx("off"), "telnyx:10cd86ac-fef8"), &[(200, &reply)]);
    assert_eq!(line_of(&asked[0]), format!("GET {BASE}/recordings/10cd86ac-fef8"));
    assert_eq!(ended.map(|request| (request.url, request.auth)), Ok((link.to_owned(), Auth::None)));
    for elsewhere in
        ["https://s3.amazonaws.com.evil.example/a", "https://evils3.amazonaws.com/a", "http://s3.amazonaws.com/a"]
    {
        let reply = json!({"data": {"download_urls": {"wav": elsewhere}}}).to_string();
        assert_eq!(play(recording(&telnyx("off"), "telnyx:1"), &[(200, &reply)]).1, Err(ProviderError::Unreadable));
    }
    assert!(play(recording(&telnyx("off"), "telnyx:1"), &[(200, r#"{"data":{}}"#)]).1.is_err());
    fails_well(|| recording(&telnyx("off"), "telnyx:1"));
    for reference in ["telnyx:", "telnyx:a/b", "telnyx:a?b", "zadarma:1"] {
        assert!(recording(&telnyx("off"), reference).is_none(), "{reference}");
    }
}

fn commanded(record: &str, route: Route, is_second: bool) -> (String, Value) {
    let question = RouteQuestion {
        from: "+493012345678".into(),
        handle: Some("v3:a/b".into()),
        is_second,
        ..RouteQuestion::default()
    };
    match super::route(&telnyx(record), &question, &route, &urls("telnyx")) {
        RouteReply::Command(request, Answer { status: 200, .. }) => (line_of(&request), json_of(&request)),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_waiting_call_is_transferred_to_the_first_line_that_can_be_rung() {
    let route = Route {
        first: line_ids(&["client:x", "+12025550100", "+12025550101"]),
        then: line_ids(&["desk1"]),
        ring_seconds: 20,
        caller_name: Some("Zoë <Adler> & Co.".into()),
        ..Route::default()
    };
    let (line, body) = commanded("off", route.clone(), false);
    assert_eq!(line, format!("POST {BASE}/calls/v3%3Aa%2Fb/actions/transfer"));
    let state = state_of(&body, "target_leg_client_state");
    assert_eq!((&state["line"], &state["next"]), (&json!("+12025550100"), &json!("desk1")));
    assert_eq!(
        (&body["to"], &body["from"], &body["timeout_secs"], &body["from_display_name"]),
        (&json!("+12025550100"), &json!("+493012345678"), &json!(20), &json!("Zo Adler  Co."))
    );
    assert_eq!(body.get("record"), None);
    let (_, body) = commanded("on", route, true);
    assert_eq!((&body["to"], &body["record_channels"]), (&json!("sip:desk1@sip.telnyx.com"), &json!("dual")));
}

#[test]
fn a_line_that_does_not_answer_is_followed_by_the_fallback_and_then_by_the_end() {
    let route =
        Route { first: line_ids(&["+12025550100"]), then: line_ids(&["client:x", "desk1"]), ..Route::default() };
    let after = |state: &Value| after_failure(&telnyx("off"), state, &urls("telnyx"));
    let (_, first) = commanded("off", route, false);
    let second = after(&state_of(&first, "target_leg_client_state")).expect("the fallback");
    assert_eq!(line_of(&second), format!("POST {BASE}/calls/v3%3Aa%2Fb/actions/transfer"));
    let second = json_of(&second);
    assert_eq!((&second["to"], &second["from"]), (&json!("sip:desk1@sip.telnyx.com"), &json!("+493012345678")));
    assert_ne!(first["command_id"], second["command_id"]);
    let end = after(&state_of(&second, "target_leg_client_state")).expect("the end");
    assert_eq!(line_of(&end), format!("POST {BASE}/calls/v3%3Aa%2Fb/actions/hangup"));
    // Legs of a click-to-call, and states of somebody else, are no business of a route.
    for other in [json!({"dial": "d1", "line": "desk1", "to": "+4930"}), json!(null), json!([1])] {
        assert_eq!(after(&other), None);
    }
}

#[test]
fn nobody_to_ring_is_busy_and_a_call_without_handle_is_left_alone() {
    let (line, body) = commanded("off", Route::default(), false);
    assert_eq!((line, body), (format!("POST {BASE}/calls/v3%3Aa%2Fb/actions/reject"), json!({"cause": "USER_BUSY"})));
    let reply = super::route(&telnyx("off"), &RouteQuestion::default(), &Route::default(), &urls("telnyx"));
    assert_eq!(reply, RouteReply::Answer(Answer::json(200, "{}")));
}

#[test]
fn the_clients_leg_carries_a_state_of_its_own() {
    let state = json!({"dial": "d1", "line": "desk1", "to": "+4930", "leg": "client"});
    let request = transfer(&telnyx("off"), "v3:x", "+4930", &state, &urls("telnyx")).expect("a request");
    let body = json_of(&request);
    assert_eq!(line_of(&request), format!("POST {BASE}/calls/v3%3Ax/actions/transfer"));
    assert_eq!(state_of(&body, "target_leg_client_state"), state);
    assert_eq!((&body["to"], &body["from"], body.get("client_state")), (&json!("+4930"), &json!("+12025550123"), None));
}
