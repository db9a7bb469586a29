//! Certificates seen issued, by their ARI ids.

use jiff::Timestamp;
use sqlx::any::AnyRow;
use tollgate_acme::{
    certificate::CertificateId,
    identifier::IdentifierSet,
    resource::{AccountId, ResourcePath},
};

use crate::{
    Records, Result,
    column::{Columns, set_text},
};

/// A certificate seen issued.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the fields say it")]
pub struct Certificate {
    pub id: CertificateId,
    pub account: AccountId,
    pub order: Option<ResourcePath>,
    pub identifiers: IdentifierSet,
    pub not_before: Timestamp,
    pub not_after: Timestamp,
    pub revoked: bool,
    /// The order that replaces it, unless that order became `invalid`: the first of those saved
    /// with its id in `replaces`. Not saved here.
    pub replaced_by: Option<ResourcePath>,
}

impl Records {
    /// Saves a certificate. Saved again, what was known stays, but a revocation or an order not
    /// known before is learned.
    ///
    /// # Errors
    ///
    /// [`RecordsError`](crate::RecordsError), as for every method here.
    pub async fn save_certificate(&self, certificate: &Certificate) -> Result<()> {
        let certificate = certificate.clone();
        self.writer()
            .write(move |connection| {
                Box::pin(async move {
                    sqlx::query(
                        "INSERT INTO certificates
                             (id, account, order_path, identifiers, not_before_ms, not_after_ms, revoked)
                         VALUES ($1, $2, $3, $4, $5, $6, $7)
                         ON CONFLICT (id) DO UPDATE SET
                             order_path = coalesce(certificates.order_path, excluded.order_path),
                             revoked = certificates.revoked | excluded.revoked",
                    )
                    .bind(certificate.id.as_str())
                    .bind(certificate.account.as_str())
                    .bind(certificate.order.as_ref().map(ResourcePath::as_str))
                    .bind(set_text(&certificate.identifiers))
                    .bind(certificate.not_before.as_millisecond())
                    .bind(certificate.not_after.as_millisecond())
                    .bind(i64::from(certificate.revoked))
                    .execute(connection)
                    .await?;
                    Ok(())
                })
            })
            .await
    }

    /// A certificate by its ARI id.
    ///
    /// # Errors
    ///
    /// [`RecordsError`](crate::RecordsError), as for every method here.
    pub async fn certificate(&self, id: &CertificateId) -> Result<Option<Certificate>> {
        self.read_optional(
            sqlx::query(
                "SELECT id, account, order_path, identifiers, not_before_ms, not_after_ms, revoked,
                    (SELECT path FROM orders WHERE replaces = id AND status <> 'invalid'
                        ORDER BY rowid LIMIT 1) AS replaced_by
             FROM certificates WHERE id = $1",
            )
            .bind(id.as_str()),
        )
        .await?
        .map(|row| Certificate::read(&row))
        .transpose()
    }

    /// The certificate was revoked.
    ///
    /// # Errors
    ///
    /// [`RecordsError`](crate::RecordsError), as for every method here.
    pub async fn revoke_certificate(&self, id: &CertificateId) -> Result<()> {
        let id = id.clone();
        self.writer()
            .write(move |connection| {
                Box::pin(async move {
                    sqlx::query("UPDATE certificates SET revoked = 1 WHERE id = $1")
                        .bind(id.as_str())
                        .execute(connection)
                        .await?;
                    Ok(())
                })
            })
            .await
    }
}

impl Certificate {
    fn read(row: &AnyRow) -> Result<Self> {
        let columns = Columns { row, table: "certificates" };
        Ok(Self {
            id: columns.certificate("id")?,
            account: columns.account("account")?,
            order: columns.optional_path("order_path")?,
            identifiers: columns.set("identifiers")?,
            not_before: columns.moment("not_before_ms")?,
            not_after: columns.moment("not_after_ms")?,
            revoked: columns.flag("revoked")?,
            replaced_by: columns.optional_path("replaced_by")?,
        })
    }
}
