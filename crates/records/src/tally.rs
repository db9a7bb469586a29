//! What happened how often, for operators to look at. Decisions never read it.

use std::collections::{HashMap, hash_map::Entry};

use jiff::{SignedDuration, Timestamp};
use sqlx::{AnyConnection, any::AnyRow};

use crate::{Records, Result, column::Columns};

/// How long the counts of an hour and of a day are kept.
const KEPT: SignedDuration = SignedDuration::from_hours(35 * 24);

/// Subjects to whom one thing happens in a day, counted at most; those that come later are left out.
pub const TALLIED_PER_DAY_MAX: u32 = 20_000;

/// Counts in one transaction, so that other writes get their turn in between.
const COUNTS_PER_WRITE_MAX: usize = 500;

/// The latest orders that are looked at for one set ordered by many accounts.
const ORDERS_LOOKED_AT: u16 = 20_000;

const ADD: &str = "INSERT INTO tallies (day_ms, what, kind, subject, number) VALUES ($1, $2, $3, $4, $5)
     ON CONFLICT (day_ms, what, kind, subject) DO UPDATE SET number = tallies.number + excluded.number";

const ADD_TO_KNOWN: &str = "UPDATE tallies SET number = number + $5
     WHERE day_ms = $1 AND what = $2 AND kind = $3 AND subject = $4";

const HOUR_MS: i64 = 3_600_000;
const DAY_MS: i64 = 24 * HOUR_MS;

/// What is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Happening {
    /// A limit refused.
    Refused,
    /// It refused again, before the time it had told.
    Early,
    /// An account was made.
    Registered,
    /// A certificate was issued.
    Issued,
    /// A validation failed.
    Failed,
    /// An overall request limit refused, whatever was asked for.
    Exceeded,
}

/// For what kind of subject.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "the variants say it")]
pub enum Whose {
    Account,
    /// A registered domain.
    Domain,
    Address,
    /// A set of identifiers.
    Set,
    /// An account and an identifier.
    Pair,
}

/// What happened since the last time.
#[derive(Clone, Debug, Default)]
pub struct Tallies {
    /// How often each limit refused.
    pub refusals: Vec<(&'static str, u64)>,
    /// How often something happened, and to whom.
    pub subjects: Vec<(Happening, Whose, String, u64)>,
}

/// What happened to one subject.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "the fields say it")]
pub struct Evidence {
    pub refused: u64,
    pub early: u64,
    pub registered: u64,
    pub issued: u64,
    pub failed: u64,
    pub exceeded: u64,
}

impl Records {
    /// Adds to the counts of the hour and the day that `now` is in, and forgets old ones.
    ///
    /// # Errors
    ///
    /// [`RecordsError`](crate::RecordsError), as for every method here; what was added until then stays.
    pub async fn tally(&self, tallies: Tallies, now: Timestamp) -> Result<()> {
        let Tallies { refusals, mut subjects } = tallies;
        self.writer()
            .write(move |connection| {
                Box::pin(async move {
                    forget(connection, now).await?;
                    for (limit, number) in refusals {
                        add_refusals(connection, limit, number, now).await?;
                    }
                    Ok(())
                })
            })
            .await?;
        while !subjects.is_empty() {
            let rest = subjects.split_off(COUNTS_PER_WRITE_MAX.min(subjects.len()));
            let batch = std::mem::replace(&mut subjects, rest);
            self.writer()
                .write(move |connection| Box::pin(async move { add_subjects(connection, batch, now).await }))
                .await?;
        }
        Ok(())
    }

