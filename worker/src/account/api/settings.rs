//! `GET` and `PUT settings`, `PUT active`.

use super::super::Hub;
use super::super::identity::{Identity, StoredSettings, names};
use super::super::live::SIGN_IN_AGAIN;
use super::super::reply::{self, Refusal};
use super::super::store::StoreError;
use super::Asked;
use crate::adapters::clock;
use crate::adapters::d1::{self, installations::InstallationId, settings_table};
use crate::adapters::snapshots::{self, Snapshot};
use crate::log;
use kommo_voip_domain::plan::advice;
use kommo_voip_domain::protocol::Active;
use kommo_voip_domain::settings::Settings;
use kommo_voip_domain::webhook;
use worker::Response;

/// Follows from what is shown, not from the version: that also grows when the provider or the switch changes, and
/// whoever has the settings window open while doing so must still be able to save it.
fn etag(settings: &Settings) -> Result<String, StoreError> {
    Ok(format!("\"{}\"", webhook::body_digest(&serde_json::to_vec(settings)?)))
}

fn with_etag(settings: &Settings) -> Result<Response, Refusal> {
    let response = reply::json(200, settings).map_err(reply::runtime)?;
    response.headers().set("ETag", &etag(settings)?).map_err(reply::runtime)?;
    Ok(response)
}

impl Hub {
    pub(in super::super) async fn get_settings(&self, asked: &Asked) -> Result<Response, Refusal> {
        let _ = asked;
        with_etag(&self.settings()?.settings)
    }

    pub(in super::super) async fn put_settings(&self, asked: &Asked) -> Result<Response, Refusal> {
        self.require_admin(asked).await?;
        let settings = Settings::parse(&asked.body).map_err(|error| Refusal::invalid(format!("{error}.")))?;
        let stored = self.settings()?;
        let present = etag(&stored.settings)?;
        if asked.if_match.as_ref().is_some_and(|wanted| *wanted != "*" && *wanted != present) {
            return Err(self.changed_meanwhile(&stored));
        }
        self.refuse_what_is_gone(&stored.settings, &settings).await?;
        let by = Some((asked.claims.user_id, clock::now().seconds()));
        let changed = StoredSettings { settings, version: stored.version + 1, changed: by, ..(*stored).clone() };
        self.store_settings(&asked.identity, &changed, None).await?;
        self.tell_settings(&changed.settings, asked.claims.user_id);
        with_etag(&changed.settings)
    }

    /// Nobody's settings are overwritten unseen: whoever is late learns whose they are.
    fn changed_meanwhile(&self, stored: &StoredSettings) -> Refusal {
        let refusal = Refusal::new(
            412,
            "changed_meanwhile",
            "Somebody else changed the settings",
            "Another administrator saved the settings meanwhile. Load them, compare, and save again.",
        );
        let Some((user, at)) = stored.changed else { return refusal };
        let directory = self.known_directory().ok();
        let known = directory.as_ref().and_then(|directory| directory.user(user));
        refusal.changed_by(known.map_or_else(|| format!("#{user}"), |user| user.name.clone()), at)
    }

    /// Nobody can choose what does not exist. What was chosen before and is gone since may stay: it is told elsewhere,
    /// and must not keep an administrator from changing something else.
    async fn refuse_what_is_gone(&self, stored: &Settings, wanted: &Settings) -> Result<(), Refusal> {
        let known = self.known_directory()?;
        let complaints = |settings: &Settings| advice::advice(settings, &known.account, &known.users);
        let before = complaints(stored);
        if complaints(wanted).iter().all(|advice| before.contains(advice)) {
            return Ok(());
        }
        // It may have been made a moment ago.
        let now = self.read_directory(&self.admin_errand()).await?;
        let found = advice::advice(wanted, &now.account, &now.users);
        let new = found.into_iter().find(|advice| advice.is_wrong && !before.contains(advice));
        new.map_or(Ok(()), |advice| Err(Refusal::invalid(format!("{}: {}", advice.field, advice.text))))
    }

    pub(in super::super) async fn put_active(&self, asked: &Asked) -> Result<Response, Refusal> {
        self.require_admin(asked).await?;
        let wanted: Active = super::read(&asked.body)?;
        if wanted.active && self.connections(asked.identity.account)?.current.is_none() {
            return Err(Refusal::new(
                409,
                "no_provider",
                "No telephony provider is connected",
                "Choose a provider and enter its credentials first.",
            ));
        }
        self.set_active(&asked.identity, wanted.active).await?;
        reply::json(200, &wanted).map_err(reply::runtime)
    }

    /// Switches the product on or off for the account.
    pub(in super::super) async fn set_active(&self, identity: &Identity, active: bool) -> Result<(), Refusal> {
        let stored = self.settings()?;
        if stored.active == active {
            return Ok(());
        }
        self.store_settings(
            identity,
            &StoredSettings { active, version: stored.version + 1, ..(*stored).clone() },
            None,
        )
        .await?;
        if !active {
            self.close_sockets(SIGN_IN_AGAIN, "switched off");
        }
        Ok(())
    }

    /// Writes settings through: D1 first, because a change counts only once it is shared, then our own copy. `voip`
    /// is a newly sealed connection, if that changes as well.
    pub(in super::super) async fn store_settings(
        &self,
        identity: &Identity,
        changed: &StoredSettings,
        voip: Option<&str>,
    ) -> Result<(), Refusal> {
        let json = serde_json::to_string(&changed.settings).map_err(StoreError::from)?;
        let row = settings_table::StoredSettings::new(voip.map(str::to_owned), changed.active, json, changed.version);
        settings_table::store(&d1::database(&self.env)?, InstallationId(identity.installation), identity.account, &row)
            .await?;
        self.store.tx(|| {
            self.store.set_value(names::SETTINGS, changed)?;
            voip.map_or(Ok(()), |sealed| self.store.set_value(names::VOIP, &sealed))
        })?;
        let snapshot =
            Snapshot { active: changed.active, settings: changed.settings.clone(), version: changed.version };
        let (env, account) = (self.env.clone(), identity.account);
        self.state.wait_until(async move {
            if let Err(error) = snapshots::put(&env, account, &snapshot).await {
                log::warn("the snapshot is older than the settings", &[("error", error.to_string().into())]);
            }
        });
        Ok(())
    }
}
