//! newAccount and accounts (RFC 8555, 7.3), external account binding (7.3.4), and lists of orders (7.1.2.1).

use http::StatusCode;
use serde_json::{Map, Value, json};
use tollgate_acme::{
    identifier::Identifier,
    jwk::Jwk,
    jws::{Jws, KeyReference},
    order::OrderStatus,
    problem::ProblemType,
};

use crate::{
    ca::Ca,
    envelope::{Incoming, unreadable},
    reply::{Answer, Refusal, Reply, moment},
    resource::{Origin, TERMS},
    state::Account,
};

const CONTACTS_MAX: usize = 10;
const CONTACT_BYTES_MAX: usize = 254;
const BINDING_BYTES_MAX: usize = 16 * 1024;

/// Orders on one page of a list.
const ORDERS_PAGE: usize = 100;

impl Ca {
    pub(crate) fn new_account(&self, request: &Incoming) -> Answer {
        let signed = self.signed_by_key(request)?;
        let (key, payload) = (&signed.signer, signed.object()?);
        if let Some(id) = self.known_account(key)? {
            return self.account_reply(StatusCode::OK, id, &request.origin);
        }
        if payload.get("onlyReturnExisting") == Some(&Value::Bool(true)) {
            let detail = "no account has this key";
            return Err(Refusal::new(ProblemType::AccountDoesNotExist, StatusCode::BAD_REQUEST, detail));
        }
        self.check_terms(&payload, request)?;
        let contacts = contacts(&payload)?.unwrap_or_default();
        let external_account = self.external_account(&payload, key, request)?;
        if self.state.lock().is_compromised(key) {
            let detail = "the key is known to be compromised";
            return Err(Refusal::new(ProblemType::BadPublicKey, StatusCode::BAD_REQUEST, detail));
        }
        self.create_account(key, contacts, external_account, &request.origin)
    }

    /// The account of a key; refused when it is deactivated.
    fn known_account(&self, key: &Jwk) -> Result<Option<u64>, Refusal> {
        let known = self.state.lock().account_by_key(key).map(|(id, _)| id);
        if let Some(id) = known {
            self.check_active(id)?;
        }
        Ok(known)
    }

    fn create_account(
        &self,
        key: &Jwk,
        contacts: Vec<String>,
        external_account: Option<Value>,
        origin: &Origin,
    ) -> Answer {
        let account = Account {
            key: key.clone(),
            contacts,
            deactivated: false,
            created: self.clock.now(),
            external_account,
        };
        let (status, id) = {
            let mut state = self.state.lock();
            // Two requests with the same new key may come at once.
            match state.account_by_key(key).map(|(id, _)| id) {
                Some(id) => (StatusCode::OK, id),
                None => {
                    let added = state.add_account(account);
                    (StatusCode::CREATED, added.map_err(|full| Refusal::internal(full.to_string()))?)
                }
            }
        };
        self.account_reply(status, id, origin)
    }

    fn check_terms(&self, payload: &Map<String, Value>, request: &Incoming) -> Result<(), Refusal> {
        if !self.options.terms_required || payload.get("termsOfServiceAgreed") == Some(&Value::Bool(true)) {
            return Ok(());
        }
        let terms = request.origin.url(TERMS);
        let detail = format!("you must agree to the terms of service: {terms}");
        let refusal = Refusal::new(ProblemType::UserActionRequired, StatusCode::FORBIDDEN, detail);
        Err(refusal.map(|reply| reply.link(terms, "terms-of-service")))
    }

    /// The binding to keep, when it holds.
    fn external_account(
        &self,
        payload: &Map<String, Value>,
        key: &Jwk,
        request: &Incoming,
    ) -> Result<Option<Value>, Refusal> {
        match payload.get("externalAccountBinding") {
            Some(binding) if !binding.is_null() && !self.options.external_accounts.is_empty() => {
                self.check_binding(binding, key, request)?;
                Ok(Some(binding.clone()))
            }
            _ if self.options.external_account_required => {
                let detail =
                    "an account must be bound to an external account: \"externalAccountBinding\" is missing";
                Err(Refusal::new(ProblemType::ExternalAccountRequired, StatusCode::FORBIDDEN, detail))
            }
            _ => Ok(None),
        }
    }

    /// RFC 8555, 7.3.4: the account's key, signed with the external account's key for this URL.
    fn check_binding(&self, binding: &Value, key: &Jwk, request: &Incoming) -> Result<(), Refusal> {
        if BINDING_BYTES_MAX < binding.to_string().len() {
            return Err(Refusal::malformed("the external account binding is too long"));
        }
        let jws = Jws::from_json(binding).map_err(|error| unreadable(&error))?;
        let protected = jws.protected();
        let KeyReference::Kid(key_id) = &protected.key else {
            return Err(Refusal::malformed("the external account binding has no \"kid\""));
        };
        if protected.nonce.is_some() {
            return Err(Refusal::malformed("the external account binding must not have a nonce"));
        }
        if protected.url.as_deref() != Some(&request.url()) {
            return Err(Refusal::malformed("the external account binding is for another URL"));
        }
        let known = self.options.external_accounts.iter().find(|known| known.key_id == *key_id);
        let known = known.ok_or_else(|| Refusal::unauthorized("the external account is not known"))?;
        if jws.verify_mac(&known.mac_key).is_err() {
            return Err(Refusal::unauthorized("the external account binding is not authentic"));
        }
        let bound = serde_json::from_slice(jws.payload()).ok().and_then(|value| Jwk::from_json(&value).ok());
        if bound.as_ref() == Some(key) {
            return Ok(());
        }
        Err(Refusal::malformed("the external account binding is for another account key"))
    }

