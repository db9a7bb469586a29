//! Boulder's YAML form of default limits and overrides.
//!
//! Defaults are a map from limit to numbers. Overrides are a list of one-entry maps from limit to numbers and
//! ids, each id with a comment:
//!
//! ```yaml
//! - CertificatesPerDomain:
//!     burst: 300
//!     count: 300
//!     period: 168h0m0s
//!     ids:
//!       - id: example.com
//!         comment: an agreement of March
//! ```
//!
//! Accounts are numbers there and URLs here, so both ways go through [`Accounts`].

use std::{collections::BTreeMap, fmt::Write as _};

use serde::{Deserialize, Serialize};
use serde_saphyr::Spanned;
use tollgate_engine::Quota;
use tollgate_policy::{
    Policy,
    duration::{go_duration, parse_duration},
    limit::LimitName,
    overrides::SubjectKind,
};

use super::{Place, Read, ReadError, Row, Skipped, within_bounds};

/// How accounts are called on both sides: a number there, a path that ends in it here.
#[derive(Clone, Debug)]
pub struct Accounts {
    /// What stands before the number: `/acme/acct/`.
    pub path_prefix: String,
}

/// Boulder's name of each of our limits.
const NAMES: [(&str, LimitName); 9] = [
    ("NewRegistrationsPerIPAddress", LimitName::NewRegistrationsPerIp),
    ("NewRegistrationsPerIPv6Range", LimitName::NewRegistrationsPerIpv6Range),
    ("NewOrdersPerAccount", LimitName::NewOrdersPerAccount),
    ("CertificatesPerDomain", LimitName::CertificatesPerRegisteredDomain),
    ("CertificatesPerDomainPerAccount", LimitName::CertificatesPerRegisteredDomainPerAccount),
    ("CertificatesPerFQDNSet", LimitName::CertificatesPerExactSet),
    ("FailedAuthorizationsPerDomainPerAccount", LimitName::AuthorizationFailuresPerIdentifier),
    ("FailedAuthorizationsForPausingPerDomainPerAccount", LimitName::ConsecutiveAuthorizationFailures),
    ("LimitOverrideRequestsPerIPAddress", LimitName::OverrideRequestsPerIp),
];

/// The numbers of a limit.
#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Numbers {
    count: u64,
    burst: u64,
    period: String,
}

/// The numbers of an override, and whom they are for.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    count: u64,
    burst: u64,
    period: String,
    ids: Vec<serde_json::Value>,
}

#[derive(Serialize)]
struct WrittenEntry {
    burst: u64,
    count: u64,
    period: String,
    ids: Vec<WrittenId>,
}

#[derive(Serialize)]
struct WrittenId {
    id: String,
    comment: String,
}

/// Reads an overrides file.
///
/// # Errors
///
/// [`ReadError`]: it is too large, or no list in YAML.
pub fn read_overrides(file: &str, accounts: &Accounts) -> Result<Read, ReadError> {
    within_bounds(file)?;
    let mut read = Read::default();
    // An empty document is no list, but a file all the same: it changes nothing.
    if file.lines().all(|line| matches!(line.trim_ascii().as_bytes(), [] | [b'#', ..] | b"---")) {
        return Ok(read);
    }
    let entries: Vec<Spanned<serde_json::Value>> = serde_saphyr::from_str(file).map_err(form)?;
    for entry in entries {
        let line = entry.referenced.line();
        match numbers_and_ids(&entry.value) {
            Ok((limit, entry)) => read_ids(limit, &entry, line, accounts, &mut read),
            Err(problem) => read.skipped.push(Skipped { place: Place { line, name: None }, problem }),
        }
    }
    Ok(read)
}

/// Writes overrides. What Boulder has no word for is named and left out: an expiry is lost, a set is known here
/// by its hash only, and an account must be a number below `accounts`.
///
/// The text of a subject is that of [`Row::subject`].
#[must_use]
pub fn write_overrides(rows: &[Row], accounts: &Accounts) -> (String, Vec<Skipped>) {
    let mut skipped = Vec::new();
    // Those with the same numbers stand together, as people write them.
    let mut entries: BTreeMap<(&str, u64, u64, String), Vec<WrittenId>> = BTreeMap::new();
    for row in rows {
        match written_id(row, accounts) {
            Ok(id) => {
                let key = (name_of(row.limit), row.count, row.burst, go_duration(row.period));
                entries.entry(key).or_default().push(WrittenId { id, comment: row.reason.clone() });
            }
            Err(problem) => skipped.push(Skipped { place: row.place.clone(), problem }),
        }
    }
    let list: Vec<_> = entries
        .into_iter()
        .map(|((name, count, burst, period), ids)| {
            BTreeMap::from([(name, WrittenEntry { burst, count, period, ids })])
        })
        .collect();
    let yaml = serde_saphyr::to_string(&list).expect("plain strings and numbers serialise");
    (yaml, skipped)
}

