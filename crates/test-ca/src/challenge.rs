//! Challenges (RFC 8555, 7.5.1): answered once, checked in the background.

use std::sync::Arc;

use http::StatusCode;
use jiff::Timestamp;
use tollgate_acme::{
    authorization::AuthorizationStatus,
    identifier::Identifier,
    problem::{Problem, ProblemType},
};

use crate::{
    authorization::{challenge_object, challenges, is_being_validated},
    ca::Ca,
    envelope::Incoming,
    reply::{Answer, Refusal, Reply},
    resource::Origin,
    state::{Attempt, Outcome},
    validation::{Failure, Proof},
};

const PENDING_RETRY_SECONDS: u64 = 1;

impl Ca {
    /// A challenge: read, or answered by the client.
    pub(crate) fn challenge(self: &Arc<Self>, id: u64, kind: &str, request: &Incoming) -> Answer {
        let signed = self.signed_by_account(request)?;
        self.check_authorization(id, signed.signer)?;
        if !signed.is_get() {
            signed.object()?;
            self.answer_challenge(id, kind)?;
        }
        self.challenge_reply(id, kind, &request.origin)
    }

    fn challenge_reply(&self, id: u64, kind: &str, origin: &Origin) -> Answer {
        let state = self.state.lock();
        let authorization = state
            .authorization(id)
            .filter(|authorization| challenges(authorization).contains(&kind))
            .ok_or_else(|| Refusal::not_found("there is no such challenge"))?;
        let object = challenge_object(id, authorization, kind, origin);
        let wait = is_being_validated(authorization, self.clock.now()).then_some(PENDING_RETRY_SECONDS);
        let reply = Reply::json(StatusCode::OK, &object).link(origin.authorization(id), "up");
        Ok(reply.retry_after(wait))
    }

    /// Starts the validation, unless it was started before.
    fn answer_challenge(self: &Arc<Self>, id: u64, kind: &str) -> Result<(), Refusal> {
        {
            let mut state = self.state.lock();
            let authorization = state
                .authorization(id)
                .filter(|authorization| challenges(authorization).contains(&kind))
                .ok_or_else(|| Refusal::not_found("there is no such challenge"))?;
            if authorization.attempt.as_ref().is_some_and(|attempt| attempt.kind == kind) {
                return Ok(());
            }
            if authorization.attempt.is_some() {
                return Err(Refusal::malformed("another challenge of this authorization is being validated"));
            }
            let status = authorization.status(self.clock.now());
            if status != AuthorizationStatus::Pending {
                let detail = format!("the authorization is {}, not pending", status.as_str());
                return Err(Refusal::malformed(detail));
            }
            let attempt = Attempt { kind: kind.to_owned(), outcome: None };
            state.change_authorization(id, |authorization| authorization.attempt = Some(attempt));
        }
        self.validate(id);
        Ok(())
    }

    /// Checks the answered challenge of an authorization: at once where the outcome is decided and nothing
    /// is to be waited for, else in the background.
    fn validate(self: &Arc<Self>, id: u64) {
        let Some(proof) = self.proof(id) else { return };
        if let Some(verdict) = self.validator.verdict(&proof.identifier) {
            return self.settle(id, &proof.identifier, verdict);
        }
        let ca = Arc::clone(self);
        tokio::spawn(async move {
            let verdict = ca.validator.validate(&proof).await;
            ca.settle(id, &proof.identifier, verdict);
        });
    }

    /// What the validation has to see.
    fn proof(&self, id: u64) -> Option<Proof> {
        let state = self.state.lock();
        let authorization = state.authorization(id)?;
        let thumbprint = state.account(authorization.account)?.key.thumbprint();
        Some(Proof {
            identifier: authorization.identifier.clone(),
            kind: authorization.attempt.as_ref()?.kind.clone(),
            token: authorization.token.clone(),
            key_authorization: format!("{}.{thumbprint}", authorization.token),
        })
    }

    fn settle(&self, id: u64, identifier: &Identifier, verdict: Result<(), Failure>) {
        let now = self.clock.now();
        let valid_until = now.saturating_add(self.options.authorization_lifetime).unwrap_or(Timestamp::MAX);
        tracing::debug!(%identifier, valid = verdict.is_ok(), "a challenge was validated");
        self.state.lock().change_authorization(id, |authorization| {
            let Some(attempt) = &mut authorization.attempt else { return };
            match verdict {
                Ok(()) => {
                    attempt.outcome = Some(Outcome::Valid { validated: now });
                    authorization.expires = valid_until;
                }
                Err(failure) => attempt.outcome = Some(Outcome::Invalid { error: failure.into() }),
            }
        });
    }

    /// Checks again what an earlier process was checking.
    pub(crate) fn resume_validations(self: &Arc<Self>) {
        let now = self.clock.now();
        let open: Vec<u64> = {
            let state = self.state.lock();
            let authorizations = state.authorizations();
            authorizations.filter(|(_, a)| is_being_validated(a, now)).map(|(id, _)| id).collect()
        };
        for id in open {
            self.validate(id);
        }
    }
}

impl From<Failure> for Problem {
    fn from(failure: Failure) -> Self {
        let status = if failure.kind == ProblemType::Unauthorized { 403 } else { 400 };
        Self::new(failure.kind, status, failure.detail)
    }
}
