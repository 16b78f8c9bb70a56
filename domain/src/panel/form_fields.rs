//! The fields of the settings window, one kind of control after another.
//!
//! A stored choice that Kommo does not have any more still shows, says so and what happens meanwhile: looking at
//! the window must not change it.

use super::element::{Element, Handler, element};
use super::form::Form;
use super::form_settings::{Control, Group, Mistake, Setting, applies, days, mistake_of, shown};
use super::{Field, Text, Texts};
use serde_json::Value;

const DAYS: [Text; 7] =
    [Text::SetDay1, Text::SetDay2, Text::SetDay3, Text::SetDay4, Text::SetDay5, Text::SetDay6, Text::SetDay7];

/// A heading with what belongs under it.
pub(crate) fn section(heading: &str) -> Element {
    element("section").class("kv-section").child(element("h3").class("kv-heading").text(heading))
}

/// A heading with what it is about, and its settings.
pub(crate) fn group_view(form: &Form, group: &Group, texts: &Texts) -> Element {
    section(texts.get(group.heading))
        .child(element("p").class("kv-hint kv-about").text(texts.get(group.about)))
        .children(group.settings.iter().map(|setting| setting_view(form, setting, texts)))
}

/// What is wrong with a setting, as a sentence.
pub(crate) fn mistake_words(mistake: Mistake, texts: &Texts) -> String {
    match mistake {
        Mistake::Number { label, min, max } => texts.with(
            Text::FailureNumber,
            &[("field", texts.get(label)), ("min", &min.to_string()), ("max", &max.to_string())],
        ),
        Mistake::Time(label) => texts.with(Text::FailureTime, &[("field", texts.get(label))]),
        Mistake::Choose(label) => texts.with(Text::FailureChoose, &[("field", texts.get(label))]),
        Mistake::Plain(text) => texts.get(text).to_owned(),
    }
}

/// A setting's value in words, for comparing two versions.
pub(crate) fn value_words(form: &Form, setting: &'static Setting, settings: &Value, texts: &Texts) -> String {
    let value = shown(settings, setting.path);
    let named = match &setting.control {
        Control::Toggle | Control::Hours => {
            Some(texts.get(if value == "true" { Text::ConflictOn } else { Text::ConflictOff }).to_owned())
        }
        Control::Days => {
            let worked = days(settings);
            let names = DAYS.iter().zip(1..).filter(|(_, number)| worked.contains(number));
            let mut words = String::new();
            for (text, _) in names {
                words.push_str(if words.is_empty() { "" } else { ", " });
                words.push_str(texts.get(*text));
            }
            Some(words)
        }
        Control::Choice(_) | Control::User | Control::Pipeline | Control::Stage => {
            let offered = choices(form, setting, settings, &value, texts).options;
            offered.into_iter().find(|(choice, _)| *choice == value).map(|(_, label)| label)
        }
        Control::Number { .. } | Control::Words | Control::Country | Control::Time => None,
    };
    let words = named.unwrap_or(value);
    if words.is_empty() { "–".to_owned() } else { words }
}

/// A sentence below a control that says what is wrong with it.
pub(crate) fn wrong(name: &str, words: &str) -> Element {
    element("p")
        .class("kv-hint kv-wrong")
        .named(name)
        .with("id", ["kv-", name].concat())
        .with("aria-live", "polite")
        .text(words)
}

/// A labelled control with a hint below.
pub(crate) fn field(id: &str, label: &str, hint: Option<&str>, control: Element) -> Element {
    element("div")
        .class("kv-field")
        .child(element("label").class("kv-label").with("for", id).text(label))
        .child(control)
        .maybe(hint.map(|hint| element("p").class("kv-hint").text(hint)))
}

/// One choice of a list.
pub(crate) fn option(value: &str, label: &str) -> Element {
    element("option").keyed(value).with("value", value).text(label)
}

fn tick(id: &str, label: &str, control: Element) -> Element {
    element("div")
        .class("kv-tick")
        .child(control.with("id", id).with("type", "checkbox"))
        .child(element("label").with("for", id).text(label))
}

