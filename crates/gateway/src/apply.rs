//! From facts to records and counts: each outcome is counted once, however often it is seen.
//!
//! The right to count is claimed in the records first, and whoever gets it counts. A gateway that dies
//! between the two loses one count: erring towards the client is the lesser evil.

mod failed_order;

use jiff::Timestamp;
use tollgate_acme::{
    authorization::AuthorizationStatus,
    certificate::{CertificateId, Leaf},
    identifier::{Identifier, IdentifierSet},
    jwk::Jwk,
    order::OrderStatus,
    resource::{AccountId, ResourcePath},
};
use tollgate_limiter::{Limiter, NewOrder, Reservation};
use tollgate_policy::event::Exemption;
use tollgate_records::{Admitted, Authorization, Certificate, Issuance, Order, Records, RecordsError};

use crate::observe::{AuthorizationSeen, Fact, OrderSeen, Sight};

type Result<T> = std::result::Result<T, RecordsError>;

/// Applies facts to what a limiter keeps.
#[derive(Clone, Copy)]
pub struct Applier<'a> {
    limiter: &'a Limiter,
    records: &'a Records,
}

impl<'a> Applier<'a> {
    /// Applies to `limiter` and its records.
    #[must_use]
    pub fn new(limiter: &'a Limiter) -> Self {
        Self { limiter, records: limiter.records() }
    }

    /// Applies facts in order. The CA has already acted, so records that cannot be written do not change
    /// its answer; they are logged and counted.
    pub async fn apply_all(&self, facts: Vec<Fact>) {
        for fact in facts {
            if let Err(error) = self.apply(fact).await {
                records_failed(&error);
            }
        }
    }

    /// Applies one fact.
    ///
    /// # Errors
    ///
    /// [`RecordsError`]: nothing was counted that could not also be written.
    pub async fn apply(&self, fact: Fact) -> Result<()> {
        match fact {
            Fact::AccountSeen { account, key } => self.account_seen(&account, key.as_ref()).await,
            Fact::AccountDeactivated { account } => self.records.deactivate_account(&account).await,
            Fact::KeyChanged { account, key: Some(key) } => {
                self.records.save_account(&account, Some(&key), self.now()).await
            }
            Fact::KeyChanged { account, key: None } => self.records.forget_account_key(&account).await,
            Fact::OrderCreated(seen) => self.uncounted_order(&seen).await,
            Fact::OrderSeen { sight, seen } => self.order_seen(sight, &seen).await,
            Fact::AuthorizationSeen(seen) => self.authorization_seen(&seen).await,
            Fact::ChallengeAttempted { authorization } => self.attempted(&authorization).await,
            Fact::ValidationFailed { authorization, only_for } => {
                self.failed(&authorization, only_for.as_ref()).await
            }
            Fact::ValidationSucceeded { authorization } => self.succeeded(&authorization).await,
            Fact::CertificateSeen { order, account, leaf } => {
                self.certificate_seen(order.as_ref(), account.as_ref(), leaf.as_ref()).await
            }
            Fact::Revoked { certificate } => self.records.revoke_certificate(&certificate).await,
        }
    }

    /// Remembers an order that the CA has accepted; what it has spent ahead is its own from then on.
    /// `false` when it is not new: some CAs give a pending order again instead of making another.
    pub(crate) async fn order_created(
        &self,
        admitted: NewOrder<'_>,
        reservation: &mut Reservation,
        seen: &OrderSeen,
    ) -> Result<bool> {
        let Some(path) = &seen.order else {
            tracing::warn!("the CA accepted an order without telling its URL; it cannot be followed");
            if let Some(held) = reservation.take_held() {
                self.limiter.unfollowed_order_made(held).await?;
            }
            return Ok(true);
        };
        let order = Order {
            id: path.clone(),
            account: admitted.account.clone(),
            identifiers: admitted.identifiers.clone(),
            admitted: admitted_as(reservation.exemption()),
            replaces: self.replaced(admitted, reservation.exemption(), seen).await?,
            status: OrderStatus::Pending,
            issuance: Issuance::NotCounted,
            created: self.now(),
        };
        reservation.written().await;
        // Queued one after the other, they are done so, and mostly in one commit.
        let saving = self.limiter.save_order(&order, reservation, seen.expires);
        let (is_new, linked) = tokio::join!(saving, self.link(&order, seen));
        let is_new = is_new?;
        linked?;
        self.progress(&order, seen).await?;
        Ok(is_new)
    }

