//! Scripted faults: what goes wrong in front of the CA, where, how often and when.
//!
//! A fault has one shape, whether it comes from the command line
//! (`--on newOrder --status 503 --times 2 --after 1`) or as JSON
//! (`{"on": "newOrder", "status": 503, "times": 2, "after": 1}`).

use std::{fmt, str::FromStr, time::Duration};

use parking_lot::Mutex;
use serde::{Deserialize, Serialize};

use crate::{
    delay,
    endpoint::{Endpoint, UnknownEndpoint},
};

/// The most faults that wait at a time.
pub const FAULTS_MAX: usize = 1_000;

/// The status of an empty body, unless another is given.
const EMPTY_BODY_STATUS: u16 = 200;

/// The status of a broken page, unless another is given.
const HTML_BODY_STATUS: u16 = 502;

/// The longest scripted delay.
const DELAY_MAX: Duration = Duration::from_secs(60 * 60);

/// The longest scripted `Retry-After`, in seconds.
const RETRY_AFTER_MAX: u64 = 366 * 24 * 60 * 60;

/// What goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FaultKind {
    /// A problem document with this status instead of the CA's answer.
    Status {
        /// 400 to 599.
        status: u16,
        /// `Retry-After` in seconds.
        retry_after: Option<u64>,
    },
    /// The CA answers, but only after this long (in real time).
    Delay(Duration),
    /// An answer without a body: 200, or the status given.
    EmptyBody {
        /// 200 to 599.
        status: u16,
    },
    /// A page as a broken proxy writes it: 502, or the status given.
    HtmlBody {
        /// 200 to 599.
        status: u16,
    },
    /// The connection is closed without an answer.
    DropConnection,
    /// `badNonce`, with a fresh nonce; the request's own stays unused.
    BadNonce,
}

/// A fault: what goes wrong on which requests. `times` requests are hit, after `after` were let through.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Written", into = "Written")]
pub struct Fault {
    on: Endpoint,
    kind: FaultKind,
    times: u32,
    after: u32,
}

/// Why a fault cannot be scripted.
#[derive(Clone, Debug, thiserror::Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum FaultError {
    /// No endpoint to strike.
    #[error("no endpoint: --on is missing")]
    NoEndpoint,
    /// The endpoint is none.
    #[error(transparent)]
    Endpoint(#[from] UnknownEndpoint),
    /// Nothing goes wrong, or several things at once.
    #[error(
        "exactly one of --status, --delay, --empty-body, --html-body, --drop-connection and --bad-nonce is \
         expected (--status may go with the two bodies)"
    )]
    NotOneKind,
    /// A status that cannot be answered with.
    #[error("status {0} is not between {min} and 599", min = .1)]
    Status(u16, u16),
    /// A number beyond its bound.
    #[error("{what} is beyond {max}")]
    TooLarge {
        /// Which.
        what: &'static str,
        /// The bound.
        max: u64,
    },
    /// `times` is zero.
    #[error("times must be at least 1")]
    NoTimes,
    /// A word that is no option of a fault.
    #[error("\"{0}\" is no option of a fault")]
    UnknownOption(String),
    /// An option without a value that can be read.
    #[error("{option} wants {expected}")]
    Value {
        /// Which.
        option: &'static str,
        /// What it takes.
        expected: &'static str,
    },
    /// [`FAULTS_MAX`] faults wait already.
    #[error("{FAULTS_MAX} faults wait already")]
    TooMany,
}

impl Fault {
    /// A fault that strikes the next request to an endpoint.
    ///
    /// # Errors
    ///
    /// [`FaultError`], when a status, delay or wait is out of bounds.
    pub fn new(on: Endpoint, kind: FaultKind) -> Result<Self, FaultError> {
        kind.check()?;
        Ok(Self { on, kind, times: 1, after: 0 })
    }

    /// Strikes this many requests instead of one; at least 1.
    #[must_use]
    pub fn times(self, times: u32) -> Self {
        Self { times: times.max(1), ..self }
    }

    /// Lets this many requests through first.
    #[must_use]
    pub fn after(self, after: u32) -> Self {
        Self { after, ..self }
    }

    /// What goes wrong.
    #[must_use]
    pub fn kind(&self) -> FaultKind {
        self.kind
    }

    /// Which requests it strikes.
    #[must_use]
    pub fn endpoint(&self) -> Endpoint {
        self.on
    }
}

