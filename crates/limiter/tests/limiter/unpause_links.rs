//! Attacks on the unpause link.

use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::json;
use tollgate_engine::Timestamp;
use tollgate_limiter::unpause::{UnpauseLinkError, UnpauseLinks};

use crate::fixture::*;

fn links(key: [u8; 32]) -> UnpauseLinks {
    UnpauseLinks::new(UNPAUSE_PAGE.to_owned(), &key, 14 * DAY)
}

fn token() -> String {
    let link = links(UNPAUSE_KEY).link(&account(1), &[name("a.test")], START);
    link.split_once("?token=").expect("a token").1.to_owned()
}

/// Signed by anybody, who says that it was with our key.
fn signed(algorithm: Algorithm, key: &[u8], claims: &serde_json::Value) -> String {
    let kid = jsonwebtoken::decode_header(token()).unwrap().kid;
    let header = Header { kid, ..Header::new(algorithm) };
    jsonwebtoken::encode(&header, claims, &EncodingKey::from_secret(key)).unwrap()
}

fn claims() -> serde_json::Value {
    let now = START.as_nanos() / 1_000_000_000;
    json!({
        "iss": UNPAUSE_PAGE, "aud": "tollgate-unpause", "sub": "/acct/1", "ids": [["dns", "a.test"]],
        "iat": now, "exp": now + 60, "made": now * 1000,
    })
}

fn opened(token: &str, now: Timestamp) -> Result<(), UnpauseLinkError> {
    links(UNPAUSE_KEY).open(token, now).map(drop)
}

#[test]
fn a_link_opens_until_it_expires() {
    assert_eq!(opened(&token(), START.saturating_add(14 * DAY - HOUR)), Ok(()));
    assert_eq!(opened(&token(), START.saturating_add(14 * DAY)), Err(UnpauseLinkError::Expired));
}

#[test]
fn every_altered_character_is_noticed() {
    let token = token();
    for index in 0..token.len() {
        let mut altered = token.clone().into_bytes();
        altered[index] = if altered[index] == b'A' { b'B' } else { b'A' };
        let altered = String::from_utf8(altered).unwrap();
        // The last character of base64url may carry bits that mean nothing.
        if index + 1 != token.len() {
            let error = opened(&altered, START).unwrap_err();
            // In the key's name, it says that another made it.
            let in_header = index < token.find('.').unwrap();
            let foreign = in_header && error == UnpauseLinkError::Foreign;
            assert!(foreign || error == UnpauseLinkError::Invalid, "character {index}: {error}");
        }
    }
}

#[test]
fn tokens_that_are_not_ours_do_not_open() {
    let none = {
        use base64::Engine as _;
        let encode = |text: String| base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(text);
        format!(
            "{}.{}.",
            encode(json!({ "alg": "none", "typ": "JWT" }).to_string()),
            encode(claims().to_string())
        )
    };
    let mut other_audience = claims();
    other_audience["aud"] = json!("tollgate-override");
    let mut no_expiry = claims();
    no_expiry.as_object_mut().unwrap().remove("exp");
    let mut not_an_account = claims();
    not_an_account["sub"] = json!("not a path");
    for (what, token) in [
        ("empty", String::new()),
        ("no token", "a.b.c".to_owned()),
        ("algorithm none", none),
        ("another key", signed(Algorithm::HS256, &[1; 32], &claims())),
        ("another algorithm", signed(Algorithm::HS512, &UNPAUSE_KEY, &claims())),
        ("another audience", signed(Algorithm::HS256, &UNPAUSE_KEY, &other_audience)),
        ("no expiry", signed(Algorithm::HS256, &UNPAUSE_KEY, &no_expiry)),
        ("a link for looking only", { links(UNPAUSE_KEY).status_token(&account(1), START) }),
        ("no account", signed(Algorithm::HS256, &UNPAUSE_KEY, &not_an_account)),
        ("too long", "a".repeat(1 << 20)),
    ] {
        assert_eq!(opened(&token, START), Err(UnpauseLinkError::Invalid), "{what}");
    }
    assert_eq!(
        opened(&signed(Algorithm::HS256, &UNPAUSE_KEY, &claims()), START),
        Ok(()),
        "the honest one opens"
    );
}

#[test]
fn link_of_another_installation_is_foreign() {
    let theirs = links([1; 32]).link(&account(1), &[name("a.test")], START);
    let same_key = UnpauseLinks::new("https://other.example/unpause".to_owned(), &UNPAUSE_KEY, 14 * DAY)
        .link(&account(1), &[name("a.test")], START);
    for link in [theirs, same_key] {
        let token = link.split_once("?token=").unwrap().1;
        assert_eq!(opened(token, START), Err(UnpauseLinkError::Foreign));
    }
}

#[test]
fn replaced_key_still_opens_its_links_until_it_is_taken_away() {
    let replaced = links([1; 32]).and_opened_by(&UNPAUSE_KEY);
    assert_eq!(replaced.open(&token(), START).map(|claim| claim.account), Ok(account(1)));
    let newer = replaced.link(&account(2), &[], START);
    let newer = newer.split_once("?token=").unwrap().1;
    assert_eq!(
        links([1; 32]).open(newer, START).map(|claim| claim.account),
        Ok(account(2)),
        "made with the new"
    );
    assert_eq!(links([1; 32]).open(&token(), START), Err(UnpauseLinkError::Foreign));
}

#[test]
fn link_to_look_opens_the_state_only_and_an_unpause_link_opens_it_too() {
    let links = links(UNPAUSE_KEY);
    let look = links.status_token(&account(1), START);
    for token in [&look, &token()] {
        assert_eq!(links.open_status(token, START).map(|claim| claim.account), Ok(account(1)));
    }
    assert_eq!(links.open_status(&look, START.saturating_add(14 * DAY)), Err(UnpauseLinkError::Expired));
}

#[test]
fn claim_tells_when_the_link_was_made_to_the_millisecond() {
    let made = START.saturating_add(std::time::Duration::from_millis(1_234));
    let link = links(UNPAUSE_KEY).link(&account(1), &[], made);
    let claim = links(UNPAUSE_KEY).open(link.split_once("?token=").unwrap().1, made).unwrap();
    assert_eq!(claim.made, made);
}
