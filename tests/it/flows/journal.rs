//! The journal, filtered: pages, a file and figures of exactly the calls that were asked for, and never of more than
//! the reader may see.

use reqwest::Method;
use serde_json::{Value, json};

use crate::{
    account::{Account, event, now, number, person, talk},
    stack::{Reply, flow, shared},
};

/// Friday 27 March 2026, 00:00 UTC; on Sunday the 29th Berlin's clocks go from one to two hours ahead.
const FRIDAY: i64 = 1_774_569_600;

fn at(day: i64, hour: i64, minute: i64) -> i64 {
    FRIDAY + day * 86_400 + hour * 3600 + minute * 60
}

/// An account that is switched off: its calls are in the journal, and Kommo has no part in it.
async fn quiet() -> Account {
    let account = Account::ready(shared().await).await;
    let off = account.put("/active", json!({"active": false})).await;
    assert_eq!(off.status, 200, "{}", off.text);
    account
}

async fn ended(account: &Account, call: &str, line: &str, status: &str, at: i64, more: Value) {
    let mut report = event(call, &number(1), status, json!({"extension": line, "startTime": at}));
    report.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    account.post(report).await;
}

/// Calls of two managers on four days. Ada has line 101, the next 102, and 103.
async fn four_days(account: &Account) {
    for (call, line, status, at, more) in [
        ("a", "101", "completed", at(0, 8, 10), json!({"duration": 60})),
        ("b", "102", "completed", at(0, 8, 20), json!({"duration": 30})),
        ("c", "102", "missed", at(0, 8, 59), json!({})),
        // Half past midnight of Saturday in Berlin.
        ("d", "101", "busy", at(0, 23, 30), json!({"from": number(2)})),
        ("e", "102", "voicemail", at(2, 0, 45), json!({"from": "+49305550100"})),
        (
            "f",
            "103",
            "failed",
            at(2, 1, 45),
            json!({"from": "+14155550199", "to": "+49305550100", "direction": "outbound"}),
        ),
        (
            "g",
            "102",
            "completed",
            at(3, 9, 0),
            json!({"duration": 90, "to": number(2), "from": "+14155550199", "direction": "outbound"}),
        ),
    ] {
        ended(account, call, line, status, at, more).await;
    }
}

fn names(reply: &Reply) -> Vec<String> {
    assert_eq!(reply.status, 200, "{}", reply.text);
    let calls = reply.body["calls"].as_array().expect("calls");
    calls.iter().map(|call| call["callId"].as_str().expect("an id").to_owned()).collect()
}

#[test]
fn every_filter_takes_calls_away_and_they_work_together() {
    flow(async {
        let account = quiet().await;
        four_days(&account).await;
        let mia = account.users[1];
        for (query, expected) in [
            (String::new(), "gfedcba"),
            (format!("from={}", at(0, 8, 59)), "gfedc"),
            (format!("to={}", at(0, 8, 59)), "ba"),
            (format!("from={}&to={}", at(0, 8, 20), at(2, 0, 45)), "dcb"),
            (format!("user={mia}"), "gecb"),
            ("direction=outgoing".to_owned(), "gf"),
            ("direction=incoming".to_owned(), "edcba"),
            ("direction=internal".to_owned(), ""),
            ("outcome=answered".to_owned(), "gba"),
            ("outcome=unanswered".to_owned(), "fedc"),
            ("outcome=missed".to_owned(), "c"),
            ("outcome=voicemail".to_owned(), "e"),
            ("outcome=busy".to_owned(), "d"),
            ("outcome=failed".to_owned(), "f"),
            ("outcome=cancelled".to_owned(), ""),
            ("number=%2B49+30+5550100".to_owned(), "fe"),
            ("number=0049305550100".to_owned(), "fe"),
            ("number=5550100".to_owned(), "fe"),
            ("number=0002".to_owned(), "gd"),
            ("number=(415)+555-0001".to_owned(), "cba"),
            ("number=999999".to_owned(), ""),
            (format!("user={mia}&outcome=answered&direction=incoming"), "b"),
            (format!("number=0002&outcome=busy&to={}", at(1, 0, 0)), "d"),
            // A browser sends what was left empty, too.
            ("from=&to=&user=&direction=&outcome=&number=".to_owned(), "gfedcba"),
        ] {
            let found = names(&account.get(&format!("/calls?{query}")).await).concat();
            assert_eq!(found, expected, "{query}");
        }
    });
}

