//! The life of the tab's live connection: ticket, socket, pings, and coming back after every kind of loss.
//!
//! Coming back uses the resume ticket of the last `hello`, so that a thousand tabs that lost the Worker for a
//! moment ask Kommo for nothing (Kommo VoIP: live connection). Only a refused ticket leads to a new session.

use super::ask::{ApiRequest, Outcome, Question, encode};
use super::say::Say;
use super::wire::Session;
use super::{Effect, Timer};
use crate::protocol::ClientMessage;
use crate::time::Millis;

/// The exact text the edge answers by itself, without waking the account's object.
const PING: &str = r#"{"type":"ping"}"#;
const PING_EVERY: Millis = Millis::seconds(25);
/// A connection that leaves a ping unanswered this long is dead, whatever the browser believes.
const PONG_WITHIN: Millis = Millis::seconds(10);
const FIRST_PAUSE: i64 = 1_000;
const LONGEST_PAUSE: i64 = 30_000;
/// The Worker has said no, for instance because the account is not connected: someone has to act first.
const PAUSE_AFTER_NO: Millis = Millis::minutes(1);
/// "This ticket is not, or no longer, good."
const TICKET_REFUSED: u16 = 4401;
/// A resume ticket that fails this often without ever connecting is given up.
const RESUME_TRIES: u32 = 3;

/// The live connection as this tab sees it.
#[derive(Debug, Default)]
pub(crate) struct Live {
    phase: Phase,
    ws_url: Option<String>,
    resume: Option<String>,
    /// Losses since the last `hello`.
    losses: u32,
    ping_unanswered: bool,
    visible: bool,
    focused: bool,
}

#[derive(Debug, Default, PartialEq)]
enum Phase {
    /// Not wanted.
    #[default]
    Off,
    /// A ticket is being fetched.
    Asking,
    /// The socket is being opened.
    Opening,
    /// `hello` has come.
    Open,
    /// Lost; trying again after a pause.
    Waiting,
}

impl Live {
    /// The widget runs: be connected, now. Says nothing when it already is, or is about to be.
    pub(crate) fn start(&mut self) -> Vec<Effect> {
        match self.phase {
            Phase::Off => self.connect(),
            Phase::Waiting => self.look_alive(),
            Phase::Asking | Phase::Opening | Phase::Open => vec![],
        }
    }

    /// The widget is switched off.
    pub(crate) fn stop(&mut self) -> Vec<Effect> {
        *self = Self { visible: self.visible, focused: self.focused, ..Self::default() };
        vec![Effect::CloseSocket, Effect::StopTimer(Timer::Reconnect), Effect::StopTimer(Timer::Ping)]
    }

    /// Tries to connect now.
    pub(crate) fn connect(&mut self) -> Vec<Effect> {
        if self.losses >= RESUME_TRIES {
            self.resume = None;
        }
        match (&self.ws_url, &self.resume) {
            (Some(url), Some(ticket)) => {
                self.phase = Phase::Opening;
                vec![open(url, ticket)]
            }
            _ => {
                self.phase = Phase::Asking;
                vec![Effect::Ask { question: Question::Session, request: ApiRequest::post("session") }]
            }
        }
    }

    /// The Worker answered the question for a ticket.
    pub(crate) fn session_answered(&mut self, outcome: &Outcome) -> Vec<Effect> {
        if self.phase != Phase::Asking {
            return vec![];
        }
        match outcome.read::<Session>() {
            Ok(session) if session.active => {
                self.phase = Phase::Opening;
                let effect = open(&session.ws_url, &session.ticket);
                self.ws_url = Some(session.ws_url);
                vec![effect]
            }
            Err(failure) if failure.passes() => self.pause(),
            // Somebody has to act first: no connection is lost that could heal by itself.
            Ok(_) | Err(_) => {
                self.losses = 0;
                self.phase = Phase::Waiting;
                vec![Effect::StartTimer { timer: Timer::Reconnect, after: PAUSE_AFTER_NO, spread: PAUSE_AFTER_NO }]
            }
        }
    }

