//! Orders, what they were admitted as, and what their issuance was charged.

use jiff::Timestamp;
use sqlx::{AnyConnection, any::AnyRow};
use tollgate_acme::{
    certificate::CertificateId,
    identifier::{IdentifierSet, SetId},
    order::OrderStatus,
    resource::{AccountId, ResourcePath},
};

use crate::{
    Records, ReservationId, Result,
    column::{Columns, set_text},
};

/// Authorizations linked to one order; what a CA lists beyond them is not learned.
const AUTHORIZATIONS_PER_ORDER_MAX: usize = 1_000;

/// Orders told for one authorization, the youngest: a reused authorization may have very many.
const ORDERS_PER_AUTHORIZATION_MAX: i64 = 100;

/// What issuance of an order was charged, if anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the variants say it")]
pub enum Issuance {
    NotCounted,
    Counted,
    Undone,
}

impl Issuance {
    fn as_str(self) -> &'static str {
        match self {
            Self::NotCounted => "not-counted",
            Self::Counted => "counted",
            Self::Undone => "undone",
        }
    }

    fn of(text: &str) -> Option<Self> {
        [Self::NotCounted, Self::Counted, Self::Undone].into_iter().find(|i| i.as_str() == text)
    }
}

/// How an order was admitted: what its issuance will be spared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the variants say it")]
pub enum Admitted {
    Limited,
    RenewalBySet,
    Ari,
}

impl Admitted {
    fn as_str(self) -> &'static str {
        match self {
            Self::Limited => "limited",
            Self::RenewalBySet => "renewal-by-set",
            Self::Ari => "ari",
        }
    }

    fn of(text: &str) -> Option<Self> {
        [Self::Limited, Self::RenewalBySet, Self::Ari].into_iter().find(|a| a.as_str() == text)
    }
}

/// An order as first seen, and what became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the fields say it")]
pub struct Order {
    pub id: ResourcePath,
    pub account: AccountId,
    pub identifiers: IdentifierSet,
    pub admitted: Admitted,
    pub replaces: Option<CertificateId>,
    pub status: OrderStatus,
    pub issuance: Issuance,
    pub created: Timestamp,
}

impl Records {
    /// Saves a new order once per path; `false` when it was known (some CAs give an order again).
    /// Claims `replaces` for it, unless an earlier order that is not `invalid` has it.
    ///
    /// # Errors
    ///
    /// [`RecordsError`](crate::RecordsError), as for every method here.
    pub async fn save_order(&self, order: &Order) -> Result<bool> {
        let order = order.clone();
        self.writer().write(move |connection| Box::pin(async move { order.insert(connection).await })).await
    }

    /// As [`Self::save_order`], for an order that has reserved: a new one has its reservation from the same commit on, so that
    /// whoever knows the order, another gateway too, knows what it holds. By `expires_nanos` since 1970 the order ends by
    /// itself, if the CA says so. `false`: the reservation is nobody's still.
    ///
    /// # Errors
    ///
    /// [`RecordsError`](crate::RecordsError), as for every method here.
    pub async fn save_reserved_order(
        &self,
        order: &Order,
        reservation: ReservationId,
        expires_nanos: Option<u64>,
    ) -> Result<bool> {
        let order = order.clone();
        self.writer()
            .write(move |connection| {
                Box::pin(async move {
                    let is_new = order.insert(connection).await?;
                    if is_new {
                        reservation.bind(connection, &order.id, expires_nanos).await?;
                    }
                    Ok(is_new)
                })
            })
            .await
    }

    /// Learns the other URLs of an order: finalize, certificate, authorizations. What is not given
    /// stays as it is known; of an unknown order nothing is learned.
    ///
    /// # Errors
    ///
    /// [`RecordsError`](crate::RecordsError), as for every method here.
    pub async fn link_order(
        &self,
        order: &ResourcePath,
        finalize: Option<&ResourcePath>,
        certificate: Option<&ResourcePath>,
        authorizations: &[ResourcePath],
    ) -> Result<()> {
        let order = order.clone();
        let finalize = finalize.cloned();
        let certificate = certificate.cloned();
        let authorizations: Vec<_> =
            authorizations.iter().take(AUTHORIZATIONS_PER_ORDER_MAX).cloned().collect();
        self.writer()
            .write(move |connection| {
                Box::pin(async move {
                    sqlx::query(
                        "UPDATE orders SET
                             finalize = coalesce($1, finalize),
                             certificate = coalesce($2, certificate)
                         WHERE path = $3",
                    )
                    .bind(finalize.as_ref().map(ResourcePath::as_str))
                    .bind(certificate.as_ref().map(ResourcePath::as_str))
                    .bind(order.as_str())
                    .execute(&mut *connection)
                    .await?;
                    for authorization in &authorizations {
                        link_authorization(connection, &order, authorization).await?;
                    }
                    Ok(())
                })
            })
            .await
    }

