//! Public keys of accounts (RFC 7517) and their thumbprints (RFC 7638).

use std::{borrow::Cow, fmt};

use aws_lc_rs::digest;
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::{excerpt::Excerpt, json::Object};

/// The shortest and longest RSA modulus accepted, in bits.
pub const RSA_MODULUS_BITS: std::ops::RangeInclusive<usize> = 2048..=8192;

/// The longest RSA public exponent accepted; in practice it is 65,537.
const RSA_EXPONENT_BYTES_MAX: usize = 4;

/// A public key an account may have.
///
/// Numbers are kept minimal (RSA) or padded to the field (EC), so that one key has one thumbprint
/// however a client encodes it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Jwk {
    /// RSA, big-endian modulus and exponent without leading zeros.
    Rsa {
        /// Modulus.
        n: Vec<u8>,
        /// Public exponent.
        e: Vec<u8>,
    },
    /// A point on an elliptic curve; coordinates padded to the field size.
    Ec {
        /// The curve.
        curve: Curve,
        /// x.
        x: Vec<u8>,
        /// y.
        y: Vec<u8>,
    },
    /// Ed25519.
    Ed25519 {
        /// The public key.
        x: [u8; 32],
    },
}

/// A curve of an EC key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Curve {
    /// P-256.
    P256,
    /// P-384.
    P384,
    /// P-521.
    P521,
}

/// Why a key is not accepted (`badPublicKey`).
#[derive(Clone, Debug, thiserror::Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum JwkError {
    /// No JSON object, a member of the wrong type, or a member twice.
    #[error("the key is no JSON object of known members, each at most once")]
    Malformed,
    /// `kty` is not `RSA`, `EC` or `OKP`.
    #[error("unsupported key type {0}")]
    UnsupportedType(Excerpt),
    /// `crv` is not one this CA's accounts may use.
    #[error("unsupported curve {0}")]
    UnsupportedCurve(Excerpt),
    /// A required member is missing or no unpadded base64url.
    #[error("member \"{0}\" of the key is missing or no unpadded base64url")]
    Member(&'static str),
    /// The RSA modulus is outside [`RSA_MODULUS_BITS`].
    #[error("an RSA modulus of {bits} bits, not between 2048 and 8192")]
    ModulusSize {
        /// Its length.
        bits: usize,
    },
    /// The RSA exponent is even, below 3 or beyond 32 bits.
    #[error("the RSA exponent is even, below 3 or beyond 32 bits")]
    Exponent,
    /// A coordinate is longer than its curve's field, or the Ed25519 key is not 32 bytes.
    #[error("member \"{member}\" of the key has {actual} bytes where the curve has {expected}")]
    CoordinateSize {
        /// `x` or `y`.
        member: &'static str,
        /// Bytes found.
        actual: usize,
        /// Bytes of the field.
        expected: usize,
    },
}

impl Curve {
    /// As `crv` writes it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::P256 => "P-256",
            Self::P384 => "P-384",
            Self::P521 => "P-521",
        }
    }

    /// From the text of `crv`.
    #[must_use]
    pub fn of(text: &str) -> Option<Self> {
        [Self::P256, Self::P384, Self::P521].into_iter().find(|curve| curve.as_str() == text)
    }

    /// The length of a coordinate in bytes.
    #[must_use]
    pub fn field_bytes(self) -> usize {
        match self {
            Self::P256 => 32,
            Self::P384 => 48,
            Self::P521 => 66,
        }
    }
}

impl Jwk {
    /// From a JWK's JSON; unknown members are ignored, private ones never kept.
    ///
    /// # Errors
    ///
    /// [`JwkError`].
    pub fn from_json(value: &Value) -> Result<Self, JwkError> {
        let Object(members) = Object::<Members<'_>>::deserialize(value).map_err(|_| JwkError::Malformed)?;
        Self::from_members(&members)
    }

    pub(crate) fn from_members(members: &Members<'_>) -> Result<Self, JwkError> {
        match members.kty.as_deref() {
            Some("RSA") => Self::rsa(members),
            Some("EC") => Self::ec(members),
            Some("OKP") => Self::okp(members),
            other => Err(JwkError::UnsupportedType(Excerpt::of(other.unwrap_or_default()))),
        }
    }

    fn rsa(members: &Members<'_>) -> Result<Self, JwkError> {
        let n = without_leading_zeros(decoded("n", &members.n)?);
        let bits = n.first().map_or(0, |first| n.len() * 8 - first.leading_zeros() as usize);
        if !RSA_MODULUS_BITS.contains(&bits) {
            return Err(JwkError::ModulusSize { bits });
        }

        let e = without_leading_zeros(decoded("e", &members.e)?);
        let odd = e.last().is_some_and(|last| last % 2 == 1);
        if !odd || e == [1] || e.len() > RSA_EXPONENT_BYTES_MAX {
            return Err(JwkError::Exponent);
        }
        Ok(Self::Rsa { n, e })
    }

