//! The stream of buckets, as docs/moving-buckets.md describes it.

use std::{
    hash::Hasher,
    io::{self, Read, Write},
};

use siphasher::sip::SipHasher13;
use tollgate_engine::{Bucket, Timestamp};

use crate::{
    BucketId, HashKey,
    record::{RECORD_BYTES, append, records},
};

const MAGIC: [u8; 16] = *b"tollgate buckets";

const VERSION: u32 = 1;

/// The most buckets of a block: what a reader must have memory for, one and a half megabytes.
pub(super) const BLOCK_BUCKETS_MAX: usize = 65_536;

const CHECKSUM_BYTES: usize = 8;

/// What is wrong with a stream, and where.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StreamError {
    /// It is something else.
    #[error("this is no stream of buckets: it does not begin with \"tollgate buckets\"")]
    NotAStream,
    /// It was written by a later program.
    #[error("the stream has version {found}, and this program reads version {VERSION} only")]
    Version {
        /// Its version.
        found: u32,
    },
    /// It was made by an installation with another key.
    #[error(
        "the stream was made under another bucket-hash key, under which every bucket has another name: \
         the two installations need the same bucket-hash.key"
    )]
    OtherKey,
    /// It ends too soon.
    #[error("the stream is torn: it ends at byte {at}, in block {block}")]
    Torn {
        /// Bytes that are there.
        at: u64,
        /// Which block, from 1; 0 is the head.
        block: u64,
    },
    /// Its checksum does not fit.
    #[error("the stream was altered: block {block}, which ends at byte {at}, or what is before it")]
    Altered {
        /// Where the checksum stands that does not fit.
        at: u64,
        /// Which block, from 1; 0 is the head.
        block: u64,
    },
    /// Something comes after its end.
    #[error("something follows the end of the stream at byte {at}")]
    Surplus {
        /// Where the end is.
        at: u64,
    },
    /// It cannot be read.
    #[error("the stream cannot be read at byte {at}")]
    Read {
        /// Where.
        at: u64,
        /// Why.
        #[source]
        source: io::Error,
    },
}

/// Writes a stream.
pub(super) struct StreamWriter<W> {
    to: W,
    /// Of everything written so far.
    checksum: SipHasher13,
    /// The records of the next block.
    block: Vec<u8>,
    buckets: u64,
}

impl<W: Write> StreamWriter<W> {
    pub(super) fn begin(to: W, hash_key: &HashKey, now: Timestamp) -> io::Result<Self> {
        let mut writer = Self { to, checksum: SipHasher13::new(), block: Vec::new(), buckets: 0 };
        writer.write(&MAGIC)?;
        writer.write(&VERSION.to_le_bytes())?;
        writer.write(&hash_key.fingerprint())?;
        writer.write(&now.as_nanos().to_le_bytes())?;
        writer.write_checksum()?;
        Ok(writer)
    }

    pub(super) fn put(&mut self, id: BucketId, bucket: Bucket) -> io::Result<()> {
        append(&mut self.block, id, bucket);
        self.buckets += 1;
        if self.block.len() == BLOCK_BUCKETS_MAX * RECORD_BYTES { self.write_block() } else { Ok(()) }
    }

    /// Says that these were all. Returns how many.
    pub(super) fn end(mut self) -> io::Result<u64> {
        if !self.block.is_empty() {
            self.write_block()?;
        }
        self.write(&0_u32.to_le_bytes())?;
        self.write(&self.buckets.to_le_bytes())?;
        self.write_checksum()?;
        self.to.flush()?;
        Ok(self.buckets)
    }

    fn write_block(&mut self) -> io::Result<()> {
        let count = u32::try_from(self.block.len() / RECORD_BYTES).expect("a block has few buckets");
        self.write(&count.to_le_bytes())?;
        let mut block = std::mem::take(&mut self.block);
        self.write(&block)?;
        block.clear();
        self.block = block;
        self.write_checksum()
    }

    fn write_checksum(&mut self) -> io::Result<()> {
        self.write(&self.checksum.finish().to_le_bytes())
    }

    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.checksum.write(bytes);
        self.to.write_all(bytes)
    }
}

/// Reads a stream; what it gives is as it was written.
pub(super) struct StreamReader<R> {
    from: R,
    /// Of everything read so far.
    checksum: SipHasher13,
    /// How much that is.
    at: u64,
    /// The block that is being read; 0 is the head.
    block: u64,
    buckets: u64,
}

impl<R: Read> StreamReader<R> {
    pub(super) fn begin(from: R, hash_key: &HashKey) -> Result<Self, StreamError> {
        let mut reader = Self { from, checksum: SipHasher13::new(), at: 0, block: 0, buckets: 0 };
        match reader.read::<16>() {
            Ok(MAGIC) => {}
            Ok(_) | Err(StreamError::Torn { .. }) => return Err(StreamError::NotAStream),
            Err(error) => return Err(error),
        }
        let version = u32::from_le_bytes(reader.read()?);
        if version != VERSION {
            return Err(StreamError::Version { found: version });
        }
        let fingerprint = reader.read::<16>()?;
        // When it was made is for people who look at it.
        reader.read::<8>()?;
        reader.verify()?;
        if fingerprint != hash_key.fingerprint() {
            return Err(StreamError::OtherKey);
        }
        Ok(reader)
    }

    /// The next block, or `None` after the last of a whole stream.
    pub(super) fn block(&mut self) -> Result<Option<Vec<(BucketId, Bucket)>>, StreamError> {
        self.block += 1;
        let count = u32::from_le_bytes(self.read()?) as usize;
        if count == 0 {
            self.end()?;
            return Ok(None);
        }
        if count > BLOCK_BUCKETS_MAX {
            return Err(self.altered());
        }
        let mut block = vec![0; count * RECORD_BYTES];
        self.fill(&mut block)?;
        self.verify()?;
        self.buckets += count as u64;
        Ok(Some(records(&block).expect("it is as long as its records").collect()))
    }

    fn end(&mut self) -> Result<(), StreamError> {
        let told = u64::from_le_bytes(self.read()?);
        self.verify()?;
        if told != self.buckets {
            return Err(self.altered());
        }
        let at = self.at;
        match self.read::<1>() {
            Err(StreamError::Torn { .. }) => Ok(()),
            Ok(_) => Err(StreamError::Surplus { at }),
            Err(error) => Err(error),
        }
    }

    fn verify(&mut self) -> Result<(), StreamError> {
        let expected = self.checksum.finish().to_le_bytes();
        if self.read::<CHECKSUM_BYTES>()? == expected { Ok(()) } else { Err(self.altered()) }
    }

    fn read<const N: usize>(&mut self) -> Result<[u8; N], StreamError> {
        let mut bytes = [0; N];
        self.fill(&mut bytes)?;
        Ok(bytes)
    }

    /// Reads as many bytes as there is room for, and tells how many there were when they are too few.
    fn fill(&mut self, mut room: &mut [u8]) -> Result<(), StreamError> {
        while !room.is_empty() {
            match self.from.read(room) {
                Ok(0) => return Err(StreamError::Torn { at: self.at, block: self.block }),
                Ok(count) => {
                    let (read, rest) = room.split_at_mut(count);
                    self.checksum.write(read);
                    self.at += count as u64;
                    room = rest;
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(source) => return Err(StreamError::Read { at: self.at, source }),
            }
        }
        Ok(())
    }

    fn altered(&self) -> StreamError {
        StreamError::Altered { at: self.at, block: self.block }
    }
}
