//! Who plays along: the people of the account, its pipelines, the numbers, and what providers report.
//!
//! Ada's line is 101, Ben's 102 (he is the administrator), Cleo's 103. Olga owns the clients and has no line. Fay gets
//! the tasks where the settings name one user. Ids from 901 on belong to what was created meanwhile.

use kommo_voip_domain::ids::*;
use kommo_voip_domain::kommo::pipelines::{Pipeline, Status, StatusKind};
use kommo_voip_domain::kommo::users::{Rights, ViewRight};
use kommo_voip_domain::matching::{Incoming, KnownCompany, KnownContact, KnownLead, Person};
use kommo_voip_domain::phone::{self, Dialled};
use kommo_voip_domain::plan::{AccountFacts, Colleague};
use kommo_voip_domain::telephony::{CallEvent, ReportedStatus};
use kommo_voip_domain::time::Moment;
use std::cell::RefCell;
use std::collections::BTreeMap;

/// Wednesday 11 February 2026, 10:00 in the account, which lives by UTC.
pub const WEDNESDAY: Moment = Moment(1_770_804_000_000);
/// The Saturday after it, 10:00.
pub const SATURDAY: Moment = Moment(1_771_063_200_000);

/// The client's number as providers write it, and as people read it.
pub const CLIENT: &str = "+49305550100";
pub const CLIENT_READ: &str = "+49 30 5550100";

pub const ADA: UserId = UserId(1);
pub const BEN: UserId = UserId(2);
pub const CLEO: UserId = UserId(3);
pub const FAY: UserId = UserId(7);
pub const OLGA: UserId = UserId(9);

pub fn users() -> Vec<Colleague> {
    let user = |id, name: &str, is_admin| {
        let all = ViewRight::All;
        let view = Rights {
            leads: all,
            contacts: all,
            companies: all,
            is_admin,
            add_contacts: true,
            is_free: false,
            is_active: true,
            group_id: None,
        };
        Colleague { id, name: name.to_owned(), email: String::new(), is_active: true, is_admin, group: None, view }
    };
    [(ADA, "Ada", false), (BEN, "Ben", true), (CLEO, "Cleo", false), (FAY, "Fay", false), (OLGA, "Olga", false)]
        .map(|(id, name, is_admin)| user(id, name, is_admin))
        .into()
}

pub fn lines() -> BTreeMap<ExtensionId, UserId> {
    [("101", ADA), ("102", BEN), ("103", CLEO)].map(|(line, user)| (ExtensionId(line.into()), user)).into()
}

/// Two pipelines: Sales (1) is the main one and begins, after its stage for incoming leads, with stage 11.
pub fn account() -> AccountFacts {
    let stage = |id, sort, kind| Status { id: StatusId(id), name: format!("stage {id}"), sort, kind };
    let pipeline = |id, name: &str, is_main, first: i64| Pipeline {
        id: PipelineId(id),
        name: name.to_owned(),
        sort: id,
        is_main,
        is_archive: false,
        is_unsorted_on: true,
        statuses: vec![
            stage(first - 1, 0, StatusKind::Incoming),
            stage(first + 1, 20, StatusKind::Regular),
            stage(first, 10, StatusKind::Regular),
            stage(142, 10_000, StatusKind::Regular),
        ],
    };
    AccountFacts {
        language: "en".into(),
        currency: None,
        incoming_leads: true,
        pipelines: vec![pipeline(2, "Partners", false, 21), pipeline(1, "Sales", true, 11)],
        utc_offset_minutes: 0,
        time_zone: None,
    }
}

pub fn contact(id: i64, owner: UserId, leads: &[i64]) -> KnownContact {
    KnownContact {
        id: ContactId(id),
        name: format!("contact {id}"),
        owner,
        group: GroupId(0),
        company: None,
        leads: leads.iter().copied().map(LeadId).collect(),
        phone_count: 1,
        updated_at: id,
    }
}

pub fn company(id: i64, leads: &[i64]) -> KnownCompany {
    KnownCompany {
        id: CompanyId(id),
        name: format!("company {id}"),
        owner: OLGA,
        group: GroupId(0),
        leads: leads.iter().copied().map(LeadId).collect(),
        has_number: true,
        phone_count: 1,
    }
}

