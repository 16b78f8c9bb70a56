//! Recordings that came before the first report of their call: kept until it comes.

use super::{Result, Store, int, text};
use kommo_voip_domain::ids::ProviderCallId;
use kommo_voip_domain::telephony::LateRecording;
use kommo_voip_domain::time::Moment;

impl Store {
    /// Keeps a recording for a call that is not known yet.
    pub fn keep_recording(&self, provider: &str, late: &LateRecording, now: Moment) -> Result<()> {
        let sql = "INSERT INTO late_recordings (provider, call_id, recording, at) VALUES (?1, ?2, ?3, ?4) \
                   ON CONFLICT (provider, call_id) DO UPDATE SET recording = excluded.recording";
        self.run(sql, vec![text(provider), text(late.call_id.0.clone()), text(late.recording.clone()), int(now.0)])
    }

    /// The recording that waits for a call, and waits no longer.
    pub fn take_recording(&self, provider: &str, call: &ProviderCallId) -> Result<Option<String>> {
        let sql = "DELETE FROM late_recordings WHERE provider = ?1 AND call_id = ?2 RETURNING recording";
        self.first(sql, vec![text(provider), text(call.0.clone())])?.map(|row| row.text(0)).transpose()
    }

    /// Forgets recordings whose calls never came.
    pub fn sweep_recordings(&self, before: Moment) -> Result<()> {
        self.run("DELETE FROM late_recordings WHERE at < ?1", vec![int(before.0)])
    }
}
