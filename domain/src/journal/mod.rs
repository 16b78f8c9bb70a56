//! The journal of calls as people read it: which calls they ask for, the file they take away, and the figures.
//!
//! The Account object finds the calls; what a filter means, how a file is written so that a spreadsheet does no harm,
//! and what is counted where is decided here.

mod calendar;
mod csv;
mod figures;
mod filters;
mod words;

pub use calendar::{Day, iso8601};
pub use csv::{BOM, CsvCall, header, line, truncated};
pub use figures::{MOST_DAYS, Offsets, QUARTER, RatingTally, Span, Tally, figures, ratings};
pub use filters::{FilterError, Filters, Number, Results, digits};