    fn now(&self) -> Timestamp {
        moment(self.limiter.now())
    }

    // Accounts

    async fn account_seen(&self, account: &AccountId, key: Option<&Jwk>) -> Result<()> {
        let is_news = match self.records.account(account).await? {
            None => true,
            Some(known) => key.is_some() && known.key.as_ref() != key,
        };
        if is_news {
            self.records.save_account(account, key, self.now()).await?;
        }
        Ok(())
    }

    // Orders

    /// The certificate that a new order is the replacement of. An order that the CA does not take for a
    /// replacement must not use up somebody else's.
    async fn replaced(
        &self,
        admitted: NewOrder<'_>,
        exemption: Exemption,
        seen: &OrderSeen,
    ) -> Result<Option<CertificateId>> {
        let Some(replaces) = admitted.replaces else { return Ok(None) };
        let is_replacement = exemption == Exemption::Ari
            || seen.replaces.as_ref() == Some(replaces)
            || self
                .records
                .certificate(replaces)
                .await?
                .is_some_and(|known| known.account == *admitted.account);
        Ok(is_replacement.then(|| replaces.clone()))
    }

    /// An order that nobody admitted: the CA gave it for a request not known as newOrder.
    async fn uncounted_order(&self, seen: &OrderSeen) -> Result<()> {
        metrics::counter!("tollgate_gateway_unadmitted_total", "resource" => "unknown").increment(1);
        let (Some(account), Some(identifiers)) =
            (&seen.account, IdentifierSet::new(seen.identifiers.clone()))
        else {
            return Ok(());
        };
        if let Some(path) = &seen.order
            && self.records.order(path).await?.is_some()
        {
            return Ok(());
        }
        let order = NewOrder { account, identifiers: &identifiers, replaces: None, issuer_window: None };
        let exemption = self.limiter.record_new_order(order).await;
        self.order_created(order, &mut Reservation::free(exemption), seen).await.map(drop)
    }

    async fn order_seen(&self, sight: Sight, seen: &OrderSeen) -> Result<()> {
        let Some(path) = &seen.order else { return Ok(()) };
        let order = match self.records.order(path).await? {
            Some(order) => order,
            None => match self.learn(sight, seen).await? {
                Some(order) => order,
                None => return Ok(()),
            },
        };
        if seen.status.is_some_and(|status| status != order.status) {
            self.link(&order, seen).await?;
        }
        self.progress(&order, seen).await
    }

    /// An order older than the gateway, or made past it. What it has issued before it was first seen
    /// was not issued through us.
    async fn learn(&self, sight: Sight, seen: &OrderSeen) -> Result<Option<Order>> {
        let (Some(path), Some(account)) = (&seen.order, &seen.account) else { return Ok(None) };
        let Some(identifiers) = IdentifierSet::new(seen.identifiers.clone()) else { return Ok(None) };
        let is_issued = matches!(seen.status, Some(OrderStatus::Processing | OrderStatus::Valid));
        let order = Order {
            id: path.clone(),
            account: account.clone(),
            identifiers,
            admitted: Admitted::Limited,
            replaces: None,
            status: OrderStatus::Pending,
            issuance: if is_issued && sight == Sight::Polled {
                Issuance::Counted
            } else {
                Issuance::NotCounted
            },
            created: self.now(),
        };
        self.account_seen(account, None).await?;
        self.records.save_order(&order).await?;
        Ok(Some(order))
    }

    /// Learns the other URLs of an order. With one identifier and one authorization, the one is for the
    /// other; with more, each authorization has to say it itself.
    async fn link(&self, order: &Order, seen: &OrderSeen) -> Result<()> {
        let (finalize, certificate) = (seen.finalize.as_ref(), seen.certificate.as_ref());
        let linking = self.records.link_order(&order.id, finalize, certificate, &seen.authorizations);
        match (order.identifiers.as_slice(), seen.authorizations.as_slice()) {
            ([identifier], [authorization]) => {
                let naming =
                    self.records.save_authorization(authorization, &order.account, Some(identifier), &[]);
                tokio::try_join!(linking, naming).map(drop)
            }
            _ => linking.await,
        }
    }

