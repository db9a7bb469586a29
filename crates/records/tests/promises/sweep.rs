use tollgate_acme::{authorization::AuthorizationStatus, order::OrderStatus};
use tollgate_records::{Certificate, Order};

use super::{account, certificate, certificate_id, days, name, order, path, records, t0};
use crate::Fresh;

async fn with_order(order: &Order) -> Fresh {
    let records = records().await;
    records.save_order(order).await.unwrap();
    records
}

#[tokio::test]
async fn finished_orders_are_forgotten_and_unfinished_ones_kept_120_days_longer() {
    use OrderStatus::{Invalid, Pending, Processing, Ready, Valid};
    // (status, forgotten by a sweep before day 0, 1 and 121)
    for (status, forgotten) in [
        (Valid, [false, true, true]),
        (Invalid, [false, true, true]),
        (Pending, [false, false, true]),
        (Ready, [false, false, true]),
        (Processing, [false, false, true]),
    ] {
        let order = Order { status, ..order(1) };
        let records = with_order(&order).await;
        for (day, forgotten) in [0, 1, 121].into_iter().zip(forgotten) {
            records.sweep(days(day)).await.unwrap();
            let is_forgotten = records.order(&order.id).await.unwrap().is_none();
            assert_eq!(is_forgotten, forgotten, "{status:?}, day {day}");
        }
    }
}

#[tokio::test]
async fn order_takes_its_urls_and_its_finished_authorizations_along() {
    let finished = Order { status: OrderStatus::Valid, ..order(1) };
    let records = with_order(&finished).await;
    let (done, pending) = (path("/authz/1"), path("/authz/2"));
    records
        .link_order(
            &finished.id,
            Some(&path("/finalize/1")),
            Some(&path("/cert/1")),
            &[done.clone(), pending.clone()],
        )
        .await
        .unwrap();
    records.save_authorization(&done, &account(1), None, &[path("/chall/1")]).await.unwrap();
    records.claim_outcome(&done, AuthorizationStatus::Valid).await.unwrap();

    assert_eq!(records.sweep(days(1)).await.unwrap(), 2);
    for text in ["/acme/order/1", "/finalize/1", "/cert/1", "/authz/1", "/chall/1"] {
        assert_eq!(records.resource(&path(text)).await.unwrap(), None, "{text}");
    }
    assert!(records.authorization(&pending).await.unwrap().is_some());
    records.sweep(days(121)).await.unwrap();
    assert!(records.authorization(&pending).await.unwrap().is_none());
}

#[tokio::test]
async fn authorization_used_by_a_younger_order_stays() {
    let old = Order { status: OrderStatus::Valid, ..order(1) };
    let young = Order { status: OrderStatus::Valid, created: days(10), ..order(2) };
    let records = with_order(&old).await;
    records.save_order(&young).await.unwrap();
    for order in [&young, &old] {
        records.link_order(&order.id, None, None, &[path("/authz/1")]).await.unwrap();
    }
    records.claim_outcome(&path("/authz/1"), AuthorizationStatus::Valid).await.unwrap();
    records.sweep(days(1)).await.unwrap();
    assert_eq!(records.order(&old.id).await.unwrap(), None);
    assert!(records.authorization(&path("/authz/1")).await.unwrap().unwrap().counted);
}

#[tokio::test]
async fn finished_authorization_of_an_unfinished_order_stays() {
    let records = with_order(&order(1)).await;
    records.link_order(&order(1).id, None, None, &[path("/authz/1")]).await.unwrap();
    records.claim_outcome(&path("/authz/1"), AuthorizationStatus::Valid).await.unwrap();
    assert_eq!(records.sweep(days(1)).await.unwrap(), 0);
    assert_eq!(records.authorizations_of_order(&order(1).id).await.unwrap().len(), 1);
}

