//! newOrder (RFC 8555, 7.4): decided before it is forwarded, settled by the CA's answer (RULES 4).

use bytes::Bytes;
use http::Response;
use tollgate_acme::{
    certificate::CertificateId, identifier::IdentifierSet, jwk::Jwk, order, resource::AccountId,
};
use tollgate_limiter::{Admission, NewOrder, Reservation};
use tollgate_policy::event::Exemption;
use tollgate_records::ReservationId;

use crate::{
    apply::{AdmittedOrder, records_failed},
    gateway::{Answered, Asked, Gateway},
    observe::{Fact, OrderSeen},
    refusal,
    signer::Signer,
    upstream::UpstreamResponse,
};

/// What an order asks for, once its shape is right.
struct Wanted {
    account: AccountId,
    identifiers: IdentifierSet,
    replaces: Option<CertificateId>,
}

impl Gateway {
    /// Answers newOrder.
    pub(crate) async fn new_order(&self, mut asked: Asked) -> Answered {
        if let Signer::Key(key) = &asked.signer {
            let Some(account) = self.account_of(key).await else {
                return Ok(refusal::malformed(
                    &asked.told,
                    "a new order must be signed with the account's \"kid\"",
                    asked.nonce(),
                ));
            };
            asked.signer = Signer::Account(account);
        }
        let shape = Self::shape(&asked);
        match (&asked.signer, shape) {
            (
                Signer::Account(account) | Signer::Stranger(account) | Signer::Misdirected(account),
                Some((identifiers, replaces)),
            ) => {
                let wanted = Wanted { account: account.clone(), identifiers, replaces };
                self.admitted(asked, wanted).await
            }
            (_, shape) => self.unspent(asked, shape).await,
        }
    }

    async fn admitted(&self, asked: Asked, wanted: Wanted) -> Answered {
        let reservation = match self.limiter.admit_new_order(self.decided(&wanted, &asked).await).await {
            Admission::Admitted(reservation) => reservation,
            Admission::Refused(refusal) => {
                return Ok(self.refuse(&asked, &refusal, wanted.identifiers.as_slice().len()));
            }
        };
        match self.forward(&asked).await {
            Ok(response) => Ok(self.settle_new_order(&asked, &wanted, reservation, response).await),
            Err(failure) => {
                self.limiter.refund(reservation).await;
                refusal::unanswered(&asked.told, &failure)
            }
        }
    }

    /// Keeps the reservation when the CA made a new order, and gives it back in any other case.
    async fn settle_new_order(
        &self,
        asked: &Asked,
        wanted: &Wanted,
        reservation: Reservation,
        mut response: UpstreamResponse,
    ) -> Response<Bytes> {
        let Some(seen) = self.created(asked, &response).await else {
            self.limiter.refund(reservation).await;
            return response;
        };
        let exemption = if self.is_replacement_of_older(wanted, &seen, &reservation).await {
            Exemption::Ari
        } else {
            reservation.exemption()
        };
        let kept = reservation.id().filter(|_| exemption == reservation.exemption());
        let is_new = self.remember(wanted, &seen, exemption, kept).await;
        if is_new && exemption == reservation.exemption() {
            self.tell_quotas(&mut response, reservation.quotas());
        } else {
            self.limiter.refund(reservation).await;
        }
        response
    }

    /// A request that is the CA's to refuse: it does not fit the key known for its account, or names no
    /// identifier that can be read. When the CA knows better it is counted after the fact.
    async fn unspent(&self, asked: Asked, shape: Option<(IdentifierSet, Option<CertificateId>)>) -> Answered {
        let response = match self.forward(&asked).await {
            Ok(response) => response,
            Err(failure) => return refusal::unanswered(&asked.told, &failure),
        };
        let Some(seen) = self.created(&asked, &response).await else { return Ok(response) };
        metrics::counter!("tollgate_gateway_unadmitted_total", "resource" => "newOrder").increment(1);
        let Some(account) = asked.signer.claimed().cloned() else { return Ok(response) };
        if let Signer::Unfit(account) = &asked.signer {
            // The CA evidently knows another key.
            let forgotten = self.limiter.records().forget_account_key(account).await;
            forgotten.unwrap_or_else(|error| records_failed(&error));
        }
        let shown = || IdentifierSet::new(seen.identifiers.clone()).map(|identifiers| (identifiers, None));
        if let Some((identifiers, replaces)) = shape.or_else(shown) {
            let wanted = Wanted { account, identifiers, replaces };
            if !self.is_known(&seen).await {
                let exemption = self.limiter.record_new_order(wanted.as_new_order()).await;
                self.remember(&wanted, &seen, exemption, None).await;
            }
        }
        Ok(response)
    }

