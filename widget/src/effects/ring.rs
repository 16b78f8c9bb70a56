//! The ring: two soft tones, in one tab only, and only where the browser allows sound.
//!
//! All tabs of a user wait for one lock of the browser; whoever holds it rings, and when that tab closes the next
//! one takes over. A tab that holds it and does nothing any more, such as a frozen one, loses it to whoever notices
//! (see [`lead`]). Without locks the record of the leader decides alone. A tab nobody ever touched may not make a
//! sound, so it does not stand in line.

use super::storage;
use crate::js;
use js_sys::{Function, Promise};
use kommo_voip_domain::panel::lead::{self, SILENCE, Turn};
use kommo_voip_domain::time::Moment;
use std::cell::RefCell;
use std::rc::Rc;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use web_sys::{AbortController, AudioContext, GainNode};

/// What a volume of 1 comes to; at 100 it is a tenth of what the loudspeaker can.
const LOUDNESS: f32 = 0.001;
const PITCHES: [f32; 2] = [440.0, 480.0];
const BURST_EVERY: f64 = 3.0;
const BURST: f64 = 1.2;
/// Two minutes of bursts; a call that rings longer has been lost.
const BURSTS: u32 = 40;

/// A ringing or waiting tab; dropping makes it silent and lets the next tab go ahead.
pub(crate) struct Ring {
    name: String,
    me: String,
    locks: Option<JsValue>,
    waits: Option<Waits>,
    /// When this tab began to wait for a sign of the leader.
    since: Moment,
    place: Rc<RefCell<Place>>,
}

/// A place in the line for the lock.
struct Waits {
    controller: AbortController,
    _granted: Closure<dyn FnMut(JsValue) -> JsValue>,
}

/// What this tab does.
#[derive(Default)]
struct Place {
    volume: u8,
    /// Which request for the lock was granted, counted from 1; an older one's end means nothing.
    asked: u32,
    tone: Option<Tone>,
    give_up: Option<Function>,
}

impl Ring {
    /// Rings as soon as it is this tab's turn. `name` tells accounts and users of one browser apart, `me` tabs.
    pub(crate) fn start(name: String, me: String, volume: u8, now: Moment) -> Option<Self> {
        if !sound_allowed() {
            return None;
        }
        let locks = js::get(&js::window().navigator(), "locks");
        let place = Rc::new(RefCell::new(Place { volume, ..Place::default() }));
        let mut ring = Self { name, me, locks, waits: None, since: now, place };
        ring.stand_in_line(false);
        ring.tend(volume, now);
        Some(ring)
    }

    /// Looks after everything that changes while it rings: the volume, and whose turn it is.
    pub(crate) fn tend(&mut self, volume: u8, now: Moment) {
        let leads = {
            let mut place = self.place.borrow_mut();
            place.volume = volume;
            if let Some(tone) = &place.tone {
                tone.set_volume(volume);
            }
            place.give_up.is_some()
        };
        let turn = lead::turn(storage::read(&self.name).as_deref(), &self.me, now);
        match (&self.locks, turn) {
            (Some(_), _) if leads => storage::keep(&self.name, Some(&lead::record(&self.me, now))),
            (Some(_), Turn::Theirs) => self.since = now,
            (Some(_), Turn::Mine | Turn::Free) if now - self.since >= SILENCE => {
                self.since = now;
                self.stand_in_line(true);
            }
            (Some(_), Turn::Mine | Turn::Free) => {}
            (None, Turn::Theirs) => self.place.borrow_mut().tone = None,
            (None, Turn::Mine | Turn::Free) => {
                storage::keep(&self.name, Some(&lead::record(&self.me, now)));
                let mut place = self.place.borrow_mut();
                if place.tone.is_none() {
                    place.tone = Tone::start(volume);
                }
            }
        }
    }

    /// It is this tab's turn, and the browser does not let it be heard.
    pub(crate) fn is_silent(&self) -> bool {
        self.place.borrow().tone.as_ref().is_some_and(|tone| !tone.is_heard())
    }

