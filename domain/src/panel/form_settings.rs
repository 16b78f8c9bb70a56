//! The settings the window offers, as a table: one row a setting, in the order a person reads them.
//!
//! The window works on the stored JSON itself and changes only the fields it shows, so settings of a newer Worker
//! or of a later window are carried along untouched.

use super::Text;
use serde_json::Value;

/// One setting of the window.
#[derive(Debug)]
pub(crate) struct Setting {
    /// Its path in the settings' JSON, with dashes; `setting-` before it is its name in the page.
    pub(crate) path: &'static str,
    pub(crate) label: Text,
    pub(crate) hint: Option<Text>,
    pub(crate) control: Control,
    /// Only of use while another setting has this value.
    pub(crate) needs: Option<(&'static str, &'static str)>,
}

/// How a setting is chosen.
#[derive(Debug, PartialEq)]
pub(crate) enum Control {
    Toggle,
    Number { min: u32, max: u32 },
    Words,
    Country,
    Choice(&'static [(&'static str, Text)]),
    User,
    Pipeline,
    Stage,
}

/// A heading with its settings.
pub(crate) struct Group {
    pub(crate) heading: Text,
    pub(crate) settings: &'static [Setting],
}

const fn plain(path: &'static str, label: Text, control: Control) -> Setting {
    Setting { path, label, hint: None, control, needs: None }
}

/// Every setting of the window.
pub(crate) const GROUPS: &[Group] = &[
    Group {
        heading: Text::SetInbound,
        settings: &[
            plain(
                "inboundUnknown-create",
                Text::SetUnknownCreate,
                Control::Choice(&[
                    ("contact_and_lead", Text::SetCreateContactAndLead),
                    ("incoming_lead", Text::SetCreateIncomingLead),
                ]),
            ),
            Setting {
                needs: Some(("inboundUnknown-create", "incoming_lead")),
                ..plain(
                    "inboundUnknown-accept",
                    Text::SetUnknownAccept,
                    Control::Choice(&[("manual", Text::SetAcceptManual), ("on_answer", Text::SetAcceptOnAnswer)]),
                )
            },
            plain("inboundKnown-leadIfNoneActive", Text::SetLeadIfNone, Control::Toggle),
            plain("inboundKnown-numberInNote", Text::SetNumberInNote, Control::Toggle),
        ],
    },
    Group {
        heading: Text::SetMissed,
        settings: &[
            plain("missed-task", Text::SetMissedTask, Control::Toggle),
            Setting {
                needs: Some(("missed-task", "true")),
                ..plain("missed-dueMinutes", Text::SetMissedDue, Control::Number { min: 1, max: 43_200 })
            },
            Setting {
                needs: Some(("missed-task", "true")),
                hint: Some(Text::SetMissedTextHint),
                ..plain("missed-text", Text::SetMissedText, Control::Words)
            },
            Setting {
                needs: Some(("missed-task", "true")),
                ..plain(
                    "missed-responsible",
                    Text::SetMissedResponsible,
                    Control::Choice(&[
                        ("contact_owner", Text::SetContactOwner),
                        ("called_user", Text::SetCalledUser),
                        ("fixed", Text::SetFixed),
                    ]),
                )
            },
            Setting {
                needs: Some(("missed-responsible", "fixed")),
                ..plain("missed-fixedUserId", Text::SetFixedUser, Control::User)
            },
        ],
    },
    Group {
        heading: Text::SetOutbound,
        settings: &[plain("outboundUnknown-contactAndLead", Text::SetOutboundCreate, Control::Toggle)],
    },
    Group {
        heading: Text::SetLeads,
        settings: &[
            plain("newLeads-pipelineId", Text::SetPipeline, Control::Pipeline),
            plain("newLeads-statusId", Text::SetStage, Control::Stage),
        ],
    },
    Group {
        heading: Text::SetGeneral,
        settings: &[
            plain("ringSound", Text::SetRingSound, Control::Toggle),
            Setting { hint: Some(Text::SetRegionHint), ..plain("defaultRegion", Text::SetRegion, Control::Country) },
            plain("retentionDays", Text::SetRetention, Control::Number { min: 1, max: 3_650 }),
        ],
    },
];

