//! Two limiters over the same buckets and records, as two gateways have them.

use std::{sync::Arc, time::Duration};

use tollgate_acme::{order::OrderStatus, resource::ResourcePath};
use tollgate_policy::{Policy, config, limit::LimitName};
use tollgate_records::{Admitted, Issuance, Order};

use crate::fixture::*;

/// One certificate a set, counted when it is ordered; its token takes a year to come back by itself.
fn strict() -> Policy {
    let file = "accounting = \"order\"\n[limits.certificates-per-exact-set]\ncount = 1\nburst = 1\nperiod = \"365d\"";
    Policy::from_raw(&config::parse(file).unwrap()).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_killed_gateway_left_is_given_back_once_however_many_others_sweep() {
    let killed = World::with_policy(strict()).await;
    let others = [killed.another_gateway(), killed.another_gateway(), killed.another_gateway()].map(Arc::new);
    // Admitted and on its way to the CA: nobody hears of it again.
    drop(admitted(killed.order(&account(1), &["a.example"]).await));
    let refusal = refused(killed.order(&account(1), &["a.example"]).await);
    assert_eq!(limit_and_wait(&refusal).0, LimitName::CertificatesPerExactSet);

    killed.advance(Duration::from_secs(11 * 60));
    let sweeps = others
        .clone()
        .map(|gateway| tokio::spawn(async move { gateway.sweep_reservations().await.unwrap() }));
    let mut given_back = 0;
    for sweep in sweeps {
        given_back += sweep.await.unwrap();
    }
    assert_eq!(given_back, 1);
    drop(admitted(killed.order(&account(1), &["a.example"]).await));
    refused(killed.order(&account(1), &["a.example"]).await);
}

#[tokio::test]
async fn an_order_made_by_one_gateway_is_ended_by_another_once() {
    let killed = World::with_policy(strict()).await;
    let other = killed.another_gateway();
    let mut reservation = admitted(killed.order(&account(1), &["a.example"]).await);
    let order = Order {
        id: ResourcePath::of("/order/1").unwrap(),
        account: account(1),
        identifiers: set(&["a.example"]),
        admitted: Admitted::Limited,
        replaces: None,
        status: OrderStatus::Pending,
        issuance: Issuance::NotCounted,
        created: killed.moment(),
    };
    assert!(killed.limiter.save_order(&order, &mut reservation, None).await.unwrap());
    assert!(reservation.take_held().is_none(), "it is the order's");
    drop(reservation);
    for _ in 0..2 {
        other.order_ended(&order.id).await.unwrap();
    }
    drop(admitted(killed.order(&account(1), &["a.example"]).await));
    refused(killed.order(&account(1), &["a.example"]).await);
}
