//! What a table of single calls cannot tell: several lines, several calls, things that come late, and what people
//! say about a call. Each story is told step by step with what is written after each; `docs/rules.md` prints them.

use crate::cast::{self, ADA, Who, inbound, outbound};
use crate::desk::Desk;
use kommo_voip_domain::ids::{ContactId, Entity, LeadId, TaskId};
use kommo_voip_domain::protocol::{FollowUp, PutRatingRequest, PutResultRequest};
use kommo_voip_domain::settings::CreateFor;
use kommo_voip_domain::telephony::{CallEvent, ReportedStatus, ReportedStatus::*};

/// One step: what happens, and what is written then (nothing: an empty text).
pub struct Step(pub &'static str, pub fn(&mut Desk), pub &'static str);

pub struct Story {
    pub title: &'static str,
    /// Who calls; the settings are the default ones unless a step changes them.
    pub who: Who,
    /// The rule behind it.
    pub rule: &'static str,
    pub steps: &'static [Step],
}

fn talked(line: &str, seconds: i64) -> CallEvent {
    CallEvent { talk_seconds: Some(seconds), ..inbound(line, Completed) }
}

fn rings(desk: &mut Desk, call: &str) {
    desk.hear(call, inbound("101", Ringing));
    desk.pass(5);
}

fn talk(desk: &mut Desk, call: &str) {
    rings(desk, call);
    desk.hear(call, inbound("101", Answered));
    desk.pass(30);
    desk.hear(call, inbound("101", Completed));
}

fn miss(desk: &mut Desk, call: &str) {
    rings(desk, call);
    desk.hear(call, inbound("101", Missed));
    desk.pass(3);
}

fn result(call_status: u8, text: &str) -> PutResultRequest {
    PutResultRequest { call_status, text: text.to_owned(), entity: None, task: None }
}

fn save(desk: &mut Desk, saved: PutResultRequest) {
    desk.call("c1").feedback.save(ADA, saved, None).expect("a result within its bounds");
    desk.work();
}

fn choose(desk: &mut Desk, entity: Entity) {
    save(desk, PutResultRequest { entity: Some(entity), ..result(4, "") });
}

fn recording(desk: &mut Desk, call: &str, status: ReportedStatus) {
    let recording = Some("https://records.example/1.mp3".to_owned());
    desk.hear(call, CallEvent { recording, ..inbound("101", status) });
}

