//! Forms and queries that Kommo sends.

use kommo_voip_domain::kommo::changes::read_changes;
use kommo_voip_domain::kommo::uninstall::{self, Uninstalled};

/// More than this of one message is not believed.
const MOST_CHANGES: usize = 1000;

/// Kommo's messages about changes, and its word that access was revoked.
pub fn forms(data: &[u8]) {
    let pairs = || form_urlencoded::parse(data).into_owned();
    let changes = read_changes(pairs());
    assert!(changes.len() <= MOST_CHANGES && changes.iter().all(|change| change.entity.id() > 0));
    let of = |name: &str| pairs().find(|(known, _)| known == name).map(|(_, value)| value).unwrap_or_default();
    let (client, account, signature) = (of("client_uuid"), of("account_id"), of("signature"));
    let call = Uninstalled { client_uuid: &client, account_id: &account, signature: &signature };
    assert_eq!(uninstall::verify(&call, &client, "hush"), None, "an unsigned farewell was believed");
    let signature = uninstall::signature(&client, &account, "hush");
    if let Some(read) = uninstall::verify(&Uninstalled { signature: &signature, ..call }, &client, "hush") {
        assert_eq!(account.parse(), Ok(read.0));
    }
}
