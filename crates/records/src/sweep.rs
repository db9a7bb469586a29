//! Forgetting what is over.

use jiff::{SignedDuration, Timestamp};

use crate::{Records, Result};

/// How long issued sets, certificates and lifted pauses matter: the reach of a renewal by set (RULES
/// 5.4). Unfinished orders and authorizations, which nobody polls any more, and override requests are
/// kept as long.
const KEPT_LONGER: SignedDuration = SignedDuration::from_hours(120 * 24);

/// How long after a sweep first met it an authorization without an order is kept.
const UNLINKED_KEPT: SignedDuration = SignedDuration::from_hours(30 * 24);

/// Rows forgotten in one write, so that other writes get their turn in between.
const ROWS_PER_WRITE_MAX: u16 = 2_000;

/// In an order that leaves nothing behind: certificates hold orders, orders hold authorizations.
/// `$1` is `before`, `$2` is 120 days earlier, `$3` the most rows.
const FORGET: [&str; 7] = [
    "DELETE FROM certificates WHERE id IN (
         SELECT id FROM certificates WHERE not_after_ms < $1 AND not_before_ms < $2 LIMIT $3)",
    // The order by which a certificate is replaced is known as long as the certificate.
    "DELETE FROM orders WHERE path IN (
         SELECT path FROM orders WHERE created_ms < $1
         AND (status IN ('valid', 'invalid') OR created_ms < $2)
         AND (status = 'invalid' OR replaces IS NULL
              OR NOT EXISTS (SELECT 1 FROM certificates WHERE id = replaces))
         LIMIT $3)",
    "DELETE FROM authorizations WHERE path IN (
         SELECT path FROM authorizations AS a WHERE seen_ms < $1
         AND (status <> 'pending' OR seen_ms < $2)
         AND NOT EXISTS (SELECT 1 FROM order_authorizations WHERE authorization_path = a.path)
         LIMIT $3)",
    "DELETE FROM issued_sets WHERE order_path IN (
         SELECT order_path FROM issued_sets WHERE issued_ms < $2 AND $1 > $2 LIMIT $3)",
    "DELETE FROM pauses WHERE id IN (
         SELECT id FROM pauses WHERE unpaused_ms < $2 AND $1 > $2 LIMIT $3)",
    // One that is kept is read again for as long as its order may be seen issued.
    "DELETE FROM reservations WHERE id IN (
         SELECT id FROM reservations WHERE state <> 'held' AND reserved_ns / 1000000 < $2 AND $1 > $2
         LIMIT $3)",
    "DELETE FROM override_requests WHERE id IN (
         SELECT id FROM override_requests WHERE COALESCE(decided_ms, requested_ms) < $2 AND $1 > $2
         LIMIT $3)",
];

impl Records {
    /// Forgets finished orders and authorizations created before `before`, and says how many rows.
    ///
    /// Kept 120 days longer: issued sets, certificates (until they expire, if that is later), lifted
    /// pauses, override requests, and orders and authorizations never seen to finish. An order that
    /// replaces a certificate is kept with it. Accounts and pauses in force stay.
    ///
    /// # Errors
    ///
    /// [`RecordsError`](crate::RecordsError), as for every method here; what was forgotten until then
    /// is.
    pub async fn sweep(&self, before: Timestamp) -> Result<u64> {
        self.date_unlinked(before).await?;
        let mut forgotten = 0;
        for statement in FORGET {
            loop {
                let rows = self.forget(statement, before).await?;
                forgotten += rows;
                if rows < u64::from(ROWS_PER_WRITE_MAX) {
                    break;
                }
            }
        }
        Ok(forgotten)
    }

    async fn forget(&self, statement: &'static str, before: Timestamp) -> Result<u64> {
        self.writer()
            .write(move |connection| {
                Box::pin(async move {
                    Ok(sqlx::query(statement)
                        .bind(before.as_millisecond())
                        .bind(moved(before, -KEPT_LONGER).as_millisecond())
                        .bind(i64::from(ROWS_PER_WRITE_MAX))
                        .execute(connection)
                        .await?
                        .rows_affected())
                })
            })
            .await
    }

    /// Gives authorizations that came without an order the age they lack.
    async fn date_unlinked(&self, before: Timestamp) -> Result<()> {
        self.writer()
            .write(move |connection| {
                Box::pin(async move {
                    sqlx::query("UPDATE authorizations SET seen_ms = $1 WHERE seen_ms IS NULL")
                        .bind(moved(before, UNLINKED_KEPT).as_millisecond())
                        .execute(connection)
                        .await?;
                    Ok(())
                })
            })
            .await
    }
}

fn moved(timestamp: Timestamp, by: SignedDuration) -> Timestamp {
    timestamp.saturating_add(by).expect("durations of whole hours can always be added")
}
