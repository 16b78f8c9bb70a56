//! The script that `docs/pbx` gives to Asterisk and other systems, run as they run it: what it sends must pass the
//! very check our webhooks pass, whatever stands in the values and whatever the network does.
//!
//! Needs `sh`, `openssl` and `curl`, as the script does.

#![cfg(unix)]

use kommo_voip_domain::call::Call;
use kommo_voip_domain::ids::CallId;
use kommo_voip_domain::telephony::generic;
use kommo_voip_domain::time::Moment;
use kommo_voip_domain::webhook::{self, Secret};
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::path::PathBuf;
use std::process::{Command, Output};
use std::thread;

const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

/// A request as the server got it.
struct Seen {
    path: String,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

impl Seen {
    fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    fn verify(&self, secret: &str) -> Result<(), webhook::Refusal> {
        let delivery = webhook::Delivery {
            id: self.header(webhook::ID_HEADER),
            timestamp: self.header(webhook::TIMESTAMP_HEADER),
            signature: self.header(webhook::SIGNATURE_HEADER),
            body: &self.body,
        };
        let now = Command::new("date").arg("+%s").output().expect("date").stdout;
        let now = String::from_utf8_lossy(&now).trim().parse().expect("seconds");
        webhook::verify(&delivery, &[Secret::parse(secret).expect("a secret")], Moment::from_seconds(now))
    }
}

/// Answers as many requests as there are answers, then hands over what it saw.
fn serve(answers: &'static [(u16, &'static str)]) -> (String, thread::JoinHandle<Vec<Seen>>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let base = format!("http://{}", listener.local_addr().expect("an address"));
    let server = thread::spawn(move || {
        let one = |(status, text): &(u16, &str)| {
            let (stream, _) = listener.accept().expect("a connection");
            let mut reader = BufReader::new(stream);
            let mut line = String::new();
            reader.read_line(&mut line).expect("a request line");
            let path = line.split(' ').nth(1).unwrap_or_default().to_owned();
            let mut headers = vec![];
            loop {
                let mut line = String::new();
                reader.read_line(&mut line).expect("a header");
                let Some((name, value)) = line.trim_end().split_once(": ") else { break };
                headers.push((name.to_ascii_lowercase(), value.to_owned()));
            }
            let mut seen = Seen { path, headers, body: vec![] };
            let length = seen.header("content-length").and_then(|text| text.parse().ok()).unwrap_or(0);
            seen.body = vec![0; length];
            reader.read_exact(&mut seen.body).expect("a body");
            let head = format!("HTTP/1.1 {status} X\r\nContent-Length: {}\r\nConnection: close\r\n\r\n", text.len());
            reader.get_mut().write_all(format!("{head}{text}").as_bytes()).expect("an answer");
            seen
        };
        answers.iter().map(one).collect()
    });
    (base, server)
}

/// A telephone system with a spool and a configuration of its own.
struct Pbx(PathBuf);

