//! Which line a call is credited to.

use super::{Call, Leg};
use crate::ids::ExtensionId;

impl Call {
    /// The lines in the order in which they deserve the credit: the longest talk first, and where nobody talked,
    /// the lines that were rung. Equal claims are ordered by the line's name, never by the order of arrival, so that
    /// repeats and reordering cannot move the credit.
    pub fn lines_by_credit(&self) -> Vec<(&ExtensionId, &Leg)> {
        let mut lines: Vec<_> = self.legs.iter().collect();
        let key = |leg: &Leg| (!leg.talked(), std::cmp::Reverse(leg.talk_seconds(self.whole.ended_at).unwrap_or(0)));
        crate::short::sort_by(&mut lines, |one, other| key(one.1) < key(other.1));
        lines
    }
}
