//! What Kommo and the telephony providers answer.

use crate::post::{HOOK, ROUTE, Summer, TELNYX_PUBLIC, credentials, generic};
use crate::{choice, text};
use kommo_voip_domain::ids::{
    CallId, CompanyId, ContactId, Entity, ExtensionId, IncomingLeadUid, LeadId, NoteId, TaskId, UserId,
};
use kommo_voip_domain::kommo::{
    Ask, KommoError, Reply, account, call_notices, changes, companies, contacts, leads, notes, oauth, phone_field,
    pipelines, tasks, unsorted, users,
};
use kommo_voip_domain::telephony::credentials::{Scheme, https_host};
use kommo_voip_domain::telephony::out::{self, AnErrand, Next, PastCalls, PlaceCall};
use kommo_voip_domain::telephony::{Credentials, Provider, Urls};
use kommo_voip_domain::time::Moment;
use std::rc::Rc;

/// Every kind of status there is, the usual one most often.
const STATUSES: [u16; 16] = [200, 200, 200, 200, 201, 204, 299, 302, 400, 401, 402, 403, 404, 422, 429, 503];
/// An errand that asks more often than this goes round in circles.
const MOST_REQUESTS: usize = 60;

/// An answer of Kommo to each question: the first byte chooses the question, the second status and content type, the
/// rest is the body.
pub fn kommo_answers(data: &[u8]) {
    let (question, data) = choice(data);
    let (how, data) = choice(data);
    let body = text(data);
    let reply = Reply {
        status: STATUSES[how % STATUSES.len()],
        content_type: Some(if how < 240 { "application/hal+json" } else { "text/html" }),
        retry_after: (how >= 128).then_some(how as i64),
        body: &body,
    };
    read_one(question, &reply);
}

fn read<A: Ask>(ask: A, reply: &Reply<'_>) {
    // What went wrong is shown to administrators and stored; it must say something.
    if let Err(error) = ask.read(reply) {
        assert!(!error.to_string().is_empty());
        assert!(!(200..300).contains(&reply.status) || error != KommoError::Deferred);
    }
}

fn read_one(question: usize, reply: &Reply<'_>) {
    let (contact, lead, user) = (Entity::Contacts(ContactId(5)), LeadId(7), UserId(9));
    let word = || "x".to_owned();
    match question % 30 {
        0 => read(account::GetAccount, reply),
        1 => read(pipelines::ListPipelines, reply),
        2 => read(users::ListUsers { page: 1 }, reply),
        3 => read(users::GetUser { id: user }, reply),
        4 => read(contacts::FindContacts { query: "2025550123".into() }, reply),
        5 => read(contacts::NewestContacts, reply),
        6 => read(contacts::GetContacts { ids: vec![ContactId(5)] }, reply),
        7 => read(companies::FindCompanies { query: "2025550123".into() }, reply),
        8 => read(companies::GetCompanies { ids: vec![CompanyId(6)] }, reply),
        9 => read(leads::GetLeads { ids: vec![lead] }, reply),
        10 => read(leads::GetLead { id: lead }, reply),
        11 => read(leads::NewestLeads, reply),
        12 => {
            let ask = leads::CreateContactAndLead {
                lead_name: word(),
                contact_name: word(),
                phone: "+12025550123".into(),
                responsible: None,
                pipeline: None,
                status: None,
                request_id: "r".into(),
            };
            read(ask, reply);
        }
        13 => read(notes::ListCallNotes { entity: contact }, reply),
        14 => read(notes::AddCallNote { entity: contact, note: note() }, reply),
        15 => read(notes::PatchCallNote { entity: contact, id: NoteId(3), note: note() }, reply),
        16 => read(tasks::NewestTasks { entity: Some(contact) }, reply),
        17 => read(tasks::CompleteTask { id: TaskId(4), result: word() }, reply),
        18 => {
            let (text, request_id) = (word(), word());
            let ask = tasks::CreateTask { text, complete_till: 1, entity: None, responsible: None, request_id };
            read(ask, reply);
        }
        19 => read(unsorted::NewestIncomingLeads, reply),
        20 => read(unsorted::GetIncomingLead { uid: IncomingLeadUid("u".into()) }, reply),
        21 => read(unsorted::AcceptIncomingLead { uid: IncomingLeadUid("u".into()), user, status: None }, reply),
        22 => read(phone_field::GetNumbers { of: contact }, reply),
        23 => read(phone_field::GetWhoseLead { lead }, reply),
        24 => read(changes::Subscribe { destination: HOOK.into() }, reply),
        25 => read(changes::IsSubscribed { destination: HOOK.into() }, reply),
        26 => read(call_notices::NotifyOfCall { number: word(), users: vec![user] }, reply),
        27 => {
            let ask = oauth::RefreshTokens {
                client_id: word(),
                client_secret: word(),
                redirect_uri: HOOK.into(),
                refresh_token: word(),
            };
            read(ask, reply);
        }
        28 => read(oauth::CurrentSubdomain { refresh_token: word() }, reply),
        _ => drop(oauth::claims_hint(reply.body)),
    }
}

