//! `GET /oauth/uninstalled`: Kommo says that access was revoked (Kommo API reference: "access revoked" hook).
//!
//! The signature has no date, so an old address can be played again after a reinstall. Therefore nothing is forgotten
//! here: the account's object asks Kommo first, and only a 401 counts.

use crate::adapters::account_object;
use crate::config::Config;
use crate::handlers::Failure;
use crate::log;
use crate::respond::{self, Refusal};
use kommo_voip_domain::ids::AccountId;
use kommo_voip_domain::kommo::uninstall::{self, Uninstalled};
use worker::{Env, Request, Response, Url};

/// Checks the signature and passes the word on.
pub async fn answer(request: &Request, env: &Env, config: &Config) -> Result<Response, Failure> {
    let account = verified(&request.url()?, config)?;
    let response = account_object::post_internal(env, account, "uninstalled", "{}".to_owned()).await?;
    let status = response.status_code();
    if !(200..300).contains(&status) {
        log::warn("an uninstall was not taken up", &[(log::ACCOUNT, account.0.into()), ("status", status.into())]);
        return Err(Refusal::TryAgain.into());
    }
    Ok(respond::text("received")?)
}

/// The account of a genuine uninstall. Which part is wrong is never said.
fn verified(url: &Url, config: &Config) -> Result<AccountId, Refusal> {
    let parameter = |wanted: &str| {
        url.query_pairs().find(|(name, _)| name == wanted).map(|(_, value)| value.into_owned()).unwrap_or_default()
    };
    let (client, account, signature) = (parameter("client_uuid"), parameter("account_id"), parameter("signature"));
    let call = Uninstalled { client_uuid: &client, account_id: &account, signature: &signature };
    uninstall::verify(&call, &config.client_id, &config.client_secret).ok_or(Refusal::Forbidden)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::tests::production;

    #[test]
    fn only_kommos_signature_counts() {
        let config = production();
        let read = |query: &str| {
            verified(&Url::parse(&format!("https://voip.example/oauth/uninstalled?{query}")).unwrap(), &config)
        };
        let signature = uninstall::signature(&config.client_id, "7", &config.client_secret);
        let client = &config.client_id;
        assert_eq!(read(&format!("client_uuid={client}&account_id=7&signature={signature}")), Ok(AccountId(7)));
        for bad in [
            String::new(),
            format!("client_uuid={client}&account_id=8&signature={signature}"),
            format!("client_uuid={client}&account_id=7"),
            format!("client_uuid=other&account_id=7&signature={signature}"),
        ] {
            assert_eq!(read(&bad), Err(Refusal::Forbidden), "{bad}");
        }
    }
}
