//! The operators' page: what is refused, who meets limits most, what goes wrong, and what is to be decided.
//!
//! A browser shows the token as the password of HTTP Basic authentication, under any name, or a client
//! certificate. It does so for forms of other sites as well, so those are refused.

mod chart;

use askama::Template;
use axum::{
    extract::{Path, State},
    response::{IntoResponse, Response},
};
use http::{HeaderMap, HeaderValue, StatusCode, Uri, header};
use jiff::{SignedDuration, Timestamp};
use tollgate_limiter::{Limiter, SpentUnits};
use tollgate_policy::overrides::SubjectKind;
use tollgate_portal::shared;
use tollgate_records::{
    Approval, Decided, Evidence, Happening, OverrideRequest, Records, RecordsError, Whose,
};
use url::form_urlencoded;

use super::{Admin, caller::count_refusal, overrides::would_lower};
use crate::{
    access::{Grant, Role},
    api::RequestView,
};

/// How far back the page looks.
const WEEK: SignedDuration = SignedDuration::from_hours(7 * 24);
const DAY: SignedDuration = SignedDuration::from_hours(24);

/// The longest list.
const LISTED_MAX: u16 = 10;
/// Override requests and paused pairs on the page at most.
const REQUESTS_MAX: u32 = 20;
const PAUSES_MAX: u32 = 20;

/// How often something happens before it is a pitfall.
const SAME_SET_MIN: u64 = 3;
const FAILURES_MIN: u64 = 3;
const ACCOUNTS_MIN: u16 = 3;
const CLIENTS_MIN: u64 = 5;

pub(super) const STYLE: &str = include_str!("assets/operators.css");

#[derive(Template)]
#[template(path = "operators.html")]
struct Page {
    told: Option<String>,
    chart: String,
    refusals: Vec<Refusals>,
    pending: u64,
    requests: Vec<Request>,
    most: Vec<List>,
    pitfalls: Vec<List>,
    paused: u64,
    pauses: Vec<Paused>,
    now: String,
}

/// How often a limit refused.
struct Refusals {
    limit: String,
    day: u64,
    week: u64,
}

/// A request beside what is known of its subject.
struct Request {
    view: RequestView,
    asked: String,
    in_force: String,
    evidence: Evidence,
}

/// A table with a heading.
struct List {
    title: &'static str,
    note: &'static str,
    who: &'static str,
    what: &'static str,
    rows: Vec<(String, u64)>,
}

struct Paused {
    account: String,
    identifier: String,
    since: String,
}

pub(super) async fn style() -> Response {
    shared::stylesheet(STYLE).map(axum::body::Body::from)
}

pub(super) async fn show(
    State(admin): State<Admin>,
    headers: HeaderMap,
    uri: Uri,
    request: Certificate,
) -> Response {
    match admin.visitor(&headers, &uri, &request) {
        Ok(_) => page(&admin, StatusCode::OK, None).await,
        Err(refusal) => refusal,
    }
}

pub(super) async fn decide(
    State(admin): State<Admin>,
    Path(id): Path<String>,
    headers: HeaderMap,
    uri: Uri,
    certificate: Certificate,
    form: String,
) -> Response {
    let grant = match admin.visitor(&headers, &uri, &certificate) {
        Ok(grant) => grant,
        Err(refusal) => return refusal,
    };
    if shared::is_foreign(&headers, &uri) {
        return notice(StatusCode::FORBIDDEN, "This form was sent from a page of another site.");
    }
    if grant.role != Role::Write {
        count_refusal("role");
        return notice(StatusCode::FORBIDDEN, "You may look, but change nothing: this needs the role write.");
    }
    let Ok(id) = id.parse() else { return notice(StatusCode::NOT_FOUND, "There is no such request.") };
    match Decision::of(&form) {
        Ok(decision) => {
            let (status, told) = admin.decided(id, decision, &grant.name).await;
            page(&admin, status, Some(told)).await
        }
        Err(problem) => page(&admin, StatusCode::UNPROCESSABLE_ENTITY, Some(problem.to_owned())).await,
    }
}

/// The certificate of the connection, if one was shown.
pub(super) struct Certificate(Option<super::PeerCertificate>);

impl<S: Sync> axum::extract::FromRequestParts<S> for Certificate {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut http::request::Parts, _: &S) -> Result<Self, Self::Rejection> {
        Ok(Self(parts.extensions.get().cloned()))
    }
}

/// What a form asks for.
struct Decision {
    approves: bool,
    reason: String,
}

impl Decision {
    fn of(form: &str) -> Result<Self, &'static str> {
        let field = |name: &str| {
            form_urlencoded::parse(form.as_bytes())
                .find(|(key, _)| key == name)
                .map(|(_, value)| value.into_owned())
        };
        let approves = match field("decision").as_deref() {
            Some("approve") => true,
            Some("deny") => false,
            _ => return Err("Nothing was decided: press one of the buttons."),
        };
        let reason = field("reason").map(|reason| reason.trim().to_owned()).unwrap_or_default();
        if reason.is_empty() {
            return Err("Nothing was decided: say why, as the requester reads it.");
        }
        Ok(Self { approves, reason })
    }
}

