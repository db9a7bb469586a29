//! Signed requests (RFC 8555, 6.2 to 6.5): who signed, what for, and that it is no replay.

use bytes::Bytes;
use http::{Method, StatusCode, Uri};
use serde_json::{Map, Value};
use tollgate_acme::{
    jwk::Jwk,
    jws::{Algorithm, Jws, JwsError, KeyReference},
    problem::ProblemType,
    resource::ResourcePath,
};

use crate::{
    ca::Ca,
    reply::Refusal,
    resource::{Origin, account_of},
};

/// The largest request body read, in bytes.
const BODY_BYTES_MAX: usize = 64 * 1024;

/// A request with its origin and body.
pub(crate) struct Incoming {
    pub(crate) method: Method,
    pub(crate) origin: Origin,
    /// Path and query.
    pub(crate) target: String,
    pub(crate) content_type: Option<String>,
    pub(crate) body: Bytes,
}

impl Incoming {
    /// The URL the client asked for, as it must have signed it.
    pub(crate) fn url(&self) -> String {
        self.origin.url(&self.target)
    }

    /// A parameter of the query.
    pub(crate) fn parameter(&self, name: &str) -> Option<&str> {
        let (_, query) = self.target.split_once('?')?;
        query.split('&').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='))
    }
}

/// Who signed.
#[derive(Clone, Debug)]
pub(crate) enum Signer {
    /// A known account that is not deactivated.
    Account(u64),
    /// A key, inside the request.
    Key(Jwk),
}

/// A request whose signature, URL and nonce are in order.
pub(crate) struct Signed<S> {
    pub(crate) signer: S,
    pub(crate) payload: Vec<u8>,
}

impl<S> Signed<S> {
    /// The payload as a JSON object.
    pub(crate) fn object(&self) -> Result<Map<String, Value>, Refusal> {
        match serde_json::from_slice(&self.payload) {
            Ok(Value::Object(object)) => Ok(object),
            _ => Err(Refusal::malformed("the payload is no JSON object")),
        }
    }

    /// Whether this is POST-as-GET (RFC 8555, 6.3).
    pub(crate) fn is_get(&self) -> bool {
        self.payload.is_empty()
    }

    /// Nothing, when this is POST-as-GET.
    pub(crate) fn must_be_get(&self) -> Result<(), Refusal> {
        if self.is_get() {
            return Ok(());
        }
        Err(Refusal::malformed("this resource can only be read: the payload must be empty (POST-as-GET)"))
    }
}

impl Ca {
    /// A request signed by an account.
    pub(crate) fn signed_by_account(&self, request: &Incoming) -> Result<Signed<u64>, Refusal> {
        let Signed { signer, payload } = self.signed(request)?;
        match signer {
            Signer::Account(signer) => Ok(Signed { signer, payload }),
            Signer::Key(_) => {
                Err(Refusal::malformed("\"jwk\" is not allowed here: sign with the account's \"kid\""))
            }
        }
    }

    /// A request signed by the key it brings.
    pub(crate) fn signed_by_key(&self, request: &Incoming) -> Result<Signed<Jwk>, Refusal> {
        let Signed { signer, payload } = self.signed(request)?;
        match signer {
            Signer::Key(signer) => Ok(Signed { signer, payload }),
            Signer::Account(_) => {
                Err(Refusal::malformed("\"kid\" is not allowed here: send the key as \"jwk\""))
            }
        }
    }

    /// A request signed by an account or the key it brings.
    pub(crate) fn signed(&self, request: &Incoming) -> Result<Signed<Signer>, Refusal> {
        let jws = parse(request)?;
        let protected = jws.protected();
        check_url(protected.url.as_deref(), request)?;
        let (signer, key) = self.signer(&protected.key)?;
        jws.verify(&key).map_err(|bad| Refusal::malformed(format!("the request is not authentic: {bad}")))?;
        // Last, so that only who holds the key can use up a nonce.
        self.spend_nonce(protected.nonce.as_deref())?;
        if let Signer::Account(id) = signer {
            self.check_active(id)?;
        }
        Ok(Signed { signer, payload: jws.payload().to_vec() })
    }

