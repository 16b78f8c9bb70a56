//! Which line belongs to which Kommo user, per installation.

use super::installations::InstallationId;
use super::{StoreError, failed, int, rows, statement, text};
use kommo_voip_domain::ids::{AccountId, ExtensionId, UserId};
use kommo_voip_domain::protocol::ExtensionAssignment;
use serde::Deserialize;
use worker::D1Database;

const WHAT_REPLACE: &str = "extension replacement";

/// Replaces the installation's whole map at once: D1 runs a batch as one transaction.
pub async fn replace(
    db: &D1Database,
    installation: InstallationId,
    account: AccountId,
    assignments: &[ExtensionAssignment],
) -> Result<(), StoreError> {
    let json = serde_json::to_string(assignments)
        .map_err(|error| StoreError { what: WHAT_REPLACE, detail: error.to_string() })?;
    let clear =
        statement(db, WHAT_REPLACE, "DELETE FROM voip_users WHERE installation_id = ?1", &[int(installation.0)])?;
    // One statement whatever the number of lines: a statement takes 100 parameters at most.
    let fill = statement(
        db,
        WHAT_REPLACE,
        "INSERT INTO voip_users (installation_id, kommo_account_id, kommo_user_id, extension_id) \
         SELECT ?1, ?2, json_extract(value, '$.kommoUserId'), json_extract(value, '$.extensionId') FROM json_each(?3)",
        &[int(installation.0), int(account.0), text(&json)],
    )?;
    db.batch(vec![clear, fill]).await.map(|_| ()).map_err(failed(WHAT_REPLACE))
}

/// The installation's map, in the order it was given.
pub async fn list(db: &D1Database, installation: InstallationId) -> Result<Vec<ExtensionAssignment>, StoreError> {
    #[derive(Deserialize)]
    struct Row {
        kommo_user_id: UserId,
        extension_id: ExtensionId,
    }
    let sql = "SELECT kommo_user_id, extension_id FROM voip_users WHERE installation_id = ?1 ORDER BY id";
    let found: Vec<Row> = rows(db, "extension list", sql, &[int(installation.0)]).await?;
    Ok(found
        .into_iter()
        .map(|row| ExtensionAssignment { extension_id: row.extension_id, kommo_user_id: row.kommo_user_id })
        .collect())
}
