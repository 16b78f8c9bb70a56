//! The providers' own published libraries as the other side: what they sign is accepted, what we hold for genuine
//! they hold for genuine too, and neither lets a byte change.
//!
//! Node runs their libraries (`tests/sdk`, installed by `cargo xtask test`); all questions go to it in one list.

mod ask;
mod delivery;
mod libraries;
