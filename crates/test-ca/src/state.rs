//! Accounts, orders, authorizations and certificates: the rows, how they hang together, and what their
//! status is at a moment.

use std::collections::{BTreeSet, HashMap, HashSet};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use tollgate_acme::{
    authorization::{AuthorizationStatus, ChallengeStatus},
    identifier::Identifier,
    jwk::{Jwk, Thumbprint},
    order::OrderStatus,
    problem::Problem,
};

use crate::{
    authority::AuthorityKeys,
    stored,
    table::{Record, Row, Table},
};

/// The most accounts; beyond it newAccount is refused.
const ACCOUNTS_MAX: usize = 100_000;
/// The most orders; beyond it the oldest are forgotten, with their certificates.
const ORDERS_MAX: usize = 100_000;
/// The most authorizations; beyond it the oldest orders are forgotten.
const AUTHORIZATIONS_MAX: usize = 500_000;

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Account {
    #[serde(with = "stored::jwk")]
    pub(crate) key: Jwk,
    pub(crate) contacts: Vec<String>,
    pub(crate) deactivated: bool,
    pub(crate) created: Timestamp,
    /// The binding as the client sent it.
    pub(crate) external_account: Option<serde_json::Value>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Order {
    pub(crate) account: u64,
    #[serde(with = "stored::identifiers")]
    pub(crate) identifiers: Vec<Identifier>,
    pub(crate) authorizations: Vec<u64>,
    pub(crate) expires: Timestamp,
    pub(crate) not_before: Option<Timestamp>,
    pub(crate) not_after: Option<Timestamp>,
    pub(crate) profile: String,
    pub(crate) replaces: Option<String>,
    pub(crate) stage: Stage,
}

/// How far an order got.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) enum Stage {
    /// Not finalized: its authorizations and the clock tell its status.
    Open,
    /// Finalized with this request, and about to be issued.
    Processing(CsrDer),
    /// Issued.
    Issued { certificate: u64 },
    /// Issuing failed.
    Failed(Problem),
}

/// A certificate signing request.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct CsrDer(#[serde(with = "stored::bytes")] pub(crate) Vec<u8>);

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Authorization {
    pub(crate) account: u64,
    #[serde(with = "stored::identifier")]
    pub(crate) identifier: Identifier,
    pub(crate) expires: Timestamp,
    pub(crate) deactivated: bool,
    /// The token of all its challenges.
    pub(crate) token: String,
    pub(crate) attempt: Option<Attempt>,
    /// Made by newAuthz, so orders take it over.
    pub(crate) pre_authorized: bool,
}

/// The one challenge the client answered.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Attempt {
    pub(crate) kind: String,
    pub(crate) outcome: Option<Outcome>,
}

/// How it ended.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) enum Outcome {
    Valid { validated: Timestamp },
    Invalid { error: Problem },
}

impl Attempt {
    pub(crate) fn status(&self) -> ChallengeStatus {
        match self.outcome {
            None => ChallengeStatus::Processing,
            Some(Outcome::Valid { .. }) => ChallengeStatus::Valid,
            Some(Outcome::Invalid { .. }) => ChallengeStatus::Invalid,
        }
    }
}

impl Authorization {
    pub(crate) fn status(&self, now: Timestamp) -> AuthorizationStatus {
        let outcome = self.attempt.as_ref().and_then(|attempt| attempt.outcome.as_ref());
        match outcome {
            Some(Outcome::Invalid { .. }) => AuthorizationStatus::Invalid,
            _ if self.deactivated => AuthorizationStatus::Deactivated,
            _ if self.expires <= now => AuthorizationStatus::Expired,
            Some(Outcome::Valid { .. }) => AuthorizationStatus::Valid,
            None => AuthorizationStatus::Pending,
        }
    }

    pub(crate) fn error(&self) -> Option<&Problem> {
        match self.attempt.as_ref()?.outcome.as_ref()? {
            Outcome::Invalid { error } => Some(error),
            Outcome::Valid { .. } => None,
        }
    }
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Certificate {
    pub(crate) account: u64,
    pub(crate) order: u64,
    #[serde(with = "stored::bytes")]
    pub(crate) der: Vec<u8>,
    #[serde(with = "stored::bytes")]
    pub(crate) serial: Vec<u8>,
    #[serde(with = "stored::jwk")]
    pub(crate) key: Jwk,
    #[serde(with = "stored::identifiers")]
    pub(crate) identifiers: Vec<Identifier>,
    pub(crate) not_before: Timestamp,
    pub(crate) not_after: Timestamp,
    /// The last order that named it in `replaces`.
    pub(crate) replaced_by: Option<u64>,
    pub(crate) revocation: Option<Revocation>,
}

#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(crate) struct Revocation {
    pub(crate) at: Timestamp,
    /// RFC 5280, 5.3.1.
    pub(crate) reason: u8,
}