    /// An order by its path.
    ///
    /// # Errors
    ///
    /// [`RecordsError`](crate::RecordsError), as for every method here.
    pub async fn order(&self, id: &ResourcePath) -> Result<Option<Order>> {
        self.read_optional(sqlx::query("SELECT path, account, identifiers, admitted, replaces, status, issuance, created_ms FROM orders WHERE path = $1")
            .bind(id.as_str()))
            .await?
            .map(|row| Order::read(&row))
            .transpose()
    }

    /// The orders that list an authorization, the youngest first, at most 100.
    ///
    /// # Errors
    ///
    /// [`RecordsError`](crate::RecordsError), as for every method here.
    pub async fn orders_of_authorization(&self, authorization: &ResourcePath) -> Result<Vec<Order>> {
        self.read_all(
            sqlx::query(
                "SELECT path, account, identifiers, admitted, replaces, status, issuance, created_ms
             FROM order_authorizations JOIN orders ON path = order_path
             WHERE authorization_path = $1 ORDER BY created_ms DESC, orders.rowid DESC LIMIT $2",
            )
            .bind(authorization.as_str())
            .bind(ORDERS_PER_AUTHORIZATION_MAX),
        )
        .await?
        .iter()
        .map(Order::read)
        .collect()
    }

    /// Saves what became of an order. `invalid` is for good and gives `replaces` free again; `valid`
    /// can only become `invalid` (a late answer must not turn it back).
    ///
    /// # Errors
    ///
    /// [`RecordsError`](crate::RecordsError), as for every method here.
    pub async fn set_order_status(&self, id: &ResourcePath, status: OrderStatus) -> Result<()> {
        let id = id.clone();
        self.writer()
            .write(move |connection| {
                Box::pin(async move {
                    sqlx::query(
                        "UPDATE orders SET status = $1 WHERE path = $2 AND status <> 'invalid'
                         AND (status <> 'valid' OR $1 = 'invalid')",
                    )
                    .bind(status.as_str())
                    .bind(id.as_str())
                    .execute(connection)
                    .await?;
                    Ok(())
                })
            })
            .await
    }

    /// Moves issuance from `NotCounted` to `Counted`; `true` for the one caller who did.
    ///
    /// # Errors
    ///
    /// [`RecordsError`](crate::RecordsError), as for every method here.
    pub async fn claim_issuance(&self, order: &ResourcePath, now: Timestamp) -> Result<bool> {
        let order = order.clone();
        self.writer()
            .write(move |connection| {
                Box::pin(async move {
                    let claimed =
                        move_issuance(connection, &order, Issuance::NotCounted, Issuance::Counted).await?;
                    if claimed {
                        record_issued_set(connection, &order, now).await?;
                    }
                    Ok(claimed)
                })
            })
            .await
    }

    /// Moves issuance from `Counted` to `Undone`, for good; `true` for the one caller who did.
    ///
    /// # Errors
    ///
    /// [`RecordsError`](crate::RecordsError), as for every method here.
    pub async fn undo_issuance(&self, order: &ResourcePath) -> Result<bool> {
        let order = order.clone();
        self.writer()
            .write(move |connection| {
                Box::pin(async move {
                    let undone =
                        move_issuance(connection, &order, Issuance::Counted, Issuance::Undone).await?;
                    if undone {
                        sqlx::query("DELETE FROM issued_sets WHERE order_path = $1")
                            .bind(order.as_str())
                            .execute(connection)
                            .await?;
                    }
                    Ok(undone)
                })
            })
            .await
    }

