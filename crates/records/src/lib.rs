//! What is not a bucket: the accounts, orders, authorizations and certificates a gateway has seen,
//! the pauses, the overrides that operators keep and people ask for, and the audit. In SQLite for
//! one gateway, in PostgreSQL for several; every write is batched with others into one commit.
//!
//! A write answers after its commit, so what was answered is there for every later read, of this
//! process or of the next. Nothing here decides about limits, and nothing here knows the time.

mod account;
mod audit;
mod authorization;
mod availability;
mod backend;
mod certificate;
mod column;
mod database;
mod error;
mod lease;
mod order;
mod r#override;
mod override_request;
mod pause;
mod reservation;
mod resource;
mod sweep;
mod tally;
mod writer;

pub use account::Account;
pub use audit::AuditEntry;
pub use authorization::Authorization;
pub use backend::{Password, PostgresqlOptions};
pub use certificate::Certificate;
pub use database::Records;
pub use error::RecordsError;
pub use lease::{Chore, LEASE};
pub use order::{Admitted, Issuance, Order};
pub use r#override::{OVERRIDE_TEXT_BYTES_MAX, Put, StoredOverride, StoredOverrides, UnreadableOverride};
pub use override_request::{
    Approval, Decided, EmailAddress, OVERRIDE_REQUESTS_PENDING_MAX, OverrideForm, OverrideRequest, Ruling,
    Verdict,
};
pub use pause::{ByHand, Lifted, Pause, Reach};
pub use reservation::{Forgotten, ReservationId, Reserved, ReservedUnit, Reserving};
pub use resource::Resource;
pub use tally::{Evidence, Happening, TALLIED_PER_DAY_MAX, Tallies, Whose};

type Result<T> = std::result::Result<T, RecordsError>;
