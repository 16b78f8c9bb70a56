//! The figures over the calls of the journal.

use crate::ids::UserId;
use serde::{Deserialize, Serialize};

/// Answer of `GET calls/figures`: counted over the calls the reader may see and asked for.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct FiguresResponse {
    /// The zone of hours and days: the account's, such as `Europe/Berlin`.
    pub time_zone: String,
    /// The reader is an administrator and sees everybody's calls, not only their own.
    pub everybody: bool,
    /// All of them.
    pub calls: u32,
    /// Somebody talked, or talks.
    pub answered: u32,
    /// Over, and nobody talked.
    pub unanswered: u32,
    /// Seconds of talk in all of them.
    pub talk: i64,
    /// Seconds of talk in an answered call, on average.
    pub average_talk: i64,
    /// How many started in each hour of the day, 24 of them.
    pub hours: Vec<u32>,
    /// Day by day, the oldest first, at most 400.
    pub days: Vec<DayFigure>,
    /// Manager by manager, the best first; a manager is told only the own one.
    pub ratings: Vec<RatingFigure>,
}

/// The calls of one day.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DayFigure {
    /// The day, such as `2026-11-27`.
    pub day: String,
    /// Somebody talked, or talks.
    pub answered: u32,
    /// Over, and nobody talked.
    pub unanswered: u32,
}

/// How one manager's calls were rated.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RatingFigure {
    /// The manager the calls are credited to.
    pub user: UserId,
    /// How many were rated.
    pub count: u32,
    /// The average of 1 to 5, to two decimals.
    pub average: f64,
}
