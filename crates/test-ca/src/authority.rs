//! The CA's own keys and certificates: two roots, one intermediate that both vouch for, and the leaves.
//!
//! The roots' private keys are used once and forgotten. All names say that this is for tests.

use std::time::Duration;

use aws_lc_rs::rand;
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use jiff::Timestamp;
use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer,
    KeyPair, KeyUsagePurpose, PublicKeyData, SanType, SerialNumber, SubjectPublicKeyInfo,
};
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use tollgate_acme::{certificate::CertificateId, identifier::Identifier};

use crate::resource::Chain;

/// In the subject of every certificate.
const ORGANIZATION: &str = "Tollgate TEST CA - not trusted";
const LEAF_ORGANIZATION: &str = "For tests only - worthless";

const DAY: Duration = Duration::from_secs(24 * 60 * 60);
const CA_VALIDITY: Duration = Duration::from_secs(30 * 365 * 24 * 60 * 60);

/// The longest common name (RFC 5280, appendix A: ub-common-name).
const COMMON_NAME_MAX: usize = 64;

/// The first byte of a serial: not zero, and not negative.
const SERIAL_PREFIX: u8 = 0x54;
const SERIAL_RANDOM_BYTES: usize = 16;

/// What is kept of the CA: certificates as PEM, and the one private key still needed.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct AuthorityKeys {
    root: String,
    alternate_root: String,
    intermediate: String,
    alternate_intermediate: String,
    intermediate_key: String,
}

/// Signs certificates.
pub(crate) struct Authority {
    keys: AuthorityKeys,
    issuer: Issuer<'static, KeyPair>,
    key_id: Vec<u8>,
}

/// What a leaf certificate is to say.
pub(crate) struct Leaf<'a> {
    pub(crate) identifiers: &'a [Identifier],
    pub(crate) not_before: Timestamp,
    /// The last second it is valid.
    pub(crate) not_after: Timestamp,
    pub(crate) public_key: &'a SubjectPublicKeyInfo,
}

/// A certificate just signed.
pub(crate) struct SignedLeaf {
    pub(crate) der: Vec<u8>,
    pub(crate) serial: Vec<u8>,
}

impl AuthorityKeys {
    /// Makes the roots and the intermediate.
    pub(crate) fn generate(now: Timestamp) -> Result<Self, rcgen::Error> {
        let intermediate_key = KeyPair::generate()?;
        let intermediate = authority_params("Tollgate TEST intermediate", Some(0), now);
        let below = |name| -> Result<(String, String), rcgen::Error> {
            let key = KeyPair::generate()?;
            let params = authority_params(name, None, now);
            let root = params.self_signed(&key)?;
            let signed = intermediate.signed_by(&intermediate_key, &Issuer::new(params, key))?;
            Ok((root.pem(), signed.pem()))
        };
        let (root, below_root) = below("Tollgate TEST root")?;
        let (alternate_root, below_alternate_root) = below("Tollgate TEST alternate root")?;
        Ok(Self {
            root,
            alternate_root,
            intermediate: below_root,
            alternate_intermediate: below_alternate_root,
            intermediate_key: intermediate_key.serialize_pem(),
        })
    }

    pub(crate) fn root_pem(&self, chain: Chain) -> &str {
        match chain {
            Chain::Default => &self.root,
            Chain::Alternate => &self.alternate_root,
        }
    }
}

impl Authority {
    pub(crate) fn new(keys: AuthorityKeys) -> Result<Self, rcgen::Error> {
        let key = KeyPair::from_pem(&keys.intermediate_key)?;
        // By the same method that made the intermediate's subject key identifier.
        let key_id = CertificateParams::default().key_identifier(&key);
        let issuer = Issuer::from_ca_cert_pem(&keys.intermediate, key)?;
        Ok(Self { keys, issuer, key_id })
    }

    pub(crate) fn keys(&self) -> &AuthorityKeys {
        &self.keys
    }

