//! What the recorded conversations of real clients with real CAs are read as, and the fuzz targets'
//! seeds, which are made from them.

mod seeds;

use std::{collections::HashMap, fs, path::PathBuf};

use serde_json::Value;
use tollgate_acme::{
    account::{AccountBody, NewAccount},
    authorization::{
        AuthorizationBody, AuthorizationStatus, ChallengeBody, ChallengeStatus, asks_to_deactivate,
    },
    certificate::{CertificateError, Leaf},
    directory::Directory,
    identifier::{Identifier, IdentifierSet},
    jwk::Jwk,
    jws::{Jws, KeyReference},
    order::{NewOrder, OrderBody},
    problem::{Problem, ProblemType},
    resource::AccountId,
};

/// One client's conversation with one CA.
struct Conversation {
    /// `SCENARIO/CLIENT`.
    name: String,
    exchanges: Vec<Value>,
}

fn conversations() -> Vec<Conversation> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/transcripts");
    let mut conversations = Vec::new();
    for scenario in
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).filter(|path| path.is_dir())
    {
        for file in fs::read_dir(&scenario).unwrap().map(|entry| entry.unwrap().path()) {
            let lines = fs::read_to_string(&file).unwrap();
            conversations.push(Conversation {
                name: format!("{}/{}", file_stem(&scenario), file_stem(&file)),
                exchanges: lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect(),
            });
        }
    }
    assert!(conversations.len() > 50, "the recordings are there");
    conversations
}

fn file_stem(path: &std::path::Path) -> String {
    path.file_stem().unwrap().to_string_lossy().into_owned()
}

fn endpoint(exchange: &Value) -> &str {
    exchange["ep"].as_str().unwrap()
}

fn request(exchange: &Value) -> Option<Jws> {
    exchange["req_raw"].as_str().map(|raw| Jws::parse(raw.as_bytes()).expect(raw))
}

fn response(exchange: &Value) -> &[u8] {
    exchange["resp_raw"].as_str().unwrap().as_bytes()
}

fn response_header<'a>(exchange: &'a Value, name: &str) -> Option<&'a str> {
    let headers = exchange["resp_headers"].as_array().unwrap();
    let header = headers.iter().find(|header| header[0].as_str().unwrap().eq_ignore_ascii_case(name))?;
    header[1].as_str()
}

fn succeeded(exchange: &Value) -> bool {
    matches!(exchange["status"].as_u64(), Some(200..300))
}

/// Calls `check` with each successful exchange with one of `endpoints`, and the conversation's name.
fn each_success(endpoints: &[&str], mut check: impl FnMut(&Value, &str)) {
    for conversation in conversations() {
        let exchanges = conversation.exchanges.iter().filter(|exchange| succeeded(exchange));
        for exchange in exchanges.filter(|exchange| endpoints.contains(&endpoint(exchange))) {
            check(exchange, &format!("{} exchange {}", conversation.name, exchange["n"]));
        }
    }
}

#[test]
fn each_request_verifies_under_the_key_its_account_was_made_with() {
    let mut verified = 0;
    for conversation in conversations() {
        let mut keys: HashMap<AccountId, Jwk> = HashMap::new();
        for exchange in &conversation.exchanges {
            let Some(jws) = request(exchange) else { continue };
            let at = format!("{} exchange {}", conversation.name, exchange["n"]);
            let key = match &jws.protected().key {
                KeyReference::Jwk(key) => key.clone(),
                KeyReference::Kid(kid) => keys.get(&AccountId::of(kid).unwrap()).expect(&at).clone(),
            };
            assert_eq!(jws.verify(&key), Ok(()), "{at}");
            verified += 1;

            if endpoint(exchange) == "newAccount" && succeeded(exchange) {
                let account = AccountId::of(response_header(exchange, "Location").expect(&at)).unwrap();
                keys.insert(account, key);
            }
        }
    }
    assert_eq!(verified, 502);
}