impl FaultKind {
    fn check(self) -> Result<(), FaultError> {
        match self {
            Self::Status { status, retry_after } => {
                within(status, 400)?;
                at_most("retryAfter", retry_after.unwrap_or(0), RETRY_AFTER_MAX)
            }
            Self::Delay(delay) if DELAY_MAX < delay => {
                Err(FaultError::TooLarge { what: "delay in seconds", max: DELAY_MAX.as_secs() })
            }
            Self::EmptyBody { status } | Self::HtmlBody { status } => within(status, 200),
            Self::Delay(_) | Self::DropConnection | Self::BadNonce => Ok(()),
        }
    }
}

fn within(status: u16, min: u16) -> Result<(), FaultError> {
    if (min..=599).contains(&status) { Ok(()) } else { Err(FaultError::Status(status, min)) }
}

fn at_most(what: &'static str, number: u64, max: u64) -> Result<(), FaultError> {
    if number <= max { Ok(()) } else { Err(FaultError::TooLarge { what, max }) }
}

/// A fault as it is written, on the command line or in JSON.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Written {
    #[serde(skip_serializing_if = "Option::is_none")]
    on: Option<Endpoint>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    status: Option<u16>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    retry_after: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    delay_ms: Option<u64>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    empty_body: bool,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    html_body: bool,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    drop_connection: bool,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    bad_nonce: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    times: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    after: Option<u32>,
}

impl Written {
    fn kind(&self) -> Result<FaultKind, FaultError> {
        let status = |otherwise| self.status.unwrap_or(otherwise);
        let marked = [
            self.delay_ms.map(|delay| FaultKind::Delay(Duration::from_millis(delay))),
            self.empty_body.then(|| FaultKind::EmptyBody { status: status(EMPTY_BODY_STATUS) }),
            self.html_body.then(|| FaultKind::HtmlBody { status: status(HTML_BODY_STATUS) }),
            self.drop_connection.then_some(FaultKind::DropConnection),
            self.bad_nonce.then_some(FaultKind::BadNonce),
        ];
        let mut marked = marked.into_iter().flatten();
        let kind = match (marked.next(), marked.next(), self.status) {
            (Some(kind @ (FaultKind::EmptyBody { .. } | FaultKind::HtmlBody { .. })), None, _) => kind,
            (Some(kind), None, None) => kind,
            (None, None, Some(status)) => {
                return Ok(FaultKind::Status { status, retry_after: self.retry_after });
            }
            _ => return Err(FaultError::NotOneKind),
        };
        // Only a status goes with a wait.
        if self.retry_after.is_some() { Err(FaultError::NotOneKind) } else { Ok(kind) }
    }
}

impl TryFrom<Written> for Fault {
    type Error = FaultError;

    fn try_from(written: Written) -> Result<Self, FaultError> {
        if written.times == Some(0) {
            return Err(FaultError::NoTimes);
        }
        let fault = Self::new(written.on.ok_or(FaultError::NoEndpoint)?, written.kind()?)?;
        Ok(fault.times(written.times.unwrap_or(1)).after(written.after.unwrap_or(0)))
    }
}

impl From<Fault> for Written {
    fn from(fault: Fault) -> Self {
        let mut written = Self {
            on: Some(fault.on),
            times: Some(fault.times),
            after: Some(fault.after),
            ..Self::default()
        };
        match fault.kind {
            FaultKind::Status { status, retry_after } => {
                (written.status, written.retry_after) = (Some(status), retry_after);
            }
            FaultKind::Delay(delay) => {
                written.delay_ms = Some(u64::try_from(delay.as_millis()).unwrap_or(u64::MAX));
            }
            FaultKind::EmptyBody { status } => (written.empty_body, written.status) = (true, Some(status)),
            FaultKind::HtmlBody { status } => (written.html_body, written.status) = (true, Some(status)),
            FaultKind::DropConnection => written.drop_connection = true,
            FaultKind::BadNonce => written.bad_nonce = true,
        }
        written
    }
}

/// As on the command line: `--on newOrder --status 503 --retry-after 30 --times 2 --after 1`. A delay is
/// `500ms`, `2s` or `1m`.
impl FromStr for Fault {
    type Err = FaultError;

    fn from_str(text: &str) -> Result<Self, FaultError> {
        let mut written = Written::default();
        let mut words = text.split_whitespace();
        while let Some(option) = words.next() {
            match option {
                "--on" => written.on = Some(words.next().unwrap_or_default().parse()?),
                "--status" => written.status = Some(number("--status", words.next())?),
                "--retry-after" => written.retry_after = Some(number("--retry-after", words.next())?),
                "--times" => written.times = Some(number("--times", words.next())?),
                "--after" => written.after = Some(number("--after", words.next())?),
                "--delay" => written.delay_ms = Some(delay_ms(words.next())?),
                "--empty-body" => written.empty_body = true,
                "--html-body" => written.html_body = true,
                "--drop-connection" => written.drop_connection = true,
                "--bad-nonce" => written.bad_nonce = true,
                other => return Err(FaultError::UnknownOption(other.chars().take(40).collect())),
            }
        }
        written.try_into()
    }
}

