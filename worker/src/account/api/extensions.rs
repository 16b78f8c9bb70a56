//! `GET` and `PUT extensions`: which line belongs to whom; `GET extensions/proposals`: what the provider suggests.

use super::super::Hub;
use super::super::reply::{self, Refusal};
use super::Asked;
use crate::adapters::budget::Budget;
use crate::adapters::d1::{self, installations::InstallationId, voip_users};
use kommo_voip_domain::ids::{ExtensionId, UserId};
use kommo_voip_domain::plan::propose;
use kommo_voip_domain::protocol::{ExtensionAssignment, ProposalsResponse};
use kommo_voip_domain::telephony::out;
use std::collections::BTreeMap;
use worker::Response;

/// Requests the list of lines may take.
const MOST_REQUESTS: u32 = 20;
/// More lines than any Kommo account has users.
const MOST_LINES: usize = 2000;

impl Hub {
    pub(in super::super) async fn get_extensions(&self, asked: &Asked) -> Result<Response, Refusal> {
        self.require_admin(asked).await?;
        let known = self.store.lines()?;
        let lines = known.of(self.provider_of(asked.identity.account)?).iter().map(|(extension_id, kommo_user_id)| {
            ExtensionAssignment { extension_id: extension_id.clone(), kommo_user_id: *kommo_user_id }
        });
        let lines: Vec<_> = lines.collect();
        reply::json(200, &lines).map_err(reply::runtime)
    }

    pub(in super::super) async fn put_extensions(&self, asked: &Asked) -> Result<Response, Refusal> {
        self.require_admin(asked).await?;
        let wanted: Vec<ExtensionAssignment> = super::read(&asked.body)?;
        if wanted.len() > MOST_LINES {
            return Err(Refusal::invalid(format!("At most {MOST_LINES} lines can be mapped.")));
        }
        let directory = self.directory(&self.admin_errand()).await?;
        let mut owners = BTreeMap::<ExtensionId, UserId>::new();
        for line in wanted {
            if directory.user(line.kommo_user_id).is_none() {
                return Err(Refusal::invalid(format!(
                    "User {} does not exist in this Kommo account.",
                    line.kommo_user_id
                )));
            }
            if let Some(owner) = owners.insert(line.extension_id.clone(), line.kommo_user_id)
                && owner != line.kommo_user_id
            {
                let name = directory.user(owner).map_or_else(|| owner.to_string(), |user| user.name.clone());
                return Err(Refusal::new(
                    409,
                    "extension_taken",
                    "The extension is taken",
                    format!(
                        "Extension {} already belongs to {name}. A line can belong to one user only.",
                        line.extension_id
                    ),
                ));
            }
        }
        let lines: Vec<_> = owners
            .into_iter()
            .map(|(extension_id, kommo_user_id)| ExtensionAssignment { extension_id, kommo_user_id })
            .collect();
        let installation = InstallationId(asked.identity.installation);
        let (account, provider) = (asked.identity.account, self.provider_of(asked.identity.account)?);
        voip_users::replace(&d1::database(&self.env)?, installation, account, provider, &lines).await?;
        self.store.tx(|| self.store.replace_lines(provider, &lines))?;
        self.greet_again(asked.identity.account)?;
        reply::json(200, &lines).map_err(reply::runtime)
    }

    /// The provider's own list of lines, each with the user it seems to belong to. An administrator confirms by
    /// saving.
    pub(in super::super) async fn get_proposals(&self, asked: &Asked) -> Result<Response, Refusal> {
        self.require_admin(asked).await?;
        let connections = self.connections(asked.identity.account)?;
        let unlisted = |reason: Option<String>| ProposalsResponse { listed: false, reason, lines: vec![] };
        let credentials = connections.current.as_ref().map(|current| &current.credentials);
        let answer = match credentials.and_then(|credentials| Some((credentials, out::lines(credentials)?))) {
            None => unlisted(None),
            Some((credentials, errand)) => match self.run(credentials, errand, &Budget::of(MOST_REQUESTS)).await {
                Err(error) => unlisted(Some(error.to_string())),
                Ok(lines) => {
                    let directory = self.directory(&self.admin_errand()).await?;
                    ProposalsResponse { listed: true, reason: None, lines: propose(lines, &directory.users) }
                }
            },
        };
        reply::json(200, &answer).map_err(reply::runtime)
    }
}
