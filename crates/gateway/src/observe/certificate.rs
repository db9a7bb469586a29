//! Certificates: downloads and revocation (RFC 8555, 7.4.2 and 7.6).

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use serde::Deserialize;
use tollgate_acme::{certificate::Leaf, resource::ResourcePath};

use super::{Exchange, Fact};

const PEM_BEGINS: &[u8] = b"-----BEGIN CERTIFICATE-----";

/// After a download, in PEM or, where the client asked for it, DER.
pub(super) fn downloaded(order: Option<&ResourcePath>, exchange: &Exchange<'_>) -> Vec<Fact> {
    if !exchange.is_accepted() {
        return Vec::new();
    }
    let is_pem = is_pem(exchange.body);
    let leaf = if is_pem { Leaf::from_pem_chain(exchange.body) } else { Leaf::from_der(exchange.body) };
    if !is_pem && leaf.is_err() {
        return Vec::new();
    }
    let account = exchange.account().cloned();
    vec![Fact::CertificateSeen { order: order.cloned(), account, leaf: leaf.ok() }]
}

pub(super) fn is_pem(body: &[u8]) -> bool {
    body.windows(PEM_BEGINS.len()).any(|window| window == PEM_BEGINS)
}

#[derive(Deserialize)]
struct Revocation {
    certificate: String,
}

/// After revokeCert: the request carries the certificate.
pub(super) fn revoked(exchange: &Exchange<'_>) -> Vec<Fact> {
    if !exchange.is_accepted() {
        return Vec::new();
    }
    let leaf = serde_json::from_slice(exchange.payload).ok().and_then(|request: Revocation| {
        let der = BASE64_URL_SAFE_NO_PAD.decode(request.certificate.trim_end_matches('=')).ok()?;
        Leaf::from_der(&der).ok()
    });
    leaf.and_then(|leaf| leaf.id).map(|certificate| Fact::Revoked { certificate }).into_iter().collect()
}
