//! Renewals: ARI windows (RFC 9773) and renewals by set.

use std::time::Duration;

use jiff::Timestamp;
use tollgate_acme::identifier::{Identifier, IdentifierSet};

/// How renewals are spared limits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Renewals {
    /// When an order that replaces a certificate is exempt from all limits.
    pub ari: AriExemption,
    /// An order for exactly the set of a certificate issued this long ago or less is a renewal by set;
    /// `None`: there are none.
    pub set_window: Option<Duration>,
}

/// When an order that replaces a certificate (RFC 9773) is exempt from all limits.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum AriExemption {
    /// Inside the suggested renewal window of the certificate.
    #[default]
    Window,
    /// Whenever the replacement is a valid one.
    Always,
    /// Never: `replaces` changes nothing.
    Never,
}

/// The window in which a certificate is suggested to be renewed: start included, end excluded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the fields say it")]
pub struct Window {
    pub start: Timestamp,
    pub end: Timestamp,
}

/// What is known of a certificate that an order wants to replace.
#[derive(Clone, Debug)]
pub struct Replaced<'a> {
    /// Issued to the account of the order.
    pub same_account: bool,
    /// Its identifiers.
    pub identifiers: &'a IdentifierSet,
    /// Validity.
    pub not_before: Timestamp,
    /// Validity.
    pub not_after: Timestamp,
    /// Seen revoked.
    pub revoked: bool,
    /// Another order replaces it already and is not `invalid`.
    pub already_replaced: bool,
    /// The issuer's own window, where it gives one.
    pub issuer_window: Option<Window>,
}

/// Whether an order that names a certificate in `replaces` is exempt from all limits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum AriDecision {
    /// It is.
    Exempt,
    /// It is not, and is limited as any other order: whether it is refused for its `replaces` is the
    /// CA's to say (RULES 5.3).
    Limited(NotExempt),
}

/// Why a replacement is not exempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum NotExempt {
    /// The policy exempts none.
    SwitchedOff,
    /// The certificate was issued to another account.
    OtherAccount,
    /// Order and certificate have no identifier in common.
    NothingShared,
    /// Another order replaces the certificate.
    AlreadyReplaced,
    /// The window has not begun.
    BeforeWindow,
    /// The window has ended.
    AfterWindow,
    /// The certificate is revoked and its window lies in the past.
    Revoked,
}

/// Decides whether an order for `identifiers` that replaces a certificate is exempt (RULES 5.1).
pub fn ari(
    replaced: &Replaced<'_>,
    identifiers: &IdentifierSet,
    exemption: AriExemption,
    now: Timestamp,
) -> AriDecision {
    match not_exempt(replaced, identifiers, exemption, now) {
        Some(reason) => AriDecision::Limited(reason),
        None => AriDecision::Exempt,
    }
}

fn not_exempt(
    replaced: &Replaced<'_>,
    identifiers: &IdentifierSet,
    exemption: AriExemption,
    now: Timestamp,
) -> Option<NotExempt> {
    if exemption == AriExemption::Never {
        return Some(NotExempt::SwitchedOff);
    }
    if !replaced.same_account {
        return Some(NotExempt::OtherAccount);
    }
    if replaced.already_replaced {
        return Some(NotExempt::AlreadyReplaced);
    }
    if !share_one(replaced.identifiers, identifiers) {
        return Some(NotExempt::NothingShared);
    }
    match exemption {
        AriExemption::Window => outside_window(replaced, now),
        AriExemption::Always | AriExemption::Never => None,
    }
}

/// Whether an identifier of one covers one of the other: a certificate for `*.example.com` may be
/// replaced by one for `www.example.com`, and the other way round.
fn share_one(replaced: &IdentifierSet, ordered: &IdentifierSet) -> bool {
    let covered = |a: &Identifier| ordered.iter().any(|b| a.matches(b) || b.matches(a));
    replaced.iter().any(covered)
}

