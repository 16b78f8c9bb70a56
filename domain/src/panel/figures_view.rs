//! How the figures look: the numbers that count, three pictures, and each picture as a table for who cannot see it or
//! wants to know it exactly.

use super::card_view::span_text;
use super::chart::{Column, bar, chart};
use super::element::{Element, element};
use super::form::UserOption;
use super::{FigureLocale, Text, Texts};
use crate::protocol::FiguresResponse;

/// The best rating there is.
const BEST: f64 = 5.0;

struct Page<'a> {
    figures: &'a FiguresResponse,
    users: &'a [UserOption],
    texts: &'a Texts,
    locale: &'a dyn FigureLocale,
}

/// The section with all of it.
pub(crate) fn view(
    figures: &FiguresResponse,
    users: &[UserOption],
    texts: &Texts,
    locale: &dyn FigureLocale,
) -> Element {
    let page = Page { figures, users, texts, locale };
    let section = element("section")
        .class("kv-section")
        .named("figures")
        .child(element("h3").class("kv-heading").text(texts.get(Text::FiguresHeading)))
        .child(page.totals());
    if figures.calls == 0 {
        return section;
    }
    section
        .child(element("p").class("kv-hint").text(texts.with(Text::FiguresZone, &[("zone", &figures.time_zone)])))
        .child(element("div").class("kv-both").child(page.hours()).child(page.days()))
        .maybe((!figures.ratings.is_empty()).then(|| page.ratings()))
}

impl Page<'_> {
    fn words(&self, text: Text) -> &str {
        self.texts.get(text)
    }

    fn count(&self, count: u32) -> String {
        self.locale.number(f64::from(count))
    }

    fn totals(&self) -> Element {
        let figures = self.figures;
        let tile = |name: &'static str, label: Text, value: String| {
            element("div")
                .class("kv-tile")
                .child(element("dt").class("kv-label").text(self.words(label)))
                .child(element("dd").named(name).text(value))
        };
        element("dl")
            .class("kv-tiles")
            .child(tile("figure-calls", Text::FiguresCalls, self.count(figures.calls)))
            .child(tile("figure-answered", Text::FiguresAnswered, self.count(figures.answered)))
            .child(tile("figure-unanswered", Text::FiguresUnanswered, self.count(figures.unanswered)))
            .child(tile("figure-average", Text::FiguresAverage, span_text(figures.average_talk)))
            .child(tile("figure-talk", Text::FiguresTalk, span_text(figures.talk)))
    }

    fn hours(&self) -> Element {
        let columns: Vec<Column> = self
            .figures
            .hours
            .iter()
            .zip(0_u8..)
            .map(|(calls, hour)| {
                let name = self.locale.hour(hour);
                let says = [&name, ": ", &self.count(*calls)].concat();
                Column { name, up: *calls, down: 0, says }
            })
            .collect();
        let most = columns.iter().rev().max_by_key(|column| column.up);
        let label = most.map(|column| {
            let places = [("hour", column.name.as_str()), ("count", &self.count(column.up))];
            self.texts.with(Text::FiguresMostAt, &places)
        });
        let ticks = [0, 6, 12, 18, 24].map(|hour| self.locale.hour(hour)).into();
        self.figure(
            Text::FiguresHours,
            label,
            "figure-hours",
            &columns,
            ticks,
            &[Text::FiguresHour, Text::FiguresCalls],
        )
    }

    fn days(&self) -> Element {
        let columns: Vec<Column> = self
            .figures
            .days
            .iter()
            .map(|day| {
                let name = self.locale.day(&day.day);
                let answered = [self.words(Text::FiguresAnswered), " ", &self.count(day.answered)].concat();
                let unanswered = [self.words(Text::FiguresUnanswered), " ", &self.count(day.unanswered)].concat();
                let says = [&name, ": ", &answered, ", ", &unanswered].concat();
                Column { name, up: day.answered, down: day.unanswered, says }
            })
            .collect();
        let label = self.texts.with(
            Text::FiguresOfAll,
            &[("answered", &self.count(self.figures.answered)), ("unanswered", &self.count(self.figures.unanswered))],
        );
        let at = |index: usize| columns.get(index).map(|column| column.name.clone());
        let ticks = match columns.len() {
            0 => vec![],
            1 => vec![at(0)],
            2 => vec![at(0), at(1)],
            many => vec![at(0), at(many / 2), at(many - 1)],
        };
        let ticks = ticks.into_iter().flatten().collect();
        let heads = [Text::FiguresDay, Text::FiguresAnswered, Text::FiguresUnanswered];
        self.figure(Text::FiguresDays, Some(label), "figure-days", &columns, ticks, &heads)
    }

    /// A picture with its heading, what it says in words, and its table.
    fn figure(
        &self,
        heading: Text,
        label: Option<String>,
        name: &'static str,
        columns: &[Column],
        ticks: Vec<String>,
        heads: &[Text],
    ) -> Element {
        let label = label.unwrap_or_default();
        let spoken = [self.words(heading), ". ", &label].concat();
        let has_two = heads.len() > 2;
        let rows = columns.iter().map(|column| {
            element("tr")
                .child(element("th").with("scope", "row").text(column.name.as_str()))
                .child(element("td").text(self.count(column.up)))
                .maybe(has_two.then(|| element("td").text(self.count(column.down))))
        });
        let legend = has_two.then(|| {
            let entry = |class: &str, sign: &str, text: Text| {
                element("span").class(class).text([sign, " ", self.words(text)].concat())
            };
            element("div")
                .class("kv-legend")
                .with("aria-hidden", "true")
                .child(entry("kv-legend-up", "▲", Text::FiguresAnswered))
                .child(entry("kv-legend-down", "▼", Text::FiguresUnanswered))
        });
        element("div")
            .class("kv-grow")
            .child(element("h4").class("kv-label").text(self.words(heading)))
            .child(element("p").class("kv-hint").text(label))
            .child(chart(name, &spoken, columns, ticks))
            .maybe(legend)
            .child(
                element("details")
                    .child(element("summary").class("kv-hint").text(self.words(Text::FiguresTable)))
                    .child(table([name, "-table"].concat(), self.heads(heads), rows)),
            )
    }

    fn heads(&self, heads: &[Text]) -> Element {
        element("tr").children(heads.iter().map(|head| element("th").with("scope", "col").text(self.words(*head))))
    }

    fn ratings(&self) -> Element {
        let heads = [Text::FiguresManager, Text::FiguresRating, Text::FiguresRated];
        let rows = self.figures.ratings.iter().map(|rating| {
            let known = self.users.iter().find(|user| user.id == rating.user);
            let name = known.map_or_else(|| rating.user.to_string(), |user| user.name.clone());
            element("tr")
                .keyed(rating.user.to_string())
                .child(element("th").with("scope", "row").with("dir", "auto").text(name))
                .child(
                    element("td").child(
                        element("div")
                            .class("kv-rating")
                            .child(bar(rating.average, BEST))
                            .child(element("span").text(self.locale.number(rating.average))),
                    ),
                )
                .child(element("td").text(self.count(rating.count)))
        });
        element("div").child(element("h4").class("kv-label").text(self.words(Text::FiguresRatings))).child(table(
            "figure-ratings".to_owned(),
            self.heads(&heads),
            rows,
        ))
    }
}

