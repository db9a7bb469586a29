//! What the admin API and its callers say to each other, in JSON.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use tollgate_policy::duration::short_duration;
use tollgate_records::{AuditEntry, OverrideRequest, Pause, Ruling, StoredOverride};

/// Entries in one answer at most, and when nothing else is asked for.
pub const PAGE_MAX: u32 = 1000;

/// An override.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OverrideView {
    /// The limit's name.
    pub limit: String,
    /// For whom.
    pub subject: String,
    /// Units that come back every period.
    pub count: u64,
    /// The most that can be spent at once.
    pub burst: u64,
    /// In which `count` units come back: `7d`, `3h`.
    pub period: String,
    /// Who allowed it.
    pub author: String,
    /// Why.
    pub reason: String,
    /// From when on the limit's own numbers apply again.
    pub expires: Option<Timestamp>,
    /// When it was last changed.
    pub changed: Timestamp,
}

/// Some overrides.
#[derive(Debug, Serialize, Deserialize)]
pub struct OverrideList {
    /// By limit and subject.
    pub overrides: Vec<OverrideView>,
    /// Rows in the records that make no sense and are not in force.
    pub unreadable: Vec<String>,
    /// `after` of the next page, if there may be one.
    pub next: Option<String>,
}

/// An override that is to be written.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PutOverride {
    /// The limit's name.
    pub limit: String,
    /// For whom: an account's URL or path, a registered domain, an address, identifiers with commas
    /// between them.
    pub subject: String,
    /// Units that come back every period.
    pub count: u64,
    /// The most that can be spent at once; as `count` when left out.
    #[serde(default)]
    pub burst: Option<u64>,
    /// `7d`, `3h`; the limit's own when left out.
    #[serde(default)]
    pub period: Option<String>,
    /// Who allowed it; the caller when left out.
    #[serde(default)]
    pub author: Option<String>,
    /// Why.
    pub reason: String,
    /// From when on the limit's own numbers apply again.
    #[serde(default)]
    pub expires: Option<Timestamp>,
    /// Whether one that allows more is lowered.
    #[serde(default)]
    pub force: bool,
}

/// What became of an override.
#[derive(Debug, Serialize, Deserialize)]
pub struct PutAnswer {
    /// `added`, `changed` or `unchanged`.
    pub outcome: String,
    /// As it is now.
    #[serde(rename = "override")]
    pub now: OverrideView,
    /// As it was.
    pub before: Option<OverrideView>,
}

/// An override that is to go.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RemoveOverride {
    /// The limit's name.
    pub limit: String,
    /// For whom it is.
    pub subject: String,
    /// Why it goes.
    pub reason: String,
}

/// What became of a file.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Imported {
    /// Overrides that were not there.
    pub added: u64,
    /// Overrides that were otherwise.
    pub changed: u64,
    /// Overrides that were so already.
    pub unchanged: u64,
    /// Rows that were not taken.
    pub skipped: Vec<SkippedRow>,
}

/// A row that was not taken.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SkippedRow {
    /// Where in the file, from 1.
    pub line: u64,
    /// What stands there, where it has a name.
    pub name: Option<String>,
    /// Why.
    pub problem: String,
}

/// A request for an override.
#[derive(Debug, Serialize, Deserialize)]
pub struct RequestView {
    /// Its number.
    pub id: u64,
    /// `pending`, `approved` or `denied`.
    pub state: String,
    /// The limit's name.
    pub limit: String,
    /// For whom.
    pub subject: String,
    /// What is asked for, as burst and as count a week.
    pub tier: u64,
    /// Where the requester reads mail.
    pub email: String,
    /// For whom the requester asks.
    pub organisation: String,
    /// For what.
    pub use_case: String,
    /// The language to write in.
    pub language: String,
    /// When.
    pub requested: Timestamp,
    /// When it was decided.
    pub decided: Option<Timestamp>,
    /// Who decided.
    pub author: Option<String>,
    /// Why.
    pub reason: Option<String>,
}

/// Some requests.
#[derive(Debug, Serialize, Deserialize)]
pub struct RequestList {
    /// Those that are pending, the oldest first; or all, the latest first.
    pub requests: Vec<RequestView>,
    /// `after` of the next page, if there may be one.
    pub next: Option<String>,
}

/// A request is granted.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Approve {
    /// Why; the requester reads it.
    pub reason: String,
    /// From when on the limit's own numbers apply again.
    #[serde(default)]
    pub expires: Option<Timestamp>,
    /// Whether an override that allows more is lowered.
    #[serde(default)]
    pub force: bool,
    /// Whether what the subject has spent stays spent; else its bucket is full again where this raises its
    /// numbers.
    #[serde(default)]
    pub keep_spent: bool,
}

/// A request is not granted.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Deny {
    /// Why; the requester reads it.
    pub reason: String,
}

