use std::num::NonZeroU64;

use tollgate_engine::Quota;
use tollgate_policy::{limit::LimitName, message::Language, overrides::Subject};
use tollgate_records::{
    Approval, Decided, EmailAddress, OVERRIDE_REQUESTS_PENDING_MAX, OVERRIDE_TEXT_BYTES_MAX, OverrideForm,
    OverrideRequest, Put, Records, RecordsError, Ruling, Verdict,
};

use super::{
    after, days,
    r#override::{DOMAINS, allowing, quota},
    records, t0, winners,
};

fn form(limit: LimitName, subject: &str, tier: u64) -> OverrideForm {
    OverrideForm {
        limit,
        subject: Subject::parse(limit, subject).unwrap(),
        tier: NonZeroU64::new(tier).unwrap(),
        email: EmailAddress("anna@example.com".into()),
        organisation: "Example Hosting".into(),
        use_case: "One certificate for each of our customers.".into(),
        language: Language::Danish,
    }
}

fn hash(number: u32) -> [u8; 32] {
    let mut hash = [0; 32];
    hash[..4].copy_from_slice(&number.to_be_bytes());
    hash
}

async fn submitted(records: &Records, number: u32) -> u64 {
    let form = form(DOMAINS, &format!("n{number}.example"), 300);
    records.submit_override_request(form, hash(number), t0()).await.unwrap().unwrap()
}

fn approval() -> Approval {
    Approval { author: "carl".into(), reason: "a known customer".into(), expires: None, force: false }
}

fn ids(requests: &[OverrideRequest]) -> Vec<u64> {
    requests.iter().map(|request| request.id).collect()
}

#[tokio::test]
async fn a_request_is_found_by_its_token_and_by_its_id_only() {
    let records = records().await;
    for (number, limit, subject) in [
        (1, LimitName::NewOrdersPerAccount, "/acme/acct/1"),
        (2, DOMAINS, "example.com"),
        (3, DOMAINS, "192.0.2.1"),
        (4, LimitName::CertificatesPerRegisteredDomainPerAccount, "/acme/acct/1"),
    ] {
        let form = form(limit, subject, 1000);
        let id = records.submit_override_request(form.clone(), hash(number), t0()).await.unwrap().unwrap();
        let expected = OverrideRequest { id, requested: t0(), verdict: None, form };
        let by_token = records.override_request_by_token(hash(number)).await.unwrap();
        assert_eq!(by_token.as_ref(), Some(&expected));
        assert_eq!(records.override_request(id).await.unwrap(), Some(expected));
    }
    assert_eq!(records.override_request_by_token(hash(5)).await.unwrap(), None);
    for id in [0, 5, u64::MAX] {
        assert_eq!(records.override_request(id).await.unwrap(), None);
    }
}

#[tokio::test]
async fn approval_grants_the_tier_at_once_and_once_a_week_and_is_told_in_the_audit() {
    let records = records().await;
    let id = submitted(&records, 1).await;
    let revision = records.overrides_revision().await.unwrap();
    let approval = Approval { expires: Some(days(30)), ..approval() };
    let decided = records.approve_override_request(id, approval, after(5)).await.unwrap();

    let Decided::Done(request) = decided else { panic!("{decided:?}") };
    let verdict = Verdict {
        ruling: Ruling::Approved,
        author: "carl".into(),
        reason: "a known customer".into(),
        at: after(5),
    };
    assert_eq!(request.verdict, Some(verdict));
    assert_eq!(records.override_request_by_token(hash(1)).await.unwrap(), Some(request.clone()));
    let granted = records.override_of(DOMAINS, &request.form.subject).await.unwrap().unwrap();
    assert_eq!((granted.quota, granted.author.as_str()), (quota(300, 300), "carl"));
    assert_eq!((granted.reason.as_str(), granted.expires), ("a known customer", Some(days(30))));
    assert_ne!(records.overrides_revision().await.unwrap(), revision, "the gateways hear of it");

    let audit = records.audit(None, 10).await.unwrap();
    let told: Vec<_> = audit.iter().map(|entry| (entry.what.as_str(), entry.who.as_str())).collect();
    assert_eq!(told, [("override request approved", "carl"), ("override added", "carl")]);
    assert_eq!(audit[0].subject, "certificates-per-registered-domain n1.example");
    assert!(!format!("{audit:?}").contains("anna@"), "the audit is kept for good");
}