#[test]
fn a_filter_stays_while_one_reads_on_in_the_order_of_the_calls() {
    flow(async {
        let account = quiet().await;
        let start = now() - 5000;
        for call in 0..110 {
            let status = if call % 2 == 0 { "missed" } else { "busy" };
            // Reported in another order than they happened; some in the same second.
            let second = start + (call * 37 % 110) / 2;
            ended(&account, &format!("c{call}"), "101", status, second, json!({})).await;
        }
        let first = account.get("/calls?outcome=missed").await;
        let mut found = names(&first);
        assert_eq!(found.len(), 50);
        let cursor = first.body["nextCursor"].as_str().expect("there are more");
        let second = account.get(&format!("/calls?outcome=missed&cursor={cursor}")).await;
        assert_eq!(second.body["nextCursor"], Value::Null);
        found.extend(names(&second));
        let mut unique = found.clone();
        unique.sort();
        unique.dedup();
        assert_eq!((found.len(), unique.len()), (55, 55), "each once");
        let started = [&first, &second].map(|page| page.body["calls"].as_array().unwrap().clone()).concat();
        assert!(started.iter().all(|call| call["status"] == "missed"));
        let started: Vec<i64> = started.iter().map(|call| call["startedAt"].as_i64().unwrap()).collect();
        assert!(started.is_sorted_by(|one, other| one >= other), "{started:?}");
        // A file is put together from several readings.
        let file = account.get("/calls/export").await;
        assert_eq!(file.text.lines().count(), 111);
    });
}

#[test]
fn what_cannot_be_meant_is_refused_with_its_field() {
    flow(async {
        let account = quiet().await;
        for (query, field) in [
            ("from=yesterday", "from"),
            ("from=1780000000000", "from"),
            ("to=-5", "to"),
            ("from=10&to=10", "to"),
            ("user=me", "user"),
            ("user=1%20OR%201%3D1", "user"),
            ("user=5&user=6", "user"),
            ("direction=inbound", "direction"),
            ("outcome=completed", "outcome"),
            ("outcome=%25", "outcome"),
            ("number=Nora", "number"),
            ("number=%25", "number"),
            ("number='%20OR%20'1'%3D'1", "number"),
            ("number=5", "number"),
        ] {
            for path in ["/calls", "/calls/export", "/calls/figures"] {
                let refused = account.get(&format!("{path}?{query}")).await;
                refused.assert_problem(422);
                let detail = refused.body["detail"].as_str().unwrap();
                assert!(detail.starts_with(&format!("{field}: ")), "{query}: {detail}");
            }
        }
        for cursor in ["42", "1.2.3", "x.y", "1.1'--", "99999999999999999999.1"] {
            account.get(&format!("/calls?cursor={cursor}")).await.assert_problem(422);
        }
    });
}

#[test]
fn no_filter_shows_a_manager_the_calls_of_others() {
    flow(async {
        let account = quiet().await;
        four_days(&account).await;
        // Two lines rang, and the other one answered: both had part in it.
        ended(&account, "h", "103", "missed", at(3, 10, 0), json!({})).await;
        ended(&account, "h", "101", "completed", at(3, 10, 0), json!({"duration": 5})).await;
        let (ada, mia, tom) = (account.admin, account.users[1], account.users[2]);
        let rated = account.id_of("a").await;
        account.api(ada, Method::PUT, &format!("/calls/{rated}/rating"), Some(json!({"score": 1}))).await;
        for (reader, own) in [(mia, "gecb"), (tom, "hf")] {
            for (query, expected) in [
                (String::new(), own.to_owned()),
                (format!("user={ada}"), own.chars().filter(|call| *call == 'h').collect()),
                (format!("user={reader}"), own.chars().filter(|call| *call != 'h').collect()),
                ("outcome=busy".to_owned(), String::new()),
                ("number=4155550002".to_owned(), own.chars().filter(|call| *call == 'g').collect()),
            ] {
                let read = async |path: &str| account.api(reader, Method::GET, &format!("{path}?{query}"), None).await;
                assert_eq!(names(&read("/calls").await).concat(), expected, "{reader} {query}");
                let figures = read("/calls/figures").await;
                assert_eq!(figures.body["calls"], expected.len(), "{}", figures.text);
                assert_eq!(figures.body["everybody"], false);
                assert_eq!(figures.body["ratings"], json!([]), "nobody is told how a colleague was rated");
                let file = read("/calls/export").await;
                assert_eq!(file.text.lines().count(), expected.len() + 1, "{}", file.text);
            }
        }
        // A line that goes to somebody else takes its calls along, as before.
        let lines = json!([{"extensionId": "102", "kommoUserId": tom}]);
        assert_eq!(account.put("/extensions", lines).await.status, 200);
        let read = async |user| names(&account.api(user, Method::GET, "/calls", None).await).concat();
        assert_eq!(read(tom).await, "gfecb");
        assert_eq!(read(mia).await, "gecb", "they are still credited to her");
        let elsewhere = Account::ready(shared().await).await;
        assert_eq!(names(&elsewhere.get("/calls").await), Vec::<String>::new());
        assert_eq!(elsewhere.get("/calls/figures").await.body["calls"], 0);
    });
}