impl Row for Account {
    const KIND: i64 = 1;
}
impl Row for Order {
    const KIND: i64 = 2;
}
impl Row for Authorization {
    const KIND: i64 = 3;
}
impl Row for Certificate {
    const KIND: i64 = 4;
}
impl Row for AuthorityKeys {
    const KIND: i64 = 5;
}

/// `keyCompromise` (RFC 5280, 5.3.1).
pub(crate) const KEY_COMPROMISE: u8 = 1;

/// Everything the CA remembers.
pub(crate) struct State {
    accounts: Table<Account>,
    orders: Table<Order>,
    authorizations: Table<Authorization>,
    certificates: Table<Certificate>,
    authorities: Table<AuthorityKeys>,
    accounts_by_key: HashMap<Thumbprint, u64>,
    orders_by_account: HashMap<u64, BTreeSet<u64>>,
    certificates_by_serial: HashMap<Vec<u8>, u64>,
    /// Validated authorizations by account and identifier, the last one each.
    validated: HashMap<(u64, Identifier), u64>,
    compromised_keys: HashSet<Thumbprint>,
    sequence: u64,
}

/// Changed rows, and up to which change.
pub(crate) struct Snapshot {
    pub(crate) records: Vec<Record>,
    pub(crate) sequence: u64,
}

/// No more accounts fit.
#[derive(Debug, thiserror::Error)]
#[error("this test CA has {ACCOUNTS_MAX} accounts and takes no more")]
pub(crate) struct Full;

impl State {
    pub(crate) fn new() -> Self {
        Self {
            accounts: Table::new(),
            orders: Table::new(),
            authorizations: Table::new(),
            certificates: Table::new(),
            authorities: Table::new(),
            accounts_by_key: HashMap::new(),
            orders_by_account: HashMap::new(),
            certificates_by_serial: HashMap::new(),
            validated: HashMap::new(),
            compromised_keys: HashSet::new(),
            sequence: 0,
        }
    }

    /// Puts back a row of the database; kinds that this version does not know are left alone.
    pub(crate) fn restore(&mut self, kind: i64, id: u64, body: &str) -> Result<(), serde_json::Error> {
        match kind {
            Account::KIND => {
                self.accounts.restore(id, body)?;
                self.index_account(id);
            }
            Order::KIND => {
                self.orders.restore(id, body)?;
                self.index_order(id);
            }
            Authorization::KIND => {
                self.authorizations.restore(id, body)?;
                self.index_validated(id);
            }
            Certificate::KIND => {
                self.certificates.restore(id, body)?;
                self.index_certificate(id);
            }
            AuthorityKeys::KIND => self.authorities.restore(id, body)?,
            _ => {}
        }
        Ok(())
    }

    /// The number of the last change.
    pub(crate) fn sequence(&self) -> u64 {
        self.sequence
    }

    /// Takes down what changed since the last snapshot.
    pub(crate) fn take_snapshot(&mut self) -> Snapshot {
        let mut records = Vec::new();
        self.accounts.take_changes(&mut records);
        self.orders.take_changes(&mut records);
        self.authorizations.take_changes(&mut records);
        self.certificates.take_changes(&mut records);
        self.authorities.take_changes(&mut records);
        Snapshot { records, sequence: self.sequence }
    }

    /// Remembers again what could not be written.
    pub(crate) fn changed_again(&mut self, records: &[Record]) {
        for record in records {
            match record.kind {
                Account::KIND => self.accounts.changed_again(record.id),
                Order::KIND => self.orders.changed_again(record.id),
                Authorization::KIND => self.authorizations.changed_again(record.id),
                Certificate::KIND => self.certificates.changed_again(record.id),
                _ => self.authorities.changed_again(record.id),
            }
        }
    }

