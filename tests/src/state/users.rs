//! People of an account, what they may do, and the pipelines they work in.

use super::Id;

/// How far a right reaches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reach {
    /// `A`: every entity.
    All,
    /// `G`: entities of colleagues in the same group.
    Group,
    /// `M`: own entities.
    Own,
    /// `D`: none.
    Denied,
}

impl Reach {
    pub(crate) fn letter(self) -> &'static str {
        match self {
            Self::All => "A",
            Self::Group => "G",
            Self::Own => "M",
            Self::Denied => "D",
        }
    }

    pub(crate) fn from_letter(letter: &str) -> Option<Self> {
        match letter {
            "A" => Some(Self::All),
            "G" => Some(Self::Group),
            "M" => Some(Self::Own),
            "D" => Some(Self::Denied),
            _ => None,
        }
    }
}

/// Rights on one kind of entity.
#[derive(Debug, Clone, Copy)]
pub(crate) struct EntityRights {
    pub(crate) view: Reach,
    pub(crate) edit: Reach,
    pub(crate) add: Reach,
    pub(crate) delete: Reach,
    pub(crate) export: Reach,
}

impl Default for EntityRights {
    fn default() -> Self {
        Self { view: Reach::All, edit: Reach::All, add: Reach::All, delete: Reach::All, export: Reach::All }
    }
}

/// Everything a user may do. Administrators may do everything whatever stands here.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rights {
    pub(crate) leads: EntityRights,
    pub(crate) contacts: EntityRights,
    pub(crate) companies: EntityRights,
    pub(crate) tasks_edit: Reach,
    pub(crate) tasks_delete: Reach,
}

impl Default for Rights {
    fn default() -> Self {
        Self {
            leads: EntityRights::default(),
            contacts: EntityRights::default(),
            companies: EntityRights::default(),
            tasks_edit: Reach::All,
            tasks_delete: Reach::All,
        }
    }
}

/// A person of the account.
#[derive(Debug, Clone)]
pub(crate) struct User {
    pub(crate) id: Id,
    pub(crate) name: String,
    pub(crate) email: String,
    pub(crate) lang: String,
    pub(crate) is_admin: bool,
    pub(crate) is_free: bool,
    pub(crate) is_active: bool,
    pub(crate) group_id: Id,
    pub(crate) rights: Rights,
}

/// A pipeline with its stages.
#[derive(Debug, Clone)]
pub(crate) struct Pipeline {
    pub(crate) id: Id,
    pub(crate) name: String,
    pub(crate) sort: i64,
    pub(crate) is_main: bool,
    pub(crate) statuses: Vec<Status>,
}

impl Pipeline {
    /// The first stage a lead can be put into.
    pub(crate) fn first_regular(&self) -> Id {
        self.statuses.iter().find(|status| !status.is_incoming).map_or(142, |status| status.id)
    }

    /// The stage of incoming leads.
    pub(crate) fn incoming(&self) -> Option<Id> {
        self.statuses.iter().find(|status| status.is_incoming).map(|status| status.id)
    }
}

/// A stage of a pipeline.
#[derive(Debug, Clone)]
pub(crate) struct Status {
    pub(crate) id: Id,
    pub(crate) name: String,
    pub(crate) sort: i64,
    pub(crate) color: &'static str,
    /// The head of the pipeline, where incoming leads wait (`type` 1).
    pub(crate) is_incoming: bool,
}

/// Won: the same id in every pipeline.
pub(crate) const WON: Id = 142;
/// Lost: the same id in every pipeline.
pub(crate) const LOST: Id = 143;
