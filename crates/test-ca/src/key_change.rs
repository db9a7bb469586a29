//! Changing an account's key (RFC 8555, 7.3.5): a request of the old key around one of the new key.

use http::StatusCode;
use serde_json::Value;
use tollgate_acme::{
    jwk::Jwk,
    jws::{Jws, KeyReference},
    problem::ProblemType,
    resource::ResourcePath,
};

use crate::{
    ca::Ca,
    envelope::{Incoming, check_algorithm, unreadable},
    reply::{Answer, Refusal},
    resource::account_of,
};

impl Ca {
    pub(crate) fn key_change(&self, request: &Incoming) -> Answer {
        let signed = self.signed_by_account(request)?;
        let account = signed.signer;
        let (new_key, inner) = inner_request(&signed.payload, request)?;
        self.check_inner(account, &inner)?;
        {
            let mut state = self.state.lock();
            if let Some((owner, _)) = state.account_by_key(&new_key) {
                let detail = "the new key already has an account";
                let refusal = Refusal::new(ProblemType::Malformed, StatusCode::CONFLICT, detail);
                return Err(refusal.map(|reply| reply.location(request.origin.account(owner))));
            }
            if state.is_compromised(&new_key) {
                let detail = "the new key is known to be compromised";
                return Err(Refusal::new(ProblemType::BadPublicKey, StatusCode::BAD_REQUEST, detail));
            }
            state.change_account(account, |account| account.key = new_key);
        }
        self.account_reply(StatusCode::OK, account, &request.origin)
    }

    /// The inner payload must name the account and its present key.
    fn check_inner(&self, account: u64, payload: &[u8]) -> Result<(), Refusal> {
        let Ok(Value::Object(payload)) = serde_json::from_slice(payload) else {
            return Err(Refusal::malformed("the inner payload is no JSON object"));
        };
        let url = payload.get("account").and_then(Value::as_str).and_then(ResourcePath::of);
        if url.and_then(|path| account_of(path.as_str())) != Some(account) {
            return Err(Refusal::malformed("\"account\" of the inner payload is another account"));
        }
        let old_key = payload.get("oldKey").and_then(|key| Jwk::from_json(key).ok());
        let state = self.state.lock();
        if old_key.is_some() && old_key.as_ref() == state.account(account).map(|account| &account.key) {
            return Ok(());
        }
        Err(Refusal::malformed("\"oldKey\" of the inner payload is not the account's key"))
    }
}

/// The new key and the payload it signed, once its signature and URL hold.
fn inner_request(payload: &[u8], request: &Incoming) -> Result<(Jwk, Vec<u8>), Refusal> {
    let inner = Jws::parse(payload).map_err(|error| unreadable(&error))?;
    check_algorithm(&inner)?;
    let KeyReference::Jwk(new_key) = &inner.protected().key else {
        return Err(Refusal::malformed("the inner request has no \"jwk\": the new key"));
    };
    if inner.protected().url.as_deref() != Some(&request.url()) {
        return Err(Refusal::malformed("the inner request is for another URL than the outer one"));
    }
    inner
        .verify(new_key)
        .map_err(|bad| Refusal::malformed(format!("the inner request is not authentic: {bad}")))?;
    Ok((new_key.clone(), inner.payload().to_vec()))
}
