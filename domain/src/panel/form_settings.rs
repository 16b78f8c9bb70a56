//! The settings the window offers, as a table: one row a setting, in the order a person reads them.
//!
//! The window works on the stored JSON itself and changes only the fields it shows, so settings of a newer Worker
//! or of a later window are carried along untouched.

use super::{Text, json};
use crate::settings::TimeOfDay;
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
    Number {
        min: u32,
        max: u32,
    },
    Words,
    Country,
    Choice(&'static [(&'static str, Text)]),
    User,
    Pipeline,
    Stage,
    /// Switches the working hours as a whole.
    Hours,
    /// The working days.
    Days,
    /// A time of day.
    Time,
}

/// A heading with what it is about, and its settings.
pub(crate) struct Group {
    pub(crate) heading: Text,
    pub(crate) about: Text,
    pub(crate) settings: &'static [Setting],
}

const fn plain(path: &'static str, label: Text, control: Control) -> Setting {
    Setting { path, label, hint: None, control, needs: None }
}

/// Only of use while working hours are.
const IN_HOURS: Option<(&str, &str)> = Some(("workingHours", "true"));

/// Every setting of the window.
pub(crate) const GROUPS: &[Group] = &[
    Group {
        heading: Text::SetInbound,
        about: Text::AboutInbound,
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
        about: Text::AboutMissed,
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
        heading: Text::SetHours,
        about: Text::AboutHours,
        settings: &[
            Setting { hint: Some(Text::SetHoursOnHint), ..plain("workingHours", Text::SetHoursOn, Control::Hours) },
            Setting { needs: IN_HOURS, ..plain("workingHours-days", Text::SetDays, Control::Days) },
            Setting { needs: IN_HOURS, ..plain("workingHours-from", Text::SetHoursFrom, Control::Time) },
            Setting {
                needs: IN_HOURS,
                hint: Some(Text::SetHoursToHint),
                ..plain("workingHours-to", Text::SetHoursTo, Control::Time)
            },
            Setting {
                needs: IN_HOURS,
                ..plain(
                    "workingHours-responsible",
                    Text::SetHoursResponsible,
                    Control::Choice(&[
                        ("", Text::SetHoursSame),
                        ("contact_owner", Text::SetContactOwner),
                        ("called_user", Text::SetCalledUser),
                        ("fixed", Text::SetFixed),
                    ]),
                )
            },
            Setting {
                needs: Some(("workingHours-responsible", "fixed")),
                ..plain("workingHours-fixedUserId", Text::SetFixedUser, Control::User)
            },
        ],
    },
    Group {
        heading: Text::SetForwarding,
        about: Text::AboutForwarding,
        settings: &[
            Setting {
                hint: Some(Text::SetFallbackHint),
                ..plain("forwarding-fallback", Text::SetFallback, Control::Words)
            },
            Setting {
                hint: Some(Text::SetBudgetHint),
                ..plain("forwarding-budgetMs", Text::SetBudget, Control::Number { min: 0, max: 2000 })
            },
            plain("forwarding-ringSeconds", Text::SetRingSeconds, Control::Number { min: 5, max: 120 }),
        ],
    },
    Group {
        heading: Text::SetOutbound,
        about: Text::AboutOutbound,
        settings: &[
            plain("outboundUnknown-contactAndLead", Text::SetOutboundCreate, Control::Toggle),
            Setting {
                hint: Some(Text::SetAutoDialHint),
                ..plain("autoDialSeconds", Text::SetAutoDial, Control::Number { min: 1, max: 3_600 })
            },
        ],
    },
    Group {
        heading: Text::SetLeads,
        about: Text::AboutLeads,
        settings: &[
            plain("newLeads-pipelineId", Text::SetPipeline, Control::Pipeline),
            plain("newLeads-statusId", Text::SetStage, Control::Stage),
        ],
    },
    Group {
        heading: Text::SetCards,
        about: Text::AboutCards,
        settings: &[
            plain("ringSound", Text::SetRingSound, Control::Toggle),
            Setting {
                needs: Some(("ringSound", "true")),
                hint: Some(Text::RingSettingHint),
                ..plain("ringVolume", Text::RingSetting, Control::Number { min: 0, max: 100 })
            },
            Setting { hint: Some(Text::SetOpenCardHint), ..plain("openCard", Text::SetOpenCard, Control::Toggle) },
            Setting {
                hint: Some(Text::SetCallFeedbackHint),
                ..plain("callFeedback", Text::SetCallFeedback, Control::Toggle)
            },
            plain(
                "rateQuality",
                Text::SetRateQuality,
                Control::Choice(&[
                    ("off", Text::SetRateOff),
                    ("optional", Text::SetRateOptional),
                    ("required", Text::SetRateRequired),
                ]),
            ),
        ],
    },
    Group {
        heading: Text::SetGeneral,
        about: Text::AboutGeneral,
        settings: &[
            plain("recordings", Text::SetRecordings, Control::Toggle),
            Setting { hint: Some(Text::SetRegionHint), ..plain("defaultRegion", Text::SetRegion, Control::Country) },
            plain("retentionDays", Text::SetRetention, Control::Number { min: 1, max: 3_650 }),
        ],
    },
];

