//! A server that is stopped or hangs.

use std::{error::Error as _, time::Duration};

use tollgate_records::{PostgresqlOptions, Records, RecordsError};
use tollgate_test_servers::postgres::PostgresServer;

use crate::{
    options,
    promises::{account, order, t0},
};

/// How long a server that is there again may stay unnoticed.
const NOTICED_WITHIN: Duration = Duration::from_secs(20);

fn impatient(url: &str) -> PostgresqlOptions {
    PostgresqlOptions { deadline: Duration::from_millis(300), ..options(url) }
}

/// Asks until it is answered; there is no event to wait for.
async fn is_there_again(records: &Records) {
    let asked = async {
        let mut every = tokio::time::interval(Duration::from_millis(50));
        loop {
            every.tick().await;
            if records.save_order(&order(2)).await.is_ok() && records.order(&order(2).id).await.is_ok() {
                return;
            }
        }
    };
    tokio::time::timeout(NOTICED_WITHIN, asked).await.expect("the server is there again");
}

#[tokio::test]
async fn while_the_server_is_stopped_calls_fail_and_afterwards_they_work_by_themselves() {
    let mut server = PostgresServer::start(&[]);
    let records = Records::connect(&impatient(&server.database())).await.unwrap();
    records.save_order(&order(1)).await.unwrap();

    server.stop();
    let read = records.order(&order(1).id).await.unwrap_err();
    assert!(matches!(read, RecordsError::Database(_) | RecordsError::Slow), "{read:?}");
    // It is known by now: nothing is tried, and nobody waits.
    for answer in [
        records.save_account(&account(1), None, t0()).await,
        records.order(&order(1).id).await.map(drop),
        records.sweep(t0()).await.map(drop),
    ] {
        assert!(matches!(answer, Err(RecordsError::Away)), "{answer:?}");
    }

    server.restart();
    is_there_again(&records).await;
    assert!(records.order(&order(1).id).await.unwrap().is_some(), "what was answered is kept");
}

#[tokio::test]
async fn write_that_meets_a_stopped_server_fails() {
    let mut server = PostgresServer::start(&[]);
    let records = Records::connect(&impatient(&server.database())).await.unwrap();
    records.save_order(&order(1)).await.unwrap();
    server.stop();
    let write = records.save_account(&account(1), None, t0()).await.unwrap_err();
    assert!(matches!(write, RecordsError::Commit(_)), "{write:?}");
    server.restart();
    is_there_again(&records).await;
}

#[tokio::test]
async fn a_server_that_hangs_is_waited_for_until_the_deadline_only() {
    let server = PostgresServer::start(&[]);
    let records = Records::connect(&impatient(&server.database())).await.unwrap();
    records.save_order(&order(1)).await.unwrap();
    records.order(&order(1).id).await.unwrap();

    server.hang(true);
    let read = records.order(&order(1).id).await.unwrap_err();
    assert!(matches!(read, RecordsError::Slow | RecordsError::Database(_)), "{read:?}");
    assert!(matches!(records.order(&order(1).id).await, Err(RecordsError::Away)));
    server.hang(false);
    is_there_again(&records).await;
}

#[tokio::test]
async fn a_server_that_is_not_there_at_the_start_is_named_without_its_password() {
    let mut server = PostgresServer::start(&[]);
    let url = server.database().replace("tollgate@", "tollgate:geheim@");
    server.stop();
    let error = Records::connect(&options(&url)).await.err().expect("nobody listens there");
    let told = format!("{error}: {}", error.source().unwrap());
    let port = server.port();
    let expected =
        format!("cannot open the records database postgresql://tollgate@127.0.0.1:{port}/test_0: ");
    assert!(told.starts_with(&expected), "{told}");
    assert!(!told.contains("geheim") && !format!("{error:?}").contains("geheim"), "{told}");
}
