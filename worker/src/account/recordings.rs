//! Links to recordings that work for years: they lead to us, and we ask the provider anew each time.

use super::Hub;
use super::reply::Refusal;
use super::store::StoreError;
use crate::adapters::budget::Budget;
use crate::adapters::{clock, random};
use crate::hook_key;
use crate::internal::{RecordingRequest, RecordingSource};
use kommo_voip_domain::call::Call;
use kommo_voip_domain::ids::{AccountId, CallId};
use kommo_voip_domain::telephony::Provider;
use kommo_voip_domain::telephony::out::{self, ProviderError};
use kommo_voip_domain::time::Moment;

impl Hub {
    /// The link to a call's recording for Kommo's player: ours wherever we can fetch it. A generic PBX's link whose
    /// host is not allowed is passed on as it came, and never fetched.
    pub(super) fn recording_link(&self, call: &Call) -> Result<Option<String>, StoreError> {
        let Some(reference) = &call.recording else { return Ok(None) };
        let Some(identity) = self.identity()? else { return Ok(None) };
        let is_generic = call.provider == Provider::Generic.as_str();
        if is_generic && !self.may_fetch(identity.account, reference) {
            return Ok(Some(reference.clone()));
        }
        let id = random::from_hex(call.id.as_str()).ok_or_else(|| StoreError("a call's id is not ours".to_owned()))?;
        let token = hook_key::mint_recording(identity.account, id, &self.config.keys);
        Ok(Some(format!("{}/recordings/{token}.mp3", self.config.public_origin)))
    }

    fn may_fetch(&self, account: AccountId, url: &str) -> bool {
        let Ok(connections) = self.connections(account) else { return false };
        connections
            .of(Provider::Generic.as_str())
            .is_some_and(|known| out::may_fetch(url, &out::recording_hosts(&known.credentials)))
    }

    /// `POST /internal/recording`: where the Worker fetches a call's recording, and with what.
    pub(super) async fn on_recording(&self, wanted: RecordingRequest) -> Result<RecordingSource, Refusal> {
        let identity = self.identity_or_restore(wanted.account).await?.ok_or_else(Refusal::not_found)?;
        // The sweep comes a few times a day; the link ends with the retention.
        let since = Moment(clock::now().0 - self.retention()?.0);
        let row = self.store.kept_call(&CallId(wanted.call), since)?.ok_or_else(Refusal::not_found)?;
        let reference = row.call.recording.ok_or_else(Refusal::not_found)?;
        let connections = self.connections(identity.account)?;
        let connection = connections.of(&row.call.provider).ok_or_else(Refusal::not_found)?;
        let credentials = &connection.credentials;
        let errand = out::recording(credentials, &reference).ok_or_else(Refusal::not_found)?;
        let budget = Budget::of(6);
        let request = self.run(credentials, errand, &budget).await.map_err(refused)?;
        let authorisation = self.authorisation(credentials, &request.auth, &budget).await.map_err(refused)?;
        Ok(RecordingSource { url: request.url, authorisation, hosts: out::recording_hosts(credentials) })
    }
}

fn refused(error: ProviderError) -> Refusal {
    match error {
        // Deleted there, or never kept: there is nothing to hear any more.
        ProviderError::Refused(_) => Refusal::not_found(),
        error => Refusal::new(502, "provider_unavailable", "The recording could not be fetched", error.to_string()),
    }
}
