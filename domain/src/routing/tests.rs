//! Each rule of smart forwarding, one situation a row.

use super::*;
use crate::ids::{CompanyId, ContactId, GroupId, LeadId, PipelineId, StatusId};
use crate::kommo::users::{Rights, ViewRight};
use crate::matching::{KnownCompany, KnownContact, KnownLead};
use crate::settings::{Forwarding, WorkingHours};

/// Friday 13 February 2026, 10:00 UTC.
const FRIDAY_TEN: i64 = 1_770_940_800 + 10 * 3600;

/// Everything that a row of a table changes.
#[derive(Clone)]
struct Case {
    settings: Settings,
    person: Option<Person>,
    last_talked: Option<UserId>,
    lines: BTreeMap<ExtensionId, UserId>,
    users: Vec<Colleague>,
    busy: BTreeSet<UserId>,
    now: Moment,
    offset: i64,
}

fn user(id: i64, is_active: bool) -> Colleague {
    let view = ViewRight::All;
    let (is_admin, is_free, group_id) = (false, false, None);
    let (leads, contacts, companies, add_contacts) = (view, view, view, true);
    let rights = Rights { leads, contacts, companies, add_contacts, is_admin, is_free, is_active, group_id };
    Colleague {
        id: UserId(id),
        name: format!("U{id}"),
        email: String::new(),
        is_active,
        is_admin,
        group: None,
        view: rights,
    }
}

fn lead(id: i64, owner: i64) -> KnownLead {
    KnownLead {
        id: LeadId(id),
        name: String::new(),
        price: 0,
        status: StatusId(1),
        pipeline: PipelineId(1),
        owner: UserId(owner),
        group: GroupId(0),
        next_task_at: None,
    }
}

/// A contact of user 2 with open leads of the named users, at a company of user 3.
fn person(lead_owners: &[i64]) -> Person {
    let leads: Vec<KnownLead> = (70..).zip(lead_owners).map(|(id, owner)| lead(id, *owner)).collect();
    Person {
        contacts: vec![KnownContact {
            id: ContactId(5),
            name: "Zoë <Adler> & Co".into(),
            owner: UserId(2),
            group: GroupId(0),
            company: Some(CompanyId(6)),
            leads: leads.iter().map(|lead| lead.id).collect(),
            phone_count: 1,
            updated_at: 0,
        }],
        companies: vec![KnownCompany {
            id: CompanyId(6),
            name: "Adler".into(),
            owner: UserId(3),
            group: GroupId(0),
            leads: vec![],
            has_number: false,
            phone_count: 0,
        }],
        leads,
        ..Person::default()
    }
}

impl Case {
    /// Users 1 to 4 with the lines 101 to 104; user 1 has 111 too.
    fn new() -> Self {
        let line = |text: &str, owner| (ExtensionId(text.into()), UserId(owner));
        Self {
            settings: Settings::default(),
            person: Some(person(&[1])),
            last_talked: Some(UserId(4)),
            lines: [line("101", 1), line("102", 2), line("103", 3), line("104", 4), line("111", 1)].into(),
            users: (1..=4).map(|id| user(id, true)).collect(),
            busy: BTreeSet::new(),
            now: Moment::from_seconds(FRIDAY_TEN),
            offset: 0,
        }
    }

    fn with(change: impl FnOnce(&mut Self)) -> Self {
        let mut case = Self::new();
        change(&mut case);
        case
    }

    fn fallback(&mut self, text: &str) {
        self.settings.forwarding = Some(Forwarding { fallback: text.into(), ..Forwarding::default() });
    }

    fn busy(&mut self, ids: &[i64]) {
        self.busy = ids.iter().copied().map(UserId).collect();
    }

    fn decide(&self) -> Route {
        decide(&Facts {
            settings: &self.settings,
            person: self.person.as_ref(),
            last_talked: self.last_talked,
            lines: &self.lines,
            users: &self.users,
            busy: &self.busy,
            now: self.now,
            utc_offset_minutes: self.offset,
        })
    }
}

fn text(lines: &[ExtensionId]) -> String {
    lines.iter().map(|line| line.0.as_str()).collect::<Vec<_>>().join(",")
}

#[test]
fn the_first_rule_whose_person_is_there_chooses() {
    for (case, first, because) in [
        (Case::new(), "101,111", "the owner of the caller's open lead, U1, is rung"),
        (Case::with(|c| c.person = Some(person(&[1, 1]))), "101,111", "the owner of the caller's open lead, U1,"),
        (Case::with(|c| c.person = Some(person(&[1, 3]))), "102", "the contact's owner, U2, is rung"),
        (Case::with(|c| c.person = Some(person(&[]))), "102", "the contact's owner, U2, is rung"),
        (Case::with(|c| c.busy(&[1])), "102", "rung; the owner of the caller's open lead, U1, is in a call"),
        (Case::with(|c| c.busy(&[1, 2])), "103", "the company's owner, U3, is rung"),
        (Case::with(|c| c.busy(&[1, 2, 3])), "104", "who last talked with the caller, U4, is rung"),
        (Case::with(|c| c.person = None), "104", "who last talked with the caller, U4, is rung"),
        (Case::with(|c| c.users[0].is_active = false), "102", "U1, is deactivated"),
        (Case::with(|c| drop(c.users.remove(0))), "102", "user 1, is no user of the account any more"),
        (Case::with(|c| c.lines.retain(|_, owner| owner.0 != 1)), "102", "U1, has no line"),
    ] {
        let route = case.decide();
        assert_eq!(text(&route.first), first, "{route:?}");
        assert!(route.because.contains(because), "{}", route.because);
    }
}

