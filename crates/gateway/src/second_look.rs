//! A second look into records that another gateway may be about to write.
//!
//! An answer goes back before what it tells is committed, and its client may turn to another gateway at
//! once. Whoever asks for what nobody knows waits a moment longer, and nobody else does.

use std::time::Duration;

use tollgate_records::RecordsError;

/// How long what was not found may still be on its way into the records: several commits.
const SECOND_LOOK_AFTER: Duration = Duration::from_millis(50);

/// What `look` finds; where it `may_be_late`, at the second look at the latest.
pub(crate) async fn looked_up<T, F>(
    may_be_late: bool,
    look: impl Fn() -> F,
) -> Result<Option<T>, RecordsError>
where
    F: Future<Output = Result<Option<T>, RecordsError>>,
{
    match look().await? {
        None if may_be_late => {
            tokio::time::sleep(SECOND_LOOK_AFTER).await;
            look().await
        }
        found => Ok(found),
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn what_another_gateway_writes_meanwhile_is_found() {
        // (may be late, there from which look on, found, looks)
        for (may_be_late, there_from, found, looks_taken) in
            [(true, 1, true, 1), (true, 2, true, 2), (true, 3, false, 2), (false, 2, false, 1)]
        {
            let looks = Cell::new(0);
            let look = || async {
                looks.set(looks.get() + 1);
                Ok((looks.get() >= there_from).then_some(()))
            };
            let is_found = looked_up(may_be_late, look).await.unwrap().is_some();
            assert_eq!((is_found, looks.get()), (found, looks_taken), "{may_be_late} {there_from}");
        }
    }
}
