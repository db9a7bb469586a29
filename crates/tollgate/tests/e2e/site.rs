//! What a client is told about the server it is to use.

use std::path::PathBuf;

/// An ACME server as a client sees it.
#[derive(Clone, Debug)]
pub(crate) struct Site {
    /// The directory's URL.
    pub(crate) directory: String,
    /// A PEM file with the root that its TLS certificate chains to.
    pub(crate) root: PathBuf,
}
