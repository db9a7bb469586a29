//! Every recorded conversation of a real client with a real CA, through the gateway: whatever the client
//! polls, the same is learned.

use std::{
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

use base64::{Engine, prelude::BASE64_STANDARD};
use bytes::Bytes;
use http::{Method, Request, Response, StatusCode};
use serde::Deserialize;
use serde_json::Value;
use tollgate_acme::{
    authorization::AuthorizationStatus,
    certificate::{CertificateId, Leaf},
    identifier::IdentifierSet,
    resource::{AccountId, ResourcePath},
};
use tollgate_records::{Issuance, Records};

use crate::world::World;

/// One line of a recording.
#[derive(Deserialize)]
struct Recorded {
    t: f64,
    ep: String,
    method: String,
    path: String,
    req_headers: Vec<(String, String)>,
    req_raw: Option<String>,
    status: u16,
    resp_headers: Vec<(String, String)>,
    resp_raw: Option<String>,
}

impl Recorded {
    fn request(&self) -> Request<Bytes> {
        let mut request =
            Request::builder().method(Method::from_bytes(self.method.as_bytes()).unwrap()).uri(&self.path);
        for (name, value) in &self.req_headers {
            request = request.header(name, value);
        }
        request.body(Bytes::from(self.req_raw.clone().unwrap_or_default())).unwrap()
    }

    fn response(&self, body: Bytes) -> Response<Bytes> {
        let mut response = Response::builder().status(self.status);
        for (name, value) in &self.resp_headers {
            response = response.header(name, value);
        }
        response.body(body).unwrap()
    }

    fn body(&self) -> Bytes {
        Bytes::from(self.resp_raw.clone().unwrap_or_default())
    }

    fn json(&self) -> Value {
        serde_json::from_slice(&self.body()).unwrap_or_default()
    }

    fn location(&self) -> Option<ResourcePath> {
        let location = self.resp_headers.iter().find(|(name, _)| name.eq_ignore_ascii_case("location"));
        location.and_then(|(_, url)| ResourcePath::of(url))
    }
}

struct Recording {
    scenario: String,
    client: String,
    exchanges: Vec<Recorded>,
}

fn recordings() -> Vec<Recording> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/transcripts");
    let mut files: Vec<PathBuf> = fs::read_dir(root)
        .unwrap()
        .map(|folder| folder.unwrap().path())
        .filter(|folder| folder.is_dir())
        .flat_map(|folder| fs::read_dir(folder).unwrap())
        .map(|file| file.unwrap().path())
        .collect();
    files.sort();
    files.iter().map(|file| recording(file)).collect()
}

fn recording(file: &Path) -> Recording {
    let text = fs::read_to_string(file).unwrap();
    Recording {
        scenario: file.parent().unwrap().file_name().unwrap().to_str().unwrap().to_owned(),
        client: file.file_stem().unwrap().to_str().unwrap().to_owned(),
        exchanges: text.lines().map(|line| serde_json::from_str(line).unwrap()).collect(),
    }
}

/// A certificate that Pebble issued.
pub(crate) struct Issued {
    pub(crate) id: CertificateId,
    pub(crate) pem: Bytes,
    pub(crate) der: Vec<u8>,
}

pub(crate) fn a_certificate() -> Issued {
    let recordings = recordings();
    let exchanges = recordings.iter().flat_map(|recording| &recording.exchanges);
    let pem = exchanges.filter(|exchange| exchange.ep == "cert").map(Recorded::body).next().unwrap();
    let text = std::str::from_utf8(&pem).unwrap();
    let base64: String = text.lines().skip(1).take_while(|line| !line.starts_with("-----")).collect();
    let der = BASE64_STANDARD.decode(base64).unwrap();
    Issued { id: Leaf::from_der(&der).unwrap().id.unwrap(), pem, der }
}

/// Replays a recording through a gateway of its own. `alter` stands between the CA and the gateway.
async fn replay(recording: &Recording, alter: impl Fn(&Recorded) -> Bytes) -> World {
    let directory = recording.exchanges.iter().find(|exchange| exchange.ep == "directory").unwrap();
    let world = World::with_directory(&directory.path).await;
    let mut before = 0.0;
    for exchange in &recording.exchanges {
        // A second more keeps the overall request limits out of it.
        world.advance(Duration::from_secs_f64((exchange.t - before).max(0.0) + 1.0)).await;
        before = exchange.t;
        let body = alter(exchange);
        world.ca.will_answer(exchange.response(body.clone()));
        let answer = world.send(exchange.request()).await;
        let what = format!("{}/{} {}", recording.scenario, recording.client, exchange.path);
        assert_eq!(answer.status(), StatusCode::from_u16(exchange.status).unwrap(), "{what}: {answer:?}");
        if exchange.ep != "directory" {
            assert_eq!(*answer.body(), body, "{what}: the body is the CA's");
        }
    }
    world
}

