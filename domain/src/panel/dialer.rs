//! The dialer: a keypad, a field for numbers in any spelling, and the person's own latest calls.
//!
//! What is typed is judged at once by the number library of the CRM's page, if the page has one, and where that does
//! not know the number by the Worker after a pause in typing. Each judgement carries the version of the text it is about; a late one is passed over. Whatever
//! they say, only the Worker decides whether a call is placed.

use super::ask::{ApiRequest, Failure, Outcome, Question, encode};
use super::{Effect, FocusOn, Message, Timer};
use crate::ids::Entity;
use crate::protocol::{NumberView, RecentCall, RecentResponse};
use crate::time::Millis;

/// A pause in typing.
const PAUSE: Millis = Millis(250);
/// Longer texts hold no number; a text that was pasted by mistake is cut here.
const LONGEST: usize = 100;

/// What the person does with the dialer.
#[derive(Debug, Clone, PartialEq)]
pub enum DialerEvent {
    /// The telephone button of the CRM's menu.
    Toggled,
    /// Away with it.
    Closed,
    /// A key of the keypad or the keyboard.
    Key(char),
    /// The last character goes.
    Erased,
    /// Call what is typed.
    Called,
    /// Call somebody of the list.
    CalledBack {
        /// What to dial.
        phone: String,
        /// Where the earlier call was logged.
        entity: Option<Entity>,
    },
    /// Another list is chosen.
    Listed {
        /// Missed calls only.
        missed: bool,
    },
    /// The list is read again.
    Refreshed,
    /// The page's own library judged a text; nothing, if the page has none.
    Judged {
        /// Which text.
        version: u32,
        /// How it was judged.
        view: Option<NumberView>,
    },
}

/// What the dialer asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DialerPart {
    /// The text of this version is judged.
    Number(u32),
    /// The latest calls, missed ones only or all.
    Calls {
        /// Missed calls only.
        missed: bool,
    },
}

/// The open dialer.
#[derive(Debug)]
pub(crate) struct Dialer {
    generation: u32,
    pub(crate) text: String,
    version: u32,
    /// What is known of the text as it is now.
    pub(crate) judged: Option<NumberView>,
    pub(crate) missed: bool,
    pub(crate) calls: Option<Vec<RecentCall>>,
    pub(crate) unlisted: Option<Failure>,
    pub(crate) complaint: Option<Message>,
}

/// A call that is to be placed.
#[derive(Debug, PartialEq)]
pub(crate) struct Wanted {
    pub(crate) phone: String,
    pub(crate) entity: Option<Entity>,
}

impl Dialer {
    pub(crate) fn open(generation: u32) -> (Self, Vec<Effect>) {
        let dialer = Self {
            generation,
            text: String::new(),
            version: 0,
            judged: None,
            missed: false,
            calls: None,
            unlisted: None,
            complaint: None,
        };
        let effects = vec![Effect::Focus(FocusOn::Dialer), dialer.ask_calls()];
        (dialer, effects)
    }

    pub(crate) fn generation(&self) -> u32 {
        self.generation
    }

    /// Whether it makes sense to ask for this call.
    pub(crate) fn can_call(&self) -> bool {
        // Lines and codes are dialled on the telephone: providers take numbers.
        let is_nothing = |view: &NumberView| view.e164.is_none();
        !self.text.trim().is_empty() && !self.judged.as_ref().is_some_and(is_nothing)
    }

    pub(crate) fn typed(&mut self, text: &str, region: &str) -> Vec<Effect> {
        self.text = text.chars().filter(|letter| !letter.is_control()).take(LONGEST).collect();
        self.version += 1;
        self.judged = None;
        self.complaint = None;
        if self.text.trim().is_empty() {
            return vec![Effect::StopTimer(Timer::Number)];
        }
        vec![Effect::JudgeNumber { version: self.version, text: self.text.clone(), region: region.to_owned() }]
    }

    pub(crate) fn key(&mut self, key: char, region: &str) -> Vec<Effect> {
        let text = [self.text.as_str(), key.encode_utf8(&mut [0; 4])].concat();
        self.typed(&text, region)
    }

    pub(crate) fn erased(&mut self, region: &str) -> Vec<Effect> {
        let mut text = self.text.clone();
        text.pop();
        self.typed(&text, region)
    }

    /// The page judged. Unless it knows the number the Worker has the last word after a pause: its numbering plans are
    /// newer, and only it tells lines and codes.
    pub(crate) fn judged(&mut self, version: u32, view: Option<NumberView>) -> Vec<Effect> {
        if version != self.version {
            return vec![];
        }
        let is_known = view.as_ref().is_some_and(|view| view.valid);
        self.judged = view;
        if is_known {
            return vec![Effect::StopTimer(Timer::Number)];
        }
        vec![Effect::StartTimer { timer: Timer::Number, after: PAUSE, spread: Millis(0) }]
    }

    /// The pause is over.
    pub(crate) fn number_due(&self) -> Vec<Effect> {
        let request = ApiRequest::get(["numbers?text=", &encode(&self.text)].concat());
        vec![self.ask(DialerPart::Number(self.version), request)]
    }

    /// What is typed, as it is to be called.
    pub(crate) fn wanted(&mut self) -> Option<Wanted> {
        self.complaint = None;
        self.can_call().then(|| Wanted { phone: self.text.clone(), entity: None })
    }

    pub(crate) fn list(&mut self, missed: bool) -> Vec<Effect> {
        if missed != self.missed {
            self.missed = missed;
            self.calls = None;
        }
        self.unlisted = None;
        vec![self.ask_calls()]
    }

    pub(crate) fn ask_calls(&self) -> Effect {
        let path = if self.missed { "calls/recent?missed=1" } else { "calls/recent" };
        self.ask(DialerPart::Calls { missed: self.missed }, ApiRequest::get(path))
    }

    fn ask(&self, part: DialerPart, request: ApiRequest) -> Effect {
        Effect::Ask { question: Question::Dialer(self.generation, part), request }
    }

    pub(crate) fn answered(&mut self, part: DialerPart, outcome: &Outcome) {
        match part {
            // Without a judgement the person may call all the same.
            DialerPart::Number(version) => {
                if version == self.version {
                    self.judged = outcome.read::<NumberView>().ok();
                }
            }
            DialerPart::Calls { missed } if missed == self.missed => match outcome.read::<RecentResponse>() {
                Ok(answer) => {
                    self.calls = Some(answer.calls);
                    self.unlisted = None;
                }
                Err(failure) => self.unlisted = Some(failure),
            },
            DialerPart::Calls { .. } => {}
        }
    }
}
