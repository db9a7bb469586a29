//! What orders have reserved, and who may give it back: each reservation is kept or returned once.

use sqlx::{AnyConnection, Row, any::AnyRow};
use tollgate_acme::resource::ResourcePath;

use crate::{Records, RecordsError, Result, writer::Answer};

/// Reservations returned in one write, so that other writes get their turn in between.
const RETURNED_PER_WRITE_MAX: usize = 500;

/// A bucket's name and the nanoseconds its tokens take to come back, in a row.
const UNIT_BYTES: usize = 24;

/// The row of a reservation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReservationId(i64);

/// A reservation that is queued to be written. Dropped, it is written all the same.
#[derive(Debug)]
pub struct Reserving(Answer<ReservationId>);

impl Reserving {
    /// Its row, once it is committed. Not to be asked again then.
    ///
    /// # Errors
    ///
    /// [`RecordsError`]: it was not written; after [`RecordsError::Slow`] nobody knows.
    pub async fn committed(&mut self) -> Result<ReservationId> {
        self.0.committed().await
    }
}

/// What an order has spent ahead of its certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reserved {
    /// When, in nanoseconds since 1970.
    pub at_nanos: u64,
    /// From which buckets, and how much.
    pub units: Vec<ReservedUnit>,
}

/// What was spent from one bucket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReservedUnit {
    /// The bucket's name: two halves of 64 bits.
    pub bucket: [u64; 2],
    /// How long it takes to come back, in nanoseconds.
    pub increment_nanos: u64,
}

/// Which held reservations nobody will return, by moments in nanoseconds since 1970.
#[derive(Clone, Copy, Debug)]
pub struct Forgotten {
    /// Made before this, with an order that nobody saw made.
    pub unmade_before: u64,
    /// Made before this, with an order of which the CA did not say when it expires.
    pub unfinished_before: u64,
    /// With an order that has expired before this.
    pub expired_before: u64,
}

impl ReservationId {
    /// The CA has made the order: from here on the reservation is known by it, and the order ends by
    /// itself at `expires_nanos` since 1970, if the CA says so. Nothing when it was returned before.
    pub(crate) async fn bind(
        self,
        connection: &mut AnyConnection,
        order: &ResourcePath,
        expires_nanos: Option<u64>,
    ) -> Result<()> {
        sqlx::query(
            "UPDATE reservations SET order_path = $1, expires_ns = $2 WHERE id = $3 AND state = 'held'",
        )
        .bind(order.as_str())
        .bind(expires_nanos.map(stored))
        .bind(self.0)
        .execute(connection)
        .await?;
        Ok(())
    }
}

impl Records {
    /// Queues what was spent for an order that is about to be forwarded. The order does not wait for the
    /// commit: a crash before it loses tokens and grants none.
    ///
    /// # Errors
    ///
    /// [`RecordsError`]: nothing was queued.
    pub async fn reserve(&self, reserved: &Reserved) -> Result<Reserving> {
        let (units, at) = (reserved.units_bytes(), stored(reserved.at_nanos));
        self.writer()
            .queue(move |connection| {
                Box::pin(async move {
                    let inserted = sqlx::query(
                        "INSERT INTO reservations (units, reserved_ns) VALUES ($1, $2) RETURNING id",
                    )
                    .bind(units)
                    .bind(at)
                    .fetch_one(connection)
                    .await?;
                    Ok(ReservationId(inserted.try_get("id")?))
                })
            })
            .await
            .map(Reserving)
    }

    /// Keeps the reservation of an order for good, and says what it holds; the same again when it was
    /// kept before. `None`: there is none, or it was returned.
    ///
    /// # Errors
    ///
    /// [`RecordsError`], as for every method here.
    pub async fn keep_reservation(&self, order: &ResourcePath) -> Result<Option<Reserved>> {
        let order = order.clone();
        self.moved(move |connection| {
            Box::pin(async move {
                Ok(sqlx::query(
                    "UPDATE reservations SET state = 'kept'
                     WHERE order_path = $1 AND state IN ('held', 'kept') RETURNING units, reserved_ns",
                )
                .bind(order.as_str())
                .fetch_all(connection)
                .await?)
            })
        })
        .await
        .map(|moved| moved.into_iter().next())
    }

    /// Keeps a reservation whose order cannot be followed, for good.
    ///
    /// # Errors
    ///
    /// [`RecordsError`], as for every method here.
    pub async fn keep_reservation_unbound(&self, id: ReservationId) -> Result<()> {
        self.writer()
            .write(move |connection| {
                Box::pin(async move {
                    sqlx::query("UPDATE reservations SET state = 'kept' WHERE id = $1 AND state = 'held'")
                        .bind(id.0)
                        .execute(connection)
                        .await?;
                    Ok(())
                })
            })
            .await
    }