/// Reads a file of default limits and says the same as configuration of ours: TOML, to be put into the file.
///
/// # Errors
///
/// [`ReadError`]: it is too large, or no map in YAML.
pub fn defaults_as_configuration(file: &str) -> Result<(String, Vec<Skipped>), ReadError> {
    within_bounds(file)?;
    let limits: BTreeMap<String, Spanned<serde_json::Value>> = serde_saphyr::from_str(file).map_err(form)?;
    let (mut toml, mut skipped) = (String::new(), Vec::new());
    let mut limits: Vec<_> = limits.into_iter().collect();
    limits.sort_by_key(|(_, numbers)| numbers.referenced.line());
    for (name, numbers) in limits {
        match default_as_configuration(&name, &numbers.value) {
            Ok(section) => toml.push_str(&section),
            Err(problem) => {
                let place = Place { line: numbers.referenced.line(), name: Some(name) };
                skipped.push(Skipped { place, problem });
            }
        }
    }
    Ok((toml, skipped))
}

/// The limits of a policy as a file of defaults.
#[must_use]
pub fn write_defaults(policy: &Policy) -> String {
    let limits: BTreeMap<_, _> = NAMES
        .iter()
        .filter_map(|(name, limit)| {
            let quota = policy.limit(*limit)?.quota;
            let period = go_duration(quota.period());
            Some((*name, Numbers { count: quota.count(), burst: quota.burst(), period }))
        })
        .collect();
    serde_saphyr::to_string(&limits).expect("plain strings and numbers serialise")
}

fn form(error: impl std::fmt::Display) -> ReadError {
    ReadError::Form { problem: error.to_string() }
}

fn name_of(limit: LimitName) -> &'static str {
    let (name, _) = NAMES.iter().find(|(_, ours)| *ours == limit).expect("every limit has its name there");
    name
}

fn limit_of(name: &str) -> Result<LimitName, String> {
    NAMES
        .iter()
        .find_map(|(theirs, limit)| (*theirs == name).then_some(*limit))
        .ok_or_else(|| format!("there is no limit {name:?} here"))
}

fn numbers_and_ids(entry: &serde_json::Value) -> Result<(LimitName, Entry), String> {
    let Some((name, numbers)) =
        entry.as_object().filter(|map| map.len() == 1).and_then(|map| map.iter().next())
    else {
        return Err("not a map from one limit to its numbers and ids".to_owned());
    };
    let limit = limit_of(name)?;
    let entry = Entry::deserialize(numbers).map_err(|error| format!("{name}: {error}"))?;
    Ok((limit, entry))
}

fn read_ids(limit: LimitName, entry: &Entry, line: u64, accounts: &Accounts, read: &mut Read) {
    let period = match parse_duration(&entry.period) {
        Ok(period) => period,
        Err(error) => {
            let place = Place { line, name: Some(name_of(limit).to_owned()) };
            return read.skipped.push(Skipped { place, problem: format!("period: {error}") });
        }
    };
    for id in &entry.ids {
        let name = text_of(&id["id"]).or_else(|| text_of(id)).unwrap_or_default();
        let place = Place { line, name: Some(name.clone()).filter(|name| !name.is_empty()) };
        let quota = Quota::new(entry.count, period, entry.burst).map_err(|error| error.to_string());
        match quota.and_then(|_| subject(limit, &name, accounts)) {
            Ok(subject) => read.rows.push(Row {
                place,
                limit,
                subject,
                count: entry.count,
                burst: entry.burst,
                period,
                author: None,
                reason: id["comment"].as_str().unwrap_or_default().to_owned(),
                expires: None,
            }),
            Err(problem) => read.skipped.push(Skipped { place, problem }),
        }
    }
}

