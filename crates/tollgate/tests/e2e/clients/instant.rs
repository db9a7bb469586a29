//! instant-acme: a Rust crate, in this process.

use instant_acme::{
    Account, AuthorizationStatus, ChallengeType, Error, Identifier, NewAccount, NewOrder, RetryPolicy,
};

use super::{Attempt, Client, signing_request};
use crate::site::Site;

pub(super) async fn obtain(client: &Client, site: &Site, names: &[&str]) -> Attempt {
    match order(client, site, names).await {
        Ok(chain) => Attempt { success: true, text: String::new(), certificate: Some(chain) },
        Err(error) => Attempt { success: false, text: error.to_string(), certificate: None },
    }
}

async fn order(client: &Client, site: &Site, names: &[&str]) -> Result<String, Error> {
    let account = account(client, site).await?;
    let identifiers: Vec<_> = names.iter().map(|name| Identifier::Dns((*name).to_owned())).collect();
    let mut order = account.new_order(&NewOrder::new(&identifiers)).await?;

    let mut authorizations = order.authorizations();
    while let Some(authorization) = authorizations.next().await {
        let mut authorization = authorization?;
        if authorization.status == AuthorizationStatus::Pending {
            let challenge = authorization.challenge(ChallengeType::Http01);
            challenge.ok_or(Error::Str("no http-01 challenge"))?.set_ready().await?;
        }
    }
    order.poll_ready(&RetryPolicy::default()).await?;
    order.finalize_csr(&signing_request(names).0).await?;
    order.poll_certificate(&RetryPolicy::default()).await
}

/// The account of the last run, from its saved credentials, or a new one.
async fn account(client: &Client, site: &Site) -> Result<Account, Error> {
    let builder = Account::builder_with_root(&site.root)?;
    if let Ok(saved) = std::fs::read(client.folder().join("account.json")) {
        return builder.from_credentials(serde_json::from_slice(&saved)?).await;
    }
    let new = NewAccount { contact: &[], terms_of_service_agreed: true, only_return_existing: false };
    let (account, credentials) = builder.create(&new, site.directory.clone(), None).await?;
    client.write("account.json", serde_json::to_vec(&credentials)?);
    Ok(account)
}