fn outside_window(replaced: &Replaced<'_>, now: Timestamp) -> Option<NotExempt> {
    let window =
        replaced.issuer_window.unwrap_or_else(|| Window::suggested(replaced.not_before, replaced.not_after));
    if window.contains(now) {
        return None;
    }
    Some(match now < window.start {
        true => NotExempt::BeforeWindow,
        false if replaced.revoked => NotExempt::Revoked,
        false => NotExempt::AfterWindow,
    })
}

const NANOS_PER_DAY: i128 = 86_400 * 1_000_000_000;

impl Window {
    /// The window where the issuer gives none (RULES 5.1): centred on a third of the validity before
    /// the expiry, on half of it when the validity is under ten days, and reaching a hundredth of it to
    /// each side. Divisions round down to a nanosecond.
    #[must_use]
    pub fn suggested(not_before: Timestamp, not_after: Timestamp) -> Self {
        let expiry = not_after.as_nanosecond();
        let validity = (expiry - not_before.as_nanosecond()).max(0);
        let centre = expiry - if validity < 10 * NANOS_PER_DAY { validity / 2 } else { validity / 3 };
        let reach = validity / 100;
        Self { start: at_nanosecond(centre - reach), end: at_nanosecond(centre + reach) }
    }

    /// Whether `now` lies inside.
    #[must_use]
    pub fn contains(&self, now: Timestamp) -> bool {
        self.start <= now && now < self.end
    }
}