/// The table's row of a path.
pub(crate) fn setting(path: &str) -> Option<&'static Setting> {
    GROUPS.iter().flat_map(|group| group.settings).find(|setting| setting.path == path)
}

/// What holds as long as it was never touched.
const DEFAULTS: [(&str, &str); 3] =
    [("forwarding-budgetMs", "700"), ("forwarding-ringSeconds", "25"), ("ringVolume", "60")];

/// A setting's value as a field shows it: text, a number's digits, `true` or `false`, nothing for `null`.
pub(crate) fn shown(settings: &Value, path: &str) -> String {
    match path.split('-').try_fold(settings, |value, name| value.get(name)) {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Number(number)) => number.to_string(),
        Some(Value::Bool(on)) => on.to_string(),
        // Something that is switched on as a whole, such as the working hours.
        Some(Value::Object(_)) => true.to_string(),
        Some(_) => String::new(),
        None => {
            DEFAULTS.iter().find(|(known, _)| *known == path).map(|(_, value)| *value).unwrap_or_default().to_owned()
        }
    }
}

/// Working hours as they begin.
const HOURS: &str = r#"{"days":[1,2,3,4,5],"from":"09:00","to":"18:00","responsible":null,"fixedUserId":null}"#;

/// Stores what a person typed or chose. A number that is none (yet) stays as text, for saving to refuse.
pub(crate) fn store(settings: &mut Value, setting: &Setting, text: String) {
    let number = |text: &str| text.trim().parse::<i64>().ok().map(Value::from);
    let value = match setting.control {
        Control::Toggle => Value::Bool(text == "true"),
        Control::Number { .. } => number(&text).unwrap_or(Value::String(text)),
        Control::User | Control::Pipeline | Control::Stage => number(&text).unwrap_or(Value::Null),
        Control::Country => Value::String(text.trim().to_ascii_uppercase()),
        Control::Choice(_) if text.is_empty() => Value::Null,
        Control::Words | Control::Choice(_) => Value::String(text),
        Control::Time => Value::String(text.trim().to_owned()),
        Control::Hours if text == "true" => json::read(HOURS).unwrap_or_default(),
        Control::Hours => Value::Null,
        // Each day is switched by itself.
        Control::Days => return,
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

/// Whether the setting is of use as things are: what it needs has the value, and is of use itself.
pub(crate) fn applies(settings: &Value, needing: &Setting) -> bool {
    needing.needs.is_none_or(|(path, value)| {
        shown(settings, path) == value && setting(path).is_none_or(|needed| applies(settings, needed))
    })
}

const DAYS: &str = "workingHours-days";

/// The working days.
pub(crate) fn days(settings: &Value) -> Vec<i64> {
    let days = DAYS.split('-').try_fold(settings, |value, name| value.get(name)).and_then(Value::as_array);
    days.into_iter().flatten().filter_map(Value::as_i64).collect()
}

/// Makes a day a working day, or not.
pub(crate) fn put_day(settings: &mut Value, day: u8, works: bool) {
    let before = days(settings);
    let day = i64::from(day);
    let after = (1..=7).filter(|one| if *one == day { works } else { before.contains(one) });
    let after: Vec<Value> = after.map(Value::from).collect();
    put(settings, DAYS, Value::Array(after));
}

/// What is wrong with the settings, for a person to put right before they are sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mistake {
    /// A number outside its range.
    Number { label: Text, min: u32, max: u32 },
    /// Not a time of day.
    Time(Text),
    /// Nothing chosen where something has to be.
    Choose(Text),
    /// A sentence of its own.
    Plain(Text),
}

/// The first mistake in the order of the window.
pub(crate) fn mistake(settings: &Value) -> Option<Mistake> {
    GROUPS.iter().flat_map(|group| group.settings).find_map(|setting| mistake_of(settings, setting))
}

/// What is wrong with one setting as it stands in the window.
pub(crate) fn mistake_of(settings: &Value, setting: &Setting) -> Option<Mistake> {
    let time = |path| TimeOfDay::try_from(shown(settings, path));
    let value = shown(settings, setting.path);
    let applies = applies(settings, setting);
    match setting.control {
        Control::Number { min, max } => {
            let good = value.parse().is_ok_and(|number: u32| (min..=max).contains(&number));
            (!good).then_some(Mistake::Number { label: setting.label, min, max })
        }
        Control::Country => {
            let good = value.len() == 2 && value.bytes().all(|letter| letter.is_ascii_uppercase());
            (!good).then_some(Mistake::Plain(Text::FailureCountry))
        }
        _ if !applies => None,
        Control::User => value.is_empty().then_some(Mistake::Choose(setting.label)),
        Control::Days => days(settings).is_empty().then_some(Mistake::Plain(Text::FailureDays)),
        Control::Time => match (time(setting.path), time("workingHours-from")) {
            (Err(_), _) => Some(Mistake::Time(setting.label)),
            (Ok(to), Ok(from)) if setting.path == "workingHours-to" && from >= to => {
                Some(Mistake::Plain(Text::FailureHours))
            }
            _ => None,
        },
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::{Forwarding, Settings, WorkingHours};

    fn defaults() -> Value {
        serde_json::to_value(Settings::default()).expect("settings are JSON")
    }

    fn with_hours() -> Value {
        let forwarding = Some(Forwarding::default());
        let working_hours = Some(WorkingHours::default());
        let settings = Settings { working_hours, forwarding, ring_volume: 59, ..Settings::default() };
        serde_json::to_value(settings).expect("settings are JSON")
    }

    fn stored(settings: &mut Value, path: &str, text: &str) {
        store(settings, setting(path).expect("a setting of the window"), text.to_owned());
    }

    #[test]
    fn every_row_names_a_setting_that_exists_and_every_choice_is_accepted() {
        for setting in GROUPS.iter().flat_map(|group| group.settings) {
            let mut settings = with_hours();
            let found = setting.path.split('-').try_fold(&settings, |value, name| value.get(name));
            assert!(found.is_some(), "{}", setting.path);
            put(&mut settings, "missed-fixedUserId", Value::from(7));
            put(&mut settings, "workingHours-fixedUserId", Value::from(7));
            let Control::Choice(choices) = setting.control else { continue };
            for (choice, _) in choices {
                store(&mut settings, setting, (*choice).to_owned());
                assert!(Settings::parse(&settings.to_string()).is_ok(), "{} {choice}", setting.path);
            }
        }
    }

    #[test]
    fn every_setting_is_in_the_window() {
        fn leaves(value: &Value, before: &str, found: &mut Vec<String>) {
            match value {
                Value::Object(fields) => fields.iter().for_each(|(name, field)| {
                    leaves(field, &if before.is_empty() { name.clone() } else { [before, "-", name].concat() }, found);
                }),
                _ => found.push(before.to_owned()),
            }
        }
        let mut found = vec![];
        leaves(&with_hours(), "", &mut found);
        let missing: Vec<&String> = found.iter().filter(|path| setting(path).is_none()).collect();
        assert!(missing.is_empty(), "{missing:?}");
    }

    #[test]
    fn a_field_the_window_does_not_know_is_carried_along() {
        let mut settings = defaults();
        put(&mut settings, "future", Value::from("kept"));
        stored(&mut settings, "missed-dueMinutes", "15");
        assert_eq!(shown(&settings, "missed-dueMinutes"), "15");
        assert_eq!(shown(&settings, "future"), "kept");
    }

    #[test]
    fn working_hours_are_switched_as_a_whole_and_by_day() {
        let mut settings = defaults();
        assert!(!applies(&settings, setting("workingHours-from").expect("exists")));
        stored(&mut settings, "workingHours", "true");
        let expected = Settings { working_hours: Some(WorkingHours::default()), ..Settings::default() };
        assert_eq!(Settings::parse(&settings.to_string()).ok(), Some(expected));
        put_day(&mut settings, 6, true);
        put_day(&mut settings, 1, false);
        assert_eq!(days(&settings), [2, 3, 4, 5, 6]);
        stored(&mut settings, "workingHours", "false");
        assert_eq!(Settings::parse(&settings.to_string()).ok(), Some(Settings::default()));
    }

    #[test]
    fn forwarding_that_was_never_touched_shows_what_holds_and_changes_by_the_field() {
        let (mut settings, explicit) = (defaults(), with_hours());
        for path in ["forwarding-fallback", "forwarding-budgetMs", "forwarding-ringSeconds"] {
            assert_eq!(shown(&settings, path), shown(&explicit, path), "{path}");
        }
        stored(&mut settings, "forwarding-ringSeconds", "15");
        let forwarding = Forwarding { ring_seconds: 15, ..Forwarding::default() };
        let expected = Settings { forwarding: Some(forwarding), ..Settings::default() };
        assert_eq!(Settings::parse(&settings.to_string()).ok(), Some(expected));
    }

    #[test]
    fn what_is_of_no_use_is_so_all_the_way_down() {
        let mut settings = defaults();
        stored(&mut settings, "missed-responsible", "fixed");
        let user = setting("missed-fixedUserId").expect("exists");
        assert!(applies(&settings, user));
        stored(&mut settings, "missed-task", "false");
        assert!(!applies(&settings, user), "without a task nobody gets it");
    }

    #[test]
    fn mistakes_are_found_before_saving() {
        assert_eq!(mistake(&defaults()), None);
        assert_eq!(mistake(&with_hours()), None);
        for bad in ["", "soon", "0", "-5", "3651", "1.5"] {
            let mut settings = defaults();
            stored(&mut settings, "retentionDays", bad);
            let expected = Mistake::Number { label: Text::SetRetention, min: 1, max: 3650 };
            assert_eq!(mistake(&settings), Some(expected), "{bad}");
            assert_eq!(shown(&settings, "retentionDays"), bad, "what was typed stays in the field");
        }
        for (path, text, expected) in [
            ("workingHours-from", "9", Mistake::Time(Text::SetHoursFrom)),
            ("workingHours-to", "24:01", Mistake::Time(Text::SetHoursTo)),
            ("workingHours-to", "09:00", Mistake::Plain(Text::FailureHours)),
            ("workingHours-responsible", "fixed", Mistake::Choose(Text::SetFixedUser)),
        ] {
            let mut settings = with_hours();
            stored(&mut settings, path, text);
            assert_eq!(mistake(&settings), Some(expected), "{path} {text}");
            stored(&mut settings, "workingHours", "false");
            assert_eq!(mistake(&settings), None, "switched off they do not matter");
        }
        for bad in ["", "d", "deu", "12"] {
            let mut settings = defaults();
            stored(&mut settings, "defaultRegion", bad);
            assert_eq!(mistake(&settings), Some(Mistake::Plain(Text::FailureCountry)), "{bad}");
        }
        let mut settings = with_hours();
        (1..=5).for_each(|day| put_day(&mut settings, day, false));
        assert_eq!(mistake(&settings), Some(Mistake::Plain(Text::FailureDays)));
    }
}
