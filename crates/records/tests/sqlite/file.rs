use std::{error::Error, fs, path::Path};

use futures_util::future::join_all;
use tollgate_acme::{authorization::AuthorizationStatus, order::OrderStatus};
use tollgate_records::{Issuance, Order, Records, RecordsError, Resource};

use crate::promises::{account, after, certificate, certificate_id, days, key, name, order, path, t0};

/// An error and its causes, as the binary prints them.
fn line(error: &RecordsError, directory: &Path) -> String {
    let mut line = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        line = format!("{line}: {cause}");
        source = cause.source();
    }
    line.replace(&directory.display().to_string(), "DIRECTORY")
}

#[tokio::test]
async fn everything_survives_close_and_reopen() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("records.db");
    let renewing = Order { replaces: Some(certificate_id(1)), ..order(1) };
    {
        let records = Records::open(&file).await.unwrap();
        records.save_account(&account(1), Some(&key(1)), t0()).await.unwrap();
        records.save_order(&renewing).await.unwrap();
        records
            .link_order(&renewing.id, Some(&path("/fin")), Some(&path("/cert")), &[path("/authz")])
            .await
            .unwrap();
        records
            .save_authorization(&path("/authz"), &account(1), Some(&name("example.com")), &[path("/chall")])
            .await
            .unwrap();
        records.claim_outcome(&path("/authz"), AuthorizationStatus::Valid).await.unwrap();
        records.set_order_status(&renewing.id, OrderStatus::Valid).await.unwrap();
        records.claim_issuance(&renewing.id, after(5)).await.unwrap();
        records.save_certificate(&certificate(1)).await.unwrap();
        records.pause(&account(1), &name("a.example"), t0(), days(-14)).await.unwrap();
        records.close().await;
    }

    let records = Records::open(&file).await.unwrap();
    assert_eq!(records.account_by_key(&key(1).thumbprint()).await.unwrap().unwrap().id, account(1));
    let expected = Order { status: OrderStatus::Valid, issuance: Issuance::Counted, ..renewing.clone() };
    assert_eq!(records.order(&renewing.id).await.unwrap(), Some(expected));
    assert!(!records.claim_issuance(&renewing.id, after(9)).await.unwrap());
    assert!(records.set_issued_since(&renewing.identifiers.id(), after(5)).await.unwrap());
    assert_eq!(records.resource(&path("/chall")).await.unwrap(), Some(Resource::Challenge(path("/authz"))));
    let authorizations = records.authorizations_of_order(&renewing.id).await.unwrap();
    assert_eq!(authorizations[0].identifier, Some(name("example.com")));
    assert!(!records.claim_outcome(&path("/authz"), AuthorizationStatus::Valid).await.unwrap());
    let certificate = records.certificate(&certificate_id(1)).await.unwrap().unwrap();
    assert_eq!(certificate.replaced_by, Some(renewing.id));
    let paused = records.paused_among(&account(1), &[name("a.example")], 15).await.unwrap();
    assert_eq!(paused, [name("a.example")]);
    records.close().await;
}

#[tokio::test]
async fn closing_does_what_is_queued() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("records.db");
    let records = Records::open(&file).await.unwrap();
    let orders: Vec<_> = (0..500).map(order).collect();
    // Polled in this order: all writes are queued before the closing is.
    let writes = join_all(orders.iter().map(|order| records.save_order(order)));
    let (saved, ()) = futures_util::future::join(writes, records.close()).await;
    assert!(saved.into_iter().all(Result::unwrap));

    let records = Records::open(&file).await.unwrap();
    for order in orders {
        assert_eq!(records.order(&order.id).await.unwrap(), Some(order));
    }
}

#[tokio::test]
async fn after_closing_writes_are_refused_and_closing_again_is_harmless() {
    let records = crate::fresh().await;
    let clone = records.clone();
    records.close().await;
    assert!(matches!(clone.save_order(&order(1)).await, Err(RecordsError::Closed)));
    assert!(matches!(clone.order(&order(1).id).await, Err(RecordsError::Database(_))));
    clone.close().await;
}

#[tokio::test]
async fn two_databases_in_memory_never_meet() {
    let (one, other) = (crate::fresh().await, crate::fresh().await);
    one.save_order(&order(1)).await.unwrap();
    assert_eq!(other.order(&order(1).id).await.unwrap(), None);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn reads_see_every_write_that_was_answered() {
    let directory = tempfile::tempdir().unwrap();
    let records = Records::open(&directory.path().join("records.db")).await.unwrap();
    let tasks: Vec<_> = (0..200)
        .map(|number| {
            let records = records.clone();
            tokio::spawn(async move {
                let order = order(number);
                assert!(records.save_order(&order).await.unwrap());
                assert_eq!(records.order(&order.id).await.unwrap(), Some(order));
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
}

#[tokio::test]
async fn path_that_cannot_be_used_is_named_in_the_error() {
    let directory = tempfile::tempdir().unwrap();
    let inside = |text: &str| directory.path().join(text);
    fs::create_dir(inside("folder")).unwrap();
    fs::write(inside("file"), b"no folder").unwrap();
    fs::write(inside("notes.txt"), [b'x'; 4096]).unwrap();
    let mut damaged = b"SQLite format 3\0".to_vec();
    damaged.resize(8192, 0xAA);
    fs::write(inside("damaged.db"), damaged).unwrap();

    let mut lines = Vec::new();
    for text in ["missing/records.db", "folder", "file/records.db", "notes.txt", "damaged.db"] {
        let error = Records::open(&inside(text)).await.err().expect(text);
        lines.push(line(&error, directory.path()));
    }
    insta::assert_snapshot!(lines.join("\n"));
}

#[cfg(unix)]
#[tokio::test]
async fn only_the_owner_can_read_the_file() {
    use std::os::unix::fs::PermissionsExt;
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("records.db");
    let records = Records::open(&file).await.unwrap();
    records.save_account(&account(1), None, t0()).await.unwrap();
    for name in ["records.db", "records.db-wal"] {
        let mode = fs::metadata(directory.path().join(name)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{name}");
    }
}
