//! The TLS identity of the gateway: given, or signed by a root made once in the data directory.

use std::{fs, io, path::PathBuf};

use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose,
};

use crate::data_dir::{DataDir, write_private};

/// A certificate chain and its key, both PEM.
pub struct TlsIdentity {
    /// Leaf first.
    pub chain_pem: String,
    /// PKCS #8.
    pub key_pem: String,
    /// The root that clients must trust, where we made it.
    pub root_file: Option<PathBuf>,
}

/// Why there is no TLS identity.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TlsIdentityError {
    /// A file cannot be read or written.
    #[error("{path}: {source}")]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The root in the data directory is damaged, or a name cannot stand in a certificate.
    #[error("no TLS certificate could be made: {0}")]
    Make(#[from] rcgen::Error),
}

/// Years that the made root is valid: long enough not to be noticed, short enough to be replaced.
const ROOT_YEARS: i64 = 10;

/// Years that a gateway certificate is valid; one is made at every start. Some clients accept no more.
const LEAF_YEARS: i64 = 2;

/// A certificate for `names` under the data directory's own root, which is made once and kept. `today`
/// is the machine's date: TLS peers ask their own clocks, so the movable clock has no say here.
///
/// # Errors
///
/// [`TlsIdentityError`].
pub fn made(
    data: &DataDir,
    names: &[String],
    today: jiff::civil::Date,
) -> Result<TlsIdentity, TlsIdentityError> {
    let (root_file, key_file) = (data.join("tls-root.pem"), data.join("tls-root.key"));
    if !root_file.exists() || !key_file.exists() {
        make_root(&root_file, &key_file, today)?;
    }
    let identity = under_root(&read(&root_file)?, &read(&key_file)?, names, today)?;
    Ok(TlsIdentity { root_file: Some(root_file), ..identity })
}

/// A certificate for `names` under a root given as PEM.
fn under_root(
    root_pem: &str,
    root_key_pem: &str,
    names: &[String],
    today: jiff::civil::Date,
) -> Result<TlsIdentity, TlsIdentityError> {
    let issuer = Issuer::from_ca_cert_pem(root_pem, KeyPair::from_pem(root_key_pem)?)?;
    let key = KeyPair::generate()?;
    let mut params = CertificateParams::new(names)?;
    params.distinguished_name.push(DnType::CommonName, "Tollgate gateway");
    params.use_authority_key_identifier_extension = true;
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    (params.not_before, params.not_after) = validity(today, LEAF_YEARS);
    let leaf = params.signed_by(&key, &issuer)?;
    Ok(TlsIdentity { chain_pem: leaf.pem() + root_pem, key_pem: key.serialize_pem(), root_file: None })
}

fn make_root(
    root_file: &PathBuf,
    key_file: &PathBuf,
    today: jiff::civil::Date,
) -> Result<(), TlsIdentityError> {
    let key = KeyPair::generate()?;
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::CommonName, "Tollgate local TLS root");
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    (params.not_before, params.not_after) = validity(today, ROOT_YEARS);
    let root = params.self_signed(&key)?;
    // The key first: a root without its key would be trusted by clients and useless to us.
    for (path, content) in [(key_file, key.serialize_pem()), (root_file, root.pem())] {
        write_private(path, content.as_bytes())
            .map_err(|source| TlsIdentityError::File { path: path.clone(), source })?;
    }
    Ok(())
}

/// A chain and key that the operator gives.
///
/// # Errors
///
/// [`TlsIdentityError`].
pub fn given(chain: &PathBuf, key: &PathBuf) -> Result<TlsIdentity, TlsIdentityError> {
    Ok(TlsIdentity { chain_pem: read(chain)?, key_pem: read(key)?, root_file: None })
}

fn read(path: &PathBuf) -> Result<String, TlsIdentityError> {
    fs::read_to_string(path).map_err(|source| TlsIdentityError::File { path: path.clone(), source })
}

/// From yesterday, for clocks that lag, for `years`.
fn validity(today: jiff::civil::Date, years: i64) -> (time::OffsetDateTime, time::OffsetDateTime) {
    let at = |date: jiff::civil::Date| {
        rcgen::date_time_ymd(i32::from(date.year()), date.month().unsigned_abs(), date.day().unsigned_abs())
    };
    let yesterday = today.yesterday().unwrap_or(today);
    (at(yesterday), at(today.saturating_add(jiff::Span::new().years(years))))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TODAY: jiff::civil::Date = jiff::civil::date(2026, 11, 23);

    #[test]
    fn the_root_is_made_once_and_signs_every_start() {
        let folder = tempfile::tempdir().unwrap();
        let data = DataDir::open(folder.path()).unwrap();
        let names = ["localhost".to_owned(), "127.0.0.1".to_owned()];
        let first = made(&data, &names, TODAY).unwrap();
        let second = made(&data, &names, TODAY).unwrap();
        let root = fs::read_to_string(first.root_file.unwrap()).unwrap();
        assert!(first.chain_pem.ends_with(&root) && second.chain_pem.ends_with(&root));
        assert_ne!(first.key_pem, second.key_pem);
    }

    #[test]
    fn a_missing_certificate_file_is_named() {
        let missing = PathBuf::from("/nonexistent/chain.pem");
        let error = given(&missing, &missing).err().unwrap().to_string();
        assert!(error.starts_with("/nonexistent/chain.pem: "), "{error}");
    }
}
