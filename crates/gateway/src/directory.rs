//! The CA's directory: which endpoint is which, learned from the CA alone.

mod rate_limits;

use std::{collections::HashMap, sync::Arc, time::Duration};

use arc_swap::ArcSwapOption;
use http::{Method, header};
use tollgate_acme::{directory::Directory, resource::ResourcePath};

use crate::{
    gateway::Gateway,
    resource::Resource,
    spelling,
    upstream::{UpstreamError, UpstreamRequest, UpstreamResponse},
};

/// How long after a failure the directory is not asked for again: while the CA is away, requests are
/// answered at once instead of waiting in a row.
const RETRY_PAUSE: Duration = Duration::from_secs(1);

/// The most endpoints known. A directory has seven; the rest is room for a CA that moves or has aliases.
const ENDPOINTS_MAX: usize = 64;

/// The endpoints as the CA has named them. Empty until its directory was seen.
#[derive(Debug)]
pub(crate) struct Endpoints {
    directory: ResourcePath,
    named: ArcSwapOption<Named>,
}

#[derive(Clone, Debug, Default)]
struct Named {
    /// By folded path, with the query where the CA tells its endpoints apart by one.
    endpoints: HashMap<String, Resource>,
    /// `renewalInfo` is a prefix: the certificate's id follows it.
    renewal_info: Option<ResourcePath>,
}

impl Endpoints {
    /// Knows the directory's own path and nothing else yet.
    pub(crate) fn new(directory: ResourcePath) -> Self {
        Self { directory, named: ArcSwapOption::empty() }
    }

    /// The directory's path.
    pub(crate) fn directory(&self) -> &ResourcePath {
        &self.directory
    }

    /// Whether the CA's directory was ever seen.
    pub(crate) fn is_known(&self) -> bool {
        self.named.load().is_some()
    }

    /// Learns from a directory as the CA sends it. An answer that names no newOrder is no directory.
    ///
    /// What was known stays: a CA builds its directory from the client's request, and nobody may make
    /// the gateway forget an endpoint by asking oddly.
    pub(crate) fn learn(&self, body: &[u8]) -> bool {
        let Ok(directory) = Directory::parse(body) else { return false };
        let Some(named) = Named::of(&directory) else { return false };
        self.extend(&named);
        true
    }

    /// Learns that `path` is an endpoint too.
    pub(crate) fn add(&self, path: &ResourcePath, endpoint: Resource) {
        tracing::info!(%path, ?endpoint, "an endpoint that the directory does not name");
        let endpoints = HashMap::from([(spelling::folded_with_query(path), endpoint)]);
        self.extend(&Named { endpoints, renewal_info: None });
    }

    fn extend(&self, more: &Named) {
        self.named.rcu(|known| {
            let mut named = known.as_deref().cloned().unwrap_or_default();
            for (path, endpoint) in &more.endpoints {
                if named.endpoints.len() < ENDPOINTS_MAX {
                    named.endpoints.entry(path.clone()).or_insert_with(|| endpoint.clone());
                }
            }
            named.renewal_info = named.renewal_info.or_else(|| more.renewal_info.clone());
            Some(Arc::new(named))
        });
    }

    /// The endpoint that `path` is, if it is one.
    pub(crate) fn resource(&self, path: &ResourcePath) -> Option<Resource> {
        let asked = [spelling::folded_with_query(path), spelling::folded(path)];
        if asked.contains(&spelling::folded_with_query(&self.directory)) {
            return Some(Resource::Directory);
        }
        let named = self.named.load();
        let named = named.as_ref()?;
        let endpoint = asked.iter().find_map(|asked| named.endpoints.get(asked)).cloned();
        endpoint.or_else(|| named.is_renewal_info(&asked[1]).then_some(Resource::RenewalInfo))
    }

    /// Where the CA tells the suggested window of a certificate, if it does (RFC 9773, 4.1).
    pub(crate) fn renewal_info(&self, certificate: &str) -> Option<ResourcePath> {
        let named = self.named.load();
        let base = named.as_ref()?.renewal_info.as_ref()?;
        ResourcePath::of(&format!("{}/{certificate}", base.as_str().trim_end_matches('/')))
    }
}

impl Gateway {
    /// Fetches the directory before the first request for anything else: without it nothing is known for
    /// what it is, and a limit could be missed.
    pub(crate) async fn know_directory(
        &self,
        path: &ResourcePath,
        request: &UpstreamRequest,
    ) -> Result<(), UpstreamError> {
        if self.endpoints.is_known() || self.endpoints.resource(path) == Some(Resource::Directory) {
            return Ok(());
        }
        let mut failed_at = self.directory_failed_at.lock().await;
        if self.endpoints.is_known() {
            return Ok(());
        }
        let now = self.limiter.now();
        if failed_at.is_some_and(|failed| now < failed.saturating_add(RETRY_PAUSE)) {
            return Err(UpstreamError::Unreachable("its directory could not be had a moment ago".into()));
        }
        let fetched = self.fetch_directory(request).await;
        *failed_at = fetched.is_err().then_some(now);
        fetched
    }

    async fn fetch_directory(&self, request: &UpstreamRequest) -> Result<(), UpstreamError> {
        let response = self.get(self.endpoints.directory(), request).await?;
        if self.endpoints.learn(response.body()) {
            return Ok(());
        }
        let answer = format!("its directory answers {} and names no newOrder", response.status());
        Err(UpstreamError::Unreachable(answer.into()))
    }