#[test]
fn a_person_who_holds_two_rules_is_named_once() {
    let case = Case::with(|c| {
        c.person = Some(person(&[2]));
        c.busy(&[2]);
    });
    let because = case.decide().because;
    assert_eq!(because.matches("U2").count(), 1, "{because}");
    assert_eq!(because, "the company's owner, U3, is rung; the owner of the caller's open lead, U2, is in a call");
}

#[test]
fn the_robot_owns_nothing_that_rings() {
    let case = Case::with(|c| {
        c.person = Some(person(&[0]));
        c.lines.insert(ExtensionId("100".into()), UserId(0));
    });
    assert_eq!(text(&case.decide().first), "102");
}

#[test]
fn whoever_does_not_answer_is_followed_by_the_fallback_else_by_everybody_there() {
    for (case, then) in [
        (Case::new(), "102,103,104"),
        (Case::with(|c| c.busy(&[3])), "102,104"),
        (Case::with(|c| c.users[3].is_active = false), "102,103"),
        (Case::with(|c| c.fallback("+12025550123, 101 ,,104,104")), "+12025550123,104"),
    ] {
        let route = case.decide();
        assert_eq!((text(&route.first).as_str(), text(&route.then).as_str()), ("101,111", then), "{route:?}");
    }
}

#[test]
fn without_an_owner_the_fallback_rings_at_once() {
    let nobody = |c: &mut Case| {
        c.person = None;
        c.last_talked = None;
    };
    let route = Case::with(|c| {
        nobody(c);
        c.fallback("103,104");
    })
    .decide();
    assert_eq!((text(&route.first).as_str(), route.then.len()), ("103,104", 0));
    assert_eq!(route.because, "the caller is not known; the fallback is rung");
    let route = Case::with(nobody).decide();
    assert_eq!((route.first.len(), text(&route.then).as_str()), (0, "101,102,103,104,111"));
    assert_eq!(route.because, "the caller is not known; no fallback is set");
    assert_eq!((text(route.now(false)), text(route.now(true))), (text(&route.then), text(&route.then)));
}

#[test]
fn a_fallback_leaves_out_who_is_not_there_unless_nobody_were_left() {
    for (busy, first) in [(vec![3], "104,reception"), (vec![], "103,104,reception")] {
        let route = Case::with(|c| {
            c.person = None;
            c.last_talked = None;
            c.fallback("103,104,reception");
            c.busy(&busy);
        })
        .decide();
        assert_eq!(text(&route.first), first, "{busy:?}");
    }
    let route = Case::with(|c| {
        c.fallback("103,104");
        c.busy(&[1, 2, 3, 4]);
    })
    .decide();
    assert_eq!(text(&route.first), "103,104");
    assert!(route.because.starts_with("nobody is there; the owner of the caller's open lead, U1, is in a call;"));
}

#[test]
fn outside_the_working_hours_only_the_fallback_rings() {
    let closed = |c: &mut Case| {
        c.settings.working_hours = Some(WorkingHours::default());
        // Twelve hours east it is 22:00.
        c.offset = 12 * 60;
    };
    let open = Case::with(|c| {
        closed(c);
        c.offset = 60;
    });
    assert_eq!(text(&open.decide().first), "101,111");
    let route = Case::with(closed).decide();
    assert_eq!((route.first.len(), route.then.len()), (0, 0));
    let route = Case::with(|c| {
        closed(c);
        c.fallback("night");
    })
    .decide();
    assert_eq!((text(&route.first).as_str(), route.then.len()), ("night", 0));
    assert!(route.because.starts_with("outside the working hours"));
}

#[test]
fn at_most_ten_lines_ring_together() {
    let route = Case::with(|c| {
        c.lines.extend((200..230).map(|line| (ExtensionId(line.to_string()), UserId(1))));
        c.lines.extend((300..330).map(|line| (ExtensionId(line.to_string()), UserId(4))));
    })
    .decide();
    assert_eq!((route.first.len(), route.then.len() <= 10), (10, true));
    let many = (0..30).map(|line| line.to_string()).collect::<Vec<_>>().join(",");
    let route = Case::with(|c| {
        c.person = None;
        c.last_talked = None;
        c.fallback(&many);
    })
    .decide();
    assert_eq!(route.first.len(), 10);
}

#[test]
fn telephones_show_the_contact_else_the_company_and_ring_as_long_as_set() {
    let route = Case::with(|c| {
        c.settings.forwarding = Some(Forwarding { ring_seconds: 40, ..Forwarding::default() });
    })
    .decide();
    assert_eq!((route.caller_name.as_deref(), route.ring_seconds), (Some("Zoë <Adler> & Co"), 40));
    let nameless = Case::with(|c| {
        if let Some(person) = &mut c.person {
            person.contacts[0].name = " ".into();
        }
    });
    assert_eq!(nameless.decide().caller_name.as_deref(), Some("Adler"));
    let unknown = Case::with(|c| c.person = None).decide();
    assert_eq!((unknown.caller_name, unknown.ring_seconds), (None, 25));
}
