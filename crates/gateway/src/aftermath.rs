//! What an answer of the CA leaves to be counted and written, once the client has it.
//!
//! A client waits for what decides over its request, never for a commit: an answer goes back at once, and
//! what it tells is applied behind it. So that nobody can tell the difference, a request first waits for
//! what is under way of its own account, its own path and, before an order is decided, of the domains it is
//! for. Others never wait for it.
//!
//! A crash loses what is under way: erring towards the client, as everywhere.

mod key;
mod under_way;

use std::{pin::pin, time::Duration};

use tokio::time::timeout;

pub(crate) use self::{
    key::{Key, Keys, domains, needed},
    under_way::{Begun, UnderWay},
};
use crate::{
    apply::Applier,
    gateway::{Asked, Gateway},
    observe::Fact,
};

/// How often somebody who waits looks whether the records are still there.
const LOOK_EVERY: Duration = Duration::from_secs(1);

impl Gateway {
    /// Waits until all that answers have told so far is counted and written.
    pub async fn settled(&self) {
        self.under_way.settled().await;
    }

    /// Waits for what is under way for any of these keys, as long as the records can be read at all: with a
    /// database that hangs, requests are decided without it, as ever.
    pub(crate) async fn settled_for(&self, keys: &[Key]) {
        let mut settled = pin!(self.under_way.settled_for(keys));
        while timeout(LOOK_EVERY, &mut settled).await.is_err() {
            if self.limiter.records().overrides_revision().await.is_err() {
                return;
            }
        }
    }

    /// Applies what an exchange tells, behind its answer. Waits only for room.
    pub(crate) async fn afterwards(&self, asked: &Asked, facts: Vec<Fact>) {
        if facts.is_empty() {
            return;
        }
        let begun = self.begin(asked, Keys::of(&facts, &asked.signer, &asked.path), &facts).await;
        let limiter = self.limiter.clone();
        begun.end_with(async move { Applier::new(&limiter).apply_all(facts).await });
    }

    /// Begins what is to be done with these facts, among other things.
    pub(crate) async fn begin(&self, asked: &Asked, keys: Keys, facts: &[Fact]) -> Begun {
        let mut begun = self.under_way.begin(keys).await;
        for fact in facts {
            begun.concerns(self.concerned(asked, fact).await);
        }
        begun
    }

    /// What a fact may change as far as only the records know it: an account's key, an object's owner, the
    /// domains of an order. Records that cannot be read are reported when the fact is applied.
    async fn concerned(&self, asked: &Asked, fact: &Fact) -> Vec<Key> {
        let is_anonymous = asked.signer.claimed().is_none();
        let (order, shown) = match fact {
            Fact::OrderCreated(seen) | Fact::OrderSeen { seen, .. }
                if is_anonymous || seen.is_past_ready() =>
            {
                (seen.order.as_ref(), seen.identifiers.as_slice())
            }
            Fact::CertificateSeen { order, .. } => (order.as_ref(), [].as_slice()),
            Fact::AccountDeactivated { account } | Fact::KeyChanged { account, .. } => {
                let known = self.limiter.records().account(account).await.ok().flatten();
                let key = known.and_then(|known| known.key);
                return key.into_iter().map(|key| Key::Thumbprint(key.thumbprint())).collect();
            }
            Fact::ValidationFailed { authorization, .. } | Fact::ValidationSucceeded { authorization }
                if is_anonymous =>
            {
                let known = self.limiter.records().authorization(authorization).await.ok().flatten();
                return known.into_iter().map(|known| Key::Path(known.account.0)).collect();
            }
            _ => return Vec::new(),
        };
        let known = match order {
            Some(path) => self.limiter.records().order(path).await.ok().flatten(),
            None => None,
        };
        let policy = self.limiter.policy();
        match known {
            Some(order) => {
                let mut keys = domains(&policy, order.identifiers.as_slice());
                keys.push(Key::Path(order.account.0));
                keys
            }
            None => domains(&policy, shown),
        }
    }
}
