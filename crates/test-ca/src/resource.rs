//! The CA's resources: what a path names, and the path or URL that names it.

use http::{HeaderMap, Uri, header, uri::Authority};

use crate::endpoint::Endpoint;

pub(crate) const DIRECTORY: &str = "/directory";
pub(crate) const NEW_NONCE: &str = "/acme/new-nonce";
pub(crate) const NEW_ACCOUNT: &str = "/acme/new-account";
pub(crate) const NEW_ORDER: &str = "/acme/new-order";
pub(crate) const NEW_AUTHZ: &str = "/acme/new-authz";
pub(crate) const REVOKE_CERT: &str = "/acme/revoke-cert";
pub(crate) const KEY_CHANGE: &str = "/acme/key-change";
pub(crate) const RENEWAL_INFO: &str = "/acme/renewal-info";
pub(crate) const TERMS: &str = "/terms";
pub(crate) const ROOT: &str = "/root.pem";
pub(crate) const ALTERNATE_ROOT: &str = "/alternate-root.pem";

/// What a request asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Resource {
    Home,
    Terms,
    /// The PEM of a root, for test programs to trust.
    Root(Chain),
    Directory,
    NewNonce,
    NewAccount,
    NewOrder,
    NewAuthz,
    RevokeCert,
    KeyChange,
    RenewalInfo(String),
    Account(u64),
    Orders(u64),
    Order(u64),
    Finalize(u64),
    Authorization(u64),
    Challenge(u64, String),
    Certificate(String, Chain),
}

/// Which root a certificate chain leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Chain {
    Default,
    Alternate,
}

impl Resource {
    /// What a path names, if anything.
    pub(crate) fn of(path: &str) -> Option<Self> {
        let fixed = match path {
            "/" => Self::Home,
            TERMS => Self::Terms,
            ROOT => Self::Root(Chain::Default),
            ALTERNATE_ROOT => Self::Root(Chain::Alternate),
            DIRECTORY => Self::Directory,
            NEW_NONCE => Self::NewNonce,
            NEW_ACCOUNT => Self::NewAccount,
            NEW_ORDER => Self::NewOrder,
            NEW_AUTHZ => Self::NewAuthz,
            REVOKE_CERT => Self::RevokeCert,
            KEY_CHANGE => Self::KeyChange,
            _ => return Self::object(path.strip_prefix("/acme/")?),
        };
        Some(fixed)
    }

    fn object(path: &str) -> Option<Self> {
        let mut segments = path.split('/');
        let (kind, name, more) = (segments.next()?, segments.next()?, segments.next());
        if segments.next().is_some() {
            return None;
        }
        match (kind, more) {
            ("renewal-info", None) => Some(Self::RenewalInfo(name.to_owned())),
            ("acct", None) => number(name).map(Self::Account),
            ("orders", None) => number(name).map(Self::Orders),
            ("order", None) => number(name).map(Self::Order),
            ("finalize", None) => number(name).map(Self::Finalize),
            ("authz", None) => number(name).map(Self::Authorization),
            ("chall", Some(kind)) => number(name).map(|id| Self::Challenge(id, kind.to_owned())),
            ("cert", None) => Some(Self::Certificate(name.to_owned(), Chain::Default)),
            ("cert", Some("1")) => Some(Self::Certificate(name.to_owned(), Chain::Alternate)),
            _ => None,
        }
    }

    /// The name faults are scripted by.
    pub(crate) fn endpoint(&self) -> Endpoint {
        match self {
            Self::Home | Self::Terms | Self::Root(_) => Endpoint::Any,
            Self::Directory => Endpoint::Directory,
            Self::NewNonce => Endpoint::NewNonce,
            Self::NewAccount => Endpoint::NewAccount,
            Self::NewOrder => Endpoint::NewOrder,
            Self::NewAuthz => Endpoint::NewAuthz,
            Self::RevokeCert => Endpoint::RevokeCert,
            Self::KeyChange => Endpoint::KeyChange,
            Self::RenewalInfo(_) => Endpoint::RenewalInfo,
            Self::Account(_) => Endpoint::Account,
            Self::Orders(_) => Endpoint::Orders,
            Self::Order(_) => Endpoint::Order,
            Self::Finalize(_) => Endpoint::Finalize,
            Self::Authorization(_) => Endpoint::Authorization,
            Self::Challenge(..) => Endpoint::Challenge,
            Self::Certificate(..) => Endpoint::Certificate,
        }
    }
}

