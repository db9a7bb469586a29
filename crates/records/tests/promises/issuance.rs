use tollgate_records::{Issuance, Order};

use super::{account, after, names, order, path, records, winners};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn issuance_is_counted_by_exactly_one_of_many_callers_and_undone_by_one() {
    let records = records().await;
    records.save_order(&order(1)).await.unwrap();
    let counted = winners(|_| {
        let records = records.clone();
        async move { records.claim_issuance(&order(1).id, after(1)).await }
    })
    .await;
    assert_eq!(counted, 1);
    let undone = winners(|_| {
        let records = records.clone();
        async move { records.undo_issuance(&order(1).id).await }
    })
    .await;
    assert_eq!(undone, 1);
}

#[tokio::test]
async fn issuance_moves_from_not_counted_to_counted_to_undone_and_no_further() {
    let records = records().await;
    let id = order(1).id;
    records.save_order(&order(1)).await.unwrap();
    let issuance = async || records.order(&id).await.unwrap().unwrap().issuance;

    assert!(!records.undo_issuance(&id).await.unwrap(), "nothing to undo yet");
    assert_eq!(issuance().await, Issuance::NotCounted);
    assert!(records.claim_issuance(&id, after(1)).await.unwrap());
    assert_eq!(issuance().await, Issuance::Counted);
    assert!(records.undo_issuance(&id).await.unwrap());
    assert_eq!(issuance().await, Issuance::Undone);
    assert!(!records.claim_issuance(&id, after(2)).await.unwrap(), "undone is for good");
    assert_eq!(issuance().await, Issuance::Undone);
}

#[tokio::test]
async fn issuance_of_an_unknown_order_is_nobodys() {
    let records = records().await;
    assert!(!records.claim_issuance(&path("/acme/order/1"), after(1)).await.unwrap());
    assert!(!records.undo_issuance(&path("/acme/order/1")).await.unwrap());
}

#[tokio::test]
async fn set_is_issued_from_the_moment_it_was_counted_until_it_is_undone() {
    let records = records().await;
    let set = order(1).identifiers.id();
    let issued_since = async |seconds| records.set_issued_since(&set, after(seconds)).await.unwrap();

    records.save_order(&order(1)).await.unwrap();
    assert!(!issued_since(0).await, "an order is no certificate");
    records.claim_issuance(&order(1).id, after(100)).await.unwrap();
    for (since, issued) in [(0, true), (99, true), (100, true), (101, false)] {
        assert_eq!(issued_since(since).await, issued, "since {since}s");
    }
    records.undo_issuance(&order(1).id).await.unwrap();
    assert!(!issued_since(0).await);
}

#[tokio::test]
async fn set_issued_to_any_account_counts_and_another_set_does_not() {
    let records = records().await;
    let mine = Order { account: account(2), ..order(1) };
    let wider = Order { identifiers: names(["example.com"]), ..order(2) };
    for order in [&mine, &wider] {
        records.save_order(order).await.unwrap();
    }
    records.claim_issuance(&mine.id, after(1)).await.unwrap();
    assert!(records.set_issued_since(&mine.identifiers.id(), after(0)).await.unwrap());
    assert!(!records.set_issued_since(&wider.identifiers.id(), after(0)).await.unwrap());
}

#[tokio::test]
async fn undoing_one_issuance_leaves_another_of_the_same_set() {
    let records = records().await;
    for number in [1, 2] {
        records.save_order(&order(number)).await.unwrap();
        records.claim_issuance(&order(number).id, after(1)).await.unwrap();
    }
    records.undo_issuance(&order(1).id).await.unwrap();
    assert!(records.set_issued_since(&order(2).identifiers.id(), after(0)).await.unwrap());
}
