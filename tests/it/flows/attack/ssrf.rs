//! Addresses that came from outside: the host a code is exchanged at, where a recording lies, and where it is redirected
//! to. Nothing but Kommo's and the provider's own hosts is ever asked.

use reqwest::RequestBuilder;
use serde_json::{Value, json};
use tokio::sync::{Mutex, MutexGuard, OnceCell};

use super::{
    fortress::{answer, fortress},
    oauth::Begun,
};
use crate::{
    account::{Account, delivery_id, event, items, number, the_note},
    stack::{flow, reply, shared},
};

/// A code with a foreign host, brought by the install hook and by the browser that began.
fn referer(foreign: impl Fn(&str) -> Vec<(&'static str, String)>) {
    flow(async {
        let fortress = fortress().await;
        let account = &fortress.stranger;
        let made = account.ends.control("code", json!({"accountId": account.id})).await;
        let code = made["code"].as_str().expect("a code").to_owned();
        let begun = Begun::new(&account.ends).await;
        let host = format!("{}.kommo.com", account.subdomain);
        for more in [("from_widget", "1"), ("state", begun.state.as_str())] {
            let callback = account.ends.http.get(format!("{}/oauth/callback", account.ends.worker));
            let callback = callback.query(&[("code", code.as_str()), more]).query(&foreign(&host));
            fortress.refuses(callback.header("cookie", &begun.cookie), 400, "bad_request").await;
        }
        account.get("/settings").await.assert_problem(409);
        assert!(items(&account.state().await, "requests").is_empty());
        let strays = account.ends.look("requests").await;
        let is_foreign = |request: &&Value| !request["host"].as_str().is_some_and(|host| host.ends_with(".kommo.com"));
        assert_eq!(items(&strays, "requests").iter().find(is_foreign), None, "{strays}");
    });
}

macro_rules! referers {
    ($($name:ident $host:ident => $referer:expr;)*) => {
        mod a_referer {
            use super::*;
            $(#[test] fn $name() { referer(|$host| vec![("referer", $referer)]); })*
        }
    };
}

referers! {
    that_is_missing _host => String::new();
    of_another_domain _host => "evil.example".to_owned();
    that_only_begins_well host => format!("{host}.evil.example");
    that_only_ends_well host => format!("evil{}", host.split_once('.').map_or("", |(_, domain)| domain));
    with_a_user host => format!("{host}@evil.example");
    with_a_user_and_a_password host => format!("https://{host}:{host}@evil.example");
    with_a_path host => format!("evil.example/{host}");
    with_a_backslash host => format!("evil.example\\{host}");
    with_a_fragment host => format!("evil.example#{host}");
    with_a_query host => format!("evil.example?{host}");
    with_a_port host => format!("{host}:8443");
    with_two_labels host => format!("a.{host}");
    that_is_the_domain_itself _host => "kommo.com".to_owned();
    that_is_nobodys_account _host => "www.kommo.com".to_owned();
    by_plain_http host => format!("http://{host}");
    by_another_scheme host => format!("ftp://{host}");
    that_is_a_file host => format!("file://{host}/etc/passwd");
    with_a_line_break host => format!("{host}\r\nHost: evil.example");
    with_a_null host => format!("{host}\0.evil.example");
    with_a_dot_of_another_script host => host.replacen('.', "\u{3002}", 1);
    that_looks_alike _host => "acme.\u{43a}ommo.com".to_owned();
    that_is_loopback _host => "127.0.0.1".to_owned();
    that_is_loopback_by_name _host => "localhost".to_owned();
    that_is_loopback_in_the_new_protocol _host => "[::1]".to_owned();
    that_is_loopback_as_one_number _host => "2130706433".to_owned();
    that_is_link_local _host => "169.254.169.254".to_owned();
    that_is_private _host => "10.0.0.1".to_owned();
}

#[test]
fn a_referer_that_comes_twice_is_the_last_one() {
    referer(|host| vec![("referer", host.to_owned()), ("referer", "evil.example".to_owned())]);
    referer(|host| vec![("referer", host.to_owned()), ("referrer", "evil.example".to_owned())]);
}

/// An account whose recordings lie on one host of its own.
async fn pbx() -> &'static Account {
    static PBX: OnceCell<Account> = OnceCell::const_new();
    PBX.get_or_init(async || {
        let mut account = Account::ready_at(shared().await, "generic").await;
        let credentials = json!({"scheme": "standard", "recordingHosts": ["recordings.pbx.example"]});
        let saved = account.put("/voip", json!({"provider": "generic", "credentials": credentials})).await;
        assert_eq!(saved.status, 200, "{}", saved.text);
        saved.body["hookUrl"].as_str().expect("a hook").clone_into(&mut account.hook);
        account
    })
    .await
}

fn told(account: &Account, call: &str, url: &str) -> RequestBuilder {
    let more = json!({"extension": "102", "duration": 30, "recording": url});
    account.delivery(&delivery_id(), &event(call, &number(1), "completed", more).to_string())
}

/// A report whose recording's address is no https address at all.
fn refused(call: &str, url: &str) {
    flow(async {
        let account = pbx().await;
        let refused = answer(told(account, call, url)).await;
        refused.assert_problem(400);
        assert_eq!(refused.body["type"], "malformed", "{}", refused.text);
        assert!(refused.text.contains("recording"), "{}", refused.text);
        assert!(!account.get("/calls").await.text.contains(&format!("\"{call}\"")));
    });
}

/// A report whose recording lies where we do not fetch: it gets no link of ours, and nobody is asked.
fn passed_on(call: &str, url: &str) {
    flow(async {
        let account = pbx().await;
        let taken = answer(told(account, call, url)).await;
        assert_eq!(taken.status, 202, "{}", taken.text);
        let state = account
            .state_when("the note", |state| items(state, "notes").iter().any(|note| note["params"]["uniq"] == call))
            .await;
        assert_eq!(the_note(&state, call)["params"]["link"], url);
        let asked = account.ends.look(&format!("providers?account={}", account.id)).await;
        assert_eq!(asked["pbxRequests"], json!([]), "{asked}");
    });
}

macro_rules! addresses {
    ($($check:ident { $($name:ident $url:literal)* })*) => {
        mod a_recording {
            use super::*;
            $($(#[test] fn $name() { $check(stringify!($name), $url); })*)*
        }
    };
}

addresses! {
    refused {
        by_plain_http "http://recordings.pbx.example/1.mp3"
        by_another_scheme "ftp://recordings.pbx.example/1.mp3"
        that_is_a_file "file:///etc/passwd"
        that_is_a_script "javascript:alert(1)"
        that_is_data "data:audio/mpeg;base64,AAAA"
        without_a_scheme "//recordings.pbx.example/1.mp3"
        with_a_line_break "https://recordings.pbx.example/\r\nHost: evil.example"
        with_a_blank "https://recordings.pbx.example/ 1.mp3"
    }
    passed_on {
        with_a_user "https://recordings.pbx.example@evil.example/1.mp3"
        with_a_user_at_the_right_host "https://user@recordings.pbx.example/2.mp3"
        with_a_port "https://recordings.pbx.example:8443/3.mp3"
        with_a_backslash "https://evil.example\\@recordings.pbx.example/4.mp3"
        with_a_fragment "https://evil.example#recordings.pbx.example/5.mp3"
        that_only_begins_well "https://recordings.pbx.example.evil.example/6.mp3"
        that_only_ends_well "https://evilrecordings.pbx.example/7.mp3"
        that_is_loopback "https://127.0.0.1/8.mp3"
        that_is_loopback_by_name "https://localhost/9.mp3"
        that_is_loopback_as_one_number "https://2130706433/10.mp3"
        that_is_loopback_in_hexadecimal "https://127.0.0.0x1/11.mp3"
        that_is_loopback_in_the_new_protocol "https://[::1]/12.mp3"
        that_is_link_local "https://169.254.169.254/13.mp3"
        that_is_private "https://10.0.0.1/14.mp3"
    }
}

#[test]
fn hosts_that_are_addresses_cannot_be_allowed() {
    flow(async {
        let account = pbx().await;
        for host in [
            "127.0.0.1",
            "127.0.0.0x1",
            "2130706433",
            "localhost",
            "[::1]",
            "*",
            "evil.example:8443",
            "user@evil.example",
            "",
        ] {
            let credentials = json!({"scheme": "standard", "recordingHosts": [host]});
            let saved = account.put("/voip", json!({"provider": "generic", "credentials": credentials})).await;
            assert_eq!(saved.status, 422, "{host}: {}", saved.text);
        }
    });
}

/// An account whose provider redirects its recording, one redirect after the other.
async fn redirected() -> (MutexGuard<'static, ()>, &'static Account, &'static str) {
    static RECORDED: OnceCell<(Account, String)> = OnceCell::const_new();
    static TURN: Mutex<()> = Mutex::const_new(());
    let turn = TURN.lock().await;
    let made = RECORDED.get_or_init(async || {
        let account = Account::ready_at(shared().await, "twilio").await;
        let link = super::fortress::recorded(&account).await;
        (account, link)
    });
    let (account, link) = made.await;
    (turn, account, link)
}

/// The provider sends us elsewhere for the recording: we do not go there, and neither does whoever listens.
fn redirect(location: &str) {
    flow(async {
        let (_turn, account, link) = redirected().await;
        account.register(json!({"provider": "twilio", "recordingRedirect": location})).await;
        let got = reply(account.ends.http.get(link)).await;
        got.assert_problem(502);
        assert_eq!(got.body["type"], "no_recording", "{}", got.text);
        assert!(got.header("location").is_empty() && !got.text.contains(location), "{}", got.text);
        let strays = account.ends.look("requests").await;
        let is_audio = |request: &&Value| request["path"].as_str().is_some_and(|path| path.contains("stolen"));
        assert_eq!(items(&strays, "requests").iter().find(is_audio), None, "{strays}");
        account.register(json!({"provider": "twilio", "recordingRedirect": ""})).await;
        assert_eq!(reply(account.ends.http.get(link)).await.status, 200, "nothing else was wrong");
    });
}

macro_rules! redirects {
    ($($name:ident $location:literal)*) => {
        mod a_redirect {
            use super::*;
            $(#[test] fn $name() { redirect($location); })*
        }
    };
}

redirects! {
    to_another_host "https://evil.example/stolen.mp3"
    to_another_host_without_a_scheme "//evil.example/stolen.mp3"
    to_another_host_behind_a_user "https://api.twilio.com@evil.example/stolen.mp3"
    to_another_port "https://api.twilio.com:8443/stolen.mp3"
    to_plain_http "http://api.twilio.com/stolen.mp3"
    to_a_file "file:///stolen.mp3"
    to_loopback "https://127.0.0.1/stolen.mp3"
    to_loopback_by_name "https://localhost/stolen.mp3"
    to_loopback_as_one_number "https://2130706433/stolen.mp3"
    to_loopback_in_hexadecimal "https://0x7f.0.0.0x1/stolen.mp3"
    to_loopback_in_the_new_protocol "https://[::ffff:127.0.0.1]/stolen.mp3"
    to_link_local "https://169.254.169.254/stolen.mp3"
    to_a_private_network "https://192.168.0.1/stolen.mp3"
}
