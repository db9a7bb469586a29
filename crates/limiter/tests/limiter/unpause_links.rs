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

fn signed(algorithm: Algorithm, key: &[u8], claims: &serde_json::Value) -> String {
    jsonwebtoken::encode(&Header::new(algorithm), claims, &EncodingKey::from_secret(key)).unwrap()
}

fn claims() -> serde_json::Value {
    let now = START.as_nanos() / 1_000_000_000;
    json!({ "aud": "tollgate-unpause", "sub": "/acct/1", "ids": [["dns", "a.test"]], "iat": now, "exp": now + 60 })
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
            assert_eq!(opened(&altered, START), Err(UnpauseLinkError::Invalid), "character {index}");
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