/// As [`FromStr`] reads it; what goes without saying is left out.
impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "--on {}", self.on)?;
        match self.kind {
            FaultKind::Status { status, retry_after } => {
                write!(f, " --status {status}")?;
                retry_after.map_or(Ok(()), |seconds| write!(f, " --retry-after {seconds}"))
            }
            FaultKind::Delay(delay) => write!(f, " --delay {}", delay::text(delay)),
            FaultKind::EmptyBody { status: EMPTY_BODY_STATUS } => f.write_str(" --empty-body"),
            FaultKind::EmptyBody { status } => write!(f, " --empty-body --status {status}"),
            FaultKind::HtmlBody { status: HTML_BODY_STATUS } => f.write_str(" --html-body"),
            FaultKind::HtmlBody { status } => write!(f, " --html-body --status {status}"),
            FaultKind::DropConnection => f.write_str(" --drop-connection"),
            FaultKind::BadNonce => f.write_str(" --bad-nonce"),
        }?;
        if self.times != 1 {
            write!(f, " --times {}", self.times)?;
        }
        if self.after != 0 {
            write!(f, " --after {}", self.after)?;
        }
        Ok(())
    }
}

fn number<N: FromStr>(option: &'static str, word: Option<&str>) -> Result<N, FaultError> {
    word.and_then(|word| word.parse().ok()).ok_or(FaultError::Value { option, expected: "a number" })
}

fn delay_ms(word: Option<&str>) -> Result<u64, FaultError> {
    let wrong = FaultError::Value { option: "--delay", expected: "a duration such as 500ms, 2s or 1m" };
    let delay = word.and_then(delay::parse).ok_or(wrong.clone())?;
    u64::try_from(delay.as_millis()).map_err(|_| wrong)
}

/// The faults in waiting, in the order they were added.
#[derive(Debug, Default)]
pub struct Faults {
    waiting: Mutex<Waiting>,
}

#[derive(Debug, Default)]
struct Waiting {
    next_id: u64,
    faults: Vec<WaitingFault>,
}

/// A fault in waiting.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct WaitingFault {
    /// Its number, from 1.
    pub id: u64,
    /// What was scripted.
    pub fault: Fault,
    /// How many more requests it lets through.
    pub lets_through: u32,
    /// How many more requests it strikes.
    pub strikes: u32,
}

impl Faults {
    /// Adds a fault and returns its number.
    ///
    /// # Errors
    ///
    /// [`FaultError::TooMany`].
    pub fn add(&self, fault: Fault) -> Result<u64, FaultError> {
        let mut waiting = self.waiting.lock();
        if FAULTS_MAX <= waiting.faults.len() {
            return Err(FaultError::TooMany);
        }
        waiting.next_id += 1;
        let id = waiting.next_id;
        waiting.faults.push(WaitingFault { id, fault, lets_through: fault.after, strikes: fault.times });
        Ok(id)
    }

    /// Those still waiting.
    #[must_use]
    pub fn list(&self) -> Vec<WaitingFault> {
        self.waiting.lock().faults.clone()
    }

    /// Removes them all and says how many there were.
    pub fn clear(&self) -> usize {
        std::mem::take(&mut self.waiting.lock().faults).len()
    }

