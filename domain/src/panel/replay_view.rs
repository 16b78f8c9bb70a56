//! How a replay looks: what was done beside what today's rules would do, the difference said in words.

use super::element::{Element, element};
use super::{Text, Texts};
use crate::protocol::ReplayResponse;

/// Both lists with the verdict above them.
pub(crate) fn view(replay: Option<&ReplayResponse>, texts: &Texts) -> Element {
    let Some(replay) = replay else {
        return element("p").class("kv-hint").text(texts.get(Text::FormLoading));
    };
    // Only where the server sees a difference: the same deed may be worded in two ways.
    let mark = |is_shared: bool, text: Text| {
        (replay.differs && !is_shared).then(|| element("span").class("kv-badge kv-badge-wait").text(texts.get(text)))
    };
    let was = replay.was.iter().map(|done| {
        let is_shared = replay.would.iter().any(|step| step.what == *done);
        step(done, mark(is_shared, Text::JournalOnlyThen))
    });
    let would = replay.would.iter().map(|planned| {
        let is_shared = replay.was.contains(&planned.what);
        let why = element("div").class("kv-hint").with("dir", "auto").text(planned.why.as_str());
        step(&planned.what, mark(is_shared, Text::JournalOnlyToday)).child(why)
    });
    let verdict = if replay.differs { Text::JournalReplayDiffers } else { Text::JournalReplaySame };
    element("div").child(element("p").named("replay-verdict").with("role", "status").text(texts.get(verdict))).child(
        element("div")
            .class("kv-both")
            .child(list(Text::JournalReplayWas, "replay-was", was.collect(), texts))
            .child(list(Text::JournalReplayWould, "replay-would", would.collect(), texts)),
    )
}

fn step(text: &str, mark: Option<Element>) -> Element {
    element("li").child(element("span").class("kv-what").with("dir", "auto").text(text)).maybe(mark)
}

fn list(heading: Text, name: &str, steps: Vec<Element>, texts: &Texts) -> Element {
    let content = if steps.is_empty() {
        element("p").class("kv-hint").text(texts.get(Text::JournalNothing))
    } else {
        element("ol").children(steps)
    };
    element("div")
        .class("kv-grow")
        .child(element("div").class("kv-label").text(texts.get(heading)))
        .child(content.named(name))
}
