//! Signed requests: JWS in flattened JSON (RFC 7515, RFC 8555 section 6.2).
//!
//! Strict where a CA and the gateway could otherwise read two different messages: one signature, no
//! unprotected header, each member once, unpadded base64url, and either `kid` or `jwk`.

mod signer;

use std::{borrow::Cow, fmt};

use aws_lc_rs::{
    hmac,
    signature::{
        ECDSA_P256_SHA256_FIXED, ECDSA_P384_SHA384_FIXED, ECDSA_P521_SHA512_FIXED, ED25519,
        EcdsaVerificationAlgorithm, RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents, UnparsedPublicKey,
    },
};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use serde::{Deserialize, de::IgnoredAny};
use serde_json::Value;

pub use self::signer::{Signer, SignerError};
use crate::{
    excerpt::Excerpt,
    json::Object,
    jwk::{Curve, Jwk, JwkError, Members},
    resource::URL_BYTES_MAX,
};

/// The longest nonce accepted; those of CAs in use have 22 to 86 characters.
pub const NONCE_BYTES_MAX: usize = 1024;

/// A parsed, not yet verified JWS.
#[derive(Clone)]
pub struct Jws {
    protected: Protected,
    payload: Vec<u8>,
    signing_input: Vec<u8>,
    signature: Vec<u8>,
}

/// The protected header.
#[derive(Clone, Debug)]
pub struct Protected {
    /// `alg`.
    pub algorithm: Algorithm,
    /// `kid` or `jwk`, exactly one.
    pub key: KeyReference,
    /// `nonce`, base64url and at most [`NONCE_BYTES_MAX`] long.
    pub nonce: Option<String>,
    /// `url`, at most 2,048 bytes.
    pub url: Option<String>,
}

/// Who signed, as the request claims.
#[derive(Clone, Debug)]
pub enum KeyReference {
    /// An account URL (or an external account's key id), at most 2,048 bytes.
    Kid(String),
    /// The key itself.
    Jwk(Jwk),
}

/// A signature algorithm; `HS256` only inside external account bindings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
#[expect(missing_docs, reason = "RFC 7518 and RFC 8037 name them")]
pub enum Algorithm {
    Rs256,
    Es256,
    Es384,
    Es512,
    EdDsa,
    Hs256,
}

