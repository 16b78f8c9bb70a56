//! How the lines of the users look in the settings window.

use super::element::{Element, Handler, element};
use super::form::{Form, FormEvent};
use super::form_fields::{option, section, wrong};
use super::form_view::button;
use super::{Field, Text, Texts};
use crate::ids::UserId;
use crate::protocol::ProposedLine;
use crate::telephony::Provider;

/// Everybody's lines, and those of nobody.
pub(crate) fn view(form: &Form, texts: &Texts) -> Element {
    let gone = form.extensions.iter().flatten().filter(|(id, _)| !form.users.iter().any(|user| user.id == *id));
    let gone = gone.map(|(id, _)| (*id, texts.with(Text::FormFormerUser, &[("id", &id.to_string())])));
    let rows = form.users.iter().map(|user| (user.id, user.name.clone())).chain(gone);
    let rows = rows.map(|(id, name)| row(form, id, &name, texts));
    let proposed = &form.proposed;
    let propose = form.connection.stored().filter(|provider| *provider != Provider::Generic).map(|_| {
        element("div")
            .class("kv-row")
            .with("role", "status")
            .child(
                button(texts, Text::FormPropose, FormEvent::Propose).named("propose").flag("disabled", proposed.asking),
            )
            .maybe(
                proposed
                    .note
                    .as_ref()
                    .map(|note| element("span").class("kv-hint").named("proposals").text(note.words(texts))),
            )
    });
    section(texts.get(Text::FormUsersHeading))
        .child(element("p").class("kv-hint").text(texts.get(Text::FormUsersHint)))
        .maybe(propose)
        .child(
            element("div")
                .class("kv-users")
                .children(rows)
                .children(proposed.lines.iter().map(|line| unmatched(form, line, texts))),
        )
}

fn row(form: &Form, id: UserId, name: &str, texts: &Texts) -> Element {
    let lines = form.lines_of(id);
    let input = element("input")
        .named(["extension-", &id.to_string()].concat())
        .with("type", "text")
        .with("autocomplete", "off")
        .with("aria-label", texts.with(Text::FormExtensionsOf, &[("name", name)]))
        .with("placeholder", "101, 102")
        .value(lines)
        .on(Handler::Input(Field::Extensions(id)));
    let wrong_name = ["error-extension-", &id.to_string()].concat();
    let twice = form.twice(id).map(|(line, other)| {
        let places = [("line", line.as_str()), ("first", other.as_str()), ("second", name)];
        texts.with(Text::FailureDuplicate, &places)
    });
    let input = match &twice {
        Some(_) => input.with("aria-invalid", "true").with("aria-describedby", ["kv-", &wrong_name].concat()),
        None => input,
    };
    let is_inactive = form.all_users.iter().flatten().any(|(user, active)| *user == id && !active);
    let word = if form.proposed.users.contains(&id) {
        Some(Text::FormProposed)
    } else if is_inactive && !lines.trim().is_empty() {
        Some(Text::FormInactiveLines)
    } else {
        None
    };
    pair(&id.to_string(), name, input).maybe(twice.map(|words| wrong(&wrong_name, &words))).maybe(word.map(|word| {
        element("p").class("kv-hint kv-gone").named(["flag-", &id.to_string()].concat()).text(texts.get(word))
    }))
}

fn pair(key: &str, name: &str, control: Element) -> Element {
    element("div")
        .class("kv-user")
        .keyed(key)
        .child(element("span").class("kv-user-name").with("dir", "auto").text(name))
        .child(control)
}

/// A line the provider has and nobody in the window.
fn unmatched(form: &Form, line: &ProposedLine, texts: &Texts) -> Element {
    let id = &line.extension_id;
    let label = [id.0.as_str(), " ", &line.name].concat();
    let users = form.users.iter().map(|user| option(&user.id.to_string(), &user.name));
    let choice = element("select")
        .named(["line-", &id.0].concat())
        .with("aria-label", label.as_str())
        .value("")
        .on(Handler::Input(Field::Line(id.clone())))
        .child(option("", texts.get(Text::FormNobody)))
        .children(users);
    pair(&label, &label, choice)
}
