//! tls-alpn-01 (RFC 8737): a self-signed certificate with the digest of the key authorization.

use std::{net::IpAddr, sync::Arc};

use aws_lc_rs::digest;
use rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, SignatureScheme,
    client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
    crypto::{CryptoProvider, verify_tls13_signature_with_raw_key},
    pki_types::{CertificateDer, ServerName, SubjectPublicKeyInfoDer, UnixTime},
};
use tokio::net::TcpStream;
use tokio_rustls::{TlsConnector, client::TlsStream};
use tollgate_acme::{identifier::Identifier, problem::ProblemType};
use x509_parser::{certificate::X509Certificate, extensions::GeneralName, prelude::FromDer};

use super::{Failure, Proof, network::Network};

const PROTOCOL: &[u8] = b"acme-tls/1";

/// id-pe-acmeIdentifier (RFC 8737, 3).
const ACME_IDENTIFIER: &str = "1.3.6.1.5.5.7.1.31";

const OCTET_STRING: u8 = 0x04;

pub(super) async fn validate(network: &Network, proof: &Proof) -> Result<(), Failure> {
    let host = proof.identifier.to_string();
    let stream = network.connect(&host, network.tls_port()).await?;
    let name = server_name(&proof.identifier);
    let stream = handshake(stream, &name, PROTOCOL).await?;
    let (_, session) = stream.get_ref();
    if session.alpn_protocol() != Some(PROTOCOL) {
        return Err(Failure::unauthorized(format!("{host} did not agree on the protocol acme-tls/1")));
    }
    let chain = session.peer_certificates().unwrap_or_default();
    let leaf = chain.first().ok_or_else(|| Failure::unauthorized(format!("{host} sent no certificate")))?;
    check(leaf, proof).map_err(|why| Failure::unauthorized(format!("the certificate of {host} {why}")))
}

/// A TLS connection to whoever is there, for redirects to https.
pub(super) async fn unverified_tls(stream: TcpStream, host: &str) -> Result<TlsStream<TcpStream>, Failure> {
    handshake(stream, host, b"http/1.1").await
}

async fn handshake(stream: TcpStream, name: &str, protocol: &[u8]) -> Result<TlsStream<TcpStream>, Failure> {
    let failed = |why: String| Failure::new(ProblemType::Tls, format!("no TLS with {name}: {why}"));
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ClientConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .map_err(|error| failed(error.to_string()))?;
    let verifier = Arc::new(AnyCertificate { provider });
    let mut config = config.dangerous().with_custom_certificate_verifier(verifier).with_no_client_auth();
    config.alpn_protocols = vec![protocol.to_vec()];
    let literal = name.trim_start_matches('[').trim_end_matches(']').to_owned();
    let name = ServerName::try_from(literal).map_err(|error| failed(error.to_string()))?;
    let connected = TlsConnector::from(Arc::new(config)).connect(name, stream).await;
    connected.map_err(|error| failed(error.to_string()))
}

/// The name to ask for: an address by its name for reverse lookups (RFC 8738, 6).
fn server_name(identifier: &Identifier) -> String {
    match identifier {
        Identifier::Dns(name) => name.as_str().to_owned(),
        Identifier::Ip(IpAddr::V4(address)) => {
            let [a, b, c, d] = address.octets();
            format!("{d}.{c}.{b}.{a}.in-addr.arpa")
        }
        Identifier::Ip(IpAddr::V6(address)) => {
            let nibbles = address.octets().into_iter().rev().map(|o| format!("{:x}.{:x}.", o & 0xf, o >> 4));
            format!("{}ip6.arpa", nibbles.collect::<String>())
        }
    }
}

/// The certificate must be for this identifier alone, and carry the digest in a critical extension.
fn check(leaf: &CertificateDer<'_>, proof: &Proof) -> Result<(), &'static str> {
    let (_, leaf) = X509Certificate::from_der(leaf).map_err(|_| "is malformed")?;
    let names = leaf.subject_alternative_name().ok().flatten().ok_or("has no alternative name")?;
    let [name] = names.value.general_names.as_slice() else { return Err("has not exactly one name") };
    if !is_name(name, &proof.identifier) {
        return Err("is for another name");
    }
    let mut extensions = leaf.extensions().iter().filter(|e| e.oid.to_id_string() == ACME_IDENTIFIER);
    let extension = extensions.next().ok_or("has no acmeIdentifier extension")?;
    if !extension.critical {
        return Err("has an acmeIdentifier extension that is not critical");
    }
    let hash = digest::digest(&digest::SHA256, proof.key_authorization.as_bytes());
    let length = u8::try_from(hash.as_ref().len()).expect("SHA-256 has 32 bytes");
    let expected = [&[OCTET_STRING, length], hash.as_ref()].concat();
    if extension.value == expected { Ok(()) } else { Err("has another key authorization") }
}

fn is_name(name: &GeneralName<'_>, identifier: &Identifier) -> bool {
    match (name, identifier) {
        (GeneralName::DNSName(name), Identifier::Dns(wanted)) => name.eq_ignore_ascii_case(wanted.as_str()),
        (GeneralName::IPAddress(bytes), Identifier::Ip(IpAddr::V4(wanted))) => *bytes == wanted.octets(),
        (GeneralName::IPAddress(bytes), Identifier::Ip(IpAddr::V6(wanted))) => *bytes == wanted.octets(),
        _ => false,
    }
}

/// Takes any certificate, but only from who holds its key.
///
/// The usual checks of a handshake's signature do not do: they refuse a certificate with a critical
/// extension that they do not know, as acmeIdentifier is. So only its key is looked at.
#[derive(Debug)]
struct AnyCertificate {
    provider: Arc<CryptoProvider>,
}

impl AnyCertificate {
    fn verify(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let (_, certificate) =
            X509Certificate::from_der(certificate).map_err(|_| CertificateError::BadEncoding)?;
        let key = SubjectPublicKeyInfoDer::from(certificate.public_key().raw);
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls13_signature_with_raw_key(message, &key, signature, algorithms)
    }
}

impl ServerCertVerifier for AnyCertificate {
    fn verify_server_cert(
        &self,
        _end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.verify(message, certificate, signature)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.verify(message, certificate, signature)
    }

    /// Those of TLS 1.3, which TLS 1.2 has too.
    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        let pkcs1 = [
            SignatureScheme::RSA_PKCS1_SHA1,
            SignatureScheme::RSA_PKCS1_SHA256,
            SignatureScheme::RSA_PKCS1_SHA384,
            SignatureScheme::RSA_PKCS1_SHA512,
        ];
        let mut schemes = self.provider.signature_verification_algorithms.supported_schemes();
        schemes.retain(|scheme| !pkcs1.contains(scheme));
        schemes
    }
}
