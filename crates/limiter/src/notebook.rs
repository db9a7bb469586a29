//! What happened since it was last written down, for operators to look at.
//!
//! It is bounded: what is too much for it is counted as such and left out. A decision never waits for it
//! longer than for adding a number.

use std::{collections::HashMap, net::IpAddr};

use parking_lot::Mutex;
use tollgate_acme::{
    domain::RegisteredDomain,
    identifier::{Identifier, IdentifierSet},
    resource::AccountId,
};
use tollgate_engine::Timestamp;
use tollgate_policy::{Policy, event::Charge, limit::LimitKey};
use tollgate_records::{Happening, RecordsError, Tallies, Whose};
use tollgate_store::BucketId;

use crate::{Limiter, overall_refusals::OverallRefusals};

/// Subjects between two writings at most.
const SUBJECTS_MAX: usize = 10_000;

/// Waits that are remembered at most, to see who comes back before the end.
const WAITS_MAX: usize = 100_000;

/// The longest text of a set, in bytes.
const SET_BYTES_MAX: usize = 200;

/// How refusals of paused pairs are called among those of limits.
pub const PAUSED: &str = "paused";

#[derive(Default)]
pub(crate) struct Notebook {
    pages: Mutex<Pages>,
}

#[derive(Default)]
struct Pages {
    refusals: HashMap<&'static str, u64>,
    subjects: HashMap<(Happening, Whose, String), u64>,
    left_out: u64,
    /// Who was refused by which bucket, and told to come back when.
    waits: HashMap<(String, BucketId), Timestamp>,
}

impl Limiter {
    /// Writes down what happened since the last time, and what overall request limits refused. What cannot
    /// be written is lost: nothing is decided by it.
    ///
    /// # Errors
    ///
    /// [`RecordsError`].
    pub async fn write_down(&self, overall: &OverallRefusals) -> Result<(), RecordsError> {
        let mut tallies = self.notebook.take(overall.left_out());
        tallies.refusals.extend(overall.by_limit());
        tallies.subjects.extend(overall.by_subject(&self.policy.load()));
        if tallies.refusals.is_empty() && tallies.subjects.is_empty() {
            return Ok(());
        }
        self.records.tally(tallies, self.moment()).await
    }

    /// The CA made an account for a client at this address.
    pub fn account_created(&self, client: IpAddr) {
        let mut pages = self.notebook.pages.lock();
        pages.add(Happening::Registered, Whose::Address, client.to_canonical().to_string());
    }

    /// The decisive charge of a refused event refused it, until `retry_at`.
    pub(crate) fn note_refusal(
        &self,
        policy: &Policy,
        charges: &[Charge<'_>],
        decisive: &Charge<'_>,
        identifiers: &[Identifier],
        retry_at: Timestamp,
        now: Timestamp,
    ) {
        let bucket = self.entry(decisive).id;
        let asking = asking(charges, decisive);
        let domain = domain_of(policy, &decisive.key, identifiers);
        let mut pages = self.notebook.pages.lock();
        *pages.refusals.entry(decisive.limit.name.as_str()).or_default() += 1;
        let is_early =
            asking.as_ref().is_some_and(|(_, who)| pages.waits_still(who.clone(), bucket, retry_at, now));
        for (whose, who) in domain.map(|domain| (Whose::Domain, domain)).into_iter().chain(asking) {
            if is_early {
                pages.add(Happening::Early, whose, who.clone());
            }
            pages.add(Happening::Refused, whose, who);
        }
    }

    pub(crate) fn note_paused(&self, account: &AccountId) {
        let mut pages = self.notebook.pages.lock();
        *pages.refusals.entry(PAUSED).or_default() += 1;
        pages.add(Happening::Refused, Whose::Account, account.to_string());
    }

    pub(crate) fn note_failure(&self, policy: &Policy, account: &AccountId, identifier: &Identifier) {
        let domain = policy.suffixes().registered_domain(identifier).to_string();
        let mut pages = self.notebook.pages.lock();
        pages.add(Happening::Failed, Whose::Account, account.to_string());
        pages.add(Happening::Failed, Whose::Domain, domain);
        pages.add(Happening::Failed, Whose::Pair, format!("{account} {identifier}"));
    }

    pub(crate) fn note_issuance(&self, policy: &Policy, account: &AccountId, identifiers: &IdentifierSet) {
        let mut domains: Vec<_> =
            identifiers.iter().map(|one| policy.suffixes().registered_domain(one).to_string()).collect();
        domains.sort_unstable();
        domains.dedup();
        let mut pages = self.notebook.pages.lock();
        pages.add(Happening::Issued, Whose::Account, account.to_string());
        pages.add(Happening::Issued, Whose::Set, set_text(identifiers));
        for domain in domains {
            pages.add(Happening::Issued, Whose::Domain, domain);
        }
    }
}

impl Notebook {
    /// What is on the pages; `also_left_out` is counted with what had no room on them.
    fn take(&self, also_left_out: u64) -> Tallies {
        let mut pages = self.pages.lock();
        let refusals = std::mem::take(&mut pages.refusals);
        let subjects = std::mem::take(&mut pages.subjects);
        let left_out = std::mem::take(&mut pages.left_out) + also_left_out;
        drop(pages);
        if left_out > 0 {
            metrics::counter!("tollgate_tallies_left_out_total").increment(left_out);
        }
        let subjects =
            subjects.into_iter().map(|((what, whose, subject), number)| (what, whose, subject, number));
        Tallies { refusals: refusals.into_iter().collect(), subjects: subjects.collect() }
    }
}

impl Pages {
    fn add(&mut self, what: Happening, whose: Whose, subject: String) {
        let key = (what, whose, subject);
        if let Some(number) = self.subjects.get_mut(&key) {
            *number += 1;
        } else if self.subjects.len() < SUBJECTS_MAX {
            self.subjects.insert(key, 1);
        } else {
            self.left_out += 1;
        }
    }

