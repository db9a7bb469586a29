//! Nonces (RFC 8555, 6.5): each accepted once, until it expires by the clock.
//!
//! A nonce carries its number, its time and a MAC, so that unused ones cost no memory. Only the
//! numbers already used are remembered, and only so many: beyond that the oldest are forgotten and
//! everything up to them is refused, so that a nonce is never accepted twice. The MAC key lives as
//! long as the process; nonces from before a restart are refused, as the used ones are not known.

use std::collections::BTreeMap;

use aws_lc_rs::{hmac, rand};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use jiff::Timestamp;
use parking_lot::Mutex;

/// The most used nonces remembered.
const USED_MAX: usize = 200_000;

const NUMBER_BYTES: usize = 8;
const TIME_BYTES: usize = 8;

/// The nonces of one process.
pub(crate) struct Nonces {
    key: hmac::Key,
    lifetime_seconds: i64,
    ledger: Mutex<Ledger>,
}

struct Ledger {
    next: u64,
    /// Every nonce below this number is refused.
    floor: u64,
    /// Number and time of each used nonce.
    used: BTreeMap<u64, i64>,
}

impl Nonces {
    pub(crate) fn new(lifetime: std::time::Duration) -> Self {
        let mut key = [0; 32];
        rand::fill(&mut key).expect("the system has randomness");
        Self {
            key: hmac::Key::new(hmac::HMAC_SHA256, &key),
            lifetime_seconds: i64::try_from(lifetime.as_secs()).unwrap_or(i64::MAX),
            ledger: Mutex::new(Ledger { next: 0, floor: 0, used: BTreeMap::new() }),
        }
    }

    /// A fresh nonce.
    pub(crate) fn issue(&self, now: Timestamp) -> String {
        let number = {
            let mut ledger = self.ledger.lock();
            ledger.next += 1;
            ledger.next
        };
        let mut nonce = Vec::with_capacity(NUMBER_BYTES + TIME_BYTES + 32);
        nonce.extend_from_slice(&number.to_be_bytes());
        nonce.extend_from_slice(&now.as_second().to_be_bytes());
        let tag = hmac::sign(&self.key, &nonce);
        nonce.extend_from_slice(tag.as_ref());
        BASE64_URL_SAFE_NO_PAD.encode(nonce)
    }

    /// Uses a nonce up; `false` when it is not one to accept.
    pub(crate) fn spend(&self, nonce: &str, now: Timestamp) -> bool {
        let Some((number, issued)) = self.read(nonce) else { return false };
        let expired = |issued: i64| now.as_second().saturating_sub(issued) > self.lifetime_seconds;
        if expired(issued) {
            return false;
        }
        let mut ledger = self.ledger.lock();
        if number < ledger.floor || ledger.used.contains_key(&number) {
            return false;
        }
        ledger.used.insert(number, issued);
        ledger.forget(expired);
        true
    }

    /// Number and time of a nonce of this process.
    fn read(&self, nonce: &str) -> Option<(u64, i64)> {
        let bytes = BASE64_URL_SAFE_NO_PAD.decode(nonce).ok()?;
        let (signed, tag) = bytes.split_at_checked(NUMBER_BYTES + TIME_BYTES)?;
        hmac::verify(&self.key, signed, tag).ok()?;
        let (number, issued) = signed.split_at(NUMBER_BYTES);
        Some((u64::from_be_bytes(number.try_into().ok()?), i64::from_be_bytes(issued.try_into().ok()?)))
    }
}

impl Ledger {
    /// Drops what has expired or is too much, and refuses everything up to there from now on: a clock
    /// that is moved back must not bring a used nonce back.
    fn forget(&mut self, expired: impl Fn(i64) -> bool) {
        while let Some(oldest) = self.used.first_entry() {
            if !expired(*oldest.get()) && self.used.len() <= USED_MAX {
                return;
            }
            let (number, _) = self.used.pop_first().expect("there is an oldest one");
            self.floor = number + 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    const NOW: Timestamp = Timestamp::constant(1_800_000_000, 0);

    fn hour() -> Nonces {
        Nonces::new(Duration::from_secs(3600))
    }

    #[test]
    fn a_nonce_is_accepted_once() {
        let nonces = hour();
        let (first, second) = (nonces.issue(NOW), nonces.issue(NOW));
        assert!(nonces.spend(&second, NOW));
        assert!(nonces.spend(&first, NOW));
        assert!(!nonces.spend(&first, NOW));
        assert!(!nonces.spend(&second, NOW));
    }

    #[test]
    fn a_nonce_expires_by_the_clock() {
        let nonces = hour();
        let nonce = nonces.issue(NOW);
        assert!(!nonces.spend(&nonce, NOW + Duration::from_secs(3601)));
        assert!(nonces.spend(&nonce, NOW + Duration::from_secs(3600)));
    }

    #[test]
    fn a_used_nonce_stays_refused_when_the_clock_goes_back() {
        let nonces = hour();
        let old = nonces.issue(NOW);
        assert!(nonces.spend(&old, NOW));
        let later = NOW + Duration::from_secs(7200);
        let new = nonces.issue(later);
        assert!(nonces.spend(&new, later), "this forgets the old one");
        assert!(!nonces.spend(&old, NOW));
    }

    #[test]
    fn a_made_up_nonce_is_refused() {
        let (nonces, others) = (hour(), hour());
        for nonce in [String::new(), "AAAA".to_owned(), "no base64!".to_owned(), others.issue(NOW)] {
            assert!(!nonces.spend(&nonce, NOW), "{nonce}");
        }
    }
}
