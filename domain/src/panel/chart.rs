//! Columns as a picture: how much there was of something, hour by hour or day by day.
//!
//! Drawn as SVG, since the heights are attributes of their own there: a page that forbids styles in attributes, as strict
//! security policies do, forbids none of it. A charting library would be many times as large as all the rest of this
//! page. Up and down, and not colour, tell the two kinds apart; the words stand beside the picture and in a table.

use super::element::{Element, element};

/// One column: what goes up from the line, and what goes down.
pub(crate) struct Column {
    /// What it stands for, such as an hour, in the user's language.
    pub(crate) name: String,
    pub(crate) up: u32,
    pub(crate) down: u32,
    /// Name and numbers, shown when it is pointed at.
    pub(crate) says: String,
}

/// Room for one column, and how much of it the column takes; the picture is stretched to its place.
const ROOM: u32 = 10;
const WIDE: u32 = 8;
/// From the highest to the lowest.
const HEIGHT: u64 = 1000;

/// The picture with the largest numbers at its side and some names below it.
pub(crate) fn chart(name: &'static str, label: &str, columns: &[Column], ticks: Vec<String>) -> Element {
    let most = |of: fn(&Column) -> u32| columns.iter().map(of).max().unwrap_or(0);
    let (up, down) = (most(|column| column.up), most(|column| column.down));
    let all = u64::from(up) + u64::from(down);
    // Rounded down, but what there is can be seen.
    let high = |count: u32| (u64::from(count) * HEIGHT).checked_div(all).unwrap_or(0).max(u64::from(count > 0) * 8);
    let line = high(up);
    let bars = columns.iter().zip(0_u32..).flat_map(|(column, index)| {
        let bar = |class: &str, count: u32, top: u64| {
            (count > 0).then(|| {
                rect(index * ROOM + (ROOM - WIDE) / 2, WIDE, top, high(count))
                    .class(class)
                    .child(element("title").text(column.says.as_str()))
            })
        };
        let top = line.saturating_sub(high(column.up));
        [bar("kv-bar-up", column.up, top), bar("kv-bar-down", column.down, line)].into_iter().flatten()
    });
    let wide = u32::try_from(columns.len()).unwrap_or(0).saturating_mul(ROOM);
    let zero = if down > 0 { None } else { Some(element("span").text("0")) };
    let number = |count: u32| element("span").text(count.to_string());
    element("div")
        .class("kv-plot")
        .child(
            element("div")
                .class("kv-scale")
                .with("aria-hidden", "true")
                .child(number(up))
                .maybe(zero)
                .maybe((down > 0).then(|| number(down))),
        )
        .child(
            element("svg")
                .named(name)
                .class("kv-chart")
                .with("viewBox", ["0 0 ", &wide.to_string(), " ", &HEIGHT.to_string()].concat())
                .with("preserveAspectRatio", "none")
                .with("role", "img")
                .with("aria-label", label)
                .children(bars)
                .child(axis(wide, line)),
        )
        .child(
            element("div")
                .class("kv-ticks")
                .with("aria-hidden", "true")
                .children(ticks.into_iter().map(|tick| element("span").text(tick))),
        )
}

fn rect(x: u32, width: u32, y: u64, height: u64) -> Element {
    element("rect")
        .with("x", x.to_string())
        .with("width", width.to_string())
        .with("y", y.to_string())
        .with("height", height.to_string())
}

/// What the columns stand on and hang from.
fn axis(wide: u32, y: u64) -> Element {
    let y = y.to_string();
    element("line").class("kv-axis").with("x1", "0").with("x2", wide.to_string()).with("y1", y.as_str()).with("y2", y)
}

/// A part of a whole, lying.
pub(crate) fn bar(part: f64, whole: f64) -> Element {
    let hundredths = if whole > 0.0 { (part / whole * 100.0).round().clamp(0.0, 100.0) as u32 } else { 0 };
    element("svg")
        .class("kv-lying")
        .with("viewBox", "0 0 100 1")
        .with("preserveAspectRatio", "none")
        .with("aria-hidden", "true")
        .child(rect(0, 100, 0, 1).class("kv-bar-none"))
        .child(rect(0, hundredths, 0, 1).class("kv-bar-up"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::panel::Child;

    fn column(up: u32, down: u32) -> Column {
        Column { name: String::new(), up, down, says: format!("{up} {down}") }
    }

    /// Class, top and height of each bar.
    fn bars(columns: &[Column]) -> Vec<(String, u64, u64)> {
        let picture = chart("c", "label", columns, vec![]);
        let svg = picture.find("c").expect("a picture");
        let number = |rect: &Element, name| rect.attribute(name).and_then(|text| text.parse().ok()).expect("a number");
        let rects = svg.children.iter().filter_map(|child| match child {
            Child::Element(rect) => Some(rect),
            Child::Text(_) => None,
        });
        rects
            .filter(|rect| rect.attribute("class") != Some("kv-axis"))
            .map(|rect| {
                (rect.attribute("class").unwrap_or_default().to_owned(), number(rect, "y"), number(rect, "height"))
            })
            .collect()
    }

    #[test]
    fn columns_stand_on_the_line_and_hang_from_it_in_proportion() {
        let drawn = bars(&[column(3, 1), column(0, 0), column(1, 0)]);
        let up = |top, high| ("kv-bar-up".to_owned(), top, high);
        assert_eq!(drawn, vec![up(0, 750), ("kv-bar-down".to_owned(), 750, 250), up(500, 250)]);
        assert_eq!(bars(&[column(0, 0)]), vec![]);
        assert_eq!(bars(&[]), vec![]);
        let huge = bars(&[column(u32::MAX, u32::MAX), column(1, 0)]);
        assert!(huge.iter().all(|(_, top, high)| *high > 0 && top + high <= HEIGHT), "{huge:?}");
    }
}
