//! The window in which the CA itself suggests to renew (RFC 9773, 4.2), asked for when an order depends
//! on it.

use std::time::Duration;

use jiff::Timestamp;
use serde::Deserialize;
use tollgate_acme::certificate::CertificateId;
use tollgate_policy::renewal::Window;

use crate::gateway::{Asked, Gateway};

/// The longest an order waits for the CA's word. Without it the window is our own (RULES 5.1).
const WINDOW_TIMEOUT: Duration = Duration::from_secs(2);

#[derive(Deserialize)]
struct RenewalInfo {
    #[serde(rename = "suggestedWindow")]
    suggested_window: SuggestedWindow,
}

#[derive(Deserialize)]
struct SuggestedWindow {
    start: String,
    end: String,
}

impl Gateway {
    /// The issuer's window for a certificate that the gateway saw issued; for any other it decides
    /// nothing, so the CA is not asked.
    pub(crate) async fn suggested_window(
        &self,
        certificate: &CertificateId,
        asked: &Asked,
    ) -> Option<Window> {
        let path = self.endpoints.renewal_info(certificate.as_str())?;
        self.limiter.records().certificate(certificate).await.ok().flatten()?;
        let answer =
            tokio::time::timeout(WINDOW_TIMEOUT, self.get(&path, &asked.request)).await.ok()?.ok()?;
        answer.status().is_success().then(|| window(answer.body())).flatten()
    }
}

fn window(body: &[u8]) -> Option<Window> {
    let info: RenewalInfo = serde_json::from_slice(body).ok()?;
    let SuggestedWindow { start, end } = info.suggested_window;
    let (start, end): (Timestamp, Timestamp) = (start.parse().ok()?, end.parse().ok()?);
    (start < end).then_some(Window { start, end })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_that_makes_no_sense_is_none() {
        for (body, is_window) in [
            (r#"{"suggestedWindow":{"start":"2026-11-23T00:00:00Z","end":"2026-11-24T00:00:00Z"}}"#, true),
            (r#"{"suggestedWindow":{"start":"2026-11-24T00:00:00Z","end":"2026-11-23T00:00:00Z"}}"#, false),
            (r#"{"suggestedWindow":{"start":"soon","end":"2026-11-23T00:00:00Z"}}"#, false),
            (r#"{"suggestedWindow":null}"#, false),
            ("", false),
        ] {
            assert_eq!(window(body.as_bytes()).is_some(), is_window, "{body}");
        }
    }
}
