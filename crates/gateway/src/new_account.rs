//! newAccount (RFC 8555, 7.3): a new account spends from its client's address, looking one up does not.

use bytes::Bytes;
use http::{Response, StatusCode};
use tollgate_acme::{account::NewAccount, jwk::Jwk};
use tollgate_limiter::{Admission, Reservation};

use crate::{
    apply::records_failed,
    client_address::ClientAddress,
    gateway::{Answered, Asked, Gateway},
    refusal,
    signer::Signer,
    upstream::UpstreamResponse,
};

impl Gateway {
    /// Answers newAccount.
    pub(crate) async fn new_account(&self, asked: Asked) -> Answered {
        if self.creates_nothing(&asked).await {
            return self.look_up(asked).await;
        }
        let reservation = match self.limiter.admit_new_account(asked.client.ip()).await {
            Admission::Admitted(reservation) => reservation,
            Admission::Refused(refusal) => return Ok(self.refuse(&asked, &refusal, 0)),
        };
        match self.forward(&asked).await {
            Ok(response) => Ok(self.settle_new_account(&asked, reservation, response).await),
            Err(failure) => {
                self.limiter.refund(reservation).await;
                refusal::unanswered(&asked.told, &failure)
            }
        }
    }

    /// Keeps the reservation on 201 and gives it back on anything else.
    async fn settle_new_account(
        &self,
        asked: &Asked,
        reservation: Reservation,
        mut response: UpstreamResponse,
    ) -> Response<Bytes> {
        self.afterwards(asked, self.observe(asked, &response)).await;
        if response.status() == StatusCode::CREATED {
            self.limiter.account_created(asked.client.ip());
            self.tell_quotas(&mut response, reservation.quotas());
        } else {
            self.limiter.refund(reservation).await;
        }
        response
    }

    /// Some clients ask for their account on every run; a refusal there would break their renewals.
    async fn look_up(&self, asked: Asked) -> Answered {
        let response = match self.forward(&asked).await {
            Ok(response) => response,
            Err(failure) => return refusal::unanswered(&asked.told, &failure),
        };
        self.afterwards(&asked, self.observe(&asked, &response)).await;
        if response.status() == StatusCode::CREATED {
            self.count_unadmitted_account(asked.client).await;
        }
        Ok(response)
    }

    /// The CA made an account where none was to be expected. What happened is counted as far as the
    /// buckets go.
    pub(crate) async fn count_unadmitted_account(&self, client: ClientAddress) {
        metrics::counter!("tollgate_gateway_unadmitted_total", "resource" => "newAccount").increment(1);
        let _counted = self.limiter.admit_new_account(client.ip()).await;
        self.limiter.account_created(client.ip());
    }

    async fn creates_nothing(&self, asked: &Asked) -> bool {
        match &asked.signer {
            Signer::Key(key) => {
                NewAccount::parse(asked.payload()).only_return_existing || self.has_account(key).await
            }
            _ => false,
        }
    }

    async fn has_account(&self, key: &Jwk) -> bool {
        match self.limiter.records().account_by_key(&key.thumbprint()).await {
            Ok(account) => account.is_some_and(|account| !account.deactivated),
            Err(error) => {
                records_failed(&error);
                false
            }
        }
    }
}
