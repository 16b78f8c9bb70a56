//! The rules as a table: for each kind of call what we write in Kommo, and what each setting changes about it.
//!
//! Written by hand from the guide and never computed from the rules. `docs/rules.md` is printed from the very same
//! lines, so what a reader checks there is what the code is held to.

use crate::cast::{FAY, OLGA, SATURDAY, Who};
use crate::desk::Desk;
use kommo_voip_domain::ids::{PipelineId, StatusId};
use kommo_voip_domain::settings::{Accept, CreateFor, TaskOwner, WorkingHours};
use kommo_voip_domain::telephony::{Direction, ReportedStatus};

/// A column of the table: ends of calls that are treated alike.
pub struct Column {
    pub words: &'static str,
    pub ends: &'static [ReportedStatus],
}

pub const COLUMNS: [Column; 4] = [
    Column { words: "answered", ends: &[ReportedStatus::Completed] },
    Column {
        words: "missed, cancelled, voicemail",
        ends: &[ReportedStatus::Missed, ReportedStatus::Cancelled, ReportedStatus::Voicemail],
    },
    Column { words: "busy", ends: &[ReportedStatus::Busy] },
    Column { words: "failed", ends: &[ReportedStatus::Failed] },
];

/// A row: who has the number, and the columns in their order.
pub type Row = (Who, [&'static str; 4]);

const NO_NUMBER: [&str; 4] = ["nothing (number withheld)"; 4];
const INTERNAL_CALL: [&str; 4] = ["nothing (internal call)"; 4];

pub const INBOUND: [Row; 10] = [
    (
        Who::NoLead,
        [
            "note 4 of 30 s on contact 50",
            "note 6 on contact 50; task for Olga",
            "note 7 on contact 50; task for Olga",
            "note 6 on contact 50; task for Olga",
        ],
    ),
    (
        Who::OneLead,
        [
            "note 4 of 30 s on lead 70",
            "note 6 on lead 70; task for Olga",
            "note 7 on lead 70; task for Olga",
            "note 6 on lead 70; task for Olga",
        ],
    ),
    (
        Who::TwoLeads,
        [
            "note 4 of 30 s on contact 50",
            "note 6 on contact 50; task for Olga",
            "note 7 on contact 50; task for Olga",
            "note 6 on contact 50; task for Olga",
        ],
    ),
    (
        Who::Company,
        [
            "note 4 of 30 s on company 60",
            "note 6 on company 60; task for Olga",
            "note 7 on company 60; task for Olga",
            "note 6 on company 60; task for Olga",
        ],
    ),
    (
        Who::CompanyOneLead,
        [
            "note 4 of 30 s on lead 70",
            "note 6 on lead 70; task for Olga",
            "note 7 on lead 70; task for Olga",
            "note 6 on lead 70; task for Olga",
        ],
    ),
    (
        Who::Several,
        [
            "note 4 of 30 s on contact 53",
            "note 6 on contact 53; task for Olga",
            "note 7 on contact 53; task for Olga",
            "note 6 on contact 53; task for Olga",
        ],
    ),
    (
        Who::SeveralOwn,
        [
            "note 4 of 30 s on contact 52",
            "note 6 on contact 52; task for Ada",
            "note 7 on contact 52; task for Ada",
            "note 6 on contact 52; task for Ada",
        ],
    ),
    (
        Who::Waiting,
        [
            "note 4 of 30 s on the incoming lead",
            "note 6 on the incoming lead; task for Ada",
            "note 7 on the incoming lead; task for Ada",
            "note 6 on the incoming lead; task for Ada",
        ],
    ),
    (
        Who::Unknown,
        [
            "contact and lead for Ada; note 4 of 30 s on the new lead",
            "contact and lead for Ada; note 6 on the new lead; task for Ada",
            "contact and lead for Ada; note 7 on the new lead; task for Ada",
            "contact and lead for Ada; note 6 on the new lead; task for Ada",
        ],
    ),
    (Who::Withheld, NO_NUMBER),
];

pub const OUTBOUND: [Row; 10] = [
    (
        Who::NoLead,
        ["note 4 of 30 s on contact 50", "note 6 on contact 50", "note 7 on contact 50", "note 6 on contact 50"],
    ),
    (Who::OneLead, ["note 4 of 30 s on lead 70", "note 6 on lead 70", "note 7 on lead 70", "note 6 on lead 70"]),
    (
        Who::TwoLeads,
        ["note 4 of 30 s on contact 50", "note 6 on contact 50", "note 7 on contact 50", "note 6 on contact 50"],
    ),
    (
        Who::Company,
        ["note 4 of 30 s on company 60", "note 6 on company 60", "note 7 on company 60", "note 6 on company 60"],
    ),
    (Who::CompanyOneLead, ["note 4 of 30 s on lead 70", "note 6 on lead 70", "note 7 on lead 70", "note 6 on lead 70"]),
    (
        Who::Several,
        ["note 4 of 30 s on contact 53", "note 6 on contact 53", "note 7 on contact 53", "note 6 on contact 53"],
    ),
    (
        Who::SeveralOwn,
        ["note 4 of 30 s on contact 52", "note 6 on contact 52", "note 7 on contact 52", "note 6 on contact 52"],
    ),
    (
        Who::Waiting,
        [
            "note 4 of 30 s on the incoming lead",
            "note 6 on the incoming lead",
            "note 7 on the incoming lead",
            "note 6 on the incoming lead",
        ],
    ),
    (
        Who::Unknown,
        [
            "contact and lead for Ada; note 4 of 30 s on the new lead",
            "contact and lead for Ada; note 6 on the new lead",
            "contact and lead for Ada; note 7 on the new lead",
            "nothing (nobody in Kommo has this number)",
        ],
    ),
    (Who::Withheld, NO_NUMBER),
];

pub const INTERNAL: [Row; 10] = [
    (Who::NoLead, INTERNAL_CALL),
    (Who::OneLead, INTERNAL_CALL),
    (Who::TwoLeads, INTERNAL_CALL),
    (Who::Company, INTERNAL_CALL),
    (Who::CompanyOneLead, INTERNAL_CALL),
    (Who::Several, INTERNAL_CALL),
    (Who::SeveralOwn, INTERNAL_CALL),
    (Who::Waiting, INTERNAL_CALL),
    (Who::Unknown, INTERNAL_CALL),
    (Who::Withheld, INTERNAL_CALL),
];

pub const TABLES: [(Direction, &str, &[Row; 10]); 3] = [
    (Direction::Inbound, "Inbound", &INBOUND),
    (Direction::Outbound, "Outbound", &OUTBOUND),
    (Direction::Internal, "Internal", &INTERNAL),
];

/// What a setting changes about the tables. Everything it does not mention stays as it is there.
pub struct Variant {
    /// The setting or circumstance, as the document names it.
    pub words: &'static str,
    pub bend: fn(&mut Desk),
    /// Rows that are different.
    pub rows: &'static [(Direction, Row)],
    /// Words that are different wherever they stand, in the tables of one direction or of all.
    pub wherever: &'static [(Option<Direction>, &'static str, &'static str)],
}

const IN: Direction = Direction::Inbound;
const OUT: Direction = Direction::Outbound;

fn saturday(desk: &mut Desk) {
    desk.now = SATURDAY;
    desk.settings.working_hours = Some(WorkingHours::default());
}

fn two_numbers(desk: &mut Desk) {
    desk.kommo.contacts.iter_mut().for_each(|contact| contact.phone_count = 2);
    desk.kommo.companies.iter_mut().for_each(|company| company.phone_count = 2);
}

fn deactivate(desk: &mut Desk, user: kommo_voip_domain::ids::UserId) {
    desk.users.iter_mut().filter(|known| known.id == user).for_each(|known| known.is_active = false);
}

pub const VARIANTS: &[Variant] = &[
    Variant {
        words: "**Unknown callers become an incoming lead**, accepted by hand (`inboundUnknown`: `incoming_lead`, `manual`)",
        bend: |desk| desk.settings.inbound_unknown.create = CreateFor::IncomingLead,
        rows: &[(
            IN,
            (
                Who::Unknown,
                [
                    "incoming lead for Ada; note 4 of 30 s on the incoming lead",
                    "incoming lead for Ada; note 6 on the incoming lead; task for Ada",
                    "incoming lead for Ada; note 7 on the incoming lead; task for Ada",
                    "incoming lead for Ada; note 6 on the incoming lead; task for Ada",
                ],
            ),
        )],
        wherever: &[],
    },
    Variant {
        words: "**Unknown callers become an incoming lead**, accepted once somebody answers (`incoming_lead`, `on_answer`)",
        bend: |desk| {
            desk.settings.inbound_unknown.create = CreateFor::IncomingLead;
            desk.settings.inbound_unknown.accept = Accept::OnAnswer;
        },
        rows: &[
            (
                IN,
                (
                    Who::Unknown,
                    [
                        "incoming lead for Ada; accept it as Ada; note 4 of 30 s on the new lead",
                        "incoming lead for Ada; note 6 on the incoming lead; task for Ada",
                        "incoming lead for Ada; note 7 on the incoming lead; task for Ada",
                        "incoming lead for Ada; note 6 on the incoming lead; task for Ada",
                    ],
                ),
            ),
            (
                IN,
                (
                    Who::Waiting,
                    [
                        "accept it as Ada; note 4 of 30 s on lead 80",
                        "note 6 on the incoming lead; task for Ada",
                        "note 7 on the incoming lead; task for Ada",
                        "note 6 on the incoming lead; task for Ada",
                    ],
                ),
            ),
        ],
        wherever: &[],
    },
    Variant {
        words: "Incoming leads are chosen, but **switched off in the account**",
        bend: |desk| {
            desk.settings.inbound_unknown.create = CreateFor::IncomingLead;
            desk.account.incoming_leads = false;
        },
        rows: &[],
        wherever: &[],
    },
    Variant {
        words: "**A lead for known callers without an active one** (`inboundKnown.leadIfNoneActive`)",
        bend: |desk| desk.settings.inbound_known.lead_if_none_active = true,
        rows: &[
            (
                IN,
                (
                    Who::NoLead,
                    [
                        "lead for Olga; note 4 of 30 s on the new lead",
                        "lead for Olga; note 6 on the new lead; task for Olga",
                        "lead for Olga; note 7 on the new lead; task for Olga",
                        "lead for Olga; note 6 on the new lead; task for Olga",
                    ],
                ),
            ),
            (
                IN,
                (
                    Who::Company,
                    [
                        "lead for Olga; note 4 of 30 s on the new lead",
                        "lead for Olga; note 6 on the new lead; task for Olga",
                        "lead for Olga; note 7 on the new lead; task for Olga",
                        "lead for Olga; note 6 on the new lead; task for Olga",
                    ],
                ),
            ),
            (
                IN,
                (
                    Who::Several,
                    [
                        "lead for Olga; note 4 of 30 s on the new lead",
                        "lead for Olga; note 6 on the new lead; task for Olga",
                        "lead for Olga; note 7 on the new lead; task for Olga",
                        "lead for Olga; note 6 on the new lead; task for Olga",
                    ],
                ),
            ),
            (
                IN,
                (
                    Who::SeveralOwn,
                    [
                        "lead for Ada; note 4 of 30 s on the new lead",
                        "lead for Ada; note 6 on the new lead; task for Ada",
                        "lead for Ada; note 7 on the new lead; task for Ada",
                        "lead for Ada; note 6 on the new lead; task for Ada",
                    ],
                ),
            ),
        ],
        wherever: &[],
    },
    Variant {
        words: "**Clients have several numbers**, and the number is written into the note (`inboundKnown.numberInNote`)",
        bend: two_numbers,
        rows: &[],
        wherever: &[
            (Some(IN), "on contact", "“+49 30 5550100” on contact"),
            (Some(IN), "on company", "“+49 30 5550100” on company"),
            (Some(IN), "on lead", "“+49 30 5550100” on lead"),
        ],
    },
    Variant {
        words: "Clients have several numbers, and the number is **not** written into the note",
        bend: |desk| {
            two_numbers(desk);
            desk.settings.inbound_known.number_in_note = false;
        },
        rows: &[],
        wherever: &[],
    },
    Variant {
        words: "**No tasks for missed calls** (`missed.task` off)",
        bend: |desk| desk.settings.missed.task = false,
        rows: &[],
        wherever: &[(None, "; task for Olga", ""), (None, "; task for Ada", "")],
    },
    Variant {
        words: "**Tasks are due sooner** (`missed.dueMinutes` 15)",
        bend: |desk| desk.settings.missed.due_minutes = 15,
        rows: &[],
        wherever: &[
            (None, "task for Olga", "task for Olga due in 15 min"),
            (None, "task for Ada", "task for Ada due in 15 min"),
        ],
    },
    Variant {
        words: "**Tasks go to who was called** (`missed.responsible`: `called_user`)",
        bend: |desk| desk.settings.missed.responsible = TaskOwner::CalledUser,
        rows: &[],
        wherever: &[(None, "task for Olga", "task for Ada")],
    },
    Variant {
        words: "**Tasks always go to Fay** (`missed.responsible`: `fixed`)",
        bend: |desk| {
            desk.settings.missed.responsible = TaskOwner::Fixed;
            desk.settings.missed.fixed_user_id = Some(FAY);
        },
        rows: &[],
        wherever: &[(None, "task for Olga", "task for Fay"), (None, "task for Ada", "task for Fay")],
    },
    Variant {
        words: "Tasks always go to Fay, who is **deactivated** meanwhile",
        bend: |desk| {
            desk.settings.missed.responsible = TaskOwner::Fixed;
            desk.settings.missed.fixed_user_id = Some(FAY);
            deactivate(desk, FAY);
        },
        rows: &[],
        wherever: &[(None, "task for Olga", "task for Ada")],
    },
    Variant {
        words: "Olga, who owns the clients, is **deactivated** meanwhile",
        bend: |desk| deactivate(desk, OLGA),
        rows: &[],
        wherever: &[(None, "task for Olga", "task for Ada")],
    },
    Variant {
        words: "Ada is **deactivated**, but her line still rings",
        bend: |desk| deactivate(desk, crate::cast::ADA),
        rows: &[],
        wherever: &[
            (None, "contact and lead for Ada", "contact and lead for Ben"),
            (None, "task for Ada", "task for Ben"),
        ],
    },
    Variant {
        words: "**Working hours** Monday to Friday, 9 to 18, and the call comes on Saturday (`workingHours`)",
        bend: saturday,
        rows: &[],
        wherever: &[
            (None, "task for Olga", "task for Olga due Monday 10:00"),
            (None, "task for Ada", "task for Ada due Monday 10:00"),
        ],
    },
    Variant {
        words: "Working hours with **somebody else after hours** (`workingHours.responsible`: `fixed`, Fay), on Saturday",
        bend: |desk| {
            saturday(desk);
            let hours = desk.settings.working_hours.as_mut().expect("working hours");
            hours.responsible = Some(TaskOwner::Fixed);
            hours.fixed_user_id = Some(FAY);
        },
        rows: &[],
        wherever: &[
            (None, "task for Olga", "task for Fay due Monday 10:00"),
            (None, "task for Ada", "task for Fay due Monday 10:00"),
        ],
    },
    Variant {
        words: "Working hours with somebody else after hours, and the call comes on Wednesday at 10",
        bend: |desk| {
            desk.settings.working_hours = Some(WorkingHours {
                responsible: Some(TaskOwner::Fixed),
                fixed_user_id: Some(FAY),
                ..WorkingHours::default()
            });
        },
        rows: &[],
        wherever: &[],
    },
    Variant {
        words: "**Outbound calls to strangers create nobody** (`outboundUnknown.contactAndLead` off)",
        bend: |desk| desk.settings.outbound_unknown.contact_and_lead = false,
        rows: &[(OUT, (Who::Unknown, ["nothing (nobody in Kommo has this number)"; 4]))],
        wherever: &[],
    },
    Variant {
        words: "**New leads start elsewhere** (`newLeads`: pipeline Partners, stage 22)",
        bend: |desk| {
            desk.settings.new_leads.pipeline_id = Some(PipelineId(2));
            desk.settings.new_leads.status_id = Some(StatusId(22));
        },
        rows: &[],
        wherever: &[(None, "contact and lead for Ada", "contact and lead for Ada in Partners at stage 22")],
    },
    Variant {
        words: "New leads start in a pipeline that was **deleted** meanwhile",
        bend: |desk| {
            desk.settings.new_leads.pipeline_id = Some(PipelineId(99));
            desk.settings.new_leads.status_id = Some(StatusId(990));
        },
        rows: &[],
        wherever: &[],
    },
    Variant {
        words: "**The manager is asked for the result** (`callFeedback` on) and has a tab open, but says nothing",
        bend: |desk| desk.manager_is_here = true,
        rows: &[
            (
                IN,
                (
                    Who::Withheld,
                    [
                        "wait for the result; nothing (number withheld)",
                        "nothing (number withheld)",
                        "nothing (number withheld)",
                        "nothing (number withheld)",
                    ],
                ),
            ),
            (
                OUT,
                (
                    Who::Withheld,
                    [
                        "wait for the result; nothing (number withheld)",
                        "nothing (number withheld)",
                        "nothing (number withheld)",
                        "nothing (number withheld)",
                    ],
                ),
            ),
        ],
        wherever: &[(None, "note 4", "wait for the result; note 4")],
    },
    Variant {
        words: "The manager is **not** asked for the result (`callFeedback` off) and has a tab open",
        bend: |desk| {
            desk.manager_is_here = true;
            desk.settings.call_feedback = false;
        },
        rows: &[],
        wherever: &[],
    },
    Variant {
        words: "**Switched off**",
        bend: |desk| desk.switched_off = true,
        rows: &[],
        wherever: &[(None, "", "nothing (switched off)")],
    },
];

impl Variant {
    /// What a cell says in this variant, given what it says in the table.
    pub fn expected(&self, direction: Direction, who: Who, column: usize, plain: &str) -> String {
        if let Some((_, (_, cells))) = self.rows.iter().find(|(of, (whose, _))| (*of, *whose) == (direction, who)) {
            return cells[column].to_owned();
        }
        let mut cell = plain.to_owned();
        for (_, from, to) in self.wherever.iter().filter(|(of, ..)| of.is_none_or(|of| of == direction)) {
            // An empty text stands for the whole cell.
            cell = if from.is_empty() { (*to).to_owned() } else { cell.replace(from, to) };
        }
        cell
    }
}
