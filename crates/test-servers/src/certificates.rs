//! Certificates for servers that speak TLS.

use std::{fs, path::Path};

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};
use tempfile::TempDir;

/// A root, and what it signed for some names: PEM, in files, too.
#[derive(Debug)]
pub struct Certificates {
    folder: TempDir,
    /// The root's certificate.
    pub root: String,
    /// The certificate it signed.
    pub chain: String,
    /// That one's private key.
    pub key: String,
}

impl Certificates {
    /// Makes a root, and a certificate for these names and addresses.
    #[must_use]
    pub fn make(names: &[&str]) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        let mut params = CertificateParams::default();
        // By its subject OpenSSL looks for who signed: no two of those it trusts, and not what they sign, may share one.
        let name = format!("the root of {}", folder.path().display());
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let root_key = KeyPair::generate().expect("a key can be made");
        let root = params.self_signed(&root_key).expect("it is sound");

        let names: Vec<_> = names.iter().map(|name| (*name).to_owned()).collect();
        let key = KeyPair::generate().expect("a key can be made");
        let leaf = CertificateParams::new(names).expect("the names are good");
        let leaf = leaf.signed_by(&key, &Issuer::new(params, root_key)).expect("it is sound");

        let made = Self { folder, root: root.pem(), chain: leaf.pem(), key: key.serialize_pem() };
        for (name, pem) in [("root.pem", &made.root), ("chain.pem", &made.chain), ("key.pem", &made.key)] {
            fs::write(made.folder.path().join(name), pem).expect("the folder is the test's own");
        }
        made
    }

    /// The file of the root.
    #[must_use]
    pub fn root_file(&self) -> String {
        self.file("root.pem")
    }

    /// The file of the certificate.
    #[must_use]
    pub fn chain_file(&self) -> String {
        self.file("chain.pem")
    }

    /// The file of its private key.
    #[must_use]
    pub fn key_file(&self) -> String {
        self.file("key.pem")
    }

    fn file(&self, name: &str) -> String {
        Path::join(self.folder.path(), name).to_str().expect("it is text").to_owned()
    }
}