fn table(name: String, head: Element, rows: impl Iterator<Item = Element>) -> Element {
    element("table")
        .class("kv-table kv-narrow")
        .named(name)
        .child(element("thead").child(head))
        .child(element("tbody").children(rows))
}

#[cfg(test)]
mod tests {
    use super::super::texts::tests::{PlainLocale, english};
    use super::*;
    use crate::ids::UserId;
    use crate::protocol::{DayFigure, RatingFigure};

    #[test]
    fn every_picture_is_a_table_as_well() {
        let mut hours = vec![0; 24];
        hours[9] = 3;
        hours[23] = 1;
        let day = |day: &str, answered, unanswered| DayFigure { day: day.into(), answered, unanswered };
        let figures = FiguresResponse {
            time_zone: "Europe/Berlin".into(),
            everybody: true,
            calls: 4,
            answered: 3,
            unanswered: 1,
            talk: 3700,
            average_talk: 1233,
            hours,
            days: vec![day("2026-11-26", 1, 1), day("2026-11-27", 2, 0)],
            ratings: vec![RatingFigure { user: UserId(2), count: 2, average: 4.5 }],
        };
        let users = [UserOption { id: UserId(2), name: "Max <b>".into() }];
        let shown = view(&figures, &users, &english(), &PlainLocale);
        let text = |name: &str| shown.find(name).map(Element::all_text).unwrap_or_default();
        assert_eq!(
            (text("figure-calls"), text("figure-average"), text("figure-talk")),
            ("4".into(), "20:33".into(), "1:01:40".into())
        );
        assert!(text("figure-hours-table").contains("9 h3"), "{}", text("figure-hours-table"));
        assert!(text("figure-days-table").ends_with("2026-11-26112026-11-2720"), "{}", text("figure-days-table"));
        assert!(text("figure-ratings").ends_with("Max <b>4.52"), "{}", text("figure-ratings"));
        assert!(shown.all_text().contains("Europe/Berlin"));
        let label = shown.find("figure-hours").and_then(|svg| svg.attribute("aria-label").map(str::to_owned));
        assert!(label.is_some_and(|label| label.contains("9 h") && label.contains('3')));
    }

    #[test]
    fn without_calls_there_is_nothing_to_draw() {
        let shown = view(&FiguresResponse::default(), &[], &english(), &PlainLocale);
        assert!(shown.find("figure-calls").is_some() && shown.find("figure-hours").is_none());
    }
}