    /// The first message: from here on the connection counts.
    pub(crate) fn hello(&mut self, resume_ticket: String) -> Vec<Effect> {
        self.phase = Phase::Open;
        self.resume = Some(resume_ticket);
        self.losses = 0;
        vec![
            Effect::SendSocket(presence_text(self.visible, self.focused)),
            Effect::StartTimer { timer: Timer::Ping, after: PING_EVERY, spread: Millis(0) },
        ]
    }

    /// Any message proves that the other side is there.
    pub(crate) fn heard(&mut self) -> Vec<Effect> {
        if !std::mem::take(&mut self.ping_unanswered) {
            return vec![];
        }
        vec![Effect::StartTimer { timer: Timer::Ping, after: PING_EVERY, spread: Millis(0) }]
    }

    /// The ping timer ran out: ask, or give up if the last one was never answered.
    pub(crate) fn ping_due(&mut self) -> Vec<Effect> {
        if self.phase != Phase::Open {
            return vec![];
        }
        if self.ping_unanswered {
            let mut effects = vec![Effect::CloseSocket];
            effects.extend(self.closed(0));
            return effects;
        }
        self.ping_unanswered = true;
        vec![
            Effect::SendSocket(PING.to_owned()),
            Effect::StartTimer { timer: Timer::Ping, after: PONG_WITHIN, spread: Millis(0) },
        ]
    }

    /// The network is back: do not wait for a pause to end, and do not trust a connection that slept.
    pub(crate) fn look_alive(&mut self) -> Vec<Effect> {
        match self.phase {
            Phase::Waiting => {
                let mut effects = vec![Effect::StopTimer(Timer::Reconnect)];
                effects.extend(self.connect());
                effects
            }
            Phase::Open if !self.ping_unanswered => self.ping_due(),
            _ => vec![],
        }
    }

    /// The connection ended, or never came to be.
    pub(crate) fn closed(&mut self, code: u16) -> Vec<Effect> {
        if !matches!(self.phase, Phase::Opening | Phase::Open) {
            return vec![];
        }
        self.ping_unanswered = false;
        let mut effects = vec![Effect::StopTimer(Timer::Ping)];
        if code == TICKET_REFUSED && self.resume.take().is_some() {
            effects.extend(self.connect());
        } else {
            effects.extend(self.pause());
        }
        effects
    }

    fn pause(&mut self) -> Vec<Effect> {
        self.phase = Phase::Waiting;
        let pause = FIRST_PAUSE.saturating_mul(1 << self.losses.min(5)).min(LONGEST_PAUSE);
        self.losses = self.losses.saturating_add(1);
        vec![Effect::StartTimer { timer: Timer::Reconnect, after: Millis(pause), spread: Millis(pause / 2) }]
    }

    /// Whether the connection that should stand does not, for a reason that passes by itself.
    pub(crate) fn is_lost(&self) -> bool {
        self.losses > 0 && !matches!(self.phase, Phase::Off | Phase::Open)
    }

    /// Whether the tab can be seen.
    pub(crate) fn visible(&self) -> bool {
        self.visible
    }

    /// Whether the server is being heard.
    pub(crate) fn is_open(&self) -> bool {
        self.phase == Phase::Open
    }

    /// Whether the tab has the focus.
    pub(crate) fn focused(&self) -> bool {
        self.focused
    }

    /// The tab came to the front or went to the back.
    pub(crate) fn presence(&mut self, visible: bool, focused: bool) -> Vec<Effect> {
        if (self.visible, self.focused) == (visible, focused) {
            return vec![];
        }
        (self.visible, self.focused) = (visible, focused);
        if self.phase != Phase::Open {
            return vec![];
        }
        vec![Effect::SendSocket(presence_text(visible, focused))]
    }
}

fn open(url: &str, ticket: &str) -> Effect {
    Effect::OpenSocket([url, "?ticket=", &encode(ticket)].concat())
}

