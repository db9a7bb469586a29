//! Makes the seeds from the recorded conversations: `cargo run --manifest-path fuzz/Cargo.toml --example seeds`.
//!
//! One message of each shape is enough, so what differs only in names, nonces and signatures is left out.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

use serde_json::Value;

/// Seeds by target and shape.
type Seeds = BTreeMap<(&'static str, String), Vec<u8>>;

fn main() {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let mut seeds = Seeds::new();
    for file in files(&root.join("../fixtures/transcripts")) {
        let lines = fs::read_to_string(&file).expect("a recording is text");
        for line in lines.lines() {
            collect(&serde_json::from_str(line).expect("a line is an exchange"), &mut seeds);
        }
    }
    for line in LINES {
        seeds.insert(("identifier", line.to_string()), line.as_bytes().to_vec());
    }
    for (name, header) in PROXY_HEADERS {
        // What follows is a request of a conversation, without its body.
        let request = b"POST /acme/new-order HTTP/1.1\r\nHost: localhost:24444\r\n\r\n";
        seeds.insert(("proxy_header", name.to_string()), [header, request].concat());
    }
    write(&root.join("seeds"), &seeds);
}

const PROXY_HEADERS: [(&str, &[u8]); 7] = [
    ("v1 tcp4", b"PROXY TCP4 192.0.2.1 192.0.2.2 4711 443\r\n"),
    ("v1 tcp6", b"PROXY TCP6 2001:db8::1 ::1 4711 443\r\n"),
    ("v1 unknown", b"PROXY UNKNOWN ff::1 whatever 1 2\r\n"),
    ("v2 local", b"\r\n\r\n\0\r\nQUIT\n\x20\0\0\0"),
    ("v2 tcp4", b"\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c\xc0\0\x02\x01\xc0\0\x02\x02\x12\x67\x01\xbb"),
    (
        "v2 tcp4 and an extension",
        b"\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x12\xc0\0\x02\x01\xc0\0\x02\x02\x12\x67\x01\xbb\x04\0\x03\x01\x02\x03",
    ),
    (
        "v2 tcp6",
        b"\r\n\r\n\0\r\nQUIT\n\x21\x21\0\x24\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x01\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x01\
          \x12\x67\x01\xbb",
    ),
];

/// Texts that the recordings do not have.
const LINES: [&str; 22] = [
    "example.com.",
    "WWW.Example.COM",
    "*.example.co.uk",
    "*.*.example.com",
    "me.github.io",
    "bücher.example",
    "xn--bcher-kva.example",
    "例え。テスト",
    "a_b.example",
    "localhost",
    "www.corp.example",
    "192.0.2.1",
    "192.0.2",
    "2001:db8::1",
    "::ffff:192.0.2.1",
    "fe80::1%eth0",
    "https://ca.example/acme/./acct//%31?id=%7e",
    "/acme/acct/1",
    "aYhba4dGQEHhs3uEe6CuLN4ByNQ.AIdlQyE",
    "120",
    "Mon, 23 Nov 2026 10:00:00 GMT",
    "Monday, 23-Nov-26 10:00:00 GMT",
];

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).expect("the recordings are there") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            files.extend(self::files(&path));
        } else if path.extension().is_some_and(|extension| extension == "jsonl") {
            files.push(path);
        }
    }
    files.sort();
    files
}

fn collect(exchange: &Value, seeds: &mut Seeds) {
    let endpoint = &exchange["ep"];
    let request = &exchange["req_jws"];
    if let Some(raw) = exchange["req_raw"].as_str() {
        let shape = format!("{endpoint} {} {}", shape(&request["protected"]), shape(&request["payload"]));
        seeds.entry(("jws", shape.clone())).or_insert_with(|| raw.into());
        let decoded = format!("{}\n{}", request["protected"], request["payload"]);
        seeds.entry(("jws", format!("decoded {shape}"))).or_insert_with(|| decoded.into_bytes());
    }
    if request["payload"].is_object() {
        let payload = request["payload"].to_string();
        seeds.entry(("order_body", shape(&request["payload"]))).or_insert_with(|| payload.into_bytes());
    }
    for identifier in request["payload"]["identifiers"].as_array().into_iter().flatten() {
        let value = identifier["value"].as_str().expect("clients send texts");
        let labels = value.split('.').count();
        seeds
            .entry(("identifier", format!("{labels} {}", value.starts_with('*'))))
            .or_insert_with(|| value.into());
    }

    let body = exchange["resp_raw"].as_str().expect("a body is text");
    if exchange["resp_body"].is_object() {
        seeds.entry(("order_body", shape(&exchange["resp_body"]))).or_insert_with(|| body.into());
    } else if body.starts_with("-----BEGIN") {
        // The sizes of CAs' chains differ, those of their leaves hardly.
        let certificates = body.matches("BEGIN").count();
        seeds
            .entry(("certificate", format!("{certificates} {}", body.len() / 256)))
            .or_insert_with(|| body.into());
    }
}

/// The members and types of a message, and the values of the few members that say what it is.
fn shape(value: &Value) -> String {
    match value {
        Value::Object(members) => {
            let members: BTreeSet<_> =
                members.iter().map(|(name, value)| member_shape(name, value)).collect();
            format!("{{{}}}", members.into_iter().collect::<Vec<_>>().join(","))
        }
        Value::Array(elements) => {
            let elements: BTreeSet<_> = elements.iter().map(shape).collect();
            format!("[{}]", elements.into_iter().collect::<Vec<_>>().join(","))
        }
        Value::String(_) => "text".into(),
        Value::Null | Value::Bool(_) | Value::Number(_) => value.to_string(),
    }
}

fn member_shape(name: &str, value: &Value) -> String {
    match (name, value) {
        ("status" | "type" | "alg" | "kty" | "crv", Value::String(text)) => format!("{name}={text}"),
        // One CA puts a member with a random name into its directory.
        _ if name.len() > 20 && value.is_string() => "random".into(),
        _ => format!("{name}:{}", shape(value)),
    }
}

/// The configuration files among the seeds are written by hand and stay.
fn write(folder: &Path, seeds: &Seeds) {
    let targets: BTreeSet<_> = seeds.keys().map(|(target, _)| target).collect();
    for target in targets {
        let folder = folder.join(target);
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).expect("a folder can be made");
        let seeds = seeds.iter().filter(|((of, _), _)| of == target);
        let written = seeds.enumerate().map(|(number, (_, seed))| {
            fs::write(folder.join(format!("{number:03}")), seed).expect("a file can be written");
        });
        println!("{target}: {} seeds", written.count());
    }
}
