//! Where the pages for people are, and what they are told.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use tokio::time::MissedTickBehavior;
use tollgate_gateway::listener::Listener;
use tollgate_limiter::Limiter;
use tollgate_portal::{MailOptions, Mailer, OverrideRequests, Portal, PortalOptions};

use super::{StartError, bind, read};
use crate::{
    clock::MovableClock,
    config::{MailConfig, PortalConfig},
    data_dir::{DataDir, random_bytes},
};

/// How often requesters are told by mail what was decided.
const DECISIONS_TOLD_EVERY: Duration = Duration::from_secs(5);

/// Where the pages are.
pub(super) struct Pages {
    /// `https://limits.example`
    pub(super) origin: String,
    /// Their own listeners; none where they are on those for ACME clients.
    pub(super) listeners: Vec<Listener>,
}

impl Pages {
    /// Opens their own listeners, if they are to have any.
    pub(super) async fn bind(
        config: &PortalConfig,
        acme_origin: &str,
        data_dir: &DataDir,
        clock: &MovableClock,
    ) -> Result<Self, StartError> {
        let listeners = match &config.listener {
            Some(listener) => bind(listener, None, data_dir, clock).await?.0,
            None => Vec::new(),
        };
        let addresses: Vec<_> = listeners.iter().map(Listener::local_address).collect();
        let addresses = (!addresses.is_empty()).then_some(&*addresses);
        Ok(Self { origin: origin(config, addresses, acme_origin), listeners })
    }

    /// The pages.
    pub(super) fn portal(
        &self,
        config: &PortalConfig,
        limiter: &Arc<Limiter>,
        acme_origin: &str,
        is_test_ca: bool,
    ) -> Result<Portal, StartError> {
        let mailer = config.mail.as_ref().map(mailer).transpose()?.map(Arc::new);
        let override_requests = config.override_requests.as_ref().map(|form| OverrideRequests {
            tiers: form.tiers.clone(),
            grant_lowest: form.grant_lowest,
            terms: form.terms.clone(),
            privacy: form.privacy.clone(),
            accounts_at: acme_origin.to_owned(),
            pages_at: self.origin.clone(),
            mailer,
            new_token: random_bytes,
        });
        let options = PortalOptions { is_test_ca, look_ups: config.look_ups, override_requests };
        Ok(Portal::new(limiter.clone(), options))
    }
}

/// With which links to the pages begin: as configured, else by their own listeners' `addresses`, else as for
/// ACME clients.
pub(super) fn origin(config: &PortalConfig, addresses: Option<&[SocketAddr]>, acme_origin: &str) -> String {
    match (&config.public_url, addresses) {
        (Some(url), _) => url.clone(),
        (None, Some([first, ..])) => format!("https://localhost:{}", first.port()),
        (None, _) => acme_origin.to_owned(),
    }
}

/// Tells requesters what was decided, for ever. Dropped half way, one of them may not be told.
pub(super) async fn tell_decisions(portal: Arc<Portal>) {
    let mut every = tokio::time::interval(DECISIONS_TOLD_EVERY);
    every.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        every.tick().await;
        if let Err(error) = portal.tell_decisions().await {
            tracing::warn!(%error, "decisions on override requests cannot be told by mail");
        }
    }
}

fn mailer(config: &MailConfig) -> Result<Mailer, StartError> {
    let login = match &config.login {
        Some((name, path)) => {
            let file = std::fs::read_to_string(path)
                .map_err(|source| StartError::File { path: path.clone(), source })?;
            Some((name.clone(), file.lines().next().unwrap_or_default().to_owned()))
        }
        None => None,
    };
    let roots = config.roots.as_ref().map(read).transpose()?;
    Ok(Mailer::new(MailOptions {
        server: config.server.clone(),
        port: config.port,
        tls: config.tls,
        roots,
        from: config.from.clone(),
        login,
    })?)
}