#[test]
fn figures_are_what_one_counts_by_hand_in_the_accounts_time_zone() {
    flow(async {
        let account = quiet().await;
        four_days(&account).await;
        for (call, user, score) in [("a", 0, 5), ("b", 1, 4), ("g", 1, 3), ("e", 1, 4)] {
            let path = format!("/calls/{}/rating", account.id_of(call).await);
            let rated = account.api(account.users[user], Method::PUT, &path, Some(json!({"score": score}))).await;
            assert_eq!(rated.status, 200, "{}", rated.text);
        }
        let query = format!("from={}&to={}", at(-1, 23, 0), at(3, 22, 0));
        let counted = account.get(&format!("/calls/figures?{query}")).await;
        let figures = &counted.body;
        assert_eq!(figures["timeZone"], "Europe/Berlin", "{}", counted.text);
        let sums =
            ["calls", "answered", "unanswered", "talk", "averageTalk"].map(|name| figures[name].as_i64().unwrap());
        assert_eq!(sums, [7, 3, 4, 180, 60]);
        let hours: Vec<(usize, i64)> = figures["hours"]
            .as_array()
            .unwrap()
            .iter()
            .map(|calls| calls.as_i64().unwrap())
            .enumerate()
            .filter(|(_, calls)| *calls > 0)
            .collect();
        // 08:xx UTC is 9 o'clock on Friday; 09:00 UTC is 11 o'clock on Monday.
        assert_eq!(hours, [(0, 1), (1, 1), (3, 1), (9, 3), (11, 1)]);
        assert_eq!(
            figures["days"],
            json!([
                {"day": "2026-03-27", "answered": 2, "unanswered": 1},
                {"day": "2026-03-28", "answered": 0, "unanswered": 1},
                {"day": "2026-03-29", "answered": 0, "unanswered": 2},
                {"day": "2026-03-30", "answered": 1, "unanswered": 0},
            ])
        );
        let (ada, mia) = (account.admin, account.users[1]);
        assert_eq!(
            figures["ratings"],
            json!([{"user": ada, "count": 1, "average": 5.0}, {"user": mia, "count": 3, "average": 3.67}])
        );
        let own = account.api(mia, Method::GET, "/calls/figures?outcome=answered", None).await;
        assert_eq!((&own.body["calls"], &own.body["averageTalk"]), (&json!(2), &json!(60)), "{}", own.text);
        assert_eq!(own.body["ratings"], json!([{"user": mia, "count": 2, "average": 3.5}]));
        let none = account.get("/calls/figures?outcome=cancelled").await;
        assert_eq!((&none.body["calls"], &none.body["averageTalk"]), (&json!(0), &json!(0)));
    });
}