fn setting_view(form: &Form, setting: &'static Setting, texts: &Texts) -> Element {
    let value = shown(&form.settings, setting.path);
    let id = ["kv-setting-", setting.path].concat();
    let label = texts.get(setting.label);
    let here = Field::Setting(setting.path);
    let applies = applies(&form.settings, setting);
    // Said while it is typed, beside the field it is about.
    let mistake = mistake_of(&form.settings, setting).map(|mistake| mistake_words(mistake, texts));
    let error = ["error-", setting.path].concat();
    let control = |tag| {
        let control =
            element(tag).named(["setting-", setting.path].concat()).with("id", id.as_str()).flag("disabled", !applies);
        match &mistake {
            Some(_) => control.with("aria-invalid", "true").with("aria-describedby", ["kv-", &error].concat()),
            None => control,
        }
    };
    let typed = |kind: &str, length: &str| {
        control("input")
            .with("type", kind)
            .with("maxlength", length)
            .value(value.as_str())
            .on(Handler::Input(here.clone()))
    };
    let hint = setting.hint.map(|hint| texts.get(hint));
    let view =
        match &setting.control {
            Control::Toggle | Control::Hours => {
                let box_ = control("input").checked(value == "true").on(Handler::Toggle(here));
                let tick = tick(&id, label, box_);
                match hint {
                    Some(hint) => {
                        element("div").class("kv-field").child(tick).child(element("p").class("kv-hint").text(hint))
                    }
                    None => tick,
                }
            }
            Control::Days => {
                let worked = days(&form.settings);
                let day = |(text, number): (&Text, u8)| {
                    let id = ["kv-day-", &number.to_string()].concat();
                    let box_ = element("input")
                        .named(["setting-day-", &number.to_string()].concat())
                        .flag("disabled", !applies)
                        .checked(worked.contains(&i64::from(number)))
                        .on(Handler::Toggle(Field::WorkingDay(number)));
                    tick(&id, texts.get(*text), box_)
                };
                control("fieldset")
                    .class("kv-group")
                    .child(element("legend").class("kv-label").text(label))
                    .child(element("div").class("kv-row").children(DAYS.iter().zip(1..).map(day)))
            }
            Control::Number { min, max } => {
                let input = control("input")
                    .with("type", "number")
                    .with("min", min.to_string())
                    .with("max", max.to_string())
                    .with("inputmode", "numeric")
                    .value(value.as_str())
                    .on(Handler::Input(here));
                field(&id, label, hint, input)
            }
            Control::Words => field(&id, label, hint, typed("text", "500")),
            Control::Country => field(&id, label, hint, typed("text", "2")),
            // A field for times of day would not take the end of the day.
            Control::Time => field(&id, label, hint, typed("text", "5").with("placeholder", "09:00")),
            Control::Choice(_) | Control::User | Control::Pipeline | Control::Stage => {
                let list = choices(form, setting, &form.settings, &value, texts);
                let gone = list.gone.filter(|_| applies).map(|text| texts.get(text));
                let options = list.options.iter().map(|(choice, label)| option(choice, label));
                let select = control("select")
                    .value(value.as_str())
                    .on(Handler::Input(here))
                    .flag("disabled", list.is_closed)
                    .children(options);
                field(&id, label, hint, select).maybe(gone.map(|gone| {
                    element("p").class("kv-hint kv-gone").named(["gone-", setting.path].concat()).text(gone)
                }))
            }
        };
    view.maybe(mistake.map(|words| wrong(&error, &words)))
}

/// What a list offers.
struct Choices {
    options: Vec<(String, String)>,
    /// What is to be said about the present choice.
    gone: Option<Text>,
    /// There is nothing to choose.
    is_closed: bool,
}

fn choices(form: &Form, setting: &Setting, settings: &Value, value: &str, texts: &Texts) -> Choices {
    let empty = |text: Text| vec![(String::new(), texts.get(text).to_owned())];
    // Unknown, and by Kommo's own word not there any more: two things.
    let current = |mut options: Vec<(String, String)>, is_known_gone: bool, name: Text, gone: Text| {
        let is_there = options.iter().any(|(choice, _)| choice == value);
        let label = if is_known_gone { texts.with(name, &[("id", value)]) } else { ["#", value].concat() };
        if !is_there {
            options.push((value.to_owned(), label));
        }
        Choices { options, gone: (!is_there && is_known_gone).then_some(gone), is_closed: false }
    };
    match setting.control {
        Control::User => {
            let mut options = empty(Text::SetChoose);
            let standing = |id: &str| {
                let users = form.all_users.as_ref()?;
                Some(users.iter().find(|(user, _)| user.to_string() == id).map(|(_, active)| *active))
            };
            // Whoever is deactivated is offered no more, but shown where chosen.
            let offered = form.users.iter().filter(|user| {
                let id = user.id.to_string();
                id == value || standing(&id) != Some(Some(false))
            });
            options.extend(offered.map(|user| {
                let id = user.id.to_string();
                let label = match standing(&id) {
                    Some(Some(false)) => texts.with(Text::SetInactiveUser, &[("name", &user.name)]),
                    Some(None) => texts.with(Text::SetDeletedUser, &[("id", &id)]),
                    Some(Some(true)) | None => user.name.clone(),
                };
                (id, label)
            }));
            let is_known = form.all_users.is_some() && !value.is_empty();
            let is_gone = is_known && standing(value) != Some(Some(true));
            let choices = current(options, is_gone, Text::SetDeletedUser, Text::SetGoneUser);
            Choices { gone: is_gone.then_some(Text::SetGoneUser), ..choices }
        }
        Control::Pipeline => {
            let mut options = empty(Text::SetPipelineMain);
            let pipelines = form.pipelines.iter().flatten();
            options.extend(pipelines.map(|pipeline| (pipeline.id.to_string(), pipeline.name.clone())));
            current(options, form.pipelines.is_some(), Text::SetDeletedPipeline, Text::SetGonePipeline)
        }
        Control::Stage => {
            let chosen = shown(settings, "newLeads-pipelineId");
            let pipeline = form.pipelines.iter().flatten().find(|pipeline| pipeline.id.to_string() == chosen);
            let mut options = empty(Text::SetStageFirst);
            let stages = pipeline.into_iter().flat_map(|pipeline| &pipeline.stages);
            options.extend(stages.map(|(id, name)| (id.to_string(), name.clone())));
            let choices = current(options, form.pipelines.is_some(), Text::SetDeletedStage, Text::SetGoneStage);
            // A deleted pipeline takes its stages along: one sentence about it is enough.
            Choices { gone: choices.gone.filter(|_| pipeline.is_some()), is_closed: chosen.is_empty(), ..choices }
        }
        Control::Choice(words) => {
            let options = words.iter().map(|(choice, text)| ((*choice).to_owned(), texts.get(*text).to_owned()));
            let choices = current(options.collect(), false, Text::SetChoose, Text::SetChoose);
            let is_useless = value == "incoming_lead" && form.no_incoming_leads;
            Choices { gone: is_useless.then_some(Text::SetUnsortedOff), ..choices }
        }
        _ => Choices { options: vec![], gone: None, is_closed: true },
    }
}