    /// What an order's state says of its authorizations and its certificate.
    async fn progress(&self, order: &Order, seen: &OrderSeen) -> Result<()> {
        let Some(status) = seen.status.filter(|status| *status != order.status) else { return Ok(()) };
        match status {
            OrderStatus::Pending => {}
            OrderStatus::Ready => self.all_succeeded(order).await?,
            OrderStatus::Processing | OrderStatus::Valid => {
                self.all_succeeded(order).await?;
                self.issued(order).await?;
            }
            OrderStatus::Invalid => {
                self.undo(order).await?;
                for authorization in self.failed_authorizations(order, &seen.failure).await? {
                    self.count_failure(&authorization).await?;
                }
            }
        }
        self.records.set_order_status(&order.id, status).await
    }

    /// Finalizing answered `processing` or `valid`, or the certificate is there. What the order has
    /// reserved is kept before it is counted: a crash between the two must not let it be given back.
    async fn issued(&self, order: &Order) -> Result<()> {
        let reserved = self.records.keep_reservation(&order.id).await?;
        if self.records.claim_issuance(&order.id, self.now()).await? {
            let (account, identifiers) = (&order.account, &order.identifiers);
            let exemption = exemption_of(order.admitted);
            match reserved {
                Some(reserved) => {
                    self.limiter.issued_reserved(account, identifiers, exemption, &reserved).await;
                }
                None => self.limiter.issued(account, identifiers, exemption).await,
            }
        }
        Ok(())
    }

    /// The order turned `invalid`, perhaps after it was finalized: there is no certificate after all.
    async fn undo(&self, order: &Order) -> Result<()> {
        if self.records.undo_issuance(&order.id).await? {
            let exemption = exemption_of(order.admitted);
            let reserved = self.records.return_kept(&order.id).await?;
            self.limiter
                .issuance_undone(&order.account, &order.identifiers, exemption, reserved.as_ref())
                .await;
        }
        self.limiter.order_ended(&order.id).await
    }

    /// An order past `pending` has no authorization that is not valid (RFC 8555, 7.1.6).
    async fn all_succeeded(&self, order: &Order) -> Result<()> {
        for authorization in self.records.authorizations_of_order(&order.id).await? {
            self.count_success(&authorization).await?;
        }
        Ok(())
    }

    // Authorizations

    async fn authorization_seen(&self, seen: &AuthorizationSeen) -> Result<()> {
        let known = self.records.authorization(&seen.authorization).await?;
        if known.as_ref().is_some_and(|known| known.identifier.is_some())
            && self.knows(&seen.challenges).await?
        {
            return Ok(());
        }
        let Some(account) = known.map(|known| known.account).or_else(|| seen.account.clone()) else {
            return Ok(());
        };
        self.records
            .save_authorization(&seen.authorization, &account, seen.identifier.as_ref(), &seen.challenges)
            .await
    }

    /// Whether these challenges were learned before: they are, all at once.
    async fn knows(&self, challenges: &[ResourcePath]) -> Result<bool> {
        match challenges.first() {
            Some(first) => Ok(self.records.resource(first).await?.is_some()),
            None => Ok(true),
        }
    }

    async fn attempted(&self, path: &ResourcePath) -> Result<()> {
        match self.records.authorization(path).await? {
            Some(known) if !known.attempted => self.records.note_attempt(path).await,
            _ => Ok(()),
        }
    }

    async fn failed(&self, path: &ResourcePath, only_for: Option<&AccountId>) -> Result<()> {
        match self.records.authorization(path).await? {
            Some(known) if only_for.is_none_or(|account| *account == known.account) => {
                self.count_failure(&known).await
            }
            _ => Ok(()),
        }
    }

    async fn succeeded(&self, path: &ResourcePath) -> Result<()> {
        match self.records.authorization(path).await? {
            Some(known) => self.count_success(&known).await,
            None => Ok(()),
        }
    }

