//! newOrder and orders (RFC 8555, 7.4; profiles; `replaces` of RFC 9773, section 5).

use http::StatusCode;
use jiff::Timestamp;
use serde_json::{Map, Value, json};
use tollgate_acme::{
    certificate::CertificateId,
    identifier::{Identifier, IdentifierError, IdentifierSet},
    order::OrderStatus,
    problem::{IdentifierMember, Problem, ProblemType, Subproblem},
};

use crate::{
    ca::Ca,
    envelope::Incoming,
    options::{Profile, Verdict},
    reply::{Answer, Refusal, Reply, moment},
    resource::{Chain, Origin},
    state::{Order, Stage, State},
};

/// How long a client is told to wait before it asks for a processing order again, in seconds.
const PROCESSING_RETRY_SECONDS: u64 = 1;

/// The most subproblems in one refusal.
const SUBPROBLEMS_MAX: usize = 100;

/// What newOrder asks for, as far as it can be told without the state.
struct Wanted {
    identifiers: IdentifierSet,
    profile: String,
    not_before: Option<Timestamp>,
    not_after: Option<Timestamp>,
    replaces: Option<CertificateId>,
}

impl Ca {
    pub(crate) fn new_order(&self, request: &Incoming) -> Answer {
        let signed = self.signed_by_account(request)?;
        let wanted = self.wanted(&signed.object()?)?;
        let id = self.create_order(signed.signer, wanted)?;
        self.order_reply(StatusCode::CREATED, id, &request.origin)
    }

    pub(crate) fn order(&self, id: u64, request: &Incoming) -> Answer {
        let signed = self.signed_by_account(request)?;
        signed.must_be_get()?;
        self.check_order(id, signed.signer)?;
        self.order_reply(StatusCode::OK, id, &request.origin)
    }

    /// Refuses unless the order is the account's.
    pub(crate) fn check_order(&self, id: u64, account: u64) -> Result<(), Refusal> {
        match self.state.lock().order(id) {
            None => Err(Refusal::not_found("there is no such order")),
            Some(order) if order.account != account => {
                Err(Refusal::unauthorized("this is another account's order"))
            }
            Some(_) => Ok(()),
        }
    }

    pub(crate) fn order_reply(&self, status: StatusCode, id: u64, origin: &Origin) -> Answer {
        let state = self.state.lock();
        let order = state.order(id).ok_or_else(|| Refusal::not_found("there is no such order"))?;
        let order_status = state.order_status(order, self.clock.now());
        let object = order_object(&state, id, order, order_status, origin);
        let wait = (order_status == OrderStatus::Processing).then_some(PROCESSING_RETRY_SECONDS);
        Ok(Reply::json(status, &object).location(origin.order(id)).retry_after(wait))
    }

    fn wanted(&self, payload: &Map<String, Value>) -> Result<Wanted, Refusal> {
        let profile = self.profile(payload.get("profile"))?;
        let (not_before, not_after) = self.dates(payload, profile)?;
        Ok(Wanted {
            identifiers: self.identifiers(payload.get("identifiers"))?,
            profile: profile.name.clone(),
            not_before,
            not_after,
            replaces: replaces(payload.get("replaces"))?,
        })
    }

    fn profile(&self, wanted: Option<&Value>) -> Result<&Profile, Refusal> {
        let profiles = &self.options.profiles;
        let found = match wanted {
            None | Some(Value::Null) => profiles.first(),
            Some(name) => profiles.iter().find(|profile| name == profile.name.as_str()),
        };
        found.ok_or_else(|| {
            let names = profiles.iter().map(|profile| profile.name.as_str()).collect::<Vec<_>>();
            let detail = format!("the profile asked for is not one of {}", names.join(", "));
            Refusal::new(ProblemType::InvalidProfile, StatusCode::BAD_REQUEST, detail)
        })
    }

