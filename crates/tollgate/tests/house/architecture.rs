//! The arrows between crates are those of ARCHITECTURE.md.

use std::collections::{BTreeMap, BTreeSet};

use cargo_metadata::{CargoOpt, DependencyKind, MetadataCommand};

/// Which crates each crate may use.
const MAY_USE: [(&str, &[&str]); 13] = [
    ("engine", &[]),
    ("acme", &[]),
    ("policy", &["engine", "acme"]),
    ("store", &["engine"]),
    ("store-redis", &["engine", "store"]),
    ("records", &["engine", "acme", "policy"]),
    ("limiter", &["engine", "acme", "policy", "store", "records"]),
    ("gateway", &["engine", "acme", "policy", "store", "records", "limiter"]),
    ("portal", &["engine", "acme", "policy", "store", "records", "limiter"]),
    ("service", &["engine", "acme", "policy", "store", "records", "limiter", "portal"]),
    ("test-ca", &["acme"]),
    ("test-servers", &[]),
    (
        "tollgate",
        &[
            "engine",
            "acme",
            "policy",
            "store",
            "store-redis",
            "records",
            "limiter",
            "gateway",
            "service",
            "portal",
            "test-ca",
        ],
    ),
];

/// What the engine must do without, since it is arithmetic only.
const NOT_IN_ENGINE: [&str; 4] = ["tokio", "serde", "jiff", "fastrand"];

#[test]
fn crates_use_only_what_the_architecture_allows() {
    let used = dependencies();
    let crates: BTreeSet<_> = used.keys().map(String::as_str).filter(|name| *name != "xtask").collect();
    assert_eq!(crates, MAY_USE.iter().map(|(name, _)| *name).collect(), "a crate is missing from the table");
    for (name, allowed) in MAY_USE {
        let roles = used[name].iter().filter_map(|dependency| role(dependency));
        let surplus: Vec<_> = roles.filter(|role| !allowed.contains(role)).collect();
        assert!(surplus.is_empty(), "{name} may not use {surplus:?}");
    }
}

#[test]
fn the_engine_has_no_clock_no_io_and_no_serde() {
    let engine = &dependencies()["engine"];
    let found: Vec<_> = NOT_IN_ENGINE.iter().filter(|name| engine.contains(**name)).collect();
    assert!(found.is_empty(), "the engine uses {found:?}");
}

/// Ordinary dependencies of each workspace crate, by its role.
fn dependencies() -> BTreeMap<String, BTreeSet<String>> {
    let metadata = MetadataCommand::new()
        .features(CargoOpt::AllFeatures)
        .no_deps()
        .exec()
        .expect("cargo metadata answers");
    let ordinary = |package: &cargo_metadata::Package| {
        let kinds = package.dependencies.iter().filter(|one| one.kind != DependencyKind::Development);
        kinds.map(|one| one.name.clone()).collect()
    };
    metadata
        .workspace_packages()
        .iter()
        .map(|package| (role(&package.name).unwrap_or(&package.name).to_owned(), ordinary(package)))
        .collect()
}

fn role(package: &str) -> Option<&str> {
    if package == "tollgate" { Some(package) } else { package.strip_prefix("tollgate-") }
}
