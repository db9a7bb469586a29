//! Authorizations and newAuthz (RFC 8555, 7.1.4, 7.4.1 and 7.5).

use aws_lc_rs::rand;
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use http::StatusCode;
use jiff::Timestamp;
use serde_json::{Value, json};
use tollgate_acme::{
    authorization::{AuthorizationStatus, ChallengeStatus, asks_to_deactivate},
    identifier::Identifier,
    problem::{IdentifierMember, Problem, ProblemType},
};

use crate::{
    ca::Ca,
    envelope::Incoming,
    reply::{Answer, Refusal, Reply, moment},
    resource::Origin,
    state::{Attempt, Authorization, Outcome, State},
};

/// How long a client is told to wait before it asks for a validation again, in seconds.
const PENDING_RETRY_SECONDS: u64 = 1;

/// Of a challenge's token; 16 are the least (RFC 8555, 8).
const TOKEN_BYTES: usize = 32;

pub(crate) const HTTP_01: &str = "http-01";
pub(crate) const DNS_01: &str = "dns-01";
pub(crate) const TLS_ALPN_01: &str = "tls-alpn-01";

impl Ca {
    /// Authorizes ahead of any order.
    pub(crate) fn new_authorization(&self, request: &Incoming) -> Answer {
        let signed = self.signed_by_account(request)?;
        let payload = signed.object()?;
        let member = payload.get("identifier").cloned().unwrap_or_default();
        let member = serde_json::from_value::<IdentifierMember>(member)
            .map_err(|_| Refusal::malformed("\"identifier\" must have \"type\" and \"value\""))?;
        let identifier = self.identifier(&member).map_err(|problem| {
            let kind = ProblemType::of_urn(&problem.kind).unwrap_or(ProblemType::RejectedIdentifier);
            Refusal::new(kind, StatusCode::BAD_REQUEST, problem.detail)
        })?;
        if identifier.is_wildcard() {
            let detail = "a wildcard cannot be authorized ahead of an order";
            return Err(Refusal::new(ProblemType::RejectedIdentifier, StatusCode::BAD_REQUEST, detail));
        }
        let now = self.clock.now();
        let id = {
            let mut state = self.state.lock();
            let known = state.valid_authorization(signed.signer, &identifier, now).map(|(id, _)| id);
            known.unwrap_or_else(|| {
                let fresh = self.fresh(signed.signer, &identifier, self.order_expiry(now));
                state.add_authorization(Authorization { pre_authorized: true, ..fresh })
            })
        };
        let reply = self.authorization_reply(StatusCode::CREATED, id, &request.origin)?;
        Ok(reply.location(request.origin.authorization(id)))
    }

    /// An authorization: read, or deactivated.
    pub(crate) fn authorization(&self, id: u64, request: &Incoming) -> Answer {
        let signed = self.signed_by_account(request)?;
        self.check_authorization(id, signed.signer)?;
        if !signed.is_get() {
            if !asks_to_deactivate(&signed.payload) {
                return Err(Refusal::malformed("an authorization can only be read, or deactivated"));
            }
            self.deactivate_authorization(id)?;
        }
        self.authorization_reply(StatusCode::OK, id, &request.origin)
    }

    /// Refuses unless the authorization is the account's.
    pub(crate) fn check_authorization(&self, id: u64, account: u64) -> Result<(), Refusal> {
        match self.state.lock().authorization(id) {
            None => Err(Refusal::not_found("there is no such authorization")),
            Some(authorization) if authorization.account != account => {
                Err(Refusal::unauthorized("this is another account's authorization"))
            }
            Some(_) => Ok(()),
        }
    }

    fn deactivate_authorization(&self, id: u64) -> Result<(), Refusal> {
        let mut state = self.state.lock();
        let status = state.authorization(id).map(|authorization| authorization.status(self.clock.now()));
        match status {
            Some(AuthorizationStatus::Pending | AuthorizationStatus::Valid) => {
                state.change_authorization(id, |authorization| authorization.deactivated = true);
                Ok(())
            }
            // Asked again, it still is.
            Some(AuthorizationStatus::Deactivated) => Ok(()),
            other => {
                let status = other.map_or("gone", AuthorizationStatus::as_str);
                Err(Refusal::malformed(format!("an authorization that is {status} cannot be deactivated")))
            }
        }
    }

