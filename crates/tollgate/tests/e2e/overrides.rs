//! Overrides kept in the records, in force without a restart.

use std::time::Duration;

use tokio::time::{interval, timeout};
use tollgate_engine::Quota;
use tollgate_policy::{limit::LimitName, overrides::Subject};
use tollgate_records::StoredOverride;

use crate::{
    gateway::{ALWAYS_VALID, Gateway},
    volume::order_afresh,
};

/// The promise: five seconds from the change to every gateway.
const IN_FORCE_WITHIN: Duration = Duration::from_secs(5);

#[tokio::test]
async fn a_refused_account_passes_once_its_override_is_stored_and_not_once_it_is_removed() {
    let gateway =
        Gateway::start(&format!("{ALWAYS_VALID}[limits.new-orders-per-account]\nburst = 1\ncount = 1\n"))
            .await;
    let mut client = gateway.client().await;
    for expected in [201, 429] {
        assert_eq!(order_afresh(&mut client, &["www.example.com"]).await.status(), expected);
    }

    let limit = LimitName::NewOrdersPerAccount;
    let account = client.account().expect("it is registered");
    let subject = Subject::parse(limit, account).expect("an account's URL is a subject");
    let now = jiff::Timestamp::UNIX_EPOCH;
    let granted = StoredOverride {
        limit,
        subject: subject.clone(),
        quota: Quota::new(10, Duration::from_secs(3 * 3600), 1000).expect("representable"),
        author: "operator".to_owned(),
        reason: "a test".to_owned(),
        expires: None,
        changed: now,
    };
    gateway.records().put_override(granted, false, "operator", now).await.expect("it is written");
    answered(&mut client, 201).await;

    gateway.records().remove_override(limit, &subject, "operator", "over", now).await.expect("it is written");
    answered(&mut client, 429).await;
}

/// Orders until the answer is `status`.
async fn answered(client: &mut tollgate::client::AcmeClient, status: u16) {
    let asking = async {
        let mut again = interval(Duration::from_millis(50));
        loop {
            again.tick().await;
            if order_afresh(client, &["www.example.com"]).await.status() == status {
                return;
            }
        }
    };
    timeout(IN_FORCE_WITHIN, asking)
        .await
        .unwrap_or_else(|_| panic!("no {status} within {IN_FORCE_WITHIN:?}"));
}
