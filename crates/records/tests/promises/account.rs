use tollgate_records::Account;

use super::{account, key, records, t0};

#[tokio::test]
async fn account_is_found_by_its_path_and_by_its_key() {
    let records = records().await;
    records.save_account(&account(1), Some(&key(1)), t0()).await.unwrap();

    let saved = Account { id: account(1), key: Some(key(1)), deactivated: false };
    assert_eq!(records.account(&account(1)).await.unwrap(), Some(saved.clone()));
    assert_eq!(records.account_by_key(&key(1).thumbprint()).await.unwrap(), Some(saved));
    assert_eq!(records.account(&account(2)).await.unwrap(), None);
    assert_eq!(records.account_by_key(&key(2).thumbprint()).await.unwrap(), None);
}

#[tokio::test]
async fn account_of_unknown_key_is_known_and_learns_its_key_later() {
    let records = records().await;
    records.save_account(&account(1), None, t0()).await.unwrap();
    records.save_account(&account(2), None, t0()).await.unwrap();
    assert_eq!(records.account(&account(1)).await.unwrap().unwrap().key, None);

    records.save_account(&account(1), Some(&key(1)), t0()).await.unwrap();
    assert_eq!(records.account(&account(1)).await.unwrap().unwrap().key, Some(key(1)));
}

#[tokio::test]
async fn saving_without_a_key_leaves_a_known_key_alone() {
    let records = records().await;
    records.save_account(&account(1), Some(&key(1)), t0()).await.unwrap();
    records.save_account(&account(1), None, t0()).await.unwrap();
    assert_eq!(records.account(&account(1)).await.unwrap().unwrap().key, Some(key(1)));
    assert_eq!(records.account_by_key(&key(1).thumbprint()).await.unwrap().unwrap().id, account(1));
}

#[tokio::test]
async fn key_change_moves_the_thumbprint() {
    let records = records().await;
    records.save_account(&account(1), Some(&key(1)), t0()).await.unwrap();
    records.save_account(&account(1), Some(&key(2)), t0()).await.unwrap();
    assert_eq!(records.account_by_key(&key(1).thumbprint()).await.unwrap(), None);
    assert_eq!(records.account_by_key(&key(2).thumbprint()).await.unwrap().unwrap().id, account(1));
}

#[tokio::test]
async fn key_saved_for_a_second_account_moves_there() {
    let records = records().await;
    records.save_account(&account(1), Some(&key(1)), t0()).await.unwrap();
    records.save_account(&account(2), Some(&key(1)), t0()).await.unwrap();
    assert_eq!(records.account_by_key(&key(1).thumbprint()).await.unwrap().unwrap().id, account(2));
    assert_eq!(records.account(&account(1)).await.unwrap().unwrap().key, None);
}

#[tokio::test]
async fn two_accounts_can_swap_their_keys() {
    let records = records().await;
    records.save_account(&account(1), Some(&key(1)), t0()).await.unwrap();
    records.save_account(&account(2), Some(&key(2)), t0()).await.unwrap();
    records.save_account(&account(1), Some(&key(2)), t0()).await.unwrap();
    records.save_account(&account(2), Some(&key(1)), t0()).await.unwrap();
    assert_eq!(records.account_by_key(&key(2).thumbprint()).await.unwrap().unwrap().id, account(1));
    assert_eq!(records.account_by_key(&key(1).thumbprint()).await.unwrap().unwrap().id, account(2));
}

#[tokio::test]
async fn forgotten_key_no_longer_finds_the_account() {
    let records = records().await;
    records.save_account(&account(1), Some(&key(1)), t0()).await.unwrap();
    records.forget_account_key(&account(1)).await.unwrap();
    assert_eq!(records.account_by_key(&key(1).thumbprint()).await.unwrap(), None);
    assert_eq!(records.account(&account(1)).await.unwrap().unwrap().key, None);
}

#[tokio::test]
async fn deactivation_is_remembered_and_keeps_the_key() {
    let records = records().await;
    records.save_account(&account(1), Some(&key(1)), t0()).await.unwrap();
    records.deactivate_account(&account(1)).await.unwrap();
    records.save_account(&account(1), None, t0()).await.unwrap();
    let expected = Account { id: account(1), key: Some(key(1)), deactivated: true };
    assert_eq!(records.account_by_key(&key(1).thumbprint()).await.unwrap(), Some(expected));
}

#[tokio::test]
async fn unknown_account_has_nothing_to_forget_or_deactivate() {
    let records = records().await;
    records.forget_account_key(&account(1)).await.unwrap();
    records.deactivate_account(&account(1)).await.unwrap();
    assert_eq!(records.account(&account(1)).await.unwrap(), None);
}
