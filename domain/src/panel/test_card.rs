//! The card of a test call. It looks like a call's and is none: it has no buttons that would do something in Kommo, it
//! says what it is, it rings for nobody, and it goes by itself.

use super::card_view::{caller_text, number_text};
use super::element::{Element, Handler, element};
use super::say::Say;
use super::{Effect, Event, Text, Texts, Timer};
use crate::protocol::{CardView, ClientMessage};
use crate::time::Millis;

/// How long the card stays.
const STAYS: Millis = Millis::seconds(8);

/// Shows a test call: the server waits to hear that it is shown.
pub(crate) fn shown(id: String) -> Vec<Effect> {
    let told = ClientMessage::SelfTestShown { id }.to_json();
    let timer = Effect::StartTimer { timer: Timer::TestCard, after: STAYS, spread: Millis(0) };
    vec![Effect::SendSocket(told), timer]
}

/// The card.
pub(crate) fn view(card: &CardView, texts: &Texts) -> Element {
    let line = |class: &str| element("div").class(class).with("dir", "auto");
    element("section").class("kv-stack kv-test-stack").with("aria-label", texts.get(Text::CardTest)).child(
        element("article")
            .class("kv-card kv-test-card")
            .named("test-card")
            .with("role", "status")
            .child(
                element("header")
                    .class("kv-head")
                    .child(element("span").class("kv-dot").with("aria-hidden", "true"))
                    .child(element("span").class("kv-state").text(texts.get(Text::CardTest)))
                    .child(
                        element("button")
                            .with("type", "button")
                            .class("kv-icon")
                            .named("dismiss-test")
                            .with("aria-label", texts.get(Text::CardDismiss))
                            .child(element("span").class("kv-glyph-dismiss").with("aria-hidden", "true"))
                            .on(Handler::Click(Event::TestDismissed)),
                    ),
            )
            .child(line("kv-caller").named("test-caller").text(caller_text(card, texts)))
            .child(line("kv-number").text(number_text(card, texts)))
            .child(line("kv-line").text(texts.get(Text::CardTestAbout))),
    )
}

#[cfg(test)]
mod tests {
    use super::super::Panel;
    use super::super::texts::tests::{PlainLocale, english};
    use super::*;
    use crate::ids::CallId;
    use crate::protocol::{CallerView, CardState, ServerMessage};
    use crate::settings::Settings;
    use crate::time::Moment;

    fn message(id: &str) -> Event {
        let card = CardView {
            id: CallId("c".into()),
            version: 1,
            state: CardState::Ringing,
            inbound: true,
            number: Some("+1 202-555-0143".into()),
            e164: Some("+12025550143".into()),
            extension: None,
            started_at: 1,
            answered_at: None,
            ended_at: None,
            duration: None,
            caller: CallerView::Unknown,
            summary: false,
            acceptable: false,
            creatable: false,
            recent: vec![],
            last_note: None,
            result: None,
            rating: None,
        };
        let message = ServerMessage::SelfTest { id: id.to_owned(), card: Box::new(card) };
        Event::SocketText(serde_json::to_string(&message).expect("JSON"))
    }

    fn text(panel: &Panel, name: &str) -> Option<String> {
        let view = panel.card_view(&english(), &PlainLocale, Moment(0));
        view.find(name).map(|element| element.all_text())
    }

    #[test]
    fn a_test_call_is_shown_confirmed_and_gone_and_is_none_of_the_calls() {
        let mut panel = Panel::default();
        let effects = panel.update(message("t1"), Moment(0));
        let told = r#"{"id":"t1","type":"selfTestShown"}"#;
        let sent = effects.iter().any(|effect| {
            matches!(effect, Effect::SendSocket(text) if crate::panel::read_json(text) == crate::panel::read_json(told))
        });
        assert!(sent, "{effects:?}");
        assert!(!effects.iter().any(|effect| matches!(effect, Effect::Ring(Some(_)))), "it rings for nobody");
        assert!(text(&panel, "test-card").is_some_and(|card| card.contains("202-555-0143")));
        assert!(text(&panel, "call-card").is_none());
        panel.update(Event::TimerFired(Timer::TestCard), Moment(0));
        assert!(text(&panel, "test-card").is_none());
        panel.update(message("t2"), Moment(0));
        panel.update(Event::TestDismissed, Moment(0));
        assert!(text(&panel, "test-card").is_none());
    }

    #[test]
    fn changed_settings_count_in_this_tab_and_are_handed_to_whoever_has_them_open() {
        let mut panel = Panel::default();
        let settings = Settings { open_card: true, ..Settings::default() };
        let json = serde_json::to_string(&ServerMessage::Settings { settings, by: None }).expect("JSON");
        let effects = panel.update(Event::SocketText(json.clone()), Moment(0));
        assert!(effects.contains(&Effect::TellSettings(json)));
        assert!(panel.rules.open_card);
    }
}
