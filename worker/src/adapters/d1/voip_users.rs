//! Which line belongs to which Kommo user, per installation.

use super::installations::InstallationId;
use super::{StoreError, failed, int, rows, statement, text};
use kommo_voip_domain::ids::{AccountId, ExtensionId, UserId};
use kommo_voip_domain::protocol::ExtensionAssignment;
use serde::Deserialize;
use std::collections::BTreeMap;
use worker::D1Database;

const WHAT_REPLACE: &str = "extension replacement";

/// Replaces an installation's map of one provider at once: D1 runs a batch as one transaction.
pub async fn replace(
    db: &D1Database,
    installation: InstallationId,
    account: AccountId,
    provider: &str,
    assignments: &[ExtensionAssignment],
) -> Result<(), StoreError> {
    let json = serde_json::to_string(assignments)
        .map_err(|error| StoreError { what: WHAT_REPLACE, detail: error.to_string() })?;
    let clear = statement(
        db,
        WHAT_REPLACE,
        "DELETE FROM voip_users WHERE installation_id = ?1 AND provider = ?2",
        &[int(installation.0), text(provider)],
    )?;
    // One statement whatever the number of lines: a statement takes 100 parameters at most.
    let fill = statement(
        db,
        WHAT_REPLACE,
        "INSERT INTO voip_users (installation_id, kommo_account_id, provider, kommo_user_id, extension_id) \
         SELECT ?1, ?2, ?3, json_extract(value, '$.kommoUserId'), json_extract(value, '$.extensionId') FROM json_each(?4)",
        &[int(installation.0), int(account.0), text(provider), text(&json)],
    )?;
    db.batch(vec![clear, fill]).await.map(|_| ()).map_err(failed(WHAT_REPLACE))
}

/// The installation's lines by provider, in the order they were given.
pub async fn list(
    db: &D1Database,
    installation: InstallationId,
) -> Result<BTreeMap<String, Vec<ExtensionAssignment>>, StoreError> {
    #[derive(Deserialize)]
    struct Row {
        provider: String,
        kommo_user_id: UserId,
        extension_id: ExtensionId,
    }
    let sql = "SELECT provider, kommo_user_id, extension_id FROM voip_users WHERE installation_id = ?1 ORDER BY id";
    let found: Vec<Row> = rows(db, "extension list", sql, &[int(installation.0)]).await?;
    let mut lines = BTreeMap::<_, Vec<_>>::new();
    for row in found {
        let line = ExtensionAssignment { extension_id: row.extension_id, kommo_user_id: row.kommo_user_id };
        lines.entry(row.provider).or_default().push(line);
    }
    Ok(lines)
}
