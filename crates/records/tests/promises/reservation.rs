use tollgate_records::{Forgotten, Order, Records, ReservationId, Reserved, ReservedUnit};

use super::{order, path, records, winners};

fn reserved(at_nanos: u64) -> Reserved {
    let unit = |n: u64| ReservedUnit { bucket: [u64::MAX - n, n], increment_nanos: 10 + n };
    Reserved { at_nanos, units: vec![unit(1), unit(2)] }
}

async fn held(records: &Records, at_nanos: u64) -> ReservationId {
    records.reserve(&reserved(at_nanos)).await.unwrap().committed().await.unwrap()
}

/// Saves an order that has the reservation; whether it is new.
async fn save(records: &Records, id: &str, reservation: ReservationId, expires_nanos: Option<u64>) -> bool {
    let order = Order { id: path(id), ..order(1) };
    records.save_reserved_order(&order, reservation, expires_nanos).await.unwrap()
}

fn before(unmade_before: u64, unfinished_before: u64, expired_before: u64) -> Forgotten {
    Forgotten { unmade_before, unfinished_before, expired_before }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn reservation_is_returned_by_exactly_one_of_many_callers() {
    let records = records().await;
    let id = held(&records, 5).await;
    assert!(save(&records, "/order/1", id, None).await);
    let returned = winners(|n| {
        let records = records.clone();
        async move {
            let returned = match n % 3 {
                0 => records.return_reservation(id).await?,
                1 => records.return_held(&path("/order/1")).await?,
                _ => records.return_forgotten(before(6, 6, 0)).await?.0.pop(),
            };
            assert!(returned.as_ref().is_none_or(|returned| *returned == reserved(5)));
            Ok(returned.is_some())
        }
    })
    .await;
    assert_eq!(returned, 1);
    assert_eq!(records.keep_reservation(&path("/order/1")).await.unwrap(), None);
    assert!(save(&records, "/order/2", id, None).await);
    assert_eq!(records.keep_reservation(&path("/order/2")).await.unwrap(), None, "it was returned before");
}

#[tokio::test]
async fn order_that_is_known_takes_no_second_reservation() {
    let records = records().await;
    let [first, second] = [held(&records, 5).await, held(&records, 6).await];
    assert!(save(&records, "/order/1", first, None).await);
    assert!(!save(&records, "/order/1", second, None).await);
    assert_eq!(records.return_reservation(second).await.unwrap(), Some(reserved(6)));
    assert_eq!(records.keep_reservation(&path("/order/1")).await.unwrap(), Some(reserved(5)));
}

#[tokio::test]
async fn kept_reservation_is_told_again_and_returned_only_by_an_undoing() {
    let records = records().await;
    let order = path("/order/1");
    let id = held(&records, 5).await;
    save(&records, "/order/1", id, None).await;
    assert_eq!(records.return_kept(&order).await.unwrap(), None, "it is held, not kept");
    for _ in 0..2 {
        assert_eq!(records.keep_reservation(&order).await.unwrap(), Some(reserved(5)));
    }
    assert_eq!(records.return_held(&order).await.unwrap(), None);
    assert_eq!(records.return_reservation(id).await.unwrap(), None);
    assert_eq!(records.return_forgotten(before(u64::MAX, u64::MAX, u64::MAX)).await.unwrap(), (vec![], true));
    assert_eq!(records.return_kept(&order).await.unwrap(), Some(reserved(5)));
    assert_eq!(records.return_kept(&order).await.unwrap(), None);
}

#[tokio::test]
async fn forgotten_are_those_without_an_order_for_a_while_those_expired_and_the_others_for_long() {
    let records = records().await;
    // (made, order and when it expires, whether it is forgotten)
    let all = [
        (10, None, true),
        (20, None, false),
        (11, Some(("/order/1", None)), false),
        (1, Some(("/order/2", None)), true),
        (12, Some(("/order/3", Some(29))), true),
        (2, Some(("/order/4", Some(30))), false),
    ];
    for (at, order, _) in all {
        let id = held(&records, at).await;
        if let Some((order, expires)) = order {
            save(&records, order, id, expires).await;
        }
    }
    let (mut returned, is_all) = records.return_forgotten(before(15, 5, 30)).await.unwrap();
    returned.sort_by_key(|reserved| reserved.at_nanos);
    let mut expected: Vec<_> = all.into_iter().filter(|it| it.2).map(|it| reserved(it.0)).collect();
    expected.sort_by_key(|reserved| reserved.at_nanos);
    assert_eq!(returned, expected);
    assert!(is_all);
}

#[tokio::test]
async fn reservation_whose_order_cannot_be_followed_is_kept() {
    let records = records().await;
    let id = held(&records, 5).await;
    records.keep_reservation_unbound(id).await.unwrap();
    assert_eq!(records.return_reservation(id).await.unwrap(), None);
}

#[tokio::test]
async fn reservation_is_written_although_nobody_waits_for_it() {
    let records = records().await;
    drop(records.reserve(&reserved(5)).await.unwrap());
    let all = before(u64::MAX, u64::MAX, u64::MAX);
    assert_eq!(records.return_forgotten(all).await.unwrap(), (vec![reserved(5)], true));
}
