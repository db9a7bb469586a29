//! The names of buckets: keyed hashes, so that nobody outside can choose where a bucket lies.

use std::{fmt, hash::Hasher as _};

use siphasher::sip128::{Hasher128 as _, SipHasher13};

/// A bucket's name: the keyed 128-bit hash of (limit, key).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BucketId(pub [u64; 2]);

impl fmt::Display for BucketId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}{:016x}", self.0[0], self.0[1])
    }
}

/// The secret key of an installation, under which bucket names are hashed.
///
/// Whoever knows it can search for keys that fall into one shard, or guess keys from names; so it is
/// not printable.
#[derive(Clone)]
pub struct HashKey(SipHasher13);

impl HashKey {
    /// From 16 random bytes.
    #[must_use]
    pub fn new(bytes: [u8; 16]) -> Self {
        Self(SipHasher13::new_with_key(&bytes))
    }

    /// The name of the bucket that `key` describes under the limit of number `limit`.
    ///
    /// Each part is hashed after its length, so `["ab", "c"]` and `["a", "bc"]` differ. The name is the
    /// same on every machine that has the same key.
    #[must_use]
    pub fn bucket(&self, limit: u8, key: &[&[u8]]) -> BucketId {
        let mut hasher = self.0;
        hasher.write_u8(limit);
        for part in key {
            // A hasher takes a number's bytes as they lie in memory.
            hasher.write_u64((part.len() as u64).to_le());
            hasher.write(part);
        }
        let hash = hasher.finish128();
        BucketId([hash.h1, hash.h2])
    }

    /// What tells this key from another without telling the key: buckets named under two keys have nothing in common.
    #[must_use]
    pub fn fingerprint(&self) -> [u8; 16] {
        // No bucket's name: its first part would be longer than any memory.
        self.0.hash(b"tollgate: which bucket-hash key this is").as_bytes()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn no_two_keys_share_a_name_by_concatenation() {
        let keys: [&[&[u8]]; 12] = [
            &[],
            &[b""],
            &[b"", b""],
            &[b"ab"],
            &[b"a", b"b"],
            &[b"ab", b""],
            &[b"", b"ab"],
            &[b"a\0b"],
            &[b"a", b"\0b"],
            &[b"https://ca.example/acct/1", b"example.com"],
            &[b"https://ca.example/acct/1example.com"],
            // The encoding of [b"a", b"b"] as one part.
            &[b"a\x01\0\0\0\0\0\0\0b"],
        ];
        let hash_key = HashKey::new([7; 16]);
        let mut names = HashSet::new();
        for limit in 0..=255 {
            for key in keys {
                assert!(names.insert(hash_key.bucket(limit, key)), "limit {limit}, key {key:?}");
            }
        }
    }

    #[test]
    fn names_depend_on_the_key_of_the_installation_and_stay_the_same_under_it() {
        let name = |bytes| HashKey::new(bytes).bucket(3, &[b"192.0.2.1"]);
        assert_eq!(name([7; 16]), name([7; 16]));
        assert_ne!(name([7; 16]), name([8; 16]));
        // Names outlive the process in stores that are durable or shared.
        assert_eq!(name([7; 16]).to_string(), "438bd863767bd19d3dbab9b0c79737a8");
    }

    #[test]
    fn fingerprint_tells_keys_apart_and_stays_the_same() {
        let fingerprint = |bytes| HashKey::new(bytes).fingerprint();
        assert_ne!(fingerprint([7; 16]), fingerprint([8; 16]));
        // Streams that were exported long ago hold it.
        let expected = 0xc3a57a115c1abf8bdf1a4c7f045f3c5f_u128;
        assert_eq!(fingerprint([7; 16]), expected.to_be_bytes());
    }

    #[test]
    fn long_keys_are_hashed_whole() {
        let hash_key = HashKey::new([7; 16]);
        let long = vec![b'x'; 2000];
        let mut other = long.clone();
        *other.last_mut().expect("it is long") = b'y';
        assert_ne!(hash_key.bucket(0, &[&long]), hash_key.bucket(0, &[&other]));
    }
}
