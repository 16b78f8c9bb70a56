//! Whole flows in real runtimes. One binary, so that it links once.

mod account;
mod faults;
mod flows;
mod live;
mod page;
mod provider;
mod stack;
mod support;
mod widget;
mod worker;
