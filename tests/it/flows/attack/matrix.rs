//! Which routes there are, and which credentials each is attacked with: a list that is checked against the Worker's own
//! tables, so that a new route without its attacks is noticed, and printed into the documentation.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
    fs,
};

use super::api::{ROUTES, Whose};

/// The Worker's table of routes.
const WORKER: &str = include_str!("../../../../worker/src/routes.rs");
/// The table of the API, in the account's object; the internal paths stand there too.
const OBJECT: &str = include_str!("../../../../worker/src/account/api/mod.rs");
/// Where the list is printed.
const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/security.md");
/// It stands between these.
const MARKS: [&str; 2] = ["<!-- the matrix begins -->\n", "<!-- the matrix ends -->\n"];

/// A route beside the API's, by the name of its variant in the Worker's table.
struct Gate {
    variant: &'static str,
    path: &'static str,
    who: &'static str,
    /// What is wrong with the credentials it is attacked with.
    with: &'static str,
    /// The files of its attacks here.
    attacked: &'static str,
    /// Credentials that do not apply, and why.
    not: &'static str,
}

const HOOKS: &str = "a key missing, malformed, changed, made for another use or at another provider's address; a signature \
                     missing, empty, doubled, halved, of another secret, account, id, body, time or version, stale or \
                     dated ahead; each provider's own signature missing, wrong, altered, of another customer, stale";

const GATES: &[Gate] = &[
    Gate {
        variant: "Health",
        path: "GET /health",
        who: "anybody",
        with: "nothing: the answer is compared whole",
        attacked: "inside",
        not: "all credentials: it holds no data",
    },
    Gate {
        variant: "OauthStart",
        path: "GET /oauth/start",
        who: "anybody",
        with: "parameters that would lead elsewhere",
        attacked: "oauth",
        not: "all credentials: it only begins",
    },
    Gate {
        variant: "OauthCallback",
        path: "GET /oauth/callback",
        who: "the browser that began, or whoever holds a code of Kommo",
        with: "a state missing, unknown, endless, stale, used, of another browser; a cookie missing or made up; a code \
               missing, made up, used; a foreign `referer`; another integration",
        attacked: "oauth, ssrf",
        not: "users: Kommo says after the exchange whose code it was, and only an administrator's counts \
              (`a_manager_who_agrees_changes_nothing`)",
    },
    Gate {
        variant: "OauthUninstalled",
        path: "GET /oauth/uninstalled",
        who: "Kommo, by its signature",
        with: "a signature missing, malformed, halved, of another secret, account or integration; a genuine one played \
               again",
        attacked: "oauth",
        not: "age: Kommo signs no time, so it is believed only once Kommo refuses our tokens. Users: Kommo is none",
    },
    Gate {
        variant: "OauthVoip",
        path: "GET /oauth/voip/ringcentral/{start,callback}",
        who: "the browser of the administrator who pressed Connect, on its way to the provider and back",
        with: "a state missing, malformed, changed, made for another use, used, stale, in another browser; the code of \
               somebody else's consent",
        attacked: "voip_oauth",
        not: "users: only an administrator is given a state",
    },
    Gate {
        variant: "Webhook",
        path: "GET,POST /webhooks/voip/{provider}/{hook_key}",
        who: "the provider, by its signature",
        with: HOOKS,
        attacked: "hooks, providers",
        not: "users: a provider is none. Age where no time is signed (Twilio, Zadarma, Plivo, RingCentral): what is played \
              again changes nothing",
    },
    Gate {
        variant: "CallRoute",
        path: "GET,POST /route/{provider}/{hook_key}",
        who: "the provider or PBX, by its signature",
        with: HOOKS,
        attacked: "hooks, providers",
        not: "as above; Telnyx and RingCentral ask nothing there, and the query of Vonage's GET is in no signature. A question played again is answered again: it is about \
              now, and stores nothing twice",
    },
    Gate {
        variant: "KommoChanges",
        path: "POST /webhooks/kommo/{hook_key}",
        who: "Kommo, by the key in the address",
        with: "a key missing, malformed, changed, made for another use, of another account",
        attacked: "changes",
        not: "signature, age and replay: Kommo signs nothing, so nothing of it is believed \
              (`a_forged_webhook_changes_nothing_that_a_reading_does_not_confirm`)",
    },
    Gate {
        variant: "Recording",
        path: "GET,HEAD /recordings/{token}.mp3",
        who: "whoever has the link, while the call is kept",
        with: "a token missing, malformed, halved, with another account or call in it, with a changed MAC, made for \
               another use; past the retention (`calls_end_with_their_retention_whether_they_reached_kommo_or_not`)",
        attacked: "recordings, ssrf",
        not: "users and replay: Kommo's player has nothing but the link, and plays it more than once",
    },
    Gate {
        variant: "Live",
        path: "GET /live",
        who: "whoever has a fresh ticket",
        with: "a ticket missing, empty, malformed, changed, made for another use, used, stale, of another account; a \
               one-time token instead; a page that is not Kommo's",
        attacked: "live",
        not: "administrators: everybody sees their own cards",
    },
    Gate {
        variant: "Api",
        path: "/api/v1/…",
        who: "the widget, by Kommo's one-time token; what each route asks beyond it stands below",
        with: "a token missing, malformed, halved, with `alg` none (signed or not) or another, of another key, audience, \
               integration or issuer, expired, dated ahead, in another header; the Worker's own header from outside; an \
               account that is not connected; another account's administrator; a user who is gone",
        attacked: "api",
        not: "replay: a token may be used until it expires",
    },
    Gate {
        variant: "ApiPreflight",
        path: "OPTIONS /api/v1/…",
        who: "a browser that shows a page of Kommo",
        with: "pages that are not Kommo's",
        attacked: "inside",
        not: "all credentials: a preflight carries none",
    },
    Gate {
        variant: "LocalPanic",
        path: "POST /_local/panic/{account}",
        who: "a developer's machine only",
        with: "a Worker without the local stand-in",
        attacked: "inside",
        not: "all credentials: elsewhere the address does not exist",
    },
    Gate {
        variant: "LocalAge",
        path: "POST /_local/age/{account}/{days}",
        who: "a developer's machine only",
        with: "a Worker without the local stand-in",
        attacked: "inside",
        not: "all credentials: elsewhere the address does not exist",
    },
];

