//! How the dialer looks: number and keypad above, the latest calls below.

use super::dialer::Dialer;
use super::element::{Element, Handler, element};
use super::{CallListEvent, DialerEvent, Event, Field, Locale, Text, Texts};
use crate::protocol::{CallType, RecentCall};

const TITLE: &str = "kv-dialer-title";
const NUMBER: &str = "kv-dial-number";
const JUDGED: &str = "kv-dial-judged";

/// Keys by rows, with the letters that stand on telephones.
const KEYS: [(char, &str); 12] = [
    ('1', ""),
    ('2', "ABC"),
    ('3', "DEF"),
    ('4', "GHI"),
    ('5', "JKL"),
    ('6', "MNO"),
    ('7', "PQRS"),
    ('8', "TUV"),
    ('9', "WXYZ"),
    ('*', ""),
    ('0', ""),
    ('#', ""),
];

/// The window. `dialling`: a call is being placed.
pub(crate) fn view(dialer: &Dialer, dialling: bool, texts: &Texts, locale: &dyn Locale) -> Element {
    let window = Window { dialer, dialling, texts, locale };
    element("section")
        .keyed("dialer")
        .class("kv-dialer")
        .named("dialer")
        .with("role", "dialog")
        .with("aria-modal", "false")
        .with("aria-labelledby", TITLE)
        .with("tabindex", "-1")
        .on(Handler::Escape(Event::Dialer(DialerEvent::Closed)))
        .on(Handler::Keypad)
        .child(window.head())
        .child(window.field())
        .child(window.judged())
        .maybe(window.complaint())
        .child(window.keys())
        .child(window.call())
        .child(window.recent())
        .child(window.ways())
}

fn button(class: &str) -> Element {
    element("button").with("type", "button").class(class)
}

/// A button that shows a sign, with its words for who cannot see it or does not know it.
fn named_words(button: Element, words: &str) -> Element {
    button.with("aria-label", words).with("title", words)
}

struct Window<'a> {
    dialer: &'a Dialer,
    dialling: bool,
    texts: &'a Texts,
    locale: &'a dyn Locale,
}

