//! Orders (RFC 8555, 7.1.3 and 7.4), leniently read.

use crate::{
    certificate::CertificateId,
    identifier::{Identifier, IdentifierError},
    resource::ResourcePath,
};

/// An order's state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "RFC 8555 section 7.1.6 names them")]
pub enum OrderStatus {
    Pending,
    Ready,
    Processing,
    Valid,
    Invalid,
}

impl OrderStatus {
    /// As ACME writes it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Ready => "ready",
            Self::Processing => "processing",
            Self::Valid => "valid",
            Self::Invalid => "invalid",
        }
    }
    /// From the text ACME writes.
    #[must_use]
    pub fn of(text: &str) -> Option<Self> {
        [Self::Pending, Self::Ready, Self::Processing, Self::Valid, Self::Invalid]
            .into_iter()
            .find(|s| s.as_str() == text)
    }
}

/// An order object; every member may be missing or junk.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "RFC 8555 section 7.1.3 names them")]
pub struct OrderBody {
    pub status: Option<OrderStatus>,
    /// Those that parse.
    pub identifiers: Vec<Identifier>,
    pub authorizations: Vec<ResourcePath>,
    pub finalize: Option<ResourcePath>,
    pub certificate: Option<ResourcePath>,
    pub replaces: Option<CertificateId>,
    pub expires: Option<jiff::Timestamp>,
}

impl OrderBody {
    /// Reads an order object; `None` when the body is no JSON object.
    #[must_use]
    pub fn parse(body: &[u8]) -> Option<Self> {
        let _ = body;
        todo!()
    }
}

/// The payload of newOrder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewOrder {
    /// Each as it parses, in the client's order, duplicates included.
    pub identifiers: Vec<Result<Identifier, IdentifierError>>,
    /// The certificate this order replaces, if it parses (RFC 9773, section 5).
    pub replaces: Option<CertificateId>,
    /// The profile asked for.
    pub profile: Option<String>,
}

impl NewOrder {
    /// Reads the payload; `None` when it is no JSON object with an `identifiers` array.
    #[must_use]
    pub fn parse(payload: &[u8]) -> Option<Self> {
        let _ = payload;
        todo!()
    }
}