/// The internal paths of an account's object.
pub(super) const INTERNAL: [&str; 7] = ["grant", "uninstalled", "recording", "voip-oauth", "wake", "panic", "age"];

/// The lines of the API's table in the Worker, such as `GET calls/*/trace`.
fn routes_of_the_object() -> BTreeSet<String> {
    let arms = OBJECT.lines().filter_map(|line| line.trim().strip_prefix("(Method::")?.split_once(") => self."));
    arms.map(|(pattern, _)| {
        let (method, parts) = pattern.split_once(", ").expect("a method and a path");
        let parts = parts.trim_matches(['[', ']']).split(", ");
        let part = |part: &str| if part.starts_with('"') { part.trim_matches('"').to_owned() } else { "*".to_owned() };
        format!("{} {}", method.to_uppercase(), parts.map(part).collect::<Vec<_>>().join("/"))
    })
    .collect()
}

/// The variants of the Worker's table.
fn gates_of_the_worker() -> BTreeSet<&'static str> {
    let (_, rest) = WORKER.split_once("pub enum Route<'a> {").expect("the table");
    let (variants, _) = rest.split_once("\n}\n").expect("the table's end");
    let lines = variants
        .lines()
        .filter(|line| line.starts_with("    ") && line.as_bytes().get(4).is_some_and(u8::is_ascii_uppercase));
    lines.map(|line| line.trim().split(['(', ' ', ',']).next().expect("a name")).collect()
}

/// The internal paths the object answers.
fn internal_paths_of_the_object() -> BTreeSet<&'static str> {
    let (_, rest) = OBJECT.split_once("async fn on_internal").expect("the internal paths");
    let (arms, _) = rest.split_once("_ => Err").expect("their end");
    let lines = arms.lines().filter(|line| line.starts_with("            \""));
    lines.filter_map(|line| line.trim().strip_prefix('"')?.split('"').next()).collect()
}

