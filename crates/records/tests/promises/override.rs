use std::time::Duration;

use jiff::Timestamp;
use tollgate_engine::Quota;
use tollgate_policy::{limit::LimitName, overrides::Subject};
use tollgate_records::{OVERRIDE_TEXT_BYTES_MAX, Put, RecordsError, StoredOverride};

use super::{after, days, records, t0};

pub(crate) const DOMAINS: LimitName = LimitName::CertificatesPerRegisteredDomain;

pub(crate) fn quota(count: u64, burst: u64) -> Quota {
    Quota::new(count, Duration::from_secs(7 * 86_400), burst).unwrap()
}

/// As it reads once written at `changed`.
pub(crate) fn allowing(limit: LimitName, subject: &str, count: u64, changed: Timestamp) -> StoredOverride {
    StoredOverride {
        limit,
        subject: Subject::parse(limit, subject).unwrap(),
        quota: quota(count, count),
        author: "ops".into(),
        reason: "#12".into(),
        expires: None,
        changed,
    }
}

#[tokio::test]
async fn overrides_of_every_kind_are_read_back_as_written() {
    let records = records().await;
    let set = "0f".repeat(32);
    let mut written = Vec::new();
    for (limit, subject) in [
        (LimitName::NewOrdersPerAccount, "/acme/acct/1"),
        (LimitName::NewRegistrationsPerIp, "192.0.2.1"),
        (LimitName::NewRegistrationsPerIpv6Range, "2001:db8::"),
        (DOMAINS, "example.com"),
        (DOMAINS, "2001:db8::"),
        (LimitName::CertificatesPerExactSet, &set),
    ] {
        let new = StoredOverride { expires: Some(days(30)), ..allowing(limit, subject, 500, t0()) };
        assert_eq!(records.put_override(new.clone(), false, "me", t0()).await.unwrap(), Put::Added);
        assert_eq!(records.override_of(limit, &new.subject).await.unwrap().as_ref(), Some(&new));
        written.push(new);
    }
    let all = records.overrides().await.unwrap();
    assert_eq!(all.overrides.len(), written.len());
    assert!(written.iter().all(|one| all.overrides.contains(one)));
    assert_eq!(all.unreadable, []);
}

#[tokio::test]
async fn writing_says_what_became_of_it_and_lowers_only_when_forced() {
    let records = records().await;
    let of = |count, burst| StoredOverride {
        quota: quota(count, burst),
        ..allowing(DOMAINS, "example.com", 1, t0())
    };
    // (count, burst, forced, what becomes of it)
    let steps = [
        (100, 100, false, "added"),
        (100, 100, false, "unchanged"),
        (100, 100, true, "unchanged"),
        (100, 99, false, "would lower"),
        (99, 100, false, "would lower"),
        (200, 99, false, "would lower"),
        (200, 200, false, "changed"),
        (10, 10, true, "changed"),
        (11, 10, false, "changed"),
    ];
    let mut in_force = of(100, 100);
    for (count, burst, force, expected) in steps {
        let put = records.put_override(of(count, burst), force, "me", t0()).await.unwrap();
        let told = match put {
            Put::Added => "added",
            Put::Unchanged => "unchanged",
            Put::Changed { before } => {
                assert_eq!(before, in_force, "{count}/{burst}");
                "changed"
            }
            Put::WouldLower { before } => {
                assert_eq!(before, in_force, "{count}/{burst}");
                "would lower"
            }
        };
        assert_eq!(told, expected, "{count}/{burst}");
        if ["added", "changed"].contains(&told) {
            in_force = of(count, burst);
        }
        let stored = records.override_of(DOMAINS, &in_force.subject).await.unwrap();
        assert_eq!(stored.as_ref(), Some(&in_force), "{count}/{burst}");
    }
}

#[tokio::test]
async fn an_override_that_has_ended_can_be_lowered() {
    let records = records().await;
    let ending = StoredOverride { expires: Some(after(10)), ..allowing(DOMAINS, "example.com", 100, t0()) };
    records.put_override(ending.clone(), false, "me", t0()).await.unwrap();
    let lower = allowing(DOMAINS, "example.com", 50, t0());
    for (seconds, expected) in
        [(9, Put::WouldLower { before: ending.clone() }), (10, Put::Changed { before: ending.clone() })]
    {
        let put = records.put_override(lower.clone(), false, "me", after(seconds)).await.unwrap();
        assert_eq!(put, expected, "after {seconds} s");
    }
}