/// The moment, or the nearest one that can be told.
fn at_nanosecond(nanosecond: i128) -> Timestamp {
    Timestamp::from_nanosecond(nanosecond).unwrap_or(if nanosecond < 0 {
        Timestamp::MIN
    } else {
        Timestamp::MAX
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().expect("a timestamp")
    }

    fn set(names: &[&str]) -> IdentifierSet {
        let identifiers = names.iter().map(|name| Identifier::from_text(name).expect("an identifier"));
        IdentifierSet::new(identifiers.collect()).expect("at least one")
    }

    /// 90 days, so its window is 2026-03-02 +- 21 h 36 min.
    fn ninety_days(identifiers: &IdentifierSet) -> Replaced<'_> {
        Replaced {
            same_account: true,
            identifiers,
            not_before: at("2026-01-01T00:00:00Z"),
            not_after: at("2026-04-01T00:00:00Z"),
            revoked: false,
            already_replaced: false,
            issuer_window: None,
        }
    }

    const INSIDE: &str = "2026-03-02T12:00:00Z";

    #[test]
    fn the_suggested_window_follows_the_validity() {
        // (not before, not after, start, end)
        for (not_before, not_after, start, end) in [
            ("2026-01-01T00:00:00Z", "2026-04-01T00:00:00Z", "2026-03-01T02:24:00Z", "2026-03-02T21:36:00Z"),
            ("2026-01-01T00:00:00Z", "2026-01-11T00:00:00Z", "2026-01-07T13:36:00Z", "2026-01-07T18:24:00Z"),
            ("2026-01-01T00:00:00Z", "2026-01-07T00:00:00Z", "2026-01-03T22:33:36Z", "2026-01-04T01:26:24Z"),
            ("2026-01-02T00:00:00Z", "2026-01-01T00:00:00Z", "2026-01-01T00:00:00Z", "2026-01-01T00:00:00Z"),
        ] {
            let window = Window::suggested(at(not_before), at(not_after));
            assert_eq!(window, Window { start: at(start), end: at(end) }, "{not_before} to {not_after}");
        }
        let _ = Window::suggested(Timestamp::MIN, Timestamp::MAX);
        let _ = Window::suggested(Timestamp::MAX, Timestamp::MIN);
    }

    #[test]
    fn the_window_includes_its_start_and_excludes_its_end() {
        let identifiers = set(&["example.com"]);
        for (now, expected) in [
            ("2026-03-01T02:23:59.999999999Z", AriDecision::Limited(NotExempt::BeforeWindow)),
            ("2026-03-01T02:24:00Z", AriDecision::Exempt),
            ("2026-03-02T21:35:59.999999999Z", AriDecision::Exempt),
            ("2026-03-02T21:36:00Z", AriDecision::Limited(NotExempt::AfterWindow)),
            ("2026-05-01T00:00:00Z", AriDecision::Limited(NotExempt::AfterWindow)),
        ] {
            let decision = ari(&ninety_days(&identifiers), &identifiers, AriExemption::Window, at(now));
            assert_eq!(decision, expected, "{now}");
        }
    }

    #[test]
    fn the_issuers_window_is_authoritative() {
        let identifiers = set(&["example.com"]);
        let issuer = Window { start: at("2026-01-10T00:00:00Z"), end: at("2026-01-11T00:00:00Z") };
        let replaced = Replaced { issuer_window: Some(issuer), ..ninety_days(&identifiers) };
        for (now, expected) in [
            ("2026-01-10T00:00:00Z", AriDecision::Exempt),
            (INSIDE, AriDecision::Limited(NotExempt::AfterWindow)),
        ] {
            assert_eq!(ari(&replaced, &identifiers, AriExemption::Window, at(now)), expected, "{now}");
        }
    }

    #[test]
    fn only_a_valid_replacement_is_exempt() {
        let identifiers = set(&["example.com"]);
        let valid = ninety_days(&identifiers);
        for (replaced, reason) in [
            (Replaced { same_account: false, ..valid.clone() }, NotExempt::OtherAccount),
            (Replaced { already_replaced: true, ..valid.clone() }, NotExempt::AlreadyReplaced),
        ] {
            for exemption in [AriExemption::Window, AriExemption::Always] {
                let decision = ari(&replaced, &identifiers, exemption, at(INSIDE));
                assert_eq!(decision, AriDecision::Limited(reason));
            }
        }
        let decision = ari(&valid, &identifiers, AriExemption::Never, at(INSIDE));
        assert_eq!(decision, AriDecision::Limited(NotExempt::SwitchedOff));
    }

    #[test]
    fn always_exempts_outside_the_window_too() {
        let identifiers = set(&["example.com"]);
        for now in ["2026-01-02T00:00:00Z", INSIDE, "2026-03-31T00:00:00Z"] {
            let decision = ari(&ninety_days(&identifiers), &identifiers, AriExemption::Always, at(now));
            assert_eq!(decision, AriDecision::Exempt, "{now}");
        }
    }

    #[test]
    fn a_revoked_certificate_is_exempt_inside_its_window_only() {
        let identifiers = set(&["example.com"]);
        let replaced = Replaced { revoked: true, ..ninety_days(&identifiers) };
        for (now, expected) in [
            ("2026-01-02T00:00:00Z", AriDecision::Limited(NotExempt::BeforeWindow)),
            (INSIDE, AriDecision::Exempt),
            ("2026-03-31T00:00:00Z", AriDecision::Limited(NotExempt::Revoked)),
        ] {
            assert_eq!(ari(&replaced, &identifiers, AriExemption::Window, at(now)), expected, "{now}");
        }
    }

    #[test]
    fn one_shared_identifier_is_enough_and_a_wildcard_matches() {
        // (certificate, order, shared)
        for (certificate, order, shared) in [
            (&["a.example.com", "b.example.com"][..], &["b.example.com", "c.example.com"][..], true),
            (&["*.example.com"], &["www.example.com"], true),
            (&["www.example.com"], &["*.example.com"], true),
            (&["*.example.com"], &["example.com"], false),
            (&["*.example.com"], &["a.b.example.com"], false),
            (&["example.com"], &["example.net"], false),
            (&["192.0.2.1"], &["192.0.2.1", "example.com"], true),
        ] {
            let (certificate, order) = (set(certificate), set(order));
            let decision = ari(&ninety_days(&certificate), &order, AriExemption::Window, at(INSIDE));
            let expected =
                if shared { AriDecision::Exempt } else { AriDecision::Limited(NotExempt::NothingShared) };
            assert_eq!(decision, expected, "{certificate:?} {order:?}");
        }
    }
}
