//! By what things under way are told apart, and who has to wait for which.

use tollgate_acme::{
    certificate::CertificateId,
    identifier::Identifier,
    jwk::Thumbprint,
    jws::{Jws, KeyReference},
    resource::{AccountId, ResourcePath},
};
use tollgate_policy::Policy;

use crate::{
    observe::{Fact, OrderSeen},
    signer::Signer,
    spelling,
};

/// Something that a later request may need to know about.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Key {
    /// An account or an object of the CA, as the CA has named it.
    Path(ResourcePath),
    /// The account that has this key.
    Thumbprint(Thumbprint),
    /// What counts for a registered domain or for an address.
    Domain(String),
    /// A certificate that an order may replace.
    Certificate(CertificateId),
}

/// The keys of something under way.
#[derive(Debug, Default)]
pub(crate) struct Keys {
    /// What it changes: it waits for what is under way for these, so that it is applied in its turn.
    pub(crate) changes: Vec<Key>,
    /// What else requests wait for it by. Two orders of one account do not wait for each other's commit.
    pub(crate) concerns: Vec<Key>,
}

impl Keys {
    /// The keys of what an exchange tells. `path`: as asked, for want of a signer.
    pub(crate) fn of(facts: &[Fact], signer: &Signer, path: &ResourcePath) -> Self {
        let mut keys = Self::default();
        keys.concerns.push(match (signer, signer.claimed()) {
            (_, Some(account)) => Key::Path(account.0.clone()),
            (Signer::Key(key), None) => Key::Thumbprint(key.thumbprint()),
            (_, None) => Key::Path(path.clone()),
        });
        for fact in facts {
            keys.add(fact);
        }
        keys
    }

    /// The keys of an order that was made for an account.
    pub(crate) fn of_order(account: &AccountId, seen: &OrderSeen) -> Self {
        let mut keys = Self { changes: Vec::new(), concerns: vec![Key::Path(account.0.clone())] };
        keys.add_order(seen);
        keys
    }

    fn add(&mut self, fact: &Fact) {
        match fact {
            Fact::AccountSeen { account, key: None } => self.concerns.push(Key::Path(account.0.clone())),
            Fact::AccountSeen { account, key } | Fact::KeyChanged { account, key } => {
                self.changes.push(Key::Path(account.0.clone()));
                self.changes.extend(key.as_ref().map(|key| Key::Thumbprint(key.thumbprint())));
            }
            Fact::AccountDeactivated { account } => self.changes.push(Key::Path(account.0.clone())),
            Fact::OrderCreated(seen) | Fact::OrderSeen { seen, .. } => self.add_order(seen),
            Fact::AuthorizationSeen(seen) => {
                self.changes.push(Key::Path(seen.authorization.clone()));
                self.concerns.extend(seen.challenges.iter().cloned().map(Key::Path));
            }
            Fact::ChallengeAttempted { authorization }
            | Fact::ValidationFailed { authorization, .. }
            | Fact::ValidationSucceeded { authorization } => {
                self.changes.push(Key::Path(authorization.clone()));
            }
            Fact::CertificateSeen { order, leaf, .. } => {
                self.changes.extend(order.iter().cloned().map(Key::Path));
                let certificate = leaf.as_ref().and_then(|leaf| leaf.id.clone());
                self.changes.extend(certificate.map(Key::Certificate));
            }
            Fact::Revoked { certificate } => self.changes.push(Key::Certificate(certificate.clone())),
        }
    }

    fn add_order(&mut self, seen: &OrderSeen) {
        self.changes.extend(seen.order.iter().cloned().map(Key::Path));
        let named = seen.finalize.iter().chain(&seen.certificate).chain(&seen.authorizations);
        self.concerns.extend(named.cloned().map(Key::Path));
        self.concerns.extend(seen.replaces.iter().cloned().map(Key::Certificate));
    }
}

/// What has to be known before it can be told what a request is for, and who signed it: by every spelling
/// under which either is looked up.
pub(crate) fn needed(path: Option<&ResourcePath>, jws: Option<&Jws>) -> Vec<Key> {
    let mut keys: Vec<_> = path.into_iter().flat_map(spelling::variants).map(Key::Path).collect();
    match jws.map(|jws| &jws.protected().key) {
        Some(KeyReference::Kid(kid)) => {
            if let Some(AccountId(claimed)) = AccountId::of(kid) {
                // As strangers are called.
                keys.push(Key::Path(spelling::plain(&claimed)));
                keys.extend(spelling::variants(&claimed).into_iter().map(Key::Path));
            }
        }
        Some(KeyReference::Jwk(key)) => keys.push(Key::Thumbprint(key.thumbprint())),
        None => {}
    }
    keys
}

/// The domains and addresses that identifiers count for, each once.
pub(crate) fn domains(policy: &Policy, identifiers: &[Identifier]) -> Vec<Key> {
    let of = |identifier| policy.suffixes().registered_domain(identifier);
    let mut domains: Vec<_> = identifiers.iter().map(of).collect();
    domains.sort_unstable();
    domains.dedup();
    domains.into_iter().map(|domain| Key::Domain(domain.to_string())).collect()
}