/// Why a request is no JWS that ACME allows: `malformed`, unless said otherwise.
#[derive(Clone, Debug, thiserror::Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum JwsError {
    /// Not an object with each of `protected`, `payload` and `signature` once, as strings.
    #[error(
        "no flattened JWS: \"protected\", \"payload\" and \"signature\" must each be there once, as strings"
    )]
    NotFlattened,
    /// An unprotected `header` (RFC 8555, 6.2).
    #[error("the JWS has an unprotected header")]
    UnprotectedHeader,
    /// The general serialization (RFC 8555, 6.2).
    #[error("the JWS is not limited to one signature")]
    SeveralSignatures,
    /// A member is no unpadded base64url.
    #[error("member \"{0}\" of the JWS is no unpadded base64url")]
    Base64(&'static str),
    /// The protected header is no JSON object, or a member has the wrong type or comes twice.
    #[error("the protected header is no JSON object of known members, each at most once")]
    ProtectedHeader,
    /// No `alg`.
    #[error("the protected header has no \"alg\"")]
    NoAlgorithm,
    /// An algorithm outside [`Algorithm`] (`badSignatureAlgorithm`).
    #[error("unsupported signature algorithm {0}")]
    UnsupportedAlgorithm(Excerpt),
    /// Both `kid` and `jwk` (RFC 8555, 6.2).
    #[error("the protected header has both \"kid\" and \"jwk\"")]
    KidAndJwk,
    /// Neither `kid` nor `jwk` (RFC 8555, 6.2).
    #[error("the protected header has neither \"kid\" nor \"jwk\"")]
    NoKey,
    /// The `jwk` is not accepted (`badPublicKey`).
    #[error(transparent)]
    Key(#[from] JwkError),
    /// An extension that must be understood: `crit` or `b64` (RFC 7797).
    #[error("the protected header has \"{0}\", which is not supported")]
    Extension(&'static str),
    /// The nonce is no base64url (RFC 8555, 6.5.2).
    #[error("the nonce is no base64url")]
    Nonce,
    /// A member of the protected header is empty or too long.
    #[error("\"{member}\" has {actual} bytes, not between 1 and {max}")]
    Length {
        /// Its name.
        member: &'static str,
        /// Bytes found.
        actual: usize,
        /// Bytes allowed.
        max: usize,
    },
}

/// The signature does not fit the key, or the algorithm does not.
#[derive(Clone, Debug, thiserror::Error, PartialEq, Eq)]
#[error("signature verification failed")]
pub struct BadSignature;

impl Jws {
    /// Parses a body of flattened JSON. The caller bounds the body.
    ///
    /// # Errors
    ///
    /// [`JwsError`].
    pub fn parse(body: &[u8]) -> Result<Self, JwsError> {
        let Object(flattened) = serde_json::from_slice(body).map_err(|_| JwsError::NotFlattened)?;
        Self::from_flattened(&flattened)
    }

    /// A JWS that is an object inside another message: `externalAccountBinding` (RFC 8555, 7.3.4).
    ///
    /// # Errors
    ///
    /// [`JwsError`].
    pub fn from_json(value: &Value) -> Result<Self, JwsError> {
        let Object(flattened) = Object::deserialize(value).map_err(|_| JwsError::NotFlattened)?;
        Self::from_flattened(&flattened)
    }

    fn from_flattened(flattened: &Flattened<'_>) -> Result<Self, JwsError> {
        if flattened.header.is_some() {
            return Err(JwsError::UnprotectedHeader);
        }
        if flattened.signatures.is_some() {
            return Err(JwsError::SeveralSignatures);
        }
        let (Some(protected), Some(payload), Some(signature)) =
            (&flattened.protected, &flattened.payload, &flattened.signature)
        else {
            return Err(JwsError::NotFlattened);
        };
        Ok(Self {
            protected: Protected::parse(&base64url("protected", protected)?)?,
            payload: base64url("payload", payload)?,
            signing_input: [protected.as_bytes(), b".", payload.as_bytes()].concat(),
            signature: base64url("signature", signature)?,
        })
    }

    /// The protected header.
    #[must_use]
    pub fn protected(&self) -> &Protected {
        &self.protected
    }

    /// The decoded payload; empty for POST-as-GET.
    #[must_use]
    pub fn payload(&self) -> &[u8] {
        &self.payload
    }

    /// Checks the signature.
    ///
    /// # Errors
    ///
    /// [`BadSignature`].
    pub fn verify(&self, key: &Jwk) -> Result<(), BadSignature> {
        let (message, signature) = (&self.signing_input, &self.signature);
        match (self.protected.algorithm, key) {
            (Algorithm::Rs256, Jwk::Rsa { n, e }) => {
                RsaPublicKeyComponents { n, e }.verify(&RSA_PKCS1_2048_8192_SHA256, message, signature)
            }
            (Algorithm::EdDsa, Jwk::Ed25519 { x }) => {
                UnparsedPublicKey::new(&ED25519, x).verify(message, signature)
            }
            (algorithm, Jwk::Ec { curve, x, y }) => {
                let point = [&[0x04], x.as_slice(), y].concat();
                let verification = ecdsa(algorithm, *curve).ok_or(BadSignature)?;
                UnparsedPublicKey::new(verification, point).verify(message, signature)
            }
            _ => return Err(BadSignature),
        }
        .map_err(|_| BadSignature)
    }

    /// Checks an HS256 tag, for external account binding (RFC 8555, 7.3.4).
    ///
    /// # Errors
    ///
    /// [`BadSignature`].
    pub fn verify_mac(&self, key: &[u8]) -> Result<(), BadSignature> {
        if self.protected.algorithm != Algorithm::Hs256 {
            return Err(BadSignature);
        }
        let key = hmac::Key::new(hmac::HMAC_SHA256, key);
        hmac::verify(&key, &self.signing_input, &self.signature).map_err(|_| BadSignature)
    }
}

/// Without payload and signature: payloads may hold what must not be logged.
impl fmt::Debug for Jws {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Jws").field("protected", &self.protected).finish_non_exhaustive()
    }
}

impl Protected {
    fn parse(header: &[u8]) -> Result<Self, JwsError> {
        let Object(header) =
            serde_json::from_slice::<Object<Header<'_>>>(header).map_err(|_| JwsError::ProtectedHeader)?;
        if header.crit.is_some() {
            return Err(JwsError::Extension("crit"));
        }
        if header.b64.is_some() {
            return Err(JwsError::Extension("b64"));
        }
        Ok(Self {
            algorithm: header.algorithm()?,
            key: header.key()?,
            nonce: header.nonce()?,
            url: bounded("url", header.url.as_deref(), URL_BYTES_MAX)?,
        })
    }
}

impl Algorithm {
    /// As `alg` writes it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Rs256 => "RS256",
            Self::Es256 => "ES256",
            Self::Es384 => "ES384",
            Self::Es512 => "ES512",
            Self::EdDsa => "EdDSA",
            Self::Hs256 => "HS256",
        }
    }

    /// From the text of `alg`.
    #[must_use]
    pub fn of(text: &str) -> Option<Self> {
        [Self::Rs256, Self::Es256, Self::Es384, Self::Es512, Self::EdDsa, Self::Hs256]
            .into_iter()
            .find(|algorithm| algorithm.as_str() == text)
    }
}

