use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::account::KeyChange;

const URL: &str = "https://ca.example/acme/new-order";
const KID: &str = "https://ca.example/acme/acct/1";

/// The compact serialization of RFC 7515's and RFC 8037's examples, whose headers name no key.
fn compact(algorithm: Algorithm, text: &str) -> Jws {
    let (signing_input, signature) = text.rsplit_once('.').unwrap();
    Jws {
        protected: Protected { algorithm, key: KeyReference::Kid("example".into()), nonce: None, url: None },
        payload: Vec::new(),
        signing_input: signing_input.into(),
        signature: BASE64_URL_SAFE_NO_PAD.decode(signature).unwrap(),
    }
}

/// A flattened JWS with this protected header and no valid signature.
fn with_protected(header: &str) -> String {
    json!({"protected": BASE64_URL_SAFE_NO_PAD.encode(header), "payload": "", "signature": "AAAA"})
        .to_string()
}

fn signer() -> Signer {
    Signer::generate().unwrap()
}

#[test]
fn the_examples_of_the_rfcs_verify() {
    // (algorithm, key, JWS)
    let cases = [
        // RFC 7515, A.3
        (
            Algorithm::Es256,
            json!({"kty": "EC", "crv": "P-256", "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
                "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}),
            "eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc\
             19yb290Ijp0cnVlfQ.DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg\
             6NU1Q",
        ),
        // RFC 7515, A.4
        (
            Algorithm::Es512,
            json!({"kty": "EC", "crv": "P-521",
                "x": "AekpBQ8ST8a8VcfVOTNl353vSrDCLLJXmPk06wTjxrrjcBpXp5EOnYG_NjFZ6OvLFV1jSfS9tsz4qUxcWceqwQGk",
                "y": "ADSmRA43Z1DSNx_RvcLI87cdL07l6jQyyBXMoxVg_l2Th-x3S1WDhjDly79ajL4Kkd0AZMaZmh9ubmf63e3kyMj2"}),
            "eyJhbGciOiJFUzUxMiJ9.UGF5bG9hZA.AdwMgeerwtHoh-l192l60hp9wAHZFVJbLfD_UxMi70cwnZOYaRI1bKPWROc-mZZqwqT2\
             SI-KGDKB34XO0aw_7XdtAG8GaSwFKdCAPZgoXD2YBJZCPEX3xKpRwcdOO8KpEHwJjyqOgzDO7iKvU8vcnwNrmxYbSW9ERBXukOX\
             olLzeO_Jn",
        ),
        // RFC 8037, A.4
        (
            Algorithm::EdDsa,
            json!({"kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}),
            "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc.hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6\
             dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg",
        ),
    ];
    for (algorithm, key, text) in cases {
        let key = Jwk::from_json(&key).unwrap();
        assert_eq!(compact(algorithm, text).verify(&key), Ok(()), "{algorithm:?}");

        let mut forged = compact(algorithm, text);
        forged.signing_input.push(b'A');
        assert_eq!(forged.verify(&key), Err(BadSignature), "{algorithm:?}");
        for other in [Algorithm::Rs256, Algorithm::Es384, Algorithm::Hs256] {
            assert_eq!(compact(other, text).verify(&key), Err(BadSignature), "{algorithm:?} {other:?}");
        }
    }
}

/// RFC 7515, A.1.
#[test]
fn the_mac_of_the_rfc_verifies() {
    let key = "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow";
    let key = BASE64_URL_SAFE_NO_PAD.decode(key).unwrap();
    let text = "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6\
                Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
    assert_eq!(compact(Algorithm::Hs256, text).verify_mac(&key), Ok(()));
    assert_eq!(compact(Algorithm::Hs256, text).verify_mac(&key[1..]), Err(BadSignature));
    assert_eq!(compact(Algorithm::Es256, text).verify_mac(&key), Err(BadSignature));
}

#[test]
fn a_signed_request_reads_and_verifies_as_it_was_meant() {
    let signer = signer();
    let jws = Jws::parse(signer.sign(Some(KID), Some("n0-_"), URL, r#"{"a":1}"#).as_bytes()).unwrap();
    assert_eq!(jws.payload(), br#"{"a":1}"#);
    assert_eq!(jws.protected().algorithm, Algorithm::Es256);
    assert_eq!(jws.protected().nonce.as_deref(), Some("n0-_"));
    assert_eq!(jws.protected().url.as_deref(), Some(URL));
    assert!(matches!(&jws.protected().key, KeyReference::Kid(kid) if kid == KID));
    assert_eq!(jws.verify(&signer.jwk()), Ok(()));
    assert_eq!(jws.verify(&self::signer().jwk()), Err(BadSignature));

    let jws = Jws::parse(signer.sign(None, None, URL, "").as_bytes()).unwrap();
    assert!(jws.payload().is_empty() && jws.protected().nonce.is_none());
    assert!(matches!(&jws.protected().key, KeyReference::Jwk(jwk) if *jwk == signer.jwk()));
}

#[test]
fn a_signer_is_the_same_after_a_round_trip_and_shows_no_private_key() {
    let signer = signer();
    let der = signer.to_pkcs8().unwrap();
    let again = Signer::from_pkcs8(&der).unwrap();
    assert_eq!(again.jwk(), signer.jwk());
    assert_eq!(Signer::from_pkcs8(b"no key").unwrap_err(), SignerError::Pkcs8);
    assert_eq!(format!("{signer:?}"), format!("Signer {{ jwk: {:?}, .. }}", signer.jwk()));
}

#[test]
fn a_key_change_holds_the_new_key_and_the_old_one() {
    let (old, new) = (signer(), signer());
    let outer = Jws::parse(old.sign_key_change(&new, KID, Some("n"), URL).as_bytes()).unwrap();
    assert_eq!(outer.verify(&old.jwk()), Ok(()));

    let inner = Jws::parse(outer.payload()).unwrap();
    assert!(matches!(&inner.protected().key, KeyReference::Jwk(jwk) if *jwk == new.jwk()));
    assert_eq!((inner.protected().nonce.as_ref(), inner.protected().url.as_deref()), (None, Some(URL)));
    assert_eq!(inner.verify(&new.jwk()), Ok(()));
    let change = KeyChange::parse(inner.payload()).unwrap();
    assert_eq!((change.account.as_str(), change.old_key), (KID, old.jwk()));
}

#[test]
fn an_external_account_binding_is_under_the_secret_and_holds_the_key() {
    let signer = signer();
    let binding = Jws::from_json(&signer.bind_external_account("key-1", b"secret", URL)).unwrap();
    assert_eq!(binding.protected().algorithm, Algorithm::Hs256);
    assert!(matches!(&binding.protected().key, KeyReference::Kid(kid) if kid == "key-1"));
    assert_eq!(binding.verify_mac(b"secret"), Ok(()));
    assert_eq!(binding.verify_mac(b"Secret"), Err(BadSignature));
    assert_eq!(Jwk::from_json(&serde_json::from_slice(binding.payload()).unwrap()), Ok(signer.jwk()));
}

#[test]
fn a_signature_of_the_wrong_size_or_form_does_not_verify() {
    let signer = signer();
    let jws = Jws::parse(signer.sign(Some(KID), None, URL, "").as_bytes()).unwrap();
    for size in [0, 1, 32, 63, 65, 72, 1000] {
        let mut forged = jws.clone();
        forged.signature.resize(size, 0);
        assert_eq!(forged.verify(&signer.jwk()), Err(BadSignature), "{size}");
    }
    let off_curve = Jwk::Ec { curve: Curve::P256, x: vec![1; 32], y: vec![1; 32] };
    assert_eq!(jws.verify(&off_curve), Err(BadSignature));
}

#[test]
fn debug_shows_neither_payload_nor_signature() {
    let jws = Jws::parse(signer().sign(Some(KID), None, URL, "token-7").as_bytes()).unwrap();
    insta::assert_snapshot!(format!("{jws:?}"));
}

#[test]
fn what_is_no_flattened_jws_is_refused() {
    let signed = signer().sign(Some(KID), None, URL, "");
    let signed: Value = serde_json::from_str(&signed).unwrap();
    let with = |member: &str, value: Value| {
        let mut jws = signed.clone();
        jws[member] = value;
        jws.to_string()
    };
    let without = |member: &str| {
        let mut jws = signed.clone();
        jws.as_object_mut().unwrap().remove(member);
        jws.to_string()
    };
    let (protected, signature) = (&signed["protected"], &signed["signature"]);
    // (body, error)
    let cases = [
        (String::new(), JwsError::NotFlattened),
        ("{".into(), JwsError::NotFlattened),
        ("null".into(), JwsError::NotFlattened),
        ("\u{feff}{}".into(), JwsError::NotFlattened),
        (signed.to_string() + "x", JwsError::NotFlattened),
        (json!([protected, "", signature]).to_string(), JwsError::NotFlattened),
        (without("protected"), JwsError::NotFlattened),
        (without("payload"), JwsError::NotFlattened),
        (without("signature"), JwsError::NotFlattened),
        (with("payload", json!(null)), JwsError::NotFlattened),
        (with("payload", json!({})), JwsError::NotFlattened),
        (signed.to_string().replacen('{', r#"{"payload":"","#, 1), JwsError::NotFlattened),
        (with("header", json!({"kid": "x"})), JwsError::UnprotectedHeader),
        (with("header", json!(null)), JwsError::UnprotectedHeader),
        (with("signatures", json!([])), JwsError::SeveralSignatures),
        (with("payload", json!("e30=")), JwsError::Base64("payload")),
        (with("payload", json!("e3+")), JwsError::Base64("payload")),
        (with("payload", json!("e31")), JwsError::Base64("payload")),
        (with("payload", json!("e3 0")), JwsError::Base64("payload")),
        (with("protected", json!("{}")), JwsError::Base64("protected")),
        (with("signature", json!("A")), JwsError::Base64("signature")),
    ];
    for (body, error) in cases {
        assert_eq!(Jws::parse(body.as_bytes()).unwrap_err(), error, "{body}");
    }
    assert_eq!(Jws::parse(b"{\"payload\":\"\xff\"}").unwrap_err(), JwsError::NotFlattened);
    assert!(Jws::parse(with("extra", json!([1])).as_bytes()).is_ok(), "unknown members are ignored");
}

#[test]
fn each_mistake_in_a_protected_header_is_named() {
    let jwk = signer().jwk().to_json();
    let long = "a".repeat(URL_BYTES_MAX + 1);
    let headers = [
        "".to_owned(),
        "[]".into(),
        r#"["ES256","k"]"#.into(),
        "{}".into(),
        r#"{"alg":null,"kid":"k"}"#.into(),
        r#"{"alg":1,"kid":"k"}"#.into(),
        r#"{"alg":"ES256"}"#.into(),
        r#"{"alg":"none","kid":"k"}"#.into(),
        r#"{"alg":"PS256","kid":"k"}"#.into(),
        json!({"alg": long, "kid": "k"}).to_string(),
        r#"{"alg":"ES256","alg":"ES256","kid":"k"}"#.into(),
        r#"{"alg":"ES256","kid":"k","k\u0069d":"j"}"#.into(),
        json!({"alg": "ES256", "kid": "k", "jwk": jwk}).to_string(),
        r#"{"alg":"ES256","kid":""}"#.into(),
        json!({"alg": "ES256", "kid": long}).to_string(),
        r#"{"alg":"ES256","jwk":"k"}"#.into(),
        r#"{"alg":"ES256","jwk":["EC"]}"#.into(),
        r#"{"alg":"ES256","jwk":{"kty":"EC","kty":"EC"}}"#.into(),
        r#"{"alg":"ES256","jwk":{"kty":"oct","k":"AAAA"}}"#.into(),
        r#"{"alg":"ES256","kid":"k","nonce":""}"#.into(),
        r#"{"alg":"ES256","kid":"k","nonce":"a+b"}"#.into(),
        r#"{"alg":"ES256","kid":"k","nonce":"a b"}"#.into(),
        json!({"alg": "ES256", "kid": "k", "nonce": "n".repeat(NONCE_BYTES_MAX + 1)}).to_string(),
        r#"{"alg":"ES256","kid":"k","url":""}"#.into(),
        json!({"alg": "ES256", "kid": "k", "url": long}).to_string(),
        r#"{"alg":"ES256","kid":"k","crit":["exp"]}"#.into(),
        r#"{"alg":"ES256","kid":"k","crit":null}"#.into(),
        r#"{"alg":"ES256","kid":"k","b64":true}"#.into(),
    ];
    let mistakes: Vec<_> = headers
        .iter()
        .map(|header| Jws::parse(with_protected(header).as_bytes()).expect_err(header).to_string())
        .collect();
    insta::assert_snapshot!(mistakes.join("\n"));
}

#[test]
fn members_of_a_protected_header_that_mean_nothing_here_are_ignored() {
    let header = r#"{"typ":"JWT","cty":null,"alg":"RS256","kid":"k","x5c":[{"y":[]}],"nonce":null}"#;
    let jws = Jws::parse(with_protected(header).as_bytes()).unwrap();
    assert_eq!((jws.protected().algorithm, jws.protected().nonce.as_ref()), (Algorithm::Rs256, None));
}

proptest! {
    #[test]
    fn any_body_is_read_without_panic(body in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = Jws::parse(&body);
    }

    #[test]
    fn any_header_is_read_without_panic(header in r#"[{}\[\]":,a-z0-9]{0,40}"#) {
        let _ = Jws::parse(with_protected(&header).as_bytes());
    }

    #[test]
    fn a_flipped_bit_does_not_verify(payload in ".{0,40}", bit in 0_usize..512) {
        let signer = signer();
        let mut jws = Jws::parse(signer.sign(Some(KID), None, URL, &payload).as_bytes()).unwrap();
        prop_assert_eq!(jws.verify(&signer.jwk()), Ok(()));
        jws.signature[bit / 8] ^= 1 << (bit % 8);
        prop_assert_eq!(jws.verify(&signer.jwk()), Err(BadSignature));
    }
}