    fn ec(members: &Members<'_>) -> Result<Self, JwkError> {
        let crv = members.crv.as_deref().unwrap_or_default();
        let curve = Curve::of(crv).ok_or_else(|| JwkError::UnsupportedCurve(Excerpt::of(crv)))?;
        let coordinate = |member, text| padded(member, decoded(member, text)?, curve.field_bytes());
        Ok(Self::Ec { curve, x: coordinate("x", &members.x)?, y: coordinate("y", &members.y)? })
    }

    fn okp(members: &Members<'_>) -> Result<Self, JwkError> {
        let crv = members.crv.as_deref().unwrap_or_default();
        if crv != "Ed25519" {
            return Err(JwkError::UnsupportedCurve(Excerpt::of(crv)));
        }
        let x = decoded("x", &members.x)?;
        let x = x.try_into().map_err(|x: Vec<u8>| JwkError::CoordinateSize {
            member: "x",
            actual: x.len(),
            expected: 32,
        })?;
        Ok(Self::Ed25519 { x })
    }

    /// The required members only, in the order of RFC 7638.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let base64 = |bytes: &[u8]| BASE64_URL_SAFE_NO_PAD.encode(bytes);
        match self {
            Self::Rsa { n, e } => json!({"e": base64(e), "kty": "RSA", "n": base64(n)}),
            Self::Ec { curve, x, y } => {
                json!({"crv": curve.as_str(), "kty": "EC", "x": base64(x), "y": base64(y)})
            }
            Self::Ed25519 { x } => json!({"crv": "Ed25519", "kty": "OKP", "x": base64(x)}),
        }
    }

    /// SHA-256 over the required members (RFC 7638).
    #[must_use]
    pub fn thumbprint(&self) -> Thumbprint {
        let hash = digest::digest(&digest::SHA256, self.canonical_text().as_bytes());
        Thumbprint(hash.as_ref().try_into().expect("SHA-256 has 32 bytes"))
    }

    /// The text that is hashed: written out, since the order of a `Value`'s members is a matter of
    /// how `serde_json` was built.
    fn canonical_text(&self) -> String {
        let base64 = |bytes: &[u8]| BASE64_URL_SAFE_NO_PAD.encode(bytes);
        match self {
            Self::Rsa { n, e } => format!(r#"{{"e":"{}","kty":"RSA","n":"{}"}}"#, base64(e), base64(n)),
            Self::Ec { curve, x, y } => format!(
                r#"{{"crv":"{}","kty":"EC","x":"{}","y":"{}"}}"#,
                curve.as_str(),
                base64(x),
                base64(y)
            ),
            Self::Ed25519 { x } => format!(r#"{{"crv":"Ed25519","kty":"OKP","x":"{}"}}"#, base64(x)),
        }
    }
}

/// The members of a JWK that say which key it is.
#[derive(Deserialize)]
pub(crate) struct Members<'a> {
    #[serde(borrow, default)]
    kty: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    crv: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    n: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    e: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    x: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    y: Option<Cow<'a, str>>,
}

/// A key's RFC 7638 thumbprint.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Thumbprint(pub [u8; 32]);

/// Unpadded base64url, as in key authorizations.
impl fmt::Display for Thumbprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&BASE64_URL_SAFE_NO_PAD.encode(self.0))
    }
}

fn decoded(member: &'static str, text: &Option<Cow<'_, str>>) -> Result<Vec<u8>, JwkError> {
    let text = text.as_deref().ok_or(JwkError::Member(member))?;
    BASE64_URL_SAFE_NO_PAD.decode(text).map_err(|_| JwkError::Member(member))
}

fn without_leading_zeros(mut number: Vec<u8>) -> Vec<u8> {
    let zeros = number.iter().take_while(|byte| **byte == 0).count();
    number.drain(..zeros);
    number
}

