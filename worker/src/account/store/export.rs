//! What is stored about the account, as JSON, one page of rows after the other: the whole of it need not fit into memory.
//!
//! Only what is named here leaves. Sealed values, tickets and webhook keys are in none of these columns, and the
//! provider's own address of a recording is left out, since some of those open to whoever knows them.

use super::{Result, Store, int};

/// The parts of an export: the name, and the query of a page behind the row `?1`, at most `?2` rows.
pub const SECTIONS: &[(&str, &str)] = &[
    (
        "lines",
        "SELECT id, json_object('provider', provider, 'extensionId', extension_id, 'kommoUserId', kommo_user_id) \
         FROM provider_lines WHERE id > ?1 ORDER BY id LIMIT ?2",
    ),
    (
        "calls",
        "SELECT id, json_object('id', public_id, 'callId', call_id, 'provider', provider, 'from', from_number, \
         'to', to_number, 'direction', direction, 'status', status, 'startedAt', started_at, 'receivedAtMs', created_at, \
         'duration', duration, 'responsibleUserId', responsible_user_id, 'entityType', entity_type, \
         'entityId', entity_id, 'unsortedUid', unsorted_uid, 'deliveryStatus', delivery_status, \
         'deliveryReason', delivery_reason, 'rating', rating, 'result', call_result, \
         'recorded', json(iif(recording IS NULL, 'false', 'true')), \
         'reports', json_remove(reports, '$.recording'), 'written', json(done), 'said', json(feedback), \
         'knownWhenDecided', json(basis), 'trace', (SELECT json_group_array(json_object('atMs', at, 'kind', kind, \
         'text', text)) FROM traces WHERE call = voip_calls.id)) \
         FROM voip_calls WHERE id > ?1 ORDER BY id LIMIT ?2",
    ),
    (
        "people",
        "SELECT id, json_object('number', number, 'known', json(person)) FROM people WHERE id > ?1 ORDER BY id LIMIT ?2",
    ),
    (
        "outbox",
        "SELECT id, json_object('call', (SELECT public_id FROM voip_calls WHERE voip_calls.id = outbox.call), \
         'key', key, 'action', json(action), 'state', state, 'attempts', attempts, 'dueAtMs', due_at, \
         'reason', reason, 'result', json(result)) FROM outbox WHERE id > ?1 ORDER BY id LIMIT ?2",
    ),
    (
        "callLists",
        "SELECT user_id, json_object('kommoUserId', user_id, 'list', json(list), 'changedAtMs', changed_at) \
         FROM call_lists WHERE user_id > ?1 ORDER BY user_id LIMIT ?2",
    ),
    (
        "lateRecordings",
        "SELECT id, json_object('provider', provider, 'callId', call_id, 'atMs', at) \
         FROM late_recordings WHERE id > ?1 ORDER BY id LIMIT ?2",
    ),
    (
        "failures",
        "SELECT id, json_object('reference', reference, 'at', at, 'kommoUserId', user_id, 'what', what, \
         'status', status, 'text', text) FROM failures WHERE id > ?1 ORDER BY id LIMIT ?2",
    ),
];

impl Store {
    /// A page of a section: the number of each row and the row as JSON.
    pub fn export_page(&self, sql: &str, after: i64, most: i64) -> Result<Vec<(i64, String)>> {
        self.rows(sql, vec![int(after), int(most)])?.iter().map(|row| Ok((row.int(0)?, row.text(1)?))).collect()
    }
}
