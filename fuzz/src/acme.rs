//! Everything that ACME clients and CAs send.

use tollgate_acme::{
    account::{AccountBody, KeyChange, NewAccount},
    authorization::{AuthorizationBody, ChallengeBody, asks_to_deactivate},
    certificate::{CertificateId, Leaf},
    directory::Directory,
    domain::SuffixList,
    identifier::{Identifier, IdentifierSet},
    jwk::Jwk,
    jws::{Jws, KeyReference},
    order::{NewOrder, OrderBody},
    problem::Problem,
    resource::ResourcePath,
    retry_after,
};

/// A request body: a JWS, its inner JWS, its key and its signature.
pub fn jws(body: &[u8]) {
    let Ok(jws) = Jws::parse(body) else { return };
    let protected = jws.protected();
    assert!(protected.url.as_ref().is_none_or(|url| !url.is_empty()));
    if let KeyReference::Jwk(key) = &protected.key {
        let again = Jwk::from_json(&key.to_json()).expect("a key's own JSON is a key");
        assert_eq!(again.thumbprint(), key.thumbprint());
        let _ = jws.verify(key);
    }
    let _ = jws.verify_mac(b"secret");
    let _ = (Jws::parse(jws.payload()), KeyChange::parse(jws.payload()));
    if let Ok(value) = serde_json::from_slice(jws.payload()) {
        let _ = (Jws::from_json(&value), Jwk::from_json(&value));
    }
    order_body(jws.payload());
}

/// A line of text: a name, an address, a URL, an ARI id or a `Retry-After`.
pub fn identifier(line: &[u8]) {
    let Ok(text) = std::str::from_utf8(line) else { return };
    for identifier in [Identifier::dns(text), Identifier::ip(text), Identifier::from_text(text)] {
        let Ok(identifier) = identifier.inspect_err(|error| assert!(error.to_string().len() < 2000)) else {
            continue;
        };
        let written = identifier.to_string();
        assert!(written.len() <= 253);
        assert_eq!(Identifier::parse(identifier.kind(), &written).as_ref(), Ok(&identifier));
        registered_domain(&identifier);
    }
    if let Some(path) = ResourcePath::of(text) {
        assert_eq!(ResourcePath::of(path.as_str()), Some(path));
    }
    if let Some(id) = CertificateId::parse(text) {
        assert_eq!(id.as_str(), text);
    }
    if let Some(wait) = retry_after::parse(text, jiff::Timestamp::UNIX_EPOCH) {
        assert!(wait <= retry_after::WAIT_MAX);
    }
}

fn registered_domain(identifier: &Identifier) {
    let list = SuffixList::with_extra(["internal", "corp.example"]).expect("two names");
    let domain = list.registered_domain(identifier).to_string();
    if let Identifier::Dns(name) = identifier {
        assert!(name.base().ends_with(&domain));
        let again = Identifier::dns(&domain).expect("a registered domain is a name");
        assert_eq!(list.registered_domain(&again).to_string(), domain);
    }
}

/// A payload or a CA's body: order, authorization, challenge, account, directory or problem.
pub fn order_body(body: &[u8]) {
    if let Some(order) = NewOrder::parse(body) {
        let identifiers: Vec<_> = order.identifiers.into_iter().flatten().collect();
        if let Some(set) = IdentifierSet::new(identifiers.clone()) {
            assert!(set.len() <= identifiers.len() && identifiers.iter().all(|one| set.contains(one)));
            let reversed = IdentifierSet::new(identifiers.into_iter().rev().collect());
            assert_eq!(reversed.map(|set| set.id()), Some(set.id()));
        }
    }
    if let Some(problem) = Problem::parse(body) {
        let written = serde_json::to_vec(&problem).expect("a problem can be written");
        assert_eq!(Problem::parse(&written), Some(problem));
    }
    let _ = (OrderBody::parse(body), AuthorizationBody::parse(body), ChallengeBody::parse(body));
    let _ = (Directory::parse(body), AccountBody::parse(body), NewAccount::parse(body));
    let _ = asks_to_deactivate(body);
}

/// A certificate in DER, or a chain in PEM.
pub fn certificate(chain: &[u8]) {
    for leaf in [Leaf::from_pem_chain(chain), Leaf::from_der(chain)].into_iter().flatten() {
        if let Some(id) = leaf.id {
            assert_eq!(CertificateId::parse(id.as_str()), Some(id));
        }
        let _ = leaf.identifiers.id();
    }
}

/// A request whose protected header is `header` up to the first line break and whose payload is the
/// rest: what is inside base64url would hardly ever be reached otherwise.
pub fn flattened(header: &[u8]) -> Vec<u8> {
    let (header, payload) =
        header.split_at(header.iter().position(|byte| *byte == b'\n').unwrap_or(header.len()));
    let [header, payload] = [header, payload].map(base64url);
    format!(r#"{{"protected":"{header}","payload":"{payload}","signature":"{header}"}}"#).into_bytes()
}

fn base64url(bytes: &[u8]) -> String {
    use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
    BASE64_URL_SAFE_NO_PAD.encode(bytes)
}