impl Admin {
    /// Who is there, or the answer that asks them to say so.
    #[expect(clippy::result_large_err, reason = "the error is the answer")]
    fn visitor(&self, headers: &HeaderMap, uri: &Uri, certificate: &Certificate) -> Result<Grant, Response> {
        let shown = certificate.0.as_ref();
        let password = basic_password(headers);
        let found = match &password {
            Some(token) => self.access.now().by_token(token).cloned(),
            None => self.known(headers, uri, shown).ok(),
        };
        // Without a password this is a browser that has not yet asked for one.
        if found.is_none() && password.is_some() {
            count_refusal("unknown");
        }
        found.ok_or_else(|| {
            let mut response = notice(StatusCode::UNAUTHORIZED, "This page needs a token, as the password.");
            let challenge = HeaderValue::from_static("Basic realm=\"tollgate\", charset=\"UTF-8\"");
            response.headers_mut().insert(header::WWW_AUTHENTICATE, challenge);
            response
        })
    }

    async fn decided(&self, id: u64, decision: Decision, who: &str) -> (StatusCode, String) {
        let (records, now) = (self.limiter.records(), self.limiter.moment());
        let Decision { approves, reason } = decision;
        let decided = if approves {
            let approval = Approval { author: who.to_owned(), reason, expires: None, force: false };
            self.limiter.approve_override_request(id, approval, SpentUnits::Forgiven).await
        } else {
            records.deny_override_request(id, who, &reason, now).await
        };
        match decided {
            Ok(Decided::Done(_)) => {
                tracing::info!(id, who, approves, "override request decided");
                let said = if approves { "granted: it is in force within seconds" } else { "denied" };
                (StatusCode::OK, format!("Request {id} is {said}."))
            }
            Ok(Decided::NoSuchRequest) => (StatusCode::NOT_FOUND, format!("There is no request {id}.")),
            Ok(Decided::DecidedBefore(_)) => {
                (StatusCode::CONFLICT, format!("Request {id} was decided before."))
            }
            Ok(Decided::WouldLower { before }) => {
                (StatusCode::CONFLICT, format!("Nothing was decided: {}.", would_lower(&before)))
            }
            Err(error @ RecordsError::TextTooLong { .. }) => {
                (StatusCode::UNPROCESSABLE_ENTITY, format!("Nothing was decided: {error}."))
            }
            Err(error) => {
                tracing::error!(error = &error as &dyn std::error::Error, "a request could not be decided");
                (StatusCode::SERVICE_UNAVAILABLE, "The records cannot be used now.".to_owned())
            }
        }
    }
}

async fn page(admin: &Admin, status: StatusCode, told: Option<String>) -> Response {
    let rendered = match Page::of(&admin.limiter, told).await {
        Ok(page) => page.render().map_err(|error| error.to_string()),
        Err(error) => Err(error.to_string()),
    };
    match rendered {
        Ok(html) => shared::page(status, html).map(axum::body::Body::from),
        Err(error) => {
            tracing::error!(error, "the operators' page cannot be shown");
            notice(StatusCode::SERVICE_UNAVAILABLE, "The records cannot be read now; the log says why.")
        }
    }
}

