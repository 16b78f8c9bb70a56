//! Following an account whose subdomain was renamed.
//!
//! Two witnesses are believed: a one-time token that Kommo signed (its issuer is the account's address), and the
//! lookup Kommo offers for holders of the refresh token. Either way the new host must be one label under an allowed
//! domain, because the client secret is sent there.

use super::Hub;
use super::client::Errand;
use super::identity::{Identity, names};
use super::slots::Purpose;
use crate::adapters::clock;
use crate::adapters::d1::{
    self,
    installations::{self, InstallationId},
};
use crate::log;
use kommo_voip_domain::kommo::host;
use kommo_voip_domain::kommo::oauth::CurrentSubdomain;
use kommo_voip_domain::token::Claims;

impl Hub {
    /// Asks Kommo where the account lives now; `true` when it moved and the move is stored.
    pub(super) async fn follow_host(&self, errand: &Errand, identity: &Identity) -> bool {
        let Some(api_domain) =
            identity.api_domain.as_deref().and_then(|domain| host::account_host(domain, &self.config.domains()))
        else {
            return false;
        };
        let Ok(refresh_token) =
            self.stored_pair().and_then(|pair| self.open_token(identity.account, &pair.refresh, "refresh"))
        else {
            return false;
        };
        let errand = Errand { purpose: Purpose::Admin, ..errand.clone() };
        let Ok(answer) = self.send(&errand, &api_domain, None, &CurrentSubdomain { refresh_token }).await else {
            return false;
        };
        if answer.id != identity.account {
            return false;
        }
        let Some(new_host) = host::account_host(&answer.domain, &self.config.domains()) else { return false };
        self.move_to(identity, new_host, clock::now().seconds()).await
    }

    /// A valid one-time token names the account's present address.
    pub(super) async fn learn_host(&self, identity: &Identity, claims: &Claims) -> bool {
        let Some(new_host) = host::host_of_issuer(&claims.iss, &self.config.domains()) else { return false };
        claims.iat >= identity.host_seen_at && self.move_to(identity, new_host, claims.iat).await
    }

    async fn move_to(&self, identity: &Identity, new_host: String, seen_at: i64) -> bool {
        if new_host == identity.host {
            return false;
        }
        let moved = Identity { host: new_host, host_seen_at: seen_at, ..identity.clone() };
        if let Err(error) = self.store.set_value(names::IDENTITY, &moved) {
            log::error("the account's new host could not be stored", &[("error", error.to_string().into())]);
            return false;
        }
        log::info("the account was renamed", &[("host", moved.host.clone().into())]);
        let subdomain = moved.host.split('.').next().unwrap_or_default().to_owned();
        let written = match d1::database(&self.env) {
            Ok(db) => {
                installations::set_host(&db, InstallationId(moved.installation), &moved.host, &subdomain, clock::now())
                    .await
            }
            Err(error) => Err(error),
        };
        if let Err(error) = written {
            log::warn("the account's new host is not in D1 yet", &[("error", error.to_string().into())]);
        }
        true
    }
}
