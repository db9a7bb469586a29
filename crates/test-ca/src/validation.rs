//! Whether a client controls an identifier: decided by the options, or seen over the network.
//!
//! This is for tests. It connects to any address, the machine's own included; only the ports, the number
//! of redirects, the bytes read and the time are bounded.

mod dns_01;
mod http_01;
mod network;
mod tls_alpn_01;

use std::time::Duration;

use tokio::sync::Semaphore;
use tollgate_acme::{identifier::Identifier, problem::ProblemType};

use self::network::Network;
use crate::{
    authorization::{DNS_01, HTTP_01},
    options::{ValidationMode, ValidationOptions, Verdict},
};

/// The most validations at a time; others wait.
const CONCURRENT_MAX: usize = 64;

/// What a challenge asks the client to show.
pub(crate) struct Proof {
    pub(crate) identifier: Identifier,
    /// The challenge's type.
    pub(crate) kind: String,
    pub(crate) token: String,
    pub(crate) key_authorization: String,
}

/// Why a validation failed.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) kind: ProblemType,
    pub(crate) detail: String,
}

impl Failure {
    fn new(kind: ProblemType, detail: impl Into<String>) -> Self {
        Self { kind, detail: detail.into() }
    }

    fn connection(detail: impl Into<String>) -> Self {
        Self::new(ProblemType::Connection, detail)
    }

    fn unauthorized(detail: impl Into<String>) -> Self {
        Self::new(ProblemType::Unauthorized, detail)
    }
}

/// Validates challenges.
pub(crate) struct Validator {
    options: ValidationOptions,
    network: Network,
    slots: Semaphore,
}

impl Validator {
    pub(crate) fn new(options: ValidationOptions) -> Self {
        Self { network: Network::new(&options), slots: Semaphore::new(CONCURRENT_MAX), options }
    }

    /// The outcome, where it is decided and nothing is to be waited for.
    pub(crate) fn verdict(&self, identifier: &Identifier) -> Option<Result<(), Failure>> {
        if self.delay(identifier).is_zero() { self.decided(identifier) } else { None }
    }

    /// The outcome, after its delay. Dropped half way, nothing has happened.
    pub(crate) async fn validate(&self, proof: &Proof) -> Result<(), Failure> {
        tokio::time::sleep(self.delay(&proof.identifier)).await;
        if let Some(verdict) = self.decided(&proof.identifier) {
            return verdict;
        }
        let _slot = self.slots.acquire().await;
        let seen = tokio::time::timeout(self.options.timeout, self.look(proof)).await;
        seen.unwrap_or_else(|_| {
            let seconds = self.options.timeout.as_secs();
            Err(Failure::connection(format!("validating {} took over {seconds} s", proof.identifier)))
        })
    }

    async fn look(&self, proof: &Proof) -> Result<(), Failure> {
        match proof.kind.as_str() {
            HTTP_01 => http_01::validate(&self.network, proof).await,
            DNS_01 => dns_01::validate(&self.network, proof).await,
            _ => tls_alpn_01::validate(&self.network, proof).await,
        }
    }

    fn delay(&self, identifier: &Identifier) -> Duration {
        self.options.rule(identifier).map_or(self.options.delay, |rule| rule.delay)
    }

    /// The outcome that a rule or the mode decides; `None` is to be seen.
    fn decided(&self, identifier: &Identifier) -> Option<Result<(), Failure>> {
        let failed = |kind| Err(Failure::new(kind, format!("{identifier} fails as this CA is set up")));
        match (self.options.rule(identifier).map(|rule| rule.verdict), self.options.mode) {
            (Some(Verdict::Valid), _) | (None, ValidationMode::AlwaysValid) => Some(Ok(())),
            (Some(Verdict::Invalid(kind)), _) => Some(failed(kind)),
            (Some(Verdict::Rejected), _) | (None, ValidationMode::AlwaysInvalid) => {
                Some(failed(ProblemType::Unauthorized))
            }
            (None, ValidationMode::Real) => None,
        }
    }
}
