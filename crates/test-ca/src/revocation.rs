//! Revoking certificates (RFC 8555, 7.6).

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use http::StatusCode;
use jiff::Timestamp;
use serde_json::{Map, Value};
use tollgate_acme::problem::ProblemType;
use x509_parser::{certificate::X509Certificate, prelude::FromDer};

use crate::{
    ca::Ca,
    envelope::{Incoming, Signer},
    reply::{Answer, Refusal, Reply},
    state::{Certificate, KEY_COMPROMISE, Revocation, State},
};

/// unspecified, keyCompromise, affiliationChanged, superseded, cessationOfOperation, privilegeWithdrawn
/// (RFC 5280, 5.3.1); the others are for CAs, or for lists that this one has not.
const REASONS: [u8; 6] = [0, KEY_COMPROMISE, 3, 4, 5, 9];

impl Ca {
    pub(crate) fn revoke(&self, request: &Incoming) -> Answer {
        let signed = self.signed(request)?;
        let payload = signed.object()?;
        let der = certificate_of(&payload)?;
        let reason = reason(&payload)?;
        let now = self.clock.now();
        let mut state = self.state.lock();
        let (id, certificate) =
            find(&state, &der).ok_or_else(|| Refusal::not_found("this certificate is not one of this CA"))?;
        if !may_revoke(&state, certificate, &signed.signer, now) {
            let detail = "only the certificate's account, its key, or an account with valid authorizations for \
                          all its identifiers may revoke it";
            return Err(Refusal::unauthorized(detail));
        }
        if certificate.revocation.is_some() {
            let detail = "the certificate is revoked already";
            return Err(Refusal::new(ProblemType::AlreadyRevoked, StatusCode::BAD_REQUEST, detail));
        }
        state.set_revoked(id, Revocation { at: now, reason });
        Ok(Reply::empty(StatusCode::OK))
    }
}

fn certificate_of(payload: &Map<String, Value>) -> Result<Vec<u8>, Refusal> {
    let text = payload.get("certificate").and_then(Value::as_str);
    let text = text.ok_or_else(|| Refusal::malformed("\"certificate\" is no string"))?;
    let der = BASE64_URL_SAFE_NO_PAD.decode(text);
    der.map_err(|_| Refusal::malformed("\"certificate\" is no unpadded base64url"))
}

fn reason(payload: &Map<String, Value>) -> Result<u8, Refusal> {
    let reason = match payload.get("reason") {
        None | Some(Value::Null) => return Ok(0),
        Some(reason) => reason.as_u64().ok_or_else(|| Refusal::malformed("\"reason\" is no number"))?,
    };
    let accepted = REASONS.into_iter().find(|accepted| u64::from(*accepted) == reason);
    accepted.ok_or_else(|| {
        let detail = format!("the revocation reason is not one of {REASONS:?}");
        Refusal::new(ProblemType::BadRevocationReason, StatusCode::BAD_REQUEST, detail)
    })
}

fn find<'a>(state: &'a State, der: &[u8]) -> Option<(u64, &'a Certificate)> {
    let (_, parsed) = X509Certificate::from_der(der).ok()?;
    state.certificate_by_serial(parsed.raw_serial()).filter(|(_, certificate)| certificate.der == der)
}

fn may_revoke(state: &State, certificate: &Certificate, signer: &Signer, now: Timestamp) -> bool {
    match signer {
        Signer::Key(key) => *key == certificate.key,
        Signer::Account(account) => {
            let authorized = |identifier| state.valid_authorization(*account, identifier, now).is_some();
            certificate.account == *account || certificate.identifiers.iter().all(authorized)
        }
    }
}
