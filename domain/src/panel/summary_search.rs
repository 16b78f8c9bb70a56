//! Finding what a call should be linked to: the CRM itself is asked, as the signed-in user, so that its own rights
//! decide what is found (invariant 5).

use super::ask::{ApiRequest, Failure, Outcome, encode};
use super::wire::field;
use super::{Effect, Timer};
use crate::ids::{Entity, EntityKind};
use crate::protocol::EntityView;
use crate::time::Millis;
use serde_json::Value;

/// Fewer letters find everything and nothing.
const SHORTEST: usize = 3;
/// Typing pauses this long before the CRM is asked.
const PAUSE: Millis = Millis(400);

/// The search of one window.
#[derive(Debug, Default)]
pub(crate) struct Search {
    pub(crate) text: String,
    /// Leads as long as nobody chose: most calls are about one.
    pub(crate) kind: Option<EntityKind>,
    pub(crate) state: State,
    /// Grows with every change of the question, so that a late answer to an older one is told apart.
    number: u32,
}

/// Where the search stands.
#[derive(Debug, Default, PartialEq)]
pub(crate) enum State {
    /// Nothing is asked; the call's own candidates are the choices.
    #[default]
    Idle,
    /// Too few letters.
    Short,
    /// Waiting for the pause, or for the answer.
    Running,
    /// Found these.
    Found(Vec<EntityView>),
    /// Could not be asked.
    Failed(Failure),
}

impl Search {
    /// What is looked for.
    pub(crate) fn kind(&self) -> EntityKind {
        self.kind.unwrap_or(EntityKind::Leads)
    }

    /// Other words, or another kind.
    pub(crate) fn changed(&mut self) -> Vec<Effect> {
        self.number += 1;
        let letters = self.text.trim().chars().count();
        if letters < SHORTEST {
            self.state = if letters == 0 { State::Idle } else { State::Short };
            return vec![Effect::StopTimer(Timer::Search)];
        }
        self.state = State::Running;
        vec![Effect::StartTimer { timer: Timer::Search, after: PAUSE, spread: Millis(0) }]
    }

    /// The pause is over: the question and its number.
    pub(crate) fn ask(&self) -> Option<(u32, ApiRequest)> {
        if self.state != State::Running {
            return None;
        }
        let path = ["/api/v4/", self.kind().as_str(), "?limit=10&query=", &encode(self.text.trim())].concat();
        Some((self.number, ApiRequest::crm(&path)))
    }

    /// The CRM answered.
    pub(crate) fn answered(&mut self, number: u32, outcome: &Outcome) {
        if number != self.number {
            return;
        }
        self.state = match outcome {
            // Nothing found has no body (Kommo API reference: empty lists).
            Outcome::Answered { status: 204, .. } => State::Found(vec![]),
            _ => match outcome.read::<Value>() {
                Ok(json) => State::Found(found(&json, self.kind())),
                Err(failure) => State::Failed(failure),
            },
        };
    }
}

fn found(json: &Value, kind: EntityKind) -> Vec<EntityView> {
    let list = json.get("_embedded").and_then(|inside| inside.get(kind.as_str())).and_then(Value::as_array);
    let view = |item: &Value| {
        let id: i64 = field(item, "id")?;
        Some(EntityView { entity: Entity::new(kind, id), name: field(item, "name")? })
    };
    list.into_iter().flatten().filter_map(view).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(body: &str) -> Outcome {
        Outcome::Answered { status: 200, body: body.to_owned(), etag: None }
    }

    fn typed(search: &mut Search, text: &str) -> Option<(u32, ApiRequest)> {
        search.text = text.to_owned();
        search.changed();
        search.ask()
    }

    #[test]
    fn the_crm_is_asked_for_three_letters_or_more_after_a_pause() {
        let mut search = Search::default();
        assert!(typed(&mut search, " no ").is_none());
        assert_eq!(search.state, State::Short);
        search.text = "nora &".to_owned();
        assert!(matches!(search.changed().as_slice(), [Effect::StartTimer { timer: Timer::Search, .. }]));
        let (_, request) = search.ask().expect("a question");
        assert_eq!(request.path, "/api/v4/leads?limit=10&query=nora%20%26");
        typed(&mut search, "");
        assert_eq!(search.state, State::Idle);
    }

    #[test]
    fn a_late_answer_to_an_older_question_is_ignored() {
        let mut search = Search::default();
        let (first, _) = typed(&mut search, "nora").expect("a question");
        let (second, _) = typed(&mut search, "nora k").expect("a question");
        let roof = r#"{"_embedded": {"leads": [{"id": 7, "name": "Roof"}, {"id": "8", "name": null}]}}"#;
        search.answered(second, &answer(roof));
        search.answered(first, &answer(r#"{"_embedded": {"leads": []}}"#));
        let State::Found(found) = &search.state else { panic!("{:?}", search.state) };
        let ids: Vec<i64> = found.iter().map(|view| view.entity.id()).collect();
        assert_eq!(ids, [7, 8]);
    }

    #[test]
    fn nothing_found_and_not_allowed_are_two_things() {
        let mut search = Search::default();
        let (number, _) = typed(&mut search, "nora").expect("a question");
        search.answered(number, &Outcome::Answered { status: 204, body: String::new(), etag: None });
        assert_eq!(search.state, State::Found(vec![]));
        let (number, _) = typed(&mut search, "norah").expect("a question");
        search.answered(number, &Outcome::Unreachable);
        assert_eq!(search.state, State::Failed(Failure::Unreachable));
    }
}