/// What the gateway has learned of the objects that the recording names, one to a line.
async fn learned(recording: &Recording, records: &Records) -> String {
    let mut told = String::new();
    let accepted = |ep: &'static str, status: u16| {
        recording.exchanges.iter().filter(move |exchange| exchange.ep == ep && exchange.status == status)
    };
    for exchange in accepted("newAccount", 201) {
        let account =
            records.account(&AccountId(exchange.location().unwrap())).await.unwrap().expect("the account");
        assert!(account.key.is_some(), "its key");
        told += "account\n";
    }
    for exchange in accepted("newOrder", 201) {
        let order = records.order(&exchange.location().unwrap()).await.unwrap().expect("the order");
        let issued = if order.issuance == Issuance::Counted { "issued" } else { "not issued" };
        writeln!(told, "order {}: {}, {issued}", names(&order.identifiers), order.status.as_str()).unwrap();
        let mut lines: Vec<_> = records
            .authorizations_of_order(&order.id)
            .await
            .unwrap()
            .iter()
            .map(|authorization| {
                let counted = authorization.counted == (authorization.status != AuthorizationStatus::Pending);
                assert!(counted, "{authorization:?}");
                let identifier = authorization.identifier.as_ref().expect("its identifier");
                format!("  {identifier}: {}\n", authorization.status.as_str())
            })
            .collect();
        lines.sort();
        told += &lines.concat();
    }
    let mut certificates = Vec::new();
    for exchange in accepted("cert", 200) {
        let leaf = Leaf::from_pem_chain(&exchange.body()).ok();
        certificates.push(match leaf.and_then(|leaf| leaf.id) {
            None => "certificate without an id\n".to_owned(),
            Some(id) => {
                let certificate = records.certificate(&id).await.unwrap().expect("the certificate");
                assert!(certificate.order.is_some(), "its order");
                format!("certificate {}\n", names(&certificate.identifiers))
            }
        });
    }
    certificates.sort();
    told += &certificates.concat();
    let client = recording.client.trim_end_matches("-EC").trim_end_matches("-ES384").replace('_', "-");
    told.replace(&format!("{}-{client}", recording.scenario), "name").replace(".h5domain.test", "")
}

fn names(set: &IdentifierSet) -> String {
    set.iter().map(ToString::to_string).collect::<Vec<_>>().join("+")
}

/// What happened in a scenario. Some clients do otherwise, or were recorded only part of the way.
fn expected(scenario: &str, client: &str) -> &'static str {
    match (scenario, client) {
        // Gave up: django-ca leaves `finalize` out of an order that is asked for again.
        ("djca-baseline", "instant-acme" | "uacme") => {
            "account\norder name: ready, not issued\n  name: valid\n"
        }
        ("djca-baseline", "dehydrated") => "account\norder name: pending, not issued\n  name: valid\n",
        // Answers the challenge another way, which the CA accepts.
        ("fail-validation", "caddy") => {
            "account\norder name: valid, issued\n  name: valid\ncertificate name\n"
        }
        // Tries again at once.
        ("fail-validation", "autocert") => {
            "account\norder name: pending, not issued\n  name: invalid\n\
             order name: pending, not issued\n  name: pending\n"
        }
        ("fail-validation", "mod_md") => {
            "account\norder name: invalid, not issued\n  name: invalid\n\
             order name: pending, not issued\n  name: invalid\n"
        }
        // Polls the order and nothing else.
        ("fail-validation", "instant-acme") => "account\norder name: invalid, not issued\n  name: invalid\n",
        ("fail-validation", _) => "account\norder name: pending, not issued\n  name: invalid\n",
        ("baseline" | "djca-baseline", _) => {
            "account\norder name: valid, issued\n  name: valid\ncertificate name\n"
        }
        // Its certificates have no authority key identifier.
        ("serles-baseline", _) => {
            "account\norder name: valid, issued\n  name: valid\ncertificate without an id\n"
        }
        // Makes an account and an order for each name.
        ("multi-baseline", "caddy") => {
            "account\naccount\n\
             order www.name: valid, issued\n  www.name: valid\norder name: valid, issued\n  name: valid\n\
             certificate name\ncertificate www.name\n"
        }
        ("multi-baseline", _) => {
            "account\norder name+www.name: valid, issued\n  name: valid\n  www.name: valid\ncertificate name+www.name\n"
        }
        ("wild-baseline", _) => {
            "account\norder *.name+name: valid, issued\n  *.name: valid\n  name: valid\ncertificate *.name+name\n"
        }
        other => panic!("unknown scenario {other:?}"),
    }
}

#[tokio::test]
async fn whatever_a_client_polls_the_same_is_learned() {
    let recordings = recordings();
    assert_eq!(recordings.len(), 56);
    for recording in recordings {
        let world = replay(&recording, Recorded::body).await;
        let learned = learned(&recording, world.records().await).await;
        let Recording { scenario, client, .. } = &recording;
        assert_eq!(learned, expected(scenario, client), "{scenario}/{client}");
    }
}

#[tokio::test]
async fn members_in_another_order_and_junk_between_them_change_nothing() {
    for (seed, recording) in recordings().into_iter().enumerate() {
        let world = replay(&recording, |exchange| match exchange.json() {
            object @ Value::Object(_) => Bytes::from(disturbed(&object, seed)),
            _ => exchange.body(),
        })
        .await;
        let learned = learned(&recording, world.records().await).await;
        let Recording { scenario, client, .. } = &recording;
        assert_eq!(learned, expected(scenario, client), "{scenario}/{client}");
    }
}

/// The same JSON with its members turned round by `seed`, and members that mean nothing between them.
fn disturbed(value: &Value, seed: usize) -> String {
    let Value::Object(members) = value else {
        return match value {
            Value::Array(items) => {
                format!("[{}]", items.iter().map(|item| disturbed(item, seed)).collect::<Vec<_>>().join(", "))
            }
            scalar => scalar.to_string(),
        };
    };
    let mut written: Vec<_> = members
        .iter()
        .map(|(name, value)| format!("{}: {}", Value::from(name.as_str()), disturbed(value, seed)))
        .collect();
    written.push(r#""junk": {"status": "invalid", "x": [null, {}]}"#.to_owned());
    written.push(r#""nothing": null"#.to_owned());
    let turn = seed % written.len();
    written.rotate_left(turn);
    format!("{{\n{}}}", written.join(" ,\n"))
}