    /// Learns from a directory on its way to a client, and names the limits in it.
    pub(crate) fn directory_answered(&self, method: &Method, response: &mut UpstreamResponse) {
        let is_plain = !response.headers().contains_key(header::CONTENT_ENCODING);
        if method != Method::GET || !response.status().is_success() || !is_plain {
            return;
        }
        self.endpoints.learn(response.body());
        let url = self.rate_limits_url.as_deref().filter(|_| self.limiter.policy().answers().directory_meta);
        if let Some(body) = url.and_then(|url| rate_limits::named_in(response.body(), url)) {
            rate_limits::replace_body(response, body);
        }
    }
}

impl Named {
    fn of(directory: &Directory) -> Option<Self> {
        let path = |url: &Option<String>| url.as_deref().and_then(ResourcePath::of);
        let mut endpoints = HashMap::new();
        for (url, resource) in [
            (&directory.new_nonce, Resource::NewNonce),
            (&directory.new_authz, Resource::NewAuthz),
            (&directory.revoke_cert, Resource::RevokeCert),
            (&directory.key_change, Resource::KeyChange),
            (&directory.new_account, Resource::NewAccount),
            (&directory.new_order, Resource::NewOrder),
        ] {
            if let Some(path) = path(url) {
                endpoints.insert(spelling::folded_with_query(&path), resource);
            }
        }
        path(&directory.new_order)?;
        Some(Self { endpoints, renewal_info: path(&directory.renewal_info) })
    }

    fn is_renewal_info(&self, folded: &str) -> bool {
        let prefix = self.renewal_info.as_ref().map(spelling::folded);
        let id = prefix.as_ref().and_then(|prefix| folded.strip_prefix(prefix.as_str()));
        id.is_some_and(|id| id.is_empty() || id.starts_with('/'))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn endpoints() -> Endpoints {
        let endpoints = Endpoints::new(ResourcePath::of("/dir").unwrap());
        let learned = endpoints.learn(
            br#"{"newNonce":"https://ca/nonce-plz","newAccount":"https://ca/sign-me-up","newOrder":"https://ca/order-plz",
                "revokeCert":"https://ca/revoke-cert","keyChange":null,"renewalInfo":"https://ca/draft/renewal-info/"}"#,
        );
        assert!(learned);
        endpoints
    }

    #[test]
    fn endpoints_are_what_the_ca_says_they_are() {
        let endpoints = endpoints();
        for (path, resource) in [
            ("/dir", Some(Resource::Directory)),
            ("/dir/?cachebuster=1", Some(Resource::Directory)),
            ("/nonce-plz", Some(Resource::NewNonce)),
            ("/sign-me-up", Some(Resource::NewAccount)),
            ("/order-plz", Some(Resource::NewOrder)),
            ("/revoke-cert", Some(Resource::RevokeCert)),
            ("/draft/renewal-info/aki.serial", Some(Resource::RenewalInfo)),
            ("/draft/renewal-information", None),
            ("/acme/new-order", None),
        ] {
            assert_eq!(endpoints.resource(&ResourcePath::of(path).unwrap()), resource, "{path}");
        }
    }

    #[test]
    fn an_endpoint_does_not_escape_its_limits_under_another_spelling() {
        let endpoints = endpoints();
        for text in
            ["/order-plz?", "/order-plz?x=1", "//order-plz", "/order%2Dplz", "/x/../order-plz", "/Order-Plz/"]
        {
            let path = ResourcePath::of(text).unwrap();
            assert_eq!(endpoints.resource(&path), Some(Resource::NewOrder), "{text}");
        }
    }

    #[test]
    fn nothing_makes_the_gateway_forget_an_endpoint_and_there_is_an_end_to_learning() {
        let endpoints = endpoints();
        for n in 0..2 * ENDPOINTS_MAX {
            endpoints.learn(format!(r#"{{"newOrder":"https://ca/prefix{n}/order-plz"}}"#).as_bytes());
        }
        let resource = |path: &str| endpoints.resource(&ResourcePath::of(path).unwrap());
        assert_eq!(resource("/order-plz"), Some(Resource::NewOrder));
        assert_eq!(resource("/prefix0/order-plz"), Some(Resource::NewOrder));
        assert_eq!(resource(&format!("/prefix{}/order-plz", 2 * ENDPOINTS_MAX - 1)), None);
    }

    #[test]
    fn endpoints_told_apart_by_their_query_stay_apart() {
        let endpoints = Endpoints::new(ResourcePath::of("/acme.php?r=directory").unwrap());
        assert!(endpoints.learn(
            br#"{"newOrder":"https://ca/acme.php?r=order","newNonce":"https://ca/acme.php?r=nonce"}"#
        ));
        for (path, resource) in [
            ("/acme.php?r=directory", Some(Resource::Directory)),
            ("/acme.php?r=order", Some(Resource::NewOrder)),
            ("/acme.php?r=nonce", Some(Resource::NewNonce)),
            ("/acme.php?r=other", None),
        ] {
            assert_eq!(endpoints.resource(&ResourcePath::of(path).unwrap()), resource, "{path}");
        }
    }

    #[test]
    fn an_answer_that_is_no_directory_changes_nothing() {
        let endpoints = endpoints();
        for body in ["", "<html>", "{}", "[]", r#"{"newOrder":7}"#] {
            assert!(!endpoints.learn(body.as_bytes()), "{body}");
        }
        assert!(endpoints.is_known());
    }
}
