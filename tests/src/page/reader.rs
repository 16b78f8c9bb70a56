//! Who reads the page, and what the CRM would show them.

use std::sync::Arc;

use axum::{extract::FromRequestParts, http::request::Parts};

use crate::{
    problem::Problem,
    state::{Account, Entity, EntityKind, Id, Reach, Session, Sim, User, World},
    surface,
};

/// The signed-in person, taken from the session cookie.
pub(super) struct Reader(pub(super) Session);

impl FromRequestParts<Arc<Sim>> for Reader {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, sim: &Arc<Sim>) -> Result<Self, Problem> {
        surface::session(&sim.lock(), &parts.headers).map(Self).ok_or_else(signed_out)
    }
}

fn signed_out() -> Problem {
    Problem::new(401, "Sign in first")
}

/// One account through the eyes of one of its users.
#[derive(Clone, Copy)]
pub(super) struct Sight<'a> {
    pub(super) account: &'a Account,
    pub(super) user: &'a User,
}

impl<'a> Sight<'a> {
    /// What the session's person sees, if the account exists and they still work there.
    pub(super) fn of(world: &'a World, session: &Session) -> Result<Self, Problem> {
        let account = world.accounts.get(&session.account);
        account
            .and_then(|account| {
                let user = account.users.get(&session.user).filter(|user| user.is_active)?;
                Some(Self { account, user })
            })
            .ok_or_else(signed_out)
    }

    /// Whether this user may view the entity.
    pub(super) fn sees(&self, kind: EntityKind, entity: &Entity) -> bool {
        if entity.is_deleted {
            return false;
        }
        if self.user.is_admin {
            return true;
        }
        let rights = match kind {
            EntityKind::Lead => self.user.rights.leads,
            EntityKind::Contact => self.user.rights.contacts,
            EntityKind::Company => self.user.rights.companies,
        };
        let own = entity.responsible_user_id == self.user.id;
        match rights.view {
            Reach::All => true,
            Reach::Group => own || self.group_of(entity) == Some(self.user.group_id),
            Reach::Own => own,
            Reach::Denied => false,
        }
    }

    fn group_of(&self, entity: &Entity) -> Option<Id> {
        let owner = self.account.users.get(&entity.responsible_user_id)?;
        Some(owner.group_id)
    }

    /// An entity this user may view.
    pub(super) fn entity(&self, kind: EntityKind, id: Id) -> Option<&'a Entity> {
        let entity = self.account.entity(kind, id)?;
        self.sees(kind, entity).then_some(entity)
    }

    /// Linked entities this user may view, in the order they were linked.
    pub(super) fn linked(&self, kind: EntityKind, id: Id, other: EntityKind) -> Vec<&'a Entity> {
        self.account.linked(kind, id, other).into_iter().filter_map(|id| self.entity(other, id)).collect()
    }

    /// A colleague's name; empty for robots and people who left.
    pub(super) fn name_of(&self, user: Id) -> &'a str {
        self.account.users.get(&user).map_or("", |user| user.name.as_str())
    }
}
