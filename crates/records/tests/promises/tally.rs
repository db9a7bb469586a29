use tollgate_records::{Evidence, Happening, Order, TALLIED_PER_DAY_MAX, Tallies, Whose};

use super::{account, after, days, names, order, path, records, t0};

fn tallies(subjects: &[(Happening, Whose, &str, u64)]) -> Tallies {
    let subjects =
        subjects.iter().map(|&(what, whose, subject, number)| (what, whose, subject.to_owned(), number));
    Tallies { refusals: Vec::new(), subjects: subjects.collect() }
}

#[tokio::test]
async fn refusals_are_counted_by_the_hour_and_forgotten_after_35_days() {
    let records = records().await;
    let refused = |number| Tallies {
        refusals: vec![("new-orders-per-account", number), ("paused", 1)],
        subjects: Vec::new(),
    };
    for (second, number) in [(0, 2), (3599, 3), (3600, 4)] {
        records.tally(refused(number), after(second)).await.unwrap();
    }
    let read = async |since| {
        let hours = records.refusals_by_hour(since).await.unwrap();
        hours.into_iter().map(|(hour, limit, number)| (hour, limit.len(), number)).collect::<Vec<_>>()
    };
    let (orders, paused) = ("new-orders-per-account".len(), "paused".len());
    let second_hour = [(after(3600), orders, 4), (after(3600), paused, 1)];
    assert_eq!(read(t0()).await, [&[(t0(), orders, 5), (t0(), paused, 2)][..], &second_hour].concat());
    assert_eq!(read(after(1)).await, second_hour);
    records.tally(refused(1), days(36)).await.unwrap();
    assert_eq!(read(t0()).await.len(), 2);
}

#[tokio::test]
async fn subjects_are_counted_by_the_day_and_told_by_number() {
    use Happening::{Failed, Issued, Refused};
    use Whose::{Account, Domain};

    let records = records().await;
    let first = [
        (Refused, Domain, "a.example", 2),
        (Refused, Domain, "b.example", 5),
        (Refused, Account, "/acct/1", 9),
        (Issued, Domain, "a.example", 7),
    ];
    records.tally(tallies(&first), t0()).await.unwrap();
    records
        .tally(tallies(&[(Refused, Domain, "a.example", 4), (Failed, Domain, "a.example", 1)]), days(1))
        .await
        .unwrap();

    let most = async |since, max| records.most_often(Refused, Domain, since, max).await.unwrap();
    let told = |subjects: &[(&str, u64)]| {
        subjects.iter().map(|&(subject, number)| (subject.to_owned(), number)).collect::<Vec<_>>()
    };
    assert_eq!(most(t0(), 10).await, told(&[("a.example", 6), ("b.example", 5)]));
    assert_eq!(most(t0(), 1).await, told(&[("a.example", 6)]));
    assert_eq!(most(days(1), 10).await, told(&[("a.example", 4)]));
    let evidence = records.evidence(Domain, "a.example", t0()).await.unwrap();
    assert_eq!(evidence, Evidence { refused: 6, issued: 7, failed: 1, ..Evidence::default() });
    assert_eq!(records.evidence(Account, "a.example", t0()).await.unwrap(), Evidence::default());
}

#[tokio::test]
async fn subjects_of_a_day_are_bounded_and_those_known_are_counted_on() {
    let records = records().await;
    let subject = |number: u32| (Happening::Refused, Whose::Account, format!("/acct/{number}"), 1);
    let all = (0..TALLIED_PER_DAY_MAX).map(subject).collect();
    records.tally(Tallies { refusals: Vec::new(), subjects: all }, t0()).await.unwrap();
    let more = [0, TALLIED_PER_DAY_MAX].map(subject).to_vec();
    records.tally(Tallies { refusals: Vec::new(), subjects: more }, after(1)).await.unwrap();
    let number = async |subject: &str| records.evidence(Whose::Account, subject, t0()).await.unwrap().refused;
    assert_eq!(number("/acct/0").await, 2);
    assert_eq!(number(&format!("/acct/{TALLIED_PER_DAY_MAX}")).await, 0);
    let other = vec![(Happening::Issued, Whose::Account, "/acct/new".to_owned(), 3)];
    records.tally(Tallies { refusals: Vec::new(), subjects: other }, after(1)).await.unwrap();
    let evidence = records.evidence(Whose::Account, "/acct/new", t0()).await.unwrap();
    assert_eq!(evidence.issued, 3, "what else happens has room of its own");
    let tomorrow = vec![subject(TALLIED_PER_DAY_MAX)];
    records.tally(Tallies { refusals: Vec::new(), subjects: tomorrow }, days(1)).await.unwrap();
    assert_eq!(number(&format!("/acct/{TALLIED_PER_DAY_MAX}")).await, 1);
}

#[tokio::test]
async fn sets_ordered_by_many_accounts_are_told() {
    let records = records().await;
    let shared = names(["a.example", "b.example"]);
    for number in 0..4 {
        let by = |identifiers, id: u32| Order {
            id: path(&format!("/acme/order/{id}")),
            account: account(number),
            identifiers,
            ..order(0)
        };
        records.save_order(&by(shared.clone(), number)).await.unwrap();
        records.save_order(&by(names(["own.example"]), 100 + number)).await.unwrap();
    }
    let told = records.sets_of_many_accounts(t0(), 3, 10).await.unwrap();
    assert_eq!(told, [("a.example\nb.example".to_owned(), 4), ("own.example".to_owned(), 4)].to_vec());
    assert_eq!(records.sets_of_many_accounts(t0(), 5, 10).await.unwrap(), []);
    assert_eq!(records.sets_of_many_accounts(after(1), 3, 10).await.unwrap(), []);
}