    /// How often each limit refused in each hour since `since`: the hour's first moment, the limit's name,
    /// the number.
    ///
    /// # Errors
    ///
    /// [`RecordsError`](crate::RecordsError), as for every method here.
    pub async fn refusals_by_hour(&self, since: Timestamp) -> Result<Vec<(Timestamp, String, u64)>> {
        let read = sqlx::query(
            "SELECT hour_ms, limit_name, number FROM refusals_by_hour
             WHERE hour_ms >= $1 ORDER BY hour_ms, limit_name",
        )
        .bind(since.as_millisecond());
        let rows = self.read_all(read).await?;
        rows.iter()
            .map(|row| {
                let columns = Columns { row, table: "refusals_by_hour" };
                let limit = columns.text("limit_name")?.to_owned();
                Ok((columns.moment("hour_ms")?, limit, columns.count("number")?))
            })
            .collect()
    }

    /// To whom something happened most often since the day of `since`, at most `max`, and how often.
    ///
    /// # Errors
    ///
    /// [`RecordsError`](crate::RecordsError), as for every method here.
    pub async fn most_often(
        &self,
        what: Happening,
        whose: Whose,
        since: Timestamp,
        max: u16,
    ) -> Result<Vec<(String, u64)>> {
        let read = sqlx::query(
            "SELECT subject, CAST(sum(number) AS BIGINT) AS number FROM tallies
             WHERE day_ms >= $1 AND what = $2 AND kind = $3
             GROUP BY subject ORDER BY sum(number) DESC, subject LIMIT $4",
        )
        .bind(first_moment(since, DAY_MS))
        .bind(what.word())
        .bind(whose.word())
        .bind(i64::from(max));
        let rows = self.read_all(read).await?;
        rows.iter()
            .map(|row| {
                let columns = Columns { row, table: "tallies" };
                Ok((columns.text("subject")?.to_owned(), columns.count("number")?))
            })
            .collect()
    }

    /// What happened to one subject since the day of `since`.
    ///
    /// # Errors
    ///
    /// [`RecordsError`](crate::RecordsError), as for every method here.
    pub async fn evidence(&self, whose: Whose, subject: &str, since: Timestamp) -> Result<Evidence> {
        let read = sqlx::query(
            "SELECT what, CAST(sum(number) AS BIGINT) AS number FROM tallies
             WHERE kind = $1 AND subject = $2 AND day_ms >= $3 GROUP BY what",
        )
        .bind(whose.word())
        .bind(subject)
        .bind(first_moment(since, DAY_MS));
        let mut evidence = Evidence::default();
        for row in &self.read_all(read).await? {
            evidence.add(row)?;
        }
        Ok(evidence)
    }

    /// Sets that at least `accounts_min` accounts ordered since `since`, those of most accounts first, at
    /// most `max`: their identifiers, a line each, and how many accounts. Of very many orders only the
    /// latest are looked at.
    ///
    /// # Errors
    ///
    /// [`RecordsError`](crate::RecordsError), as for every method here.
    pub async fn sets_of_many_accounts(
        &self,
        since: Timestamp,
        accounts_min: u16,
        max: u16,
    ) -> Result<Vec<(String, u64)>> {
        let read = sqlx::query(
            "SELECT min(identifiers) AS identifiers, count(DISTINCT account) AS number FROM (
                 SELECT set_id, identifiers, account FROM orders
                 WHERE created_ms >= $1 ORDER BY created_ms DESC LIMIT $4) AS latest
             GROUP BY set_id HAVING count(DISTINCT account) >= $2
             ORDER BY count(DISTINCT account) DESC, min(identifiers) LIMIT $3",
        )
        .bind(since.as_millisecond())
        .bind(i64::from(accounts_min))
        .bind(i64::from(max))
        .bind(i64::from(ORDERS_LOOKED_AT));
        let rows = self.read_all(read).await?;
        rows.iter()
            .map(|row| {
                let columns = Columns { row, table: "orders" };
                let names = columns.set("identifiers")?;
                let names: Vec<_> = names.iter().map(ToString::to_string).collect();
                Ok((names.join("\n"), columns.count("number")?))
            })
            .collect()
    }
}

