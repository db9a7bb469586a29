//! The pages on which people ask for an override, and see what became of it.

use std::sync::Arc;

use askama::Template;
use aws_lc_rs::digest::{SHA256, digest};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use bytes::Bytes;
use http::{HeaderValue, Method, Request, Response, StatusCode, header};
use tollgate_limiter::{Admission, Cause, Reservation, SpentUnits};
use tollgate_policy::limit::LimitName;
use tollgate_records::{Approval, OverrideForm, OverrideRequest, RecordsError, Ruling, Verdict};

use crate::{
    mail::{Mail, Mailer},
    override_form::{Filled, Kind, Mistakes, Tiers},
    portal::{OVERRIDE, OVERRIDE_REQUEST, Portal},
    response::{Caching, page},
    status_page::private,
    visit::{Frame, Visit},
    words::Words,
};

/// Who grants what configuration grants.
const GRANTED_BY: &str = "configuration";

/// Decisions told in one go; the others a little later.
const DECISIONS_TOLD_MAX: usize = 100;

/// How long it is tried to tell a decision.
const DECISIONS_TOLD_FOR: jiff::SignedDuration = jiff::SignedDuration::from_hours(5 * 24);

/// The limits that have no override, in the order they are explained.
const WITHOUT: [LimitName; 6] = [
    LimitName::NewRegistrationsPerIp,
    LimitName::NewRegistrationsPerIpv6Range,
    LimitName::CertificatesPerExactSet,
    LimitName::AuthorizationFailuresPerIdentifier,
    LimitName::ConsecutiveAuthorizationFailures,
    LimitName::OverrideRequestsPerIp,
];

/// How overrides can be asked for.
#[derive(Clone, Debug)]
pub struct OverrideRequests {
    /// What can be asked for.
    pub tiers: Tiers,
    /// Whether the lowest of them is granted at once; else an operator decides.
    pub grant_lowest: bool,
    /// The terms of service, a URL.
    pub terms: Option<String>,
    /// The privacy policy, a URL.
    pub privacy: Option<String>,
    /// With which account URLs begin: `https://acme.example`.
    pub accounts_at: String,
    /// With which links to the pages begin.
    pub pages_at: String,
    /// Tells requesters by mail.
    pub mailer: Option<Arc<Mailer>>,
    /// Random bytes, for the link to a request's own page.
    pub new_token: fn() -> [u8; 32],
}

/// Which limit?
#[derive(Template)]
#[template(path = "override.html")]
struct OverridePage<'a> {
    words: &'a Words,
    frame: Frame,
    kinds: Vec<Offer>,
    without: Vec<(String, String)>,
}

struct Offer {
    path: String,
    title: String,
    text: String,
}

/// One of the four forms.
#[derive(Template)]
#[template(path = "override_form.html")]
struct FormPage<'a> {
    words: &'a Words,
    frame: Frame,
    title: String,
    lead: String,
    path: String,
    filled: &'a Filled,
    subject_label: String,
    subject_hint: String,
    /// Each with its text and whether it was chosen.
    tiers: Vec<(u64, String, bool)>,
    mistakes: Vec<(&'static str, String)>,
    mistakes_lead: String,
    terms: Option<&'a str>,
    privacy: Option<&'a str>,
    mail: bool,
}

/// What became of a request.
#[derive(Template)]
#[template(path = "override_request.html")]
struct RequestPage<'a> {
    words: &'a Words,
    frame: Frame,
    state: String,
    reason: Option<String>,
    limit: String,
    subject: String,
    tier: String,
    asked_at: String,
}

impl FormPage<'_> {
    /// What is wrong in the field of this name.
    fn wrong(&self, field: &str) -> Option<&str> {
        self.mistakes.iter().find(|(wrong, _)| *wrong == field).map(|(_, text)| text.as_str())
    }

    /// What the field of this name is called.
    fn label(&self, field: &str) -> String {
        match field {
            "subject" => self.subject_label.clone(),
            other => self.words.text(&format!("override-{other}")),
        }
    }
}