#[test]
fn the_file_holds_the_calls_and_nothing_a_spreadsheet_would_run() {
    flow(async {
        let account = Account::ready(shared().await).await;
        account.set(json!({"callFeedback": false})).await;
        let name = "=HYPERLINK(\"http://evil.example\";\"Nora\")";
        account.seed(json!({"contacts": [person(name, &number(1), account.users[1])]})).await;
        account.report(talk("=cmd|' /C calc'!A0", &number(1))).await;
        ended(&account, "old", "101", "missed", at(2, 0, 45), json!({"from": "+49305550100"})).await;
        account.settled().await;
        let id = account.id_of("=cmd|' /C calc'!A0").await;
        let result = json!({"callStatus": 4, "text": "-2+3;=1+1\n@SUM(A1)\t\"=x\""});
        let saved = account.api(account.users[1], Method::PUT, &format!("/calls/{id}/result"), Some(result)).await;
        assert_eq!(saved.status, 200, "{}", saved.text);
        let rating = json!({"score": 4, "reason": "+1"});
        account.api(account.users[1], Method::PUT, &format!("/calls/{id}/rating"), Some(rating)).await;
        let file = account.get("/calls/export?lang=en").await;
        assert_eq!(file.status, 200, "{}", file.text);
        assert_eq!(file.header("content-type"), "text/csv; charset=utf-8; header=present");
        assert!(file.header("content-disposition").starts_with("attachment; filename=\"calls-"));
        let token = account.token(account.admin).await;
        let answer = account.request(Method::GET, "/calls/export?lang=en", &token).send().await.expect("an answer");
        let bytes = answer.bytes().await.expect("a body");
        assert!(bytes.starts_with(b"\xef\xbb\xbf\"Started"), "{bytes:?}");
        let rows = read_csv(&file.text);
        assert_eq!(rows.len(), 3, "{}", file.text);
        assert!(rows.iter().all(|row| row.len() == 14), "{rows:?}");
        assert_eq!(rows[0][0], "Started (Europe/Berlin)");
        let row = &rows[1];
        assert_eq!((row[1].as_str(), row[2].as_str(), row[4].as_str()), ("incoming", "'+14155550001", "answered"));
        assert_eq!((row[5].as_str(), row[7].as_str(), row[9].as_str()), ("30", "Talked", "4"));
        assert_eq!(row[8], "'-2+3;'=1+1\n'@SUM(A1)\t\"'=x\"");
        assert_eq!(row[10], "'+1");
        assert!(row[11].starts_with("'=HYPERLINK"), "{}", row[11]);
        assert_eq!(rows[2][0], "2026-03-29T01:45:00+01:00");
        for cell in rows.iter().flatten() {
            assert!(!cell.starts_with(['=', '+', '-', '@', '\t', '\r']), "{cell}");
        }
        let spanish = account.get("/calls/export?lang=es&outcome=missed").await;
        let rows = read_csv(&spanish.text);
        assert_eq!((rows.len(), rows[0][1].as_str(), rows[1][4].as_str()), (2, "Dirección", "perdida"));
    });
}

#[test]
fn the_file_names_nobody_whom_kommo_hides_from_its_reader() {
    flow(async {
        let people = json!({"users": [
            {"name": "Ada Admin", "isAdmin": true},
            {"name": "Max Modest", "rights": {"leads": {"view": "D"}, "contacts": {"view": "D"}, "companies": {"view": "D"}}},
            {"name": "Olga Owner"},
        ]});
        let account = Account::ready_with(shared().await, people).await;
        account.set(json!({"callFeedback": false})).await;
        let contact = account.seed_contact("Secret Nora", &number(1), account.users[2]).await;
        account.report(talk("c", &number(1))).await;
        account.settled().await;
        let own = account.api(account.users[1], Method::GET, "/calls/export", None).await;
        assert!(!own.text.contains("Secret Nora") && own.text.contains(&format!("contacts {contact}")), "{}", own.text);
        assert!(account.get("/calls/export").await.text.contains("Secret Nora"));
    });
}

/// Reads a file as RFC 4180 says.
fn read_csv(text: &str) -> Vec<Vec<String>> {
    let mut rows = vec![vec![String::new()]];
    let mut quoted = false;
    let mut letters = text.trim_start_matches('\u{feff}').chars().peekable();
    while let Some(letter) = letters.next() {
        let row = rows.last_mut().unwrap();
        match letter {
            '"' if quoted && letters.peek() == Some(&'"') => row.last_mut().unwrap().extend(letters.next()),
            '"' => quoted = !quoted,
            ',' if !quoted => row.push(String::new()),
            '\r' if !quoted => assert_eq!(letters.peek(), Some(&'\n'), "lines end in CR LF"),
            '\n' if !quoted => rows.push(vec![String::new()]),
            letter => row.last_mut().unwrap().push(letter),
        }
    }
    assert_eq!(rows.pop(), Some(vec![String::new()]), "the last line ends, too");
    rows
}
