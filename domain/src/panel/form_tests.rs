//! The settings window as a person and the CRM meet it, against a Worker of a few lines.

use super::super::texts::tests::{PlainLocale, english};
use super::super::{Event, Field, FormEvent, Office, Target, Timer, UserOption};
use super::*;
use crate::settings::Settings;
use crate::time::Moment;
use serde_json::json;

/// Answers like the Worker and records what it was asked.
struct Worker {
    office: Office,
    asked: Vec<String>,
    bodies: Vec<serde_json::Value>,
    effects: Vec<Effect>,
    connected: bool,
    provider: bool,
    refuse: Option<(&'static str, u16)>,
    down: bool,
    /// What another administrator saved.
    settings: Settings,
}

impl Worker {
    fn new(provider: bool) -> Self {
        Self {
            office: Office::default(),
            asked: vec![],
            bodies: vec![],
            effects: vec![],
            connected: true,
            provider,
            refuse: None,
            down: false,
            settings: Settings::default(),
        }
    }

    fn opened(mut self) -> Self {
        let users =
            vec![UserOption { id: UserId(1), name: "Ada".into() }, UserOption { id: UserId(2), name: "Max".into() }];
        self.tell(Event::FormOpened { users });
        self
    }

    fn tell(&mut self, event: Event) {
        let mut waiting = vec![event];
        while let Some(event) = waiting.pop() {
            for effect in self.office.update(event, Moment(0)) {
                match effect {
                    Effect::Ask { question, request } => {
                        let outcome = self.answer(&request);
                        waiting.insert(0, Event::Answered { question, outcome });
                    }
                    other => self.effects.push(other),
                }
            }
        }
    }

    fn save(&mut self) -> bool {
        self.asked.clear();
        self.effects.clear();
        self.tell(Event::SaveAsked { active: true });
        let answers: Vec<bool> = self
            .effects
            .iter()
            .filter_map(|effect| if let Effect::FinishSave(good) = effect { Some(*good) } else { None })
            .collect();
        assert_eq!(answers.len(), 1, "the CRM gets exactly one answer");
        answers[0]
    }

    fn answer(&mut self, request: &ApiRequest) -> Outcome {
        let asked = [request.method, " ", &request.path].concat();
        let body = request.body.as_ref().map(|body| serde_json::from_str(body).expect("JSON")).unwrap_or_default();
        self.asked.push(asked.clone());
        self.bodies.push(body);
        if self.down {
            return Outcome::Unreachable;
        }
        let (status, body) = self.body(&asked, request.target);
        Outcome::Answered { status, body: body.to_string(), etag: Some("\"1\"".into()) }
    }

    fn body(&mut self, asked: &str, target: Target) -> (u16, serde_json::Value) {
        let problem = |status: u16, kind: &str, detail: &str| {
            (status, json!({"type": kind, "title": kind, "status": status, "detail": detail}))
        };
        if let Some((path, status)) = self.refuse.filter(|(path, _)| asked == *path) {
            if status == 412 {
                let (status, mut body) = problem(status, "changed_meanwhile", "Load them.");
                (body["changedBy"], body["changedAt"]) = (json!("Grace"), json!(77));
                return (status, body);
            }
            return problem(status, "refused", &["no ", path].concat());
        }
        if !self.connected && target == Target::Worker {
            return problem(409, "not_connected", "Connect first.");
        }
        let voip = |secret: Option<&str>, provider: bool| {
            let hook = provider.then_some("https://voip.example/hook");
            let provider = provider.then_some("generic");
            json!({"provider": provider, "active": true, "hookUrl": hook, "routeUrl": null, "fields": [], "secret": secret})
        };
        (
            200,
            match asked {
                "GET settings" => serde_json::to_value(&self.settings).expect("JSON"),
                "PUT settings" => self.bodies.last().cloned().unwrap_or_default(),
                "GET voip" => voip(None, self.provider),
                "PUT voip" => {
                    let fresh = !std::mem::replace(&mut self.provider, true);
                    let rotate = self.bodies.last().is_some_and(|body| body["rotate"] == true);
                    voip((fresh || rotate).then_some("whsec_new"), true)
                }
                "GET extensions" => {
                    json!([{"extensionId": "101", "kommoUserId": 1}, {"extensionId": 102, "kommoUserId": 1}])
                }
                "PUT extensions" => json!([]),
                "PUT active" => json!({"active": true}),
                _ => json!({"_embedded": {"pipelines": [{"id": 9, "name": "Sales", "_embedded": {"statuses": [
                {"id": 90, "name": "Incoming", "type": 1}, {"id": 91, "name": "New", "type": 0}, {"id": 142, "name": "Won"}]}}]}}),
            },
        )
    }