#[tokio::test]
async fn the_revision_changes_with_each_change_and_with_nothing_else() {
    let records = records().await;
    let mut last = records.overrides_revision().await.unwrap();
    let mut changed = async || {
        let now = records.overrides_revision().await.unwrap();
        std::mem::replace(&mut last, now) != now
    };
    let subject = Subject::parse(DOMAINS, "example.com").unwrap();
    for (count, changes) in [(5, true), (5, false), (4, false), (6, true)] {
        let new = allowing(DOMAINS, "example.com", count, t0());
        records.put_override(new, false, "me", t0()).await.unwrap();
        assert_eq!(changed().await, changes, "{count}");
    }
    for changes in [true, false] {
        let removed = records.remove_override(DOMAINS, &subject, "me", "done", t0()).await.unwrap();
        assert_eq!(removed.is_some(), changes);
        assert_eq!(changed().await, changes);
    }
}

#[tokio::test]
async fn ten_thousand_are_written_in_one_transaction() {
    let records = records().await;
    let batch: Vec<_> = (0..10_000).map(|n| allowing(DOMAINS, &format!("n{n}.example"), 100, t0())).collect();
    let puts = records.put_overrides(batch.clone(), false, "me", t0()).await.unwrap();
    assert!(puts.len() == batch.len() && puts.iter().all(|put| *put == Put::Added));
    assert_eq!(records.overrides().await.unwrap().overrides.len(), batch.len());
    assert_eq!(records.audit(None, 20_000).await.unwrap().len(), batch.len());

    let puts = records.put_overrides(batch, false, "me", after(1)).await.unwrap();
    assert!(puts.iter().all(|put| *put == Put::Unchanged));
}

#[tokio::test]
async fn one_that_cannot_be_written_leaves_the_whole_batch_unwritten() {
    let records = records().await;
    let good = allowing(DOMAINS, "example.com", 100, t0());
    let misfit = StoredOverride { limit: LimitName::NewOrdersPerAccount, ..good.clone() };
    let long = "x".repeat(OVERRIDE_TEXT_BYTES_MAX + 1);
    let wordy = StoredOverride { reason: long.clone(), ..good.clone() };
    for (bad, by) in [(misfit, "me"), (wordy, "me"), (good.clone(), long.as_str())] {
        let error = records.put_overrides(vec![good.clone(), bad], true, by, t0()).await.unwrap_err();
        assert!(
            matches!(error, RecordsError::SubjectKind { .. } | RecordsError::TextTooLong { .. }),
            "{error:?}"
        );
    }
    assert_eq!(records.overrides().await.unwrap().overrides, []);
    assert_eq!(records.overrides_revision().await.unwrap(), 0);
}

#[tokio::test]
async fn overrides_are_read_page_by_page() {
    let records = records().await;
    let orders = LimitName::NewOrdersPerAccount;
    let all = [(DOMAINS, "a.example"), (DOMAINS, "b.example"), (orders, "/acct/1"), (orders, "/acct/2")]
        .map(|(limit, subject)| allowing(limit, subject, 500, t0()));
    records.put_overrides(all.to_vec(), false, "me", t0()).await.unwrap();
    let mut read: Vec<StoredOverride> = Vec::new();
    loop {
        let last = read.last().map(|last| (last.limit.as_str(), last.subject.to_string()));
        let after = last.as_ref().map(|(limit, subject)| (*limit, subject.as_str()));
        let page = records.overrides_page(after, 3).await.unwrap().overrides;
        if page.is_empty() {
            break;
        }
        read.extend(page);
    }
    assert_eq!(read, all);
}

#[tokio::test]
async fn text_that_not_every_database_can_keep_is_refused_by_all() {
    let records = records().await;
    let mut new = allowing(DOMAINS, "example.com", 300, t0());
    new.reason = "a zero\0byte".into();
    let error = records.put_override(new, false, "anna", t0()).await.unwrap_err();
    assert!(matches!(error, RecordsError::TextWithZero { what: "reason" }), "{error:?}");
}
