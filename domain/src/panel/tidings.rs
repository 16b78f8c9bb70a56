//! What the tabs of one person tell each other directly, in the same browser, so that nothing waits for the server.
//!
//! The server stays the truth: what is told here is only what it will say as well.

use super::say::Say;
use super::wire::{Wire, field};
use crate::ids::CallId;
use serde_json::Value;

/// One message from tab to tab.
#[derive(Debug, Clone, PartialEq)]
pub enum Tidings {
    /// The person closed this call's card; whether the server was told is said when it is sent.
    Dismissed(CallId),
    /// The person has this ringing call's card before their eyes.
    Seen(CallId),
    /// How loud the ring is for this person from now on.
    Sound(Sound),
}

/// How a person wants to hear the ring in this browser.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Sound {
    /// Not at all.
    pub muted: bool,
    /// 0 to 100; none: as the account's settings say.
    pub volume: Option<u8>,
}

/// A message as it was heard.
#[derive(Debug, PartialEq)]
pub(crate) struct Heard {
    pub(crate) tidings: Tidings,
    /// The server was told, too.
    pub(crate) told: bool,
}

impl Wire for Sound {
    fn read(json: &Value) -> Option<Self> {
        Some(Self {
            muted: field(json, "muted")?,
            volume: field::<Option<u8>>(json, "volume")?.filter(|volume| *volume <= 100),
        })
    }
}

impl Wire for Heard {
    fn read(json: &Value) -> Option<Self> {
        let tidings = match json.get("type")?.as_str()? {
            "dismissed" => Tidings::Dismissed(field(json, "id")?),
            "seen" => Tidings::Seen(field(json, "id")?),
            "sound" => Tidings::Sound(field(json, "sound")?),
            _ => return None,
        };
        Some(Self { tidings, told: field(json, "told")? })
    }
}

impl Say for Sound {
    fn say(&self) -> Value {
        super::say::object(&mut [("muted", self.muted.say()), ("volume", self.volume.say())])
    }
}

impl Sound {
    /// As it is kept in the browser.
    pub fn to_text(self) -> String {
        self.to_json()
    }
}

impl Tidings {
    /// As it is sent. `told`: the live connection was open, so the server knows.
    pub fn to_text(&self, told: bool) -> String {
        let (kind, id, sound) = match self {
            Self::Dismissed(id) => ("dismissed", id.say(), Value::Null),
            Self::Seen(id) => ("seen", id.say(), Value::Null),
            Self::Sound(sound) => ("sound", Value::Null, sound.say()),
        };
        super::say::object(&mut [("type", kind.into()), ("id", id), ("sound", sound), ("told", told.say())]).to_json()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::panel::read_json;

    #[test]
    fn what_one_tab_says_another_understands() {
        let sound = Sound { muted: true, volume: Some(30) };
        for tidings in
            [Tidings::Dismissed(CallId("a".into())), Tidings::Seen(CallId("b".into())), Tidings::Sound(sound)]
        {
            for told in [true, false] {
                let heard = read_json(&tidings.to_text(told)).and_then(|json| Heard::read(&json));
                assert_eq!(heard, Some(Heard { tidings: tidings.clone(), told }));
            }
        }
        assert_eq!(read_json(&sound.to_text()).and_then(|json| Sound::read(&json)), Some(sound));
    }

    #[test]
    fn what_an_older_or_stranger_tab_says_is_passed_over() {
        for text in ["{}", r#"{"type":"news"}"#, r#"{"type":"dismissed"}"#, r#"{"type":"sound","sound":7}"#, "x", "[]"]
        {
            let heard = read_json(text).and_then(|json| Heard::read(&json));
            assert!(heard.is_none_or(|heard| heard.tidings == Tidings::Sound(Sound::default())), "{text}");
        }
        let loud = read_json(r#"{"volume":200}"#).and_then(|json| Sound::read(&json));
        assert_eq!(loud, Some(Sound::default()));
    }
}
