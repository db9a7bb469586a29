use tollgate_policy::overrides::Subject;

use super::{
    after,
    r#override::{DOMAINS, allowing},
    records, t0,
};

#[tokio::test]
async fn every_change_of_an_override_is_told_with_before_and_after() {
    let records = records().await;
    let subject = Subject::parse(DOMAINS, "example.com").unwrap();
    for (count, force, by) in
        [(100, false, "anna"), (100, false, "bo"), (50, false, "bo"), (50, true, "carl")]
    {
        let new = allowing(DOMAINS, "example.com", count, t0());
        records.put_override(new, force, by, after(1)).await.unwrap();
    }
    records.remove_override(DOMAINS, &subject, "dora", "no longer needed", after(2)).await.unwrap();
    records.remove_override(DOMAINS, &subject, "dora", "again", after(3)).await.unwrap();

    let json = |count: u64| {
        format!(
            r##"{{"author":"ops","burst":{count},"count":{count},"expires":null,"period":"7d","reason":"#12"}}"##
        )
    };
    // (who, what, before, after, why)
    let expected = [
        ("dora", "override removed", Some(json(50)), None, "no longer needed"),
        ("carl", "override changed", Some(json(100)), Some(json(50)), "#12"),
        ("anna", "override added", None, Some(json(100)), "#12"),
    ];
    let entries = records.audit(None, 10).await.unwrap();
    assert_eq!(entries.len(), expected.len(), "{entries:?}");
    for (entry, (who, what, before, after, why)) in entries.iter().zip(expected) {
        assert_eq!((entry.who.as_str(), entry.what.as_str(), entry.why.as_str()), (who, what, why));
        assert_eq!(entry.subject, "certificates-per-registered-domain example.com");
        assert_eq!((&entry.before, &entry.after), (&before, &after), "{who}");
    }
    assert_eq!((entries[0].at, entries[1].at), (after(2), after(1)));
}

#[tokio::test]
async fn the_audit_is_read_page_by_page_the_latest_first() {
    let records = records().await;
    let batch = (0..5).map(|n| allowing(DOMAINS, &format!("n{n}.example"), 9, t0())).collect();
    records.put_overrides(batch, false, "me", t0()).await.unwrap();
    let mut told = Vec::new();
    let mut before = None;
    loop {
        let page = records.audit(before, 2).await.unwrap();
        let Some(last) = page.last() else { break };
        assert!(page.len() <= 2);
        before = Some(last.id);
        told.extend(page.into_iter().map(|entry| entry.subject));
    }
    let expected: Vec<_> =
        (0..5).rev().map(|n| format!("certificates-per-registered-domain n{n}.example")).collect();
    assert_eq!(told, expected);
    assert_eq!(records.audit(Some(u64::MAX), 10).await.unwrap().len(), 5);
}
