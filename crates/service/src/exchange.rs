//! Overrides and limits as files: Boulder's YAML, and CSV for spreadsheets.
//!
//! A file is read row by row: a row that makes no sense is named and skipped, the rest is taken. Whether a
//! subject exists here, and whether an override may be lowered, is asked later, by whoever takes the rows.

use std::{fmt, time::Duration};

use tollgate_policy::limit::LimitName;

pub mod boulder;
pub mod csv;

/// The largest file that is read, in bytes: about half a million overrides.
pub const FILE_BYTES_MAX: usize = 64 * 1024 * 1024;

/// An override as a file tells it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// Where it stands in the file.
    pub place: Place,
    /// Which limit's numbers it replaces.
    pub limit: LimitName,
    /// Whom it is for, as text: an account's path, a registered domain, an address, a range, or the identifiers
    /// of a set with commas between them.
    pub subject: String,
    /// Units that come back every period.
    pub count: u64,
    /// The most that can be spent at once.
    pub burst: u64,
    /// The period in which `count` units come back.
    pub period: Duration,
    /// Who allowed it, where the file says so.
    pub author: Option<String>,
    /// Why; empty where the file does not say.
    pub reason: String,
    /// From when on the limit's own numbers apply again.
    pub expires: Option<jiff::Timestamp>,
}

/// Where something stands in a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// Counted from 1.
    pub line: u64,
    /// What stands there, where it has a name: the id of an override.
    pub name: Option<String>,
}

/// A row that was not taken, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Skipped {
    /// Where.
    pub place: Place,
    /// What is wrong.
    pub problem: String,
}

/// What a file holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Read {
    /// The rows that make sense by themselves, in the order of the file.
    pub rows: Vec<Row>,
    /// The others.
    pub skipped: Vec<Skipped>,
}

/// Why a file as a whole cannot be read. Nothing of it is taken.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReadError {
    /// It is larger than [`FILE_BYTES_MAX`].
    #[error("the file has {bytes} bytes, more than {FILE_BYTES_MAX}: split it")]
    TooLarge {
        /// How large it is.
        bytes: usize,
    },
    /// It is not of the form it should be.
    #[error("{problem}")]
    Form {
        /// What is wrong, and where as far as that is known.
        problem: String,
    },
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}", self.line)?;
        match &self.name {
            Some(name) => write!(f, " ({name})"),
            None => Ok(()),
        }
    }
}

impl fmt::Display for Skipped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.problem)
    }
}

/// The moment from which an override no longer counts. A date is its first moment in UTC.
///
/// # Errors
///
/// What is wrong with the text.
pub fn expiry(text: &str) -> Result<jiff::Timestamp, String> {
    let day = text.parse::<jiff::civil::Date>().ok().and_then(|day| day.in_tz("UTC").ok());
    day.map(|day| day.timestamp())
        .or_else(|| text.parse().ok())
        .ok_or_else(|| format!("expires: {text:?} is no date: write 2027-06-30 or 2027-06-30T12:00:00Z"))
}

/// Refuses what is too large to be read.
fn within_bounds(file: &str) -> Result<(), ReadError> {
    if file.len() > FILE_BYTES_MAX {
        return Err(ReadError::TooLarge { bytes: file.len() });
    }
    Ok(())
}