    /// The CA's own keys, if they have been made.
    pub(crate) fn authority(&self) -> Option<&AuthorityKeys> {
        self.authorities.iter().next().map(|(_, keys)| keys)
    }

    pub(crate) fn add_authority(&mut self, keys: AuthorityKeys) {
        self.sequence += 1;
        self.authorities.insert(keys);
    }
}

/// Accounts.
impl State {
    pub(crate) fn account(&self, id: u64) -> Option<&Account> {
        self.accounts.row(id)
    }

    pub(crate) fn account_by_key(&self, key: &Jwk) -> Option<(u64, &Account)> {
        let id = *self.accounts_by_key.get(&key.thumbprint())?;
        Some((id, self.accounts.row(id)?))
    }

    pub(crate) fn add_account(&mut self, account: Account) -> Result<u64, Full> {
        if ACCOUNTS_MAX <= self.accounts.len() {
            return Err(Full);
        }
        self.sequence += 1;
        let id = self.accounts.insert(account);
        self.index_account(id);
        Ok(id)
    }

    pub(crate) fn change_account(&mut self, id: u64, change: impl FnOnce(&mut Account)) {
        let Some(account) = self.accounts.change(id) else { return };
        self.sequence += 1;
        self.accounts_by_key.remove(&account.key.thumbprint());
        change(account);
        self.index_account(id);
    }

    fn index_account(&mut self, id: u64) {
        if let Some(account) = self.accounts.row(id) {
            self.accounts_by_key.insert(account.key.thumbprint(), id);
        }
    }
}

/// Orders.
impl State {
    pub(crate) fn order(&self, id: u64) -> Option<&Order> {
        self.orders.row(id)
    }

    pub(crate) fn orders(&self) -> impl Iterator<Item = (u64, &Order)> {
        self.orders.iter()
    }

    /// The account's orders with numbers below `before`, newest first.
    pub(crate) fn orders_of(&self, account: u64, before: u64) -> impl Iterator<Item = (u64, &Order)> {
        let ids = self.orders_by_account.get(&account).into_iter();
        ids.flat_map(move |ids| ids.range(..before).rev()).filter_map(|id| Some((*id, self.orders.row(*id)?)))
    }

    pub(crate) fn add_order(&mut self, order: Order) -> u64 {
        self.make_room();
        self.sequence += 1;
        let id = self.orders.insert(order);
        self.index_order(id);
        id
    }

    pub(crate) fn set_stage(&mut self, id: u64, stage: Stage) {
        if let Some(order) = self.orders.change(id) {
            self.sequence += 1;
            order.stage = stage;
        }
    }

    /// What an order's status is: its stage, else what its authorizations and the clock say.
    pub(crate) fn order_status(&self, order: &Order, now: Timestamp) -> OrderStatus {
        match order.stage {
            Stage::Processing(_) => return OrderStatus::Processing,
            Stage::Issued { .. } => return OrderStatus::Valid,
            Stage::Failed(_) => return OrderStatus::Invalid,
            Stage::Open if order.expires <= now => return OrderStatus::Invalid,
            Stage::Open => {}
        }
        let mut status = OrderStatus::Ready;
        for id in &order.authorizations {
            match self.authorizations.row(*id).map(|authorization| authorization.status(now)) {
                Some(AuthorizationStatus::Valid) => {}
                Some(AuthorizationStatus::Pending) => status = OrderStatus::Pending,
                _ => return OrderStatus::Invalid,
            }
        }
        status
    }

    /// Why an order failed, if a validation or issuing did.
    pub(crate) fn order_error<'a>(&'a self, order: &'a Order) -> Option<&'a Problem> {
        match &order.stage {
            Stage::Failed(problem) => Some(problem),
            _ => order.authorizations.iter().find_map(|id| self.authorizations.row(*id)?.error()),
        }
    }

    fn index_order(&mut self, id: u64) {
        if let Some(order) = self.orders.row(id) {
            self.orders_by_account.entry(order.account).or_default().insert(id);
        }
    }

    /// Forgets the oldest orders, with what hangs on them, until one more fits.
    fn make_room(&mut self) {
        while ORDERS_MAX <= self.orders.len() || AUTHORIZATIONS_MAX <= self.authorizations.len() {
            let Some(order) = self.orders.oldest().and_then(|id| self.forget_order(id)) else { return };
            for id in order.authorizations {
                self.forget_authorization(id);
            }
            if let Stage::Issued { certificate } = order.stage {
                self.forget_certificate(certificate);
            }
        }
    }

