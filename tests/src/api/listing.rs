//! Lists: pages, order and filters as every resource understands them.

use serde_json::{Value, json};

use super::{Answer, Call, Reply};
use crate::{problem::Problem, state::World};

const DEFAULT_LIMIT: usize = 50;
const MOST: usize = 250;

impl Call {
    /// The values of `filter[name]`, whether sent once, as a list or comma-joined.
    pub(super) fn filter(&self, world: &World, name: &str) -> Option<Vec<String>> {
        if world.switches.filters_ignored {
            return None;
        }
        let exact = format!("filter[{name}]");
        let list = format!("filter[{name}][");
        let values: Vec<String> = self
            .query
            .iter()
            .filter(|(key, _)| {
                *key == exact
                    || key
                        .strip_prefix(&list)
                        .and_then(|rest| rest.strip_suffix(']'))
                        .is_some_and(|index| index.chars().all(|digit| digit.is_ascii_digit()))
            })
            .flat_map(|(_, value)| value.split(',').map(|part| part.trim().to_owned()))
            .collect();
        (!values.is_empty()).then_some(values)
    }

    /// Whether a value passes `filter[name]`; no such filter lets everything pass.
    pub(super) fn passes(&self, world: &World, name: &str, value: &str) -> bool {
        self.filter(world, name).is_none_or(|wanted| wanted.iter().any(|wanted| wanted == value))
    }

    /// Whether a moment passes `filter[name][from]` and `[to]`.
    pub(super) fn within(&self, world: &World, name: &str, moment: i64) -> bool {
        if world.switches.filters_ignored {
            return true;
        }
        let bound =
            |end: &str| self.parameter(&format!("filter[{name}][{end}]")).and_then(|value| value.parse::<i64>().ok());
        bound("from").is_none_or(|from| moment >= from) && bound("to").is_none_or(|to| moment <= to)
    }

    /// The field to sort by and whether descending, if the resource can.
    pub(super) fn order(&self, known: &[&str]) -> Option<(String, bool)> {
        self.query.iter().find_map(|(key, value)| {
            let field = key.strip_prefix("order[")?.strip_suffix(']')?;
            known.contains(&field).then(|| (field.to_owned(), value.eq_ignore_ascii_case("desc")))
        })
    }

    fn page(&self) -> Result<(usize, usize), Problem> {
        let number = |name: &str, default: usize| match self.parameter(name) {
            None => Ok(default),
            Some(text) => text
                .parse::<usize>()
                .ok()
                .filter(|number| *number > 0)
                .ok_or_else(|| Problem::new(400, format!("{name} must be a positive number"))),
        };
        let limit = number("limit", DEFAULT_LIMIT)?;
        if limit > MOST {
            return Err(Problem::new(400, "limit must not exceed 250"));
        }
        Ok((number("page", 1)?, limit))
    }

    fn page_link(&self, page: usize) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        for (key, value) in self.query.iter().filter(|(key, _)| key != "page") {
            query.append_pair(key, value);
        }
        query.append_pair("page", &page.to_string());
        format!("{}/api/{}?{}", self.base, self.path.join("/"), query.finish())
    }

    /// One page of a list, or 204 when it has nothing.
    pub(super) fn list(&self, name: &str, items: Vec<Value>, total: bool) -> Answer {
        let (page, limit) = self.page()?;
        let count = items.len();
        let start = (page - 1).saturating_mul(limit);
        if start >= count {
            return Ok(Reply::Empty(204));
        }
        let end = count.min(start + limit);
        let shown: Vec<Value> = items.into_iter().skip(start).take(limit).collect();
        let mut links = json!({"self": {"href": self.page_link(page)}});
        if end < count {
            links["next"] = json!({"href": self.page_link(page + 1)});
        }
        if page > 1 {
            links["prev"] = json!({"href": self.page_link(page - 1)});
        }
        let mut body = json!({"_page": page, "_links": links, "_embedded": {name: shown}});
        if total {
            body["_total_items"] = json!(count);
            body["_page_count"] = json!(count.div_ceil(limit));
        }
        Ok(Reply::Json(200, body))
    }

    pub(super) fn href(&self, path: &str) -> Value {
        json!({"self": {"href": format!("{}/api/v4/{path}", self.base)}})
    }
}
