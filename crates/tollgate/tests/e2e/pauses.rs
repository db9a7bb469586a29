//! Pairs of account and name that fail again and again are paused, until their holder unpauses them.

use std::path::Path;

use instant_acme::{Account, ChallengeType, Identifier, NewAccount, NewOrder, OrderStatus, RetryPolicy};
use tollgate::client::Answer;

use crate::{
    gateway::{ALWAYS_INVALID, Gateway},
    http_responder::HttpResponder,
    ports,
    process::{command, finish, printed},
    site::Site,
    volume::{NO_OVERALL_LIMITS, fail, order, order_afresh},
};

/// So that failures come faster than these limits let them.
const FAIL_FAST: &str = "[limits.new-orders-per-account]\nenforce = false\n\
                         [limits.authorization-failures-per-identifier]\nenforce = false\n";

#[tokio::test]
async fn a_pair_is_paused_by_its_1152nd_failure_and_the_refusal_has_the_unpause_link() {
    let gateway = Gateway::start(&format!("{ALWAYS_INVALID}{NO_OVERALL_LIMITS}{FAIL_FAST}")).await;
    let mut client = gateway.client().await;
    for _ in 0..1152 {
        fail(&mut client, &["www.example.com"]).await;
    }

    expect_pause(&order(&mut client, &["www.example.com", "example.com"]).await, "www.example.com");
    assert_eq!(order(&mut client, &["example.com"]).await.status(), 201, "the other name is not paused");
    let mut other = gateway.client().await;
    assert_eq!(order(&mut other, &["www.example.com"]).await.status(), 201, "nor is the name for others");

    let gateway = gateway.restart().await;
    let link = expect_pause(&order_afresh(&mut client, &["www.example.com"]).await, "www.example.com");
    let page = browse(gateway.site(), &[&link]).await;
    assert!(page.contains("www.example.com") && page.contains("<form method=\"post\""), "{page}");
    let (page, token) = link.split_once('?').expect("the link has a query");
    browse(gateway.site(), &["--data", token, page]).await;
    assert_eq!(order(&mut client, &["www.example.com"]).await.status(), 201, "unpaused");
}

/// Asserts that an answer refuses a paused name; returns the link to unpause it.
pub(crate) fn expect_pause(answer: &Answer, name: &str) -> String {
    assert_eq!(answer.status(), 429, "{}", answer.detail());
    assert_eq!(answer.json()["type"], "urn:ietf:params:acme:error:rateLimited");
    assert_eq!(answer.retry_after(), None, "waiting does not help");
    let detail = answer.detail();
    assert!(detail.contains(&format!("\"{name}\"")), "{detail}");
    let link = detail.split_whitespace().find(|word| word.starts_with("https://localhost:"));
    link.unwrap_or_else(|| panic!("{detail}")).to_owned()
}

/// What curl shows of a page.
pub(crate) async fn browse(site: &Site, arguments: &[&str]) -> String {
    let mut curl = command("curl", Path::new("/"));
    curl.args(["--silent", "--show-error", "--fail", "--cacert"]).arg(&site.root).args(arguments);
    let output = finish(&mut curl).await;
    assert!(output.status.success(), "{}", printed(&output));
    printed(&output)
}

#[tokio::test]
async fn one_success_resets_the_failures_in_a_row() {
    let port = ports::free();
    let gateway = Gateway::start(&format!(
        "[test-ca]\nhttp-port = {port}\nhosts = {{ \"www.example.com\" = \"127.0.0.1\" }}\n{NO_OVERALL_LIMITS}{FAIL_FAST}\
         [limits.consecutive-authorization-failures]\nburst = 3\n"
    ))
    .await;
    let web = HttpResponder::start(port).await;
    let new = NewAccount { contact: &[], terms_of_service_agreed: true, only_return_existing: false };
    let builder = Account::builder_with_root(&gateway.site().root).expect("the root is sound");
    let (account, _) =
        builder.create(&new, gateway.site().directory.clone(), None).await.expect("the account is made");

    for succeeds in [false, false, true, false, false, true, false, false, false] {
        let ready = validate(&account, &web, succeeds).await.expect("two failures in a row do not pause");
        assert_eq!(ready, succeeds);
    }
    let paused = validate(&account, &web, false).await.expect_err("three failures in a row do");
    assert!(paused.to_string().contains("unpause"), "{paused}");
}

/// Orders, unless refused, and lets the validation come out as asked; returns whether the order became ready.
async fn validate(
    account: &Account,
    web: &HttpResponder,
    succeeds: bool,
) -> Result<bool, instant_acme::Error> {
    let identifiers = [Identifier::Dns("www.example.com".into())];
    let mut order = account.new_order(&NewOrder::new(&identifiers)).await?;
    let mut authorizations = order.authorizations();
    let mut authorization = authorizations.next().await.expect("one name, one authorization")?;
    let mut challenge = authorization.challenge(ChallengeType::Http01).expect("http-01 is offered");
    web.answer(succeeds.then(|| challenge.key_authorization().as_str().to_owned()));
    challenge.set_ready().await?;
    Ok(matches!(order.poll_ready(&RetryPolicy::default()).await, Ok(OrderStatus::Ready)))
}
