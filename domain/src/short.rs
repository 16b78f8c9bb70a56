//! Ordering and collecting what is short: lines of a call, fields of a form, a page of a list. The standard library's
//! sorting is made for millions, and costs the Worker 4 kB for each type it is used with.

use std::collections::BTreeMap;

/// Puts a short list in order; equals keep theirs.
pub(crate) fn sort_by<T>(list: &mut [T], is_before: impl Fn(&T, &T) -> bool) {
    for end in 1..list.len() {
        let mut at = end;
        while at > 0 && matches!((list.get(at), list.get(at - 1)), (Some(one), Some(before)) if is_before(one, before))
        {
            list.swap(at, at - 1);
            at -= 1;
        }
    }
}

/// The same by the values' own order.
pub(crate) fn sort<T: Ord>(list: &mut [T]) {
    sort_by(list, |one, other| one < other);
}

/// A map of a few pairs; the last of one key counts.
pub(crate) fn map<K: Ord, V>(pairs: impl IntoIterator<Item = (K, V)>) -> BTreeMap<K, V> {
    let mut map = BTreeMap::new();
    map.extend(pairs);
    map
}

/// A JSON object of a few fields.
pub(crate) fn object<const N: usize>(
    fields: [(String, serde_json::Value); N],
) -> serde_json::Map<String, serde_json::Value> {
    let mut object = serde_json::Map::new();
    for (name, value) in fields {
        object.insert(name, value);
    }
    object
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_is_in_order_afterwards_and_equals_keep_theirs() {
        let mut list = vec![(2, 'a'), (1, 'b'), (2, 'c'), (0, 'd'), (1, 'e')];
        sort_by(&mut list, |one, other| one.0 < other.0);
        assert_eq!(list, [(0, 'd'), (1, 'b'), (1, 'e'), (2, 'a'), (2, 'c')]);
        let mut words = ["b", "", "a"];
        sort(&mut words);
        assert_eq!(words, ["", "a", "b"]);
        sort::<i64>(&mut []);
        assert_eq!(map([(1, 'a'), (1, 'b')]), BTreeMap::from([(1, 'b')]));
    }
}
