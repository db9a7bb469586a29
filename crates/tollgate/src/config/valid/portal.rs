//! The pages for people.

use std::{num::NonZeroU64, path::PathBuf, time::Duration};

use http::Uri;
use tollgate_engine::Quota;
use tollgate_portal::{LookUps, MailTls, Tiers};
use toml::Spanned;

use super::{ClientFacing, Reading};
use crate::config::raw::{RawMail, RawMailTls, RawOverrideRequests, RawPortal};

/// Look-ups of one client, a minute.
const LOOK_UPS_PER_MINUTE: u64 = 30;
/// The most that may be allowed of them.
const LOOK_UPS_PER_MINUTE_MAX: u64 = 100_000;
/// The most numbers that a form may offer.
const TIERS_MAX: usize = 50;
/// The largest of them: a quota has no larger burst.
const TIER_MAX: u64 = Quota::BURST_MAX;

/// The pages for people.
#[derive(Debug)]
pub struct PortalConfig {
    /// Their origin, where it was given.
    pub public_url: Option<String>,
    /// A listener of their own.
    pub listener: Option<ClientFacing>,
    /// Who may look up what is left.
    pub look_ups: LookUps,
    /// The file of the key that signs links to unpause, where it was given.
    pub link_key: Option<PathBuf>,
    /// The file of the key before it, where it was given.
    pub previous_link_key: Option<PathBuf>,
    /// The form for overrides; `None`: there is none.
    pub override_requests: Option<OverrideRequestsConfig>,
    /// The mail server.
    pub mail: Option<MailConfig>,
}

/// The form for overrides.
#[derive(Debug)]
pub struct OverrideRequestsConfig {
    /// What can be asked for.
    pub tiers: Tiers,
    /// Whether the lowest of it is granted at once.
    pub grant_lowest: bool,
    /// The terms of service.
    pub terms: Option<String>,
    /// The privacy policy.
    pub privacy: Option<String>,
}

/// A mail server.
#[derive(Debug)]
pub struct MailConfig {
    /// Its name.
    pub server: String,
    /// Its port.
    pub port: u16,
    /// How the connection is protected.
    pub tls: MailTls,
    /// The file of roots that its certificate may chain to, where it was given.
    pub roots: Option<PathBuf>,
    /// Who mails are from.
    pub from: String,
    /// The name to log in with and the file of its password.
    pub login: Option<(String, PathBuf)>,
}

