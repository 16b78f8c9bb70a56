//! A click on a number in the page: the person's own line rings first, then the client (Kommo VoIP guide:
//! click to call).

use super::ask::{ApiRequest, Failure, Outcome, Question};
use super::{Effect, Message, Text};
use crate::ids::{CompanyId, ContactId, Entity, LeadId};
use crate::protocol::{DialRequest, DialResponse, NoticeLevel};

/// The click that is under way.
#[derive(Debug, Default)]
pub(crate) struct Dial {
    asking: Option<String>,
}

impl Dial {
    /// A number was clicked; further clicks until the answer mean the same one.
    pub(crate) fn clicked(&mut self, phone: String, page: &str) -> Vec<Effect> {
        self.call(phone, entity_of(page))
    }

    /// Somebody is to be called, for the card of this entity.
    pub(crate) fn call(&mut self, phone: String, entity: Option<Entity>) -> Vec<Effect> {
        if self.asking.is_some() || phone.trim().is_empty() {
            return vec![];
        }
        self.asking = Some(phone.clone());
        let wanted = DialRequest { phone, entity };
        vec![Effect::Ask { question: Question::Dial, request: ApiRequest::post("dial").with(&wanted).patiently() }]
    }

    /// The call's card comes by the live connection; only a failure is news.
    pub(crate) fn answered(&mut self, outcome: &Outcome) -> Vec<Effect> {
        self.asking = None;
        let failure = outcome.read::<DialResponse>().err();
        let message = |failure: Failure| match &failure {
            Failure::Refused(problem) if problem.kind == "no_line" => Message::Known(Text::NoticeNoLine),
            _ => failure.message(),
        };
        let notice = |failure| Effect::Notify { level: NoticeLevel::Error, message: message(failure) };
        failure.map(notice).into_iter().collect()
    }

    /// The number that is being dialled.
    pub(crate) fn number(&self) -> Option<&str> {
        self.asking.as_deref()
    }
}

/// Whose card a page of the CRM is, such as `/leads/detail/7` (Kommo widget guide: opening a card).
pub(super) fn entity_of(page: &str) -> Option<Entity> {
    let mut parts = page.split('/').skip(1);
    let (kind, detail) = (parts.next()?, parts.next()?);
    let id = parts.next()?.parse().ok().filter(|id| *id > 0 && detail == "detail")?;
    match kind {
        "leads" => Some(Entity::Leads(LeadId(id))),
        "contacts" => Some(Entity::Contacts(ContactId(id))),
        "companies" => Some(Entity::Companies(CompanyId(id))),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::super::texts::tests::{PlainLocale, english};
    use super::super::{Event, Panel};
    use super::*;
    use crate::time::Moment;
    use serde_json::{Value, json};

    fn click(panel: &mut Panel, page: &str) -> Vec<Effect> {
        panel.update(Event::NumberClicked { phone: "+49 30 5550100".into(), page: page.into() }, Moment(0))
    }

    fn answer(panel: &mut Panel, status: u16, body: Value) -> Vec<Effect> {
        let outcome = Outcome::Answered { status, body: body.to_string(), etag: None };
        panel.update(Event::Answered { question: Question::Dial, outcome }, Moment(0))
    }

    fn shown(panel: &Panel) -> String {
        let view = panel.card_view(&english(), &PlainLocale, Moment(0));
        view.find("dialling").map(|shown| shown.all_text()).unwrap_or_default()
    }

    #[test]
    fn a_click_asks_once_and_shows_so_until_the_answer() {
        let mut panel = Panel::default();
        let asked = click(&mut panel, "/leads/detail/7");
        let [Effect::Ask { question: Question::Dial, request }] = &asked[..] else { panic!("{asked:?}") };
        let body: Value = serde_json::from_str(request.body.as_deref().unwrap_or_default()).expect("JSON");
        assert_eq!((request.method, request.path.as_str()), ("POST", "dial"));
        assert_eq!(body, json!({"phone": "+49 30 5550100", "entity": {"type": "leads", "id": 7}}));
        assert!(shown(&panel).contains("+49 30 5550100"));
        assert!(click(&mut panel, "/leads/detail/7").is_empty(), "a double click");
        assert!(answer(&mut panel, 200, json!({"id": "c"})).is_empty());
        assert_eq!(shown(&panel), "");
        assert_eq!(click(&mut panel, "/leads/").len(), 1, "a later click is a new call");
    }

    #[test]
    fn a_failure_says_why_and_a_person_without_a_line_whom_to_ask() {
        let problem = |kind: &str| json!({"type": kind, "title": "No", "status": 409, "detail": "You are in a call."});
        let texts = english();
        for (kind, expected) in [("no_line", texts.get(Text::NoticeNoLine)), ("in_call", "You are in a call.")] {
            let mut panel = Panel::default();
            click(&mut panel, "/");
            let told = answer(&mut panel, 409, problem(kind));
            let [Effect::Notify { level: NoticeLevel::Error, message }] = &told[..] else { panic!("{told:?}") };
            assert_eq!(message.words(&texts), expected);
            assert_eq!(shown(&panel), "");
        }
    }

    #[test]
    fn only_the_page_of_a_card_names_an_entity() {
        assert_eq!(entity_of("/contacts/detail/5"), Some(Entity::Contacts(ContactId(5))));
        assert_eq!(entity_of("/companies/detail/6/"), Some(Entity::Companies(CompanyId(6))));
        for page in [
            "",
            "/",
            "/leads/",
            "/leads/pipeline/7",
            "/leads/detail/",
            "/leads/detail/0",
            "/leads/detail/x",
            "/tasks/detail/7",
        ] {
            assert_eq!(entity_of(page), None, "{page}");
        }
    }
}
