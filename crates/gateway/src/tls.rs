//! TLS on both sides: who we are to clients, and whom we believe to be the CA.

use std::{fmt, sync::Arc};

use arc_swap::ArcSwap;
use rustls::{
    ClientConfig, RootCertStore, ServerConfig,
    crypto::{CryptoProvider, aws_lc_rs},
    pki_types::{CertificateDer, PrivateKeyDer, pem, pem::PemObject},
    server::{ClientHello, ResolvesServerCert, WebPkiClientVerifier},
    sign::CertifiedKey,
};

/// Protocols offered to clients (RFC 7301), the preferred one first.
const ALPN: [&[u8]; 2] = [b"h2", b"http/1.1"];

/// Why certificates or a key cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TlsError {
    /// No certificate in what should hold some.
    #[error("no certificate in the PEM text")]
    NoCertificate,
    /// Not PEM, or no private key in it.
    #[error("the PEM text cannot be read")]
    Pem(#[source] pem::Error),
    /// No client certificate can chain to these roots.
    #[error("the roots of client certificates cannot be used")]
    ClientRoots(#[source] rustls::server::VerifierBuilderError),
    /// The key is of an unknown kind, or does not belong to the certificate.
    #[error("the certificate and key cannot be used")]
    Unusable(#[source] rustls::Error),
}

/// A certificate chain and its private key: replaceable while a listener uses it.
pub struct TlsIdentity {
    current: ArcSwap<CertifiedKey>,
}

impl TlsIdentity {
    /// The identity in a certificate chain (leaf first) and a private key, both PEM.
    ///
    /// # Errors
    ///
    /// [`TlsError`]: unreadable, or they do not belong together.
    pub fn from_pem(chain: &[u8], key: &[u8]) -> Result<Self, TlsError> {
        Ok(Self { current: ArcSwap::from_pointee(certified_key(chain, key)?) })
    }

    /// Shows another certificate from the next handshake on. Connections that stand are left alone.
    ///
    /// # Errors
    ///
    /// [`TlsError`]: the old identity stays.
    pub fn replace(&self, chain: &[u8], key: &[u8]) -> Result<(), TlsError> {
        self.current.store(Arc::new(certified_key(chain, key)?));
        Ok(())
    }
}

impl ResolvesServerCert for TlsIdentity {
    fn resolve(&self, _hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(self.current.load_full())
    }
}

impl fmt::Debug for TlsIdentity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TlsIdentity").finish_non_exhaustive()
    }
}

/// How the CA's certificate is checked, and what is shown to it.
pub struct CaTrust {
    roots: RootCertStore,
    identity: Option<(Vec<CertificateDer<'static>>, PrivateKeyDer<'static>)>,
}

impl CaTrust {
    /// Believes CAs below the roots in `roots`, PEM.
    ///
    /// # Errors
    ///
    /// [`TlsError`]: unreadable, or without a certificate.
    pub fn roots_from_pem(roots: &[u8]) -> Result<Self, TlsError> {
        let mut trust = Self { roots: RootCertStore::empty(), identity: None };
        for root in certificates(roots)? {
            trust.roots.add(root).map_err(TlsError::Unusable)?;
        }
        Ok(trust)
    }

    /// Believes CAs below the given roots, in DER; those that cannot be used are left out, as the
    /// system's often hold a few of them.
    #[must_use]
    pub fn roots(roots: impl IntoIterator<Item = CertificateDer<'static>>) -> Self {
        let mut trust = Self { roots: RootCertStore::empty(), identity: None };
        let (_, ignored) = trust.roots.add_parsable_certificates(roots);
        if ignored > 0 {
            tracing::debug!(ignored, "some root certificates cannot be used");
        }
        trust
    }

    /// Shows this client certificate to the CA, PEM as in [`TlsIdentity::from_pem`].
    ///
    /// # Errors
    ///
    /// [`TlsError`]: unreadable.
    pub fn with_client_certificate(self, chain: &[u8], key: &[u8]) -> Result<Self, TlsError> {
        let key = PrivateKeyDer::from_pem_slice(key).map_err(TlsError::Pem)?;
        Ok(Self { identity: Some((certificates(chain)?, key)), ..self })
    }

    pub(crate) fn into_config(self) -> Result<ClientConfig, TlsError> {
        let config = ClientConfig::builder_with_provider(provider())
            .with_safe_default_protocol_versions()
            .map_err(TlsError::Unusable)?
            .with_root_certificates(self.roots);
        match self.identity {
            Some((chain, key)) => config.with_client_auth_cert(chain, key).map_err(TlsError::Unusable),
            None => Ok(config.with_no_client_auth()),
        }
    }
}

/// The TLS settings of a listener: TLS 1.2 and 1.3, HTTP/2 before HTTP/1.1, no early data.
pub(crate) fn server_config(identity: Arc<TlsIdentity>) -> Arc<ServerConfig> {
    let mut config = ServerConfig::builder_with_provider(provider())
        .with_safe_default_protocol_versions()
        .expect("the provider has suites for both versions")
        .with_no_client_auth()
        .with_cert_resolver(identity);
    config.alpn_protocols = ALPN.map(<[u8]>::to_vec).into();
    Arc::new(config)
}

/// The TLS settings of a listener for operators: HTTP/1.1 only, and with `client_roots` (PEM) it asks for
/// certificates that chain to them. A client without one is let in all the same, to show something else.
///
/// # Errors
///
/// [`TlsError`]: the roots cannot be used.
pub fn operators_config(
    identity: Arc<TlsIdentity>,
    client_roots: Option<&[u8]>,
) -> Result<Arc<ServerConfig>, TlsError> {
    let config = ServerConfig::builder_with_provider(provider())
        .with_safe_default_protocol_versions()
        .map_err(TlsError::Unusable)?;
    let config = match client_roots {
        Some(pem) => {
            let roots = Arc::new(CaTrust::roots_from_pem(pem)?.roots);
            let verifier = WebPkiClientVerifier::builder_with_provider(roots, provider())
                .allow_unauthenticated()
                .build()
                .map_err(TlsError::ClientRoots)?;
            config.with_client_cert_verifier(verifier)
        }
        None => config.with_no_client_auth(),
    };
    let mut config = config.with_cert_resolver(identity);
    config.alpn_protocols = vec![ALPN[1].to_vec()];
    Ok(Arc::new(config))
}

fn certified_key(chain: &[u8], key: &[u8]) -> Result<CertifiedKey, TlsError> {
    let key = PrivateKeyDer::from_pem_slice(key).map_err(TlsError::Pem)?;
    CertifiedKey::from_der(certificates(chain)?, key, &provider()).map_err(TlsError::Unusable)
}

fn certificates(text: &[u8]) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let certificates: Vec<_> =
        CertificateDer::pem_slice_iter(text).collect::<Result<_, _>>().map_err(TlsError::Pem)?;
    if certificates.is_empty() { Err(TlsError::NoCertificate) } else { Ok(certificates) }
}

fn provider() -> Arc<CryptoProvider> {
    Arc::new(aws_lc_rs::default_provider())
}