fn note() -> notes::CallNote {
    notes::CallNote {
        inbound: true,
        uniq: "u".into(),
        duration: 5,
        source: "s".into(),
        phone: "+12025550123".into(),
        link: None,
        call_result: None,
        call_status: None,
        call_responsible: None,
        responsible_user_id: None,
        created_by: None,
        created_at: Some(1_771_000_000),
    }
}

/// Answers of a telephony provider to each errand: the first byte chooses the provider, the second the errand, the
/// third the status; the rest are bodies, one after another, with NUL between.
pub fn provider_answers(data: &[u8]) {
    let (who, data) = choice(data);
    let (what, data) = choice(data);
    let (how, data) = choice(data);
    let mut bodies: Vec<String> = data.split(|byte| *byte == 0).map(text).collect();
    // Whatever comes after the last answer is like it: an endless list must end all the same.
    bodies.reverse();
    let credentials = of(Provider::ALL[who % Provider::ALL.len()]);
    let urls = Urls { hook: HOOK.to_owned(), route: ROUTE.to_owned() };
    let answers = Answers { status: STATUSES[how % STATUSES.len()], bodies, credentials: &credentials };
    match what % 6 {
        0 => answers.play(out::check(&credentials)),
        1 => answers.play(out::set_up(&credentials, &urls)),
        2 => answers.play(out::lines(&credentials)),
        3 => answers.play(out::place_call(&credentials, &call(), &urls)),
        4 => answers.play(out::past_calls(&credentials, past())),
        _ => {
            answers.play(out::recording(&credentials, "https://api.twilio.com/2010-04-01/Accounts/AC1/Recordings/RE1"))
        }
    }
}

fn of(provider: Provider) -> Credentials {
    match provider {
        Provider::Telnyx => credentials(provider, TELNYX_PUBLIC),
        Provider::Generic => generic(Scheme::Standard, None, "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="),
        _ => credentials(provider, "0123456789abcdef"),
    }
}

fn call() -> PlaceCall {
    PlaceCall {
        id: CallId("0123456789abcdef0123456789abcdef".into()),
        line: ExtensionId("101".into()),
        to: "+12025550123".into(),
        ring_seconds: 20,
        now: Moment(1_788_256_800_000),
    }
}

fn past() -> PastCalls {
    PastCalls { from: Moment(1_788_000_000_000), until: Moment(1_788_256_800_000), cursor: None, zone: Rc::new(Summer) }
}

struct Answers<'a> {
    status: u16,
    bodies: Vec<String>,
    credentials: &'a Credentials,
}

impl Answers<'_> {
    /// Carries an errand out. Whatever it is answered, it comes to an end and asks nobody but its provider.
    fn play<T>(mut self, errand: Option<AnErrand<T>>) {
        let Some(mut errand) = errand else { return };
        let mut asked = Vec::new();
        let mut body = None;
        loop {
            let reply = body.as_deref().map(|body| out::Reply { status: self.status, body });
            match errand.next(reply) {
                Ok(Next::Ask(request)) => {
                    self.check(&request.url, &mut asked);
                    body = Some(if self.bodies.len() > 1 { self.bodies.pop() } else { self.bodies.last().cloned() })
                        .flatten()
                        .or(Some(String::new()));
                }
                Ok(Next::Done(_)) => return,
                Err(error) => {
                    assert!(!error.to_string().contains(char::is_control), "{error}");
                    return;
                }
            }
        }
    }

    fn check(&self, url: &str, asked: &mut Vec<String>) {
        let host = https_host(url).unwrap_or_else(|| panic!("not an address to ask: {url}"));
        let real = url::Url::parse(url).expect("an address");
        assert_eq!(real.host_str(), Some(host), "the runtime would ask another host: {url}");
        let known = asked.first().map(|first: &String| https_host(first) == Some(host)).unwrap_or(true);
        assert!(known || out::may_fetch(url, &out::recording_hosts(self.credentials)), "somebody else is asked: {url}");
        asked.push(url.to_owned());
        assert!(asked.len() <= MOST_REQUESTS, "it goes round in circles: {url}");
    }
}
