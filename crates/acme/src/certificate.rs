//! Certificates and their ARI ids (RFC 9773, 4.1).

use std::fmt;

use crate::identifier::IdentifierSet;

/// An ARI certificate id: base64url(authority key id) `.` base64url(serial), canonical text.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CertificateId(Box<str>);

impl CertificateId {
    /// From `aki.serial` as clients write it; `None` when it is not of that form.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let _ = text;
        todo!()
    }
    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for CertificateId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What is read from a leaf certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "RFC 5280 names them")]
pub struct Leaf {
    /// `None` when the certificate has no authority key identifier.
    pub id: Option<CertificateId>,
    pub identifiers: IdentifierSet,
    pub not_before: jiff::Timestamp,
    pub not_after: jiff::Timestamp,
}

/// Why a chain could not be read.
#[derive(Clone, Debug, thiserror::Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum CertificateError {
    /// Placeholder: the owner of this file names each mistake.
    #[error("malformed certificate")]
    Malformed,
}

impl Leaf {
    /// Reads the first certificate of a PEM chain.
    ///
    /// # Errors
    ///
    /// [`CertificateError`].
    pub fn from_pem_chain(pem: &[u8]) -> Result<Self, CertificateError> {
        let _ = pem;
        todo!()
    }
    /// Reads a certificate.
    ///
    /// # Errors
    ///
    /// [`CertificateError`].
    pub fn from_der(der: &[u8]) -> Result<Self, CertificateError> {
        let _ = der;
        todo!()
    }
}
