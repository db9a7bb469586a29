//! A CA's resources by their URLs.

use std::fmt;

/// A URL of the CA without its origin: path and query.
///
/// Most CAs build the origin of their URLs from the request's `Host`, so the same account has as many
/// URLs as the CA has names, and a client could make itself a fresh account by asking under another
/// one. The path is what stays.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ResourcePath(Box<str>);

impl ResourcePath {
    /// From an absolute URL or an absolute path; `None` for anything else or beyond 2,048 bytes.
    #[must_use]
    pub fn of(url: &str) -> Option<Self> {
        let _ = url;
        todo!()
    }
    /// `/acme/acct/1`.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ResourcePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// An account, by the path of its URL.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AccountId(pub ResourcePath);

impl AccountId {
    /// From an account URL; see [`ResourcePath::of`].
    #[must_use]
    pub fn of(url: &str) -> Option<Self> {
        ResourcePath::of(url).map(Self)
    }
    /// The path.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }
}

impl fmt::Display for AccountId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