    /// `notBefore` and `notAfter`, honoured within what the profile allows.
    fn dates(
        &self,
        payload: &Map<String, Value>,
        profile: &Profile,
    ) -> Result<(Option<Timestamp>, Option<Timestamp>), Refusal> {
        let not_before = date(payload, "notBefore")?;
        let not_after = date(payload, "notAfter")?;
        let now = self.clock.now();
        let from = not_before.unwrap_or(now);
        let latest = from.saturating_add(profile.validity).unwrap_or(Timestamp::MAX);
        let too_far = not_before.is_some_and(|date| self.order_expiry(now) < date);
        if too_far || not_after.is_some_and(|date| date <= from || date <= now || latest < date) {
            let detail = "the profile does not allow certificates with these \"notBefore\" and \"notAfter\"";
            return Err(Refusal::malformed(detail));
        }
        Ok((not_before, not_after))
    }

    /// The identifiers, each once, all of them well formed and allowed.
    fn identifiers(&self, wanted: Option<&Value>) -> Result<IdentifierSet, Refusal> {
        let wanted = wanted
            .and_then(Value::as_array)
            .ok_or_else(|| Refusal::malformed("\"identifiers\" is no array"))?;
        let max = self.options.identifiers_max;
        if max < wanted.len() {
            let detail = format!("an order may have at most {max} identifiers, not {}", wanted.len());
            return Err(Refusal::malformed(detail));
        }
        let mut identifiers = Vec::with_capacity(wanted.len());
        let mut problems = Vec::new();
        for value in wanted {
            let member = serde_json::from_value::<IdentifierMember>(value.clone());
            let member =
                member.map_err(|_| Refusal::malformed("an identifier must have \"type\" and \"value\""))?;
            match self.identifier(&member) {
                Ok(identifier) => identifiers.push(identifier),
                Err(problem) => problems.push(problem),
            }
        }
        if !problems.is_empty() {
            return Err(rejected(problems, wanted.len()));
        }
        IdentifierSet::new(identifiers)
            .ok_or_else(|| Refusal::malformed("an order must have at least one identifier"))
    }

    /// One identifier, or what is wrong with it.
    pub(crate) fn identifier(&self, member: &IdentifierMember) -> Result<Identifier, Subproblem> {
        let problem = |kind: ProblemType, detail: String| Subproblem {
            kind: kind.urn().to_owned(),
            detail,
            identifier: Some(bounded(member)),
        };
        let identifier = Identifier::parse(&member.kind, &member.value).map_err(|error| {
            let kind = match error {
                IdentifierError::UnsupportedType(_) => ProblemType::UnsupportedIdentifier,
                _ => ProblemType::RejectedIdentifier,
            };
            problem(kind, error.to_string())
        })?;
        match self.options.validation.rule(&identifier) {
            Some(rule) if rule.verdict == Verdict::Rejected => {
                let detail = format!("this CA is set up to issue no certificate for {identifier}");
                Err(problem(ProblemType::RejectedIdentifier, detail))
            }
            _ => Ok(identifier),
        }
    }

    fn create_order(&self, account: u64, wanted: Wanted) -> Result<u64, Refusal> {
        let now = self.clock.now();
        let mut state = self.state.lock();
        let replaced = match &wanted.replaces {
            Some(id) => Some(self.replaced(&state, id, account, &wanted.identifiers, now)?),
            None => None,
        };
        let expires = self.order_expiry(now);
        let authorizations = wanted.identifiers.iter().map(|identifier| {
            self.reused(&state, account, identifier, now)
                .unwrap_or_else(|| state.add_authorization(self.fresh(account, identifier, expires)))
        });
        let authorizations = authorizations.collect::<Vec<_>>();
        // An order lives no longer than what it stands on.
        let earliest = authorizations.iter().filter_map(|id| Some(state.authorization(*id)?.expires)).min();
        let id = state.add_order(Order {
            account,
            identifiers: wanted.identifiers.iter().cloned().collect(),
            authorizations,
            expires: earliest.map_or(expires, |earliest| earliest.min(expires)),
            not_before: wanted.not_before,
            not_after: wanted.not_after,
            profile: wanted.profile,
            replaces: wanted.replaces.map(|id| id.to_string()),
            stage: Stage::Open,
        });
        if let Some(certificate) = replaced {
            state.set_replaced(certificate, id);
        }
        Ok(id)
    }

    pub(crate) fn order_expiry(&self, now: Timestamp) -> Timestamp {
        now.saturating_add(self.options.order_lifetime).unwrap_or(Timestamp::MAX)
    }

