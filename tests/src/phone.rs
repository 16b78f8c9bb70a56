//! Phones.
