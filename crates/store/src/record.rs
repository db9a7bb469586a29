//! A bucket as bytes, in the file of the durable store and in streams of buckets.

use tollgate_engine::{Bucket, Timestamp};

use crate::BucketId;

/// Bytes of a record: name and theoretical arrival time, little-endian.
pub(crate) const RECORD_BYTES: usize = 24;

/// Appends the record of a bucket.
pub(crate) fn append(records: &mut Vec<u8>, id: BucketId, bucket: Bucket) {
    for number in [id.0[0], id.0[1], bucket.tat().as_nanos()] {
        records.extend_from_slice(&number.to_le_bytes());
    }
}

/// The buckets of records, unless the last is cut short.
pub(crate) fn records(bytes: &[u8]) -> Option<impl ExactSizeIterator<Item = (BucketId, Bucket)>> {
    let (records, rest) = bytes.as_chunks::<RECORD_BYTES>();
    let number = |record: &[u8; RECORD_BYTES], at: usize| {
        u64::from_le_bytes(record[at..at + 8].try_into().expect("eight bytes"))
    };
    rest.is_empty().then(|| {
        records.iter().map(move |record| {
            let tat = Timestamp::from_nanos(number(record, 16));
            (BucketId([number(record, 0), number(record, 8)]), Bucket::from_tat(tat))
        })
    })
}
