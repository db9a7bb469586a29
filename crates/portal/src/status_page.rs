//! What is left of the limits, for those who ask. Nothing is spent by asking.

use std::{net::IpAddr, time::Duration};

use askama::Template;
use bytes::Bytes;
use http::{HeaderValue, Request, Response, StatusCode, header};
use serde::Serialize;
use tollgate_acme::{
    identifier::{Identifier, IdentifierSet},
    resource::AccountId,
};
use tollgate_engine::Timestamp;
use tollgate_limiter::{Standing, StandingError};
use tollgate_policy::{event::Subject, limit::LimitName, message::moment as told_moment};

use crate::{
    portal::LIMITS,
    response::{Caching, answer, page},
    typed::{self, Mistake},
    visit::{Frame, Visit, moment},
    words::Words,
};

/// The version of the JSON document. New members may come within a version; none changes its meaning.
const VERSION: u32 = 1;

#[derive(Template)]
#[template(path = "status.html")]
struct StatusPage<'a> {
    words: &'a Words,
    frame: Frame,
    found: Option<Found>,
    /// The form with a mistake, and the mistake.
    mistake: Option<(&'static str, String)>,
    public: bool,
    domain: &'a str,
    names: &'a str,
    address: String,
    /// The same as JSON.
    json: String,
}

/// What was found, ready to be read.
struct Found {
    heading: String,
    as_of: String,
    note: Option<String>,
    lines: Vec<Line>,
    paused: Option<String>,
    /// Leads to the pauses; only where the token at hand lifts them.
    unpause: Option<String>,
}

/// One bucket.
struct Line {
    title: String,
    /// What it is counted by, where that is not in the heading.
    key: Option<String>,
    section: String,
    remaining: u64,
    burst: u64,
    left: String,
    /// Whether nothing is left.
    used_up: bool,
    when: Vec<String>,
}

/// The same for programs.
#[derive(Serialize)]
struct StatusDocument<'a> {
    version: u32,
    subject: SubjectDocument,
    now: jiff::Timestamp,
    limits: Vec<LineDocument<'a>>,
    /// Pauses in force, of an account.
    #[serde(skip_serializing_if = "Option::is_none")]
    paused: Option<u64>,
}

#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
enum SubjectDocument {
    Domain(String),
    Names(Vec<String>),
    Address(IpAddr),
    Account(String),
}

#[derive(Serialize)]
struct LineDocument<'a> {
    name: LimitName,
    key: &'a str,
    burst: u64,
    count: u64,
    period_ms: u64,
    remaining: u64,
    /// When the next unit comes back; absent while there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    next_at: Option<jiff::Timestamp>,
    /// When all of it is back; absent when it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    full_at: Option<jiff::Timestamp>,
    enforced: bool,
}

/// Whose state is asked for.
enum Asked {
    /// As it was typed, and its registered domain.
    Domain(Identifier),
    Set(IdentifierSet),
    Address(IpAddr),
    /// By a link; whether that link also lifts pauses.
    Account(AccountId, Vec<Identifier>, bool),
}

/// Why it is not told.
enum Refused {
    Mistake {
        form: &'static str,
        mistake: Mistake,
    },
    /// Only one's own address may be looked up.
    NotPublic,
    Link(Box<Response<Bytes>>),
    Standing(StandingError),
    Records(tollgate_records::RecordsError),
}

/// What there is to tell.
struct Answered {
    asked: Asked,
    now: Timestamp,
    standings: Vec<Standing>,
    paused: Option<u64>,
}

impl StatusPage<'_> {
    /// What is wrong in the form of this name.
    fn wrong(&self, form: &str) -> Option<&str> {
        self.mistake.as_ref().filter(|(wrong, _)| *wrong == form).map(|(_, text)| text.as_str())
    }
}