    /// Whether somebody had been told to wait longer than until now; remembers the new wait.
    fn waits_still(&mut self, who: String, bucket: BucketId, retry_at: Timestamp, now: Timestamp) -> bool {
        if self.waits.len() >= WAITS_MAX {
            self.waits.retain(|_, until| now < *until);
        }
        if self.waits.len() >= WAITS_MAX {
            // Whoever comes now is not watched.
            return self.waits.get(&(who, bucket)).is_some_and(|until| now < *until);
        }
        self.waits.insert((who, bucket), retry_at).is_some_and(|until| now < until)
    }
}

/// Who asks: the account, or the address of who has none yet.
fn asking(charges: &[Charge<'_>], decisive: &Charge<'_>) -> Option<(Whose, String)> {
    let of = |key: &LimitKey<'_>| match key {
        LimitKey::Account(account)
        | LimitKey::AccountDomain(account, _)
        | LimitKey::AccountIdentifier(account, _) => Some((Whose::Account, account.to_string())),
        LimitKey::Address(address) => Some((Whose::Address, address.to_string())),
        LimitKey::Ipv6Range(_) | LimitKey::Domain(_) | LimitKey::Set(_) => None,
    };
    of(&decisive.key).or_else(|| charges.iter().find_map(|charge| of(&charge.key)))
}

/// The domain at fault; of a set, that of its first identifier.
fn domain_of(policy: &Policy, key: &LimitKey<'_>, identifiers: &[Identifier]) -> Option<String> {
    let of = |identifier: &Identifier| policy.suffixes().registered_domain(identifier).to_string();
    match key {
        LimitKey::Domain(domain) | LimitKey::AccountDomain(_, domain) => {
            Some(RegisteredDomain::to_string(domain))
        }
        LimitKey::AccountIdentifier(_, identifier) => Some(of(identifier)),
        LimitKey::Set(_) => identifiers.first().map(of),
        LimitKey::Account(_) | LimitKey::Address(_) | LimitKey::Ipv6Range(_) => None,
    }
}

/// The identifiers, as many as are read at a glance; the set's hash tells two long ones apart.
fn set_text(identifiers: &IdentifierSet) -> String {
    let mut text = String::new();
    for identifier in identifiers {
        let identifier = identifier.to_string();
        if text.len() + identifier.len() > SET_BYTES_MAX {
            let hash = identifiers.id().0;
            return format!("{text} … ({:02x}{:02x}{:02x}{:02x})", hash[0], hash[1], hash[2], hash[3]);
        }
        if !text.is_empty() {
            text.push(' ');
        }
        text.push_str(&identifier);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: Timestamp = Timestamp::from_secs(60);

    #[test]
    fn whoever_comes_before_the_end_of_the_wait_told_is_early() {
        let mut pages = Pages::default();
        let (one, other) = (BucketId([1, 1]), BucketId([2, 2]));
        for (who, bucket, now, early) in [
            ("a", one, 0, false),
            ("a", one, 59, true),
            ("b", one, 59, false),
            ("a", other, 59, false),
            ("a", one, 60, false),
        ] {
            let now = Timestamp::from_secs(now);
            assert_eq!(pages.waits_still(who.to_owned(), bucket, MINUTE, now), early, "{who} {now:?}");
        }
    }

    #[test]
    fn waits_and_subjects_are_bounded_and_what_is_left_out_is_counted() {
        let mut pages = Pages::default();
        let bucket = BucketId([1, 1]);
        for number in 0..WAITS_MAX + 10 {
            pages.waits_still(number.to_string(), bucket, MINUTE, Timestamp::from_secs(0));
        }
        assert_eq!(pages.waits.len(), WAITS_MAX);
        pages.waits_still("late".to_owned(), bucket, Timestamp::from_secs(120), MINUTE);
        assert_eq!(pages.waits.len(), 1, "waits that are over make room");

        for number in 0..SUBJECTS_MAX + 10 {
            pages.add(Happening::Issued, Whose::Account, number.to_string());
        }
        pages.add(Happening::Issued, Whose::Account, "0".to_owned());
        assert_eq!((pages.subjects.len(), pages.left_out), (SUBJECTS_MAX, 10));
    }
}