    /// The account itself: read, updated or deactivated (RFC 8555, 7.3.2 and 7.3.6).
    pub(crate) fn account(&self, id: u64, request: &Incoming) -> Answer {
        let signed = self.signed_by_account(request)?;
        if signed.signer != id {
            return Err(Refusal::unauthorized("this is another account"));
        }
        if signed.is_get() {
            return self.account_reply(StatusCode::OK, id, &request.origin);
        }
        let payload = signed.object()?;
        match payload.get("status").and_then(Value::as_str) {
            Some("deactivated") => self.state.lock().change_account(id, |account| account.deactivated = true),
            None | Some("valid") => {
                if let Some(contacts) = contacts(&payload)? {
                    self.state.lock().change_account(id, |account| account.contacts = contacts);
                }
            }
            Some(_) => {
                return Err(Refusal::malformed("an account's status can only be set to \"deactivated\""));
            }
        }
        self.account_reply(StatusCode::OK, id, &request.origin)
    }

    pub(crate) fn account_reply(&self, status: StatusCode, id: u64, origin: &Origin) -> Answer {
        let state = self.state.lock();
        let account = state.account(id).ok_or_else(|| Refusal::not_found("there is no such account"))?;
        let mut object = json!({
            "status": if account.deactivated { "deactivated" } else { "valid" },
            "contact": account.contacts,
            "termsOfServiceAgreed": true,
            "orders": origin.orders(id, None),
            "key": account.key.to_json(),
            "createdAt": moment(account.created),
        });
        if let Some(binding) = &account.external_account {
            object["externalAccountBinding"] = binding.clone();
        }
        let reply = Reply::json(status, &object).location(origin.account(id));
        Ok(if self.options.terms_required {
            reply.link(origin.url(TERMS), "terms-of-service")
        } else {
            reply
        })
    }

    /// The account's orders that did not fail, newest first.
    pub(crate) fn orders(&self, id: u64, request: &Incoming) -> Answer {
        let signed = self.signed_by_account(request)?;
        signed.must_be_get()?;
        if signed.signer != id {
            return Err(Refusal::unauthorized("these are another account's orders"));
        }
        let before = match request.parameter("cursor") {
            None => u64::MAX,
            Some(cursor) => cursor.parse().map_err(|_| Refusal::malformed("the cursor is no number"))?,
        };
        let (state, now) = (self.state.lock(), self.clock.now());
        let orders = state.orders_of(id, before);
        let mut listed = orders
            .filter(|(_, order)| state.order_status(order, now) != OrderStatus::Invalid)
            .map(|(id, _)| id);
        let page: Vec<u64> = listed.by_ref().take(ORDERS_PAGE).collect();
        let more = listed.next().is_some();
        let urls: Vec<String> = page.iter().map(|id| request.origin.order(*id)).collect();
        let reply = Reply::json(StatusCode::OK, &json!({ "orders": urls }));
        Ok(match page.last() {
            Some(last) if more => reply.link(request.origin.orders(id, Some(*last)), "next"),
            _ => reply,
        })
    }
}

/// The contacts asked for; `None` when the payload does not speak of them.
fn contacts(payload: &Map<String, Value>) -> Result<Option<Vec<String>>, Refusal> {
    let contacts = match payload.get("contact") {
        None | Some(Value::Null) => return Ok(None),
        Some(Value::Array(contacts)) => contacts,
        Some(_) => return Err(Refusal::malformed("\"contact\" is no array")),
    };
    if CONTACTS_MAX < contacts.len() {
        return Err(invalid_contact(&format!("an account may have at most {CONTACTS_MAX} contacts")));
    }
    contacts.iter().map(contact).collect::<Result<_, _>>().map(Some)
}

/// One contact: `mailto:` with exactly one address and no header fields (RFC 8555, 7.3).
fn contact(contact: &Value) -> Result<String, Refusal> {
    let contact = contact.as_str().ok_or_else(|| Refusal::malformed("a contact is no string"))?;
    if CONTACT_BYTES_MAX < contact.len() || contact.chars().any(|c| c.is_control() || c == ' ') {
        return Err(invalid_contact("a contact is too long or has characters that no URL has"));
    }
    let (scheme, address) = contact.split_once(':').ok_or_else(|| invalid_contact("a contact is no URL"))?;
    if !scheme.eq_ignore_ascii_case("mailto") {
        let detail = "only \"mailto\" contacts are supported";
        return Err(Refusal::new(ProblemType::UnsupportedContact, StatusCode::BAD_REQUEST, detail));
    }
    if address.contains(['?', ',']) {
        return Err(invalid_contact("a contact must be one address without header fields"));
    }
    let parts = address.rsplit_once('@');
    let well_formed = parts.is_some_and(|(local, domain)| {
        let domain = Identifier::dns(domain);
        !local.is_empty() && !local.contains('@') && domain.is_ok_and(|domain| !domain.is_wildcard())
    });
    if well_formed { Ok(contact.to_owned()) } else { Err(invalid_contact("a contact is no e-mail address")) }
}

fn invalid_contact(detail: &str) -> Refusal {
    Refusal::new(ProblemType::InvalidContact, StatusCode::BAD_REQUEST, detail)
}
