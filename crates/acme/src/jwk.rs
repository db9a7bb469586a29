//! Public keys of accounts (RFC 7517) and their thumbprints (RFC 7638).

use std::fmt;

/// A public key an account may have.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Jwk {
    /// RSA, big-endian modulus and exponent.
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

/// Why a key is not accepted.
#[derive(Clone, Debug, thiserror::Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum JwkError {
    /// Placeholder: the owner of this file names each mistake.
    #[error("malformed key")]
    Malformed,
}

impl Jwk {
    /// From a JWK's JSON; unknown members are ignored.
    ///
    /// # Errors
    ///
    /// [`JwkError`].
    pub fn from_json(value: &serde_json::Value) -> Result<Self, JwkError> {
        let _ = value;
        todo!()
    }
    /// The required members only, in the order of RFC 7638.
    #[must_use]
    pub fn to_json(&self) -> serde_json::Value {
        todo!()
    }
    /// SHA-256 over the required members (RFC 7638).
    #[must_use]
    pub fn thumbprint(&self) -> Thumbprint {
        todo!()
    }
}

/// A key's RFC 7638 thumbprint.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Thumbprint(pub [u8; 32]);

/// Unpadded base64url, as in key authorizations.
impl fmt::Display for Thumbprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let _ = f;
        todo!()
    }
}