#[test]
fn each_request_is_decoded_as_it_was_recorded() {
    for conversation in conversations() {
        for exchange in &conversation.exchanges {
            let Some(jws) = request(exchange) else { continue };
            let (recorded, protected) = (&exchange["req_jws"], jws.protected());
            let header = &recorded["protected"];
            assert_eq!(header["alg"], protected.algorithm.as_str());
            assert_eq!(header.get("nonce").and_then(Value::as_str), protected.nonce.as_deref());
            assert_eq!(header["url"].as_str(), protected.url.as_deref());
            match &protected.key {
                KeyReference::Kid(kid) => assert_eq!(header["kid"].as_str(), Some(kid.as_str())),
                KeyReference::Jwk(jwk) => {
                    for (name, value) in jwk.to_json().as_object().unwrap() {
                        assert_eq!(&header["jwk"][name], value);
                    }
                }
            }

            match recorded["payload"].as_str() {
                Some(text) => assert_eq!(text.as_bytes(), jws.payload()),
                None => {
                    assert_eq!(recorded["payload"], serde_json::from_slice::<Value>(jws.payload()).unwrap());
                }
            }
        }
    }
}

#[test]
fn each_directory_names_the_resources() {
    each_success(&["directory"], |exchange, at| {
        let directory = Directory::parse(response(exchange)).expect(at);
        for resource in
            [&directory.new_nonce, &directory.new_account, &directory.new_order, &directory.revoke_cert]
        {
            assert!(resource.as_ref().is_some_and(|url| url.starts_with("https://")), "{at}");
        }
    });
}

#[test]
fn each_account_is_valid_and_shows_the_key_that_asked_or_none() {
    each_success(&["newAccount"], |exchange, at| {
        let account = AccountBody::parse(response(exchange));
        assert_eq!(account.status.as_deref(), Some("valid"), "{at}");
        let KeyReference::Jwk(key) = request(exchange).unwrap().protected().key.clone() else {
            panic!("{at}")
        };
        assert!(account.key.is_none_or(|shown| shown.thumbprint() == key.thumbprint()), "{at}");
    });
}

#[test]
fn dehydrated_and_uacme_look_their_account_up() {
    let mut asking: Vec<_> = conversations()
        .iter()
        .filter(|conversation| {
            let mut requests =
                conversation.exchanges.iter().filter(|exchange| endpoint(exchange) == "newAccount");
            requests
                .any(|exchange| NewAccount::parse(request(exchange).unwrap().payload()).only_return_existing)
        })
        .map(|conversation| conversation.name.split_once('/').unwrap().1.to_owned())
        .collect();
    asking.sort();
    asking.dedup();
    assert_eq!(asking, ["dehydrated", "uacme"]);
}

#[test]
fn each_order_is_for_the_identifiers_asked_for() {
    each_success(&["newOrder"], |exchange, at| {
        let asked = NewOrder::parse(request(exchange).unwrap().payload()).expect(at);
        let asked: Vec<Identifier> = asked.identifiers.into_iter().collect::<Result<_, _>>().expect(at);
        let order = OrderBody::parse(response(exchange)).expect(at);
        assert!(order.status.is_some() && order.expires.is_some(), "{at}");
        assert_eq!(order.authorizations.len(), order.identifiers.len(), "{at}");
        assert_eq!(IdentifierSet::new(order.identifiers), IdentifierSet::new(asked), "{at}");
    });
}

#[test]
fn each_order_has_a_status_and_a_valid_one_its_certificate() {
    each_success(&["order", "finalize"], |exchange, at| {
        let order = OrderBody::parse(response(exchange)).expect(at);
        let status = order.status.expect(at).as_str();
        assert_eq!(order.certificate.is_some(), status == "valid", "{at}");
    });
}

