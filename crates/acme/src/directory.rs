//! The directory (RFC 8555, 7.1.1).

use serde_json::{Map, Value};

use crate::json;

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
    /// `meta`, as it is; empty when it is missing or no object.
    pub meta: Map<String, Value>,
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
        let mut members = json::object(body).ok_or(DirectoryError)?;
        let meta = match members.remove("meta") {
            Some(Value::Object(meta)) => meta,
            _ => Map::new(),
        };
        let resource = |name| json::string(&members, name).map(str::to_owned);
        Ok(Self {
            new_nonce: resource("newNonce"),
            new_account: resource("newAccount"),
            new_order: resource("newOrder"),
            new_authz: resource("newAuthz"),
            revoke_cert: resource("revokeCert"),
            key_change: resource("keyChange"),
            renewal_info: resource("renewalInfo"),
            meta,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn junk_beside_the_resources_is_tolerated() {
        let directory = Directory::parse(
            br#"{"newNonce":"https://ca.example/n","newOrder":null,"newAccount":7,"keyChange":["x"],
                "renewalInfo":"https://ca.example/r","meta":{"website":null},"frt6S6tJvJSIkF4b":"https://x"}"#,
        )
        .unwrap();
        assert_eq!(directory.new_nonce.as_deref(), Some("https://ca.example/n"));
        assert_eq!(directory.renewal_info.as_deref(), Some("https://ca.example/r"));
        assert_eq!((directory.new_order, directory.new_account, directory.key_change), (None, None, None));
        assert_eq!(directory.meta.get("website"), Some(&Value::Null));
    }

    #[test]
    fn a_body_that_is_no_object_is_no_directory() {
        for body in ["", "[]", "null", "\"x\"", "{", "<html>", "{\"meta\":{}"] {
            assert_eq!(Directory::parse(body.as_bytes()), Err(DirectoryError), "{body}");
        }
        assert_eq!(Directory::parse(br#"{"meta":[1]}"#), Ok(Directory::default()));
    }
}
