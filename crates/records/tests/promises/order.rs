use tollgate_acme::order::OrderStatus;
use tollgate_records::{Admitted, Issuance, Order};

use super::{account, after, certificate_id, name, names, order, path, records, t0, winners};

#[tokio::test]
async fn order_is_read_as_it_was_saved() {
    let records = records().await;
    for (number, admitted, replaces, status) in [
        (1, Admitted::Limited, None, OrderStatus::Pending),
        (2, Admitted::RenewalBySet, None, OrderStatus::Ready),
        (3, Admitted::Ari, Some(certificate_id(1)), OrderStatus::Processing),
    ] {
        let saved = Order { admitted, replaces, status, ..order(number) };
        assert!(records.save_order(&saved).await.unwrap());
        assert_eq!(records.order(&saved.id).await.unwrap(), Some(saved));
    }
    assert_eq!(records.order(&path("/acme/order/4")).await.unwrap(), None);
}

#[tokio::test]
async fn order_given_again_is_not_new_and_changes_nothing() {
    let records = records().await;
    assert!(records.save_order(&order(1)).await.unwrap());
    let again = Order { identifiers: names(["other.example"]), created: after(1), ..order(1) };
    assert!(!records.save_order(&again).await.unwrap());
    assert_eq!(records.order(&order(1).id).await.unwrap(), Some(order(1)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn order_is_new_for_exactly_one_of_many_callers() {
    let records = records().await;
    let winners = winners(|_| {
        let records = records.clone();
        async move { records.save_order(&order(1)).await }
    })
    .await;
    assert_eq!(winners, 1);
}

#[tokio::test]
async fn status_moves_forward_only() {
    use OrderStatus::{Invalid, Pending, Processing, Ready, Valid};
    // (saved, then set, then read)
    for (number, (saved, set, read)) in (0..).zip([
        (Pending, Ready, Ready),
        (Ready, Processing, Processing),
        (Processing, Valid, Valid),
        (Processing, Invalid, Invalid),
        (Valid, Processing, Valid),
        (Valid, Invalid, Invalid),
        (Invalid, Pending, Invalid),
        (Invalid, Valid, Invalid),
    ]) {
        let records = records().await;
        let order = Order { status: saved, ..order(number) };
        records.save_order(&order).await.unwrap();
        records.set_order_status(&order.id, set).await.unwrap();
        let status = records.order(&order.id).await.unwrap().unwrap().status;
        assert_eq!(status, read, "{saved:?} then {set:?}");
    }
}

#[tokio::test]
async fn status_of_an_unknown_order_is_nothing() {
    let records = records().await;
    records.set_order_status(&path("/acme/order/1"), OrderStatus::Valid).await.unwrap();
    assert_eq!(records.order(&path("/acme/order/1")).await.unwrap(), None);
}

#[tokio::test]
async fn authorization_may_belong_to_several_orders() {
    let records = records().await;
    let (first, second) = (order(1), Order { created: after(5), ..order(2) });
    let shared = path("/acme/authz/1");
    for order in [&first, &second] {
        records.save_order(order).await.unwrap();
        records.link_order(&order.id, None, None, std::slice::from_ref(&shared)).await.unwrap();
    }
    // The youngest first; linked twice is linked once.
    records.link_order(&first.id, None, None, &[shared.clone(), shared.clone()]).await.unwrap();
    assert_eq!(records.orders_of_authorization(&shared).await.unwrap(), [second, first]);
    assert_eq!(records.orders_of_authorization(&path("/acme/authz/2")).await.unwrap(), []);
}

#[tokio::test]
async fn authorization_may_be_seen_before_or_after_its_order() {
    let records = records().await;
    let (early, late) = (path("/acme/authz/1"), path("/acme/authz/2"));
    records.save_authorization(&early, &account(1), Some(&name("example.com")), &[]).await.unwrap();
    records.save_order(&order(1)).await.unwrap();
    records.link_order(&order(1).id, None, None, &[early.clone(), late.clone()]).await.unwrap();
    records.save_authorization(&late, &account(1), Some(&name("*.example.com")), &[]).await.unwrap();

    let seen = records.authorizations_of_order(&order(1).id).await.unwrap();
    let seen: Vec<_> = seen.into_iter().map(|a| (a.id, a.account, a.identifier)).collect();
    assert_eq!(
        seen,
        [(early, account(1), Some(name("example.com"))), (late, account(1), Some(name("*.example.com")))]
    );
}

#[tokio::test]
async fn unknown_order_links_nothing() {
    let records = records().await;
    let (order, authorization) = (path("/acme/order/1"), path("/acme/authz/1"));
    records
        .link_order(&order, Some(&path("/f")), Some(&path("/c")), std::slice::from_ref(&authorization))
        .await
        .unwrap();
    assert_eq!(records.authorization(&authorization).await.unwrap(), None);
    assert_eq!(records.resource(&path("/f")).await.unwrap(), None);
}

#[tokio::test]
async fn authorizations_linked_to_one_order_are_bounded() {
    let records = records().await;
    records.save_order(&order(1)).await.unwrap();
    // Over several calls, so that the bound of one call is not what holds.
    for part in 0..3 {
        let many: Vec<_> = (0..600).map(|n| path(&format!("/acme/authz/{part}-{n}"))).collect();
        records.link_order(&order(1).id, None, None, &many).await.unwrap();
    }
    assert_eq!(records.authorizations_of_order(&order(1).id).await.unwrap().len(), 1_000);
}

#[tokio::test]
async fn order_already_counted_when_first_seen_renews_its_set() {
    let records = records().await;
    let counted = Order { issuance: Issuance::Counted, ..order(1) };
    records.save_order(&counted).await.unwrap();
    assert!(records.set_issued_since(&counted.identifiers.id(), t0()).await.unwrap());
}