    /// A leaf and the intermediate above it, as PEM.
    pub(crate) fn chain_pem(&self, leaf: &[u8], chain: Chain) -> String {
        let intermediate = match chain {
            Chain::Default => &self.keys.intermediate,
            Chain::Alternate => &self.keys.alternate_intermediate,
        };
        let config = pem::EncodeConfig::new().set_line_ending(pem::LineEnding::LF);
        let leaf = pem::encode_config(&pem::Pem::new("CERTIFICATE", leaf), config);
        format!("{leaf}{intermediate}")
    }

    /// The serial in an ARI id, when the id is one of this CA's.
    pub(crate) fn serial_of(&self, id: &CertificateId) -> Option<Vec<u8>> {
        let (key, serial) = id.as_str().split_once('.')?;
        let ours = BASE64_URL_SAFE_NO_PAD.decode(key).ok()? == self.key_id;
        if ours { BASE64_URL_SAFE_NO_PAD.decode(serial).ok() } else { None }
    }

    pub(crate) fn sign(&self, leaf: &Leaf<'_>) -> Result<SignedLeaf, rcgen::Error> {
        let serial = fresh_serial();
        let mut params = CertificateParams::default();
        params.serial_number = Some(SerialNumber::from_slice(&serial));
        (params.not_before, params.not_after) = (date(leaf.not_before), date(leaf.not_after));
        params.distinguished_name = leaf_name(leaf.identifiers);
        params.subject_alt_names = leaf.identifiers.iter().map(alternative_name).collect::<Result<_, _>>()?;
        params.is_ca = IsCa::ExplicitNoCa;
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        if *leaf.public_key.algorithm() == rcgen::PKCS_RSA_SHA256 {
            params.key_usages.push(KeyUsagePurpose::KeyEncipherment);
        }
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        params.use_authority_key_identifier_extension = true;
        let certificate = params.signed_by(leaf.public_key, &self.issuer)?;
        Ok(SignedLeaf { der: certificate.der().to_vec(), serial })
    }
}

fn authority_params(name: &str, path_length: Option<u8>, now: Timestamp) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name = distinguished_name(ORGANIZATION, Some(name));
    params.is_ca =
        IsCa::Ca(path_length.map_or(BasicConstraints::Unconstrained, BasicConstraints::Constrained));
    params.key_usages =
        vec![KeyUsagePurpose::DigitalSignature, KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    params.use_authority_key_identifier_extension = path_length.is_some();
    // A client's clock may be behind the CA's.
    let earlier = now.saturating_sub(DAY).unwrap_or(now);
    let later = now.saturating_add(CA_VALIDITY).unwrap_or(Timestamp::MAX);
    (params.not_before, params.not_after) = (date(earlier), date(later));
    params
}

fn distinguished_name(organization: &str, common_name: Option<&str>) -> DistinguishedName {
    let mut name = DistinguishedName::new();
    name.push(DnType::OrganizationName, organization);
    if let Some(common_name) = common_name {
        name.push(DnType::CommonName, common_name);
    }
    name
}

/// With the first name that fits as the common name, as old clients look for one.
fn leaf_name(identifiers: &[Identifier]) -> DistinguishedName {
    let names = identifiers.iter().filter(|identifier| identifier.kind() == "dns");
    let common_name = names.map(Identifier::to_string).find(|name| name.len() <= COMMON_NAME_MAX);
    distinguished_name(LEAF_ORGANIZATION, common_name.as_deref())
}

fn alternative_name(identifier: &Identifier) -> Result<SanType, rcgen::Error> {
    Ok(match identifier {
        Identifier::Dns(name) => SanType::DnsName(name.as_str().try_into()?),
        Identifier::Ip(address) => SanType::IpAddress(*address),
    })
}

fn fresh_serial() -> Vec<u8> {
    let mut serial = [SERIAL_PREFIX; 1 + SERIAL_RANDOM_BYTES];
    rand::fill(&mut serial[1..]).expect("the system has randomness");
    serial.to_vec()
}

/// A date as certificates write it: whole seconds, from 1970 on. Its years end with 9999, as jiff's do.
fn date(at: Timestamp) -> OffsetDateTime {
    OffsetDateTime::from_unix_timestamp(at.as_second().max(0)).unwrap_or(OffsetDateTime::UNIX_EPOCH)
}
