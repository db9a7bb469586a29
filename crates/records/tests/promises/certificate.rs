use tollgate_acme::order::OrderStatus;
use tollgate_records::{Certificate, Order, Records};

use super::{account, certificate, certificate_id, order, path, records};

fn replacing(number: u32) -> Order {
    Order { replaces: Some(certificate_id(1)), ..order(number) }
}

async fn replaced_by(records: &Records) -> Option<u32> {
    let order = records.certificate(&certificate_id(1)).await.unwrap().unwrap().replaced_by?;
    Some(order.as_str().strip_prefix("/acme/order/").unwrap().parse().unwrap())
}

#[tokio::test]
async fn certificate_is_read_as_it_was_saved() {
    let records = records().await;
    records.save_certificate(&certificate(1)).await.unwrap();
    assert_eq!(records.certificate(&certificate_id(1)).await.unwrap(), Some(certificate(1)));
    assert_eq!(records.certificate(&certificate_id(2)).await.unwrap(), None);
}

#[tokio::test]
async fn certificate_saved_again_keeps_its_account_and_learns_its_order_and_revocation() {
    let records = records().await;
    let early = Certificate { order: None, ..certificate(1) };
    let late = Certificate {
        account: account(2),
        revoked: true,
        order: Some(path("/acme/order/7")),
        ..certificate(1)
    };
    for certificate in [&early, &late, &early] {
        records.save_certificate(certificate).await.unwrap();
    }
    let expected = Certificate { revoked: true, order: Some(path("/acme/order/7")), ..certificate(1) };
    assert_eq!(records.certificate(&certificate_id(1)).await.unwrap(), Some(expected));
}

#[tokio::test]
async fn revocation_is_remembered() {
    let records = records().await;
    records.save_certificate(&certificate(1)).await.unwrap();
    records.revoke_certificate(&certificate_id(1)).await.unwrap();
    records.revoke_certificate(&certificate_id(2)).await.unwrap();
    assert!(records.certificate(&certificate_id(1)).await.unwrap().unwrap().revoked);
    assert_eq!(records.certificate(&certificate_id(2)).await.unwrap(), None);
}

#[tokio::test]
async fn first_order_that_is_not_invalid_replaces_the_certificate() {
    let records = records().await;
    records.save_certificate(&certificate(1)).await.unwrap();
    assert_eq!(replaced_by(&records).await, None);

    records.save_order(&order(1)).await.unwrap();
    assert_eq!(replaced_by(&records).await, None, "an order without replaces");
    records.save_order(&replacing(2)).await.unwrap();
    records.save_order(&replacing(3)).await.unwrap();
    assert_eq!(replaced_by(&records).await, Some(2));

    records.set_order_status(&replacing(2).id, OrderStatus::Invalid).await.unwrap();
    assert_eq!(replaced_by(&records).await, Some(3), "freed, but claimed by another since");
    records.set_order_status(&replacing(3).id, OrderStatus::Invalid).await.unwrap();
    assert_eq!(replaced_by(&records).await, None);
    records.set_order_status(&replacing(3).id, OrderStatus::Valid).await.unwrap();
    assert_eq!(replaced_by(&records).await, None, "invalid is for good");
}

#[tokio::test]
async fn replacement_is_known_although_the_certificate_is_seen_later() {
    let records = records().await;
    records.save_order(&replacing(1)).await.unwrap();
    records.save_certificate(&certificate(1)).await.unwrap();
    assert_eq!(replaced_by(&records).await, Some(1));
}
