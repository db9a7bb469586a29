//! What `serde` leaves open when JSON comes from strangers.

use std::{fmt, marker::PhantomData};

use serde::{
    Deserialize, Deserializer,
    de::{MapAccess, SeqAccess, Visitor, value::MapAccessDeserializer},
};
use serde_json::{Map, Value};

/// The members of a JSON object; `None` for anything else. Of a repeated member the last one counts.
pub(crate) fn object(text: &[u8]) -> Option<Map<String, Value>> {
    match serde_json::from_slice(text) {
        Ok(Value::Object(members)) => Some(members),
        _ => None,
    }
}

/// A member that is a string.
pub(crate) fn string<'a>(object: &'a Map<String, Value>, member: &str) -> Option<&'a str> {
    object.get(member).and_then(Value::as_str)
}

/// The elements of a member that is an array; none for anything else.
pub(crate) fn elements<'a>(object: &'a Map<String, Value>, member: &str) -> impl Iterator<Item = &'a Value> {
    object.get(member).and_then(Value::as_array).into_iter().flatten()
}

/// A member that is a time (RFC 3339).
pub(crate) fn timestamp(object: &Map<String, Value>, member: &str) -> Option<jiff::Timestamp> {
    string(object, member)?.parse().ok()
}

/// A `T` that only a JSON object can fill. A derived `Deserialize` alone would also take an array of
/// the members' values, which no CA reads as the same message.
pub(crate) struct Object<T>(pub(crate) T);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Object<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(ObjectVisitor(PhantomData))
    }
}

struct ObjectVisitor<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for ObjectVisitor<T> {
    type Value = Object<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
        T::deserialize(MapAccessDeserializer::new(map)).map(Object)
    }
}

/// A client's JSON as it is written, repeated members kept.
///
/// A limit is evaded when the gateway reads one message and the CA another. CAs differ: of a repeated
/// member some take the first and some the last, and those written in Go take `Identifiers` for
/// `identifiers`. So [`Written::readings`] gives everything that any CA might take for a member.
pub(crate) enum Written {
    Bool(bool),
    String(Box<str>),
    Array(Vec<Written>),
    Object(Vec<(Box<str>, Written)>),
    /// Null and numbers.
    Other,
}

impl Written {
    pub(crate) fn parse(text: &[u8]) -> Option<Self> {
        serde_json::from_slice(text).ok()
    }

    pub(crate) fn as_str(&self) -> Option<&str> {
        match self {
            Self::String(text) => Some(text),
            _ => None,
        }
    }

    pub(crate) fn elements(&self) -> Option<&[Self]> {
        match self {
            Self::Array(elements) => Some(elements),
            _ => None,
        }
    }

    /// Each value that a CA might take for `member`, in the order written.
    pub(crate) fn readings<'a>(&'a self, member: &'a str) -> impl Iterator<Item = &'a Self> {
        self.members().iter().filter(move |(name, _)| is_taken_for(name, member)).map(|(_, value)| value)
    }

    /// The value that every CA takes for `member`: there is one reading of it, and its name is exact.
    pub(crate) fn undisputed(&self, member: &str) -> Option<&Self> {
        let mut members = self.members().iter().filter(|(name, _)| is_taken_for(name, member));
        let (name, value) = members.next()?;
        (members.next().is_none() && &**name == member).then_some(value)
    }

    fn members(&self) -> &[(Box<str>, Self)] {
        match self {
            Self::Object(members) => members,
            _ => &[],
        }
    }
}

/// Whether some CA takes the member `written` for `member`, an ASCII name: Go's `encoding/json`
/// compares without case, and with it the two letters outside ASCII that fold into it.
fn is_taken_for(written: &str, member: &str) -> bool {
    let fold = |c| match c {
        'ſ' => 's',
        '\u{212a}' => 'k',
        c => c.to_ascii_lowercase(),
    };
    written.chars().map(fold).eq(member.chars().map(fold))
}

impl<'de> Deserialize<'de> for Written {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(WrittenVisitor)
    }
}

struct WrittenVisitor;

impl<'de> Visitor<'de> for WrittenVisitor {
    type Value = Written;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Written, E> {
        Ok(Written::Bool(value))
    }

    fn visit_i64<E>(self, _: i64) -> Result<Written, E> {
        Ok(Written::Other)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Written, E> {
        Ok(Written::Other)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Written, E> {
        Ok(Written::Other)
    }

    fn visit_unit<E>(self) -> Result<Written, E> {
        Ok(Written::Other)
    }

    fn visit_str<E>(self, text: &str) -> Result<Written, E> {
        Ok(Written::String(text.into()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Written, A::Error> {
        let mut elements = Vec::new();
        while let Some(element) = seq.next_element()? {
            elements.push(element);
        }
        Ok(Written::Array(elements))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Written, A::Error> {
        let mut members = Vec::new();
        while let Some(member) = map.next_entry()? {
            members.push(member);
        }
        Ok(Written::Object(members))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn readings_are_what_any_ca_might_take_for_a_member() {
        let json = Written::parse(
            r#"{"status":"a","x":1,"Status":"b","ſtatuS":"c","status":"d","status ":"e","statu\u0073":"f"}"#
                .as_bytes(),
        )
        .unwrap();
        let readings: Vec<_> = json.readings("status").filter_map(Written::as_str).collect();
        assert_eq!(readings, ["a", "b", "c", "d", "f"]);
    }

    #[test]
    fn a_member_is_undisputed_when_there_is_one_reading_under_its_exact_name() {
        // (json, undisputed)
        let cases = [
            (r#"{"token":"a","other":[]}"#, Some("a")),
            (r#"{"Token":"a"}"#, None),
            (r#"{"token":"a","token":"a"}"#, None),
            ("{\"token\":\"a\",\"to\u{212a}en\":\"b\"}", None),
            (r#"["token","a"]"#, None),
        ];
        for (json, undisputed) in cases {
            let written = Written::parse(json.as_bytes()).expect(json);
            assert_eq!(written.undisputed("token").and_then(Written::as_str), undisputed, "{json}");
        }
    }

    #[test]
    fn nesting_is_bounded() {
        let nested = "[".repeat(100_000) + &"]".repeat(100_000);
        assert!(Written::parse(nested.as_bytes()).is_none());
    }
}
