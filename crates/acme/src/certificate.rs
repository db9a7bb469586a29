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

        Ok(Self {
            id: key_id(&certificate).and_then(|key_id| CertificateId::new(key_id, certificate.raw_serial())),
            identifiers: IdentifierSet::new(identifiers(&certificate))
                .ok_or(CertificateError::NoIdentifier)?,
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rcgen::{
        BasicConstraints, CertificateParams, IsCa, Issuer, KeyIdMethod, KeyPair, SanType, SerialNumber,
    };

    use super::*;

    /// The key identifier and the serial number of RFC 9773, 4.1.
    const KEY_ID: [u8; 20] = [
        0x69, 0x88, 0x5b, 0x6b, 0x87, 0x46, 0x40, 0x41, 0xe1, 0xb3, 0x7b, 0x84, 0x7b, 0xa0, 0xae, 0x2c, 0xde,
        0x01, 0xc8, 0xd4,
    ];
    const SERIAL: [u8; 5] = [0x00, 0x87, 0x65, 0x43, 0x21];
    const ID: &str = "aYhba4dGQEHhs3uEe6CuLN4ByNQ.AIdlQyE";

    fn params(names: Vec<SanType>) -> CertificateParams {
        let mut params = CertificateParams::default();
        params.subject_alt_names = names;
        params.serial_number = Some(SerialNumber::from_slice(&SERIAL[1..]));
        params.use_authority_key_identifier_extension = true;
        params.not_before = rcgen::date_time_ymd(2026, 11, 23);
        params.not_after = rcgen::date_time_ymd(2027, 2, 21);
        params
    }

    fn issued(params: &CertificateParams) -> rcgen::Certificate {
        let mut ca = CertificateParams::default();
        ca.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        ca.key_identifier_method = KeyIdMethod::PreSpecified(KEY_ID.to_vec());
        let issuer = Issuer::new(ca, KeyPair::generate().unwrap());
        params.signed_by(&KeyPair::generate().unwrap(), &issuer).unwrap()
    }

    #[test]
    fn the_id_is_that_of_the_rfc() {
        assert_eq!(CertificateId::new(&KEY_ID, &SERIAL), CertificateId::parse(ID));
        assert_eq!(CertificateId::parse(ID).unwrap().to_string(), ID);
    }

    #[test]
    fn a_leaf_is_read_from_der_and_as_the_first_of_a_chain() {
        let name = |name: &str| SanType::DnsName(name.try_into().unwrap());
        let leaf = issued(&params(vec![
            name("www.Example.com"),
            name("*.example.com"),
            SanType::Rfc822Name("a@example.com".try_into().unwrap()),
            name("not_a_host.example"),
            SanType::IpAddress("192.0.2.1".parse().unwrap()),
            SanType::IpAddress("2001:db8::1".parse().unwrap()),
        ]));
        let other = issued(&params(vec![name("other.example")]));

        let read = Leaf::from_der(leaf.der()).unwrap();
        assert_eq!(read.id.as_ref().map(CertificateId::as_str), Some(ID));
        let identifiers: Vec<_> = read.identifiers.iter().map(ToString::to_string).collect();
        assert_eq!(identifiers, ["*.example.com", "www.example.com", "192.0.2.1", "2001:db8::1"]);
        assert_eq!(read.not_before.to_string(), "2026-11-23T00:00:00Z");
        assert_eq!(read.not_after.to_string(), "2027-02-21T00:00:00Z");

        let chain = format!("subject=leaf\n{}\n{}", leaf.pem(), other.pem());
        assert_eq!(Leaf::from_pem_chain(chain.as_bytes()), Ok(read));
    }

    #[test]
    fn a_leaf_without_a_key_identifier_has_no_id() {
        let mut params = params(vec![SanType::DnsName("example.com".try_into().unwrap())]);
        params.use_authority_key_identifier_extension = false;
        assert_eq!(Leaf::from_der(issued(&params).der()).unwrap().id, None);
    }

    #[test]
    fn what_is_no_leaf_is_refused() {
        let nameless = issued(&params(Vec::new()));
        assert_eq!(Leaf::from_der(nameless.der()), Err(CertificateError::NoIdentifier));

        let named = issued(&params(vec![SanType::DnsName("example.com".try_into().unwrap())]));
        let longer = [named.der(), b"\0".as_slice()].concat();
        assert_eq!(Leaf::from_der(&longer), Err(CertificateError::Der));
        assert_eq!(Leaf::from_der(b""), Err(CertificateError::Der));
        for length in 0..named.der().len() {
            assert_eq!(Leaf::from_der(&named.der()[..length]), Err(CertificateError::Der), "{length}");
        }

        // (PEM, error)
        let cases = [
            (String::new(), CertificateError::NoCertificate),
            ("<html>".into(), CertificateError::NoCertificate),
            (named.pem().replace("CERTIFICATE", "PRIVATE KEY"), CertificateError::NoCertificate),
            (named.pem().replace("-----END", "-----"), CertificateError::Pem),
            (named.pem().replacen("MII", "M!!", 1), CertificateError::Pem),
            ("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n".into(), CertificateError::Der),
        ];
        for (pem, error) in cases {
            assert_eq!(Leaf::from_pem_chain(pem.as_bytes()), Err(error), "{pem}");
        }
    }

    #[test]
    fn an_id_has_two_parts_in_canonical_base64url() {
        let long = format!("{}.AQ", "A".repeat(ID_BYTES_MAX));
        for text in [
            "",
            ".",
            "AAAA",
            "AAAA.",
            ".AQ",
            "AAAA.AQ==",
            "AAAA.AR",
            "AA+A.AQ",
            "AAAA.AQ.AQ",
            " AAAA.AQ",
            &long,
        ] {
            assert_eq!(CertificateId::parse(text), None, "{text:?}");
        }
        assert_eq!(CertificateId::new(&KEY_ID, &[]), None);
        assert_eq!(CertificateId::new(&[1; ID_BYTES_MAX], &SERIAL), None);
    }

    proptest! {
        #[test]
        fn an_id_is_parsed_from_its_text(key_id in prop::collection::vec(any::<u8>(), 1..40), serial: [u8; 20]) {
            let id = CertificateId::new(&key_id, &serial).unwrap();
            prop_assert_eq!(CertificateId::parse(id.as_str()), Some(id));
        }

        #[test]
        fn any_bytes_are_read_without_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = (Leaf::from_der(&bytes), Leaf::from_pem_chain(&bytes));
        }

        #[test]
        fn a_damaged_certificate_is_read_without_panic(at in any::<prop::sample::Index>(), byte: u8) {
            let mut der = issued(&params(vec![SanType::DnsName("example.com".try_into().unwrap())])).der().to_vec();
            let at = at.index(der.len());
            der[at] = byte;
            let _ = Leaf::from_der(&der);
        }
    }
}