    /// The order that the CA has made, if it did; what else the exchange tells is applied.
    async fn created(&self, asked: &Asked, response: &UpstreamResponse) -> Option<OrderSeen> {
        let mut created = None;
        for fact in self.observe(asked, response) {
            match fact {
                Fact::OrderCreated(seen) => created = Some(seen),
                other => self.apply(vec![other]).await,
            }
        }
        if created.is_some()
            && let Some(account) = asked.signer.claimed()
        {
            self.apply(vec![Fact::AccountSeen { account: account.clone(), key: None }]).await;
        }
        created
    }

    /// `false` when the order is not new. With records that cannot be written every order is.
    async fn remember(
        &self,
        wanted: &Wanted,
        seen: &OrderSeen,
        exemption: Exemption,
        reservation: Option<ReservationId>,
    ) -> bool {
        let order = AdmittedOrder {
            account: &wanted.account,
            identifiers: &wanted.identifiers,
            replaces: wanted.replaces.as_ref(),
            exemption,
            reservation,
        };
        self.applier().order_created(&order, seen).await.unwrap_or_else(|error| {
            records_failed(&error);
            true
        })
    }

    async fn is_known(&self, seen: &OrderSeen) -> bool {
        match &seen.order {
            Some(path) => matches!(self.limiter.records().order(path).await, Ok(Some(_))),
            None => false,
        }
    }

    /// Whether the order replaces a certificate older than the gateway. Nothing is known of that one, so
    /// the order was decided as any other; but a CA that shows `replaces` has checked it (RULES 5.2), and
    /// it can only be replaced once.
    async fn is_replacement_of_older(
        &self,
        wanted: &Wanted,
        seen: &OrderSeen,
        reservation: &Reservation,
    ) -> bool {
        let Some(replaces) = &wanted.replaces else { return false };
        reservation.exemption() != Exemption::Ari
            && seen.replaces.as_ref() == Some(replaces)
            && matches!(self.limiter.records().certificate(replaces).await, Ok(None))
    }

    /// The order as it is decided over, with the window that the CA suggests for what it replaces.
    async fn decided<'a>(&self, wanted: &'a Wanted, asked: &Asked) -> NewOrder<'a> {
        let issuer_window = match &wanted.replaces {
            Some(replaces) => self.suggested_window(replaces, asked).await,
            None => None,
        };
        NewOrder { issuer_window, ..wanted.as_new_order() }
    }

    /// The identifiers and `replaces` of an order. Refusing one with too many identifiers, or with some
    /// that are malformed, is the CA's, and nothing is spent when it does. But a CA that accepts it must
    /// not be a way around the limits, so that it is decided by the identifiers that can be read.
    fn shape(asked: &Asked) -> Option<(IdentifierSet, Option<CertificateId>)> {
        let order = order::NewOrder::parse(asked.payload())?;
        let identifiers = order.identifiers.into_iter().filter_map(Result::ok).collect();
        Some((IdentifierSet::new(identifiers)?, order.replaces))
    }

    async fn account_of(&self, key: &Jwk) -> Option<AccountId> {
        match self.limiter.records().account_by_key(&key.thumbprint()).await {
            Ok(account) => account.map(|account| account.id),
            Err(error) => {
                records_failed(&error);
                None
            }
        }
    }
}

impl Wanted {
    fn as_new_order(&self) -> NewOrder<'_> {
        NewOrder {
            account: &self.account,
            identifiers: &self.identifiers,
            replaces: self.replaces.as_ref(),
            issuer_window: None,
        }
    }
}