impl Reading<'_> {
    pub(super) fn portal(&mut self, raw: RawPortal) -> PortalConfig {
        let public_url = raw.public_url.and_then(|url| self.origin("portal.public-url", &url));
        let listener = raw.listen.map(|listen| {
            if listen.addresses.is_none() {
                self.mistake("portal.listen.addresses", None, "must be given: there is no default");
            }
            if let Some(url) = &listen.public_url {
                let problem = "the pages' origin is said once, as portal.public-url";
                self.mistake("portal.listen.public-url", Some(url.span()), problem);
            }
            let listener = self.clients("portal.listen", listen);
            ClientFacing { public_url: public_url.clone(), ..listener }
        });
        PortalConfig {
            public_url,
            listener,
            look_ups: self.look_ups(raw.public_look_ups, raw.look_ups_per_minute.as_ref()),
            link_key: raw.link_key.map(|path| self.path(&path)),
            previous_link_key: raw.previous_link_key.map(|path| self.path(&path)),
            override_requests: self.override_requests(raw.override_requests),
            mail: raw.mail.and_then(|mail| self.mail(mail)),
        }
    }

    fn look_ups(&mut self, public: Option<bool>, per_minute: Option<&Spanned<u64>>) -> LookUps {
        let key = "portal.look-ups-per-minute";
        let mut count = per_minute.map_or(LOOK_UPS_PER_MINUTE, |count| *count.get_ref());
        if !(1..=LOOK_UPS_PER_MINUTE_MAX).contains(&count) {
            let problem = format!("must be from 1 to {LOOK_UPS_PER_MINUTE_MAX}");
            self.mistake(key, per_minute.map(Spanned::span), problem);
            count = LOOK_UPS_PER_MINUTE;
        }
        let per_client = Quota::new(count, Duration::from_secs(60), count);
        LookUps { public: public.unwrap_or(true), per_client: per_client.expect("a small number a minute") }
    }

    fn override_requests(&mut self, raw: RawOverrideRequests) -> Option<OverrideRequestsConfig> {
        let Tiers { orders, certificates, certificates_per_account } = Tiers::default();
        let tiers = Tiers {
            orders: self.tiers("orders", raw.orders, orders),
            certificates: self.tiers("certificates", raw.certificates, certificates),
            certificates_per_account: self.tiers(
                "certificates-per-account",
                raw.certificates_per_account,
                certificates_per_account,
            ),
        };
        let terms = raw.terms.and_then(|url| self.page("terms", &url));
        let privacy = raw.privacy.and_then(|url| self.page("privacy", &url));
        let grant_lowest = raw.grant_lowest;
        raw.enabled.unwrap_or(true).then_some(OverrideRequestsConfig { tiers, grant_lowest, terms, privacy })
    }

    fn tiers(
        &mut self,
        name: &str,
        written: Option<Spanned<Vec<NonZeroU64>>>,
        default: Vec<NonZeroU64>,
    ) -> Vec<NonZeroU64> {
        let Some(written) = written else { return default };
        let tiers = written.get_ref();
        let ascending = tiers.is_sorted_by(|one, next| one < next);
        if tiers.is_empty()
            || !ascending
            || tiers.len() > TIERS_MAX
            || tiers.iter().any(|tier| tier.get() > TIER_MAX)
        {
            let problem = format!("must be 1 to {TIERS_MAX} numbers, ascending, up to {TIER_MAX}");
            self.mistake(&format!("portal.override-requests.{name}"), Some(written.span()), problem);
            return default;
        }
        written.into_inner()
    }

    fn page(&mut self, name: &str, written: &Spanned<String>) -> Option<String> {
        let url = written.get_ref().parse::<Uri>().ok();
        let is_page = |url: &Uri| matches!(url.scheme_str(), Some("http" | "https")) && url.host().is_some();
        if url.as_ref().is_none_or(|url| !is_page(url)) {
            let problem = "must be a URL like https://ca.example/terms";
            self.mistake(&format!("portal.override-requests.{name}"), Some(written.span()), problem);
            return None;
        }
        Some(written.get_ref().clone())
    }

    fn mail(&mut self, raw: RawMail) -> Option<MailConfig> {
        let (tls, port) = match raw.tls {
            RawMailTls::Always => (MailTls::Always, 465),
            RawMailTls::Starttls => (MailTls::Start, 587),
            RawMailTls::Never => (MailTls::Never, 25),
        };
        let login = match (raw.username, raw.password_file) {
            (Some(name), Some(file)) => Some((name, self.path(&file))),
            (None, None) => None,
            (Some(_), None) => {
                self.mistake("portal.mail.username", None, "needs portal.mail.password-file beside it");
                None
            }
            (None, Some(_)) => {
                self.mistake("portal.mail.password-file", None, "needs portal.mail.username beside it");
                None
            }
        };
        if !tollgate_portal::Mailer::is_sender(raw.from.get_ref()) {
            let problem = "must be like Example CA <limits@ca.example>";
            self.mistake("portal.mail.from", Some(raw.from.span()), problem);
            return None;
        }
        if let (RawMailTls::Never, Some(roots)) = (raw.tls, &raw.roots) {
            self.mistake("portal.mail.roots", Some(roots.span()), "needs tls = \"always\" or \"starttls\"");
        }
        let roots = raw.roots.map(|roots| self.path(roots.get_ref()));
        let (server, from) = (raw.server, raw.from.into_inner());
        Some(MailConfig { server, port: raw.port.unwrap_or(port), tls, roots, from, login })
    }
}
