//! What is asked for in a request for an override, and whether it makes sense.

use std::num::NonZeroU64;

use bytes::Bytes;
use tollgate_policy::{limit::LimitName, overrides::Subject};
use tollgate_records::{EmailAddress, OverrideForm, RecordsError};

use crate::{
    mail::is_address,
    portal::OVERRIDE,
    typed::{self, Mistake},
    visit::{Visit, field},
};

/// Characters of an organisation.
const ORGANISATION_CHARS: (usize, usize) = (5, 200);
/// Characters of a use case; in UTF-8 the records take four bytes for each.
const USE_CASE_CHARS: (usize, usize) = (60, 1000);
/// The longest e-mail address (RFC 5321, 4.5.3.1.3).
const EMAIL_BYTES_MAX: usize = 254;

/// What can be asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Orders,
    Domain,
    Address,
    AccountDomains,
}

/// The weekly numbers that can be asked for, each list ascending.
#[derive(Clone, Debug)]
pub struct Tiers {
    /// Orders of an account.
    pub orders: Vec<NonZeroU64>,
    /// Certificates for a domain or an address.
    pub certificates: Vec<NonZeroU64>,
    /// Certificates for each domain of an account.
    pub certificates_per_account: Vec<NonZeroU64>,
}

/// A form as it was filled in.
#[derive(Clone, Debug, Default)]
pub(crate) struct Filled {
    pub(crate) subject: String,
    pub(crate) tier: String,
    pub(crate) email: String,
    pub(crate) organisation: String,
    pub(crate) use_case: String,
    pub(crate) terms: bool,
    pub(crate) privacy: bool,
}

/// The fields with a mistake, and the mistakes.
pub(crate) type Mistakes = Vec<(&'static str, Mistake)>;

impl Kind {
    pub(crate) const ALL: [Self; 4] = [Self::Orders, Self::Domain, Self::Address, Self::AccountDomains];

    /// The end of its path.
    pub(crate) fn slug(self) -> &'static str {
        match self {
            Self::Orders => "orders-per-account",
            Self::Domain => "certificates-per-domain",
            Self::Address => "certificates-per-address",
            Self::AccountDomains => "certificates-per-domain-per-account",
        }
    }

    pub(crate) fn limit(self) -> LimitName {
        match self {
            Self::Orders => LimitName::NewOrdersPerAccount,
            Self::Domain | Self::Address => LimitName::CertificatesPerRegisteredDomain,
            Self::AccountDomains => LimitName::CertificatesPerRegisteredDomainPerAccount,
        }
    }

    /// What a request for this limit is, as refusals by the limit offer it.
    pub(crate) fn of_limit(limit: LimitName) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.limit() == limit)
    }

    /// Where its form is.
    pub(crate) fn path(self) -> String {
        format!("{OVERRIDE}/{}", self.slug())
    }

    pub(crate) fn tiers(self, tiers: &Tiers) -> &[NonZeroU64] {
        match self {
            Self::Orders => &tiers.orders,
            Self::Domain | Self::Address => &tiers.certificates,
            Self::AccountDomains => &tiers.certificates_per_account,
        }
    }
}

impl Default for Tiers {
    fn default() -> Self {
        let tiers = |tiers: &[u64]| tiers.iter().filter_map(|tier| NonZeroU64::new(*tier)).collect();
        Self {
            orders: tiers(&[
                1_000, 5_000, 10_000, 25_000, 50_000, 75_000, 100_000, 175_000, 250_000, 500_000, 750_000,
                1_000_000,
            ]),
            certificates: tiers(&[
                300, 1_000, 5_000, 10_000, 25_000, 50_000, 75_000, 100_000, 175_000, 250_000, 500_000,
                750_000, 1_000_000,
            ]),
            certificates_per_account: tiers(&[
                300, 1_000, 5_000, 10_000, 25_000, 50_000, 75_000, 100_000, 175_000, 250_000, 500_000,
                750_000, 1_000_000, 1_750_000, 2_500_000,
            ]),
        }
    }
}

impl Filled {
    pub(crate) fn read(form: &Bytes) -> Self {
        Self {
            subject: field(form, "subject"),
            tier: field(form, "tier"),
            email: field(form, "email"),
            organisation: field(form, "organisation"),
            use_case: field(form, "use-case"),
            terms: field(form, "terms") == "yes",
            privacy: field(form, "privacy") == "yes",
        }
    }

    /// What was asked for, or every mistake in the order of the fields.
    pub(crate) async fn check(
        &self,
        kind: Kind,
        tiers: &Tiers,
        visit: &Visit<'_>,
        origin: &str,
    ) -> Result<Result<OverrideForm, Mistakes>, RecordsError> {
        let mut mistakes = Mistakes::new();
        let subject = noted("subject", self.subject(kind, visit, origin).await?, &mut mistakes);
        let tier = noted("tier", self.tier(kind.tiers(tiers)), &mut mistakes);
        let email = noted("email", self.email(), &mut mistakes);
        let (min, max) = ORGANISATION_CHARS;
        let organisation = typed::text(&self.organisation, min, max);
        let organisation = noted("organisation", organisation, &mut mistakes);
        let (min, max) = USE_CASE_CHARS;
        let use_case = noted("use-case", typed::text(&self.use_case, min, max), &mut mistakes);
        for (name, accepted) in [("terms", self.terms), ("privacy", self.privacy)] {
            if !accepted {
                mistakes.push((name, Mistake::plain("typed-accept")));
            }
        }
        let (Some(subject), Some(tier), Some(email), Some(organisation), Some(use_case), true) =
            (subject, tier, email, organisation, use_case, mistakes.is_empty())
        else {
            return Ok(Err(mistakes));
        };
        let language = visit.words.spoken_language();
        Ok(Ok(OverrideForm {
            limit: kind.limit(),
            subject,
            tier,
            email: EmailAddress(email),
            organisation,
            use_case,
            language,
        }))
    }

    async fn subject(
        &self,
        kind: Kind,
        visit: &Visit<'_>,
        origin: &str,
    ) -> Result<Result<Subject, Mistake>, RecordsError> {
        let policy = visit.limiter.policy();
        Ok(match kind {
            Kind::Orders | Kind::AccountDomains => match typed::account(&self.subject, origin) {
                Ok(account) => match visit.limiter.records().account(&account).await? {
                    Some(known) if !known.deactivated => Ok(Subject::Account(account)),
                    Some(_) | None => Err(Mistake::plain("typed-account-unknown")),
                },
                Err(mistake) => Err(mistake),
            },
            Kind::Domain => typed::registered_domain(&self.subject, policy.suffixes()).map(Subject::Domain),
            Kind::Address => typed::address(&self.subject).map(|address| {
                let identifier = address.into();
                Subject::Domain(policy.suffixes().registered_domain(&identifier).into())
            }),
        })
    }

    fn tier(&self, tiers: &[NonZeroU64]) -> Result<NonZeroU64, Mistake> {
        let typed = self.tier.parse().ok();
        tiers.iter().copied().find(|tier| Some(*tier) == typed).ok_or(Mistake::plain("typed-tier"))
    }

    fn email(&self) -> Result<String, Mistake> {
        match self.email.trim() {
            "" => Err(Mistake::plain("typed-empty")),
            email if email.len() <= EMAIL_BYTES_MAX && is_address(email) => Ok(email.to_owned()),
            _ => Err(Mistake::plain("typed-email")),
        }
    }
}

fn noted<T>(field: &'static str, read: Result<T, Mistake>, mistakes: &mut Mistakes) -> Option<T> {
    read.map_err(|mistake| mistakes.push((field, mistake))).ok()
}
