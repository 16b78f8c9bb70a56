//! Sound, notifications, title and the other tabs: what the panel wants done about a call beyond its card.

use super::Page;
use crate::effects::channel::Channel;
use crate::effects::claim::Claim;
use crate::effects::drag::Drag;
use crate::effects::notifications::{self, Notification};
use crate::effects::ring::Ring;
use crate::effects::title::Title;
use crate::effects::{navigation, storage};
use crate::js;
use crate::shell::{Shell, now, who};
use kommo_voip_domain::ids::CallId;
use kommo_voip_domain::panel::{AlertEvent, Event, Sound, Tidings, Wire, read_json};
use std::cell::{Cell, RefCell};

/// Everything of it that lives in the browser; dropping undoes it all.
pub(super) struct Alerts {
    /// Names this tab among those of its person.
    tab: String,
    channel: Channel,
    volume: Cell<Option<u8>>,
    ring: RefCell<Option<Ring>>,
    blocked: Cell<bool>,
    notifications: RefCell<Vec<(CallId, Notification)>>,
    opened: RefCell<Option<Claim>>,
    pub(super) title: Title,
    pub(super) drag: Drag,
}

/// A name in the browser that tells accounts and users apart.
fn name(what: &str) -> String {
    ["kommo-voip-", what, ":", &who()].concat()
}

fn name_of(what: &str, call: &CallId) -> String {
    [&name(what), ":", call.as_str()].concat()
}

impl Alerts {
    pub(super) fn new(dispatch: impl Fn(Event) + Clone + 'static) -> Self {
        Self {
            // A whole number: writing others would weigh ten kilobytes in the page.
            tab: ((js_sys::Math::random() * 1e15) as i64).to_string(),
            channel: Channel::open(name("tabs"), move |text| dispatch(Event::Told(text))),
            volume: Cell::default(),
            ring: RefCell::default(),
            blocked: Cell::default(),
            notifications: RefCell::default(),
            opened: RefCell::default(),
            title: Title::default(),
            drag: Drag::new(name("place")),
        }
    }

    /// How loud it rings from now on; drawing sees to it.
    pub(super) fn set_volume(&self, volume: Option<u8>) {
        self.volume.set(volume);
    }

    pub(super) fn tell(&self, tidings: &Tidings, told: bool) {
        self.channel.post(&tidings.to_text(told));
    }

    pub(super) fn close_notification(&self, call: &CallId) {
        self.notifications.borrow_mut().retain(|(shown, _)| shown != call);
    }

    /// Opens a card in one tab: several may have the focus, each in a window of its own.
    pub(super) fn open_card(&self, root: &web_sys::Element, call: &CallId, path: String) {
        let root = root.clone();
        self.opened.replace(Some(Claim::take(&name_of("open", call), move || navigation::open_card(&root, &path))));
    }
}

/// Keeps how loud the person wants the ring.
pub(super) fn keep_sound(sound: Sound) {
    storage::keep(&name("sound"), Some(&sound.to_text()));
}

impl Page {
    /// What the person chose before and what the browser allows.
    pub(super) fn learn_alerts(shell: &Shell<Self>) {
        let kept = storage::read(&name("sound")).and_then(|text| read_json(&text)).and_then(|json| Sound::read(&json));
        if let Some(sound) = kept {
            shell.dispatch(Event::Alert(AlertEvent::Kept(sound)));
        }
        shell.dispatch(permission());
    }

    /// Rings as it should now; a tab that was touched since may begin to.
    pub(super) fn tend_ring(&self, shell: &Shell<Self>) {
        let alerts = self.alerts(shell);
        let blocked = match alerts.volume.get() {
            None => {
                drop(alerts.ring.take());
                false
            }
            Some(volume) => {
                let mut ring = alerts.ring.borrow_mut();
                match &mut *ring {
                    Some(ring) => ring.tend(volume, now()),
                    None => *ring = Ring::start(name("ring"), alerts.tab.clone(), volume, now()),
                }
                ring.as_ref().is_none_or(Ring::is_silent)
            }
        };
        if alerts.blocked.replace(blocked) != blocked {
            shell.dispatch(Event::Alert(AlertEvent::Blocked(blocked)));
        }
    }

    pub(super) fn ask_to_notify(shell: &Shell<Self>) {
        let dispatch = shell.dispatcher();
        notifications::ask(move || dispatch(permission()));
    }

    pub(super) fn show_notification(&self, call: CallId, shell: &Shell<Self>) {
        let words = shell.with_words(|texts, _| self.panel.borrow().notification(&call, texts));
        // The page may have come to the front since.
        if let Some((title, body)) = words.filter(|_| js::document().hidden()) {
            let shown = Notification::show(&name_of("notice", &call), title, body);
            let alerts = self.alerts(shell);
            alerts.close_notification(&call);
            alerts.notifications.borrow_mut().push((call, shown));
        }
    }

    /// Made when first needed, since only then it is known whose tab it is.
    pub(super) fn alerts(&self, shell: &Shell<Self>) -> &Alerts {
        self.alerts.get_or_init(|| Alerts::new(shell.dispatcher()))
    }
}

/// What the browser allows now; the person may change it at any time.
pub(super) fn permission() -> Event {
    Event::Alert(AlertEvent::Permission(notifications::permission()))
}
