//! The directory (RFC 8555, 7.1.1).

/// The resources a CA names, leniently read: unknown, null and junk members are tolerated.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "RFC 8555 section 7.1.1 and RFC 9773 name them")]
pub struct Directory {
    pub new_nonce: Option<String>,
    pub new_account: Option<String>,
    pub new_order: Option<String>,
    pub new_authz: Option<String>,
    pub revoke_cert: Option<String>,
    pub key_change: Option<String>,
    pub renewal_info: Option<String>,
    /// `meta`, as it is.
    pub meta: serde_json::Map<String, serde_json::Value>,
}

/// The body is no JSON object.
#[derive(Clone, Debug, thiserror::Error, PartialEq, Eq)]
#[error("the directory is no JSON object")]
pub struct DirectoryError;

impl Directory {
    /// Reads a directory.
    ///
    /// # Errors
    ///
    /// [`DirectoryError`].
    pub fn parse(body: &[u8]) -> Result<Self, DirectoryError> {
        let _ = body;
        todo!()
    }
}
