//! When to renew a certificate (RFC 9773).

use std::time::Duration;

use http::StatusCode;
use jiff::Timestamp;
use serde_json::json;
use tollgate_acme::certificate::CertificateId;

use crate::{
    ca::Ca,
    reply::{Answer, Refusal, Reply, moment},
    state::Certificate,
};

/// Certificates valid for less are renewed at half their life instead of two thirds.
const SHORT_LIVED_SECONDS: i64 = 10 * 24 * 60 * 60;

const HOUR: Duration = Duration::from_secs(60 * 60);

/// The suggested window, in whole seconds: start included, end excluded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Window {
    start: Timestamp,
    end: Timestamp,
}

impl Ca {
    pub(crate) fn renewal_info(&self, id: &str) -> Answer {
        let id = CertificateId::parse(id)
            .ok_or_else(|| Refusal::malformed("this is no certificate identifier"))?;
        let state = self.state.lock();
        let serial = self.authority.serial_of(&id);
        let (_, certificate) = serial
            .and_then(|serial| state.certificate_by_serial(&serial))
            .ok_or_else(|| Refusal::not_found("this identifies no certificate of this CA"))?;
        let window = Window::of(certificate, self.clock.now());
        let info = json!({ "suggestedWindow": { "start": moment(window.start), "end": moment(window.end) } });
        let wait = self.options.renewal_info_retry_after.as_secs();
        Ok(Reply::json(StatusCode::OK, &info).retry_after(Some(wait)))
    }
}

impl Window {
    /// Centred on what is left of the certificate's life: a third, or a half when it is short. It reaches
    /// 1 % of that life to each side. A revoked certificate is to be renewed at once: its window is over.
    fn of(certificate: &Certificate, now: Timestamp) -> Self {
        if let Some(revocation) = certificate.revocation {
            let end = revocation.at.min(now).saturating_sub(HOUR).unwrap_or(Timestamp::MIN);
            return Self { start: end.saturating_sub(HOUR).unwrap_or(Timestamp::MIN), end };
        }
        Self::of_validity(certificate.not_before, certificate.not_after)
    }

    fn of_validity(not_before: Timestamp, not_after: Timestamp) -> Self {
        let (from, to) = (not_before.as_second(), not_after.as_second());
        // The last second counts.
        let validity = to - from + 1;
        let left = if validity < SHORT_LIVED_SECONDS { validity / 2 } else { validity / 3 };
        let (middle, reach) = (to - left, (validity / 100).max(1));
        let second = |second| Timestamp::from_second(second).unwrap_or(not_after);
        Self { start: second(middle - reach), end: second(middle + reach) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_window_lies_at_two_thirds_of_a_life_or_half_of_a_short_one() {
        const DAY: i64 = 86_400;
        let second = |second| Timestamp::from_second(second).unwrap();
        // (validity, start, end) in seconds after notBefore
        for (validity, start, end) in [
            (90 * DAY, 60 * DAY - 90 * DAY / 100, 60 * DAY + 90 * DAY / 100),
            (10 * DAY, 6 * DAY + 2 * DAY / 3 - DAY / 10, 6 * DAY + 2 * DAY / 3 + DAY / 10),
            (6 * DAY, 3 * DAY - 6 * DAY / 100, 3 * DAY + 6 * DAY / 100),
        ] {
            let window = Window::of_validity(second(0), second(validity - 1));
            let expected = Window { start: second(start - 1), end: second(end - 1) };
            assert_eq!(window, expected, "{validity}s");
        }
    }
}
