//! The directory (RFC 8555, 7.1.1), nonces (7.2), and the pages that say what this is.

use http::{Method, StatusCode, header};
use serde_json::{Map, Value, json};

use crate::{
    ca::Ca,
    envelope::Incoming,
    reply::{Answer, Reply},
    resource::{
        ALTERNATE_ROOT, Chain, KEY_CHANGE, NEW_ACCOUNT, NEW_AUTHZ, NEW_NONCE, NEW_ORDER, RENEWAL_INFO,
        REVOKE_CERT, ROOT, TERMS,
    },
};

const TERMS_TEXT: &str = "This is a TEST CA (Tollgate). Nobody trusts its certificates, nobody should, and \
                          they come without any promise.\n\nThe terms: use it for tests only.\n";

impl Ca {
    pub(crate) fn directory(&self, request: &Incoming) -> Answer {
        if request.method == Method::POST {
            self.signed_by_account(request)?.must_be_get()?;
        }
        let url = |path| json!(request.origin.url(path));
        let mut directory = json!({
            "newNonce": url(NEW_NONCE),
            "newAccount": url(NEW_ACCOUNT),
            "newOrder": url(NEW_ORDER),
            "revokeCert": url(REVOKE_CERT),
            "keyChange": url(KEY_CHANGE),
            "renewalInfo": url(RENEWAL_INFO),
            "meta": self.meta(request),
        });
        if self.options.pre_authorization {
            directory["newAuthz"] = url(NEW_AUTHZ);
        }
        Ok(Reply::json(StatusCode::OK, &directory).with(header::CACHE_CONTROL, "public, max-age=0, no-cache"))
    }

    fn meta(&self, request: &Incoming) -> Value {
        let descriptions = self.options.profiles.iter();
        let profiles: Map<_, _> =
            descriptions.map(|profile| (profile.name.clone(), json!(profile.description))).collect();
        let mut meta = json!({
            "website": request.origin.url("/"),
            "externalAccountRequired": self.options.external_account_required,
            "profiles": profiles,
        });
        if self.options.terms_required {
            meta["termsOfService"] = json!(request.origin.url(TERMS));
        }
        if !self.options.caa_identities.is_empty() {
            meta["caaIdentities"] = json!(self.options.caa_identities);
        }
        meta
    }

    pub(crate) fn new_nonce(&self, request: &Incoming) -> Answer {
        match request.method {
            Method::HEAD => Ok(Reply::empty(StatusCode::OK)),
            Method::POST => {
                self.signed_by_account(request)?.must_be_get()?;
                Ok(Reply::empty(StatusCode::NO_CONTENT))
            }
            _ => Ok(Reply::empty(StatusCode::NO_CONTENT)),
        }
    }

    pub(crate) fn home(&self, request: &Incoming) -> Reply {
        let url = |path| request.origin.url(path);
        let text = format!(
            "{TERMS_TEXT}\nDirectory:      {}\nRoot:           {}\nAlternate root: {}\n",
            url(crate::resource::DIRECTORY),
            url(ROOT),
            url(ALTERNATE_ROOT),
        );
        Reply::content(StatusCode::OK, "text/plain; charset=utf-8", text)
    }

    pub(crate) fn terms(&self) -> Reply {
        Reply::content(StatusCode::OK, "text/plain; charset=utf-8", TERMS_TEXT)
    }

    pub(crate) fn root(&self, chain: Chain) -> Reply {
        let root = self.authority.keys().root_pem(chain).to_owned();
        Reply::content(StatusCode::OK, "application/x-pem-file", root)
    }
}
