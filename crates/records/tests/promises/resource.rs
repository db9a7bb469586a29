use tollgate_acme::resource::{AccountId, PATH_BYTES_MAX};
use tollgate_records::{Order, Resource};

use super::{account, order, path, records, t0};

#[tokio::test]
async fn path_named_by_the_ca_is_known_for_what_it_is() {
    let records = records().await;
    records.save_account(&account(1), None, t0()).await.unwrap();
    records.save_order(&order(1)).await.unwrap();
    let id = order(1).id;
    records.link_order(&id, Some(&path("/finalize/1")), None, &[path("/authz/1")]).await.unwrap();
    // Learned later, without forgetting what was.
    records.link_order(&id, None, Some(&path("/cert/1?chain=0")), &[]).await.unwrap();
    records
        .save_authorization(&path("/authz/1"), &account(1), None, &[path("/chall/1"), path("/chall/2")])
        .await
        .unwrap();

    for (text, resource) in [
        ("/acme/acct/1", Some(Resource::Account(account(1)))),
        ("/acme/order/1", Some(Resource::Order(id.clone()))),
        ("/finalize/1", Some(Resource::Finalize(id.clone()))),
        ("/cert/1?chain=0", Some(Resource::Certificate(id.clone()))),
        ("/authz/1", Some(Resource::Authorization(path("/authz/1")))),
        ("/chall/1", Some(Resource::Challenge(path("/authz/1")))),
        ("/chall/2", Some(Resource::Challenge(path("/authz/1")))),
        ("/cert/1", None),
        ("/acme/new-order", None),
    ] {
        assert_eq!(records.resource(&path(text)).await.unwrap(), resource, "{text}");
    }
}

#[tokio::test]
async fn path_that_is_both_authorization_and_challenge_is_the_authorization() {
    let records = records().await;
    let both = path("/authz/1");
    records.save_authorization(&both, &account(1), None, std::slice::from_ref(&both)).await.unwrap();
    assert_eq!(records.resource(&both).await.unwrap(), Some(Resource::Authorization(both)));
}

#[tokio::test]
async fn certificate_path_given_to_two_orders_is_the_youngests() {
    let records = records().await;
    for number in [1, 2] {
        records.save_order(&order(number)).await.unwrap();
        records.link_order(&order(number).id, None, Some(&path("/cert/1")), &[]).await.unwrap();
    }
    let resource = records.resource(&path("/cert/1")).await.unwrap();
    assert_eq!(resource, Some(Resource::Certificate(order(2).id)));
}

#[tokio::test]
async fn longest_paths_are_known_too() {
    let records = records().await;
    // Of digits that no database can make much shorter.
    let mut random = fastrand::Rng::with_seed(1);
    let mut longest = |kind: &str| {
        let digits = PATH_BYTES_MAX - kind.len();
        path(&(kind.to_owned() + &(0..digits).map(|_| random.alphanumeric()).collect::<String>()))
    };
    let account = AccountId(longest("/acct/"));
    let [finalize, certificate] = [longest("/finalize/"), longest("/cert/")];
    let [authorization, challenge] = [longest("/authz/"), longest("/chall/")];
    let order = Order { id: longest("/order/"), account: account.clone(), ..order(1) };

    records.save_account(&account, None, t0()).await.unwrap();
    records.save_order(&order).await.unwrap();
    let authorizations = std::slice::from_ref(&authorization);
    records.link_order(&order.id, Some(&finalize), Some(&certificate), authorizations).await.unwrap();
    let challenges = std::slice::from_ref(&challenge);
    records.save_authorization(&authorization, &account, None, challenges).await.unwrap();

    for (path, resource) in [
        (&account.0, Resource::Account(account.clone())),
        (&order.id, Resource::Order(order.id.clone())),
        (&finalize, Resource::Finalize(order.id.clone())),
        (&certificate, Resource::Certificate(order.id.clone())),
        (&authorization, Resource::Authorization(authorization.clone())),
        (&challenge, Resource::Challenge(authorization.clone())),
    ] {
        assert_eq!(records.resource(path).await.unwrap(), Some(resource), "{path}");
    }
    assert_eq!(records.authorizations_of_order(&order.id).await.unwrap().len(), 1);
}
