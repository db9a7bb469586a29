//! ACME clients that people use, driven as they would drive them.

mod acme_tiny;
mod certbot;
mod dehydrated;
mod instant;
mod lego;
mod uacme;

use std::{io::Cursor, path::Path};

use tempfile::TempDir;
use x509_parser::{extensions::GeneralName, pem::Pem};

use crate::{ports, site::Site};

/// Which program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Program {
    Certbot,
    Lego,
    Dehydrated,
    Uacme,
    AcmeTiny,
    /// The crate, in this process.
    InstantAcme,
}

/// A client in a folder of its own, where it keeps its account between the times it is run.
#[derive(Debug)]
pub(crate) struct Client {
    program: Program,
    http_port: u16,
    folder: TempDir,
}

/// What came of a run.
#[derive(Debug)]
pub(crate) struct Attempt {
    /// Whether the client said that all went well.
    pub(crate) success: bool,
    /// All that it printed, or its error.
    pub(crate) text: String,
    /// The chain it was given, leaf first.
    pub(crate) certificate: Option<String>,
}

impl Client {
    pub(crate) fn new(program: Program) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        Self { program, http_port: ports::free(), folder }
    }

    /// Where certbot and lego answer http-01; the others of our set leave that to a web server.
    pub(crate) fn http_port(&self) -> u16 {
        self.http_port
    }

    /// Asks for a new certificate, even if it has one; registers an account the first time.
    pub(crate) async fn obtain(&self, site: &Site, names: &[&str]) -> Attempt {
        match self.program {
            Program::Certbot => certbot::obtain(self, site, names).await,
            Program::Lego => lego::obtain(self, site, names).await,
            Program::Dehydrated => dehydrated::obtain(self, site, names).await,
            Program::Uacme => uacme::obtain(self, site, names).await,
            Program::AcmeTiny => acme_tiny::obtain(self, site, names).await,
            Program::InstantAcme => instant::obtain(self, site, names).await,
        }
    }

    fn folder(&self) -> &Path {
        self.folder.path()
    }

    fn write(&self, name: &str, contents: impl AsRef<[u8]>) {
        std::fs::write(self.folder().join(name), contents).expect("the folder is the client's own");
    }
}

impl Attempt {
    fn of(output: &std::process::Output, certificate: &Path) -> Self {
        let success = output.status.success();
        let certificate = if success { std::fs::read_to_string(certificate).ok() } else { None };
        Self { success, text: crate::process::printed(output), certificate }
    }

    /// Asserts that the client was content and has a certificate for these names; returns the chain.
    #[track_caller]
    pub(crate) fn expect_certificate(&self, names: &[&str]) -> &str {
        assert!(self.success, "no certificate:\n{}", self.text);
        let chain = self.certificate.as_deref().unwrap_or_else(|| panic!("no certificate:\n{}", self.text));
        let mut names = names.to_vec();
        names.sort_unstable();
        assert_eq!(names_of(chain), names);
        chain
    }

    /// Asserts that the client gave up; returns what it printed.
    #[track_caller]
    pub(crate) fn expect_refusal(&self) -> &str {
        assert!(!self.success, "expected a refusal:\n{}", self.text);
        &self.text
    }
}

/// A certificate signing request for `names`, by a new P-256 key: DER, then PEM.
fn signing_request(names: &[&str]) -> (Vec<u8>, String) {
    let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
    let mut parameters = rcgen::CertificateParams::new(names.clone()).expect("good names");
    parameters.distinguished_name = rcgen::DistinguishedName::new();
    parameters.distinguished_name.push(rcgen::DnType::CommonName, names[0].as_str());
    let key = rcgen::KeyPair::generate().expect("P-256 keys can be made");
    let request = parameters.serialize_request(&key).expect("the parameters are sound");
    (request.der().to_vec(), request.pem().expect("DER turns into PEM"))
}

/// The names in a chain's first certificate, sorted.
fn names_of(chain: &str) -> Vec<String> {
    let (leaf, _) = Pem::read(Cursor::new(chain)).expect("the chain is PEM");
    let leaf = leaf.parse_x509().expect("the chain begins with a certificate");
    let names = leaf.subject_alternative_name().expect("its extensions can be read").expect("it has names");
    let mut names: Vec<_> = names
        .value
        .general_names
        .iter()
        .map(|name| match name {
            GeneralName::DNSName(name) => (*name).to_owned(),
            other => other.to_string(),
        })
        .collect();
    names.sort_unstable();
    names
}