impl Visit<'_> {
    /// Everything below `/rate-limits/override`; `None` where overrides cannot be asked for.
    pub(crate) async fn override_requests(&self, request: &Request<Bytes>) -> Option<Response<Bytes>> {
        let offered = self.options.override_requests.as_ref()?;
        let readable = matches!(*request.method(), Method::GET | Method::HEAD);
        let path = request.uri().path();
        let slug = path.strip_prefix(OVERRIDE).and_then(|rest| rest.strip_prefix('/')).unwrap_or_default();
        let kind = Kind::ALL.into_iter().find(|kind| kind.slug() == slug);
        Some(match (path, kind) {
            (_, Some(kind)) => match *request.method() {
                Method::GET | Method::HEAD => {
                    let filled = Filled { subject: self.asked("subject").to_owned(), ..Filled::default() };
                    self.form_page(StatusCode::OK, offered, kind, &filled, Vec::new())
                }
                Method::POST => match self.form(request) {
                    Ok(_) => self.submitted(offered, kind, &Filled::read(request.body())).await,
                    Err(refusal) => refusal,
                },
                _ => self.method_not_allowed("GET, HEAD, POST"),
            },
            _ if !readable => self.method_not_allowed("GET, HEAD"),
            (OVERRIDE, _) => self.override_page(),
            (OVERRIDE_REQUEST, _) => self.request_page().await,
            _ => self.notice(StatusCode::NOT_FOUND, "no-such-page"),
        })
    }

    fn override_page(&self) -> Response<Bytes> {
        let words = self.words;
        let kinds = Kind::ALL.map(|kind| Offer {
            path: kind.path(),
            title: words.of_kind(kind, "title"),
            text: words.of_kind(kind, "text"),
        });
        let in_force = |limit: &LimitName| self.limiter.policy().limit(*limit).is_some();
        let without = WITHOUT.into_iter().filter(in_force);
        let shown = OverridePage {
            words,
            frame: self.frame(),
            kinds: kinds.into(),
            without: without.map(|limit| (words.title(limit), words.no_override(limit))).collect(),
        };
        page(StatusCode::OK, &shown, Caching::Revalidated)
    }

    fn form_page(
        &self,
        status: StatusCode,
        offered: &OverrideRequests,
        kind: Kind,
        filled: &Filled,
        mistakes: Mistakes,
    ) -> Response<Bytes> {
        let words = self.words;
        let tiers = kind.tiers(&offered.tiers).iter().map(|tier| {
            let chosen = filled.tier == tier.to_string();
            (tier.get(), words.weekly(kind.limit(), tier.get()), chosen)
        });
        let count = u64::try_from(mistakes.len()).unwrap_or(u64::MAX);
        let shown = FormPage {
            words,
            frame: self.frame(),
            title: words.of_kind(kind, "title"),
            lead: words.of_kind(kind, "text"),
            path: kind.path(),
            filled,
            subject_label: words.of_kind(kind, "subject"),
            subject_hint: words.subject_hint(kind, &offered.accounts_at),
            tiers: tiers.collect(),
            mistakes: mistakes.iter().map(|(field, mistake)| (*field, words.mistake(mistake))).collect(),
            mistakes_lead: words.mistakes(count),
            terms: offered.terms.as_deref(),
            privacy: offered.privacy.as_deref(),
            mail: offered.mailer.is_some(),
        };
        page(status, &shown, Caching::Never)
    }

    /// A form was sent. It counts against the form's own limit, whatever is in it, but not when the fault
    /// is ours.
    async fn submitted(&self, offered: &OverrideRequests, kind: Kind, filled: &Filled) -> Response<Bytes> {
        let reservation = match self.limiter.admit_override_request(self.visitor.address).await {
            Admission::Admitted(reservation) => reservation,
            Admission::Refused(refusal) => return self.form_refused(&refusal),
        };
        match self.accepted(offered, kind, filled).await {
            Ok(Some(response)) => response,
            Ok(None) => {
                self.limiter.refund(reservation).await;
                self.notice(StatusCode::SERVICE_UNAVAILABLE, "override-full")
            }
            Err(error) => self.our_fault(reservation, &error).await,
        }
    }

    async fn our_fault(&self, reservation: Reservation, error: &RecordsError) -> Response<Bytes> {
        self.limiter.refund(reservation).await;
        self.failed(error)
    }

    /// The form again with its mistakes, or the request's own page; `None` when too many wait.
    async fn accepted(
        &self,
        offered: &OverrideRequests,
        kind: Kind,
        filled: &Filled,
    ) -> Result<Option<Response<Bytes>>, RecordsError> {
        let form = match filled.check(kind, &offered.tiers, self, &offered.accounts_at).await? {
            Ok(form) => form,
            Err(mistakes) => {
                let status = StatusCode::UNPROCESSABLE_ENTITY;
                return Ok(Some(self.form_page(status, offered, kind, filled, mistakes)));
            }
        };
        let token = URL_SAFE_NO_PAD.encode((offered.new_token)());
        let (records, now) = (self.limiter.records(), self.moment());
        let Some(id) = records.submit_override_request(form.clone(), hashed(&token), now).await? else {
            tracing::warn!("an override request was turned away: too many wait for a decision");
            return Ok(None);
        };
        tracing::info!(id, limit = %form.limit, subject = %form.subject, tier = form.tier, "override requested");
        let own_page = format!("{OVERRIDE_REQUEST}?token={token}");
        if let Some(mailer) = &offered.mailer {
            mailer.post(self.words.mail_received(&form, &format!("{}{own_page}", offered.pages_at)));
        }
        if offered.grant_lowest && kind.tiers(&offered.tiers).first() == Some(&form.tier) {
            let approval = Approval {
                author: GRANTED_BY.to_owned(),
                reason: "the lowest tier is granted at once".to_owned(),
                expires: None,
                force: false,
            };
            // One that would lower what is in force waits for an operator.
            let _decided = self.limiter.approve_override_request(id, approval, SpentUnits::Forgiven).await?;
        }
        Ok(Some(see_other(&own_page)))
    }

    fn form_refused(&self, refusal: &tollgate_limiter::Refusal) -> Response<Bytes> {
        let Cause::Limit { retry_after_seconds, .. } = &refusal.cause else { return self.unavailable() };
        let mut notice = self.words.notice("override-too-many");
        let detail = self.limiter.detail(refusal, self.words.spoken_language());
        notice.text = format!("{} {detail}", notice.text);
        let mut response = self.told(StatusCode::TOO_MANY_REQUESTS, notice);
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(*retry_after_seconds));
        response
    }

    async fn request_page(&self) -> Response<Bytes> {
        let found = self.limiter.records().override_request_by_token(hashed(self.asked("token"))).await;
        let request = match found {
            Ok(Some(request)) => request,
            Ok(None) => {
                return private(self.notice(StatusCode::NOT_FOUND, "override-unknown"));
            }
            Err(error) => return self.failed(&error),
        };
        let OverrideForm { limit, subject, tier, .. } = &request.form;
        let shown = RequestPage {
            words: self.words,
            frame: self.frame(),
            state: self.words.verdict(request.verdict.as_ref()),
            reason: request.verdict.as_ref().map(reason),
            limit: self.words.title(*limit),
            subject: subject.to_string(),
            tier: self.words.weekly(*limit, tier.get()),
            asked_at: request.requested.strftime("%Y-%m-%d %H:%M:%S UTC").to_string(),
        };
        private(page(StatusCode::OK, &shown, Caching::Never))
    }
}