    fn authorization_reply(&self, status: StatusCode, id: u64, origin: &Origin) -> Answer {
        let state = self.state.lock();
        let authorization =
            state.authorization(id).ok_or_else(|| Refusal::not_found("there is no such authorization"))?;
        let now = self.clock.now();
        let wait = is_being_validated(authorization, now).then_some(PENDING_RETRY_SECONDS);
        let object = authorization_object(id, authorization, now, origin);
        Ok(Reply::json(status, &object).retry_after(wait))
    }

    /// A new, pending authorization.
    pub(crate) fn fresh(&self, account: u64, identifier: &Identifier, expires: Timestamp) -> Authorization {
        Authorization {
            account,
            identifier: identifier.clone(),
            expires,
            deactivated: false,
            token: token(),
            attempt: None,
            pre_authorized: false,
        }
    }

    /// A valid authorization that an order takes over.
    pub(crate) fn reused(
        &self,
        state: &State,
        account: u64,
        identifier: &Identifier,
        now: Timestamp,
    ) -> Option<u64> {
        let (id, authorization) = state.valid_authorization(account, identifier, now)?;
        (self.options.reuse_authorizations || authorization.pre_authorized).then_some(id)
    }
}

/// Whether its outcome is still open, and a challenge was answered.
pub(crate) fn is_being_validated(authorization: &Authorization, now: Timestamp) -> bool {
    authorization.attempt.is_some() && authorization.status(now) == AuthorizationStatus::Pending
}

/// The challenges an identifier can be validated by.
fn kinds(identifier: &Identifier) -> &'static [&'static str] {
    match identifier {
        Identifier::Ip(_) => &[HTTP_01, TLS_ALPN_01],
        Identifier::Dns(name) if name.is_wildcard() => &[DNS_01],
        Identifier::Dns(_) => &[HTTP_01, DNS_01, TLS_ALPN_01],
    }
}

/// The challenges an authorization shows: all on offer, or the one that decided (RFC 8555, 7.1.4).
pub(crate) fn challenges(authorization: &Authorization) -> Vec<&str> {
    match &authorization.attempt {
        Some(attempt) if attempt.outcome.is_some() => vec![&attempt.kind],
        _ => kinds(&authorization.identifier).to_vec(),
    }
}

fn authorization_object(id: u64, authorization: &Authorization, now: Timestamp, origin: &Origin) -> Value {
    let challenges = challenges(authorization).into_iter();
    let challenges: Vec<Value> =
        challenges.map(|kind| challenge_object(id, authorization, kind, origin)).collect();
    let mut identifier = IdentifierMember::from(&authorization.identifier);
    let base = identifier.value.strip_prefix("*.").map(str::to_owned);
    let wildcard = base.is_some();
    identifier.value = base.unwrap_or(identifier.value);
    let mut object = json!({
        "identifier": identifier,
        "status": authorization.status(now).as_str(),
        "expires": moment(authorization.expires),
        "challenges": challenges,
    });
    if wildcard {
        object["wildcard"] = json!(true);
    }
    object
}

/// A challenge as it stands in its authorization and alone.
pub(crate) fn challenge_object(id: u64, authorization: &Authorization, kind: &str, origin: &Origin) -> Value {
    let attempt = authorization.attempt.as_ref().filter(|attempt| attempt.kind == kind);
    let status = attempt.map_or(ChallengeStatus::Pending, Attempt::status);
    let mut object = json!({
        "type": kind,
        "url": origin.challenge(id, kind),
        "status": challenge_status(status),
        "token": authorization.token,
    });
    match attempt.and_then(|attempt| attempt.outcome.as_ref()) {
        Some(Outcome::Valid { validated }) => object["validated"] = moment(*validated),
        Some(Outcome::Invalid { error }) => object["error"] = json!(error as &Problem),
        None => {}
    }
    object
}

fn challenge_status(status: ChallengeStatus) -> &'static str {
    match status {
        ChallengeStatus::Pending => "pending",
        ChallengeStatus::Processing => "processing",
        ChallengeStatus::Valid => "valid",
        ChallengeStatus::Invalid => "invalid",
    }
}

fn token() -> String {
    let mut bytes = [0; TOKEN_BYTES];
    rand::fill(&mut bytes).expect("the system has randomness");
    BASE64_URL_SAFE_NO_PAD.encode(bytes)
}
