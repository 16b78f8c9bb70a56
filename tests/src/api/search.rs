//! `query`: a search over all filled fields whose index lags behind.

use crate::state::{Entity, SearchMode, World};

fn digits(text: &str) -> String {
    text.chars().filter(char::is_ascii_digit).collect()
}

fn literal(texts: &[String], query: &str) -> bool {
    let query = query.to_lowercase();
    texts.iter().any(|text| text.to_lowercase().contains(&query))
}

/// Whether the index finds the entity by this query now.
pub(super) fn finds(world: &World, entity: &Entity, query: &str) -> bool {
    let up_to_date = world.now() - entity.indexed.changed_at >= world.switches.search_lag;
    let current;
    let texts = if up_to_date {
        current = entity.texts();
        &current
    } else {
        &entity.indexed.before
    };
    let wanted = digits(query);
    match world.switches.search_mode {
        SearchMode::Digits if !wanted.is_empty() => texts.iter().any(|text| digits(text).contains(&wanted)),
        SearchMode::Digits | SearchMode::Literal => literal(texts, query.trim()),
    }
}
