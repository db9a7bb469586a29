//! Downloading certificates (RFC 8555, 7.4.2).

use http::StatusCode;

use crate::{
    ca::Ca,
    envelope::Incoming,
    reply::{Answer, Refusal, Reply},
    resource::Chain,
};

impl Ca {
    /// A certificate with the intermediate of one of its chains.
    pub(crate) fn certificate(&self, serial: &str, chain: Chain, request: &Incoming) -> Answer {
        let signed = self.signed_by_account(request)?;
        signed.must_be_get()?;
        let state = self.state.lock();
        let found = unhex(serial).and_then(|serial| state.certificate_by_serial(&serial));
        let (_, certificate) = found.ok_or_else(|| Refusal::not_found("there is no such certificate"))?;
        if certificate.account != signed.signer {
            return Err(Refusal::unauthorized("this is another account's certificate"));
        }
        let pem = self.authority.chain_pem(&certificate.der, chain);
        let other = match chain {
            Chain::Default => Chain::Alternate,
            Chain::Alternate => Chain::Default,
        };
        let alternate = request.origin.certificate(serial, other);
        let reply = Reply::content(StatusCode::OK, "application/pem-certificate-chain", pem);
        Ok(reply.link(alternate, "alternate"))
    }
}

/// A serial as [`hex`](crate::order::hex) writes it.
fn unhex(text: &str) -> Option<Vec<u8>> {
    let digits = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok();
    let canonical = text.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
    (canonical && text.len().is_multiple_of(2)).then(|| text.as_bytes().chunks(2).map(digits).collect())?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_serial_is_written_one_way_only() {
        for (text, expected) in [
            ("00ff", Some(vec![0, 255])),
            ("", Some(vec![])),
            ("00FF", None),
            ("0ff", None),
            ("+1", None),
            ("zz", None),
            ("é", None),
        ] {
            assert_eq!(unhex(text), expected, "{text}");
        }
    }
}
