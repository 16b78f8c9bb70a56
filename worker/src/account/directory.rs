//! The account, its pipelines and its people as Kommo last told them.

use super::Hub;
use super::client::Errand;
use super::identity::names;
use super::slots::Purpose;
use super::store::StoreError;
use crate::adapters::clock;
use kommo_voip_domain::ids::UserId;
use kommo_voip_domain::kommo::KommoError;
use kommo_voip_domain::kommo::account::GetAccount;
use kommo_voip_domain::kommo::pipelines::ListPipelines;
use kommo_voip_domain::kommo::users::{ListUsers, User};
use kommo_voip_domain::plan::{AccountFacts, Colleague};
use kommo_voip_domain::time::{Millis, Moment};
use serde::{Deserialize, Serialize};
use std::rc::Rc;

/// Rights and names are at most this old where they decide something.
const FRESH: Millis = Millis::minutes(10);
/// For owners and names on the way of a call an older reading serves; a ringing phone does not wait for a new one.
const GOOD_ENOUGH: Millis = Millis::minutes(60);
/// Pages of 250 users we read; beyond, an account is larger than anything Kommo sells.
const MOST_PAGES: u32 = 8;

/// What Kommo told of the account.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Directory {
    /// The account and its pipelines.
    pub account: AccountFacts,
    /// Everybody in the account.
    pub users: Vec<Colleague>,
    /// The user our token belongs to: as whom we write.
    #[serde(default)]
    pub ourselves: Option<UserId>,
    /// When it was read.
    pub read_at: Moment,
}

impl Directory {
    /// A user of the account.
    pub fn user(&self, id: UserId) -> Option<&Colleague> {
        self.users.iter().find(|user| user.id == id)
    }

    /// Recent enough to decide over rights.
    pub fn is_fresh(&self, now: Moment) -> bool {
        now - self.read_at < FRESH
    }
}

fn colleague(user: User) -> Colleague {
    Colleague {
        id: user.id,
        is_active: user.is_active(),
        is_admin: user.rights.is_admin,
        group: user.rights.group_id,
        name: user.name,
        email: user.email,
        view: user.rights,
    }
}

impl Hub {
    /// What was last read, however old; empty before the first reading.
    pub(super) fn known_directory(&self) -> Result<Rc<Directory>, StoreError> {
        self.store.shared(names::DIRECTORY)
    }

    /// A recent reading. Where Kommo cannot be asked, an older reading serves.
    pub(super) async fn directory(&self, errand: &Errand) -> Result<Rc<Directory>, KommoError> {
        let known = self.known_directory().map_err(|_| KommoError::Deferred)?;
        if known.is_fresh(clock::now()) {
            return Ok(known);
        }
        match self.read_directory(errand).await {
            Ok(directory) => Ok(directory),
            Err(_) if !known.users.is_empty() => Ok(known),
            Err(error) => Err(error),
        }
    }

    /// A reading that is good enough for a call.
    pub(super) async fn directory_for_call(&self, errand: &Errand) -> Result<Rc<Directory>, KommoError> {
        let known = self.known_directory().map_err(|_| KommoError::Deferred)?;
        let is_good = clock::now() - known.read_at < GOOD_ENOUGH || errand.purpose == Purpose::Ring;
        if !known.users.is_empty() && is_good {
            return Ok(known);
        }
        // Read for the account, not for the call that happens to come first after an hour.
        self.directory(&Errand { call: None, ..errand.clone() }).await
    }

    /// Kommo contradicted what we believe of the account: the next look is a new one.
    pub(super) fn doubt_directory(&self) -> Result<(), StoreError> {
        let known = self.known_directory()?;
        self.store.set_value(names::DIRECTORY, &Directory { read_at: Moment(0), ..(*known).clone() })
    }

    /// Reads account, pipelines and users anew: three requests for most accounts. Whoever had to wait for somebody
    /// else's reading takes that one.
    pub(super) async fn read_directory(&self, errand: &Errand) -> Result<Rc<Directory>, KommoError> {
        let asked_at = clock::now();
        let _turn = self.reading.turn().await.ok_or(KommoError::Deferred)?;
        let known = self.known_directory().map_err(|_| KommoError::Deferred)?;
        if known.read_at > asked_at {
            return Ok(known);
        }
        let account = self.ask(errand, &GetAccount).await?;
        let pipelines = self.ask(errand, &ListPipelines).await?;
        let mut users = Vec::new();
        let mut page = Some(1);
        while let Some(number) = page.filter(|number| *number <= MOST_PAGES) {
            let answer = self.ask(errand, &ListUsers { page: number }).await?;
            users.extend(answer.items.into_iter().map(colleague));
            page = answer.next.filter(|next| *next > number);
        }
        let directory = Directory {
            account: AccountFacts {
                language: account.language.unwrap_or_default(),
                currency: account.currency,
                incoming_leads: account.is_unsorted_on,
                pipelines,
                utc_offset_minutes: account.utc_offset_minutes,
                time_zone: account.timezone,
            },
            users,
            ourselves: Some(account.current_user_id),
            read_at: clock::now(),
        };
        self.store.set_value(names::DIRECTORY, &directory).map_err(|_| KommoError::Deferred)?;
        Ok(Rc::new(directory))
    }
}
