//! Every provider's webhooks as that provider sends them: the published signatures, every way to break one, and what
//! the events mean.

mod attacks;
mod clouds;
mod generic;
mod plivo;
mod post;
mod presets;
mod ringcentral;
mod sign;
mod telnyx;
mod twilio;
mod vonage;
mod whatever;
mod zadarma;
