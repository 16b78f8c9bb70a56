//! Numbers that were read a moment ago. Every report of a call repeats its numbers, and each is needed several times
//! while the report is taken in and shown; reading one takes longer than storing the report.

use kommo_voip_domain::phone::{self, Dialled, PhoneKey};
use std::cell::RefCell;
use std::collections::HashMap;
use std::thread::LocalKey;

/// Numbers kept; then all are forgotten. Most calls last longer than so many others take to begin.
const MOST: usize = 500;

thread_local! {
    /// By region and text. What a number reads as is the same for every account.
    static READ: RefCell<HashMap<String, Dialled>> = RefCell::default();
    /// Numbers as people read them.
    static FORMATTED: RefCell<HashMap<String, String>> = RefCell::default();
}

/// What is longer is no number anybody would repeat, and must not fill the memory.
const LONGEST: usize = 40;

/// [`phone::read`], from memory if it can be.
pub fn read(text: &str, default_region: &str) -> Dialled {
    if text.len() > LONGEST {
        return phone::read(text, default_region);
    }
    kept(&READ, [default_region, " ", text].concat(), || phone::read(text, default_region))
}

/// [`phone::format`], from memory if it can be.
pub fn format(key: &PhoneKey) -> String {
    kept(&FORMATTED, key.to_string(), || phone::format(key))
}

/// What a memory has under a key, or what is made now and kept there.
fn kept<T: Clone>(memory: &'static LocalKey<RefCell<HashMap<String, T>>>, key: String, make: impl FnOnce() -> T) -> T {
    if let Some(known) = memory.with_borrow(|memory| memory.get(&key).cloned()) {
        return known;
    }
    let made = make();
    memory.with_borrow_mut(|memory| {
        if memory.len() >= MOST {
            memory.clear();
        }
        memory.insert(key, made.clone());
    });
    made
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_reads_as_the_domain_does_each_region_by_itself_however_many_there_are() {
        for number in 0..2 * MOST {
            let text = format!("030 55{number:05}");
            for region in ["DE", "US", "DE"] {
                let dialled = read(&text, region);
                assert_eq!(dialled, phone::read(&text, region), "{text} in {region}");
                assert_eq!(dialled.number().map(format), dialled.number().map(phone::format));
            }
        }
    }
}
