use futures_util::future::join_all;
use tollgate_acme::identifier::Identifier;
use tollgate_records::{ByHand, Lifted, Pause, Reach};

use super::{account, after, days, name, records, t0, winners};
use crate::Fresh;

async fn with_pauses(texts: &[&str]) -> Fresh {
    let records = records().await;
    for (seconds, text) in (0..).zip(texts) {
        assert!(records.pause(&account(1), &name(text), after(seconds), days(-14)).await.unwrap());
    }
    records
}

#[tokio::test]
async fn paused_identifiers_are_told_in_the_order_given_each_once_and_bounded() {
    let records = with_pauses(&["c.example", "a.example", "*.a.example", "192.0.2.1"]).await;
    let asked = ["192.0.2.1", "b.example", "a.example", "*.a.example", "a.example", "c.example"].map(name);
    for (max, expected) in [
        (0, &[][..]),
        (2, &["192.0.2.1", "a.example"]),
        (15, &["192.0.2.1", "a.example", "*.a.example", "c.example"]),
    ] {
        let paused = records.paused_among(&account(1), &asked, max).await.unwrap();
        let expected: Vec<_> = expected.iter().map(|text| name(text)).collect();
        assert_eq!(paused, expected, "at most {max}");
    }
    assert_eq!(records.paused_among(&account(2), &asked, 15).await.unwrap(), [], "another account");
    assert_eq!(records.paused_among(&account(1), &[], 15).await.unwrap(), []);
}

