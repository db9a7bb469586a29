//! What can be set about a test CA.

use std::{
    net::{IpAddr, SocketAddr},
    path::PathBuf,
    str::FromStr,
    time::Duration,
};

use tollgate_acme::{identifier::Identifier, problem::ProblemType};

use crate::delay;

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// How a test CA behaves. The default is strict, predictable and close to Let's Encrypt.
#[derive(Clone, Debug)]
pub struct TestCaOptions {
    /// Where accounts, orders, certificates and keys are kept; `None` keeps them in memory only.
    pub data_dir: Option<PathBuf>,
    /// Whether new accounts must agree to the terms (a page of the CA's own).
    pub terms_required: bool,
    /// `caaIdentities` of the directory. CAA records themselves are not looked up.
    pub caa_identities: Vec<String>,
    /// The external accounts that new accounts may be bound to.
    pub external_accounts: Vec<ExternalAccount>,
    /// Whether new accounts must be bound to an external one.
    pub external_account_required: bool,
    /// The profiles on offer, the default one first. At least one.
    pub profiles: Vec<Profile>,
    /// The most identifiers an order may have.
    pub identifiers_max: usize,
    /// Whether an order takes over the account's valid authorizations, as Let's Encrypt does. Off by
    /// default: then every order has its own challenges, however often a test runs.
    pub reuse_authorizations: bool,
    /// Whether the directory has newAuthz (RFC 8555, 7.4.1). What is authorized there is always reused.
    pub pre_authorization: bool,
    /// How long an order and its pending authorizations live.
    pub order_lifetime: Duration,
    /// How long an authorization lives once valid.
    pub authorization_lifetime: Duration,
    /// How long a nonce is accepted, unless used before.
    pub nonce_lifetime: Duration,
    /// How long (in real time) an order stays `processing`; with zero, finalize answers `valid`.
    pub issuance_delay: Duration,
    /// `Retry-After` of renewalInfo.
    pub renewal_info_retry_after: Duration,
    /// How control of identifiers is checked.
    pub validation: ValidationOptions,
}

impl Default for TestCaOptions {
    fn default() -> Self {
        Self {
            data_dir: None,
            terms_required: true,
            caa_identities: Vec::new(),
            external_accounts: Vec::new(),
            external_account_required: false,
            profiles: vec![
                Profile::new("classic", "90 days, for tests only", 90 * DAY),
                Profile::new("tlsserver", "45 days, for tests only", 45 * DAY),
                Profile::new("shortlived", "6 days, for tests only", 6 * DAY),
            ],
            identifiers_max: 100,
            reuse_authorizations: false,
            pre_authorization: true,
            order_lifetime: 7 * DAY,
            authorization_lifetime: 30 * DAY,
            nonce_lifetime: Duration::from_secs(60 * 60),
            issuance_delay: Duration::ZERO,
            renewal_info_retry_after: Duration::from_secs(6 * 60 * 60),
            validation: ValidationOptions::default(),
        }
    }
}

/// A key that an account of another system has for external account binding (RFC 8555, 7.3.4).
#[derive(Clone)]
pub struct ExternalAccount {
    /// The key id.
    pub key_id: String,
    /// The HS256 key, decoded.
    pub mac_key: Vec<u8>,
}

/// Without the key.
impl std::fmt::Debug for ExternalAccount {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ExternalAccount").field("key_id", &self.key_id).finish_non_exhaustive()
    }
}

/// A kind of certificate that an order can ask for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Profile {
    /// What an order asks for.
    pub name: String,
    /// What the directory says about it.
    pub description: String,
    /// From notBefore to notAfter, both included; whole seconds.
    pub validity: Duration,
}

impl Profile {
    /// A profile.
    #[must_use]
    pub fn new(name: impl Into<String>, description: impl Into<String>, validity: Duration) -> Self {
        Self { name: name.into(), description: description.into(), validity }
    }
}

