//! dns-01 (RFC 8555, 8.4): a TXT record with the digest of the key authorization.

use aws_lc_rs::digest;
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use tollgate_acme::identifier::Identifier;

use super::{Failure, Proof, network::Network};

pub(super) async fn validate(network: &Network, proof: &Proof) -> Result<(), Failure> {
    let Identifier::Dns(name) = &proof.identifier else {
        return Err(Failure::unauthorized("an address cannot be validated by dns-01"));
    };
    let record = format!("_acme-challenge.{}", name.base());
    let hash = digest::digest(&digest::SHA256, proof.key_authorization.as_bytes());
    let expected = BASE64_URL_SAFE_NO_PAD.encode(hash.as_ref());
    let found = network.txt(&record).await?;
    if found.iter().any(|text| text.as_slice() == expected.as_bytes()) {
        return Ok(());
    }
    let detail = format!("none of the {} TXT records of {record} is the one asked for", found.len());
    Err(Failure::unauthorized(detail))
}