#[tokio::test]
async fn authorization_without_an_order_is_kept_thirty_days_from_the_first_sweep() {
    let records = records().await;
    records.save_authorization(&path("/authz/1"), &account(1), None, &[]).await.unwrap();
    records.claim_outcome(&path("/authz/1"), AuthorizationStatus::Invalid).await.unwrap();
    for (day, kept) in [(0, true), (1, true), (30, true), (31, false)] {
        records.sweep(days(day)).await.unwrap();
        assert_eq!(records.authorization(&path("/authz/1")).await.unwrap().is_some(), kept, "day {day}");
    }
}

#[tokio::test]
async fn issued_set_outlives_its_order_by_120_days() {
    let finished = Order { status: OrderStatus::Valid, ..order(1) };
    let records = with_order(&finished).await;
    records.claim_issuance(&finished.id, t0()).await.unwrap();
    for (day, known) in [(1, true), (120, true), (121, false)] {
        records.sweep(days(day)).await.unwrap();
        let issued = records.set_issued_since(&finished.identifiers.id(), t0()).await.unwrap();
        assert_eq!(issued, known, "day {day}");
    }
    assert_eq!(records.order(&finished.id).await.unwrap(), None);
}

#[tokio::test]
async fn certificate_is_forgotten_when_it_is_expired_and_120_days_old() {
    for (validity, forgotten_on) in [(90, 121), (365, 366)] {
        let records = records().await;
        let certificate = Certificate { not_after: days(validity), ..certificate(1) };
        records.save_certificate(&certificate).await.unwrap();
        records.sweep(days(forgotten_on - 1)).await.unwrap();
        assert!(records.certificate(&certificate_id(1)).await.unwrap().is_some(), "{validity} days");
        records.sweep(days(forgotten_on)).await.unwrap();
        assert!(records.certificate(&certificate_id(1)).await.unwrap().is_none(), "{validity} days");
    }
}

#[tokio::test]
async fn certificate_keeps_the_order_that_replaces_it() {
    let replacing = Order { status: OrderStatus::Valid, replaces: Some(certificate_id(1)), ..order(2) };
    let records = with_order(&replacing).await;
    records.save_certificate(&certificate(1)).await.unwrap();
    records.sweep(days(120)).await.unwrap();
    let replaced_by = records.certificate(&certificate_id(1)).await.unwrap().unwrap().replaced_by;
    assert_eq!(replaced_by, Some(replacing.id.clone()));
    // Both go in one sweep.
    assert_eq!(records.sweep(days(121)).await.unwrap(), 2);
}

#[tokio::test]
async fn accounts_and_pauses_in_force_are_never_forgotten_and_lifted_pauses_late() {
    let records = records().await;
    records.save_account(&account(1), None, t0()).await.unwrap();
    let (lifted, paused) = (name("a.example"), name("b.example"));
    records.pause(&account(1), &lifted, t0(), days(-14)).await.unwrap();
    records.unpause(&account(1), t0(), 1).await.unwrap();
    records.pause(&account(1), &paused, t0(), days(-14)).await.unwrap();

    assert_eq!(records.sweep(days(120)).await.unwrap(), 0);
    assert_eq!(records.sweep(days(121)).await.unwrap(), 1);
    assert_eq!(records.sweep(days(100_000)).await.unwrap(), 0);
    assert!(records.account(&account(1)).await.unwrap().is_some());
    assert_eq!(records.pauses(&account(1), 10).await.unwrap().len(), 1);
}

#[tokio::test]
async fn more_rows_than_one_write_forgets_are_all_forgotten() {
    let records = records().await;
    let orders: Vec<_> = (0..2_001).map(|n| Order { status: OrderStatus::Invalid, ..order(n) }).collect();
    let saved = futures_util::future::join_all(orders.iter().map(|order| records.save_order(order))).await;
    assert!(saved.into_iter().all(Result::unwrap));
    assert_eq!(records.sweep(days(1)).await.unwrap(), 2_001);
}

#[tokio::test]
async fn sweeping_before_any_moment_is_harmless() {
    let records = with_order(&order(1)).await;
    records.sweep(jiff::Timestamp::MIN).await.unwrap();
    assert!(records.order(&order(1).id).await.unwrap().is_some());
    records.sweep(jiff::Timestamp::MAX).await.unwrap();
}