pub const STORIES: &[Story] = &[
    Story {
        title: "A ring group that answers",
        who: Who::OneLead,
        rule: "One call, whatever the number of lines. Who talked longest is credited; equal claims go by the line's name.",
        steps: &[
            Step(
                "Lines 101, 102 and 103 ring",
                |desk| ["101", "102", "103"].into_iter().for_each(|line| desk.hear("c1", inbound(line, Ringing))),
                "",
            ),
            Step(
                "101 and 103 report a miss, 102 (Ben) answers",
                |desk| {
                    desk.hear("c1", inbound("101", Missed));
                    desk.hear("c1", inbound("103", Missed));
                    desk.hear("c1", inbound("102", Answered));
                },
                "",
            ),
            Step(
                "Ben hangs up after a minute",
                |desk| {
                    desk.pass(60);
                    desk.hear("c1", talked("102", 60));
                },
                "note 4 of 60 s credited to Ben on lead 70",
            ),
        ],
    },
    Story {
        title: "A ring group that misses",
        who: Who::OneLead,
        rule: "One miss, not one for each line. A miss is believed after three seconds without another report, since \
               the answer of another line may be a moment behind.",
        steps: &[
            Step(
                "Three lines ring, and each reports a miss",
                |desk| {
                    for status in [Ringing, Missed] {
                        ["101", "102", "103"].into_iter().for_each(|line| desk.hear("c1", inbound(line, status)));
                    }
                    desk.pass(2);
                },
                "",
            ),
            Step("Three seconds of quiet", |desk| desk.pass(1), "note 6 on lead 70; task for Olga"),
        ],
    },
    Story {
        title: "A transfer",
        who: Who::OneLead,
        rule: "One call. Credited is the line that talked longer; the duration is the talk of all lines together.",
        steps: &[
            Step(
                "Ada talks for 20 seconds and transfers to 102 (Ben)",
                |desk| {
                    rings(desk, "c1");
                    desk.hear("c1", inbound("101", Answered));
                    desk.pass(20);
                    desk.hear("c1", inbound("102", Ringing));
                    desk.hear("c1", talked("101", 20));
                },
                "",
            ),
            Step(
                "Ben talks for 90 seconds",
                |desk| {
                    desk.hear("c1", inbound("102", Answered));
                    desk.pass(90);
                    desk.hear("c1", talked("102", 90));
                },
                "note 4 of 110 s credited to Ben on lead 70",
            ),
        ],
    },
    Story {
        title: "Two calls of one stranger at once",
        who: Who::Unknown,
        rule: "Two calls, two notes; one contact and one lead.",
        steps: &[
            Step(
                "Two calls of the same new number ring",
                |desk| {
                    desk.hear("c1", inbound("101", Ringing));
                    desk.hear("c2", inbound("102", Ringing));
                },
                "",
            ),
            Step(
                "Both are answered",
                |desk| {
                    desk.hear("c1", inbound("101", Answered));
                    desk.hear("c2", inbound("102", Answered));
                },
                "contact and lead for Ada",
            ),
            Step(
                "Both end",
                |desk| {
                    desk.hear("c2", talked("102", 40));
                    desk.hear("c1", talked("101", 50));
                },
                "note 4 of 40 s credited to Ben on the new lead; note 4 of 50 s on the new lead",
            ),
        ],
    },
    Story {
        title: "A line nobody is mapped to",
        who: Who::OneLead,
        rule: "Logged all the same, credited to nobody; the note names the line, and the settings show the way to map it.",
        steps: &[Step(
            "Line 104 talks with the client",
            |desk| {
                desk.hear("c1", inbound("104", Answered));
                desk.pass(30);
                desk.hear("c1", inbound("104", Completed));
            },
            "note 4 of 30 s credited to nobody “Line without a user in the VoIP settings: 104” on lead 70",
        )],
    },
    Story {
        title: "An end that never comes",
        who: Who::OneLead,
        rule: "A talk is closed after six hours without a word, a ring after three minutes, and the note says so. What \
               the provider reports later corrects it.",
        steps: &[
            Step(
                "Ada answers, and nothing is heard for six hours",
                |desk| {
                    rings(desk, "c1");
                    desk.hear("c1", inbound("101", Answered));
                    desk.pass(6 * 3600);
                },
                "note 4 of 0 s “The provider did not report the end of this call” on lead 70",
            ),
            Step(
                "The end is reported after all",
                |desk| desk.hear("c1", talked("101", 300)),
                "amend to note 4 of 300 s on lead 70",
            ),
        ],
    },
    Story {
        title: "A late recording",
        who: Who::OneLead,
        rule: "It joins the note already written, hours later, too.",
        steps: &[
            Step("A talk", |desk| talk(desk, "c1"), "note 4 of 30 s on lead 70"),
            Step(
                "The recording arrives three hours later",
                |desk| {
                    desk.pass(3 * 3600);
                    recording(desk, "c1", Completed);
                },
                "amend to note 4 of 30 s with the recording on lead 70",
            ),
            Step("It arrives once more", |desk| recording(desk, "c1", Completed), ""),
        ],
    },
    Story {
        title: "An answer reported after its miss",
        who: Who::OneLead,
        rule: "Amended, never written twice; the task is done.",
        steps: &[
            Step("A miss", |desk| miss(desk, "c1"), "note 6 on lead 70; task for Olga"),
            Step(
                "A minute later the provider reports 30 seconds of talk",
                |desk| {
                    desk.pass(60);
                    desk.hear("c1", talked("101", 30));
                },
                "amend to note 4 of 30 s on lead 70; complete the task: Ada has talked with the caller",
            ),
        ],
    },
    Story {
        title: "Several misses, then a talk",
        who: Who::OneLead,
        rule: "Misses of one caller share one open task. Whoever talks with that person later, in either direction, \
               completes it.",
        steps: &[
            Step("A miss", |desk| miss(desk, "c1"), "note 6 on lead 70; task for Olga"),
            Step(
                "Another miss",
                |desk| miss(desk, "c2"),
                "note 6 on lead 70; see whether the open task serves this miss as well",
            ),
            Step(
                "Ada calls back",
                |desk| {
                    desk.hear("c3", outbound(Answered));
                    desk.pass(30);
                    desk.hear("c3", outbound(Completed));
                },
                "note 4 of 30 s on lead 70; complete the task: Ada has talked with the caller",
            ),
            Step("A third miss", |desk| miss(desk, "c4"), "note 6 on lead 70; task for Olga"),
            Step(
                "Olga completes the task by hand, and a fourth miss comes",
                |desk| {
                    let task = desk.call("c4").done.task.expect("a task");
                    desk.over.insert(TaskId(task.0));
                    miss(desk, "c5");
                },
                "note 6 on lead 70; see whether the open task serves this miss as well; task for Olga",
            ),
        ],
    },
    Story {
        title: "A miss after a talk whose recording is late",
        who: Who::OneLead,
        rule: "Only who talks after the miss completes its task.",
        steps: &[
            Step("A talk", |desk| talk(desk, "c1"), "note 4 of 30 s on lead 70"),
            Step(
                "A miss an hour later",
                |desk| {
                    desk.pass(3600);
                    miss(desk, "c2");
                },
                "note 6 on lead 70; task for Olga",
            ),
            Step(
                "The recording of the talk arrives",
                |desk| recording(desk, "c1", Completed),
                "amend to note 4 of 30 s with the recording on lead 70",
            ),
        ],
    },
    Story {
        title: "An incoming lead, accepted from the card",
        who: Who::Unknown,
        rule: "As the manager who accepts it, also after the call's note was written.",
        steps: &[
            Step(
                "Unknown callers become incoming leads; a miss",
                |desk| {
                    desk.settings.inbound_unknown.create = CreateFor::IncomingLead;
                    miss(desk, "c1");
                },
                "incoming lead for Ada; note 6 on the incoming lead; task for Ada",
            ),
            Step(
                "Ben accepts it on the card",
                |desk| {
                    desk.call("c1").feedback.accepted_by = Some(cast::BEN);
                    desk.work();
                },
                "accept it as Ben",
            ),
            Step(
                "A talk",
                |desk| talk(desk, "c2"),
                "note 4 of 30 s on the new lead; complete the task: Ada has talked with the caller",
            ),
        ],
    },
    Story {
        title: "An incoming lead, accepted in the end",
        who: Who::Unknown,
        rule: "Calls before acceptance reuse it. Afterwards it is an ordinary contact with a lead.",
        steps: &[
            Step(
                "Unknown callers become incoming leads; a miss",
                |desk| {
                    desk.settings.inbound_unknown.create = CreateFor::IncomingLead;
                    miss(desk, "c1");
                },
                "incoming lead for Ada; note 6 on the incoming lead; task for Ada",
            ),
            Step(
                "Another miss before anyone accepts",
                |desk| miss(desk, "c2"),
                "note 6 on the incoming lead; see whether the open task serves this miss as well",
            ),
            Step(
                "Ada accepts it in Kommo, and 20 minutes later what the first caller left on the voicemail arrives",
                |desk| {
                    desk.accept(ADA);
                    desk.pass(1200);
                    recording(desk, "c1", Missed);
                    desk.pass(3);
                },
                "amend to note 6 with the recording on the new lead",
            ),
            Step(
                "A talk",
                |desk| talk(desk, "c3"),
                "note 4 of 30 s on the new lead; complete the task: Ada has talked with the caller",
            ),
        ],
    },
    Story {
        title: "An incoming lead, declined",
        who: Who::Unknown,
        rule: "Who calls again after a decline is a stranger again.",
        steps: &[
            Step(
                "Unknown callers become incoming leads; a miss",
                |desk| {
                    desk.settings.inbound_unknown.create = CreateFor::IncomingLead;
                    miss(desk, "c1");
                },
                "incoming lead for Ada; note 6 on the incoming lead; task for Ada",
            ),
            Step(
                "Somebody declines it in Kommo; 20 minutes later a talk",
                |desk| {
                    desk.kommo.incoming = None;
                    desk.pass(1200);
                    talk(desk, "c2");
                },
                "incoming lead for Ada; note 4 of 30 s on the incoming lead; complete the task: Ada has talked with the caller",
            ),
        ],
    },
    Story {
        title: "A call result before the note",
        who: Who::OneLead,
        rule: "With *callFeedback* on and a tab of the credited manager open, the note waits for Save, Cancel, or 120 \
               seconds after the end. Status, text and rating stand in the one note, the rating last.",
        steps: &[
            Step(
                "Ada has a tab open; a talk",
                |desk| {
                    desk.manager_is_here = true;
                    talk(desk, "c1");
                },
                "wait for the result",
            ),
            Step(
                "A minute later Ada rates the call 5 and saves: status 2, “Wants an offer.”",
                |desk| {
                    desk.pass(60);
                    let rating = PutRatingRequest { score: 5, reason: Some("good line".into()) };
                    desk.call("c1").feedback.rate(ADA, rating).expect("a rating within its bounds");
                    save(desk, result(2, "Wants an offer."));
                },
                "note 2 of 30 s “Wants an offer. Quality 5/5: good line” on lead 70",
            ),
            Step(
                "Ada saves again: status 1, “Ordered”",
                |desk| save(desk, result(1, "Ordered")),
                "amend to note 1 of 30 s “Ordered. Quality 5/5: good line” on lead 70",
            ),
            Step("Ada saves the same once more", |desk| save(desk, result(1, "Ordered")), ""),
        ],
    },
    Story {
        title: "A call result cancelled, and one saved during the talk",
        who: Who::OneLead,
        rule: "Cancel stores nothing and ends the wait. A result saved before the end is in the first note.",
        steps: &[
            Step(
                "Ada has a tab open; a talk",
                |desk| {
                    desk.manager_is_here = true;
                    talk(desk, "c1");
                },
                "wait for the result",
            ),
            Step(
                "Ada cancels",
                |desk| {
                    desk.call("c1").feedback.cancelled = true;
                    desk.work();
                },
                "note 4 of 30 s on lead 70",
            ),
            Step(
                "In the next talk Ada saves before the end: status 3, “Later”",
                |desk| {
                    rings(desk, "c2");
                    desk.hear("c2", inbound("101", Answered));
                    desk.call("c2").feedback.save(ADA, result(3, "Later"), None).expect("a result");
                    desk.pass(30);
                    desk.hear("c2", inbound("101", Completed));
                },
                "note 3 of 30 s “Later” on lead 70",
            ),
        ],
    },
    Story {
        title: "Somebody else is chosen before the note",
        who: Who::Unknown,
        rule: "The choice decides the only write. A stranger's number is added to whom the manager chose.",
        steps: &[
            Step(
                "Unknown callers become incoming leads, Ada has a tab open; a talk",
                |desk| {
                    desk.settings.inbound_unknown.create = CreateFor::IncomingLead;
                    desk.manager_is_here = true;
                    talk(desk, "c1");
                },
                "wait for the result",
            ),
            Step(
                "Ada chooses contact 55",
                |desk| choose(desk, Entity::Contacts(ContactId(55))),
                "note 4 of 30 s on contact 55; number to contact 55",
            ),
        ],
    },
    Story {
        title: "A call moved after its note",
        who: Who::OneLead,
        rule: "Kommo has no way to move or delete a note. So it is written on what was chosen, and the former one \
               loses its recording and says where the call is.",
        steps: &[
            Step("A talk", |desk| talk(desk, "c1"), "note 4 of 30 s on lead 70"),
            Step(
                "Ada chooses contact 50 instead",
                |desk| choose(desk, Entity::Contacts(ContactId(50))),
                "note 4 of 30 s also on contact 50; amend to note 4 of 30 s “Moved to contact 50” on lead 70",
            ),
            Step(
                "The recording arrives",
                |desk| recording(desk, "c1", Completed),
                "amend to note 4 of 30 s with the recording on contact 50",
            ),
            Step(
                "Ada chooses lead 70 again",
                |desk| choose(desk, Entity::Leads(LeadId(70))),
                "amend to note 4 of 30 s with the recording on lead 70; amend to note 4 of 30 s “Moved to lead 70” on contact 50",
            ),
        ],
    },
    Story {
        title: "An incoming lead's call moved",
        who: Who::Waiting,
        rule: "The incoming lead was only made for the number, so it is declined as who chose somebody else.",
        steps: &[
            Step("A talk", |desk| talk(desk, "c1"), "note 4 of 30 s on the incoming lead"),
            Step(
                "Ada chooses contact 55",
                |desk| choose(desk, Entity::Contacts(ContactId(55))),
                "note 4 of 30 s also on contact 55; amend to note 4 of 30 s “Moved to contact 55” on the incoming \
                 lead; number to contact 55; decline it as Ada",
            ),
        ],
    },
    Story {
        title: "A withheld number whose caller the manager knows",
        who: Who::Withheld,
        rule: "Without a number nobody can be found; a manager who knows who it was may say so.",
        steps: &[
            Step(
                "A talk with somebody who shows no number",
                |desk| {
                    let withheld = |status| CallEvent { from: "anonymous".into(), ..inbound("101", status) };
                    desk.hear("c1", withheld(Answered));
                    desk.pass(30);
                    desk.hear("c1", withheld(Completed));
                },
                "nothing (number withheld)",
            ),
            Step(
                "Ada chooses contact 50",
                |desk| choose(desk, Entity::Contacts(ContactId(50))),
                "note 4 of 30 s on contact 50",
            ),
        ],
    },
    Story {
        title: "A follow-up wished in the call summary",
        who: Who::OneLead,
        rule: "One task, changed when the wish changes.",
        steps: &[
            Step("A talk", |desk| talk(desk, "c1"), "note 4 of 30 s on lead 70"),
            Step(
                "Ada wishes “Send offer”",
                |desk| {
                    let task = Some(FollowUp { text: "Send offer".into(), complete_till: 1_771_000_000 });
                    save(desk, PutResultRequest { task, ..result(4, "") });
                },
                "follow-up “Send offer” for Ada on lead 70",
            ),
            Step(
                "Ada wishes “Send contract” instead",
                |desk| {
                    let task = Some(FollowUp { text: "Send contract".into(), complete_till: 1_771_000_000 });
                    save(desk, PutResultRequest { task, ..result(4, "") });
                },
                "change the follow-up to “Send contract”",
            ),
        ],
    },
    Story {
        title: "Nobody has a tab open",
        who: Who::OneLead,
        rule: "Kommo's own call notice is for mapped users whose line rings and who would see no card of ours, once \
               each. Never for nobody, since Kommo would then tell everybody.",
        steps: &[
            Step(
                "Line 101 rings, and Ada has no tab open",
                |desk| {
                    desk.away = vec![ADA];
                    desk.hear("c1", inbound("101", Ringing));
                },
                "Kommo's notice for Ada",
            ),
            Step(
                "102 rings as well, and Ben has none either",
                |desk| {
                    desk.away = vec![ADA, cast::BEN];
                    desk.hear("c1", inbound("102", Ringing));
                },
                "Kommo's notice for Ben",
            ),
            Step("Ada answers", |desk| desk.hear("c1", inbound("101", Answered)), ""),
        ],
    },
];

#[test]
fn every_story_ends_as_it_is_told() {
    let mut wrong = Vec::new();
    for story in STORIES {
        let mut desk = Desk::new(story.who.in_kommo());
        for Step(what, act, expected) in story.steps {
            act(&mut desk);
            let got = desk.said();
            if got != *expected {
                wrong.push(format!("{}: {what}:\n  want {expected}\n  got  {got}", story.title));
            }
        }
    }
    assert!(wrong.is_empty(), "{} steps differ:\n{}", wrong.len(), wrong.join("\n"));
}
