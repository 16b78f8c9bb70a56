//! How a ringing call makes itself noticed beyond its card: the sound, a desktop notification while no tab of ours can
//! be seen, and the tab's title.
//!
//! The browser decides about sound and notifications, and the person decides before the account does. Permission is
//! asked from a button, never by itself.

use super::card_view::{caller_text, number_text};
use super::cards::{Cards, number};
use super::tidings::{Sound, Tidings};
use super::{Effect, Text, Texts, Timer};
use crate::ids::CallId;
use crate::protocol::{CallerView, CardView};
use crate::time::{Millis, Moment};

/// Time for a tab that is seen to say so, and for the caller's name. Hidden tabs are let run no more often anyway.
const BEFORE_NOTIFYING: Millis = Millis::seconds(1);
/// How often a notification waits for the caller's name.
const WAITS: u8 = 2;

/// How many calls are remembered.
const REMEMBERED: usize = 50;

/// What the browser lets us show outside the page.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Permission {
    /// Nothing, and nobody can be asked: refused, or a browser without notifications.
    #[default]
    Never,
    /// The person has not been asked.
    Ask,
    /// Notifications.
    Granted,
}

/// Something that happened about sound and notifications.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AlertEvent {
    /// What the browser allows, at the start and after asking.
    Permission(Permission),
    /// The person wants notifications.
    Allow,
    /// The person switches the ring off, or on again.
    Mute,
    /// What the person chose before, from the browser's storage.
    Kept(Sound),
    /// The browser keeps this tab silent, or does so no longer.
    Blocked(bool),
}

/// Sound, notifications and title of one tab.
#[derive(Debug, Default)]
pub(crate) struct Alerts {
    pub(crate) sound: Sound,
    pub(crate) permission: Permission,
    pub(crate) blocked: bool,
    /// The volume the browser was last told.
    rings_at: Option<u8>,
    told: Vec<(CallId, Told)>,
}

/// What was done about a ringing call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Told {
    /// It waits whether some tab is seen; so often the caller's name was waited for.
    Waits(u8),
    /// The person sees it in a tab.
    Seen,
    /// A notification stands.
    Shown,
}

impl Alerts {
    pub(crate) fn act(&mut self, event: AlertEvent) -> Vec<Effect> {
        match event {
            AlertEvent::Permission(permission) => self.permission = permission,
            AlertEvent::Allow => return vec![Effect::AskToNotify],
            AlertEvent::Mute => {
                self.sound.muted = !self.sound.muted;
                return self.keep();
            }
            AlertEvent::Kept(sound) => self.sound = sound,
            AlertEvent::Blocked(blocked) => self.blocked = blocked,
        }
        vec![]
    }

    /// The person moved the volume.
    pub(crate) fn volume_chosen(&mut self, text: &str) -> Vec<Effect> {
        let Some(volume) = number(text).filter(|volume| *volume <= 100) else { return vec![] };
        self.sound = Sound { muted: false, volume: Some(volume) };
        self.keep()
    }

    fn keep(&self) -> Vec<Effect> {
        vec![Effect::KeepSound(self.sound), Effect::TellTabs(Tidings::Sound(self.sound))]
    }

    /// Another tab says that the person sees this call there.
    pub(crate) fn seen_elsewhere(&mut self, id: &CallId) -> Vec<Effect> {
        match self.told.iter_mut().find(|(call, _)| call == id) {
            Some((_, told)) => {
                let shown = std::mem::replace(told, Told::Seen) == Told::Shown;
                if shown { vec![Effect::CloseNotification(id.clone())] } else { vec![] }
            }
            None => {
                self.told.push((id.clone(), Told::Seen));
                vec![]
            }
        }
    }

    /// How loud it rings now; none: not at all.
    fn volume(&self, account: Option<u8>, rings: bool) -> Option<u8> {
        let volume = self.sound.volume.or(account).filter(|volume| *volume > 0);
        volume.filter(|_| rings && account.is_some() && !self.sound.muted)
    }