    fn signer(&self, reference: &KeyReference) -> Result<(Signer, Jwk), Refusal> {
        match reference {
            KeyReference::Jwk(key) => Ok((Signer::Key(key.clone()), key.clone())),
            KeyReference::Kid(kid) => {
                let id = ResourcePath::of(kid).and_then(|path| account_of(path.as_str()));
                let state = self.state.lock();
                let account = id.and_then(|id| Some((id, state.account(id)?)));
                let (id, account) = account.ok_or_else(|| {
                    let detail = "\"kid\" names no account of this CA";
                    Refusal::new(ProblemType::AccountDoesNotExist, StatusCode::BAD_REQUEST, detail)
                })?;
                Ok((Signer::Account(id), account.key.clone()))
            }
        }
    }

    fn spend_nonce(&self, nonce: Option<&str>) -> Result<(), Refusal> {
        let detail = match nonce {
            None => "the request has no nonce",
            Some(nonce) if self.nonces.spend(nonce, self.clock.now()) => return Ok(()),
            Some(_) => "the nonce was used before, has expired, or is not of this CA",
        };
        Err(Refusal::new(ProblemType::BadNonce, StatusCode::BAD_REQUEST, detail))
    }

    /// Refuses for a deactivated account (RFC 8555, 7.3.6).
    pub(crate) fn check_active(&self, account: u64) -> Result<(), Refusal> {
        if self.state.lock().account(account).is_some_and(|account| !account.deactivated) {
            return Ok(());
        }
        let detail = "the account is deactivated";
        Err(Refusal::new(ProblemType::Unauthorized, StatusCode::UNAUTHORIZED, detail))
    }
}

fn parse(request: &Incoming) -> Result<Jws, Refusal> {
    if request.content_type.as_deref() != Some("application/jose+json") {
        let detail = "the content type must be application/jose+json";
        let status = StatusCode::UNSUPPORTED_MEDIA_TYPE;
        return Err(Refusal::new(ProblemType::Malformed, status, detail));
    }
    if BODY_BYTES_MAX < request.body.len() {
        let detail = format!("the body has more than {BODY_BYTES_MAX} bytes");
        return Err(Refusal::new(ProblemType::Malformed, StatusCode::PAYLOAD_TOO_LARGE, detail));
    }
    let jws = Jws::parse(&request.body).map_err(|error| unreadable(&error))?;
    check_algorithm(&jws)?;
    Ok(jws)
}

/// The problem with something that is no acceptable JWS.
pub(crate) fn unreadable(error: &JwsError) -> Refusal {
    let kind = match error {
        JwsError::UnsupportedAlgorithm(_) => ProblemType::BadSignatureAlgorithm,
        JwsError::Key(_) => ProblemType::BadPublicKey,
        _ => ProblemType::Malformed,
    };
    Refusal::new(kind, StatusCode::BAD_REQUEST, error.to_string())
}

/// Refuses a MAC where a signature belongs (RFC 8555, 6.2).
pub(crate) fn check_algorithm(jws: &Jws) -> Result<(), Refusal> {
    if jws.protected().algorithm != Algorithm::Hs256 {
        return Ok(());
    }
    let detail = "HS256 is no signature: only an external account binding may use it";
    Err(Refusal::new(ProblemType::BadSignatureAlgorithm, StatusCode::BAD_REQUEST, detail))
}

fn check_url(signed: Option<&str>, request: &Incoming) -> Result<(), Refusal> {
    let Some(signed) = signed else {
        return Err(Refusal::malformed("the protected header has no \"url\""));
    };
    let asked = request.url();
    if same_url(signed, &asked) {
        return Ok(());
    }
    // RFC 8555, 6.4 asks for `unauthorized`.
    Err(Refusal::unauthorized(format!("the request was signed for another URL than {asked}")))
}

/// The same characters, but for the case of scheme and host.
fn same_url(one: &str, other: &str) -> bool {
    let parts = |url: &str| {
        let uri = url.parse::<Uri>().ok()?;
        let origin = (uri.scheme_str()?.to_ascii_lowercase(), uri.authority()?.as_str().to_ascii_lowercase());
        Some((origin, uri.path_and_query()?.as_str().to_owned()))
    };
    one == other || parts(one).is_some_and(|one| parts(other) == Some(one))
}