#[test]
fn each_authorization_is_for_an_identifier_of_an_order() {
    for conversation in conversations() {
        let ordered: Vec<Identifier> = conversation
            .exchanges
            .iter()
            .filter(|exchange| endpoint(exchange) == "newOrder")
            .flat_map(|exchange| NewOrder::parse(request(exchange).unwrap().payload()).unwrap().identifiers)
            .map(Result::unwrap)
            .collect();
        for exchange in conversation.exchanges.iter().filter(|exchange| endpoint(exchange) == "authz") {
            let at = format!("{} exchange {}", conversation.name, exchange["n"]);
            let authorization = AuthorizationBody::parse(response(exchange)).expect(&at);
            assert!(ordered.contains(&authorization.identifier.expect(&at)), "{at}");
            assert!(authorization.status.is_some() && authorization.expires.is_some(), "{at}");
            assert!(authorization.challenges.iter().all(|challenge| challenge.url.is_some()), "{at}");
        }
    }
}

#[test]
fn each_challenge_has_a_status_and_a_failed_one_says_why() {
    let mut failed = 0;
    each_success(&["challenge"], |exchange, at| {
        let challenge = ChallengeBody::parse(response(exchange)).expect(at);
        assert!(challenge.kind.is_some() && challenge.url.is_some() && challenge.status.is_some(), "{at}");
        if challenge.status == Some(ChallengeStatus::Invalid) {
            let error = challenge.error.expect(at);
            assert!(ProblemType::of_urn(&error.kind).is_some() && !error.detail.is_empty(), "{at}");
            failed += 1;
        }
    });
    assert_eq!(failed, 4);
}

#[test]
fn lego_deactivates_the_authorization_that_failed() {
    let mut deactivated = Vec::new();
    each_success(&["authz"], |exchange, at| {
        let status = AuthorizationBody::parse(response(exchange)).expect(at).status;
        let asked = asks_to_deactivate(request(exchange).unwrap().payload());
        assert_eq!(status == Some(AuthorizationStatus::Deactivated), asked, "{at}");
        if asked {
            deactivated.push(at.to_owned());
        }
    });
    assert_eq!(deactivated, ["fail-validation/lego exchange 9"]);
}

#[test]
fn each_certificate_is_for_the_set_that_was_ordered() {
    let (mut read, mut nameless) = (0, 0);
    for conversation in conversations() {
        let mut sets = Vec::new();
        for exchange in &conversation.exchanges {
            match endpoint(exchange) {
                "newOrder" => {
                    let order = NewOrder::parse(request(exchange).unwrap().payload()).unwrap();
                    sets.push(
                        IdentifierSet::new(order.identifiers.into_iter().map(Result::unwrap).collect())
                            .unwrap(),
                    );
                }
                "cert" => {
                    // serles signed with a program that leaves all extensions out.
                    if conversation.name.starts_with("serles") {
                        assert_eq!(
                            Leaf::from_pem_chain(response(exchange)),
                            Err(CertificateError::NoIdentifier)
                        );
                        nameless += 1;
                        continue;
                    }
                    let leaf = Leaf::from_pem_chain(response(exchange)).expect(&conversation.name);
                    assert!(sets.contains(&leaf.identifiers), "{}", conversation.name);
                    assert!(leaf.id.is_some() && leaf.not_before < leaf.not_after, "{}", conversation.name);
                    read += 1;
                }
                _ => {}
            }
        }
    }
    assert_eq!((read, nameless), (35, 8));
}

#[test]
fn each_refusal_is_a_problem_of_an_acme_type() {
    let mut refusals = 0;
    for conversation in conversations() {
        for exchange in conversation.exchanges.iter().filter(|exchange| !succeeded(exchange)) {
            let problem = Problem::parse(response(exchange)).expect(&conversation.name);
            assert!(ProblemType::of_urn(&problem.kind).is_some(), "{}", conversation.name);
            refusals += 1;
        }
    }
    assert_eq!(refusals, 6);
}