/// YAML takes an account's number for a number.
fn text_of(scalar: &serde_json::Value) -> Option<String> {
    match scalar {
        serde_json::Value::String(text) => Some(text.clone()),
        serde_json::Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

fn subject(limit: LimitName, id: &str, accounts: &Accounts) -> Result<String, String> {
    if id.is_empty() {
        return Err("an id is missing".to_owned());
    }
    if limit.override_subject() != SubjectKind::Account {
        return Ok(id.to_owned());
    }
    if id.bytes().all(|byte| byte.is_ascii_digit()) {
        return Ok(format!("{}{id}", accounts.path_prefix));
    }
    Err(format!("{id:?} is no account number"))
}

fn written_id(row: &Row, accounts: &Accounts) -> Result<String, String> {
    match row.limit.override_subject() {
        SubjectKind::Set => Err("a set is kept by its hash, so its names cannot be written".to_owned()),
        SubjectKind::Account => row
            .subject
            .strip_prefix(&accounts.path_prefix)
            .filter(|id| !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_digit()))
            .map(str::to_owned)
            .ok_or_else(|| format!("account {} is no number below {}", row.subject, accounts.path_prefix)),
        SubjectKind::Address | SubjectKind::Ipv6Range | SubjectKind::Domain => Ok(row.subject.clone()),
    }
}

fn default_as_configuration(name: &str, numbers: &serde_json::Value) -> Result<String, String> {
    let limit = limit_of(name)?;
    let numbers = Numbers::deserialize(numbers).map_err(|error| error.to_string())?;
    let period = parse_duration(&numbers.period).map_err(|error| format!("period: {error}"))?;
    Quota::new(numbers.count, period, numbers.burst).map_err(|error| error.to_string())?;
    if limit == LimitName::CertificatesPerRegisteredDomainPerAccount {
        return Err("this limit exists only as an override".to_owned());
    }
    let mut section = String::new();
    write!(
        section,
        "[limits.{limit}]\ncount = {}\nburst = {}\nperiod = \"{}\"\n\n",
        numbers.count,
        numbers.burst,
        go_duration(period)
    )
    .expect("a string takes everything");
    Ok(section)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tollgate_policy::preset::Preset;

    use super::*;

    fn accounts() -> Accounts {
        Accounts { path_prefix: "/acme/acct/".to_owned() }
    }

    const FILE: &str = "\
- NewOrdersPerAccount:
    burst: 1000
    count: 500
    period: 168h0m0s
    ids:
      - id: 12345678
        comment: a hoster
      - id: \"7\"
        comment: 'another: one'
- CertificatesPerDomain:
    burst: 300
    count: 300
    period: 1h30m
    ids:
      - id: example.com
        comment: ~
      - id: 2001:db8::1
        comment: an address
- CertificatesPerFQDNSet:
    burst: 50
    count: 50
    period: 168h
    ids: [{id: 'example.com,www.example.com', comment: pair}]
";

    #[test]
    fn overrides_are_read_with_their_numbers_ids_and_comments() {
        let read = read_overrides(FILE, &accounts()).unwrap();
        assert_eq!(read.skipped, []);
        let told: Vec<_> = read
            .rows
            .iter()
            .map(|row| (row.limit.as_str(), row.subject.as_str(), row.count, row.burst, row.reason.as_str()))
            .collect();
        assert_eq!(
            told,
            [
                ("new-orders-per-account", "/acme/acct/12345678", 500, 1000, "a hoster"),
                ("new-orders-per-account", "/acme/acct/7", 500, 1000, "another: one"),
                ("certificates-per-registered-domain", "example.com", 300, 300, ""),
                ("certificates-per-registered-domain", "2001:db8::1", 300, 300, "an address"),
                ("certificates-per-exact-set", "example.com,www.example.com", 50, 50, "pair"),
            ]
        );
        assert_eq!(read.rows[0].period, Duration::from_secs(7 * 86_400));
        assert_eq!(read.rows[2].period, Duration::from_secs(5400));
    }

    #[test]
    fn bad_row_is_named_and_skipped_and_the_rest_is_taken() {
        let file = "\
- NewOrdersPerMoon: {burst: 1, count: 1, period: 1s, ids: [{id: 1, comment: x}]}
- NewOrdersPerAccount: {burst: 1, count: 1, period: 1s, ids: [{id: mallory, comment: x}, {id: 2, comment: y}]}
- NewOrdersPerAccount: {burst: 0, count: 1, period: 1s, ids: [{id: 3}]}
- NewOrdersPerAccount: {burst: 1, count: 1, period: soon, ids: [{id: 4}]}
- NewOrdersPerAccount: {burst: 1, count: 1, period: 1s, ids: [{comment: nobody}]}
- [not, a, map]
- NewOrdersPerAccount: {burst: 1, period: 1s, ids: []}
";
        let read = read_overrides(file, &accounts()).unwrap();
        assert_eq!(read.rows.iter().map(|row| row.subject.as_str()).collect::<Vec<_>>(), ["/acme/acct/2"]);
        let told: Vec<_> = read.skipped.iter().map(ToString::to_string).collect();
        assert_eq!(
            told,
            [
                "line 1: there is no limit \"NewOrdersPerMoon\" here",
                "line 2 (mallory): \"mallory\" is no account number",
                "line 3 (3): burst is zero",
                "line 4 (NewOrdersPerAccount): period: a whole number is missing before \"soon\": \
                 write it like 3h, 7d, 1h30m, 90s or 250ms",
                "line 5: an id is missing",
                "line 6: not a map from one limit to its numbers and ids",
                "line 7: NewOrdersPerAccount: missing field `count`",
            ]
        );
    }

    #[test]
    fn empty_file_holds_nothing_and_what_is_no_yaml_is_refused_whole() {
        for empty in ["", "\n", "# nothing yet\n", "---\n", "[]"] {
            assert_eq!(read_overrides(empty, &accounts()).unwrap(), Read::default(), "{empty:?}");
        }
        for broken in ["- [", "limits: {}", "just text", "- a: b: c"] {
            assert!(read_overrides(broken, &accounts()).is_err(), "{broken:?}");
        }
    }

    #[test]
    fn entities_that_multiply_are_refused() {
        let mut file = "a: &a [x,x,x,x,x,x,x,x,x,x]\n".to_owned();
        for (this, last) in
            [("b", "a"), ("c", "b"), ("d", "c"), ("e", "d"), ("f", "e"), ("g", "f"), ("h", "g")]
        {
            writeln!(file, "{this}: &{this} [{}]", vec![format!("*{last}"); 10].join(",")).unwrap();
        }
        assert!(read_overrides(&format!("- {}", file.replace('\n', "\n  ")), &accounts()).is_err());
        assert!(defaults_as_configuration(&file).is_err());
    }

    #[test]
    fn what_is_written_is_read_again_the_same() {
        let mut rows = read_overrides(FILE, &accounts()).unwrap().rows;
        rows.retain(|row| row.limit != LimitName::CertificatesPerExactSet);
        let (yaml, skipped) = write_overrides(&rows, &accounts());
        assert_eq!(skipped, []);
        let again = read_overrides(&yaml, &accounts()).unwrap();
        let key = |row: &Row| {
            (row.limit, row.subject.clone(), row.count, row.burst, row.period, row.reason.clone())
        };
        let sorted = |rows: &[Row]| {
            let mut keys: Vec<_> = rows.iter().map(key).collect();
            keys.sort();
            keys
        };
        assert_eq!(sorted(&again.rows), sorted(&rows));
    }

    #[test]
    fn what_boulder_has_no_word_for_is_named_and_left_out() {
        let row = |limit, subject: &str| Row {
            place: Place { line: 1, name: Some(subject.to_owned()) },
            limit,
            subject: subject.to_owned(),
            count: 1,
            burst: 1,
            period: Duration::from_secs(1),
            author: None,
            reason: String::new(),
            expires: None,
        };
        let rows = [
            row(LimitName::NewOrdersPerAccount, "/elsewhere/7"),
            row(LimitName::NewOrdersPerAccount, "/acme/acct/x7"),
            row(LimitName::CertificatesPerExactSet, "0123"),
            row(LimitName::NewRegistrationsPerIp, "192.0.2.1"),
        ];
        let (yaml, skipped) = write_overrides(&rows, &accounts());
        assert_eq!(skipped.len(), 3);
        assert!(yaml.contains("192.0.2.1") && !yaml.contains("elsewhere"), "{yaml}");
    }

    #[test]
    fn defaults_become_configuration_and_back() {
        let policy = Policy::preset(Preset::Letsencrypt);
        let yaml = write_defaults(&policy);
        let (toml, skipped) = defaults_as_configuration(&yaml).unwrap();
        assert_eq!(skipped, []);
        let raw = tollgate_policy::config::parse(&toml).unwrap();
        let read = Policy::from_raw(&raw).unwrap();
        for limit in LimitName::ALL {
            assert_eq!(
                read.limit(limit).map(|it| it.quota),
                policy.limit(limit).map(|it| it.quota),
                "{limit}"
            );
        }

        let (toml, skipped) =
            defaults_as_configuration("NewOrdersPerAccount: {count: 1, burst: 2, period: 3h}\nOther: {}\n")
                .unwrap();
        assert_eq!(toml, "[limits.new-orders-per-account]\ncount = 1\nburst = 2\nperiod = \"3h0m0s\"\n\n");
        assert_eq!(skipped[0].to_string(), "line 2 (Other): there is no limit \"Other\" here");
    }
}
