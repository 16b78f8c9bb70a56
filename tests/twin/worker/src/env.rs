//! Variables and bindings.

use crate::{D1Database, Error, KvStore, ObjectNamespace, Result, twin};
use std::fmt;

/// The Worker's variables and bindings.
#[derive(Debug, Clone)]
pub struct Env(pub(crate) ());

impl Env {
    /// A variable or a secret.
    pub fn var(&self, name: &str) -> Result<Var> {
        let world = twin::world();
        world.variables.get(name).cloned().map(Var).ok_or_else(|| Error::JsError(format!("{name} is not set")))
    }

    /// The shared database.
    pub fn d1(&self, _name: &str) -> Result<D1Database> {
        Ok(D1Database(twin::world().shared.clone()))
    }

    /// The key-value store.
    pub fn kv(&self, _name: &str) -> Result<KvStore> {
        Ok(KvStore(()))
    }

    /// The objects.
    pub fn durable_object(&self, _name: &str) -> Result<ObjectNamespace> {
        Ok(ObjectNamespace(()))
    }
}

/// A variable.
pub struct Var(String);

impl fmt::Display for Var {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What goes on beside an answer of the Worker's.
pub struct Context(pub(crate) ());

impl Context {
    /// Goes on with `work` after the answer.
    pub fn wait_until(&self, work: impl Future<Output = ()> + 'static) {
        drop(twin::world().life().spawn(work));
    }
}

/// What goes on beside a scheduled run.
pub struct ScheduleContext(pub(crate) ());

/// A scheduled run.
pub struct ScheduledEvent(pub(crate) ());