/// The table's row of a path.
pub(crate) fn setting(path: &str) -> Option<&'static Setting> {
    GROUPS.iter().flat_map(|group| group.settings).find(|setting| setting.path == path)
}

/// A setting's value as a field shows it: text, a number's digits, `true` or `false`, nothing for `null`.
pub(crate) fn shown(settings: &Value, path: &str) -> String {
    match path.split('-').try_fold(settings, |value, name| value.get(name)) {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Number(number)) => number.to_string(),
        Some(Value::Bool(on)) => on.to_string(),
        _ => String::new(),
    }
}

/// Stores what a person typed or chose. A number that is none (yet) stays as text, for saving to refuse.
pub(crate) fn store(settings: &mut Value, setting: &Setting, text: String) {
    let number = |text: &str| text.trim().parse::<i64>().ok().map(Value::from);
    let value = match setting.control {
        Control::Toggle => Value::Bool(text == "true"),
        Control::Number { .. } => number(&text).unwrap_or(Value::String(text)),
        Control::User | Control::Pipeline | Control::Stage => number(&text).unwrap_or(Value::Null),
        Control::Country => Value::String(text.trim().to_ascii_uppercase()),
        Control::Words | Control::Choice(_) => Value::String(text),
    };
    put(settings, setting.path, value);
}

/// Sets a value deep inside, making what is missing on the way.
pub(crate) fn put(settings: &mut Value, path: &str, value: Value) {
    let mut place = settings;
    for name in path.split('-') {
        if !place.is_object() {
            *place = Value::Object(serde_json::Map::new());
        }
        let Value::Object(fields) = place else { return };
        place = fields.entry(name).or_insert(Value::Null);
    }
    *place = value;
}

/// Whether the setting is of use as things are.
pub(crate) fn applies(settings: &Value, setting: &Setting) -> bool {
    setting.needs.is_none_or(|(path, value)| shown(settings, path) == value)
}

/// The first number outside its range: its label and the range.
pub(crate) fn wrong_number(settings: &Value) -> Option<(Text, u32, u32)> {
    GROUPS.iter().flat_map(|group| group.settings).find_map(|setting| match setting.control {
        Control::Number { min, max } => {
            let good = shown(settings, setting.path).parse().is_ok_and(|number: u32| (min..=max).contains(&number));
            (!good).then_some((setting.label, min, max))
        }
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::Settings;

    fn defaults() -> Value {
        serde_json::to_value(Settings::default()).expect("settings are JSON")
    }

    #[test]
    fn every_row_names_a_setting_that_exists_and_every_choice_is_accepted() {
        for setting in GROUPS.iter().flat_map(|group| group.settings) {
            let mut settings = defaults();
            let found = setting.path.split('-').try_fold(&settings, |value, name| value.get(name));
            assert!(found.is_some(), "{}", setting.path);
            put(&mut settings, "missed-fixedUserId", Value::from(7));
            let Control::Choice(choices) = setting.control else { continue };
            for (choice, _) in choices {
                store(&mut settings, setting, (*choice).to_owned());
                assert!(Settings::parse(&settings.to_string()).is_ok(), "{} {choice}", setting.path);
            }
        }
    }

    #[test]
    fn a_field_the_window_does_not_know_is_carried_along() {
        let mut settings = defaults();
        put(&mut settings, "future", Value::from("kept"));
        store(&mut settings, setting("missed-dueMinutes").expect("exists"), "15".into());
        assert_eq!(shown(&settings, "missed-dueMinutes"), "15");
        assert_eq!(shown(&settings, "future"), "kept");
    }

    #[test]
    fn a_number_that_is_none_is_found_before_saving() {
        let mut settings = defaults();
        assert_eq!(wrong_number(&settings), None);
        for bad in ["", "soon", "0", "-5", "3651", "1.5"] {
            store(&mut settings, setting("retentionDays").expect("exists"), bad.into());
            assert_eq!(wrong_number(&settings), Some((Text::SetRetention, 1, 3650)), "{bad}");
        }
        assert_eq!(shown(&settings, "retentionDays"), "1.5", "what was typed stays in the field");
    }
}
