//! Which side of a call is ours, and which number is the outside party's.

use super::Call;
use crate::phone::Dialled;
use crate::telephony::Direction;

/// The outside party and the direction, as far as they can be told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Side {
    /// The direction.
    pub direction: Direction,
    /// The other side; `Short` only for internal calls.
    pub other: Dialled,
}

impl Call {
    /// Works out direction and outside party. `is_line` tells whether a number or name is one of our own mapped
    /// lines; `read` turns what the provider wrote into a number.
    ///
    /// A stated direction is believed. Else the side that is one of our lines decides; both: internal; neither:
    /// inbound, unless only the caller's side is too short to be a number from outside.
    pub fn side(&self, is_line: impl Fn(&str) -> bool, read: impl Fn(&str) -> Dialled) -> Side {
        let ours = |text: &str| is_line(text) || self.legs.keys().any(|extension| extension.0 == text);
        let (from, to) = (read(&self.from), read(&self.to));
        let direction = self.stated_direction.unwrap_or_else(|| match (ours(&self.from), ours(&self.to)) {
            (true, true) => Direction::Internal,
            (true, false) => Direction::Outbound,
            (false, true) => Direction::Inbound,
            (false, false) => match (&from, &to) {
                (Dialled::Short(_), Dialled::Number(_)) => Direction::Outbound,
                (Dialled::Short(_), Dialled::Short(_)) => Direction::Internal,
                _ => Direction::Inbound,
            },
        });
        let other = match direction {
            Direction::Outbound => to,
            Direction::Inbound | Direction::Internal => from,
        };
        match (direction, &other) {
            (Direction::Outbound | Direction::Inbound, Dialled::Short(_)) => {
                Side { direction: Direction::Internal, other }
            }
            _ => Side { direction, other },
        }
    }
}
