//! The ring on the card: how loud, and what to do where the browser keeps the tab silent or hides the call.

use super::alerts::{AlertEvent, Permission};
use super::card_view::{Around, Look, button};
use super::cards::Card;
use super::element::{Element, Handler, element};
use super::{Event, Field, Text, Texts};
use crate::protocol::CardState;

/// Mute and volume, while a call from outside rings.
pub(crate) fn view(card: &Card, look: &Look<'_>) -> Option<Element> {
    let (alerts, rules) = (look.around.alerts, look.around.rules);
    if card.view.state != CardState::Ringing || !card.view.inbound || !rules.ring_sound {
        return None;
    }
    let muted = alerts.sound.muted;
    let volume = if muted { 0 } else { alerts.sound.volume.unwrap_or(rules.ring_volume) };
    let mute = button("kv-icon")
        .named("mute")
        .with("aria-label", look.words(Text::RingMute))
        .with("title", look.words(Text::RingMute))
        .with("aria-pressed", if muted { "true" } else { "false" })
        .child(element("span").class("kv-glyph-bell").with("aria-hidden", "true"))
        .on(Handler::Click(Event::Alert(AlertEvent::Mute)));
    let slider = element("input")
        .named("ring-volume")
        .with("type", "range")
        .with("min", "0")
        .with("max", "100")
        .with("step", "5")
        .with("aria-label", look.words(Text::RingVolume))
        .value(volume.to_string())
        .on(Handler::Input(Field::RingVolume));
    let silent = alerts.blocked && !muted && volume > 0;
    let hint = silent
        .then(|| element("p").class("kv-line kv-silent").named("ring-blocked").text(look.words(Text::RingBlocked)));
    Some(element("div").class("kv-bell").child(mute).child(slider).maybe(hint))
}

/// Asks the browser for desktop notifications, as long as nobody has.
pub(crate) fn allow(around: &Around<'_>, texts: &Texts) -> Option<Element> {
    (around.alerts.permission == Permission::Ask).then(|| {
        button("kv-more")
            .named("allow-notifications")
            .text(texts.get(Text::RingNotify))
            .on(Handler::Click(Event::Alert(AlertEvent::Allow)))
    })
}

#[cfg(test)]
mod tests {
    use super::super::alerts::Alerts;
    use super::super::card_view::tests::{NOW, drawn};
    use super::super::cards::Cards;
    use super::super::cards::tests::card;
    use super::super::tidings::Sound;
    use super::*;
    use crate::protocol::CardView;

    fn alerts(change: impl FnOnce(&mut Alerts)) -> Alerts {
        let mut alerts = Alerts::default();
        change(&mut alerts);
        alerts
    }

    fn cards(view: CardView) -> Cards {
        let mut cards = Cards::default();
        cards.put(view);
        cards
    }

    #[test]
    fn the_ring_can_be_muted_and_turned_down_where_it_rings() {
        let ringing = cards(card("a", 1, CardState::Ringing));
        let view = drawn(&ringing, &Alerts::default(), NOW);
        assert_eq!(view.find("ring-volume").and_then(|slider| slider.value.as_deref()), Some("60"));
        let muted = alerts(|alerts| alerts.sound = Sound { muted: true, volume: Some(30) });
        let view = drawn(&ringing, &muted, NOW);
        assert_eq!(view.find("mute").and_then(|button| button.attribute("aria-pressed")), Some("true"));
        assert_eq!(view.find("ring-volume").and_then(|slider| slider.value.as_deref()), Some("0"));
        for quiet in
            [card("a", 1, CardState::Answered), CardView { inbound: false, ..card("a", 1, CardState::Ringing) }]
        {
            assert!(drawn(&cards(quiet), &Alerts::default(), NOW).find("mute").is_none());
        }
    }

    #[test]
    fn a_tab_the_browser_keeps_silent_says_so_unless_silence_is_wanted() {
        let ringing = cards(card("a", 1, CardState::Ringing));
        let mut blocked = alerts(|alerts| alerts.blocked = true);
        assert!(drawn(&ringing, &blocked, NOW).find("ring-blocked").is_some());
        blocked.sound.muted = true;
        assert!(drawn(&ringing, &blocked, NOW).find("ring-blocked").is_none());
    }

    #[test]
    fn permission_is_offered_only_until_it_was_asked() {
        let ringing = cards(card("a", 1, CardState::Ringing));
        for (permission, offered) in [(Permission::Ask, true), (Permission::Never, false), (Permission::Granted, false)]
        {
            let alerts = alerts(|alerts| alerts.permission = permission);
            assert_eq!(drawn(&ringing, &alerts, NOW).find("allow-notifications").is_some(), offered);
        }
    }
}