    fn forget_order(&mut self, id: u64) -> Option<Order> {
        let order = self.orders.remove(id)?;
        if let Some(ids) = self.orders_by_account.get_mut(&order.account) {
            ids.remove(&id);
        }
        Some(order)
    }
}

/// Authorizations.
impl State {
    pub(crate) fn authorization(&self, id: u64) -> Option<&Authorization> {
        self.authorizations.row(id)
    }

    pub(crate) fn authorizations(&self) -> impl Iterator<Item = (u64, &Authorization)> {
        self.authorizations.iter()
    }

    pub(crate) fn add_authorization(&mut self, authorization: Authorization) -> u64 {
        while AUTHORIZATIONS_MAX <= self.authorizations.len() {
            let Some(oldest) = self.authorizations.oldest() else { break };
            self.forget_authorization(oldest);
        }
        self.sequence += 1;
        self.authorizations.insert(authorization)
    }

    pub(crate) fn change_authorization(&mut self, id: u64, change: impl FnOnce(&mut Authorization)) {
        let Some(authorization) = self.authorizations.change(id) else { return };
        self.sequence += 1;
        change(authorization);
        self.index_validated(id);
    }

    /// The account's validated authorization for an identifier that is still valid.
    pub(crate) fn valid_authorization(
        &self,
        account: u64,
        identifier: &Identifier,
        now: Timestamp,
    ) -> Option<(u64, &Authorization)> {
        let id = *self.validated.get(&(account, identifier.clone()))?;
        let authorization = self.authorizations.row(id)?;
        (authorization.status(now) == AuthorizationStatus::Valid).then_some((id, authorization))
    }

    fn index_validated(&mut self, id: u64) {
        let Some(authorization) = self.authorizations.row(id) else { return };
        let outcome = authorization.attempt.as_ref().and_then(|attempt| attempt.outcome.as_ref());
        if matches!(outcome, Some(Outcome::Valid { .. })) && !authorization.deactivated {
            self.validated.insert((authorization.account, authorization.identifier.clone()), id);
        }
    }

    fn forget_authorization(&mut self, id: u64) {
        let Some(authorization) = self.authorizations.remove(id) else { return };
        let key = (authorization.account, authorization.identifier);
        if self.validated.get(&key) == Some(&id) {
            self.validated.remove(&key);
        }
    }
}

/// Certificates.
impl State {
    pub(crate) fn certificate(&self, id: u64) -> Option<&Certificate> {
        self.certificates.row(id)
    }

    pub(crate) fn certificate_by_serial(&self, serial: &[u8]) -> Option<(u64, &Certificate)> {
        let id = *self.certificates_by_serial.get(serial)?;
        Some((id, self.certificates.row(id)?))
    }

    pub(crate) fn add_certificate(&mut self, certificate: Certificate) -> u64 {
        self.sequence += 1;
        let id = self.certificates.insert(certificate);
        self.index_certificate(id);
        id
    }

    pub(crate) fn set_replaced(&mut self, id: u64, order: u64) {
        if let Some(certificate) = self.certificates.change(id) {
            self.sequence += 1;
            certificate.replaced_by = Some(order);
        }
    }

    pub(crate) fn set_revoked(&mut self, id: u64, revocation: Revocation) {
        if let Some(certificate) = self.certificates.change(id) {
            self.sequence += 1;
            certificate.revocation = Some(revocation);
            self.index_certificate(id);
        }
    }

    /// Whether a certificate with this key was revoked because the key is compromised.
    pub(crate) fn is_compromised(&self, key: &Jwk) -> bool {
        self.compromised_keys.contains(&key.thumbprint())
    }

    fn index_certificate(&mut self, id: u64) {
        let Some(certificate) = self.certificates.row(id) else { return };
        self.certificates_by_serial.insert(certificate.serial.clone(), id);
        if certificate.revocation.is_some_and(|revocation| revocation.reason == KEY_COMPROMISE) {
            self.compromised_keys.insert(certificate.key.thumbprint());
        }
    }

    fn forget_certificate(&mut self, id: u64) {
        if let Some(certificate) = self.certificates.remove(id) {
            self.certificates_by_serial.remove(&certificate.serial);
            self.compromised_keys.remove(&certificate.key.thumbprint());
        }
    }
}
