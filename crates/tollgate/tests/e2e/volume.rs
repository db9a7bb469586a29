//! Orders by the hundred, by a client of our own.

use std::time::Duration;

use serde_json::Value;
use tollgate::client::{AcmeClient, Answer};

/// A client that orders as fast as it can meets these first.
pub(crate) const NO_OVERALL_LIMITS: &str = "[requests]
new-nonce = { enabled = false }
new-account = { enabled = false }
new-order = { enabled = false }
other = { enabled = false }
";

/// newOrder, whatever the answer.
pub(crate) async fn order(client: &mut AcmeClient, names: &[&str]) -> Answer {
    client.try_order(names).await.expect("the gateway answers")
}

/// newOrder with a fresh nonce: one from before a restart or a leap of the clock is no longer good.
pub(crate) async fn order_afresh(client: &mut AcmeClient, names: &[&str]) -> Answer {
    client.forget_nonce();
    order(client, names).await
}

/// How often something is asked that must come at last, with a twentieth of a second between.
const PATIENCE: usize = 1200;

/// Orders until it is answered with this status: what that says, and how many orders were made until then.
pub(crate) async fn order_until(
    client: &mut AcmeClient,
    status: u16,
    name: impl Fn(usize) -> String,
) -> (String, usize) {
    let (mut last, mut made) = (String::new(), 0);
    for number in 0..PATIENCE {
        let answer = order_afresh(client, &[&name(number)]).await;
        last = format!("{} {}", answer.status(), answer.detail());
        if answer.status() == status {
            return (last, made);
        }
        made += usize::from(answer.status() == 201);
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("at last an order is answered {last}");
}

/// newOrder, accepted, and then one validation for each name, failed.
pub(crate) async fn fail(client: &mut AcmeClient, names: &[&str]) {
    let answer = order(client, names).await;
    assert_eq!(answer.status(), 201, "{}", answer.detail());
    fail_validations(client, &answer).await;
}

/// Lets every validation of an order fail.
pub(crate) async fn fail_validations(client: &mut AcmeClient, order: &Answer) {
    let order = order.json();
    let authorizations = order["authorizations"].as_array().expect("an order has authorizations");
    for authorization in authorizations.iter().filter_map(Value::as_str) {
        let answer = client.answer_challenge(authorization).await.expect("the challenge is taken");
        assert_eq!(answer.json()["status"], "invalid", "{}", answer.detail());
    }
}