async fn forget(connection: &mut AnyConnection, now: Timestamp) -> Result<()> {
    let before = now.saturating_sub(KEPT).expect("durations of whole hours can always be subtracted");
    for statement in
        ["DELETE FROM refusals_by_hour WHERE hour_ms < $1", "DELETE FROM tallies WHERE day_ms < $1"]
    {
        sqlx::query(statement).bind(before.as_millisecond()).execute(&mut *connection).await?;
    }
    Ok(())
}

async fn add_refusals(
    connection: &mut AnyConnection,
    limit: &'static str,
    number: u64,
    now: Timestamp,
) -> Result<()> {
    sqlx::query(
        "INSERT INTO refusals_by_hour (hour_ms, limit_name, number) VALUES ($1, $2, $3)
         ON CONFLICT (hour_ms, limit_name) DO UPDATE SET number = refusals_by_hour.number + excluded.number",
    )
    .bind(first_moment(now, HOUR_MS))
    .bind(limit)
    .bind(in_column(number))
    .execute(connection)
    .await?;
    Ok(())
}

async fn add_subjects(
    connection: &mut AnyConnection,
    batch: Vec<(Happening, Whose, String, u64)>,
    now: Timestamp,
) -> Result<()> {
    let day = first_moment(now, DAY_MS);
    let mut counted = HashMap::new();
    for (what, whose, subject, number) in batch {
        let counted = match counted.entry(what) {
            Entry::Occupied(counted) => counted.into_mut(),
            Entry::Vacant(unknown) => unknown.insert(subjects_of(connection, day, what).await?),
        };
        // One that is there already is taken for a new one, so that a few fit less than the most.
        let is_full = *counted >= u64::from(TALLIED_PER_DAY_MAX);
        *counted += 1;
        sqlx::query(if is_full { ADD_TO_KNOWN } else { ADD })
            .bind(day)
            .bind(what.word())
            .bind(whose.word())
            .bind(subject)
            .bind(in_column(number))
            .execute(&mut *connection)
            .await?;
    }
    Ok(())
}

async fn subjects_of(connection: &mut AnyConnection, day: i64, what: Happening) -> Result<u64> {
    let counted = sqlx::query("SELECT count(*) AS number FROM tallies WHERE day_ms = $1 AND what = $2")
        .bind(day)
        .bind(what.word())
        .fetch_one(connection)
        .await?;
    Columns { row: &counted, table: "tallies" }.count("number")
}

impl Happening {
    const ALL: [Self; 6] =
        [Self::Refused, Self::Early, Self::Registered, Self::Issued, Self::Failed, Self::Exceeded];

    fn word(self) -> &'static str {
        match self {
            Self::Refused => "refused",
            Self::Early => "early",
            Self::Registered => "registered",
            Self::Issued => "issued",
            Self::Failed => "failed",
            Self::Exceeded => "exceeded",
        }
    }
}

impl Whose {
    fn word(self) -> &'static str {
        match self {
            Self::Account => "account",
            Self::Domain => "domain",
            Self::Address => "address",
            Self::Set => "set",
            Self::Pair => "pair",
        }
    }
}

impl Evidence {
    fn add(&mut self, row: &AnyRow) -> Result<()> {
        let columns = Columns { row, table: "tallies" };
        let what = columns.word("what", |word| Happening::ALL.into_iter().find(|it| it.word() == word))?;
        let number = columns.count("number")?;
        match what {
            Happening::Refused => self.refused = number,
            Happening::Early => self.early = number,
            Happening::Registered => self.registered = number,
            Happening::Issued => self.issued = number,
            Happening::Failed => self.failed = number,
            Happening::Exceeded => self.exceeded = number,
        }
        Ok(())
    }
}

/// The first moment of the hour or the day that a moment is in.
fn first_moment(moment: Timestamp, length_ms: i64) -> i64 {
    moment.as_millisecond().div_euclid(length_ms) * length_ms
}

fn in_column(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
