//! The key-value store.

use crate::{Result, twin};
use std::rc::Rc;

/// The store. What it holds outlives every death.
pub struct KvStore(pub(crate) ());

impl KvStore {
    /// Removes a value.
    pub async fn delete(&self, name: &str) -> Result<()> {
        let (world, name) = (twin::world(), name.to_owned());
        twin::aside(async move { drop(world.values.borrow_mut().remove(&name)) }).await;
        Ok(())
    }

    /// Stores a value, once it is executed.
    pub fn put(&self, name: &str, value: String) -> Result<Put> {
        Ok(Put { world: twin::world(), name: name.to_owned(), value })
    }
}

/// A value on its way.
pub struct Put {
    world: Rc<twin::World>,
    name: String,
    value: String,
}

impl Put {
    /// Stores it.
    pub async fn execute(self) -> Result<()> {
        twin::aside(async move { drop(self.world.values.borrow_mut().insert(self.name, self.value)) }).await;
        Ok(())
    }
}