impl Window<'_> {
    fn words(&self, text: Text) -> &str {
        self.texts.get(text)
    }

    fn button(&self, class: &str, name: &str, event: DialerEvent) -> Element {
        button(class).named(name).on(Handler::Click(Event::Dialer(event)))
    }

    fn head(&self) -> Element {
        element("header")
            .class("kv-head")
            .child(element("h2").class("kv-heading").with("id", TITLE).text(self.words(Text::DialerTitle)))
            .child(named_words(
                self.button("kv-icon", "dialer-close", DialerEvent::Closed)
                    .child(element("span").class("kv-glyph-dismiss").with("aria-hidden", "true")),
                self.words(Text::DialerClose),
            ))
    }

    /// The way to what else a manager calls with.
    fn ways(&self) -> Element {
        let way = |name: &'static str, text: Text, event: Event| {
            button("kv-button").named(name).text(self.words(text)).on(Handler::Click(event))
        };
        element("div")
            .class("kv-row kv-dial-ways")
            .child(way("open-call-list", Text::ListTitle, Event::CallList(CallListEvent::Open)))
            .child(way("open-journal", Text::JournalHeading, Event::JournalAsked))
    }

    fn field(&self) -> Element {
        let input = element("input")
            .named("dial-number")
            .with("id", NUMBER)
            .with("type", "tel")
            .with("dir", "ltr")
            .with("autocomplete", "off")
            .with("maxlength", "100")
            .with("aria-describedby", JUDGED)
            .value(self.dialer.text.as_str())
            .on(Handler::Input(Field::Number));
        let erase = self
            .button("kv-icon", "dial-erase", DialerEvent::Erased)
            .flag("disabled", self.dialer.text.is_empty())
            .child(element("span").class("kv-glyph-erase").with("aria-hidden", "true").text("⌫"));
        element("div")
            .class("kv-dial-field")
            .child(element("label").class("kv-dial-hidden").with("for", NUMBER).text(self.words(Text::DialerNumber)))
            .child(input)
            .child(named_words(erase, self.words(Text::DialerErase)))
    }

    /// What is known about the number so far.
    fn judged(&self) -> Element {
        let number = |text: Text, number: &str| self.texts.with(text, &[("number", number)]);
        let (state, text) = match &self.dialer.judged {
            _ if self.dialer.text.trim().is_empty() => ("empty", self.words(Text::DialerHint).to_owned()),
            None => ("open", String::new()),
            Some(view) if view.valid => ("valid", number(Text::DialerValid, &view.formatted)),
            Some(view) if view.internal => ("internal", number(Text::DialerInternal, &view.formatted)),
            Some(view) if view.e164.is_some() => ("unknown", number(Text::DialerUnknown, &view.formatted)),
            Some(view) if !view.formatted.is_empty() => {
                ("nothing", [&view.formatted, " … ", self.words(Text::DialerNothing)].concat())
            }
            Some(_) => ("nothing", self.words(Text::DialerNothing).to_owned()),
        };
        element("p")
            .class("kv-dial-judged")
            .named("dial-judged")
            .with("id", JUDGED)
            .with("data-state", state)
            .with("role", "status")
            .text(text)
    }

    fn complaint(&self) -> Option<Element> {
        let complaint = self.dialer.complaint.as_ref()?;
        let line = element("p").class("kv-complaint").named("dial-complaint").with("role", "alert");
        Some(line.with("dir", "auto").text(complaint.words(self.texts)))
    }

    fn keys(&self) -> Element {
        let key = |(key, letters): (char, &str)| {
            let mut name = "key-".to_owned();
            name.push(key);
            let letters = element("span").class("kv-dial-letters").with("aria-hidden", "true").text(letters);
            self.button("kv-dial-key", &name, DialerEvent::Key(key)).text(key).child(letters)
        };
        element("div")
            .class("kv-dial-keys")
            .with("role", "group")
            .with("aria-label", self.words(Text::DialerKeypad))
            .children(KEYS.map(key))
    }

    fn call(&self) -> Element {
        let label = if self.dialling { Text::CardOutgoing } else { Text::DialerCall };
        element("div")
            .class("kv-row")
            .child(self.button("kv-dial-key", "key-+", DialerEvent::Key('+')).text("+"))
            .child(
                self.button("kv-dial-call", "dial-call", DialerEvent::Called)
                    .flag("disabled", self.dialling || !self.dialer.can_call())
                    .text(self.words(label)),
            )
    }

    fn recent(&self) -> Element {
        let choice = |missed: bool, name: &str, label: Text| {
            let on = if self.dialer.missed == missed { "true" } else { "false" };
            self.button("kv-dial-choice", name, DialerEvent::Listed { missed })
                .with("aria-pressed", on)
                .text(self.words(label))
        };
        let choices = element("div")
            .class("kv-row")
            .child(choice(false, "dialer-all", Text::DialerRecent))
            .child(choice(true, "dialer-missed", Text::DialerMissed));
        element("section")
            .class("kv-dial-recents")
            .named("dialer-recent")
            .with("aria-label", self.words(Text::DialerRecent))
            .child(choices)
            .child(self.list())
    }

    fn list(&self) -> Element {
        if let Some(failure) = &self.dialer.unlisted {
            let line =
                element("p").class("kv-complaint").with("role", "alert").text(failure.message().words(self.texts));
            let again = self.button("kv-dial-choice", "dialer-retry", DialerEvent::Refreshed);
            return element("div").child(line).child(again.text(self.words(Text::FormRetry)));
        }
        let said = |text: Text| element("p").class("kv-hint").text(self.words(text));
        match self.dialer.calls.as_deref() {
            None => said(Text::FormLoading),
            Some([]) if self.dialer.missed => said(Text::DialerNoMissed),
            Some([]) => said(Text::DialerNoCalls),
            Some(calls) => element("ul").class("kv-dial-calls").children(calls.iter().map(|call| self.row(call))),
        }
    }

    fn row(&self, call: &RecentCall) -> Element {
        // The sign repeats what stands beside it in words.
        let (sign, kind) = match call.call_type {
            _ if call.missed => ("✕", Text::DialerWasMissed),
            CallType::Incoming => ("↙", Text::DialerIncoming),
            CallType::Outgoing => ("↗", Text::DialerOutgoing),
            CallType::Internal => ("↔", Text::DialerColleague),
        };
        let number = if call.number.is_empty() { self.words(Text::CardWithheld) } else { &call.number };
        let who = call.name.as_deref().unwrap_or(number);
        let under = call.name.as_ref().map(|_| element("div").class("kv-number").with("dir", "ltr").text(number));
        let when = [self.words(kind), " · ", &self.locale.date_time(call.at)].concat();
        let back = call.dial.as_ref().map(|phone| {
            let event = DialerEvent::CalledBack { phone: phone.clone(), entity: call.entity };
            self.button("kv-dial-back", "call-back", event)
                .flag("disabled", self.dialling)
                .with("aria-label", self.texts.with(Text::DialerCallBack, &[("who", who)]))
                .text(self.words(Text::DialerCall))
        });
        element("li")
            .keyed(call.id.0.as_str())
            .class("kv-dial-recent")
            .named("recent-call")
            .with("data-call-id", call.id.0.as_str())
            .with("data-missed", if call.missed { "true" } else { "false" })
            .child(element("span").class("kv-dial-sign").with("aria-hidden", "true").text(sign))
            .child(
                element("div")
                    .class("kv-grow")
                    .child(element("div").class("kv-caller").with("dir", "auto").text(who))
                    .maybe(under)
                    .child(element("div").class("kv-line").text(when)),
            )
            .maybe(back)
    }
}