    /// Without an identifier nothing is claimed, so that a later answer that names it still counts.
    async fn count_failure(&self, authorization: &Authorization) -> Result<()> {
        if authorization.counted {
            return Ok(());
        }
        let Some(identifier) = self.identifier_of(authorization).await? else { return Ok(()) };
        if self.records.claim_outcome(&authorization.id, AuthorizationStatus::Invalid).await? {
            self.limiter.validation_failed(&authorization.account, &identifier).await?;
        }
        Ok(())
    }

    /// A CA that lets a failed challenge be tried again (serles) may show `valid` after a failure. The
    /// failure stays counted, but it was the last in its row.
    async fn count_success(&self, authorization: &Authorization) -> Result<()> {
        if authorization.counted && authorization.status != AuthorizationStatus::Invalid {
            return Ok(());
        }
        let Some(identifier) = self.identifier_of(authorization).await? else { return Ok(()) };
        let is_first = self.records.claim_outcome(&authorization.id, AuthorizationStatus::Valid).await?;
        if is_first || authorization.status == AuthorizationStatus::Invalid {
            self.limiter.validation_succeeded(&authorization.account, &identifier).await;
        }
        Ok(())
    }

    async fn identifier_of(&self, authorization: &Authorization) -> Result<Option<Identifier>> {
        if let Some(identifier) = &authorization.identifier {
            return Ok(Some(identifier.clone()));
        }
        let orders = self.records.orders_of_authorization(&authorization.id).await?;
        Ok(orders.iter().find_map(|order| match order.identifiers.as_slice() {
            [only] => Some(only.clone()),
            _ => None,
        }))
    }

    // Certificates

    async fn certificate_seen(
        &self,
        order: Option<&ResourcePath>,
        account: Option<&AccountId>,
        leaf: Option<&Leaf>,
    ) -> Result<()> {
        let order = match order {
            Some(path) => self.records.order(path).await?,
            None => None,
        };
        if let Some(order) = &order
            && order.status != OrderStatus::Valid
        {
            self.issued(order).await?;
            self.records.set_order_status(&order.id, OrderStatus::Valid).await?;
        }
        match (leaf, order.as_ref().map(|order| &order.account).or(account)) {
            (Some(leaf), Some(account)) => self.save_certificate(leaf, account, order.as_ref()).await,
            _ => Ok(()),
        }
    }

    async fn save_certificate(&self, leaf: &Leaf, account: &AccountId, order: Option<&Order>) -> Result<()> {
        let Some(id) = &leaf.id else { return Ok(()) };
        if self.records.certificate(id).await?.is_some() {
            return Ok(());
        }
        let certificate = Certificate {
            id: id.clone(),
            account: account.clone(),
            order: order.map(|order| order.id.clone()),
            identifiers: leaf.identifiers.clone(),
            not_before: leaf.not_before,
            not_after: leaf.not_after,
            revoked: false,
            replaced_by: None,
        };
        self.records.save_certificate(&certificate).await
    }
}

/// What went wrong in the records never reaches the client, but somebody has to hear of it.
pub(crate) fn records_failed(error: &RecordsError) {
    metrics::counter!("tollgate_gateway_records_failures_total").increment(1);
    tracing::error!(error = error as &dyn std::error::Error, "the records cannot be read or written");
}

/// The engine counts nanoseconds from 1970 to 2554, all of which a [`Timestamp`] can tell.
pub(crate) fn moment(now: tollgate_engine::Timestamp) -> Timestamp {
    Timestamp::from_nanosecond(i128::from(now.as_nanos())).expect("every u64 of nanoseconds is before 2555")
}

fn admitted_as(exemption: Exemption) -> Admitted {
    match exemption {
        Exemption::None => Admitted::Limited,
        Exemption::RenewalBySet => Admitted::RenewalBySet,
        Exemption::Ari => Admitted::Ari,
    }
}

fn exemption_of(admitted: Admitted) -> Exemption {
    match admitted {
        Admitted::Limited => Exemption::None,
        Admitted::RenewalBySet => Exemption::RenewalBySet,
        Admitted::Ari => Exemption::Ari,
    }
}