fn presence_text(visible: bool, focused: bool) -> String {
    ClientMessage::Presence { visible, focused }.to_json()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::{AccountId, UserId};
    use crate::protocol::{SessionResponse, UserView};
    use crate::settings::Settings;

    fn session(active: bool) -> Outcome {
        let user = UserView {
            id: UserId(1),
            account_id: AccountId(2),
            name: "Max".into(),
            is_admin: false,
            extensions: vec![],
        };
        let ws_url = "wss://voip.example/live".to_owned();
        let response = SessionResponse { ticket: "t/1".into(), ws_url, user, settings: Settings::default(), active };
        Outcome::Answered { status: 200, body: serde_json::to_string(&response).expect("json"), etag: None }
    }

    fn opened(effects: &[Effect]) -> Option<&str> {
        effects.iter().find_map(|effect| match effect {
            Effect::OpenSocket(url) => Some(url.as_str()),
            _ => None,
        })
    }

    fn pause_of(effects: &[Effect]) -> Option<i64> {
        effects.iter().find_map(|effect| match effect {
            Effect::StartTimer { timer: Timer::Reconnect, after, .. } => Some(after.0),
            _ => None,
        })
    }

    fn connected() -> Live {
        let mut live = Live::default();
        live.start();
        live.session_answered(&session(true));
        live.hello("resume".into());
        live
    }

    #[test]
    fn a_ticket_opens_the_socket_and_a_second_start_changes_nothing() {
        let mut live = Live::default();
        assert!(matches!(live.start().as_slice(), [Effect::Ask { question: Question::Session, .. }]));
        assert!(live.start().is_empty());
        let effects = live.session_answered(&session(true));
        assert_eq!(opened(&effects), Some("wss://voip.example/live?ticket=t%2F1"));
    }

    #[test]
    fn a_lost_connection_comes_back_by_the_resume_ticket_after_growing_pauses() {
        let mut live = connected();
        let mut pauses = vec![];
        for _ in 0..2 {
            pauses.extend(pause_of(&live.closed(1006)));
            assert_eq!(opened(&live.connect()), Some("wss://voip.example/live?ticket=resume"));
        }
        assert_eq!(pauses, [1_000, 2_000]);
        assert_eq!(pause_of(&live.closed(1006)), Some(4_000));
        assert!(opened(&live.connect()).is_none(), "after three failures a new session is asked for");
        for _ in 0..10 {
            assert!(pause_of(&live.session_answered(&Outcome::Unreachable)).is_some_and(|pause| pause <= 30_000));
            live.connect();
        }
    }

    #[test]
    fn a_refused_resume_ticket_leads_to_a_new_session_at_once_but_a_refused_session_does_not_loop() {
        let mut live = connected();
        let effects = live.closed(4401);
        assert!(effects.iter().any(|effect| matches!(effect, Effect::Ask { question: Question::Session, .. })));
        live.session_answered(&session(true));
        assert!(pause_of(&live.closed(4401)).is_some());
    }

    #[test]
    fn an_unanswered_ping_ends_the_connection_and_an_answered_one_does_not() {
        let mut live = connected();
        assert!(live.ping_due().contains(&Effect::SendSocket(PING.into())));
        assert!(!live.heard().is_empty());
        assert!(live.ping_due().contains(&Effect::SendSocket(PING.into())));
        let effects = live.ping_due();
        assert!(effects.contains(&Effect::CloseSocket) && pause_of(&effects).is_some());
    }

    #[test]
    fn the_network_coming_back_ends_the_pause() {
        let mut live = connected();
        live.closed(1006);
        assert!(opened(&live.look_alive()).is_some());
    }

    #[test]
    fn a_switched_off_account_is_asked_for_rarely() {
        let mut live = Live::default();
        live.start();
        assert_eq!(pause_of(&live.session_answered(&session(false))), Some(60_000));
    }

    #[test]
    fn presence_is_told_when_it_changes_and_after_every_hello() {
        let mut live = connected();
        assert_eq!(live.presence(true, true).len(), 1);
        assert!(live.presence(true, true).is_empty());
        live.closed(1006);
        assert!(live.presence(false, false).is_empty());
        let told = Effect::SendSocket(r#"{"focused":false,"type":"presence","visible":false}"#.into());
        assert!(live.hello("again".into()).contains(&told));
    }
}