fn padded(member: &'static str, number: Vec<u8>, expected: usize) -> Result<Vec<u8>, JwkError> {
    let mut number = without_leading_zeros(number);
    if number.len() > expected {
        return Err(JwkError::CoordinateSize { member, actual: number.len(), expected });
    }
    number.splice(..0, std::iter::repeat_n(0, expected - number.len()));
    Ok(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The key of RFC 7638, 3.1.
    const RSA_N: &str = "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPe\
                         bWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY36\
                         8QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lF\
                         d2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw";

    fn rsa(n: &str, e: &str) -> Result<Jwk, JwkError> {
        Jwk::from_json(&json!({"kty": "RSA", "n": n, "e": e, "alg": "RS256", "kid": "2011-04-29"}))
    }

    fn with_leading_zero(text: &str) -> String {
        let bytes = BASE64_URL_SAFE_NO_PAD.decode(text).unwrap();
        BASE64_URL_SAFE_NO_PAD.encode([&[0], bytes.as_slice()].concat())
    }

    #[test]
    fn thumbprints_are_those_of_the_rfcs() {
        // RFC 7638, 3.1
        let thumbprint = rsa(RSA_N, "AQAB").unwrap().thumbprint();
        assert_eq!(thumbprint.to_string(), "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs");

        // RFC 8037, A.3
        let ed25519 =
            json!({"kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"});
        let thumbprint = Jwk::from_json(&ed25519).unwrap().thumbprint();
        assert_eq!(thumbprint.to_string(), "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
    }

    #[test]
    fn one_key_has_one_thumbprint_however_its_numbers_are_padded() {
        let key = rsa(RSA_N, "AQAB").unwrap();
        assert_eq!(rsa(&with_leading_zero(RSA_N), &with_leading_zero("AQAB")).unwrap(), key);

        let ec = |x: &[u8], y: &[u8]| {
            let [x, y] = [x, y].map(|bytes| BASE64_URL_SAFE_NO_PAD.encode(bytes));
            Jwk::from_json(&json!({"kty": "EC", "crv": "P-256", "x": x, "y": y})).unwrap()
        };
        let padded = [[0; 2].as_slice(), &[7; 30]].concat();
        let key = ec(&padded, &[9; 32]);
        assert_eq!(ec(&[7; 30], &[&[0; 9], [9; 32].as_slice()].concat()), key);
        assert!(matches!(key, Jwk::Ec { x, .. } if x == padded));
    }

    #[test]
    fn only_the_required_members_are_written() {
        let key = json!({"kty": "EC", "crv": "P-256", "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
            "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0", "d": "jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI",
            "use": "sig", "key_ops": [null], "n": null});
        let read = Jwk::from_json(&key).unwrap();
        let written = read.to_json();
        assert_eq!(written.to_string(), read.canonical_text());
        assert_eq!(written.as_object().unwrap().keys().collect::<Vec<_>>(), ["crv", "kty", "x", "y"]);
        assert!(!format!("{read:?}").contains("jpsQ"));
        assert_eq!(Jwk::from_json(&written), Ok(read));
    }

    #[test]
    fn each_mistake_in_a_key_is_named() {
        let bits = |bits: usize| {
            let mut n = vec![0xff; bits.div_ceil(8)];
            n[0] = 0xff >> (n.len() * 8 - bits);
            BASE64_URL_SAFE_NO_PAD.encode(n)
        };
        let bytes = |count: usize| BASE64_URL_SAFE_NO_PAD.encode(vec![1; count]);
        assert!(rsa(&bits(2048), "Aw").is_ok() && rsa(&bits(8192), "Aw").is_ok());

        let cases = [
            json!("key"),
            json!([]),
            json!({"kty": 1}),
            json!({}),
            json!({"kty": "oct", "k": "AAAA"}),
            json!({"kty": "rsa", "n": RSA_N, "e": "AQAB"}),
            json!({"kty": "RSA", "e": "AQAB"}),
            json!({"kty": "RSA", "n": RSA_N}),
            json!({"kty": "RSA", "n": "", "e": "AQAB"}),
            json!({"kty": "RSA", "n": bits(2047), "e": "AQAB"}),
            json!({"kty": "RSA", "n": bits(8193), "e": "AQAB"}),
            json!({"kty": "RSA", "n": RSA_N, "e": "AQAB="}),
            json!({"kty": "RSA", "n": RSA_N, "e": ""}),
            json!({"kty": "RSA", "n": RSA_N, "e": "AQ"}),
            json!({"kty": "RSA", "n": RSA_N, "e": "BA"}),
            json!({"kty": "RSA", "n": RSA_N, "e": bytes(5)}),
            json!({"kty": "EC", "x": bytes(32), "y": bytes(32)}),
            json!({"kty": "EC", "crv": "secp256k1", "x": bytes(32), "y": bytes(32)}),
            json!({"kty": "EC", "crv": "P-256", "x": bytes(32)}),
            json!({"kty": "EC", "crv": "P-256", "x": bytes(33), "y": bytes(32)}),
            json!({"kty": "EC", "crv": "P-384", "x": bytes(48), "y": bytes(49)}),
            json!({"kty": "OKP", "crv": "Ed448", "x": bytes(57)}),
            json!({"kty": "OKP", "crv": "Ed25519", "x": bytes(31)}),
        ];
        let mistakes: Vec<_> =
            cases.iter().map(|key| Jwk::from_json(key).expect_err(&key.to_string()).to_string()).collect();
        insta::assert_snapshot!(mistakes.join("\n"));
    }
}
