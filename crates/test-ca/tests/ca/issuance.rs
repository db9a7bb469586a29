//! From nothing to a certificate.

use tollgate_acme::certificate::Leaf;

use crate::client::*;

#[tokio::test]
async fn an_account_an_order_and_its_challenges_give_a_certificate() {
    let ca = open(always_valid()).await;
    let client = Client::register(&ca).await;

    let order = client.order(&["example.com", "www.example.com"]).await;
    assert_eq!(client.order_status(&order).await, "pending");
    client.answer_challenges(&order).await;
    assert_eq!(client.order_status(&order).await, "ready");

    let request = csr(&["example.com", "www.example.com"], &rcgen::KeyPair::generate().unwrap());
    let order = client.finalize(&order, &request).await.ok().json();
    let chain = client.read(&text(&order["certificate"])).await.ok().text;
    let leaf = Leaf::from_pem_chain(chain.as_bytes()).unwrap();
    let names: Vec<String> = leaf.identifiers.iter().map(ToString::to_string).collect();
    assert_eq!(names, ["example.com", "www.example.com"]);
}