impl Visit<'_> {
    pub(crate) async fn status(&self, request: &Request<Bytes>) -> Response<Bytes> {
        let query = request.uri().query().map(|query| format!("?{query}")).unwrap_or_default();
        let mut status = StatusCode::OK;
        let (mut found, mut mistake) = (None, None);
        match self.look_up().await {
            None => {}
            Some(Ok(answered)) => found = Some(self.found(&answered)),
            Some(Err(Refused::Mistake { form, mistake: what })) => {
                status = StatusCode::UNPROCESSABLE_ENTITY;
                mistake = Some((form, self.words.mistake(&what)));
            }
            Some(Err(refused)) => return self.refused(refused),
        }
        let address = match self.asked("address") {
            "" => self.visitor.address.to_string(),
            typed => typed.to_owned(),
        };
        let shown = StatusPage {
            words: self.words,
            frame: self.frame(),
            json: format!("{}{query}", crate::portal::STATUS_JSON),
            found,
            mistake,
            public: self.options.look_ups.public,
            domain: self.asked("domain"),
            names: self.asked("names"),
            address,
        };
        private(page(status, &shown, Caching::Never))
    }

    pub(crate) async fn status_json(&self) -> Response<Bytes> {
        let answered = match self.look_up().await {
            Some(answered) => answered,
            None => self.answered(Asked::Address(self.visitor.address)).await,
        };
        let (status, document) = match answered {
            Ok(answered) => (StatusCode::OK, serde_json::to_vec_pretty(&answered.document())),
            Err(Refused::Mistake { mistake, .. }) => {
                return problem(StatusCode::UNPROCESSABLE_ENTITY, &self.words.mistake(&mistake));
            }
            Err(refused) => {
                let page = self.refused(refused);
                let title = page.status().canonical_reason().unwrap_or_default();
                let mut response = problem(page.status(), title);
                if let Some(wait) = page.headers().get(header::RETRY_AFTER) {
                    response.headers_mut().insert(header::RETRY_AFTER, wait.clone());
                }
                return response;
            }
        };
        let document = document.expect("plain strings and numbers serialise").into();
        private(answer(status, "application/json", document, Caching::Never))
    }

    /// What the query asks for; `None` where it asks for nothing.
    async fn look_up(&self) -> Option<Result<Answered, Refused>> {
        let asked = self.asked_for()?;
        Some(match asked {
            Ok(asked) => self.answered(asked).await,
            Err(refused) => Err(refused),
        })
    }

    fn asked_for(&self) -> Option<Result<Asked, Refused>> {
        let mistaken = |form| move |mistake| Refused::Mistake { form, mistake };
        let public = self.options.look_ups.public;
        if !self.asked("token").is_empty() {
            return Some(self.account());
        }
        let asked = match (self.asked("domain"), self.asked("names"), self.asked("address")) {
            ("", "", "") => return None,
            ("", "", typed) => typed::address(typed).map(Asked::Address).map_err(mistaken("address")),
            ("", typed, _) => {
                let max = self.limiter.policy().identifiers_max(None);
                typed::set(typed, max).map(Asked::Set).map_err(mistaken("names"))
            }
            (typed, ..) => typed::identifier(typed).map(Asked::Domain).map_err(mistaken("domain")),
        };
        Some(asked.and_then(|asked| match asked {
            Asked::Address(address) if address == self.visitor.address => Ok(asked),
            _ if public => Ok(asked),
            _ => Err(Refused::NotPublic),
        }))
    }

    fn account(&self) -> Result<Asked, Refused> {
        let (links, now, token) = (self.limiter.unpause_links(), self.limiter.now(), self.asked("token"));
        match links.open_status(token, now) {
            Ok(claim) => {
                let lifts = links.open(token, now).is_ok();
                Ok(Asked::Account(claim.account, claim.identifiers, lifts))
            }
            Err(error) => Err(Refused::Link(Box::new(self.link_refused(error)))),
        }
    }

    async fn answered(&self, asked: Asked) -> Result<Answered, Refused> {
        self.limiter
            .count_look_up(self.visitor.address, self.options.look_ups.per_client)
            .await
            .map_err(Refused::Standing)?;
        let policy = self.limiter.policy();
        let now = self.limiter.now();
        let subject = match &asked {
            Asked::Domain(identifier) => Subject::Domain(policy.suffixes().registered_domain(identifier)),
            Asked::Set(set) => Subject::Set(set),
            Asked::Address(address) => Subject::Address(*address),
            Asked::Account(account, identifiers, _) => Subject::Account(account, identifiers),
        };
        let standings = self.limiter.standing(subject).await.map_err(Refused::Standing)?;
        let paused = match &asked {
            Asked::Account(account, ..) => {
                Some(self.limiter.records().pause_count(account).await.map_err(Refused::Records)?)
            }
            _ => None,
        };
        Ok(Answered { asked, now, standings, paused })
    }

    fn refused(&self, refused: Refused) -> Response<Bytes> {
        match refused {
            Refused::Mistake { .. } | Refused::NotPublic => self.notice(StatusCode::FORBIDDEN, "status-off"),
            Refused::Link(response) => *response,
            Refused::Records(error) => self.failed(&error),
            Refused::Standing(StandingError::TooMany { retry_after }) => {
                let seconds = retry_after.as_nanos().div_ceil(1_000_000_000).max(1);
                let seconds = u64::try_from(seconds).unwrap_or(u64::MAX);
                let notice = self.words.too_many_look_ups(Duration::from_secs(seconds));
                let mut response = self.told(StatusCode::TOO_MANY_REQUESTS, notice);
                response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
                response
            }
            Refused::Standing(_) => self.unavailable(),
        }
    }

    fn found(&self, answered: &Answered) -> Found {
        let words = self.words;
        let (heading, note) = match &answered.asked {
            Asked::Domain(identifier) => {
                let policy = self.limiter.policy();
                let domain = policy.suffixes().registered_domain(identifier).to_string();
                let name = identifier.to_string();
                let note = (name != domain).then(|| words.counts_for(&name, &domain));
                (domain, note)
            }
            Asked::Set(set) => (set.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "), None),
            Asked::Address(address) => (address.to_string(), None),
            Asked::Account(account, ..) => (account.to_string(), None),
        };
        let unpause = match (&answered.asked, answered.paused) {
            (Asked::Account(_, _, true), Some(1..)) => {
                Some(format!("{}?token={}", crate::portal::UNPAUSE, self.asked("token")))
            }
            _ => None,
        };
        Found {
            lines: answered
                .standings
                .iter()
                .map(|one| Line::new(one, &heading, answered.now, words))
                .collect(),
            heading,
            as_of: words.as_of(&told_moment(answered.now)),
            note,
            paused: answered.paused.map(|paused| words.paused(paused)),
            unpause,
        }
    }
}

