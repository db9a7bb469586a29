//! How values are written in columns, and read back.

use jiff::Timestamp;
use sqlx::{Row, any::AnyRow};
use tollgate_acme::{
    certificate::CertificateId,
    identifier::{Identifier, IdentifierSet},
    resource::{AccountId, ResourcePath},
};
use tollgate_policy::{limit::LimitName, overrides::Subject};

use crate::{RecordsError, Result};

/// `dns:example.com`: equal for equal identifiers, as they are canonical.
pub(crate) fn identifier_text(identifier: &Identifier) -> String {
    format!("{}:{identifier}", identifier.kind())
}

/// One identifier to a line.
pub(crate) fn set_text(set: &IdentifierSet) -> String {
    set.iter().map(identifier_text).collect::<Vec<_>>().join("\n")
}

fn identifier_of(text: &str) -> Option<Identifier> {
    let (kind, value) = text.split_once(':')?;
    Identifier::parse(kind, value).ok()
}

fn set_of(text: &str) -> Option<IdentifierSet> {
    IdentifierSet::new(text.lines().map(identifier_of).collect::<Option<Vec<_>>>()?)
}

/// A row and the table it is from, for the error when a column makes no sense.
pub(crate) struct Columns<'r> {
    pub(crate) row: &'r AnyRow,
    pub(crate) table: &'static str,
}

impl<'r> Columns<'r> {
    pub(crate) fn text(&self, column: &str) -> Result<&'r str> {
        Ok(self.row.try_get(column)?)
    }

    pub(crate) fn optional_text(&self, column: &str) -> Result<Option<&'r str>> {
        Ok(self.row.try_get(column)?)
    }

    pub(crate) fn flag(&self, column: &str) -> Result<bool> {
        let number: i64 = self.row.try_get(column)?;
        Ok(number != 0)
    }

    pub(crate) fn moment(&self, column: &str) -> Result<Timestamp> {
        let milliseconds = self.row.try_get(column)?;
        Timestamp::from_millisecond(milliseconds).map_err(|_| self.corrupt())
    }

    pub(crate) fn optional_moment(&self, column: &str) -> Result<Option<Timestamp>> {
        let milliseconds: Option<i64> = self.row.try_get(column)?;
        milliseconds.map(|it| Timestamp::from_millisecond(it).map_err(|_| self.corrupt())).transpose()
    }

    /// A number that is never negative.
    pub(crate) fn count(&self, column: &str) -> Result<u64> {
        let number: i64 = self.row.try_get(column)?;
        u64::try_from(number).map_err(|_| self.corrupt())
    }

    pub(crate) fn path(&self, column: &str) -> Result<ResourcePath> {
        ResourcePath::of(self.text(column)?).ok_or_else(|| self.corrupt())
    }

    pub(crate) fn optional_path(&self, column: &str) -> Result<Option<ResourcePath>> {
        self.parsed(column, ResourcePath::of)
    }

    pub(crate) fn account(&self, column: &str) -> Result<AccountId> {
        self.path(column).map(AccountId)
    }

    pub(crate) fn identifier(&self, column: &str) -> Result<Identifier> {
        identifier_of(self.text(column)?).ok_or_else(|| self.corrupt())
    }

    pub(crate) fn optional_identifier(&self, column: &str) -> Result<Option<Identifier>> {
        self.parsed(column, identifier_of)
    }

    pub(crate) fn set(&self, column: &str) -> Result<IdentifierSet> {
        set_of(self.text(column)?).ok_or_else(|| self.corrupt())
    }

    pub(crate) fn certificate(&self, column: &str) -> Result<CertificateId> {
        CertificateId::parse(self.text(column)?).ok_or_else(|| self.corrupt())
    }

    pub(crate) fn optional_certificate(&self, column: &str) -> Result<Option<CertificateId>> {
        self.parsed(column, CertificateId::parse)
    }

    /// A column holding one of a few words.
    pub(crate) fn word<T>(&self, column: &str, of: impl FnOnce(&str) -> Option<T>) -> Result<T> {
        of(self.text(column)?).ok_or_else(|| self.corrupt())
    }

    /// For whom an override is. Under another spelling it could be neither found nor removed.
    pub(crate) fn subject(&self, column: &str, limit: LimitName) -> Result<Subject> {
        self.word(column, |text| {
            Subject::parse(limit, text).ok().filter(|subject| subject.to_string() == text)
        })
    }

    pub(crate) fn corrupt(&self) -> RecordsError {
        RecordsError::Corrupt { table: self.table }
    }

    fn parsed<T>(&self, column: &str, parse: impl FnOnce(&str) -> Option<T>) -> Result<Option<T>> {
        self.optional_text(column)?.map(|text| parse(text).ok_or_else(|| self.corrupt())).transpose()
    }
}