pub fn lead(id: i64) -> KnownLead {
    KnownLead {
        id: LeadId(id),
        name: format!("lead {id}"),
        price: 0,
        status: StatusId(12),
        pipeline: PipelineId(1),
        owner: OLGA,
        group: GroupId(0),
        next_task_at: None,
    }
}

/// What Kommo holds about the client's number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Who {
    NoLead,
    OneLead,
    TwoLeads,
    Company,
    CompanyOneLead,
    Several,
    SeveralOwn,
    Waiting,
    Unknown,
    Withheld,
}

pub const EVERYBODY: [Who; 10] = [
    Who::NoLead,
    Who::OneLead,
    Who::TwoLeads,
    Who::Company,
    Who::CompanyOneLead,
    Who::Several,
    Who::SeveralOwn,
    Who::Waiting,
    Who::Unknown,
    Who::Withheld,
];

impl Who {
    /// What Kommo holds, and who it is in the words of the document.
    pub fn words(self) -> &'static str {
        match self {
            Self::NoLead => "contact 50, no active lead",
            Self::OneLead => "contact 50, one active lead (70)",
            Self::TwoLeads => "contact 50, two active leads",
            Self::Company => "company 60 only, no active lead",
            Self::CompanyOneLead => "company 60 only, one active lead (70)",
            Self::Several => "contacts 51, 52, 53; 53 changed last",
            Self::SeveralOwn => "contacts 51, 52, 53; 52 is Ada's own",
            Self::Waiting => "the contact of an incoming lead that waits",
            Self::Unknown => "nobody",
            Self::Withheld => "the number is withheld",
        }
    }

    pub fn in_kommo(self) -> Person {
        let mut person = Person::default();
        match self {
            // Lead 77 is closed: it stands with the contact and is not among the active ones.
            Self::NoLead => person.contacts = vec![contact(50, OLGA, &[77])],
            Self::OneLead => (person.contacts, person.leads) = (vec![contact(50, OLGA, &[77, 70])], vec![lead(70)]),
            Self::TwoLeads => {
                (person.contacts, person.leads) = (vec![contact(50, OLGA, &[70, 71])], vec![lead(70), lead(71)]);
            }
            Self::Company => person.companies = vec![company(60, &[])],
            Self::CompanyOneLead => (person.companies, person.leads) = (vec![company(60, &[70])], vec![lead(70)]),
            Self::Several => person.contacts = [51, 53, 52].map(|id| contact(id, OLGA, &[])).into(),
            Self::SeveralOwn => {
                person.contacts = vec![contact(51, OLGA, &[]), contact(52, ADA, &[]), contact(53, OLGA, &[])];
            }
            Self::Waiting => {
                let uid = IncomingLeadUid("waiting".into());
                person.incoming = Some(Incoming {
                    uid,
                    lead: LeadId(80),
                    contact: Some(ContactId(81)),
                    contact_name: String::new(),
                    lead_name: String::new(),
                });
            }
            Self::Unknown | Self::Withheld => {}
        }
        person
    }
}

/// A report about an inbound call to `line`; its times and call id are set when it is heard.
pub fn inbound(line: &str, status: ReportedStatus) -> CallEvent {
    CallEvent {
        call_id: ProviderCallId(String::new()),
        from: CLIENT.into(),
        to: "+49305550999".into(),
        direction: None,
        extension: Some(ExtensionId(line.into())),
        status,
        started_at: Moment(0),
        answered_at: None,
        ended_at: None,
        talk_seconds: None,
        recording: None,
        dial: None,
    }
}

/// The same about an outbound call of Ada's.
pub fn outbound(status: ReportedStatus) -> CallEvent {
    CallEvent { from: "101".into(), to: CLIENT.into(), ..inbound("101", status) }
}

thread_local! {
    static READ: RefCell<BTreeMap<String, Dialled>> = RefCell::default();
}

/// Reads a number as in Germany. The same few texts are read for thousands of calls, so they are remembered.
pub fn read(text: &str) -> Dialled {
    READ.with_borrow_mut(|known| known.entry(text.to_owned()).or_insert_with(|| phone::read(text, "DE")).clone())
}

#[test]
fn the_clients_number_reads_as_the_tables_say() {
    let Dialled::Number(key) = read(CLIENT) else { panic!("the client has a number") };
    assert_eq!(phone::format(&key), CLIENT_READ);
}