/// A paused pair.
#[derive(Debug, Serialize, Deserialize)]
pub struct PauseView {
    /// The account's path.
    pub account: String,
    /// What it cannot order.
    pub identifier: String,
    /// Since when.
    pub since: Timestamp,
}

/// An account.
#[derive(Debug, Serialize, Deserialize)]
pub struct AccountView {
    /// Its path.
    pub account: String,
    /// Identifiers that are paused for it.
    pub paused: u64,
    /// The page of what is left for it, by a signed link that changes nothing and may be handed out.
    pub link: String,
}

/// Some paused pairs.
#[derive(Debug, Serialize, Deserialize)]
pub struct PauseList {
    /// In the order in which their pairs were first paused.
    pub pauses: Vec<PauseView>,
    /// `after` of the next page, if there may be one.
    pub next: Option<String>,
}

/// A pair is to be paused.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AddPause {
    /// The account's URL or path.
    pub account: String,
    /// What it shall not order.
    pub identifier: String,
    /// Why.
    pub reason: String,
}

/// Whether the pair was paused by this.
#[derive(Debug, Serialize, Deserialize)]
pub struct AddedPause {
    /// `false`: it was paused already.
    pub added: bool,
}

/// Pauses are to be lifted.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LiftPauses {
    /// The account's URL or path.
    pub account: String,
    /// One identifier; all when left out.
    #[serde(default)]
    pub identifier: Option<String>,
    /// Why.
    pub reason: String,
}

/// How many pauses were lifted.
#[derive(Debug, Serialize, Deserialize)]
pub struct LiftedPauses {
    /// By this call.
    pub lifted: u64,
    /// Still in force for the account.
    pub remaining: u64,
}

/// A change that somebody made.
#[derive(Debug, Serialize, Deserialize)]
pub struct AuditView {
    /// Its number.
    pub id: u64,
    /// When.
    pub at: Timestamp,
    /// Who made it.
    pub who: String,
    /// What was done.
    pub what: String,
    /// To what.
    pub subject: String,
    /// As it was.
    pub before: Option<serde_json::Value>,
    /// As it is since.
    pub after: Option<serde_json::Value>,
    /// The reason given.
    pub why: String,
}

/// Some changes.
#[derive(Debug, Serialize, Deserialize)]
pub struct AuditList {
    /// The latest first.
    pub entries: Vec<AuditView>,
    /// `after` of the next page, if there may be one.
    pub next: Option<String>,
}

/// Why something was not done (RFC 9457).
#[derive(Debug, Serialize, Deserialize)]
pub struct Problem {
    /// The HTTP status.
    pub status: u16,
    /// Its words.
    pub title: String,
    /// What is wrong, and what to do.
    pub detail: String,
}

impl From<&StoredOverride> for OverrideView {
    fn from(stored: &StoredOverride) -> Self {
        Self {
            limit: stored.limit.to_string(),
            subject: stored.subject.to_string(),
            count: stored.quota.count(),
            burst: stored.quota.burst(),
            period: short_duration(stored.quota.period()),
            author: stored.author.clone(),
            reason: stored.reason.clone(),
            expires: stored.expires,
            changed: stored.changed,
        }
    }
}

impl From<OverrideRequest> for RequestView {
    fn from(request: OverrideRequest) -> Self {
        let OverrideRequest { id, requested, verdict, form } = request;
        let state = match verdict.as_ref().map(|verdict| verdict.ruling) {
            None => "pending",
            Some(Ruling::Approved) => "approved",
            Some(Ruling::Denied) => "denied",
        };
        Self {
            id,
            state: state.to_owned(),
            limit: form.limit.to_string(),
            subject: form.subject.to_string(),
            tier: form.tier.get(),
            email: form.email.0,
            organisation: form.organisation,
            use_case: form.use_case,
            language: form.language.tag().to_owned(),
            requested,
            decided: verdict.as_ref().map(|verdict| verdict.at),
            author: verdict.as_ref().map(|verdict| verdict.author.clone()),
            reason: verdict.map(|verdict| verdict.reason),
        }
    }
}

impl From<Pause> for PauseView {
    fn from(pause: Pause) -> Self {
        Self {
            account: pause.account.to_string(),
            identifier: pause.identifier.to_string(),
            since: pause.since,
        }
    }
}

impl From<AuditEntry> for AuditView {
    fn from(entry: AuditEntry) -> Self {
        let json = |text: Option<String>| {
            text.map(|text| serde_json::from_str(&text).unwrap_or(serde_json::Value::String(text)))
        };
        Self {
            id: entry.id,
            at: entry.at,
            who: entry.who,
            what: entry.what,
            subject: entry.subject,
            before: json(entry.before),
            after: json(entry.after),
            why: entry.why,
        }
    }
}