    /// Whether a certificate for exactly this set was issued (counted and not undone) at or after
    /// `since`, by any account.
    ///
    /// # Errors
    ///
    /// [`RecordsError`](crate::RecordsError), as for every method here.
    pub async fn set_issued_since(&self, set: &SetId, since: Timestamp) -> Result<bool> {
        let issued = sqlx::query("SELECT 1 FROM issued_sets WHERE set_id = $1 AND issued_ms >= $2 LIMIT 1")
            .bind(&set.0[..])
            .bind(since.as_millisecond());
        Ok(self.read_optional(issued).await?.is_some())
    }
}

impl Order {
    async fn insert(&self, connection: &mut AnyConnection) -> Result<bool> {
        let inserted = sqlx::query(
            "INSERT INTO orders (path, account, identifiers, set_id, admitted, replaces, status, issuance, created_ms)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (path) DO NOTHING",
        )
        .bind(self.id.as_str())
        .bind(self.account.as_str())
        .bind(set_text(&self.identifiers))
        .bind(&self.identifiers.id().0[..])
        .bind(self.admitted.as_str())
        .bind(self.replaces.as_ref().map(CertificateId::as_str))
        .bind(self.status.as_str())
        .bind(self.issuance.as_str())
        .bind(self.created.as_millisecond())
        .execute(&mut *connection)
        .await?
        .rows_affected()
            == 1;
        if inserted && self.issuance == Issuance::Counted {
            record_issued_set(connection, &self.id, self.created).await?;
        }
        Ok(inserted)
    }

    fn read(row: &AnyRow) -> Result<Self> {
        let columns = Columns { row, table: "orders" };
        Ok(Self {
            id: columns.path("path")?,
            account: columns.account("account")?,
            identifiers: columns.set("identifiers")?,
            admitted: columns.word("admitted", Admitted::of)?,
            replaces: columns.optional_certificate("replaces")?,
            status: columns.word("status", OrderStatus::of)?,
            issuance: columns.word("issuance", Issuance::of)?,
            created: columns.moment("created_ms")?,
        })
    }
}

/// `true` when the order was in `from`.
async fn move_issuance(
    connection: &mut AnyConnection,
    order: &ResourcePath,
    from: Issuance,
    to: Issuance,
) -> Result<bool> {
    let moved = sqlx::query("UPDATE orders SET issuance = $1 WHERE path = $2 AND issuance = $3")
        .bind(to.as_str())
        .bind(order.as_str())
        .bind(from.as_str())
        .execute(connection)
        .await?;
    Ok(moved.rows_affected() == 1)
}

async fn record_issued_set(
    connection: &mut AnyConnection,
    order: &ResourcePath,
    now: Timestamp,
) -> Result<()> {
    // The conflict: a CA may use the path of an order again that was swept long ago.
    sqlx::query(
        "INSERT INTO issued_sets (order_path, set_id, issued_ms)
         SELECT path, set_id, $1 FROM orders WHERE path = $2
         ON CONFLICT (order_path) DO UPDATE SET set_id = excluded.set_id, issued_ms = excluded.issued_ms",
    )
    .bind(now.as_millisecond())
    .bind(order.as_str())
    .execute(connection)
    .await?;
    Ok(())
}

/// Makes the authorization known, as the order's account's, and one of the order's.
async fn link_authorization(
    connection: &mut AnyConnection,
    order: &ResourcePath,
    authorization: &ResourcePath,
) -> Result<()> {
    sqlx::query(
        "INSERT INTO authorizations (path, account, seen_ms)
         SELECT $1, account, created_ms FROM orders WHERE path = $2
         ON CONFLICT (path) DO UPDATE SET
             seen_ms = excluded.seen_ms
         WHERE authorizations.seen_ms IS NULL OR authorizations.seen_ms < excluded.seen_ms",
    )
    .bind(authorization.as_str())
    .bind(order.as_str())
    .execute(&mut *connection)
    .await?;
    // The bound holds over all calls, not only within this one.
    sqlx::query(
        "INSERT INTO order_authorizations (order_path, authorization_path)
         SELECT path, $1 FROM orders WHERE path = $2
         AND (SELECT count(*) FROM order_authorizations WHERE order_path = $2) < $3
         ON CONFLICT DO NOTHING",
    )
    .bind(authorization.as_str())
    .bind(order.as_str())
    .bind(i64::try_from(AUTHORIZATIONS_PER_ORDER_MAX).expect("a small constant"))
    .execute(connection)
    .await?;
    Ok(())
}