impl Pbx {
    fn new(name: &str, base: &str, secret: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("kommo-voip-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).expect("a folder");
        let spool = folder.join("spool");
        let conf = format!(
            "HOOK_URL={base}/hook\nROUTE_URL={base}/route\nSECRET={secret}\nSPOOL={}\nBACKGROUND=no\n",
            spool.display()
        );
        fs::write(folder.join("conf"), conf).expect("a configuration");
        Self(folder)
    }

    fn run(&self, arguments: &[&str]) -> Output {
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/pbx/kommo-voip-send.sh");
        let mut command = Command::new("sh");
        command.arg(script).args(arguments).env("KOMMO_VOIP_CONF", self.0.join("conf"));
        command.output().expect("sh, openssl and curl")
    }

    /// The files that wait, or were refused.
    fn files(&self, folder: &str) -> usize {
        let entries = fs::read_dir(self.0.join(folder)).expect("a folder");
        entries.flatten().filter(|entry| entry.path().extension().is_some_and(|end| end == "json")).count()
    }
}

impl Drop for Pbx {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

#[test]
fn an_event_is_signed_as_we_check_it_and_reads_as_it_was_meant() {
    let (base, server) = serve(&[(202, "{}")]);
    let pbx = Pbx::new("event", &base, SECRET);
    let run = pbx.run(&[
        "event",
        "callId=1651057476.362",
        "from=+493012345678",
        "to=100",
        "direction=inbound",
        "status=completed",
        "extension=101",
        "startTime=1788256800",
        "answerTime=1788256810",
        "endTime=",
        "duration=20",
        "recording=https://pbx.example.com/rec/1.wav",
        "dialId=",
    ]);
    assert!(run.status.success(), "{run:?}");
    let seen = server.join().expect("a server").remove(0);
    assert_eq!((seen.path.as_str(), seen.verify(SECRET)), ("/hook", Ok(())));
    let event = generic::parse(&seen.body).expect("an event");
    assert_eq!(event.call_id.as_str(), "1651057476.362");
    assert_eq!((event.from.as_str(), event.to.as_str(), event.talk_seconds), ("+493012345678", "100", Some(20)));
    assert_eq!(event.extension.map(|line| line.0).as_deref(), Some("101"));
    assert_eq!((event.started_at.seconds(), event.ended_at), (1_788_256_800, None));
    assert_eq!((pbx.files("spool"), pbx.files("spool/refused")), (0, 0));
}

#[test]
fn secrets_of_every_length_sign_right() {
    for encoded in [
        "AAECAwQFBgcICQoLDA0ODxAREhMUFRYX".to_owned(),
        // 25 bytes, with and without their padding; then 64, a whole block.
        "/////////////////////////////////w==".to_owned(),
        "/////////////////////////////////w".to_owned(),
        format!("{}==", "JSVc".repeat(21) + "JQ"),
    ] {
        let (base, server) = serve(&[(202, "")]);
        let secret = format!("whsec_{encoded}");
        let pbx = Pbx::new("length", &base, &secret);
        pbx.run(&["event", "callId=1", "from=", "to=", "status=ringing", "startTime=1788256800"]);
        assert_eq!(server.join().expect("a server").remove(0).verify(&secret), Ok(()), "{encoded}");
    }
}

#[test]
fn hostile_values_stay_values() {
    let (base, server) = serve(&[(202, "")]);
    let pbx = Pbx::new("hostile", &base, SECRET);
    let canary = pbx.0.join("canary");
    let name = format!("from=a\"b\\c$(touch {0})`touch {0}`;touch {0}\n\r\u{1}é%s%n", canary.display());
    pbx.run(&["event", "callId=1", &name, "to=-n", "status=ringing", "startTime=1788256800;1"]);
    let seen = server.join().expect("a server").remove(0);
    assert_eq!(seen.verify(SECRET), Ok(()));
    let body: serde_json::Value = serde_json::from_slice(&seen.body).expect("JSON");
    let from = body["from"].as_str().expect("text");
    assert!(
        from.starts_with("a\"b\\c$(touch ") && from.ends_with("%s%n") && !from.contains(char::is_control),
        "{from}"
    );
    assert_eq!((&body["to"], body.get("startTime")), (&serde_json::json!("-n"), None));
    assert!(!canary.exists());
    assert!(!pbx.run(&["event", "callId=1", "evil\":1,\"x=2"]).status.success());
}

#[test]
fn what_cannot_be_delivered_is_tried_again_under_the_same_id() {
    let (base, server) = serve(&[(503, ""), (202, ""), (202, "")]);
    let pbx = Pbx::new("again", &base, SECRET);
    let event = |id| ["event", id, "from=1", "to=2", "status=ringing", "startTime=1788256800"];
    assert!(pbx.run(&event("callId=1")).status.success());
    assert_eq!(pbx.files("spool"), 1);
    assert!(pbx.run(&event("callId=2")).status.success());
    assert_eq!((pbx.files("spool"), pbx.files("spool/refused")), (0, 0));
    let seen = server.join().expect("a server");
    assert!(seen.iter().all(|one| one.verify(SECRET) == Ok(())));
    let of_first: Vec<_> =
        seen.iter().filter(|one| one.body == seen[0].body).map(|one| one.header("webhook-id")).collect();
    assert_eq!((of_first.len(), of_first[0] == of_first[1]), (2, true));
}

#[test]
fn nobody_there_keeps_the_event_and_a_dead_sender_does_not_hold_the_lock() {
    let (base, server) = serve(&[(202, "")]);
    let pbx = Pbx::new("lock", "http://127.0.0.1:1", SECRET);
    pbx.run(&["event", "callId=1", "from=1", "to=2", "status=ringing", "startTime=1788256800"]);
    assert_eq!(pbx.files("spool"), 1);
    let conf = fs::read_to_string(pbx.0.join("conf")).expect("a configuration");
    fs::write(pbx.0.join("conf"), conf.replace("http://127.0.0.1:1", &base)).expect("a configuration");
    // A process that has ended left its lock behind.
    let mut dead = Command::new("true").spawn().expect("a process");
    dead.wait().expect("an end");
    fs::create_dir_all(pbx.0.join("spool/lock")).expect("a lock");
    fs::write(pbx.0.join("spool/lock/pid"), dead.id().to_string()).expect("a pid");
    assert!(pbx.run(&["flush"]).status.success());
    assert_eq!((server.join().expect("a server").len(), pbx.files("spool")), (1, 0));
    // A living one is left alone.
    fs::create_dir_all(pbx.0.join("spool/lock")).expect("a lock");
    fs::write(pbx.0.join("spool/lock/pid"), std::process::id().to_string()).expect("a pid");
    pbx.run(&["event", "callId=2", "from=1", "to=2", "status=ringing", "startTime=1788256800"]);
    assert_eq!(pbx.files("spool"), 1);
}

#[test]
fn what_we_refuse_for_good_is_put_aside() {
    let (base, server) = serve(&[(400, "")]);
    let pbx = Pbx::new("refused", &base, SECRET);
    assert!(pbx.run(&["event", "callId=1", "from=1", "to=2", "status=talking", "startTime=1"]).status.success());
    server.join().expect("a server");
    assert_eq!((pbx.files("spool"), pbx.files("spool/refused")), (0, 1));
}

#[test]
fn the_route_is_asked_for_signed_and_printed_as_lines() {
    let (base, server) = serve(&[(200, "101,+493012345678"), (200, "101&PJSIP/x\n$(id)"), (500, "102"), (401, "103")]);
    let pbx = Pbx::new("route", &base, SECRET);
    let asked = |from| String::from_utf8_lossy(&pbx.run(&["route", from, "+49305550100", "1.2"]).stdout).into_owned();
    assert_eq!(asked("+493099"), "101,+493012345678");
    // Nothing that a dialplan or shell would take for more than lines.
    assert_eq!(asked(""), "101PJSIPxid");
    assert_eq!((asked("1"), asked("1")), (String::new(), String::new()));
    let seen = server.join().expect("a server");
    assert_eq!((seen[0].path.as_str(), seen[0].verify(SECRET)), ("/route", Ok(())));
    let body: serde_json::Value = serde_json::from_slice(&seen[0].body).expect("JSON");
    assert_eq!(body, serde_json::json!({"from": "+493099", "to": "+49305550100", "callId": "1.2"}));
    let nobody = Pbx::new("nobody", "http://127.0.0.1:1", SECRET);
    let run = nobody.run(&["route", "1", "2"]);
    assert_eq!((run.status.success(), run.stdout.len()), (true, 0));
}

/// The arguments that the dialplan of `docs/pbx/asterisk.md` hands to the script.
fn of_dialplan(status: &str, extension: &str, rest: &str) -> Vec<String> {
    let page = include_str!("../../docs/pbx/asterisk.md");
    let line = page.lines().find(|line| line.starts_with("exten => send,1,System(")).expect("the line that sends");
    let (_, arguments) = line.trim_end_matches(')').split_once(".sh ").expect("arguments");
    let filled = [
        ("${CHANNEL(linkedid)}", "1788256800.7"),
        ("${KOMMO_DIRECTION}", "inbound"),
        ("${KOMMO_FROM}", "+493012345678"),
        ("${KOMMO_TO}", "49305550100"),
        ("${KOMMO_START}", "1788256800"),
        ("${ARG1}", status),
        ("${ARG2}", extension),
        ("${ARG3}", rest),
    ];
    let text = filled.iter().fold(arguments.to_owned(), |text, (name, value)| text.replace(name, value));
    assert!(!text.contains('$'), "{text}");
    text.split_ascii_whitespace().map(str::to_owned).collect()
}

#[test]
fn the_documented_dialplan_tells_of_one_call() {
    let (base, server) = serve(&[(202, ""); 5]);
    let pbx = Pbx::new("dialplan", &base, SECRET);
    for (status, extension, rest) in [
        ("ringing", "101", ""),
        ("ringing", "102", ""),
        ("answered", "102", "answerTime=1788256810"),
        ("completed", "102", "answerTime=1788256810 endTime=1788256830 duration=20"),
        ("completed", "", "endTime=1788256830"),
    ] {
        let arguments = of_dialplan(status, extension, rest);
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        assert!(pbx.run(&arguments).status.success());
    }
    let seen = server.join().expect("a server");
    let events: Vec<_> = seen.iter().map(|one| generic::parse(&one.body).expect("an event")).collect();
    let now = Moment::from_seconds(1_788_256_830);
    let mut call = Call::begin(CallId("k".into()), "generic", &events[0], now);
    for event in &events[1..] {
        call.merge(event, now);
    }
    let later = Moment::from_seconds(1_788_256_900);
    assert_eq!((call.talked(), call.talk_seconds(), call.next_change(later)), (true, 20, None));
    assert_eq!(call.lines_by_credit()[0].0.0, "102");
    assert_eq!(call.ended_at().map(Moment::seconds), Some(1_788_256_830));
}
