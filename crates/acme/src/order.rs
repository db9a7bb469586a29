//! Orders (RFC 8555, 7.1.3 and 7.4), leniently read.

use crate::{
    certificate::CertificateId,
    identifier::{Identifier, IdentifierError},
    json::{self, Written},
    problem::IdentifierMember,
    resource::ResourcePath,
};

/// At most this many identifiers of an order are read, and as many authorizations. CAs allow 100; a
/// request of 64 KiB has room for some 2,000.
pub const IDENTIFIERS_MAX: usize = 4096;

/// Longer names of profiles are none.
pub const PROFILE_BYTES_MAX: usize = 256;

/// An identifier with its members repeated may be read in this many ways; more are not looked at.
const READINGS_MAX: usize = 16;

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
    /// Those that parse, at most [`IDENTIFIERS_MAX`].
    pub identifiers: Vec<Identifier>,
    /// At most [`IDENTIFIERS_MAX`].
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
        let members = json::object(body)?;
        let resource = |member| json::string(&members, member).and_then(ResourcePath::of);
        Some(Self {
            status: json::string(&members, "status").and_then(OrderStatus::of),
            identifiers: json::elements(&members, "identifiers")
                .filter_map(|identifier| IdentifierMember::of(identifier)?.parse().ok())
                .take(IDENTIFIERS_MAX)
                .collect(),
            authorizations: json::elements(&members, "authorizations")
                .filter_map(|url| ResourcePath::of(url.as_str()?))
                .take(IDENTIFIERS_MAX)
                .collect(),
            finalize: resource("finalize"),
            certificate: resource("certificate"),
            replaces: json::string(&members, "replaces").and_then(CertificateId::parse),
            expires: json::timestamp(&members, "expires"),
        })
    }
}

/// The payload of newOrder.
///
/// Whatever a CA might take for the order's identifiers is among `identifiers`, and only what no CA
/// reads otherwise is in `replaces` and `profile`: repeating a member or changing the case of its name,
/// which some CAs overlook, makes an order dearer and never cheaper.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewOrder {
    /// Each as it parses, in the client's order, duplicates included. Beyond [`IDENTIFIERS_MAX`]
    /// there is one [`IdentifierError::TooMany`] and nothing more.
    pub identifiers: Vec<Result<Identifier, IdentifierError>>,
    /// The certificate this order replaces, if it parses (RFC 9773, section 5).
    pub replaces: Option<CertificateId>,
    /// The profile asked for; `None` too when it is longer than [`PROFILE_BYTES_MAX`].
    pub profile: Option<String>,
}

impl NewOrder {
    /// Reads the payload; `None` when it is no JSON object with an `identifiers` array.
    #[must_use]
    pub fn parse(payload: &[u8]) -> Option<Self> {
        let order = Written::parse(payload)?;
        let lists: Vec<_> = order.readings("identifiers").filter_map(Written::elements).collect();
        if lists.is_empty() {
            return None;
        }

        let text = |member| order.undisputed(member).and_then(Written::as_str);
        Some(Self {
            identifiers: read_identifiers(lists.into_iter().flatten()),
            replaces: text("replaces").and_then(CertificateId::parse),
            profile: text("profile").filter(|name| name.len() <= PROFILE_BYTES_MAX).map(str::to_owned),
        })
    }
}

/// The payload of newAuthz (RFC 8555, 7.4.1).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewAuthorization {
    /// The identifier, as it parses.
    pub identifier: Result<Identifier, IdentifierError>,
}

impl NewAuthorization {
    /// Reads the payload; `None` when it is no JSON object with an `identifier`.
    #[must_use]
    pub fn parse(payload: &[u8]) -> Option<Self> {
        let members = json::object(payload)?;
        let identifier = IdentifierMember::of(members.get("identifier")?);
        Some(Self {
            identifier: identifier.ok_or(IdentifierError::NotAnIdentifier).and_then(|member| member.parse()),
        })
    }
}

fn read_identifiers<'a>(
    elements: impl Iterator<Item = &'a Written>,
) -> Vec<Result<Identifier, IdentifierError>> {
    let mut identifiers: Vec<_> = elements.flat_map(read_identifier).take(IDENTIFIERS_MAX + 1).collect();
    if let Some(beyond) = identifiers.get_mut(IDENTIFIERS_MAX) {
        *beyond = Err(IdentifierError::TooMany { max: IDENTIFIERS_MAX });
    }
    identifiers
}

/// The identifier that an element of `identifiers` names: more than one when its members are repeated.
fn read_identifier(element: &Written) -> Vec<Result<Identifier, IdentifierError>> {
    let texts = |member| element.readings(member).filter_map(Written::as_str).collect::<Vec<_>>();
    let (kinds, values) = (texts("type"), texts("value"));
    if kinds.is_empty() || values.is_empty() {
        return vec![Err(IdentifierError::NotAnIdentifier)];
    }
    if kinds.len() * values.len() > READINGS_MAX {
        return vec![Err(IdentifierError::TooMany { max: READINGS_MAX })];
    }
    let parse = |kind| values.iter().map(move |value| Identifier::parse(kind, value));
    kinds.into_iter().flat_map(parse).collect()
}
