//! What a rehearsal of a deploy found, step by step, and what a deploy would do.

use std::fmt;

/// How one step of the rehearsal ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Found {
    /// As it should be; with what is worth knowing.
    Good(String),
    /// A deploy would stop here.
    Wrong(Vec<String>),
    /// It could not be looked at, mostly for want of a sign-in.
    Unknown(String),
}

/// The steps in the order of a deploy.
#[derive(Debug, Default)]
pub(super) struct Report {
    steps: Vec<(&'static str, Found)>,
}

impl Report {
    pub(super) fn add(&mut self, step: &'static str, found: Found) {
        self.steps.push((step, found));
    }

    fn count(&self, fits: impl Fn(&Found) -> bool) -> usize {
        self.steps.iter().filter(|(_, found)| fits(found)).count()
    }

    /// A deploy would not get through.
    pub(super) fn has_mistakes(&self) -> bool {
        self.count(|found| matches!(found, Found::Wrong(_))) > 0
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (step, found) in &self.steps {
            match found {
                Found::Good(what) => writeln!(f, "ok       {step}: {what}")?,
                Found::Unknown(why) => writeln!(f, "unknown  {step}: {why}")?,
                Found::Wrong(mistakes) => {
                    writeln!(f, "wrong    {step}:")?;
                    for mistake in mistakes {
                        writeln!(f, "           {mistake}")?;
                    }
                }
            }
        }
        let (wrong, unknown) = (
            self.count(|found| matches!(found, Found::Wrong(_))),
            self.count(|found| matches!(found, Found::Unknown(_))),
        );
        writeln!(f)?;
        match (wrong, unknown) {
            (0, 0) => writeln!(
                f,
                "A deploy would apply the pending migrations to D1 and then put the Worker in place. Nothing was changed."
            ),
            (0, _) => writeln!(
                f,
                "A deploy would look at what is unknown here first, and stop if it is wrong; then apply the pending \
                 migrations to D1 and put the Worker in place. Nothing was changed."
            ),
            (_, _) => writeln!(f, "A deploy would stop before changing anything. Nothing was changed."),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(steps: &[Found]) -> Report {
        let mut report = Report::default();
        steps.iter().for_each(|found| report.add("step", found.clone()));
        report
    }

    #[test]
    fn the_end_says_what_a_deploy_would_do() {
        let good = Found::Good("fine".into());
        let unknown = Found::Unknown("not signed in".into());
        let wrong = Found::Wrong(vec!["put in an id".into()]);
        for (steps, end, stops) in [
            (vec![good.clone(), good.clone()], "put the Worker in place. Nothing was changed.\n", false),
            (vec![good.clone(), unknown.clone()], "put the Worker in place. Nothing was changed.\n", false),
            (vec![good, unknown, wrong], "would stop before changing anything. Nothing was changed.\n", true),
        ] {
            let report = report(&steps);
            assert!(report.to_string().ends_with(end), "{report}");
            assert_eq!(report.has_mistakes(), stops);
        }
    }

    #[test]
    fn every_mistake_has_its_line_and_what_is_unknown_its_reason() {
        let text = report(&[
            Found::Wrong(vec!["first".into(), "second".into()]),
            Found::Unknown("sign in with `npx wrangler login`".into()),
        ])
        .to_string();
        assert!(text.contains("           first\n           second\n"), "{text}");
        assert!(text.contains("unknown  step: sign in"), "{text}");
    }
}
