//! What RingCentral is asked, and what its answers mean.

use super::*;
use crate::telephony::out::testing::*;
use crate::telephony::{Direction, ReportedStatus};

const BASE: &str = "https://platform.ringcentral.com/restapi/v1.0/account/~";

fn ringcentral() -> Credentials {
    Credentials::RingCentral { verification_token: "hush".into() }
}

#[test]
fn the_token_is_good_if_it_says_whose_it_is() {
    let reply = r#"{"id":1,"regionalSettings":{"timezone":{"name":"US/Pacific"}}}"#;
    let (asked, ended) = play(check(&ringcentral()), &[(200, reply)]);
    assert_eq!((line_of(&asked[0]), &asked[0].auth), (format!("GET {BASE}/extension/~"), &Auth::OAuth));
    assert_eq!(ended, Ok(Learned { time_zone: Some("US/Pacific".into()) }));
    fails_well(|| check(&ringcentral()));
}

#[test]
fn peoples_extensions_are_listed_by_the_id_that_sessions_name() {
    let one = r#"{"records":[{"id":159048008,"extensionNumber":"101","name":"John Smith","type":"User",
        "contact":{"email":"john.smith@mycompany.example"}},{"id":1,"extensionNumber":"110","type":"Announcement"}],
        "navigation":{"nextPage":{"uri":"x"}}}"#;
    let two = r#"{"records":[{"id":"7","extensionNumber":"102","type":"DigitalUser"}],"navigation":{}}"#;
    let (asked, ended) = play(lines(&ringcentral()), &[(200, one), (200, two)]);
    let asked: Vec<_> = asked.iter().map(line_of).collect();
    assert_eq!(asked, [1, 2].map(|page| format!("GET {BASE}/extension?status=Enabled&perPage=100&page={page}")));
    let line = |id: &str, name: &str, email: &str| ProviderLine {
        extension_id: ExtensionId(id.into()),
        name: name.into(),
        email: email.into(),
    };
    assert_eq!(ended, Ok(vec![line("159048008", "John Smith", "john.smith@mycompany.example"), line("7", "102", "")]));
    fails_well(|| lines(&ringcentral()));
}

