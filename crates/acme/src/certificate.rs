//! Certificates and their ARI ids (RFC 9773, 4.1).

use std::{
    fmt,
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
};

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use x509_parser::{
    certificate::X509Certificate,
    extensions::{GeneralName, ParsedExtension},
    pem::Pem,
    prelude::FromDer,
    time::ASN1Time,
};

use crate::identifier::{Identifier, IdentifierSet};

/// Longer ids are none. Serial numbers have at most 20 bytes (RFC 5280, 4.1.2.2) and key identifiers
/// are commonly a SHA-1 of 20: in base64url, with the dot, 55.
pub const ID_BYTES_MAX: usize = 256;

/// At most this many names of a certificate are looked at.
const NAMES_MAX: usize = 10_000;

/// An ARI certificate id: base64url(authority key id) `.` base64url(serial), canonical text.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CertificateId(Box<str>);

impl CertificateId {
    /// From `aki.serial` as clients write it; `None` when it is not of that form.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        if text.len() > ID_BYTES_MAX {
            return None;
        }
        let (key_id, serial) = text.split_once('.')?;
        // Decoding refuses padding and stray bits, so that one certificate has one text.
        let is_canonical = |part| BASE64_URL_SAFE_NO_PAD.decode(part).is_ok_and(|bytes| !bytes.is_empty());
        (is_canonical(key_id) && is_canonical(serial)).then(|| Self(text.into()))
    }

    /// From the `keyIdentifier` of a certificate's authority key identifier and the content octets of
    /// its serial number, a leading zero included; `None` when one is empty or both are too long.
    #[must_use]
    pub fn new(key_id: &[u8], serial: &[u8]) -> Option<Self> {
        let [key_id, serial] = [key_id, serial].map(|part| BASE64_URL_SAFE_NO_PAD.encode(part));
        Self::parse(&format!("{key_id}.{serial}"))
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
    /// The subject alternative names that are identifiers.
    pub identifiers: IdentifierSet,
    /// The content octets of the serial number, a leading zero included.
    pub serial: Vec<u8>,
    pub not_before: jiff::Timestamp,
    pub not_after: jiff::Timestamp,
}

/// Why a chain could not be read.
#[derive(Clone, Copy, Debug, thiserror::Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum CertificateError {
    /// No PEM block says `CERTIFICATE`.
    #[error("no certificate in the PEM text")]
    NoCertificate,
    /// A PEM block is broken.
    #[error("broken PEM text")]
    Pem,
    /// No X.509 certificate in DER, or something behind it.
    #[error("no X.509 certificate in DER")]
    Der,
    /// None of its subject alternative names is a DNS name or an address.
    #[error("the certificate names no DNS name and no IP address")]
    NoIdentifier,
    /// A validity beyond what a timestamp holds.
    #[error("the certificate's validity is beyond the range of time")]
    Validity,
}

impl Leaf {
    /// Reads the first certificate of a PEM chain.
    ///
    /// # Errors
    ///
    /// [`CertificateError`].
    pub fn from_pem_chain(pem: &[u8]) -> Result<Self, CertificateError> {
        for block in Pem::iter_from_buffer(pem) {
            let block = block.map_err(|_| CertificateError::Pem)?;
            if block.label == "CERTIFICATE" {
                return Self::from_der(&block.contents);
            }
        }
        Err(CertificateError::NoCertificate)
    }

    /// Reads a certificate.
    ///
    /// # Errors
    ///
    /// [`CertificateError`].
    pub fn from_der(der: &[u8]) -> Result<Self, CertificateError> {
        let (behind, certificate) = X509Certificate::from_der(der).map_err(|_| CertificateError::Der)?;
        if !behind.is_empty() {
            return Err(CertificateError::Der);
        }

        let serial = certificate.raw_serial();
        Ok(Self {
            id: key_id(&certificate).and_then(|key_id| CertificateId::new(key_id, serial)),
            identifiers: IdentifierSet::new(identifiers(&certificate))
                .ok_or(CertificateError::NoIdentifier)?,
            serial: serial.to_vec(),
            not_before: timestamp(certificate.validity().not_before)?,
            not_after: timestamp(certificate.validity().not_after)?,
        })
    }
}

fn key_id<'a>(certificate: &X509Certificate<'a>) -> Option<&'a [u8]> {
    certificate.extensions().iter().find_map(|extension| match extension.parsed_extension() {
        ParsedExtension::AuthorityKeyIdentifier(authority) => {
            authority.key_identifier.as_ref().map(|id| id.0)
        }
        _ => None,
    })
}

fn identifiers(certificate: &X509Certificate<'_>) -> Vec<Identifier> {
    let names = certificate.extensions().iter().filter_map(|extension| match extension.parsed_extension() {
        ParsedExtension::SubjectAlternativeName(names) => Some(&names.general_names),
        _ => None,
    });
    names.flatten().take(NAMES_MAX).filter_map(identifier).collect()
}

fn identifier(name: &GeneralName<'_>) -> Option<Identifier> {
    match name {
        GeneralName::DNSName(name) => Identifier::dns(name).ok(),
        GeneralName::IPAddress(octets) => address(octets).map(Identifier::from),
        _ => None,
    }
}

fn address(octets: &[u8]) -> Option<IpAddr> {
    let ipv4 = || <[u8; 4]>::try_from(octets).ok().map(|octets| Ipv4Addr::from(octets).into());
    let ipv6 = || <[u8; 16]>::try_from(octets).ok().map(|octets| Ipv6Addr::from(octets).into());
    ipv4().or_else(ipv6)
}

fn timestamp(time: ASN1Time) -> Result<jiff::Timestamp, CertificateError> {
    jiff::Timestamp::from_second(time.timestamp()).map_err(|_| CertificateError::Validity)
}
