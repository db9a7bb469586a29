//! Failed and passed validations, pauses, issuance undone.

use std::time::Duration;

use tollgate_limiter::Cause;
use tollgate_policy::limit::LimitName;

use crate::fixture::*;

#[tokio::test]
async fn the_sixth_failure_of_a_name_is_refused_for_that_account_only() {
    let world = World::new().await;
    for _ in 0..5 {
        admitted(world.order(&account(1), &["down.test"]).await);
        world.limiter.validation_failed(&account(1), &name("down.test")).await.unwrap();
    }
    let refusal = refused(world.order(&account(1), &["down.test", "up.test"]).await);
    let (limit, wait) = limit_and_wait(&refusal);
    assert_eq!(limit, LimitName::AuthorizationFailuresPerIdentifier);
    assert_eq!(refusal.identifiers, [name("down.test")]);
    assert_eq!(wait, 12 * 60, "one of five an hour");
    admitted(world.order(&account(2), &["down.test"]).await);
    world.advance(Duration::from_secs(wait));
    admitted(world.order(&account(1), &["down.test"]).await);
}

#[tokio::test]
async fn failures_beyond_the_limit_do_not_lengthen_the_wait() {
    let world = World::new().await;
    for _ in 0..9 {
        world.limiter.validation_failed(&account(1), &name("down.test")).await.unwrap();
    }
    let (_, wait) = limit_and_wait(&refused(world.order(&account(1), &["down.test"]).await));
    assert_eq!(wait, 12 * 60);
}

#[tokio::test]
async fn the_1152nd_failure_in_a_row_pauses_the_pair_and_the_refusal_carries_the_link() {
    let world = World::new().await;
    for _ in 0..1151 {
        world.limiter.validation_failed(&account(1), &name("zombie.test")).await.unwrap();
    }
    world.advance(HOUR);
    admitted(world.order(&account(1), &["zombie.test"]).await);
    // An hour has given back a twenty-fourth of a failure: less than one.
    world.limiter.validation_failed(&account(1), &name("zombie.test")).await.unwrap();

    let refusal = refused(world.order(&account(1), &["zombie.test", "fine.test"]).await);
    let Cause::Paused { link } = &refusal.cause else { panic!("not paused: {:?}", refusal.cause) };
    assert_eq!(refusal.identifiers, [name("zombie.test")]);
    let token = link.strip_prefix(&format!("{UNPAUSE_PAGE}?token=")).expect("the page and a token");
    let claim = world.limiter.unpause_links().open(token, world.limiter.now()).unwrap();
    assert_eq!(claim.account, account(1));
    assert_eq!(claim.identifiers, [name("zombie.test")]);
}

#[tokio::test]
async fn one_success_resets_the_failures_in_a_row() {
    let world = World::new().await;
    for _ in 0..1151 {
        world.limiter.validation_failed(&account(1), &name("flaky.test")).await.unwrap();
    }
    world.limiter.validation_succeeded(&account(1), &name("flaky.test")).await;
    for _ in 0..1151 {
        world.limiter.validation_failed(&account(1), &name("flaky.test")).await.unwrap();
    }
    world.advance(HOUR);
    admitted(world.order(&account(1), &["flaky.test"]).await);
    world.limiter.validation_failed(&account(1), &name("flaky.test")).await.unwrap();
    refused(world.order(&account(1), &["flaky.test"]).await);
}

#[tokio::test]
async fn an_unpaused_pair_is_not_paused_again_for_fourteen_days() {
    let world = World::new().await;
    let fail = || async {
        for _ in 0..1152 {
            world.limiter.validation_failed(&account(1), &name("zombie.test")).await.unwrap();
        }
        world.advance(HOUR);
    };
    fail().await;
    refused(world.order(&account(1), &["zombie.test"]).await);
    world.limiter.records().unpause(&account(1), world.moment(), 50_000).await.unwrap();
    fail().await;
    admitted(world.order(&account(1), &["zombie.test"]).await);
    world.advance(14 * DAY);
    fail().await;
    refused(world.order(&account(1), &["zombie.test"]).await);
}

#[tokio::test]
async fn an_issuance_undone_gives_its_tokens_back() {
    let world = World::new().await;
    for _ in 0..5 {
        world.obtain(&account(1), &["a.example.com"]).await;
    }
    refused(world.order(&account(1), &["a.example.com"]).await);
    world.limiter.issuance_undone(&account(1), &set(&["a.example.com"]), NOT_EXEMPT, None).await;
    admitted(world.order(&account(1), &["a.example.com"]).await);
}