#[test]
fn a_ring_out_rings_a_telephone_of_the_extension_first() {
    let numbers = r#"{"records":[{"id":"5","phoneNumber":"+16505550001","features":["CallFlip"]},
                                 {"id":"6","phoneNumber":"+16505550002","features":["CallForwarding"]}]}"#;
    let (asked, ended) =
        play(place_call(&ringcentral(), &call("159048008")), &[(200, numbers), (200, r#"{"id":"9"}"#)]);
    assert_eq!(
        asked.iter().map(line_of).collect::<Vec<_>>(),
        [
            format!("GET {BASE}/extension/159048008/forwarding-number"),
            format!("POST {BASE}/extension/159048008/ring-out"),
        ]
    );
    assert_eq!(
        json_of(&asked[1]),
        json!({"from": {"phoneNumber": "+16505550002"}, "to": {"phoneNumber": "+493012345678"}, "playPrompt": false})
    );
    assert_eq!(ended, Ok(None));
    let device = r#"{"records":[{"id":"5","type":"PhoneLine"}]}"#;
    let (asked, _) = play(place_call(&ringcentral(), &call("1")), &[(200, device), (200, "{}")]);
    assert_eq!(json_of(&asked[1])["from"], json!({"forwardingNumberId": "5"}));
    let (asked, _) = play(place_call(&ringcentral(), &call("+16505550003")), &[(200, "{}")]);
    assert_eq!(line_of(&asked[0]), format!("POST {BASE}/extension/~/ring-out"));
    fails_well(|| place_call(&ringcentral(), &call("1")));
}

#[test]
fn a_call_that_cannot_be_placed_says_why() {
    for (line, replies, said) in [
        ("sip:x", &[][..], "RingCentral cannot ring the line sip:x."),
        ("1", &[(404, "{}")], "RingCentral has no extension 1 any more."),
        ("1", &[(200, r#"{"records":[]}"#)], "The extension has no telephone"),
        (
            "+1650",
            &[(400, r#"{"errorCode":"X","message":"Parameter [to] is invalid"}"#)],
            "RingCentral refuses: Parameter [to] is invalid",
        ),
    ] {
        let error = play(place_call(&ringcentral(), &call(line)), replies).1.unwrap_err().to_string();
        assert!(error.starts_with(said), "{error}");
    }
}

#[test]
fn the_token_goes_to_recordings_only() {
    for good in [
        "https://media.ringcentral.com:443/restapi/v1.0/account/1/recording/2/content",
        "https://media.ringcentral.com/restapi/v1.0/account/~/recording/2/content",
    ] {
        let request = play(recording(&ringcentral(), good), &[]).1.expect("a request");
        assert_eq!((request.url.as_str(), request.auth), (good, Auth::OAuth));
    }
    for bad in [
        "https://platform.ringcentral.com/restapi/v1.0/account/~/extension",
        "https://platform.ringcentral.com/restapi/v1.0/account/~/recording/../extension",
        "https://evil.example/restapi/v1.0/account/1/recording/2/content",
        "https://media.ringcentral.com.evil.example/restapi/v1.0/account/1/recording/2",
        "http://media.ringcentral.com/restapi/v1.0/account/1/recording/2/content",
    ] {
        assert!(recording(&ringcentral(), bad).is_none(), "{bad}");
    }
}

#[test]
fn the_call_log_is_told_leg_by_leg() {
    use ReportedStatus::{Busy, Completed, Ended, Missed, Voicemail};
    let leg = |id: Option<i64>, result: &str, duration: i64| {
        json!({"startTime": "2026-09-01T09:00:05.000Z", "duration": duration, "result": result,
               "extension": id.map(|id| json!({"id": id}))})
    };
    let uri = "https://media.ringcentral.com:443/restapi/v1.0/account/1/recording/2/content";
    let log = json!({"navigation": {"nextPage": {"uri": "x"}}, "records": [
        {"telephonySessionId": "s-1", "direction": "Inbound", "startTime": "2026-09-01T09:00:00.000Z", "result": "Accepted",
         "from": {"phoneNumber": "+14155555908"}, "to": {"phoneNumber": "+15625555778"},
         "recording": {"contentUri": uri},
         "legs": [leg(None, "Accepted", 60), leg(Some(11), "Missed", 10), leg(Some(12), "Accepted", 55)]},
        {"telephonySessionId": "s-2", "direction": "Outbound", "startTime": "2026-09-01T09:10:00.000Z", "result": "Busy",
         "duration": 3, "from": {"extensionNumber": "101", "extensionId": "11"}, "to": {"phoneNumber": "+4930"}},
        {"telephonySessionId": "s-3", "direction": "Inbound", "startTime": "2026-09-01T09:20:00.000Z",
         "result": "Voicemail", "from": {}, "to": {"phoneNumber": "+1562", "extensionId": "11"}},
        {"telephonySessionId": "s-4", "startTime": "2026-09-01T09:20:00.000Z", "result": "In Progress"},
        {"id": "no session", "startTime": "2026-09-01T09:20:00.000Z", "result": "Missed"},
    ]}).to_string();
    let (asked, ended) = play(past_calls(&ringcentral(), past(2, None)), &[(200, &log)]);
    assert_eq!(
        line_of(&asked[0]),
        format!(
            "GET {BASE}/call-log?view=Detailed&type=Voice\
        &dateFrom=2026-09-01T08%3A00%3A00Z&dateTo=2026-09-01T10%3A00%3A00Z&perPage=100&page=1"
        )
    );
    let found = ended.expect("a page");
    assert_eq!(found.next.as_deref(), Some("2"));
    let told: Vec<_> = found
        .events
        .iter()
        .map(|event| {
            let line = event.extension.as_ref().map(|line| line.0.as_str());
            (event.call_id.0.as_str(), line, event.status, event.from.as_str(), event.talk_seconds)
        })
        .collect();
    assert_eq!(
        told,
        [
            ("s-1", None, Ended, "+14155555908", None),
            ("s-1", Some("11"), Missed, "+14155555908", None),
            ("s-1", Some("12"), Completed, "+14155555908", Some(55)),
            ("s-2", Some("11"), Busy, "101", None),
            ("s-3", Some("11"), Voicemail, "", None),
        ]
    );
    assert_eq!(found.events[2].recording.as_deref(), Some(uri));
    assert_eq!(found.events[2].ended_at, Some(NOW + crate::time::Millis::minutes(-59)));
    assert_eq!(found.events[3].direction, Some(Direction::Outbound));
    fails_well(|| past_calls(&ringcentral(), past(1, None)));
    assert!(play(past_calls(&ringcentral(), past(1, Some("x"))), &[]).1.is_err());
}
