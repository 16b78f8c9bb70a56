//! The fields of the settings window, one kind of control after another.
//!
//! A stored choice that Kommo does not have any more still shows, says so and what happens meanwhile: looking at
//! the window must not change it.

use super::element::{Element, Handler, element};
use super::form::Form;
use super::form_settings::{Control, Group, Setting, applies, days, shown};
use super::{Field, Text, Texts};

const DAYS: [Text; 7] =
    [Text::SetDay1, Text::SetDay2, Text::SetDay3, Text::SetDay4, Text::SetDay5, Text::SetDay6, Text::SetDay7];

/// A heading with what belongs under it.
pub(crate) fn section(heading: &str) -> Element {
    element("section").class("kv-section").child(element("h3").class("kv-heading").text(heading))
}

/// A heading with its settings.
pub(crate) fn group_view(form: &Form, group: &Group, texts: &Texts) -> Element {
    section(texts.get(group.heading)).children(group.settings.iter().map(|setting| setting_view(form, setting, texts)))
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
    let control = |tag| {
        element(tag).named(["setting-", setting.path].concat()).with("id", id.as_str()).flag("disabled", !applies)
    };
    let typed = |kind: &str, length: &str| {
        control("input")
            .with("type", kind)
            .with("maxlength", length)
            .value(value.as_str())
            .on(Handler::Input(here.clone()))
    };
    let hint = setting.hint.map(|hint| texts.get(hint));
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
            element("fieldset")
                .class("kv-group")
                .named(["setting-", setting.path].concat())
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
            let list = choices(form, setting, &value, texts);
            let gone = list.gone.filter(|_| applies).map(|text| texts.get(text));
            let options = list.options.iter().map(|(choice, label)| option(choice, label));
            let select = control("select")
                .value(value.as_str())
                .on(Handler::Input(here))
                .flag("disabled", list.is_closed)
                .children(options);
            field(&id, label, hint, select).maybe(
                gone.map(|gone| {
                    element("p").class("kv-hint kv-gone").named(["gone-", setting.path].concat()).text(gone)
                }),
            )
        }
    }
}

/// What a list offers.
struct Choices {
    options: Vec<(String, String)>,
    /// What is to be said about the present choice.
    gone: Option<Text>,
    /// There is nothing to choose.
    is_closed: bool,
}

fn choices(form: &Form, setting: &Setting, value: &str, texts: &Texts) -> Choices {
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
            let chosen = shown(&form.settings, "newLeads-pipelineId");
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
