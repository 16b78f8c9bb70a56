//! The ring: two soft tones, in one tab only, and only where the browser allows sound.
//!
//! All tabs of a user wait for one lock of the browser; whoever holds it rings, and when that tab closes the next
//! one takes over. A tab nobody ever touched may not make a sound, so it does not stand in line.

use crate::js;
use js_sys::{Function, Promise};
use std::cell::RefCell;
use std::rc::Rc;
use wasm_bindgen::prelude::*;
use web_sys::{AbortController, AudioContext};

const LOUDNESS: f32 = 0.06;
const PITCHES: [f32; 2] = [440.0, 480.0];
const BURST_EVERY: f64 = 3.0;
const BURST: f64 = 1.2;
/// Two minutes of bursts; a call that rings longer has been lost.
const BURSTS: u32 = 40;

/// A ringing or waiting tab; dropping makes it silent and lets the next tab go ahead.
pub(crate) struct Ring {
    turn: Rc<RefCell<Turn>>,
    waits: Option<AbortController>,
    _granted: Option<Closure<dyn FnMut(JsValue) -> JsValue>>,
}

#[derive(Default)]
struct Turn {
    tone: Option<Tone>,
    give_up: Option<Function>,
}

impl Ring {
    /// Rings as soon as it is this tab's turn. `name` tells accounts and users of one browser apart.
    pub(crate) fn start(name: &str) -> Option<Self> {
        if !sound_allowed() {
            return None;
        }
        let turn = Rc::new(RefCell::new(Turn::default()));
        let locks = js::get(&js::window().navigator(), "locks");
        let (Some(locks), Ok(waits)) = (locks, AbortController::new()) else {
            turn.borrow_mut().tone = Tone::start();
            return Some(Self { turn, waits: None, _granted: None });
        };
        let mine = Rc::clone(&turn);
        let granted = Closure::<dyn FnMut(JsValue) -> JsValue>::new(move |_| {
            let mut give_up = None;
            let held = Promise::new(&mut |resolve, _| give_up = Some(resolve));
            *mine.borrow_mut() = Turn { tone: Tone::start(), give_up };
            held.into()
        });
        let options = js::object(&[("signal", waits.signal().into())]);
        js::let_go(js::call(&locks, "request", &[name.into(), options, granted.as_ref().clone()]));
        Some(Self { turn, waits: Some(waits), _granted: Some(granted) })
    }
}

impl Drop for Ring {
    fn drop(&mut self) {
        let turn = self.turn.take();
        if let Some(give_up) = &turn.give_up {
            give_up.call0(&JsValue::UNDEFINED).map(drop).unwrap_or_default();
        } else if let Some(waits) = &self.waits {
            waits.abort();
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
}

impl Tone {
    fn start() -> Option<Self> {
        let context = AudioContext::new().ok()?;
        let tone = Self { context };
        tone.play().ok()?;
        Some(tone)
    }

    fn play(&self) -> Result<(), JsValue> {
        let gain = self.context.create_gain()?;
        gain.connect_with_audio_node(&self.context.destination())?;
        for pitch in PITCHES {
            let voice = self.context.create_oscillator()?;
            voice.frequency().set_value(pitch);
            voice.connect_with_audio_node(&gain)?;
            voice.start()?;
        }
        let loudness = gain.gain();
        loudness.set_value(0.0);
        for burst in 0..BURSTS {
            let at = self.context.current_time() + f64::from(burst) * BURST_EVERY;
            loudness.set_value_at_time(0.0, at)?;
            loudness.linear_ramp_to_value_at_time(LOUDNESS, at + 0.05)?;
            loudness.set_value_at_time(LOUDNESS, at + BURST)?;
            loudness.linear_ramp_to_value_at_time(0.0, at + BURST + 0.1)?;
        }
        Ok(())
    }
}

impl Drop for Tone {
    fn drop(&mut self) {
        js::let_go(js::call(&self.context, "close", &[]));
    }
}
