//! What one of several gateways does at a time.

use jiff::{SignedDuration, Timestamp};

use crate::{Records, Result};

/// How long a chore is its holder's who does not come again: others take it over after this.
pub const LEASE: SignedDuration = SignedDuration::from_mins(3);

/// What is to be done by one gateway at a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Chore {
    /// Forgetting what is over, and giving back what lost orders reserved.
    Sweep,
}

impl Records {
    /// Takes a chore for [`LEASE`], or again when it is the caller's; `false` while it is another's.
    /// `holder` tells the gateways apart. Their clocks may differ: one that is ahead takes over early, and
    /// then two do what can be done twice.
    ///
    /// # Errors
    ///
    /// [`RecordsError`](crate::RecordsError), as for every method here.
    pub async fn take_chore(&self, chore: Chore, holder: [u8; 16], now: Timestamp) -> Result<bool> {
        let until = now.saturating_add(LEASE).expect("durations of whole minutes can always be added");
        self.writer()
            .write(move |connection| {
                Box::pin(async move {
                    let taken = sqlx::query(
                        "INSERT INTO leases (name, holder, until_ms) VALUES ($1, $2, $3)
                         ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, until_ms = excluded.until_ms
                         WHERE leases.holder = excluded.holder OR leases.until_ms <= $4",
                    )
                    .bind(chore.name())
                    .bind(holder.to_vec())
                    .bind(until.as_millisecond())
                    .bind(now.as_millisecond())
                    .execute(connection)
                    .await?;
                    Ok(taken.rows_affected() > 0)
                })
            })
            .await
    }

    /// Lets others take a chore at once, when it is the caller's.
    ///
    /// # Errors
    ///
    /// [`RecordsError`](crate::RecordsError), as for every method here.
    pub async fn leave_chore(&self, chore: Chore, holder: [u8; 16]) -> Result<()> {
        self.writer()
            .write(move |connection| {
                Box::pin(async move {
                    sqlx::query("DELETE FROM leases WHERE name = $1 AND holder = $2")
                        .bind(chore.name())
                        .bind(holder.to_vec())
                        .execute(connection)
                        .await?;
                    Ok(())
                })
            })
            .await
    }
}

impl Chore {
    fn name(self) -> &'static str {
        match self {
            Self::Sweep => "sweep",
        }
    }
}
