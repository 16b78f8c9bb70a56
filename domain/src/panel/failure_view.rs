//! How a failure looks, wherever it is: what happened and what to do, and the reference that finds it again.

use super::ask::Failure;
use super::element::{Element, element};
use super::{Text, Texts};

/// The failure as an alert.
pub(crate) fn view(failure: &Failure, texts: &Texts) -> Element {
    element("div")
        .class("kv-complaint")
        .named("failure")
        .with("role", "alert")
        .child(element("span").with("dir", "auto").text(failure.words(texts)))
        .maybe(failure.reference().map(|found| reference(found, texts)))
}

/// What to tell whoever helps.
pub(crate) fn reference(reference: &str, texts: &Texts) -> Element {
    element("span")
        .class("kv-reference")
        .child(element("span").text([" ", texts.get(Text::FailureReference), " "].concat()))
        .child(element("code").named("reference").text(reference))
}
