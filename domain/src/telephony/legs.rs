//! What the steps of a cloud's leg mean for the call, in one place for every cloud that runs our instructions.
//!
//! A cloud counts its own leg of an inbound call as answered and completed as soon as it runs our instructions,
//! whether or not a person ever picked up. So that leg never says more than "it rings" and "it is over"; only legs
//! that reach a person tell of talks. Likewise in a click-to-call the manager's leg only rings, and the client's leg
//! decides.

use super::form::{Form, https};
use super::{Answer, CallEvent, Direction, LateRecording, Received, ReportedStatus};
use crate::ids::{CallId, ExtensionId, ProviderCallId};
use crate::time::Moment;

/// What we wrote into the query of an address when we gave it to the provider.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Marks {
    /// Whose leg this is.
    pub(super) line: Option<ExtensionId>,
    /// Our click-to-call.
    pub(super) dial: Option<CallId>,
    /// The client of the click-to-call.
    pub(super) to: Option<String>,
    /// It is the client's leg.
    pub(super) is_client: bool,
    /// The first choice of a route did not answer.
    pub(super) is_second: bool,
}

impl Marks {
    /// Reads them from the address of a delivery.
    pub(super) fn of(url: &str) -> Self {
        let query = Form::of_query(url);
        Self {
            line: query.filled("line").map(ExtensionId),
            dial: query.filled("dial").map(CallId),
            to: query.filled("to"),
            is_client: query.text("leg") == "client",
            is_second: query.text("second") == "1",
        }
    }
}

/// Which part of a call a leg is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Part {
    /// The cloud's own leg of somebody else's call.
    Cloud,
    /// A line that is rung, or the client of a click-to-call: it reaches a person.
    Person(Option<ExtensionId>),
    /// The manager's line, rung first in a click-to-call.
    Manager(ExtensionId),
}

impl Part {
    /// The part of a leg. `reached` is whom the leg was made to, if the cloud made it; none: its own leg.
    pub(super) fn of(marks: &Marks, reached: Option<ExtensionId>) -> Self {
        match (&marks.dial, &marks.line) {
            (Some(_), line) if marks.is_client => Self::Person(line.clone()),
            (Some(_), Some(line)) => Self::Manager(line.clone()),
            (None, Some(line)) => Self::Person(Some(line.clone())),
            _ => reached.map_or(Self::Cloud, |line| Self::Person(Some(line))),
        }
    }

    /// What a step of this leg says about the call: of which line, and what.
    pub(super) fn says(&self, step: ReportedStatus) -> (Option<ExtensionId>, ReportedStatus) {
        use ReportedStatus::{Answered, Completed, Ended, Failed, Ringing};
        match (self, step) {
            (Self::Person(line), step) => (line.clone(), step),
            (Self::Cloud, Ringing | Answered) => (None, Ringing),
            (Self::Cloud, Completed) => (None, Ended),
            (Self::Cloud, step) => (None, step),
            (Self::Manager(line), Ringing | Answered) => (Some(line.clone()), Ringing),
            (Self::Manager(_), Completed | Ended) => (None, Ended),
            (Self::Manager(line), _) => (Some(line.clone()), Failed),
        }
    }
}

/// A report without times.
pub(super) fn event(
    call_id: String,
    from: String,
    to: String,
    said: (Option<ExtensionId>, ReportedStatus),
    at: Moment,
) -> CallEvent {
    let (extension, status) = said;
    CallEvent { extension, ..CallEvent::new(ProviderCallId(call_id), from, to, status, at) }
}

/// Makes a report one of a click-to-call, if it is: from our line to the client.
pub(super) fn as_dialled(mut event: CallEvent, marks: &Marks) -> CallEvent {
    if let (Some(dial), Some(line)) = (&marks.dial, &marks.line) {
        if let Some(client) = &marks.to {
            event.to = client.clone();
        }
        event.from = line.0.clone();
        event.direction = Some(Direction::Outbound);
        event.dial = Some(dial.clone());
    }
    event
}

/// A delivery that says nothing (yet).
pub(super) fn quiet(delivery_id: String, answer: Answer) -> Received {
    Received {
        delivery_id,
        digest: String::new(),
        events: vec![],
        recordings: vec![],
        question: None,
        commands: vec![],
        answer,
    }
}

/// A recording of a call, if both are named.
pub(super) fn late_recording(call_id: &str, url: &str) -> Option<LateRecording> {
    let recording = https(url).filter(|_| !call_id.is_empty())?;
    Some(LateRecording { call_id: ProviderCallId(call_id.to_owned()), recording })
}

/// The `+` of a number that a provider writes as bare digits. Extensions are shorter.
pub(super) fn plus(number: &str) -> String {
    let is_international = (7..=15).contains(&number.len()) && number.bytes().all(|byte| byte.is_ascii_digit());
    if is_international { format!("+{number}") } else { number.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ReportedStatus::*;

    #[test]
    fn only_a_leg_that_reached_a_person_tells_of_a_talk() {
        let line = || ExtensionId("101".into());
        for (part, step, expected) in [
            (Part::Cloud, Answered, (None, Ringing)),
            (Part::Cloud, Completed, (None, Ended)),
            (Part::Cloud, Missed, (None, Missed)),
            (Part::Cloud, Cancelled, (None, Cancelled)),
            (Part::Person(Some(line())), Answered, (Some(line()), Answered)),
            (Part::Person(Some(line())), Completed, (Some(line()), Completed)),
            (Part::Manager(line()), Answered, (Some(line()), Ringing)),
            (Part::Manager(line()), Completed, (None, Ended)),
            (Part::Manager(line()), Missed, (Some(line()), Failed)),
            (Part::Manager(line()), Busy, (Some(line()), Failed)),
        ] {
            assert_eq!(part.says(step), expected, "{part:?} {step:?}");
        }
    }

    #[test]
    fn the_query_says_whose_leg_it_is() {
        let part = |query: &str, reached: Option<&str>| {
            let marks = Marks::of(&format!("https://x.example/hook?{query}"));
            Part::of(&marks, reached.map(|line| ExtensionId(line.into())))
        };
        let person = |line: &str| Part::Person(Some(ExtensionId(line.into())));
        assert_eq!(part("", None), Part::Cloud);
        assert_eq!(part("", Some("client:bob")), person("client:bob"));
        assert_eq!(part("line=sip%3Aa%40b.c", Some("sip:a@b.c;x")), person("sip:a@b.c"));
        assert_eq!(part("line=%2B49301234567&dial=d1", None), Part::Manager(ExtensionId("+49301234567".into())));
        assert_eq!(part("line=101&dial=d1&leg=client", Some("+4930")), person("101"));
    }

    #[test]
    fn bare_international_digits_get_their_plus() {
        for (given, expected) in [
            ("442037691880", "+442037691880"),
            ("+442037691880", "+442037691880"),
            ("1234567", "+1234567"),
            ("101", "101"),
            ("", ""),
            ("1234567890123456", "1234567890123456"),
            ("sip:101", "sip:101"),
        ] {
            assert_eq!(plus(given), expected);
        }
    }
}