    /// Asks for the lock: after all others, or, from a leader that is not alive, at once.
    fn stand_in_line(&mut self, steal: bool) {
        let Some(locks) = &self.locks else { return };
        if let Some(waits) = self.waits.take() {
            waits.controller.abort();
        }
        let Ok(controller) = AbortController::new() else { return };
        let asked = {
            let mut place = self.place.borrow_mut();
            place.asked += 1;
            place.asked
        };
        let place = Rc::clone(&self.place);
        let granted = Closure::<dyn FnMut(JsValue) -> JsValue>::new(move |_| {
            let mut give_up = None;
            let held = Promise::new(&mut |resolve, _| give_up = Some(resolve));
            let mut place = place.borrow_mut();
            place.tone = Tone::start(place.volume);
            place.give_up = give_up;
            held.into()
        });
        // The two wishes exclude each other.
        let wish = if steal { ("steal", true.into()) } else { ("signal", controller.signal().into()) };
        let arguments = [self.name.as_str().into(), js::object(&[wish]), granted.as_ref().clone()];
        let promise = js::call(locks, "request", &arguments).ok().and_then(|held| held.dyn_into::<Promise>().ok());
        if let Some(promise) = promise {
            let place = Rc::clone(&self.place);
            wasm_bindgen_futures::spawn_local(async move {
                let lost = JsFuture::from(promise).await.is_err();
                let mut place = place.borrow_mut();
                if lost && place.asked == asked {
                    (place.tone, place.give_up) = (None, None);
                }
            });
        }
        self.waits = Some(Waits { controller, _granted: granted });
    }
}

impl Place {
    /// This tab rings: it holds the lock, or, without locks, it began to.
    fn leads(&self, locks: &Option<JsValue>) -> bool {
        self.give_up.is_some() || (locks.is_none() && self.tone.is_some())
    }
}

impl Drop for Ring {
    fn drop(&mut self) {
        let place = self.place.take();
        if let Some(give_up) = &place.give_up {
            give_up.call0(&JsValue::UNDEFINED).map(drop).unwrap_or_default();
        } else if let Some(waits) = &self.waits {
            waits.controller.abort();
        }
        if place.leads(&self.locks) {
            storage::keep(&self.name, None);
        }
    }
}

/// Browsers keep a page silent until a person has done something in it.
fn sound_allowed() -> bool {
    let activation = js::path(&js::window().navigator(), &["userActivation", "hasBeenActive"]);
    activation.is_none_or(|active| active.is_truthy())
}

struct Tone {
    context: AudioContext,
    loudness: GainNode,
}

impl Tone {
    fn start(volume: u8) -> Option<Self> {
        let context = AudioContext::new().ok()?;
        let loudness = context.create_gain().ok()?;
        let tone = Self { context, loudness };
        tone.play().ok()?;
        tone.set_volume(volume);
        Some(tone)
    }

    fn set_volume(&self, volume: u8) {
        self.loudness.gain().set_value(f32::from(volume) * LOUDNESS);
    }

    fn is_heard(&self) -> bool {
        js::text(&self.context, "state").as_deref() == Some("running")
    }

    fn play(&self) -> Result<(), JsValue> {
        self.loudness.connect_with_audio_node(&self.context.destination())?;
        let bursts = self.context.create_gain()?;
        bursts.connect_with_audio_node(&self.loudness)?;
        for pitch in PITCHES {
            let voice = self.context.create_oscillator()?;
            voice.frequency().set_value(pitch);
            voice.connect_with_audio_node(&bursts)?;
            voice.start()?;
        }
        let level = bursts.gain();
        level.set_value(0.0);
        for burst in 0..BURSTS {
            let at = self.context.current_time() + f64::from(burst) * BURST_EVERY;
            level.set_value_at_time(0.0, at)?;
            level.linear_ramp_to_value_at_time(1.0, at + 0.05)?;
            level.set_value_at_time(1.0, at + BURST)?;
            level.linear_ramp_to_value_at_time(0.0, at + BURST + 0.1)?;
        }
        Ok(())
    }
}

impl Drop for Tone {
    fn drop(&mut self) {
        js::let_go(js::call(&self.context, "close", &[]));
    }
}