    /// Brings sound and notifications in line with the cards. `account`: the volume the settings give, unless they
    /// want no sound.
    pub(crate) fn settle(
        &mut self,
        cards: &Cards,
        account: Option<u8>,
        visible: bool,
        now: Moment,
        effects: &mut Vec<Effect>,
    ) {
        let volume = self.volume(account, cards.ringing(now).next().is_some());
        if volume != self.rings_at {
            self.rings_at = volume;
            effects.push(Effect::Ring(volume));
        }
        for view in cards.ringing(now) {
            match self.told.iter_mut().find(|(call, _)| *call == view.id) {
                Some((_, Told::Seen)) => {}
                Some((_, told)) if visible => {
                    if *told == Told::Shown {
                        effects.push(Effect::CloseNotification(view.id.clone()));
                    }
                    *told = Told::Seen;
                    effects.push(Effect::TellTabs(Tidings::Seen(view.id.clone())));
                }
                Some(_) => {}
                None if visible => {
                    self.told.push((view.id.clone(), Told::Seen));
                    effects.push(Effect::TellTabs(Tidings::Seen(view.id.clone())));
                }
                None => {
                    self.told.push((view.id.clone(), Told::Waits(0)));
                    effects.push(wait());
                }
            }
        }
        self.told.retain(|(call, told)| {
            let rings = cards.ringing(now).any(|view| view.id == *call);
            if !rings && *told == Told::Shown {
                effects.push(Effect::CloseNotification(call.clone()));
            }
            // Another tab's word may come before the call itself.
            rings || (*told == Told::Seen && cards.get(call).is_none())
        });
        if self.told.len() > REMEMBERED {
            self.told.remove(0);
        }
    }

    /// Nobody said that a tab is seen: what still rings is shown on the desktop.
    pub(crate) fn notify(&mut self, cards: &Cards, visible: bool) -> Vec<Effect> {
        let mut effects = vec![];
        if visible || self.permission != Permission::Granted {
            return effects;
        }
        for (call, told) in &mut self.told {
            let Told::Waits(waited) = *told else { continue };
            let is_searched = cards.get(call).is_some_and(|view| matches!(view.caller, CallerView::Searching));
            if is_searched && waited < WAITS {
                *told = Told::Waits(waited + 1);
                effects.push(wait());
            } else {
                *told = Told::Shown;
                effects.push(Effect::ShowNotification(call.clone()));
            }
        }
        effects
    }
}

fn wait() -> Effect {
    Effect::StartTimer { timer: Timer::Notify, after: BEFORE_NOTIFYING, spread: Millis(0) }
}

/// What a notification says: a heading and a line.
pub(crate) fn notification(card: &CardView, texts: &Texts) -> (String, String) {
    let (caller, number) = (caller_text(card, texts), number_text(card, texts));
    (texts.get(Text::CardIncoming).to_owned(), [&caller, " · ", &number].concat())
}

