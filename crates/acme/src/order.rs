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
/// A reading that is a mistake must not hide one that is not.
fn read_identifier(element: &Written) -> Vec<Result<Identifier, IdentifierError>> {
    let mut kinds: Vec<_> = element.readings("type").filter_map(Written::as_str).collect();
    kinds.sort_unstable();
    kinds.dedup();
    if kinds.len() > 1 {
        kinds.retain(|kind| matches!(*kind, "dns" | "ip"));
    }

    let values = || element.readings("value").filter_map(Written::as_str);
    let parse = |kind| values().map(move |value| Identifier::parse(kind, value));
    let mut readings: Vec<_> = kinds.into_iter().flat_map(parse).collect();
    if readings.is_empty() {
        return vec![Err(IdentifierError::NotAnIdentifier)];
    }
    if readings.iter().any(Result::is_ok) {
        readings.retain(Result::is_ok);
    }
    readings
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn texts(order: &NewOrder) -> Vec<String> {
        let text = |identifier: &Result<Identifier, IdentifierError>| match identifier {
            Ok(identifier) => identifier.to_string(),
            Err(error) => error.to_string(),
        };
        order.identifiers.iter().map(text).collect()
    }

    #[test]
    fn an_order_is_read_whatever_junk_is_in_it() {
        let order = OrderBody::parse(
            br#"{"status":"ready","expires":"2026-11-24T10:00:00.5+01:00","notBefore":null,"more":{"a":[]},
                "identifiers":[{"type":"dns","value":"Example.com"},null,{"type":"dns"},{"type":"dns","value":"a_b"},
                    {"type":"ip","value":"2001:DB8::1"},{"type":"email","value":"a@b.example"},7],
                "authorizations":["https://ca.example/authz/1",null,"/authz/2",7,"mailto:x"],
                "finalize":7,"certificate":"https://ca.example/cert/1","replaces":"AAAA.AQ"}"#,
        )
        .unwrap();
        insta::assert_debug_snapshot!(order);
    }

    #[test]
    fn what_is_missing_or_junk_in_an_order_is_none() {
        for body in [
            "{}",
            r#"{"status":null,"identifiers":null,"authorizations":{},"finalize":null,"expires":null}"#,
            r#"{"status":"issued","identifiers":"x","authorizations":"x","finalize":"x","expires":"soon"}"#,
            r#"{"status":7,"identifiers":{"type":"dns","value":"example.com"},"certificate":"","replaces":"x"}"#,
        ] {
            assert_eq!(OrderBody::parse(body.as_bytes()), Some(OrderBody::default()), "{body}");
        }
        for body in ["", "[]", "null", "7", "<html>", "{"] {
            assert_eq!(OrderBody::parse(body.as_bytes()), None, "{body}");
        }
    }

    #[test]
    fn a_new_order_keeps_order_duplicates_and_mistakes() {
        let order = NewOrder::parse(
            br#"{"identifiers":[{"type":"dns","value":"b.Example"},{"type":"dns","value":"*.a.example"},
                {"type":"dns","value":"b.example."},{"type":"ip","value":"::1%lo"},{"type":"uri","value":"x"},null,
                {"type":"dns","value":7}],"replaces":"AAAA.AQ","profile":"shortlived","status":null}"#,
        )
        .unwrap();
        insta::assert_debug_snapshot!(texts(&order));
        assert_eq!(order.replaces, CertificateId::parse("AAAA.AQ"));
        assert_eq!(order.profile.as_deref(), Some("shortlived"));
    }

    #[test]
    fn no_spelling_of_a_new_order_hides_an_identifier_that_a_ca_may_see() {
        // (payload, identifiers read)
        let cases: [(&str, &[&str]); 8] = [
            (r#"{"Identifiers":[{"type":"dns","value":"a.example"}]}"#, &["a.example"]),
            (
                r#"{"identifiers":[{"type":"dns","value":"a.example"}],"identifiers":[{"type":"dns","value":"b.example"}]}"#,
                &["a.example", "b.example"],
            ),
            (
                r#"{"identifiers":[],"identifierſ":[{"type":"dns","value":"b.example"}],"IDENTIFIERS":null}"#,
                &["b.example"],
            ),
            (
                r#"{"identifiers":[{"type":"dns","value":"a.example","value":"b.example","Value":"c.example"}]}"#,
                &["a.example", "b.example", "c.example"],
            ),
            (r#"{"identifiers":[{"TYPE":"ip","type":"dns","value":"a.example"}]}"#, &["a.example"]),
            (
                r#"{"identifiers":[{"type":"dns","Type":"x","value":"a.example","VALUE":"a_b"}]}"#,
                &["a.example"],
            ),
            (
                r#"{"identifiers":[{"type":"dns","value":"a_b","value":7}]}"#,
                &[r#"the DNS name "a_b" contains '_'"#],
            ),
            (r#"{"ident\u0069fiers":[{"t\u0079pe":"dns","value":"\u0061.example"}]}"#, &["a.example"]),
        ];
        for (payload, identifiers) in cases {
            assert_eq!(texts(&NewOrder::parse(payload.as_bytes()).expect(payload)), identifiers, "{payload}");
        }
    }

    #[test]
    fn replaces_and_profile_are_read_when_every_ca_reads_them_so() {
        let long = "p".repeat(PROFILE_BYTES_MAX + 1);
        for members in [
            r#""Replaces":"AAAA.AQ","PROFILE":"p""#.to_owned(),
            r#""replaces":"AAAA.AQ","replaces":"AAAA.AQ","profile":"p","Profile":"q""#.into(),
            r#""replaces":["AAAA.AQ"],"profile":null"#.into(),
            format!(r#""replaces":"AAAA","profile":"{long}""#),
        ] {
            let order =
                NewOrder::parse(format!(r#"{{"identifiers":[],{members}}}"#).as_bytes()).expect(&members);
            assert_eq!((order.replaces, order.profile), (None, None), "{members}");
        }
    }

    #[test]
    fn a_payload_without_a_list_of_identifiers_is_no_new_order() {
        for payload in
            ["", "[]", "{}", r#"{"identifiers":null}"#, r#"{"identifiers":{"0":{}}}"#, "{", "\u{feff}{}"]
        {
            assert_eq!(NewOrder::parse(payload.as_bytes()), None, "{payload}");
        }
    }

    #[test]
    fn a_hundred_thousand_identifiers_are_read_up_to_the_bound() {
        let one = format!(r#"{{"type":"dns","value":"{}"}},"#, "a".repeat(300));
        let many = format!(r#"{{"identifiers":[{}null]}}"#, one.repeat(100_000));
        let order = NewOrder::parse(many.as_bytes()).unwrap();
        assert_eq!(order.identifiers.len(), IDENTIFIERS_MAX + 1);
        assert_eq!(order.identifiers.last(), Some(&Err(IdentifierError::TooMany { max: IDENTIFIERS_MAX })));

        let body = OrderBody::parse(many.as_bytes()).unwrap();
        assert_eq!(body.identifiers.len(), 0);
        let authorizations = json!({"authorizations": vec!["/authz/1"; 100_000]}).to_string();
        assert_eq!(
            OrderBody::parse(authorizations.as_bytes()).unwrap().authorizations.len(),
            IDENTIFIERS_MAX
        );
    }

    #[test]
    fn repeated_members_of_one_identifier_do_not_multiply() {
        let repeated = r#""type":"dns","type":"ip","value":"a.example","#.repeat(1000);
        let payload = format!(r#"{{"identifiers":[{{{repeated}"x":1}}]}}"#);
        let order = NewOrder::parse(payload.as_bytes()).unwrap();
        assert_eq!(order.identifiers, vec![Identifier::dns("a.example"); 1000]);
    }

    proptest! {
        #[test]
        fn any_body_is_read_without_panic(
            body in r#"\{("(identifiers|status|type|value|replaces|expires)":["\[\]{}a-z0-9:,.*-]{0,20},?){0,5}\}"#,
        ) {
            let _ = (OrderBody::parse(body.as_bytes()), NewOrder::parse(body.as_bytes()));
        }
    }
}
