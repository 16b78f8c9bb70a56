//! Whole flows in real runtimes. One binary, so that it links once.

mod page;
mod support;
