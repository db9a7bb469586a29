//! Renewals: ARI windows (RFC 9773) and renewals by set.

use jiff::Timestamp;

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
    pub identifiers: &'a tollgate_acme::identifier::IdentifierSet,
    /// Validity.
    pub not_before: Timestamp,
    /// Validity.
    pub not_after: Timestamp,
    /// Another order replaces it already and is not `invalid`.
    pub already_replaced: bool,
    /// The issuer's own window, where it gives one.
    pub issuer_window: Option<Window>,
}

impl Window {
    /// The window where the issuer gives none (RULES 5.1).
    #[must_use]
    pub fn suggested(not_before: Timestamp, not_after: Timestamp) -> Self {
        let _ = (not_before, not_after);
        todo!()
    }
    /// Whether `now` lies inside.
    #[must_use]
    pub fn contains(&self, now: Timestamp) -> bool {
        self.start <= now && now < self.end
    }
}
