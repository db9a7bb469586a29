//! Signed requests: JWS in flattened JSON (RFC 7515, RFC 8555 section 6.2).

use crate::jwk::Jwk;

/// A parsed, not yet verified JWS.
#[derive(Clone, Debug)]
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
    /// `nonce`.
    pub nonce: Option<String>,
    /// `url`.
    pub url: Option<String>,
}

/// Who signed, as the request claims.
#[derive(Clone, Debug)]
pub enum KeyReference {
    /// An account URL (or an external account's key id).
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

/// Why a request is no JWS.
#[derive(Clone, Debug, thiserror::Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum JwsError {
    /// Placeholder: the owner of this file names each mistake.
    #[error("malformed JWS")]
    Malformed,
    /// An algorithm outside [`Algorithm`] (`badSignatureAlgorithm`).
    #[error("unsupported signature algorithm")]
    UnsupportedAlgorithm,
}

/// The signature does not fit the key, or the algorithm does not.
#[derive(Clone, Debug, thiserror::Error, PartialEq, Eq)]
#[error("signature verification failed")]
pub struct BadSignature;

impl Jws {
    /// Parses a body of flattened JSON.
    ///
    /// # Errors
    ///
    /// [`JwsError`].
    pub fn parse(body: &[u8]) -> Result<Self, JwsError> {
        let _ = body;
        todo!()
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
        let _ = (key, &self.signing_input, &self.signature);
        todo!()
    }
    /// Checks an HS256 tag, for external account binding (RFC 8555, 7.3.4).
    ///
    /// # Errors
    ///
    /// [`BadSignature`].
    pub fn verify_mac(&self, key: &[u8]) -> Result<(), BadSignature> {
        let _ = key;
        todo!()
    }
}

/// An ES256 key pair that signs requests, as a client does.
pub struct Signer {}

impl Signer {
    /// A fresh key pair.
    #[must_use]
    pub fn generate() -> Self {
        todo!()
    }
    /// The public key.
    #[must_use]
    pub fn jwk(&self) -> Jwk {
        todo!()
    }
    /// A flattened JWS. `kid`: the account URL, or `None` to put the key itself in.
    /// `payload`: `""` for POST-as-GET.
    #[must_use]
    pub fn sign(&self, kid: Option<&str>, nonce: Option<&str>, url: &str, payload: &str) -> String {
        let _ = (kid, nonce, url, payload);
        todo!()
    }
}