    /// The certificate that `replaces` names, when this account may replace it with these identifiers.
    fn replaced(
        &self,
        state: &State,
        id: &CertificateId,
        account: u64,
        identifiers: &IdentifierSet,
        now: Timestamp,
    ) -> Result<u64, Refusal> {
        let serial = self.authority.serial_of(id);
        let found = serial.and_then(|serial| state.certificate_by_serial(&serial));
        let (row, certificate) =
            found.ok_or_else(|| Refusal::not_found("\"replaces\" names no certificate of this CA"))?;
        if certificate.account != account {
            return Err(Refusal::unauthorized("\"replaces\" names a certificate of another account"));
        }
        let shared = identifiers
            .iter()
            .any(|one| certificate.identifiers.iter().any(|other| one.matches(other) || other.matches(one)));
        if !shared {
            let detail = "\"replaces\" names a certificate that shares no identifier with the order";
            return Err(Refusal::malformed(detail));
        }
        let replacement = certificate.replaced_by.and_then(|order| state.order(order));
        if replacement.is_some_and(|order| state.order_status(order, now) != OrderStatus::Invalid) {
            let detail = "\"replaces\" names a certificate that another order replaces already";
            return Err(Refusal::new(ProblemType::AlreadyReplaced, StatusCode::CONFLICT, detail));
        }
        Ok(row)
    }
}

fn order_object(state: &State, id: u64, order: &Order, status: OrderStatus, origin: &Origin) -> Value {
    let urls: Vec<String> = order.authorizations.iter().map(|id| origin.authorization(*id)).collect();
    let mut object = json!({
        "status": status.as_str(),
        "expires": moment(order.expires),
        "identifiers": order.identifiers.iter().map(IdentifierMember::from).collect::<Vec<_>>(),
        "authorizations": urls,
        "finalize": origin.finalize(id),
        "profile": order.profile,
    });
    if let Some(not_before) = order.not_before {
        object["notBefore"] = moment(not_before);
    }
    if let Some(not_after) = order.not_after {
        object["notAfter"] = moment(not_after);
    }
    if let Some(replaces) = &order.replaces {
        object["replaces"] = json!(replaces);
    }
    if let Some(error) = state.order_error(order) {
        object["error"] = json!(error);
    }
    if let Stage::Issued { certificate } = order.stage
        && let Some(certificate) = state.certificate(certificate)
    {
        object["certificate"] = json!(origin.certificate(&hex(&certificate.serial), Chain::Default));
    }
    object
}

/// A serial as certificate URLs write it.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The refusal for identifiers that cannot be: the problem itself when it is the only identifier.
fn rejected(mut problems: Vec<Subproblem>, identifiers: usize) -> Refusal {
    let unsupported = problems.iter().all(|p| p.kind == ProblemType::UnsupportedIdentifier.urn());
    let kind = if unsupported { ProblemType::UnsupportedIdentifier } else { ProblemType::RejectedIdentifier };
    let status = StatusCode::BAD_REQUEST;
    if let ([problem], 1) = (problems.as_slice(), identifiers) {
        return Refusal::new(kind, status, problem.detail.clone());
    }
    let detail =
        format!("{} of the {identifiers} identifiers cannot be in a certificate of this CA", problems.len());
    problems.truncate(SUBPROBLEMS_MAX);
    Problem { subproblems: problems, ..Problem::new(kind, status.as_u16(), detail) }.into()
}

/// An identifier as the client wrote it, cut where no identifier is that long.
fn bounded(member: &IdentifierMember) -> IdentifierMember {
    let cut = |text: &str| text.chars().take(255).collect();
    IdentifierMember { kind: cut(&member.kind), value: cut(&member.value) }
}

fn date(payload: &Map<String, Value>, name: &str) -> Result<Option<Timestamp>, Refusal> {
    match payload.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(value) => {
            let date = value.as_str().and_then(|text| text.parse().ok());
            date.map(Some).ok_or_else(|| Refusal::malformed(format!("\"{name}\" is no RFC 3339 date")))
        }
    }
}

fn replaces(value: Option<&Value>) -> Result<Option<CertificateId>, Refusal> {
    match value {
        None | Some(Value::Null) => Ok(None),
        Some(value) => {
            let id = value.as_str().and_then(CertificateId::parse);
            id.map(Some).ok_or_else(|| Refusal::malformed("\"replaces\" is no certificate identifier"))
        }
    }
}