impl Portal {
    /// Tells requesters by mail what was decided since; at once, where no mail server is configured.
    /// A mail that could not be delivered now is tried again with a later call: the first after five
    /// seconds, then after longer and longer waits, until its decision is five days old (RFC 5321,
    /// 4.5.4.1). Dropped half way, those in hand may not be told.
    ///
    /// # Errors
    ///
    /// [`RecordsError`]: nobody could be told.
    pub async fn tell_decisions(&self) -> Result<(), RecordsError> {
        let offered = self.options.override_requests.as_ref();
        let Some(mailer) = offered.and_then(|offered| offered.mailer.as_ref()) else { return Ok(()) };
        let now = self.limiter.now();
        if mailer.rests(now) {
            return Ok(());
        }
        // Given back together at the end: a mailbox that is full must not be asked for again before others.
        let mut put_off = Vec::new();
        for _ in 0..DECISIONS_TOLD_MAX {
            let Some(request) = self.limiter.records().claim_untold_override_request().await? else { break };
            let Some(mail) = self.mail_decided(&request) else { continue };
            match mailer.send(mail).await {
                Ok(()) => {}
                Err(error) if error.is_passing() && self.may_be_told_later(&request) => {
                    tracing::warn!(%error, id = request.id, "a decision could not be told by mail; trying again");
                    put_off.push(request.id);
                    if error.is_of_every_mail() {
                        break;
                    }
                }
                Err(error) => tracing::warn!(%error, id = request.id, "a decision could not be told by mail"),
            }
        }
        mailer.rest(!put_off.is_empty(), now);
        for id in put_off {
            self.limiter.records().unclaim_untold_override_request(id).await?;
        }
        Ok(())
    }

    /// Whether a decision is young enough to be tried again.
    fn may_be_told_later(&self, request: &OverrideRequest) -> bool {
        let age = request.verdict.as_ref().map(|verdict| self.limiter.moment().duration_since(verdict.at));
        age.is_some_and(|age| age < DECISIONS_TOLD_FOR)
    }

    fn mail_decided(&self, request: &OverrideRequest) -> Option<Mail> {
        let words = &self.words[request.form.language as usize];
        Some(words.mail_decided(&request.form, request.verdict.as_ref()?))
    }
}

/// What an operator wrote; of what configuration granted there is nothing to say.
fn reason(verdict: &Verdict) -> String {
    match (verdict.ruling, verdict.author.as_str()) {
        (Ruling::Approved, GRANTED_BY) => String::new(),
        _ => verdict.reason.clone(),
    }
}

/// By which the records know the token.
fn hashed(token: &str) -> [u8; 32] {
    digest(&SHA256, token.as_bytes()).as_ref().try_into().expect("a SHA-256 has 32 bytes")
}

fn see_other(path: &str) -> Response<Bytes> {
    let mut response =
        crate::response::answer(StatusCode::SEE_OTHER, "text/plain", Bytes::new(), Caching::Never);
    let location = HeaderValue::try_from(path).expect("base64url is plain ASCII");
    response.headers_mut().insert(header::LOCATION, location);
    response
}
