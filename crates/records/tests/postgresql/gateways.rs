//! Several gateways over one database.

use futures_util::future::join_all;
use tollgate_acme::authorization::AuthorizationStatus;
use tollgate_records::{Forgotten, Order, Records, Reserved, ReservedUnit};
use tollgate_test_servers::postgres::PostgresServer;

use crate::{
    fresh,
    promises::{account, after, days, key, name, order, path, t0, winners},
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_claim_is_one_gateways_and_one_callers() {
    let fresh = fresh().await;
    let gateways = [fresh.records.clone(), fresh.other_gateway().await];
    let gateway = |n: usize| gateways[n % 2].clone();
    let saved = winners(|n| {
        let gateway = gateway(n);
        async move { gateway.save_order(&order(1)).await }
    });
    assert_eq!(saved.await, 1, "an order is new once");
    let counted = winners(|n| {
        let gateway = gateway(n);
        async move { gateway.claim_issuance(&order(1).id, after(1)).await }
    });
    assert_eq!(counted.await, 1, "a certificate is counted once");
    let authorization = path("/authz/1");
    gateways[0].save_authorization(&authorization, &account(1), None, &[]).await.unwrap();
    let claimed = winners(|n| {
        let (gateway, authorization) = (gateway(n), authorization.clone());
        async move { gateway.claim_outcome(&authorization, AuthorizationStatus::Invalid).await }
    });
    assert_eq!(claimed.await, 1, "a failure is counted once");
    let paused = winners(|n| {
        let gateway = gateway(n);
        async move { gateway.pause(&account(1), &name("a.example"), t0(), days(-14)).await }
    });
    assert_eq!(paused.await, 1, "a pair is paused once");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_reserved_is_returned_by_one_gateway_however_many_sweep() {
    const COUNT: u64 = 1_200;
    let fresh = fresh().await;
    let gateways = [fresh.records.clone(), fresh.other_gateway().await, fresh.other_gateway().await];
    let reserved: Vec<_> = (1..=COUNT)
        .map(|n| Reserved { at_nanos: n, units: vec![ReservedUnit { bucket: [n, n], increment_nanos: n }] })
        .collect();
    for reserving in join_all(reserved.iter().map(|one| gateways[0].reserve(one))).await {
        reserving.unwrap().committed().await.unwrap();
    }
    let all = Forgotten { unmade_before: u64::MAX, unfinished_before: u64::MAX, expired_before: u64::MAX };
    let sweeps = join_all(gateways.map(|gateway| {
        tokio::spawn(async move {
            let mut returned = Vec::new();
            loop {
                let (some, is_all) = gateway.return_forgotten(all).await.unwrap();
                returned.extend(some);
                if is_all {
                    return returned;
                }
            }
        })
    }));
    let mut returned: Vec<_> = sweeps.await.into_iter().flat_map(Result::unwrap).collect();
    returned.sort_by_key(|one| one.at_nanos);
    assert_eq!(returned, reserved, "each once");
}

/// Two batches that lock the same rows in opposite orders would end one of them, were they at work at
/// the same time.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn batches_over_the_same_rows_in_opposite_orders_do_not_lock_each_other_out() {
    let fresh = fresh().await;
    let other = fresh.other_gateway().await;
    let orders: Vec<Order> = (0..200).map(order).collect();
    for saved in join_all(orders.iter().map(|order| fresh.save_order(order))).await {
        assert!(saved.unwrap());
    }
    async fn touch(records: Records, orders: Vec<Order>) {
        let touched = join_all(orders.iter().map(|order| async {
            records.link_order(&order.id, Some(&path("/finalize")), None, &[path("/authz/1")]).await?;
            records.set_order_status(&order.id, order.status).await
        }));
        touched.await.into_iter().for_each(|it| it.unwrap());
    }
    let forwards = tokio::spawn(touch(fresh.records.clone(), orders.clone()));
    let backwards = tokio::spawn(touch(other, orders.into_iter().rev().collect()));
    forwards.await.unwrap();
    backwards.await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_key_saved_for_two_accounts_at_once_is_one_of_theirs() {
    let fresh = fresh().await;
    let gateways = [fresh.records.clone(), fresh.other_gateway().await];
    let saves = (0..100_u32).map(|n| {
        let gateway = gateways[n as usize % 2].clone();
        tokio::spawn(async move { gateway.save_account(&account(n % 2 + 1), Some(&key(1)), t0()).await })
    });
    for saved in join_all(saves).await {
        saved.unwrap().unwrap();
    }
    let keys: Vec<_> = join_all([1, 2].map(|n| {
        let fresh = fresh.clone();
        async move { fresh.account(&account(n)).await.unwrap().unwrap().key }
    }))
    .await;
    assert_eq!(keys.iter().flatten().count(), 1, "{keys:?}");
}

#[tokio::test]
async fn what_one_gateway_has_written_the_other_reads() {
    let fresh = fresh().await;
    let other = fresh.other_gateway().await;
    fresh.save_account(&account(1), Some(&key(1)), t0()).await.unwrap();
    assert_eq!(other.account_by_key(&key(1).thumbprint()).await.unwrap().unwrap().id, account(1));
    fresh.pause(&account(1), &name("a.example"), t0(), days(-14)).await.unwrap();
    assert_eq!(other.paused_among(&account(1), &[name("a.example")], 15).await.unwrap().len(), 1);
}

/// A gateway of a later version brings the database up while others still run.
#[tokio::test]
async fn a_column_added_meanwhile_disturbs_no_read() {
    let fresh = fresh().await;
    fresh.save_order(&order(1)).await.unwrap();
    assert!(fresh.order(&order(1).id).await.unwrap().is_some());
    for table in ["orders", "accounts", "authorizations", "certificates", "pauses", "overrides", "audit"] {
        PostgresServer::sql(&fresh.url, &format!("ALTER TABLE {table} ADD COLUMN later TEXT"));
    }
    assert!(fresh.order(&order(1).id).await.unwrap().is_some());
    fresh.save_order(&order(2)).await.unwrap();
}
