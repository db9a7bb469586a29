//! Finalizing an order and issuing its certificate (RFC 8555, 7.4).

use std::{sync::Arc, time::Duration};

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use http::StatusCode;
use jiff::Timestamp;
use serde_json::Value;
use tollgate_acme::{
    order::OrderStatus,
    problem::{Problem, ProblemType},
};

use crate::{
    authority::Leaf,
    ca::Ca,
    csr::{CertificateRequest, CsrError},
    envelope::Incoming,
    reply::{Answer, Refusal},
    state::{Certificate, CsrDer, Order, Stage, State},
};

/// How far `notBefore` lies before the issuance: a client's clock may be behind.
const BACKDATE: Duration = Duration::from_secs(60 * 60);

impl Ca {
    pub(crate) fn finalize(self: &Arc<Self>, id: u64, request: &Incoming) -> Answer {
        let signed = self.signed_by_account(request)?;
        let csr = csr_of(signed.object()?.get("csr"))?;
        self.check_order(id, signed.signer)?;
        {
            let mut state = self.state.lock();
            let order = state.order(id).ok_or_else(|| Refusal::not_found("there is no such order"))?;
            check_ready(&state, order, self.clock.now())?;
            check_request(&state, order, &csr)?;
            state.set_stage(id, Stage::Processing(csr));
        }
        self.issue(id);
        self.order_reply(StatusCode::OK, id, &request.origin)
    }

    /// Issues an order's certificate: at once, or after the delay set.
    fn issue(self: &Arc<Self>, id: u64) {
        let delay = self.options.issuance_delay;
        if delay.is_zero() {
            return self.issue_now(id);
        }
        let ca = Arc::clone(self);
        tokio::spawn(async move {
            tokio::time::sleep(delay).await;
            ca.issue_now(id);
        });
    }

    fn issue_now(&self, id: u64) {
        let order = self.state.lock().order(id).cloned();
        let Some(order) = order else { return };
        let Stage::Processing(csr) = &order.stage else { return };
        let stage = match self.certificate_for(id, &order, csr) {
            Ok(certificate) => {
                let mut state = self.state.lock();
                Stage::Issued { certificate: state.add_certificate(certificate) }
            }
            Err(detail) => Stage::Failed(Problem::new(ProblemType::ServerInternal, 500, detail)),
        };
        self.state.lock().set_stage(id, stage);
    }

    fn certificate_for(&self, id: u64, order: &Order, csr: &CsrDer) -> Result<Certificate, String> {
        let request = CertificateRequest::parse(&csr.0).map_err(|error| error.to_string())?;
        let (not_before, not_after) = self.validity(order);
        let leaf =
            Leaf { identifiers: &order.identifiers, not_before, not_after, public_key: &request.public_key };
        let signed = self.authority.sign(&leaf).map_err(|error| error.to_string())?;
        Ok(Certificate {
            account: order.account,
            order: id,
            der: signed.der,
            serial: signed.serial,
            key: request.key,
            identifiers: order.identifiers.clone(),
            not_before,
            not_after,
            replaced_by: None,
            revocation: None,
        })
    }

    /// The first and last second of a certificate issued now.
    fn validity(&self, order: &Order) -> (Timestamp, Timestamp) {
        let profiles = &self.options.profiles;
        let profile = profiles.iter().find(|profile| profile.name == order.profile);
        // The profile may be gone since the order was made.
        let validity = profile.or(profiles.first()).map_or(Duration::ZERO, |profile| profile.validity);
        let second = |at: Timestamp| Timestamp::from_second(at.as_second()).unwrap_or(at);
        let backdated = self.clock.now().checked_sub(BACKDATE).unwrap_or(Timestamp::MIN);
        let not_before = second(order.not_before.unwrap_or(backdated));
        let last = validity.saturating_sub(Duration::from_secs(1));
        let latest = not_before.saturating_add(last).unwrap_or(Timestamp::MAX);
        (not_before, order.not_after.map_or(latest, second))
    }

    /// Issues what an earlier process was about to.
    pub(crate) fn resume_issuance(self: &Arc<Self>) {
        let open: Vec<u64> = {
            let state = self.state.lock();
            let orders = state.orders();
            orders.filter(|(_, o)| matches!(o.stage, Stage::Processing(_))).map(|(id, _)| id).collect()
        };
        for id in open {
            self.issue(id);
        }
    }
}

fn csr_of(value: Option<&Value>) -> Result<CsrDer, Refusal> {
    let text = value.and_then(Value::as_str).ok_or_else(|| Refusal::malformed("\"csr\" is no string"))?;
    let der = BASE64_URL_SAFE_NO_PAD.decode(text);
    der.map(CsrDer).map_err(|_| Refusal::malformed("\"csr\" is no unpadded base64url"))
}

fn check_ready(state: &State, order: &Order, now: Timestamp) -> Result<(), Refusal> {
    let status = state.order_status(order, now);
    if status == OrderStatus::Ready {
        return Ok(());
    }
    let detail = format!("the order is {}, not ready", status.as_str());
    Err(Refusal::new(ProblemType::OrderNotReady, StatusCode::FORBIDDEN, detail))
}

/// The request must name exactly the order's identifiers, and bring a key of its own.
fn check_request(state: &State, order: &Order, csr: &CsrDer) -> Result<(), Refusal> {
    let request = CertificateRequest::parse(&csr.0).map_err(|error| bad_csr(error.to_string()))?;
    if request.identifiers.as_slice() != order.identifiers {
        return Err(bad_csr("the CSR must name exactly the identifiers of the order".to_owned()));
    }
    if state.account_by_key(&request.key).is_some() {
        return Err(bad_csr(CsrError::Key("it is an account's key".to_owned()).to_string()));
    }
    if state.is_compromised(&request.key) {
        return Err(bad_csr(CsrError::Key("it is known to be compromised".to_owned()).to_string()));
    }
    Ok(())
}

fn bad_csr(detail: String) -> Refusal {
    Refusal::new(ProblemType::BadCsr, StatusCode::BAD_REQUEST, detail)
}