    /// Returns a reservation whose order did not come about: what it held, for the one caller who did.
    ///
    /// # Errors
    ///
    /// [`RecordsError`], as for every method here.
    pub async fn return_reservation(&self, id: ReservationId) -> Result<Option<Reserved>> {
        self.moved(move |connection| {
            Box::pin(async move {
                Ok(sqlx::query(
                    "UPDATE reservations SET state = 'returned' WHERE id = $1 AND state = 'held'
                     RETURNING units, reserved_ns",
                )
                .bind(id.0)
                .fetch_all(connection)
                .await?)
            })
        })
        .await
        .map(|moved| moved.into_iter().next())
    }

    /// Returns the reservation of an order that ended before it was counted as issued: what it held, for
    /// the one caller who did.
    ///
    /// # Errors
    ///
    /// [`RecordsError`], as for every method here.
    pub async fn return_held(&self, order: &ResourcePath) -> Result<Option<Reserved>> {
        self.return_from("held", order).await
    }

    /// Returns the reservation of an order whose issuance was undone: for the caller who undid it.
    ///
    /// # Errors
    ///
    /// [`RecordsError`], as for every method here.
    pub async fn return_kept(&self, order: &ResourcePath) -> Result<Option<Reserved>> {
        self.return_from("kept", order).await
    }

    /// Returns the held reservations that nobody will. At most 500; `false` beside them when there may be
    /// more.
    ///
    /// # Errors
    ///
    /// [`RecordsError`], as for every method here.
    pub async fn return_forgotten(&self, forgotten: Forgotten) -> Result<(Vec<Reserved>, bool)> {
        let returned = self
            .moved(move |connection| {
                Box::pin(async move {
                    Ok(sqlx::query(
                        "UPDATE reservations SET state = 'returned' WHERE id IN (
                             SELECT id FROM reservations WHERE state = 'held' AND (
                                 (order_path IS NULL AND reserved_ns < $1)
                                 OR (order_path IS NOT NULL AND expires_ns IS NULL AND reserved_ns < $2)
                                 OR expires_ns < $3)
                             LIMIT $4)
                         RETURNING units, reserved_ns",
                    )
                    .bind(stored(forgotten.unmade_before))
                    .bind(stored(forgotten.unfinished_before))
                    .bind(stored(forgotten.expired_before))
                    .bind(i64::try_from(RETURNED_PER_WRITE_MAX).expect("a small constant"))
                    .fetch_all(connection)
                    .await?)
                })
            })
            .await?;
        let is_all = returned.len() < RETURNED_PER_WRITE_MAX;
        Ok((returned, is_all))
    }

    async fn return_from(&self, state: &'static str, order: &ResourcePath) -> Result<Option<Reserved>> {
        let order = order.clone();
        self.moved(move |connection| {
            Box::pin(async move {
                Ok(sqlx::query(
                    "UPDATE reservations SET state = 'returned' WHERE order_path = $1 AND state = $2
                     RETURNING units, reserved_ns",
                )
                .bind(order.as_str())
                .bind(state)
                .fetch_all(connection)
                .await?)
            })
        })
        .await
        .map(|moved| moved.into_iter().next())
    }

    /// Moves reservations to another state; what they hold, read after the commit.
    async fn moved<F>(&self, update: F) -> Result<Vec<Reserved>>
    where
        F: for<'c> FnOnce(&'c mut AnyConnection) -> crate::writer::Writing<'c, Vec<AnyRow>> + Send + 'static,
    {
        self.writer().write(update).await?.iter().map(Reserved::read).collect()
    }
}

impl Reserved {
    fn units_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(self.units.len() * UNIT_BYTES);
        for unit in &self.units {
            for part in [unit.bucket[0], unit.bucket[1], unit.increment_nanos] {
                bytes.extend(part.to_be_bytes());
            }
        }
        bytes
    }

    fn read(row: &AnyRow) -> Result<Self> {
        let corrupt = || RecordsError::Corrupt { table: "reservations" };
        let at: i64 = row.try_get("reserved_ns")?;
        let (units, rest) = row.try_get::<&[u8], _>("units")?.as_chunks::<UNIT_BYTES>();
        if !rest.is_empty() {
            return Err(corrupt());
        }
        let units = units.iter().map(|unit| {
            let part = |n: usize| u64::from_be_bytes(unit.as_chunks::<8>().0[n]);
            ReservedUnit { bucket: [part(0), part(1)], increment_nanos: part(2) }
        });
        Ok(Self { at_nanos: u64::try_from(at).map_err(|_| corrupt())?, units: units.collect() })
    }
}

/// The databases' integers end in the year 2262.
fn stored(nanos: u64) -> i64 {
    i64::try_from(nanos).unwrap_or(i64::MAX)
}
