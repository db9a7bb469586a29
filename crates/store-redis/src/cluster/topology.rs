//! Which node has which slot.

use redis::Value;

use crate::address::Address;

/// Slots of a cluster.
const SLOTS: u16 = 16_384;
/// So many ranges of slots are read at most.
const RANGES_MAX: usize = SLOTS as usize;

/// Which master has which slots, as a node told it.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Topology {
    /// By their first slots.
    ranges: Vec<Range>,
}

#[derive(Debug, PartialEq)]
struct Range {
    first: u16,
    last: u16,
    master: Address,
}

impl Topology {
    /// Of the answer to CLUSTER SLOTS of the node that was `asked`; `None` when that is no such answer.
    pub(crate) fn read(answer: &Value, asked: &Address) -> Option<Self> {
        let Value::Array(ranges) = answer else { return None };
        let ranges = ranges.iter().take(RANGES_MAX).map(|range| Range::read(range, asked));
        let mut ranges: Vec<_> = ranges.collect::<Option<Vec<_>>>()?.into_iter().flatten().collect();
        ranges.sort_unstable_by_key(|range| range.first);
        (!ranges.is_empty()).then_some(Self { ranges })
    }

    /// The master that has the slot of a key.
    pub(crate) fn owner(&self, key: &[u8]) -> Option<&Address> {
        let slot = slot(key);
        let after = self.ranges.partition_point(|range| range.first <= slot);
        let range = self.ranges[..after].last()?;
        (slot <= range.last).then_some(&range.master)
    }

    pub(crate) fn masters(&self) -> impl Iterator<Item = &Address> {
        self.ranges.iter().map(|range| &range.master)
    }
}

impl Range {
    /// `Some(None)` when its master does not say where it is: no reason to lose the others.
    fn read(range: &Value, asked: &Address) -> Option<Option<Self>> {
        let Value::Array(parts) = range else { return None };
        let [Value::Int(first), Value::Int(last), Value::Array(master), ..] = &parts[..] else { return None };
        let [host, Value::Int(port), ..] = &master[..] else { return None };
        let host = match host {
            Value::BulkString(host) => std::str::from_utf8(host).ok()?,
            Value::Nil => "",
            _ => return None,
        };
        let [first, last, port] = [*first, *last, *port].map(|number| u16::try_from(number).ok());
        let (first, last, port) = (first?, last?, port?);
        Some(Address::told(host, port, asked).map(|master| Self { first, last, master }))
    }
}

/// The slot of a key, by the cluster's specification: of what stands between the first braces, if anything does.
fn slot(key: &[u8]) -> u16 {
    let find =
        |brace, from: usize| key[from..].iter().position(|byte| *byte == brace).map(|place| from + place);
    let tag = find(b'{', 0).and_then(|open| Some((open + 1, find(b'}', open + 1)?)));
    let hashed = match tag {
        Some((first, end)) if first < end => &key[first..end],
        _ => key,
    };
    crc16::State::<crc16::XMODEM>::calculate(hashed) % SLOTS
}

#[cfg(test)]
mod tests {
    use super::*;

    fn range(first: i64, last: i64, host: &str, port: i64) -> Value {
        let node = Value::Array(vec![Value::BulkString(host.as_bytes().to_vec()), Value::Int(port)]);
        Value::Array(vec![Value::Int(first), Value::Int(last), node])
    }

    #[test]
    fn key_has_the_master_of_its_slot_and_none_where_slots_are_not_served() {
        let asked = Address { host: "10.0.0.9".to_owned(), port: 7000 };
        let answer = Value::Array(vec![range(12_183, 16_383, "10.0.0.2", 7002), range(0, 12_181, "", 7001)]);
        let topology = Topology::read(&answer, &asked).unwrap();
        // The slot of 123456789 is 12,739, that of foo 12,182 (by the specification and by hand).
        for (key, owner) in
            [("123456789", Some("10.0.0.2:7002")), ("foo", None), ("hello", Some("10.0.0.9:7001"))]
        {
            let found = topology.owner(key.as_bytes()).map(ToString::to_string);
            assert_eq!(found.as_deref(), owner, "{key} in slot {}", slot(key.as_bytes()));
        }
    }

    #[test]
    fn slot_is_of_what_stands_between_the_first_braces() {
        for (key, like) in
            [("b{123456789}x", "123456789"), ("{foo}{bar}", "foo"), ("a{}b", "a{}b"), ("a{b", "a{b")]
        {
            let whole = crc16::State::<crc16::XMODEM>::calculate(like.as_bytes()) % SLOTS;
            assert_eq!(slot(key.as_bytes()), whole, "{key}");
        }
    }

    #[test]
    fn master_that_does_not_say_where_it_is_takes_only_its_own_slots_away() {
        let asked = Address { host: "10.0.0.9".to_owned(), port: 7000 };
        let answer = Value::Array(vec![range(0, 12_181, "?", 7001), range(12_182, 16_383, "b", 7002)]);
        let topology = Topology::read(&answer, &asked).unwrap();
        for (key, owner) in [("hello", None), ("foo", Some("b:7002"))] {
            let found = topology.owner(key.as_bytes()).map(ToString::to_string);
            assert_eq!(found.as_deref(), owner, "{key}");
        }
    }

    #[test]
    fn answer_of_another_shape_is_none() {
        let asked = Address { host: "10.0.0.9".to_owned(), port: 7000 };
        for answer in [Value::Nil, Value::Array(vec![]), Value::Array(vec![range(0, 70_000, "a", 1)])] {
            assert_eq!(Topology::read(&answer, &asked), None);
        }
    }
}
