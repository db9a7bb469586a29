use tollgate_acme::authorization::AuthorizationStatus;
use tollgate_records::{Authorization, Records};

use super::{account, name, order, path, records, winners};
use crate::Fresh;

async fn with_authorization() -> Fresh {
    let records = records().await;
    records.save_authorization(&path("/authz/1"), &account(1), None, &[]).await.unwrap();
    records
}

async fn read(records: &Records) -> Authorization {
    records.authorization(&path("/authz/1")).await.unwrap().unwrap()
}

#[tokio::test]
async fn what_is_known_of_an_authorization_stays() {
    let records = with_authorization().await;
    assert_eq!(
        read(&records).await,
        Authorization {
            id: path("/authz/1"),
            account: account(1),
            identifier: None,
            status: AuthorizationStatus::Pending,
            attempted: false,
            counted: false,
        }
    );
    for (learned, known) in [
        (None, None),
        (Some("a.example"), Some("a.example")),
        (Some("b.example"), Some("a.example")),
        (None, Some("a.example")),
    ] {
        let learned = learned.map(name);
        records.save_authorization(&path("/authz/1"), &account(2), learned.as_ref(), &[]).await.unwrap();
        assert_eq!(read(&records).await.identifier, known.map(name));
    }
    assert_eq!(read(&records).await.account, account(1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn outcome_is_counted_by_exactly_one_of_many_callers() {
    let records = with_authorization().await;
    // Whatever they saw: a client that polls the challenge, another the order.
    let outcomes =
        [AuthorizationStatus::Invalid, AuthorizationStatus::Valid, AuthorizationStatus::Deactivated];
    let winners = winners(|n| {
        let records = records.clone();
        async move { records.claim_outcome(&path("/authz/1"), outcomes[n % 3]).await }
    })
    .await;
    assert_eq!(winners, 1);
    assert!(read(&records).await.counted);
}

#[tokio::test]
async fn outcome_sets_the_status_and_pending_is_no_outcome() {
    let records = with_authorization().await;
    assert!(!records.claim_outcome(&path("/authz/1"), AuthorizationStatus::Pending).await.unwrap());
    assert!(!read(&records).await.counted);
    assert!(records.claim_outcome(&path("/authz/1"), AuthorizationStatus::Valid).await.unwrap());
    assert_eq!(read(&records).await.status, AuthorizationStatus::Valid);
    assert!(!records.claim_outcome(&path("/authz/1"), AuthorizationStatus::Pending).await.unwrap());
    assert_eq!(read(&records).await.status, AuthorizationStatus::Valid);
    assert!(!records.claim_outcome(&path("/authz/1"), AuthorizationStatus::Revoked).await.unwrap());
    assert_eq!(read(&records).await.status, AuthorizationStatus::Revoked);
}

#[tokio::test]
async fn outcome_of_an_unknown_authorization_is_nobodys() {
    let records = records().await;
    assert!(!records.claim_outcome(&path("/authz/1"), AuthorizationStatus::Invalid).await.unwrap());
    assert_eq!(records.authorization(&path("/authz/1")).await.unwrap(), None);
}

#[tokio::test]
async fn outcome_stays_counted_when_the_authorization_is_used_again() {
    let records = with_authorization().await;
    records.claim_outcome(&path("/authz/1"), AuthorizationStatus::Valid).await.unwrap();
    records.save_order(&order(1)).await.unwrap();
    records.link_order(&order(1).id, None, None, &[path("/authz/1")]).await.unwrap();
    assert!(!records.claim_outcome(&path("/authz/1"), AuthorizationStatus::Valid).await.unwrap());
}

#[tokio::test]
async fn attempt_is_remembered() {
    let records = with_authorization().await;
    records.note_attempt(&path("/authz/1")).await.unwrap();
    records.note_attempt(&path("/authz/2")).await.unwrap();
    assert!(read(&records).await.attempted);
    assert_eq!(records.authorization(&path("/authz/2")).await.unwrap(), None);
}

#[tokio::test]
async fn challenges_of_one_authorization_are_bounded() {
    let records = with_authorization().await;
    for part in 0..3 {
        let many: Vec<_> = (0..20).map(|n| path(&format!("/chall/{part}-{n}"))).collect();
        records.save_authorization(&path("/authz/1"), &account(1), None, &many).await.unwrap();
    }
    let known = async |text: &str| records.resource(&path(text)).await.unwrap().is_some();
    assert!(known("/chall/0-0").await && known("/chall/1-11").await);
    assert!(!known("/chall/1-12").await && !known("/chall/2-0").await);
}

#[tokio::test]
async fn authorizations_of_an_order_are_sorted_by_the_bytes_of_their_paths() {
    let records = records().await;
    records.save_order(&order(1)).await.unwrap();
    let sorted = ["/authz/A", "/authz/B", "/authz/_", "/authz/a", "/authz/b"].map(path);
    let [upper_a, upper_b, low, a, b] = sorted.clone();
    records.link_order(&order(1).id, None, None, &[b, upper_a, low, a, upper_b]).await.unwrap();
    let listed = records.authorizations_of_order(&order(1).id).await.unwrap();
    assert_eq!(listed.into_iter().map(|it| it.id).collect::<Vec<_>>(), sorted);
}