    /// The last body of such a request.
    fn sent(&self, asked: &str) -> serde_json::Value {
        let at = self.asked.iter().rposition(|known| known == asked).expect("it was asked");
        let bodies = &self.bodies[self.bodies.len() - self.asked.len()..];
        bodies[at].clone()
    }

    fn shown(&self, name: &str) -> Option<String> {
        self.office.form_view(&english(), &PlainLocale)?.find(name).map(|element| element.all_text())
    }

    fn complaint(&self) -> String {
        self.shown("settings-error").unwrap_or_default()
    }
}

#[test]
fn saving_without_touching_the_provider_sends_nothing_about_it() {
    let mut worker = Worker::new(true).opened();
    worker.tell(Event::Toggled(Field::Setting("ringSound"), false));
    assert!(worker.effects.contains(&Effect::MarkChanged));
    assert!(worker.save());
    assert_eq!(worker.asked, ["PUT settings", "PUT extensions", "PUT active"]);
}

#[test]
fn the_first_save_makes_the_webhook_and_keeps_the_window_open_until_the_secret_was_seen() {
    let mut worker = Worker::new(false).opened();
    assert!(worker.save());
    assert_eq!(worker.asked[1], "PUT voip", "each provider has lines of its own, so it comes first");
    assert!(worker.effects.contains(&Effect::KeepWindowOpen(true)));
    assert_eq!(worker.shown("hook-secret").as_deref(), Some("whsec_new"));
    assert_eq!(worker.shown("hook-url").as_deref(), Some("https://voip.example/hook"));
    assert!(worker.save());
    assert!(!worker.effects.contains(&Effect::KeepWindowOpen(true)));
    assert!(!worker.asked.contains(&"PUT voip".to_owned()));
}

#[test]
fn a_new_secret_is_made_only_after_a_second_click() {
    let mut worker = Worker::new(true).opened();
    assert!(worker.shown("hook-secret").is_none());
    worker.tell(Event::Form(FormEvent::AskRotate));
    assert!(worker.shown("rotate-confirm").is_some());
    assert!(!worker.asked.contains(&"PUT voip".to_owned()));
    worker.tell(Event::Form(FormEvent::Rotate));
    assert_eq!(worker.bodies.last(), Some(&json!({"provider": "generic", "rotate": true})));
    assert_eq!(worker.shown("hook-secret").as_deref(), Some("whsec_new"));
    worker.tell(Event::Form(FormEvent::CopySecret));
    assert!(worker.effects.contains(&Effect::Copy("whsec_new".into())));
}

#[test]
fn every_refused_step_is_a_no_with_the_servers_reason() {
    for (step, status) in [("PUT settings", 422), ("PUT extensions", 409), ("PUT voip", 422), ("PUT active", 403)] {
        let mut worker = Worker::new(true).opened();
        worker.tell(Event::Typed(Field::Credential("secret"), "whsec_short".into()));
        worker.refuse = Some((step, status));
        assert!(!worker.save(), "{step}");
        assert_eq!(worker.complaint(), ["no ", step].concat());
        assert_eq!(worker.effects.contains(&Effect::MarkCredentialsWrong), step == "PUT voip");
        worker.refuse = None;
        assert!(worker.save(), "{step} put right");
        assert_eq!(worker.complaint(), "");
    }
}

#[test]
fn an_unreachable_worker_refuses_saving_but_not_switching_off() {
    let mut worker = Worker::new(true).opened();
    worker.down = true;
    assert!(!worker.save());
    assert!(!worker.complaint().is_empty());
    worker.effects.clear();
    worker.tell(Event::SaveAsked { active: false });
    assert!(worker.effects.contains(&Effect::FinishSave(true)));
    let mut closed = Worker::new(true);
    closed.down = true;
    closed.tell(Event::SaveAsked { active: false });
    assert!(closed.effects.contains(&Effect::FinishSave(true)), "also with no window open");
}

#[test]
fn somebody_elses_change_is_not_overwritten_and_both_versions_can_be_compared() {
    let mut worker = Worker::new(true).opened();
    worker.tell(Event::Toggled(Field::Setting("ringSound"), false));
    worker.tell(Event::Typed(Field::Setting("retentionDays"), "30".into()));
    worker.settings = Settings { open_card: true, ..Settings::default() };
    worker.refuse = Some(("PUT settings", 412));
    assert!(!worker.save());
    assert_eq!(worker.complaint(), english().get(Text::FailureStale));
    assert!(worker.shown("conflict-who").is_some_and(|who| who.contains("Grace") && who.contains("77")));
    let disputed = worker.shown("conflict").unwrap_or_default();
    for label in [Text::SetRingSound, Text::SetRetention, Text::SetOpenCard] {
        assert!(disputed.contains(english().get(label)), "{disputed}");
    }
    worker.tell(Event::Form(FormEvent::LoadTheirs));
    assert_ne!(worker.shown("settings-status").as_deref(), Some(english().get(Text::FormUnsaved)));
    worker.tell(Event::Form(FormEvent::TakeMine("retentionDays")));
    assert!(!worker.shown("conflict").unwrap_or_default().contains(english().get(Text::SetRetention)));
    worker.refuse = None;
    assert!(worker.save());
    let sent = worker.sent("PUT settings");
    assert_eq!(
        (&sent["openCard"], &sent["retentionDays"], &sent["ringSound"]),
        (&json!(true), &json!(30), &json!(true))
    );
    assert!(worker.shown("conflict").is_none());
}

#[test]
fn what_another_administrator_saves_shows_at_once_and_never_over_what_was_typed() {
    let saved = |settings: &Settings| {
        Event::SettingsChanged(json!({"type": "settings", "settings": settings, "by": "Grace"}).to_string())
    };
    let mut worker = Worker::new(true).opened();
    worker.tell(saved(&Settings::default()));
    assert_eq!(worker.asked.iter().filter(|asked| *asked == "GET settings").count(), 1, "that is what it shows");
    worker.settings = Settings { retention_days: 30, ..Settings::default() };
    worker.tell(saved(&worker.settings.clone()));
    let field = |worker: &Worker| {
        let view = worker.office.form_view(&english(), &PlainLocale).expect("a window");
        view.find("setting-retentionDays").and_then(|field| field.value.clone())
    };
    assert_eq!(field(&worker).as_deref(), Some("30"));
    assert!(worker.shown("conflict").is_none(), "nothing was typed, so there is nothing to compare");
    worker.tell(Event::Typed(Field::Setting("retentionDays"), "40".into()));
    worker.settings = Settings { retention_days: 50, ..Settings::default() };
    worker.tell(saved(&worker.settings.clone()));
    assert_eq!(field(&worker).as_deref(), Some("40"));
    assert!(worker.shown("conflict-who").is_some_and(|who| who.contains("Grace")));
    assert!(worker.shown("conflict").is_some_and(|rows| rows.contains("50") && rows.contains("40")));
}

#[test]
fn the_browser_asks_only_while_something_would_be_lost() {
    let mut worker = Worker::new(true).opened();
    let guards = |worker: &mut Worker| {
        let found = worker.effects.iter().filter_map(|effect| match effect {
            Effect::WarnBeforeLeaving(on) => Some(*on),
            _ => None,
        });
        let found: Vec<bool> = found.collect();
        worker.effects.clear();
        found
    };
    assert!(guards(&mut worker).is_empty());
    worker.tell(Event::Typed(Field::Setting("retentionDays"), "30".into()));
    worker.tell(Event::Typed(Field::Setting("retentionDays"), "31".into()));
    assert_eq!(guards(&mut worker), [true]);
    assert_eq!(worker.shown("settings-status").as_deref(), Some(english().get(Text::FormUnsaved)));
    worker.tell(Event::Typed(Field::Setting("retentionDays"), "365".into()));
    assert_eq!(guards(&mut worker), [false], "typed back, there is nothing to lose");
    worker.tell(Event::Typed(Field::Extensions(UserId(2)), "103".into()));
    assert_eq!(guards(&mut worker), [true]);
    assert!(worker.save());
    assert_eq!(guards(&mut worker), [false]);
    worker.tell(Event::Typed(Field::Credential("secret"), "whsec_x".into()));
    assert_eq!(guards(&mut worker), [true]);
    worker.tell(Event::FormClosed);
    assert!(!worker.effects.iter().any(|effect| matches!(effect, Effect::Notify { .. })), "a secret is not kept");
    assert_eq!(guards(&mut worker), [false]);
}

#[test]
fn what_was_typed_in_a_window_that_was_closed_can_be_brought_back() {
    let mut worker = Worker::new(true).opened();
    worker.tell(Event::Typed(Field::Setting("retentionDays"), "30".into()));
    let watches = |effects: &[Effect]| {
        effects.iter().any(|effect| matches!(effect, Effect::StartTimer { timer: Timer::Watch, .. }))
    };
    assert!(watches(&worker.effects), "the CRM tells nobody that it closed its window");
    worker.effects.clear();
    worker.tell(Event::TimerFired(Timer::Watch));
    assert!(watches(&worker.effects));
    worker.tell(Event::FormClosed);
    assert!(worker.effects.contains(&Effect::StopTimer(Timer::Watch)));
    assert!(worker.effects.iter().any(|effect| matches!(effect, Effect::Notify { .. })), "nothing goes without a word");
    let mut worker = worker.opened();
    assert!(worker.shown("kept").is_some());
    worker.tell(Event::Form(FormEvent::Restore));
    assert!(worker.shown("kept").is_none());
    assert!(worker.save());
    assert_eq!(worker.sent("PUT settings")["retentionDays"], json!(30));
    worker.tell(Event::FormClosed);
    let worker = worker.opened();
    assert!(worker.shown("kept").is_none(), "what was saved needs no bringing back");
}

#[test]
fn a_mistake_is_said_beside_its_field_while_it_is_typed() {
    let mut worker = Worker::new(true).opened();
    let invalid = |worker: &Worker, name: &str| {
        let view = worker.office.form_view(&english(), &PlainLocale)?;
        let field = view.find(name)?;
        assert_eq!(field.attribute("aria-invalid").is_some(), field.attribute("aria-describedby").is_some());
        field.attribute("aria-invalid").map(str::to_owned)
    };
    assert_eq!(invalid(&worker, "setting-retentionDays"), None);
    worker.tell(Event::Typed(Field::Setting("retentionDays"), "x".into()));
    assert_eq!(invalid(&worker, "setting-retentionDays").as_deref(), Some("true"));
    assert!(worker.shown("error-retentionDays").is_some_and(|words| words.contains("3650")));
    worker.tell(Event::Typed(Field::Setting("retentionDays"), "9".into()));
    assert_eq!(invalid(&worker, "setting-retentionDays"), None);
    assert!(worker.shown("error-retentionDays").is_none());
    worker.tell(Event::Typed(Field::Extensions(UserId(2)), "101".into()));
    assert!(worker.shown("error-extension-2").is_some_and(|words| words.contains("Ada")));
    worker.tell(Event::Typed(Field::Extensions(UserId(2)), "103".into()));
    assert!(worker.shown("error-extension-2").is_none());
}

#[test]
fn health_stands_above_the_settings_once_the_account_is_connected() {
    let mut worker = Worker::new(true);
    worker.connected = false;
    let mut worker = worker.opened();
    assert!(!worker.asked.contains(&"GET diagnostics".to_owned()));
    worker.connected = true;
    worker.tell(Event::ConnectedElsewhere);
    assert!(worker.asked.contains(&"GET diagnostics".to_owned()));
    assert!(worker.shown("health").is_some() && worker.shown("self-test").is_some());
}

#[test]
fn mistakes_are_found_before_anything_is_sent() {
    let mut worker = Worker::new(true).opened();
    worker.tell(Event::Typed(Field::Extensions(UserId(2)), " 103, 101 ".into()));
    assert!(!worker.save());
    assert!(worker.asked.is_empty());
    assert!(worker.complaint().contains("101") && worker.complaint().contains("Ada"));
    worker.tell(Event::Typed(Field::Extensions(UserId(2)), "103; 103".into()));
    worker.tell(Event::Typed(Field::Setting("retentionDays"), "ten".into()));
    assert!(!worker.save());
    worker.tell(Event::Typed(Field::Setting("retentionDays"), "10".into()));
    assert!(worker.save());
    let sent = worker.bodies.iter().rev().find(|body| body.is_array()).expect("extensions were sent");
    assert_eq!(sent.as_array().map(Vec::len), Some(3), "101 and 102 of Ada, 103 of Max once");
}

#[test]
fn a_not_connected_account_is_offered_connect_and_goes_on_by_itself() {
    let mut worker = Worker::new(false);
    worker.connected = false;
    let mut worker = worker.opened();
    assert!(worker.shown("connect").is_some());
    assert!(worker.effects.iter().any(|effect| matches!(effect, Effect::StartTimer { timer: Timer::ConnectPoll, .. })));
    assert!(!worker.save(), "nothing to save yet");
    worker.tell(Event::Form(FormEvent::Connect));
    assert!(worker.effects.contains(&Effect::OpenAuthorisation));
    worker.tell(Event::TimerFired(Timer::ConnectPoll));
    assert!(worker.shown("connect").is_some());
    worker.connected = true;
    worker.tell(Event::ConnectedElsewhere);
    assert!(worker.shown("connect").is_none());
    assert!(worker.save());
}

#[test]
fn saving_while_loading_waits_for_the_window() {
    let (mut form, _) = Form::open(1, vec![], None);
    assert_eq!(form.save_asked(), [Effect::KeepWindowOpen(false)]);
    assert_eq!(form.save, Save::Wanted);
    let effects = form.answered(Part::Settings, &Outcome::Unreachable);
    assert!(effects.contains(&Effect::FinishSave(false)));
}

#[test]
fn an_answer_for_a_closed_window_changes_nothing_but_still_answers_the_crm() {
    let mut office = Office::default();
    office.update(Event::FormOpened { users: vec![] }, Moment(0));
    office.update(Event::FormOpened { users: vec![] }, Moment(0));
    let late = |part| Event::Answered { question: Question::Form(1, part), outcome: Outcome::Unreachable };
    assert!(office.update(late(Part::Settings), Moment(0)).is_empty());
    assert_eq!(office.update(late(Part::SaveActive), Moment(0)), [Effect::FinishSave(false)]);
}

#[test]
fn only_stages_where_a_lead_may_start_are_offered() {
    let mut worker = Worker::new(true).opened();
    worker.tell(Event::Typed(Field::Setting("newLeads-pipelineId"), "9".into()));
    let stages = worker.shown("setting-newLeads-statusId").expect("a list of stages");
    assert!(stages.contains("New") && !stages.contains("Incoming") && !stages.contains("Won"));
}

#[test]
fn the_lines_of_a_user_who_left_stay_visible_and_stored() {
    let mut worker = Worker::new(true);
    worker.tell(Event::FormOpened { users: vec![UserOption { id: UserId(2), name: "Max".into() }] });
    assert!(worker.shown("extension-1").is_some());
    assert!(worker.save());
    assert_eq!(
        worker.bodies.iter().rev().find(|body| body.is_array()).and_then(|b| b.as_array()).map(Vec::len),
        Some(2)
    );
}
