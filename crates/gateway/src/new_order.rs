//! newOrder (RFC 8555, 7.4): decided before it is forwarded, settled by the CA's answer (RULES 4).

use bytes::Bytes;
use http::Response;
use tollgate_acme::{
    certificate::CertificateId, identifier::IdentifierSet, jwk::Jwk, order, resource::AccountId,
};
use tollgate_limiter::{Admission, Limiter, NewOrder, Reservation};
use tollgate_policy::event::Exemption;

use crate::{
    aftermath::{Begun, Key, Keys, domains},
    apply::{Applier, records_failed},
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
            self.settled_for(&[Key::Path(account.0.clone())]).await;
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
        // What is under way of its account was waited for when that was looked up.
        self.settled_for(&self.counted_by(&wanted)).await;
        let reservation = match self.limiter.admit_new_order(self.decided(&wanted, &asked).await).await {
            Admission::Admitted(reservation) => reservation,
            Admission::Refused(refusal) => {
                return Ok(self.refuse(&asked, &refusal, wanted.identifiers.as_slice().len()));
            }
        };
        match self.forward(&asked).await {
            Ok(response) => Ok(self.settle_new_order(&asked, wanted, reservation, response).await),
            Err(failure) => {
                self.give_back(&wanted, reservation).await;
                refusal::unanswered(&asked.told, &failure)
            }
        }
    }

    /// Keeps the reservation when the CA made a new order, and gives it back in any other case.
    async fn settle_new_order(
        &self,
        asked: &Asked,
        wanted: Wanted,
        mut reservation: Reservation,
        mut response: UpstreamResponse,
    ) -> Response<Bytes> {
        let Some(seen) = self.created(asked, &response) else {
            self.give_back(&wanted, reservation).await;
            return response;
        };
        if self.is_replacement_of_older(&wanted, &seen, &reservation).await {
            self.give_back(&wanted, reservation).await;
            reservation = Reservation::free(Exemption::Ari);
        }
        let begun =
            self.under_way.begin(self.changed(&wanted.account, &seen, Some(&wanted.identifiers))).await;
        if self.is_new(&begun, &seen).await {
            self.tell_quotas(&mut response, reservation.quotas());
        }
        let limiter = self.limiter.clone();
        let account_seen = Fact::AccountSeen { account: wanted.account.clone(), key: None };
        begun.end_with(async move {
            Applier::new(&limiter).apply_all(vec![account_seen]).await;
            remember(&limiter, &wanted, reservation, &seen).await;
        });
        response
    }

    /// Nothing came of the order. The buckets have their tokens again when this is done; what is settled
    /// with the records is so behind the answer.
    async fn give_back(&self, wanted: &Wanted, mut reservation: Reservation) {
        let held = reservation.take_held();
        self.limiter.refund(reservation).await;
        if let Some(held) = held {
            let mut keys = Keys { changes: Vec::new(), concerns: self.counted_by(wanted) };
            keys.concerns.push(Key::Path(wanted.account.0.clone()));
            let limiter = self.limiter.clone();
            let begun = self.under_way.begin(keys).await;
            begun.end_with(async move { limiter.return_held(held).await });
        }
    }

    /// A request that is the CA's to refuse: it does not fit the key known for its account, or names no
    /// identifier that can be read. When the CA knows better it is counted after the fact.
    async fn unspent(&self, asked: Asked, shape: Option<(IdentifierSet, Option<CertificateId>)>) -> Answered {
        let response = match self.forward(&asked).await {
            Ok(response) => response,
            Err(failure) => return refusal::unanswered(&asked.told, &failure),
        };
        let Some(seen) = self.created(&asked, &response) else { return Ok(response) };
        metrics::counter!("tollgate_gateway_unadmitted_total", "resource" => "newOrder").increment(1);
        let Some(account) = asked.signer.claimed().cloned() else { return Ok(response) };
        let mut keys = self.changed(&account, &seen, shape.as_ref().map(|(identifiers, _)| identifiers));
        let mut facts = vec![Fact::AccountSeen { account: account.clone(), key: None }];
        if let Signer::Unfit(_) = asked.signer {
            // The CA evidently knows another key.
            keys.changes.push(Key::Path(account.0.clone()));
            facts.push(Fact::KeyChanged { account: account.clone(), key: None });
        }
        let shown = || IdentifierSet::new(seen.identifiers.clone()).map(|identifiers| (identifiers, None));
        let wanted =
            shape.or_else(shown).map(|(identifiers, replaces)| Wanted { account, identifiers, replaces });
        let begun = self.begin(&asked, keys, &facts).await;
        let limiter = self.limiter.clone();
        begun.end_with(async move {
            Applier::new(&limiter).apply_all(facts).await;
            if let Some(wanted) = wanted
                && !is_known(&limiter, &seen).await
            {
                let exemption = limiter.record_new_order(wanted.as_new_order()).await;
                remember(&limiter, &wanted, Reservation::free(exemption), &seen).await;
            }
        });
        Ok(response)
    }

    /// The order that the CA has made, if it did. newOrder tells nothing else.
    fn created(&self, asked: &Asked, response: &UpstreamResponse) -> Option<OrderSeen> {
        self.observe(asked, response).into_iter().find_map(|fact| match fact {
            Fact::OrderCreated(seen) => Some(seen),
            _ => None,
        })
    }

    /// Whether the order is one that nobody has seen before, which is told to the client. What is
    /// remembered is decided by the write.
    async fn is_new(&self, begun: &Begun, seen: &OrderSeen) -> bool {
        let is_under_way = seen.order.iter().any(|path| begun.follows(&Key::Path(path.clone())));
        !is_under_way && !is_known(&self.limiter, seen).await
    }

    /// What has to be known before an order is decided, beside its account: of its domains and addresses,
    /// and of the certificate that it replaces.
    fn counted_by(&self, wanted: &Wanted) -> Vec<Key> {
        let mut keys = domains(&self.limiter.policy(), wanted.identifiers.as_slice());
        keys.extend(wanted.replaces.clone().map(Key::Certificate));
        keys
    }

    /// What an order that was made changes: the counts of its domains only when it comes with its
    /// certificate.
    fn changed(&self, account: &AccountId, seen: &OrderSeen, identifiers: Option<&IdentifierSet>) -> Keys {
        let mut keys = Keys::of_order(account, seen);
        if seen.is_past_ready() {
            let identifiers = identifiers.map_or(seen.identifiers.as_slice(), IdentifierSet::as_slice);
            keys.concerns.extend(domains(&self.limiter.policy(), identifiers));
        }
        keys
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

/// Writes down an order that the CA has accepted, and gives back what it has spent when it is not new. With
/// records that cannot be written every order is.
async fn remember(limiter: &Limiter, wanted: &Wanted, mut reservation: Reservation, seen: &OrderSeen) {
    let order = wanted.as_new_order();
    match Applier::new(limiter).order_created(order, &mut reservation, seen).await {
        Ok(true) => {}
        Ok(false) => limiter.refund(reservation).await,
        Err(error) => records_failed(&error),
    }
}

async fn is_known(limiter: &Limiter, seen: &OrderSeen) -> bool {
    match &seen.order {
        Some(path) => matches!(limiter.records().order(path).await, Ok(Some(_))),
        None => false,
    }
}
