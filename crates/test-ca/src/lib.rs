//! The built-in test CA: a small, complete RFC 8555 and RFC 9773 server with scripted faults.
//!
//! It is for tests. Its roots are trusted by nobody, its certificates are worthless and say so, and
//! its validation connects to whatever address a name resolves to: never let strangers order from it
//! inside a network that trusts its neighbours.
//!
//! It has no listener of its own: [`TestCa::answer`] takes a request and returns the answer, so that
//! the gateway calls it in the same process. It knows the time only from its [`Clock`]; moving that
//! clock moves nonces, orders, authorizations, certificates and renewal windows together. Network
//! timeouts and scripted delays pass in real time.

mod account;
mod authority;
mod authorization;
mod ca;
mod certificate;
mod challenge;
mod csr;
mod delay;
mod directory;
mod endpoint;
mod envelope;
mod fault;
mod finalize;
mod journal;
mod key_change;
mod nonce;
mod options;
mod order;
mod renewal;
mod reply;
mod resource;
mod revocation;
mod state;
mod stored;
mod table;
mod validation;

pub use ca::{DropConnection, TestCa, TestCaError};
pub use endpoint::{Endpoint, UnknownEndpoint};
pub use fault::{FAULTS_MAX, Fault, FaultError, FaultKind, Faults, WaitingFault};
pub use options::{
    ExternalAccount, HostRule, NameRule, Profile, RuleError, TestCaOptions, ValidationMode,
    ValidationOptions, Verdict,
};

/// Tells the time; the CA asks nobody else.
pub trait Clock: Send + Sync {
    /// Now.
    fn now(&self) -> jiff::Timestamp;
}