/// How control of identifiers is checked.
#[derive(Clone, Debug)]
pub struct ValidationOptions {
    /// What happens to names that no rule mentions.
    pub mode: ValidationMode,
    /// Names with an outcome of their own; the first that fits decides.
    pub rules: Vec<NameRule>,
    /// How long (in real time) a challenge stays `processing` at least, where no rule says otherwise.
    /// A decided outcome without delay is in the answer to the challenge request itself.
    pub delay: Duration,
    /// Where http-01 connects to.
    pub http_port: u16,
    /// Where tls-alpn-01 connects to, and http-01 when redirected to https.
    pub tls_port: u16,
    /// The DNS server; `None` asks as this machine is set up to.
    pub resolver: Option<SocketAddr>,
    /// Names with an address of their own, looked up before DNS.
    pub hosts: Vec<HostRule>,
    /// How long one validation may take (in real time).
    pub timeout: Duration,
}

impl Default for ValidationOptions {
    fn default() -> Self {
        Self {
            mode: ValidationMode::Real,
            rules: Vec::new(),
            delay: Duration::ZERO,
            http_port: 80,
            tls_port: 443,
            resolver: None,
            hosts: Vec::new(),
            timeout: Duration::from_secs(10),
        }
    }
}

/// What happens when a client answers a challenge.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ValidationMode {
    /// The challenge is checked over the network.
    #[default]
    Real,
    /// Every challenge succeeds.
    AlwaysValid,
    /// Every challenge fails with `unauthorized`.
    AlwaysInvalid,
}

/// The outcome decided for a name and everything below it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NameRule {
    /// `fail.test` fits `fail.test`, `a.fail.test` and `*.fail.test`; an address fits itself.
    pub suffix: String,
    /// What happens.
    pub verdict: Verdict,
    /// How long (in real time) the challenge stays `processing`.
    pub delay: Duration,
}

/// A decided outcome.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The challenge succeeds.
    Valid,
    /// The challenge fails with this error.
    Invalid(ProblemType),
    /// newOrder itself is refused with `rejectedIdentifier`.
    Rejected,
}

/// An address for a name and everything below it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostRule {
    /// As in [`NameRule`]; the empty suffix fits every name.
    pub suffix: String,
    /// Where to connect to.
    pub address: IpAddr,
}

/// Why a text is no rule.
#[derive(Clone, Debug, thiserror::Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum RuleError {
    /// No `=`.
    #[error("a rule is NAME=OUTCOME[@DELAY], or NAME=ADDRESS for a host")]
    NoOutcome,
    /// The outcome is none.
    #[error("\"{0}\" is no outcome: valid, invalid, rejected or an ACME error type such as dns is expected")]
    Outcome(String),
    /// The delay is none.
    #[error("\"{0}\" is no delay such as 500ms, 2s or 1m")]
    Delay(String),
    /// The address is none.
    #[error("\"{0}\" is no IP address")]
    Address(String),
}

/// `fail.test=invalid`, `nowhere.test=dns`, `slow.test=valid@5s` or `forbidden.test=rejected`.
impl FromStr for NameRule {
    type Err = RuleError;

    fn from_str(text: &str) -> Result<Self, RuleError> {
        let (suffix, outcome) = text.split_once('=').ok_or(RuleError::NoOutcome)?;
        let (verdict, delay) = match outcome.split_once('@') {
            Some((verdict, delay)) => {
                (verdict, delay::parse(delay).ok_or_else(|| RuleError::Delay(delay.to_owned()))?)
            }
            None => (outcome, Duration::ZERO),
        };
        Ok(Self { suffix: suffix.to_owned(), verdict: verdict.parse()?, delay })
    }
}

/// `valid`, `invalid` (which is `unauthorized`), `rejected`, or the last part of an ACME error's URN.
impl FromStr for Verdict {
    type Err = RuleError;

    fn from_str(text: &str) -> Result<Self, RuleError> {
        match text {
            "valid" => Ok(Self::Valid),
            "invalid" => Ok(Self::Invalid(ProblemType::Unauthorized)),
            "rejected" => Ok(Self::Rejected),
            other => {
                let kind = ProblemType::of_urn(&format!("urn:ietf:params:acme:error:{other}"));
                kind.map(Self::Invalid).ok_or_else(|| RuleError::Outcome(other.to_owned()))
            }
        }
    }
}

