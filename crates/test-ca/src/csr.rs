//! Certificate signing requests (PKCS #10; RFC 8555, 7.4): for which names and key, and whether signed
//! by that key.

use std::net::IpAddr;

use rcgen::SubjectPublicKeyInfo;
use tollgate_acme::{
    identifier::{Identifier, IdentifierError, IdentifierSet},
    jwk::{Curve, Jwk},
};
use x509_parser::{
    certification_request::X509CertificationRequest, extensions::GeneralName, prelude::FromDer,
    prelude::ParsedExtension, public_key::PublicKey, x509,
};

/// The longest request read, in bytes.
const BYTES_MAX: usize = 32 * 1024;

/// Ed25519 (RFC 8410).
const ED25519: &str = "1.3.101.112";

/// What is read from a request.
#[derive(Debug)]
pub(crate) struct CertificateRequest {
    pub(crate) identifiers: IdentifierSet,
    pub(crate) key: Jwk,
    pub(crate) public_key: SubjectPublicKeyInfo,
}

/// Why a request is not accepted (`badCSR`).
#[derive(Debug, thiserror::Error)]
pub(crate) enum CsrError {
    #[error("the CSR is no PKCS #10 request of at most {BYTES_MAX} bytes")]
    Malformed,
    #[error("the CSR's signature does not fit its key, or uses an algorithm that is not supported")]
    Signature,
    #[error("the CSR's key is not one that certificates may have: {0}")]
    Key(String),
    #[error("the CSR names {0}, which is neither a DNS name nor an IP address")]
    NameType(&'static str),
    #[error("the CSR names no identifier")]
    NoName,
    #[error("the CSR has an identifier that is not well formed: {0}")]
    Name(#[from] IdentifierError),
}

impl CertificateRequest {
    /// Reads a request and checks its signature.
    pub(crate) fn parse(der: &[u8]) -> Result<Self, CsrError> {
        if BYTES_MAX < der.len() {
            return Err(CsrError::Malformed);
        }
        let (rest, csr) = X509CertificationRequest::from_der(der).map_err(|_| CsrError::Malformed)?;
        if !rest.is_empty() {
            return Err(CsrError::Malformed);
        }
        csr.verify_signature().map_err(|_| CsrError::Signature)?;
        let info = &csr.certification_request_info.subject_pki;
        Ok(Self {
            identifiers: identifiers(&csr)?,
            key: jwk(info).map_err(CsrError::Key)?,
            public_key: SubjectPublicKeyInfo::from_der(info.raw).map_err(|e| CsrError::Key(e.to_string()))?,
        })
    }
}

/// Those of the subject alternative names and of the common name together.
fn identifiers(csr: &X509CertificationRequest<'_>) -> Result<IdentifierSet, CsrError> {
    let mut identifiers = Vec::new();
    for extension in csr.requested_extensions().into_iter().flatten() {
        if let ParsedExtension::SubjectAlternativeName(names) = extension {
            for name in &names.general_names {
                identifiers.push(identifier(name)?);
            }
        }
    }
    for name in csr.certification_request_info.subject.iter_common_name() {
        let name = name.as_str().map_err(|_| CsrError::Malformed)?;
        if !name.is_empty() {
            identifiers.push(Identifier::from_text(name)?);
        }
    }
    IdentifierSet::new(identifiers).ok_or(CsrError::NoName)
}

fn identifier(name: &GeneralName<'_>) -> Result<Identifier, CsrError> {
    match name {
        GeneralName::DNSName(name) => Ok(Identifier::dns(name)?),
        GeneralName::IPAddress(bytes) => {
            address(bytes).map(|a| Identifier::Ip(a.to_canonical())).ok_or(CsrError::Malformed)
        }
        GeneralName::RFC822Name(_) => Err(CsrError::NameType("an e-mail address")),
        GeneralName::URI(_) => Err(CsrError::NameType("a URI")),
        _ => Err(CsrError::NameType("something else")),
    }
}

fn address(bytes: &[u8]) -> Option<IpAddr> {
    match bytes.len() {
        4 => <[u8; 4]>::try_from(bytes).ok().map(IpAddr::from),
        16 => <[u8; 16]>::try_from(bytes).ok().map(IpAddr::from),
        _ => None,
    }
}

/// The key of a request or certificate, by the same rules as account keys; or what is wrong with it.
pub(crate) fn jwk(info: &x509::SubjectPublicKeyInfo<'_>) -> Result<Jwk, String> {
    let key = match info.parsed() {
        Ok(PublicKey::RSA(rsa)) => Jwk::Rsa { n: rsa.modulus.to_vec(), e: rsa.exponent.to_vec() },
        Ok(PublicKey::EC(point)) => ec_jwk(point.data()).ok_or("an elliptic curve that is not supported")?,
        _ if info.algorithm.algorithm.to_id_string() == ED25519 => Jwk::Ed25519 {
            x: info.subject_public_key.data.as_ref().try_into().map_err(|_| "a malformed Ed25519 key")?,
        },
        _ => return Err("a key type that is not supported".to_owned()),
    };
    // Once more through the JSON form: there the sizes are checked and leading zeros removed.
    Jwk::from_json(&key.to_json()).map_err(|error| error.to_string())
}

/// From an uncompressed point.
fn ec_jwk(point: &[u8]) -> Option<Jwk> {
    let coordinates = point.strip_prefix(&[0x04])?;
    let (x, y) = coordinates.split_at(coordinates.len() / 2);
    let curve = [Curve::P256, Curve::P384].into_iter().find(|curve| curve.field_bytes() == x.len())?;
    (x.len() == y.len()).then(|| Jwk::Ec { curve, x: x.to_vec(), y: y.to_vec() })
}
