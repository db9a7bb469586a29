//! Accounts: newAccount, the account's own URL, keyChange (RFC 8555, 7.3).

use http::StatusCode;
use tollgate_acme::{
    account::{AccountBody, KeyChange},
    authorization::asks_to_deactivate,
    jwk::Jwk,
    jws::{Jws, KeyReference},
    resource::AccountId,
};

use super::{Exchange, Fact};
use crate::signer::Signer;

/// After newAccount: 201 for a new account, 200 for the account the key already has.
pub(super) fn created(exchange: &Exchange<'_>) -> Vec<Fact> {
    if !matches!(exchange.status, StatusCode::CREATED | StatusCode::OK) {
        return Vec::new();
    }
    let (Some(location), Signer::Key(key)) = (exchange.location(), exchange.signer) else {
        return Vec::new();
    };
    vec![Fact::AccountSeen { account: AccountId(location), key: Some(key.clone()) }]
}

/// After a request to an account's URL.
pub(super) fn answered(account: &AccountId, exchange: &Exchange<'_>) -> Vec<Fact> {
    if !exchange.is_accepted() {
        return Vec::new();
    }
    let body = AccountBody::parse(exchange.body);
    let is_gone = match body.status.as_deref() {
        Some(status) => matches!(status, "deactivated" | "revoked"),
        None => asks_to_deactivate(exchange.payload),
    };
    if is_gone {
        return vec![Fact::AccountDeactivated { account: account.clone() }];
    }
    vec![Fact::AccountSeen { account: account.clone(), key: body.key }]
}

/// After keyChange: the payload is a JWS of its own, signed by the new key.
pub(super) fn key_changed(exchange: &Exchange<'_>) -> Vec<Fact> {
    match exchange.signer.claimed() {
        Some(account) if exchange.is_accepted() => {
            vec![Fact::KeyChanged { account: account.clone(), key: new_key(exchange.payload, account) }]
        }
        _ => Vec::new(),
    }
}

/// Whether a payload asks to change a key.
pub(super) fn is_key_change(payload: &[u8]) -> bool {
    Jws::parse(payload).is_ok_and(|inner| KeyChange::parse(inner.payload()).is_some())
}

fn new_key(payload: &[u8], account: &AccountId) -> Option<Jwk> {
    let inner = Jws::parse(payload).ok()?;
    let KeyReference::Jwk(key) = &inner.protected().key else { return None };
    inner.verify(key).ok()?;
    let change = KeyChange::parse(inner.payload())?;
    (AccountId::of(&change.account)? == *account).then(|| key.clone())
}