#[tokio::test]
async fn denial_grants_nothing_and_is_told() {
    let records = records().await;
    let id = submitted(&records, 1).await;
    let decided = records.deny_override_request(id, "carl", "not yours", after(5)).await.unwrap();
    let Decided::Done(request) = decided else { panic!("{decided:?}") };
    let verdict = request.verdict.as_ref().unwrap();
    assert_eq!((verdict.ruling, verdict.reason.as_str()), (Ruling::Denied, "not yours"));
    assert_eq!(records.override_request(id).await.unwrap().as_ref(), Some(&request));
    assert_eq!(records.override_of(DOMAINS, &request.form.subject).await.unwrap(), None);
    let audit = records.audit(None, 10).await.unwrap();
    assert_eq!((audit.len(), audit[0].what.as_str()), (1, "override request denied"));
    assert!(audit[0].after.as_ref().unwrap().contains("denied"));
}

#[tokio::test]
async fn a_decision_is_final() {
    let records = records().await;
    let id = submitted(&records, 1).await;
    let Decided::Done(first) = records.deny_override_request(id, "carl", "no", t0()).await.unwrap() else {
        panic!("it was pending")
    };
    for decided in [
        records.approve_override_request(id, approval(), after(1)).await.unwrap(),
        records.deny_override_request(id, "dora", "never", after(1)).await.unwrap(),
    ] {
        assert_eq!(decided, Decided::DecidedBefore(first.clone()));
    }
    let nobody = records.approve_override_request(id + 1, approval(), t0()).await.unwrap();
    assert_eq!(nobody, Decided::NoSuchRequest);
    assert_eq!(records.overrides().await.unwrap().overrides, []);
    assert_eq!(records.audit(None, 10).await.unwrap().len(), 1);
}

#[tokio::test]
async fn of_many_who_decide_at_once_one_does() {
    let records = records().await;
    let id = submitted(&records, 1).await;
    let count = winners(|n| {
        let records = records.clone();
        async move {
            let decided = if n % 2 == 0 {
                records.approve_override_request(id, approval(), t0()).await?
            } else {
                records.deny_override_request(id, "dora", "no", t0()).await?
            };
            Ok(matches!(decided, Decided::Done(_)))
        }
    });
    assert_eq!(count.await, 1);
}

#[tokio::test]
async fn approval_does_not_lower_what_is_in_force_unless_forced() {
    let records = records().await;
    let before = allowing(DOMAINS, "n1.example", 5000, t0());
    records.put_override(before.clone(), false, "me", t0()).await.unwrap();
    let id = submitted(&records, 1).await;
    let decided = records.approve_override_request(id, approval(), t0()).await.unwrap();
    assert_eq!(decided, Decided::WouldLower { before: before.clone() });
    assert_eq!(records.override_request(id).await.unwrap().unwrap().verdict, None, "still to be decided");
    assert_eq!(records.override_of(DOMAINS, &before.subject).await.unwrap(), Some(before.clone()));

    let forced = Approval { force: true, ..approval() };
    let decided = records.approve_override_request(id, forced, t0()).await.unwrap();
    assert!(matches!(decided, Decided::Done(_)), "{decided:?}");
    let lowered = records.override_of(DOMAINS, &before.subject).await.unwrap().unwrap();
    assert_eq!(lowered.quota, quota(300, 300));
    let same = records.put_override(lowered, false, "me", t0()).await.unwrap();
    assert_eq!(same, Put::Unchanged);
}

#[tokio::test]
async fn requests_are_read_page_by_page() {
    let records = records().await;
    let mut all = Vec::new();
    for number in 0..5 {
        all.push(submitted(&records, number).await);
    }
    records.deny_override_request(all[1], "carl", "no", t0()).await.unwrap();

    let first = records.pending_override_requests(None, 2).await.unwrap();
    assert_eq!(ids(&first), [all[0], all[2]], "the oldest first");
    let rest = records.pending_override_requests(Some(all[2]), 10).await.unwrap();
    assert_eq!(ids(&rest), all[3..]);
    assert_eq!(records.pending_override_request_count().await.unwrap(), 4);

    let latest = records.override_requests(None, 2).await.unwrap();
    assert_eq!(ids(&latest), [all[4], all[3]]);
    let earlier = records.override_requests(Some(all[3]), 10).await.unwrap();
    assert_eq!(ids(&earlier), [all[2], all[1], all[0]]);
}