fn notice(status: StatusCode, text: &'static str) -> Response {
    let mut response = (status, format!("{text}\n")).into_response();
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// The password of HTTP Basic authentication (RFC 7617, section 2).
fn basic_password(headers: &HeaderMap) -> Option<String> {
    use base64::{Engine as _, engine::general_purpose::STANDARD};

    let (scheme, credentials) = headers.get(header::AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    let credentials =
        STANDARD.decode(credentials.trim()).ok().filter(|_| scheme.eq_ignore_ascii_case("basic"))?;
    let credentials = String::from_utf8(credentials).ok()?;
    credentials.split_once(':').map(|(_, password)| password.to_owned())
}

impl Page {
    async fn of(limiter: &Limiter, told: Option<String>) -> Result<Self, RecordsError> {
        let (records, now) = (limiter.records(), limiter.moment());
        let since = earlier(now, WEEK);
        let hours = records.refusals_by_hour(since).await?;
        let pending = records.pending_override_requests(None, REQUESTS_MAX).await?;
        let mut requests = Vec::with_capacity(pending.len());
        for request in pending {
            requests.push(Request::of(request, limiter, since).await?);
        }
        let pauses = records.pauses_page(None, None, PAUSES_MAX).await?;
        Ok(Self {
            told,
            chart: chart::refusals(&hours, since, now),
            refusals: Refusals::of(&hours, earlier(now, DAY)),
            pending: records.pending_override_request_count().await?,
            requests,
            most: most(records, since).await?,
            pitfalls: pitfalls(records, since).await?,
            paused: records.pauses_in_force().await?,
            pauses: pauses
                .into_iter()
                .map(|(_, pause)| Paused {
                    account: pause.account.to_string(),
                    identifier: pause.identifier.to_string(),
                    since: moment(pause.since),
                })
                .collect(),
            now: moment(now),
        })
    }
}

impl Refusals {
    fn of(hours: &[(Timestamp, String, u64)], day: Timestamp) -> Vec<Self> {
        let mut rows: Vec<Self> = Vec::new();
        for (hour, limit, number) in hours {
            let today = if *hour >= day { *number } else { 0 };
            match rows.iter_mut().find(|row| row.limit == *limit) {
                Some(row) => {
                    row.day += today;
                    row.week += number;
                }
                None => rows.push(Self { limit: limit.clone(), day: today, week: *number }),
            }
        }
        rows.sort_by_key(|row| std::cmp::Reverse(row.week));
        rows
    }
}

impl Request {
    async fn of(request: OverrideRequest, limiter: &Limiter, since: Timestamp) -> Result<Self, RecordsError> {
        let (limit, subject) = (request.form.limit, request.form.subject.clone());
        let whose = match subject.kind() {
            SubjectKind::Account => Whose::Account,
            SubjectKind::Domain => Whose::Domain,
            SubjectKind::Address | SubjectKind::Ipv6Range => Whose::Address,
            SubjectKind::Set => Whose::Set,
        };
        let stored = limiter.records().override_of(limit, &subject).await?;
        let in_force = match (stored, limiter.policy().limit(limit)) {
            (Some(stored), _) => format!(
                "an override: {} in {}, {} at once",
                stored.quota.count(),
                tollgate_policy::duration::short_duration(stored.quota.period()),
                stored.quota.burst()
            ),
            (None, Some(own)) => format!(
                "the limit's own {} in {}",
                own.quota.count(),
                tollgate_policy::duration::short_duration(own.quota.period())
            ),
            (None, None) => "nothing of its own".to_owned(),
        };
        let evidence = limiter.records().evidence(whose, &subject.to_string(), since).await?;
        let asked = moment(request.requested);
        Ok(Self { view: RequestView::from(request), asked, in_force, evidence })
    }
}

async fn most(records: &Records, since: Timestamp) -> Result<Vec<List>, RecordsError> {
    let mut lists = Vec::new();
    for (whose, title, who) in [
        (Whose::Account, "Accounts", "Account"),
        (Whose::Domain, "Domains", "Domain"),
        (Whose::Address, "Addresses", "Address"),
    ] {
        let rows = records.most_often(Happening::Refused, whose, since, LISTED_MAX).await?;
        lists.push(List { title, note: "Refusals in the last 7 days.", who, what: "Refused", rows });
    }
    lists.push(List {
        title: "Addresses beyond the overall request limits",
        note: "Requests refused in the last 7 days, whatever they asked for.",
        who: "Address or network",
        what: "Refused",
        rows: records.most_often(Happening::Exceeded, Whose::Address, since, LISTED_MAX).await?,
    });
    Ok(lists)
}

async fn pitfalls(records: &Records, since: Timestamp) -> Result<Vec<List>, RecordsError> {
    let often = async |what, whose, at_least: u64| {
        let rows = records.most_often(what, whose, since, LISTED_MAX).await?;
        Ok::<_, RecordsError>(rows.into_iter().filter(|(_, number)| *number >= at_least).collect::<Vec<_>>())
    };
    let mut early = often(Happening::Early, Whose::Account, 1).await?;
    early.extend(often(Happening::Early, Whose::Address, 1).await?);
    early.sort_by_key(|(_, number)| std::cmp::Reverse(*number));
    Ok(vec![
        List {
            title: "Retries before Retry-After",
            note: "Clients that were refused and asked again too soon: their retries wait for nothing.",
            who: "Account or address",
            what: "Retries",
            rows: early,
        },
        List {
            title: "An account per certificate",
            note: "Sets that several accounts ordered: deployments that lose their account key register anew each time.",
            who: "Set",
            what: "Accounts",
            rows: records.sets_of_many_accounts(since, ACCOUNTS_MIN, LISTED_MAX).await?,
        },
        List {
            title: "The same set again and again",
            note: "Issued several times in a week: the certificate is probably not kept between runs.",
            who: "Set",
            what: "Certificates",
            rows: often(Happening::Issued, Whose::Set, SAME_SET_MIN).await?,
        },
        List {
            title: "Failure loops",
            note: "Validations that keep failing: the name leads elsewhere, or the port is closed.",
            who: "Account and identifier",
            what: "Failures",
            rows: often(Happening::Failed, Whose::Pair, FAILURES_MIN).await?,
        },
        List {
            title: "Many clients behind one address",
            note: "Accounts made from one address: a proxy that hides its clients, or a host that registers for each customer.",
            who: "Address",
            what: "Accounts",
            rows: often(Happening::Registered, Whose::Address, CLIENTS_MIN).await?,
        },
    ])
}

fn earlier(now: Timestamp, by: SignedDuration) -> Timestamp {
    now.saturating_sub(by).expect("durations of whole hours can always be subtracted")
}

fn moment(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d %H:%M UTC").to_string()
}