/// `example.test=127.0.0.1`; `=127.0.0.1` is for every name.
impl FromStr for HostRule {
    type Err = RuleError;

    fn from_str(text: &str) -> Result<Self, RuleError> {
        let (suffix, address) = text.split_once('=').ok_or(RuleError::NoOutcome)?;
        let address = address.parse().map_err(|_| RuleError::Address(address.to_owned()))?;
        Ok(Self { suffix: suffix.to_owned(), address })
    }
}

impl ValidationOptions {
    /// The rule that decides about an identifier, if any.
    pub(crate) fn rule(&self, identifier: &Identifier) -> Option<&NameRule> {
        self.rules.iter().find(|rule| fits(&rule.suffix, &base(identifier)))
    }

    /// The address decided for a name, if any; the longest suffix wins.
    pub(crate) fn host(&self, name: &str) -> Option<IpAddr> {
        let fitting = self.hosts.iter().filter(|host| fits(&host.suffix, name));
        fitting.max_by_key(|host| host.suffix.len()).map(|host| host.address)
    }
}

/// The name a wildcard stands below, or the identifier itself.
fn base(identifier: &Identifier) -> String {
    let text = identifier.to_string();
    text.strip_prefix("*.").map_or_else(|| text.clone(), str::to_owned)
}

/// Whether a name is the suffix, or lies below it.
fn fits(suffix: &str, name: &str) -> bool {
    let suffix = suffix.trim_matches('.').to_ascii_lowercase();
    suffix.is_empty()
        || name.strip_suffix(&suffix).is_some_and(|labels| labels.is_empty() || labels.ends_with('.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_suffix_fits_whole_labels_only() {
        for (suffix, name, expected) in [
            ("fail.test", "fail.test", true),
            ("fail.test", "a.fail.test", true),
            (".Fail.test", "a.fail.test", true),
            ("fail.test", "notfail.test", false),
            ("fail.test", "test", false),
            ("", "anything.example", true),
            ("192.0.2.1", "192.0.2.1", true),
            ("192.0.2.1", "1.192.0.2.1", true),
            ("2001:db8::1", "2001:db8::1", true),
        ] {
            assert_eq!(fits(suffix, name), expected, "{suffix} against {name}");
        }
    }

    #[test]
    fn rules_can_be_written_in_one_word() {
        let rule = |suffix: &str, verdict, seconds| {
            Ok(NameRule { suffix: suffix.to_owned(), verdict, delay: Duration::from_secs(seconds) })
        };
        for (text, expected) in [
            ("a.test=valid", rule("a.test", Verdict::Valid, 0)),
            ("=invalid", rule("", Verdict::Invalid(ProblemType::Unauthorized), 0)),
            ("a.test=dns@2s", rule("a.test", Verdict::Invalid(ProblemType::Dns), 2)),
            ("a.test=rejected", rule("a.test", Verdict::Rejected, 0)),
            ("a.test", Err(RuleError::NoOutcome)),
            ("a.test=maybe", Err(RuleError::Outcome("maybe".to_owned()))),
            ("a.test=valid@2", Err(RuleError::Delay("2".to_owned()))),
        ] {
            assert_eq!(text.parse::<NameRule>(), expected, "{text}");
        }
        assert_eq!("a.test=here".parse::<HostRule>(), Err(RuleError::Address("here".to_owned())));
    }

    #[test]
    fn the_longest_host_suffix_wins() {
        let address = |text: &str| text.parse::<IpAddr>().unwrap();
        let hosts = ["=127.0.0.1", "a.test=127.0.0.2", "test=127.0.0.3"].map(|rule| rule.parse().unwrap());
        let options = ValidationOptions { hosts: hosts.to_vec(), ..ValidationOptions::default() };
        assert_eq!(options.host("x.a.test"), Some(address("127.0.0.2")));
        assert_eq!(options.host("b.test"), Some(address("127.0.0.3")));
        assert_eq!(options.host("example.com"), Some(address("127.0.0.1")));
    }
}