impl Line {
    fn new(standing: &Standing, heading: &str, now: Timestamp, words: &Words) -> Self {
        let until = |at: Timestamp| {
            let seconds = at.since(now).as_nanos().div_ceil(1_000_000_000);
            let wait = Duration::from_secs(u64::try_from(seconds).unwrap_or(u64::MAX));
            (words.spoken(wait), told_moment(now.saturating_add(wait)))
        };
        let mut when = Vec::new();
        if let Some((wait, time)) = standing.next_at.map(until) {
            when.push(words.at_moment("status-next-at", &wait, &time));
        }
        match standing.full_at.map(until) {
            Some((wait, time)) => when.push(words.at_moment("status-full-at", &wait, &time)),
            None => when.push(words.text("status-full")),
        }
        if !standing.enforced {
            when.push(words.text("observed-only"));
        }
        let burst = standing.quota.burst();
        let named = standing.key.is_empty() || standing.key == heading;
        Self {
            title: words.title(standing.limit),
            key: (!named).then(|| standing.key.clone()),
            section: format!("{LIMITS}#{}", standing.limit.anchor()),
            remaining: standing.remaining,
            burst,
            left: words.left(standing.remaining, burst),
            used_up: standing.remaining == 0,
            when,
        }
    }
}

impl Answered {
    fn document(&self) -> StatusDocument<'_> {
        let subject = match &self.asked {
            Asked::Domain(_) => {
                SubjectDocument::Domain(self.standings.first().map(|one| one.key.clone()).unwrap_or_default())
            }
            Asked::Set(set) => SubjectDocument::Names(set.iter().map(ToString::to_string).collect()),
            Asked::Address(address) => SubjectDocument::Address(*address),
            Asked::Account(account, ..) => SubjectDocument::Account(account.to_string()),
        };
        let limits = self.standings.iter().map(|one| LineDocument {
            name: one.limit,
            key: &one.key,
            burst: one.quota.burst(),
            count: one.quota.count(),
            period_ms: u64::try_from(one.quota.period().as_millis()).unwrap_or(u64::MAX),
            remaining: one.remaining,
            next_at: one.next_at.map(moment),
            full_at: one.full_at.map(moment),
            enforced: one.enforced,
        });
        StatusDocument {
            version: VERSION,
            subject,
            now: moment(self.now),
            limits: limits.collect(),
            paused: self.paused,
        }
    }
}

/// A problem document (RFC 9457).
fn problem(status: StatusCode, detail: &str) -> Response<Bytes> {
    let problem = serde_json::json!({ "status": status.as_u16(), "detail": detail });
    private(answer(status, "application/problem+json", problem.to_string().into(), Caching::Never))
}

/// For whoever asked, not for a search engine.
pub(crate) fn private(mut response: Response<Bytes>) -> Response<Bytes> {
    response.headers_mut().insert("x-robots-tag", HeaderValue::from_static("noindex, nofollow"));
    response
}
