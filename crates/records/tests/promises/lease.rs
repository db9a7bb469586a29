use tollgate_records::{Chore, LEASE};

use super::{after, records, t0, winners};

const ONE: [u8; 16] = [1; 16];
const OTHER: [u8; 16] = [2; 16];

#[tokio::test]
async fn a_chore_is_one_gateways_until_it_is_gone_for_three_minutes() {
    let records = records().await;
    let take = async |holder, second| records.take_chore(Chore::Sweep, holder, after(second)).await.unwrap();
    assert!(take(ONE, 0).await);
    assert!(!take(OTHER, 0).await);
    assert!(take(ONE, 60).await, "its own again");
    let end = 60 + LEASE.as_secs();
    assert!(!take(OTHER, end - 1).await);
    assert!(take(OTHER, end).await, "the holder did not come again");
    assert!(!take(ONE, end).await);

    records.leave_chore(Chore::Sweep, ONE).await.unwrap();
    assert!(!take(ONE, end).await, "nobody gives away what is another's");
    records.leave_chore(Chore::Sweep, OTHER).await.unwrap();
    assert!(take(ONE, end).await, "a gateway that stops leaves it to others");
}

#[tokio::test]
async fn of_many_gateways_that_want_a_chore_at_once_one_gets_it() {
    let records = records().await;
    let count = winners(|number| {
        let records = records.clone();
        let holder = [number.try_into().unwrap(); 16];
        async move { records.take_chore(Chore::Sweep, holder, t0()).await }
    });
    assert_eq!(count.await, 1);
}
