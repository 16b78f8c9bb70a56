//! Headers, case-insensitive by name.

use crate::Result;
use std::cell::RefCell;

/// The headers of a request or an answer.
#[derive(Debug, Clone, Default)]
pub struct Headers(RefCell<Vec<(String, String)>>);

impl Headers {
    /// None.
    pub fn new() -> Self {
        Self::default()
    }

    /// A header's value; several are joined.
    pub fn get(&self, name: &str) -> Result<Option<String>> {
        let pairs = self.0.borrow();
        let found: Vec<&str> = pairs.iter().filter(|(known, _)| is(known, name)).map(|(_, value)| &**value).collect();
        Ok((!found.is_empty()).then(|| found.join(", ")))
    }

    /// Whether there is a header of this name.
    pub fn has(&self, name: &str) -> Result<bool> {
        Ok(self.get(name)?.is_some())
    }

    /// One more header.
    pub fn append(&self, name: &str, value: &str) -> Result<()> {
        self.0.borrow_mut().push((name.to_ascii_lowercase(), value.to_owned()));
        Ok(())
    }

    /// A header in place of those of its name.
    pub fn set(&self, name: &str, value: &str) -> Result<()> {
        self.delete(name)?;
        self.append(name, value)
    }

    /// Takes the headers of a name away.
    pub fn delete(&self, name: &str) -> Result<()> {
        self.0.borrow_mut().retain(|(known, _)| !is(known, name));
        Ok(())
    }

    /// All of them.
    pub fn entries(&self) -> std::vec::IntoIter<(String, String)> {
        self.0.borrow().clone().into_iter()
    }
}

fn is(known: &str, name: &str) -> bool {
    known.eq_ignore_ascii_case(name)
}