#[test]
fn every_route_of_the_api_is_attacked() {
    let written = |path: &str| {
        let path = path.split('?').next().unwrap_or_default().trim_start_matches('/');
        path.split('/').map(|part| if part.starts_with('{') { "*" } else { part }).collect::<Vec<_>>().join("/")
    };
    let ours: BTreeSet<String> =
        ROUTES.iter().map(|route| format!("{} {}", route.method, written(route.path))).collect();
    let theirs = routes_of_the_object();
    assert!(theirs.len() > 30, "the Worker's table is read: {theirs:?}");
    assert_eq!(ours, theirs);
}

#[test]
fn every_route_of_the_worker_is_attacked() {
    let ours: BTreeSet<&str> = GATES.iter().map(|gate| gate.variant).collect();
    let theirs = gates_of_the_worker();
    assert!(theirs.len() > 10, "the Worker's table is read: {theirs:?}");
    assert_eq!(ours, theirs);
    let source = include_str!("mod.rs");
    for file in GATES.iter().flat_map(|gate| gate.attacked.split(", ")) {
        assert!(source.contains(&format!("mod {file};")), "{file}");
    }
}

#[test]
fn every_internal_path_is_attacked() {
    assert_eq!(internal_paths_of_the_object(), BTreeSet::from(INTERNAL));
}

impl Whose {
    /// Who may ask, what is tried beyond what every route is, and what does not apply.
    fn words(self) -> [&'static str; 3] {
        const EACH: &str = "administrators: they see it as everybody does";
        match self {
            Self::Admins => ["administrators", "a manager, also one who boasts with the Worker's own header", "—"],
            Self::Call => {
                ["who took part in the call, and administrators", "a manager who had no part in the call", EACH]
            }
            Self::Own => ["each user for their own list", "a colleague with the ids of somebody else's list", EACH],
            Self::Journal => [
                "each user for the calls they took part in, administrators for all",
                "a colleague, who is shown nothing of the call",
                EACH,
            ],
            Self::Users => ["every active user", "—", "other users: it names nobody else's"],
            Self::Everybody => [
                "whoever Kommo gave a token",
                "—",
                "other users, and users who are gone: it tells nothing about anybody",
            ],
        }
    }
}

fn table() -> String {
    let mut out =
        String::from("| Route | Who may ask | Attacked with | In | Does not apply |\n|---|---|---|---|---|\n");
    for Gate { path, who, with, attacked, not, .. } in GATES {
        let files = attacked.split(", ").map(|file| format!("`{file}`")).collect::<Vec<_>>().join(", ");
        writeln!(out, "| `{path}` | {who} | {with} | {files} | {not} |").expect("a text grows");
    }
    let mut groups: BTreeMap<usize, (Whose, Vec<String>)> = BTreeMap::new();
    for route in ROUTES {
        let path = route.path.split('?').next().unwrap_or_default().trim_start_matches('/');
        let group = groups.entry(route.whose as usize).or_insert_with(|| (route.whose, Vec::new()));
        group.1.push(format!("`{} {path}`", route.method));
    }
    for (whose, routes) in groups.into_values() {
        let [who, more, not] = whose.words();
        writeln!(out, "| {} | {who} | {more} | `api` | {not} |", routes.join(", ")).expect("a text grows");
    }
    out
}

#[test]
fn the_document_lists_the_matrix() {
    let read = || fs::read_to_string(FILE).expect("docs/security.md").replace("\r\n", "\n");
    let stands = read();
    let (before, rest) = stands.split_once(MARKS[0]).expect("the matrix begins");
    let (_, after) = rest.split_once(MARKS[1]).expect("the matrix ends");
    let document = [before, MARKS[0], &table(), MARKS[1], after].concat();
    if std::env::var_os("WRITE_MATRIX").is_some() {
        fs::write(FILE, &document).expect("docs/security.md can be written");
    }
    assert!(read() == document, "docs/security.md differs from the matrix. Write it anew with WRITE_MATRIX=1.");
}