#[tokio::test]
async fn pending_requests_are_bounded_and_a_decision_makes_room() {
    let records = records().await;
    let submit = async |number| {
        let form = form(DOMAINS, "example.com", 300);
        records.submit_override_request(form, hash(number), t0()).await.unwrap()
    };
    let all = futures_util::future::join_all((0..OVERRIDE_REQUESTS_PENDING_MAX).map(submit)).await;
    assert!(all.iter().all(Option::is_some));
    let one_more = OVERRIDE_REQUESTS_PENDING_MAX;
    assert_eq!(submit(one_more).await, None);
    records.deny_override_request(all[0].unwrap(), "carl", "no", t0()).await.unwrap();
    assert!(submit(one_more).await.is_some());
    assert_eq!(submit(one_more + 1).await, None);
}

#[tokio::test]
async fn forms_that_cannot_be_granted_or_say_too_much_are_not_written() {
    let records = records().await;
    let good = form(DOMAINS, "example.com", 300);
    let long = "x".repeat(OVERRIDE_TEXT_BYTES_MAX + 1);
    for bad in [
        OverrideForm { limit: LimitName::NewOrdersPerAccount, ..good.clone() },
        OverrideForm { tier: NonZeroU64::new(Quota::BURST_MAX + 1).unwrap(), ..good.clone() },
        OverrideForm { tier: NonZeroU64::MAX, ..good.clone() },
        OverrideForm { use_case: long.clone(), ..good.clone() },
        OverrideForm { email: EmailAddress(long.clone()), ..good.clone() },
    ] {
        let error = records.submit_override_request(bad, hash(1), t0()).await.unwrap_err();
        assert!(
            matches!(
                error,
                RecordsError::SubjectKind { .. }
                    | RecordsError::Tier { .. }
                    | RecordsError::TextTooLong { .. }
            ),
            "{error:?}"
        );
    }
    let most = OverrideForm { tier: NonZeroU64::new(Quota::BURST_MAX).unwrap(), ..good };
    let id = records.submit_override_request(most, hash(1), t0()).await.unwrap().unwrap();
    assert_eq!(id, 1, "nothing came before it");
    let wordy = Approval { reason: long.clone(), ..approval() };
    assert!(records.approve_override_request(id, wordy, t0()).await.is_err());
    assert!(records.deny_override_request(id, "carl", &long, t0()).await.is_err());
    assert_eq!(records.override_request(id).await.unwrap().unwrap().verdict, None);
}

#[tokio::test]
async fn each_decision_is_told_to_its_requester_by_one_caller() {
    let records = records().await;
    let [one, two, pending] =
        [submitted(&records, 1).await, submitted(&records, 2).await, submitted(&records, 3).await];
    assert_eq!(records.claim_untold_override_request().await.unwrap(), None);
    for id in [two, one] {
        records.deny_override_request(id, "carl", "no", t0()).await.unwrap();
    }
    let claim = async || records.claim_untold_override_request().await.unwrap().map(|it| it.id);
    assert_eq!((claim().await, claim().await, claim().await), (Some(one), Some(two), None));
    records.unclaim_untold_override_request(two).await.unwrap();
    assert_eq!((claim().await, claim().await), (Some(two), None), "{pending} is not decided");
}

#[tokio::test]
async fn requests_are_forgotten_120_days_late() {
    let records = records().await;
    let [pending, decided] = [submitted(&records, 1).await, submitted(&records, 2).await];
    records.deny_override_request(decided, "carl", "no", days(10)).await.unwrap();
    for (day, kept) in [(120, vec![decided, pending]), (121, vec![decided]), (131, vec![])] {
        records.sweep(days(day)).await.unwrap();
        assert_eq!(ids(&records.override_requests(None, 10).await.unwrap()), kept, "day {day}");
    }
    assert!(submitted(&records, 3).await > decided, "an id is never given twice");
}

#[test]
fn no_log_shows_an_email_address() {
    assert!(!format!("{:?}", form(DOMAINS, "example.com", 300)).contains("anna"));
}
