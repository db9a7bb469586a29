//! How values of the ACME vocabulary are kept.

/// Identifiers as `dns:example.com` and `ip:192.0.2.1`.
pub(crate) mod identifier {
    use serde::{Deserialize, Deserializer, Serializer, de::Error};
    use tollgate_acme::identifier::Identifier;

    pub(crate) fn serialize<S: Serializer>(identifier: &Identifier, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(&format_args!("{}:{identifier}", identifier.kind()))
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Identifier, D::Error> {
        let text = String::deserialize(from)?;
        parse(&text).ok_or_else(|| D::Error::custom("no identifier"))
    }

    pub(super) fn parse(text: &str) -> Option<Identifier> {
        let (kind, value) = text.split_once(':')?;
        Identifier::parse(kind, value).ok()
    }
}

/// Several identifiers.
pub(crate) mod identifiers {
    use serde::{Deserialize, Deserializer, Serializer, de::Error};
    use tollgate_acme::identifier::Identifier;

    pub(crate) fn serialize<S: Serializer>(identifiers: &[Identifier], to: S) -> Result<S::Ok, S::Error> {
        to.collect_seq(identifiers.iter().map(|identifier| format!("{}:{identifier}", identifier.kind())))
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<Identifier>, D::Error> {
        let texts = Vec::<String>::deserialize(from)?;
        let identifiers = texts.iter().map(|text| super::identifier::parse(text)).collect::<Option<_>>();
        identifiers.ok_or_else(|| D::Error::custom("no identifier"))
    }
}

/// Public keys as JWK.
pub(crate) mod jwk {
    use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};
    use tollgate_acme::jwk::Jwk;

    pub(crate) fn serialize<S: Serializer>(key: &Jwk, to: S) -> Result<S::Ok, S::Error> {
        key.to_json().serialize(to)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Jwk, D::Error> {
        Jwk::from_json(&serde_json::Value::deserialize(from)?).map_err(D::Error::custom)
    }
}

/// Bytes as base64url.
pub(crate) mod bytes {
    use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub(crate) fn serialize<S: Serializer>(bytes: &[u8], to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&BASE64_URL_SAFE_NO_PAD.encode(bytes))
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<u8>, D::Error> {
        BASE64_URL_SAFE_NO_PAD.decode(String::deserialize(from)?).map_err(D::Error::custom)
    }
}