/// A number as this CA writes it: no sign, no leading zero.
fn number(text: &str) -> Option<u64> {
    let number = text.parse::<u64>().ok()?;
    (number.to_string() == text).then_some(number)
}

/// The account an account URL's path names.
pub(crate) fn account_of(path: &str) -> Option<u64> {
    match Resource::of(path)? {
        Resource::Account(id) => Some(id),
        _ => None,
    }
}

/// The scheme and host by which the client knows the CA.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Origin(String);

impl Origin {
    /// From `X-Forwarded-Proto` (else https) and `Host` (else the URI's authority); `None` when there
    /// is no usable host.
    pub(crate) fn of(headers: &HeaderMap, uri: &Uri) -> Option<Self> {
        let host = match headers.get(header::HOST) {
            Some(host) => host.to_str().ok()?.parse::<Authority>().ok()?,
            None => uri.authority()?.clone(),
        };
        if host.as_str().contains('@') {
            return None;
        }
        let http = headers.get("x-forwarded-proto").is_some_and(|scheme| scheme == "http");
        let scheme = if http { "http" } else { "https" };
        Some(Self(format!("{scheme}://{host}")))
    }

    /// The URL of a path.
    pub(crate) fn url(&self, path: &str) -> String {
        format!("{}{path}", self.0)
    }

    pub(crate) fn account(&self, id: u64) -> String {
        self.url(&format!("/acme/acct/{id}"))
    }

    pub(crate) fn orders(&self, id: u64, cursor: Option<u64>) -> String {
        let cursor = cursor.map(|cursor| format!("?cursor={cursor}")).unwrap_or_default();
        self.url(&format!("/acme/orders/{id}{cursor}"))
    }

    pub(crate) fn order(&self, id: u64) -> String {
        self.url(&format!("/acme/order/{id}"))
    }

    pub(crate) fn finalize(&self, id: u64) -> String {
        self.url(&format!("/acme/finalize/{id}"))
    }

    pub(crate) fn authorization(&self, id: u64) -> String {
        self.url(&format!("/acme/authz/{id}"))
    }

    pub(crate) fn challenge(&self, id: u64, kind: &str) -> String {
        self.url(&format!("/acme/chall/{id}/{kind}"))
    }

    pub(crate) fn certificate(&self, serial: &str, chain: Chain) -> String {
        match chain {
            Chain::Default => self.url(&format!("/acme/cert/{serial}")),
            Chain::Alternate => self.url(&format!("/acme/cert/{serial}/1")),
        }
    }
}

#[cfg(test)]
mod tests {
    use http::Request;

    use super::*;

    #[test]
    fn a_path_names_one_resource_or_nothing() {
        for (path, expected) in [
            ("/directory", Some(Resource::Directory)),
            ("/acme/order/17", Some(Resource::Order(17))),
            ("/acme/order/017", None),
            ("/acme/order/+17", None),
            ("/acme/order/17/", None),
            ("/acme/order/", None),
            ("/acme/order/99999999999999999999", None),
            ("/acme/chall/3/dns-01", Some(Resource::Challenge(3, "dns-01".to_owned()))),
            ("/acme/cert/00ff/1", Some(Resource::Certificate("00ff".to_owned(), Chain::Alternate))),
            ("/acme/cert/00ff/2", None),
            ("/acme/", None),
            ("acme/order/17", None),
            ("", None),
        ] {
            assert_eq!(Resource::of(path), expected, "{path}");
        }
    }

    #[test]
    fn urls_are_built_from_what_the_client_asked() {
        for (host, scheme, expected) in [
            ("localhost:14000", None, Some("https://localhost:14000/directory")),
            ("ca.example", Some("https"), Some("https://ca.example/directory")),
            ("ca.example", Some("http"), Some("http://ca.example/directory")),
            ("ca.example", Some("gopher"), Some("https://ca.example/directory")),
            ("[::1]:8443", None, Some("https://[::1]:8443/directory")),
            ("user@ca.example", None, None),
            ("ca.example/x", None, None),
            ("", None, None),
        ] {
            let mut request = Request::get("/directory").header("host", host);
            if let Some(scheme) = scheme {
                request = request.header("x-forwarded-proto", scheme);
            }
            let request = request.body(()).unwrap();
            let origin = Origin::of(request.headers(), request.uri());
            assert_eq!(origin.map(|origin| origin.url(DIRECTORY)).as_deref(), expected, "{host}");
        }
    }
}
