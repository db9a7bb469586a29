//! What the records promise, kept in SQLite.

mod file;
#[path = "../promises/mod.rs"]
mod promises;

use tollgate_records::Records;

type Fresh = Records;

/// Records of a test's own.
async fn fresh() -> Fresh {
    Records::in_memory().await.unwrap()
}