    /// What strikes a request to an endpoint. Each fault that fits counts the request, until one strikes.
    pub(crate) fn strike(&self, endpoint: Endpoint) -> Option<FaultKind> {
        let mut waiting = self.waiting.lock();
        let fits = |fault: &Fault| fault.on == Endpoint::Any || fault.on == endpoint;
        let mut struck = None;
        for (index, fault) in waiting.faults.iter_mut().enumerate().filter(|(_, f)| fits(&f.fault)) {
            if 0 < fault.lets_through {
                fault.lets_through -= 1;
                continue;
            }
            fault.strikes -= 1;
            struck = Some((index, fault.fault.kind, fault.strikes));
            break;
        }
        let (index, kind, strikes) = struck?;
        if strikes == 0 {
            waiting.faults.remove(index);
        }
        Some(kind)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault(text: &str) -> Fault {
        text.parse().unwrap()
    }

    #[test]
    fn one_shape_on_the_command_line_and_in_json() {
        for (text, json) in [
            (
                "--on newOrder --status 503 --times 2 --after 1",
                r#"{"on":"newOrder","status":503,"times":2,"after":1}"#,
            ),
            (
                "--on any --status 429 --retry-after 60",
                r#"{"on":"any","status":429,"retryAfter":60,"times":1,"after":0}"#,
            ),
            ("--on challenge --delay 2s", r#"{"on":"challenge","delayMs":2000,"times":1,"after":0}"#),
            (
                "--on finalize --empty-body",
                r#"{"on":"finalize","status":200,"emptyBody":true,"times":1,"after":0}"#,
            ),
            (
                "--html-body --status 500 --on order",
                r#"{"on":"order","status":500,"htmlBody":true,"times":1,"after":0}"#,
            ),
            (
                "--on directory --drop-connection",
                r#"{"on":"directory","dropConnection":true,"times":1,"after":0}"#,
            ),
            ("--on newaccount --bad-nonce", r#"{"on":"newAccount","badNonce":true,"times":1,"after":0}"#),
        ] {
            assert_eq!(serde_json::to_string(&fault(text)).unwrap(), json, "{text}");
            assert_eq!(serde_json::from_str::<Fault>(json).unwrap(), fault(text), "{json}");
            assert_eq!(fault(&fault(text).to_string()), fault(text), "{text}");
        }
    }

    #[test]
    fn a_fault_is_written_as_it_is_read() {
        for text in [
            "--on newOrder --status 503 --retry-after 30 --times 2 --after 1",
            "--on any --delay 1500ms",
            "--on finalize --empty-body --status 204",
            "--on finalize --html-body",
            "--on directory --drop-connection --times 7",
            "--on newAccount --bad-nonce",
        ] {
            assert_eq!(fault(text).to_string(), text);
        }
    }

    #[test]
    fn what_cannot_be_scripted_says_why() {
        for (text, expected) in [
            ("", "no endpoint: --on is missing"),
            ("--on newordr --status 503", "\"newordr\" is no endpoint: one of directory, newNonce"),
            ("--on newOrder", "exactly one of --status"),
            ("--on newOrder --status 503 --delay 1s", "exactly one of --status"),
            ("--on newOrder --bad-nonce --html-body", "exactly one of --status"),
            ("--on newOrder --bad-nonce --retry-after 1", "exactly one of --status"),
            ("--on newOrder --status 200", "status 200 is not between 400 and 599"),
            ("--on newOrder --status many", "--status wants a number"),
            ("--on newOrder --delay 2", "--delay wants a duration such as 500ms, 2s or 1m"),
            ("--on newOrder --delay 2h", "--delay wants a duration such as 500ms, 2s or 1m"),
            ("--on newOrder --delay 61m", "delay in seconds is beyond 3600"),
            ("--on newOrder --status 503 --times 0", "times must be at least 1"),
            ("--on newOrder --status 503 --twice", "\"--twice\" is no option of a fault"),
        ] {
            let error = text.parse::<Fault>().unwrap_err().to_string();
            assert!(error.starts_with(expected), "{text}: {error}");
        }
    }

    #[test]
    fn a_fault_lets_requests_through_then_strikes_then_is_gone() {
        let faults = Faults::default();
        faults.add(fault("--on newOrder --status 503 --times 2 --after 1")).unwrap();
        let status = Some(FaultKind::Status { status: 503, retry_after: None });
        assert_eq!(faults.strike(Endpoint::NewAccount), None);
        assert_eq!([0; 4].map(|_| faults.strike(Endpoint::NewOrder)), [None, status, status, None]);
        assert_eq!(faults.list(), []);
    }

    #[test]
    fn faults_strike_in_the_order_they_were_added() {
        let faults = Faults::default();
        assert_eq!(faults.add(fault("--on any --bad-nonce")), Ok(1));
        assert_eq!(faults.add(fault("--on newOrder --drop-connection")), Ok(2));
        assert_eq!(faults.strike(Endpoint::NewOrder), Some(FaultKind::BadNonce));
        assert_eq!(faults.strike(Endpoint::NewOrder), Some(FaultKind::DropConnection));
    }

    #[test]
    fn faults_are_bounded_and_can_be_cleared() {
        let faults = Faults::default();
        for _ in 0..FAULTS_MAX {
            faults.add(fault("--on any --bad-nonce")).unwrap();
        }
        assert_eq!(faults.add(fault("--on any --bad-nonce")), Err(FaultError::TooMany));
        assert_eq!(faults.clear(), FAULTS_MAX);
        assert_eq!(faults.strike(Endpoint::Order), None);
    }
}