#[tokio::test]
async fn any_number_of_identifiers_can_be_asked_for() {
    let records = with_pauses(&["n99999.example"]).await;
    let asked: Vec<_> = (0..100_000).map(|n| name(&format!("n{n}.example"))).collect();
    assert_eq!(records.paused_among(&account(1), &asked, 15).await.unwrap(), [name("n99999.example")]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pair_is_paused_by_exactly_one_of_many_callers() {
    let records = records().await;
    let winners = winners(|_| {
        let records = records.clone();
        async move { records.pause(&account(1), &name("a.example"), t0(), days(-14)).await }
    })
    .await;
    assert_eq!(winners, 1);
}

#[tokio::test]
async fn pair_is_immune_for_a_while_after_it_was_unpaused() {
    let records = with_pauses(&["a.example"]).await;
    records.unpause(&account(1), days(1), 10).await.unwrap();
    let asked = [name("a.example")];
    // (day, its unpaused_since is 14 days earlier; paused then)
    for (day, pauses) in [(1, false), (14, false), (15, false), (16, true), (17, false)] {
        let paused = records.pause(&account(1), &asked[0], days(day), days(day - 14)).await.unwrap();
        assert_eq!(paused, pauses, "day {day}");
    }
    let expected = Pause { account: account(1), identifier: name("a.example"), since: days(16) };
    assert_eq!(records.pauses(&account(1), 10).await.unwrap(), [expected]);
}

#[tokio::test]
async fn immunity_is_of_the_pair_only() {
    let records = with_pauses(&["a.example"]).await;
    records.unpause(&account(1), days(1), 10).await.unwrap();
    assert!(records.pause(&account(1), &name("b.example"), days(1), days(-13)).await.unwrap());
    assert!(records.pause(&account(2), &name("a.example"), days(1), days(-13)).await.unwrap());
}

#[tokio::test]
async fn unpausing_lifts_the_oldest_up_to_the_most_and_says_what_remains() {
    let records = with_pauses(&["c.example", "b.example", "a.example"]).await;
    records.pause(&account(2), &name("a.example"), t0(), days(-14)).await.unwrap();

    let lifted = records.unpause(&account(1), after(10), 2).await.unwrap();
    assert_eq!(lifted, Lifted { lifted: 2, remaining: 1 });
    assert_eq!(records.pause_count(&account(1)).await.unwrap(), 1);
    let left = records.pauses(&account(1), 10).await.unwrap();
    assert_eq!(left.into_iter().map(|p| p.identifier).collect::<Vec<_>>(), [name("a.example")]);

    let lifted = records.unpause(&account(1), after(11), 2).await.unwrap();
    assert_eq!(lifted, Lifted { lifted: 1, remaining: 0 });
    let lifted = records.unpause(&account(1), after(12), 2).await.unwrap();
    assert_eq!(lifted, Lifted { lifted: 0, remaining: 0 });
    assert_eq!(records.pause_count(&account(1)).await.unwrap(), 0);
    assert_eq!(records.pause_count(&account(2)).await.unwrap(), 1, "another account's");
}

#[tokio::test]
async fn pauses_are_told_the_oldest_first_and_bounded() {
    let records = with_pauses(&["c.example", "a.example", "b.example"]).await;
    let told = records.pauses(&account(1), 2).await.unwrap();
    assert_eq!(
        told.into_iter().map(|p| p.identifier).collect::<Vec<_>>(),
        ["c.example", "a.example"].map(name)
    );
}

#[tokio::test]
async fn fifty_thousand_pauses_are_lifted_in_one_call() {
    let records = records().await;
    let identifiers: Vec<Identifier> = (0..50_001).map(|n| name(&format!("n{n}.example"))).collect();
    for part in identifiers.chunks(1_000) {
        let (one, long_ago) = (account(1), days(-14));
        let pauses = part.iter().map(|identifier| records.pause(&one, identifier, t0(), long_ago));
        assert!(join_all(pauses).await.into_iter().all(Result::unwrap));
    }
    let lifted = records.unpause(&account(1), after(1), 50_000).await.unwrap();
    assert_eq!(lifted, Lifted { lifted: 50_000, remaining: 1 });
}

fn by(seconds: i64) -> ByHand {
    ByHand { who: "carl".into(), why: "they asked".into(), now: after(seconds) }
}

#[tokio::test]
async fn an_operator_pauses_a_pair_whenever_it_was_unpaused_and_it_is_told() {
    let records = records().await;
    let one = name("a.example");
    for (second, paused) in [(0, true), (1, false)] {
        assert_eq!(records.pause_by_hand(&account(1), &one, by(second)).await.unwrap(), paused);
    }
    records.unpause(&account(1), after(2), 10).await.unwrap();
    assert!(records.pause_by_hand(&account(1), &one, by(3)).await.unwrap(), "no immunity against operators");
    let told: Vec<_> =
        records.audit(None, 10).await.unwrap().into_iter().map(|it| (it.what, it.subject)).collect();
    let added = ("pause added".to_owned(), "/acme/acct/1 a.example".to_owned());
    assert_eq!(told, [added.clone(), added]);
}

#[tokio::test]
async fn an_operator_lifts_one_pause_or_all_of_an_account_and_it_is_told() {
    let records = records().await;
    let names = ["a.example", "b.example", "c.example"].map(name);
    for (account, identifier) in [(1, 0), (1, 1), (1, 2), (2, 0)] {
        records.pause_by_hand(&super::account(account), &names[identifier], by(0)).await.unwrap();
    }
    let page = records.pauses_page(None, None, 3).await.unwrap();
    let rest = records.pauses_page(None, Some(page[2].0), 3).await.unwrap();
    assert_eq!((page.len(), rest.len(), &rest[0].1.account), (3, 1, &account(2)));
    assert_eq!(records.pauses_page(Some(&account(2)), None, 3).await.unwrap(), rest);
    assert_eq!(records.pauses_in_force().await.unwrap(), 4);

    for (which, lifted, remaining) in
        [(Some(&names[1]), 1, 2), (Some(&names[1]), 0, 2), (None, 2, 0), (None, 0, 0)]
    {
        let done = records.unpause_by_hand(&account(1), which, 10, by(5)).await.unwrap();
        assert_eq!((done.lifted, done.remaining), (lifted, remaining), "{which:?}");
    }
    assert_eq!(records.pauses_page(None, None, 10).await.unwrap(), rest, "another account's stay");
    let told: Vec<_> = records.audit(None, 2).await.unwrap().into_iter().map(|it| it.subject).collect();
    assert_eq!(told, ["/acme/acct/1: 2", "/acme/acct/1 b.example"]);
}

#[tokio::test]
async fn link_reaches_every_pause_until_pauses_were_lifted_and_then_what_was_left_of_them() {
    let records = with_pauses(&["c.example", "b.example", "a.example"]).await;
    let made = t0();
    let reach = Reach { liftable: 3, lifted_at: None };
    assert_eq!(records.reach(&account(1), made).await.unwrap(), reach, "younger ones too");

    let lifted = records.unpause_by_link(&account(1), made, after(10), 2).await.unwrap();
    assert_eq!(lifted, Lifted { lifted: 2, remaining: 1 });
    assert!(records.pause(&account(1), &name("d.example"), after(20), days(-14)).await.unwrap());
    let reach = Reach { liftable: 1, lifted_at: Some(after(10)) };
    assert_eq!(records.reach(&account(1), made).await.unwrap(), reach);

    let lifted = records.unpause_by_link(&account(1), made, after(30), 2).await.unwrap();
    assert_eq!(lifted, Lifted { lifted: 1, remaining: 0 }, "what was paused after the first use stays");
    let replayed = records.unpause_by_link(&account(1), made, after(40), 2).await.unwrap();
    assert_eq!(replayed, Lifted { lifted: 0, remaining: 0 });
    assert_eq!(records.pause_count(&account(1)).await.unwrap(), 1);

    let newer = records.unpause_by_link(&account(1), after(35), after(50), 2).await.unwrap();
    assert_eq!(newer, Lifted { lifted: 1, remaining: 0 }, "a newer link reaches it");
}
