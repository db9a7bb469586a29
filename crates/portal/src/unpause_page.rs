//! The pages on which a paused account's holder lifts its pauses.

use askama::Template;
use bytes::Bytes;
use http::{Method, Request, Response, StatusCode};
use tollgate_limiter::unpause::{UnpauseClaim, UnpauseLinkError};
use tollgate_records::{Reach, RecordsError};

use crate::{
    response::{Caching, page},
    visit::{Frame, Visit, field, moment},
    words::{Notice, Words},
};

/// Identifiers listed on the unpause page; a token names 15 unless configured.
const IDENTIFIERS_LISTED_MAX: usize = 100;

/// The most pauses lifted at once where the policy, which no longer pauses, does not say (RULES 6.2).
const LIFT_MAX: u32 = 50_000;

/// What is paused, what to check, one button.
#[derive(Template)]
#[template(path = "unpause.html")]
struct UnpausePage<'a> {
    words: &'a Words,
    frame: Frame,
    account: &'a str,
    /// Pauses that the link lifts.
    paused: u64,
    /// Some of them: those of the refused order.
    identifiers: Vec<String>,
    /// How many are not listed.
    more: u64,
    /// The most pauses lifted at once.
    lift_max: u32,
    /// How long an identifier then cannot be paused again, in words.
    immunity: String,
    token: &'a str,
}

/// What was lifted, and what remains.
#[derive(Template)]
#[template(path = "unpaused.html")]
struct UnpausedPage<'a> {
    words: &'a Words,
    frame: Frame,
    account: &'a str,
    lifted: u64,
    remaining: u64,
    lift_max: u32,
    token: &'a str,
}

/// A page of one message.
#[derive(Template)]
#[template(path = "notice.html")]
pub(crate) struct NoticePage<'a> {
    pub(crate) words: &'a Words,
    pub(crate) frame: Frame,
    pub(crate) notice: Notice,
}

impl Visit<'_> {
    pub(crate) async fn unpause(&self, request: &Request<Bytes>) -> Response<Bytes> {
        let answered = match *request.method() {
            Method::GET | Method::HEAD => self.ask_to_unpause(self.asked("token")).await,
            Method::POST => match self.form(request) {
                Ok(form) => self.lift(&field(form, "token")).await,
                Err(refusal) => return refusal,
            },
            _ => return self.method_not_allowed("GET, HEAD, POST"),
        };
        answered.unwrap_or_else(|error| self.failed(&error))
    }

    /// The page with the button.
    async fn ask_to_unpause(&self, token: &str) -> Result<Response<Bytes>, RecordsError> {
        let claim = match self.claim(token) {
            Ok(claim) => claim,
            Err(refusal) => return Ok(refusal),
        };
        let records = self.limiter.records();
        let reach = records.reach(&claim.account, moment(claim.made)).await?;
        if reach.liftable == 0 {
            return self.nothing_to_lift(&claim, reach).await;
        }
        let named = records.paused_among(&claim.account, &claim.identifiers, IDENTIFIERS_LISTED_MAX).await?;
        let listed = u64::try_from(named.len()).unwrap_or(u64::MAX);
        let immunity = self.limiter.policy().pausing().map(|pausing| self.words.spoken(pausing.immunity));
        let unpause = UnpausePage {
            words: self.words,
            frame: self.frame(),
            account: claim.account.as_str(),
            paused: reach.liftable,
            identifiers: named.iter().map(ToString::to_string).collect(),
            more: reach.liftable.saturating_sub(listed),
            lift_max: self.lift_max(),
            immunity: immunity.unwrap_or_default(),
            token,
        };
        Ok(page(StatusCode::OK, &unpause, Caching::Never))
    }

    /// What the button does.
    async fn lift(&self, token: &str) -> Result<Response<Bytes>, RecordsError> {
        let claim = match self.claim(token) {
            Ok(claim) => claim,
            Err(refusal) => return Ok(refusal),
        };
        let (made, now, max) = (moment(claim.made), self.moment(), self.lift_max());
        let records = self.limiter.records();
        let reach = records.reach(&claim.account, made).await?;
        if reach.liftable == 0 {
            return self.nothing_to_lift(&claim, reach).await;
        }
        let lifted = records.unpause_by_link(&claim.account, made, now, max).await?;
        tracing::info!(
            account = %claim.account,
            lifted = lifted.lifted,
            remaining = lifted.remaining,
            "pauses lifted"
        );
        let unpaused = UnpausedPage {
            words: self.words,
            frame: self.frame(),
            account: claim.account.as_str(),
            lifted: lifted.lifted,
            remaining: lifted.remaining,
            lift_max: max,
            token,
        };
        Ok(page(StatusCode::OK, &unpaused, Caching::Never))
    }

    /// The link was used, or there was never anything to lift.
    async fn nothing_to_lift(
        &self,
        claim: &UnpauseClaim,
        reach: Reach,
    ) -> Result<Response<Bytes>, RecordsError> {
        let Some(lifted_at) = reach.lifted_at else {
            return Ok(self.notice(StatusCode::OK, "nothing-paused"));
        };
        let paused_since = self.limiter.records().pause_count(&claim.account).await?;
        Ok(self.told(StatusCode::GONE, self.words.link_used(lifted_at, paused_since)))
    }

    /// What a token claims, or the page that says why it does not.
    #[expect(clippy::result_large_err, reason = "the error is the answer")]
    fn claim(&self, token: &str) -> Result<UnpauseClaim, Response<Bytes>> {
        let links = self.limiter.unpause_links();
        links.open(token, self.limiter.now()).map_err(|error| self.link_refused(error))
    }

    /// The page that says why a link is not accepted.
    pub(crate) fn link_refused(&self, error: UnpauseLinkError) -> Response<Bytes> {
        match error {
            UnpauseLinkError::Expired => self.notice(StatusCode::GONE, "link-expired"),
            UnpauseLinkError::Foreign => self.notice(StatusCode::FORBIDDEN, "link-foreign"),
            _ => self.notice(StatusCode::FORBIDDEN, "link-invalid"),
        }
    }

    fn lift_max(&self) -> u32 {
        self.limiter.policy().pausing().map_or(LIFT_MAX, |pausing| pausing.lift_max)
    }
}