/// What stands before the tab's title while it rings. A name may be as long as it likes, a title not; and what turns
/// the direction of text would turn the CRM's own title with it.
pub(crate) fn title(card: &CardView, texts: &Texts) -> String {
    let known = matches!(card.caller, CallerView::Known { .. } | CallerView::ClientOf { .. });
    let who = if known { caller_text(card, texts) } else { number_text(card, texts) };
    let turns = |letter: &char| matches!(letter, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    let who: String = who.chars().filter(|letter| !turns(letter)).collect();
    let who = match who.char_indices().nth(40) {
        Some((end, _)) => [who.get(..end).unwrap_or_default(), "…"].concat(),
        None => who,
    };
    ["☎ ", &who, " – "].concat()
}

#[cfg(test)]
mod tests {
    use super::super::cards::tests::card;
    use super::super::texts::tests::english;
    use super::*;
    use crate::protocol::CardState;

    const NOW: Moment = Moment(110_000);

    fn id() -> CallId {
        CallId("a".into())
    }

    fn ringing() -> Cards {
        let mut cards = Cards::default();
        cards.put(CardView { caller: CallerView::Unknown, ..card("a", 1, CardState::Ringing) });
        cards
    }

    fn settled(alerts: &mut Alerts, cards: &Cards, visible: bool) -> Vec<Effect> {
        let mut effects = vec![];
        alerts.settle(cards, Some(60), visible, NOW, &mut effects);
        effects
    }

    fn granted() -> Alerts {
        Alerts { permission: Permission::Granted, ..Alerts::default() }
    }

    #[test]
    fn the_person_decides_over_the_account_how_loud_it_rings() {
        let own = |muted, volume| Alerts { sound: Sound { muted, volume }, ..Alerts::default() };
        for (account, muted, volume, heard) in [
            (Some(60), false, None, Some(60)),
            (Some(60), false, Some(20), Some(20)),
            (Some(60), true, Some(20), None),
            (Some(60), false, Some(0), None),
            (Some(0), false, None, None),
            (Some(0), false, Some(5), Some(5)),
            (None, false, Some(20), None),
        ] {
            assert_eq!(own(muted, volume).volume(account, true), heard, "{account:?} {muted} {volume:?}");
            assert_eq!(own(muted, volume).volume(account, false), None);
        }
    }

    #[test]
    fn a_change_of_the_volume_while_it_rings_is_heard_kept_and_told() {
        let (mut alerts, cards) = (Alerts::default(), ringing());
        assert!(settled(&mut alerts, &cards, true).contains(&Effect::Ring(Some(60))));
        assert!(settled(&mut alerts, &cards, true).is_empty(), "nothing new");
        assert!(alerts.volume_chosen("101").is_empty() && alerts.volume_chosen("x").is_empty());
        let sound = Sound { muted: false, volume: Some(25) };
        assert_eq!(alerts.volume_chosen("25"), [Effect::KeepSound(sound), Effect::TellTabs(Tidings::Sound(sound))]);
        assert_eq!(settled(&mut alerts, &cards, true), [Effect::Ring(Some(25))]);
        alerts.act(AlertEvent::Mute);
        assert_eq!(settled(&mut alerts, &cards, true), [Effect::Ring(None)]);
        alerts.act(AlertEvent::Mute);
        assert_eq!(settled(&mut alerts, &cards, true), [Effect::Ring(Some(25))]);
        assert_eq!(settled(&mut alerts, &Cards::default(), true), [Effect::Ring(None)]);
    }

    #[test]
    fn a_hidden_tab_notifies_after_a_moment_and_takes_it_back_when_the_call_is_answered() {
        let (mut alerts, mut cards) = (granted(), ringing());
        assert!(settled(&mut alerts, &cards, false).contains(&wait()));
        assert_eq!(alerts.notify(&cards, false), [Effect::ShowNotification(id())]);
        assert!(alerts.notify(&cards, false).is_empty(), "once");
        cards.put(card("a", 2, CardState::Answered));
        assert!(settled(&mut alerts, &cards, false).contains(&Effect::CloseNotification(id())));
        assert!(alerts.told.is_empty());
    }

    #[test]
    fn whoever_sees_the_call_in_some_tab_is_not_notified() {
        let (mut alerts, cards) = (granted(), ringing());
        settled(&mut alerts, &cards, false);
        assert!(alerts.seen_elsewhere(&id()).is_empty());
        assert!(alerts.notify(&cards, false).is_empty());
        // The other tab's word comes first.
        let mut alerts = granted();
        alerts.seen_elsewhere(&id());
        settled(&mut alerts, &Cards::default(), false);
        settled(&mut alerts, &cards, false);
        assert!(alerts.notify(&cards, false).is_empty());
        // In this tab: the others are told.
        let mut alerts = granted();
        assert!(settled(&mut alerts, &cards, true).contains(&Effect::TellTabs(Tidings::Seen(id()))));
        assert!(alerts.notify(&cards, false).is_empty(), "nor when it is hidden since");
    }

    #[test]
    fn coming_to_any_tab_takes_the_notification_back() {
        for elsewhere in [true, false] {
            let (mut alerts, cards) = (granted(), ringing());
            settled(&mut alerts, &cards, false);
            alerts.notify(&cards, false);
            let effects = if elsewhere { alerts.seen_elsewhere(&id()) } else { settled(&mut alerts, &cards, true) };
            assert!(effects.contains(&Effect::CloseNotification(id())), "{effects:?}");
        }
    }

    #[test]
    fn without_permission_nothing_is_shown_and_only_a_button_asks() {
        for permission in [Permission::Never, Permission::Ask] {
            let (mut alerts, cards) = (Alerts { permission, ..Alerts::default() }, ringing());
            settled(&mut alerts, &cards, false);
            assert!(alerts.notify(&cards, false).is_empty());
            assert_eq!(alerts.act(AlertEvent::Allow), [Effect::AskToNotify]);
        }
    }

    #[test]
    fn a_notification_waits_a_little_for_the_callers_name() {
        let (mut alerts, mut cards) = (granted(), Cards::default());
        cards.put(card("a", 1, CardState::Ringing));
        settled(&mut alerts, &cards, false);
        for _ in 0..WAITS {
            assert_eq!(alerts.notify(&cards, false), [wait()]);
        }
        assert_eq!(alerts.notify(&cards, false), [Effect::ShowNotification(id())], "but not for ever");
    }

    #[test]
    fn the_title_names_the_caller_within_reason() {
        let view =
            CardView { caller: CallerView::ClientOf { owner: "x".repeat(500) }, ..card("a", 1, CardState::Ringing) };
        assert!(title(&view, &english()).chars().count() < 50);
        let unknown = card("a", 1, CardState::Ringing);
        assert_eq!(title(&unknown, &english()), "☎ +49 30 5550100 – ");
        assert_eq!(notification(&unknown, &english()).0, "Incoming call");
    }
}
