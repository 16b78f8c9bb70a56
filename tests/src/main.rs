//! The Kommo simulator.
fn main() {}