/// The members of a flattened JWS. Others are ignored (RFC 7515, 7.2.2).
#[derive(Deserialize)]
struct Flattened<'a> {
    #[serde(borrow, default)]
    protected: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    payload: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    signature: Option<Cow<'a, str>>,
    #[serde(default, deserialize_with = "present")]
    header: Option<()>,
    #[serde(default, deserialize_with = "present")]
    signatures: Option<()>,
}

/// The members of a protected header. Others, such as `typ`, are ignored.
#[derive(Deserialize)]
struct Header<'a> {
    #[serde(borrow, default)]
    alg: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    kid: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    jwk: Option<Object<Members<'a>>>,
    #[serde(borrow, default)]
    nonce: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    url: Option<Cow<'a, str>>,
    #[serde(default, deserialize_with = "present")]
    crit: Option<()>,
    #[serde(default, deserialize_with = "present")]
    b64: Option<()>,
}

impl Header<'_> {
    fn algorithm(&self) -> Result<Algorithm, JwsError> {
        let alg = self.alg.as_deref().ok_or(JwsError::NoAlgorithm)?;
        Algorithm::of(alg).ok_or_else(|| JwsError::UnsupportedAlgorithm(Excerpt::of(alg)))
    }

    fn key(&self) -> Result<KeyReference, JwsError> {
        let kid = bounded("kid", self.kid.as_deref(), URL_BYTES_MAX)?;
        match (kid, &self.jwk) {
            (Some(kid), None) => Ok(KeyReference::Kid(kid)),
            (None, Some(Object(members))) => Ok(KeyReference::Jwk(Jwk::from_members(members)?)),
            (Some(_), Some(_)) => Err(JwsError::KidAndJwk),
            (None, None) => Err(JwsError::NoKey),
        }
    }

    fn nonce(&self) -> Result<Option<String>, JwsError> {
        let nonce = bounded("nonce", self.nonce.as_deref(), NONCE_BYTES_MAX)?;
        let is_base64url =
            |text: &String| text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b));
        if nonce.as_ref().is_none_or(is_base64url) { Ok(nonce) } else { Err(JwsError::Nonce) }
    }
}

/// Notes that a member is there, whatever it holds.
fn present<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<()>, D::Error> {
    IgnoredAny::deserialize(deserializer).map(|_| Some(()))
}

fn bounded(member: &'static str, text: Option<&str>, max: usize) -> Result<Option<String>, JwsError> {
    match text {
        Some(text) if text.is_empty() || text.len() > max => {
            Err(JwsError::Length { member, actual: text.len(), max })
        }
        text => Ok(text.map(str::to_owned)),
    }
}

fn base64url(member: &'static str, text: &str) -> Result<Vec<u8>, JwsError> {
    BASE64_URL_SAFE_NO_PAD.decode(text).map_err(|_| JwsError::Base64(member))
}

/// ECDSA with signatures of fixed size; an algorithm has one curve (RFC 7518, 3.4).
fn ecdsa(algorithm: Algorithm, curve: Curve) -> Option<&'static EcdsaVerificationAlgorithm> {
    match (algorithm, curve) {
        (Algorithm::Es256, Curve::P256) => Some(&ECDSA_P256_SHA256_FIXED),
        (Algorithm::Es384, Curve::P384) => Some(&ECDSA_P384_SHA384_FIXED),
        (Algorithm::Es512, Curve::P521) => Some(&ECDSA_P521_SHA512_FIXED),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
