//! Signing requests as a client does.

use std::fmt;

use aws_lc_rs::{
    hmac,
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair},
};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use serde_json::{Map, Value, json};

use super::Algorithm;
use crate::jwk::{Curve, Jwk};

/// An ES256 key pair that signs requests, as a client does.
pub struct Signer {
    key: EcdsaKeyPair,
}

/// Why there is no signer.
#[derive(Clone, Copy, Debug, thiserror::Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum SignerError {
    /// The system gave no randomness.
    #[error("no key could be generated")]
    Generate,
    /// The bytes are no PKCS #8 key pair on P-256.
    #[error("not a P-256 key pair in PKCS #8")]
    Pkcs8,
}

impl Signer {
    /// A fresh key pair.
    ///
    /// # Errors
    ///
    /// [`SignerError::Generate`].
    pub fn generate() -> Result<Self, SignerError> {
        let key =
            EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).map_err(|_| SignerError::Generate)?;
        Ok(Self { key })
    }

    /// The key pair of a PKCS #8 document in DER.
    ///
    /// # Errors
    ///
    /// [`SignerError::Pkcs8`].
    pub fn from_pkcs8(der: &[u8]) -> Result<Self, SignerError> {
        let key = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, der)
            .map_err(|_| SignerError::Pkcs8)?;
        Ok(Self { key })
    }

    /// The key pair as a PKCS #8 document in DER: a secret.
    ///
    /// # Errors
    ///
    /// [`SignerError::Pkcs8`].
    pub fn to_pkcs8(&self) -> Result<Vec<u8>, SignerError> {
        self.key.to_pkcs8v1().map(|document| document.as_ref().to_vec()).map_err(|_| SignerError::Pkcs8)
    }

    /// The public key.
    #[must_use]
    pub fn jwk(&self) -> Jwk {
        let point = self.key.public_key().as_ref();
        let (x, y) = point[1..].split_at(Curve::P256.field_bytes());
        Jwk::Ec { curve: Curve::P256, x: x.to_vec(), y: y.to_vec() }
    }

    /// A flattened JWS. `kid`: the account URL, or `None` to put the key itself in.
    /// `payload`: `""` for POST-as-GET.
    #[must_use]
    pub fn sign(&self, kid: Option<&str>, nonce: Option<&str>, url: &str, payload: &str) -> String {
        let mut protected = Map::new();
        protected.insert("alg".into(), Algorithm::Es256.as_str().into());
        match kid {
            Some(kid) => protected.insert("kid".into(), kid.into()),
            None => protected.insert("jwk".into(), self.jwk().to_json()),
        };
        if let Some(nonce) = nonce {
            protected.insert("nonce".into(), nonce.into());
        }
        protected.insert("url".into(), url.into());

        flattened(protected, payload, |signing_input| {
            let signature = self
                .key
                .sign(&SystemRandom::new(), signing_input)
                .expect("a P-256 key that was generated or checked can sign");
            signature.as_ref().to_vec()
        })
        .to_string()
    }

    /// A request to `url`, the CA's `keyChange`, that gives the account `new`'s key (RFC 8555, 7.3.5).
    /// Signed by this, the account's present key; `account` is the account's URL.
    #[must_use]
    pub fn sign_key_change(&self, new: &Self, account: &str, nonce: Option<&str>, url: &str) -> String {
        let payload = json!({"account": account, "oldKey": self.jwk().to_json()}).to_string();
        let inner = new.sign(None, None, url, &payload);
        self.sign(Some(account), nonce, url, &inner)
    }

    /// The `externalAccountBinding` of a newAccount at `url` (RFC 8555, 7.3.4): this key, under the
    /// secret that the CA gave out for `key_id`.
    #[must_use]
    pub fn bind_external_account(&self, key_id: &str, secret: &[u8], url: &str) -> Value {
        let mut protected = Map::new();
        protected.insert("alg".into(), Algorithm::Hs256.as_str().into());
        protected.insert("kid".into(), key_id.into());
        protected.insert("url".into(), url.into());

        let secret = hmac::Key::new(hmac::HMAC_SHA256, secret);
        flattened(protected, &self.jwk().to_json().to_string(), |signing_input| {
            hmac::sign(&secret, signing_input).as_ref().to_vec()
        })
    }
}

/// The public key only.
impl fmt::Debug for Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Signer").field("jwk", &self.jwk()).finish_non_exhaustive()
    }
}

fn flattened(protected: Map<String, Value>, payload: &str, sign: impl Fn(&[u8]) -> Vec<u8>) -> Value {
    let protected = BASE64_URL_SAFE_NO_PAD.encode(Value::Object(protected).to_string());
    let payload = BASE64_URL_SAFE_NO_PAD.encode(payload);
    let signature = BASE64_URL_SAFE_NO_PAD.encode(sign(format!("{protected}.{payload}").as_bytes()));
    json!({"protected": protected, "payload": payload, "signature": signature})
}
