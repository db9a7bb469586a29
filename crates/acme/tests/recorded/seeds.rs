//! The seeds of the fuzz targets, through what the targets do.

use std::{fs, path::PathBuf};

#[expect(unreachable_pub, reason = "the targets are in another crate")]
#[path = "../../../../fuzz/src/acme.rs"]
mod acme;

fn each_seed(target: &str, at_least: usize, run: impl Fn(&[u8])) {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/seeds").join(target);
    let seeds: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert!(seeds.len() >= at_least, "{target} has {} seeds", seeds.len());
    for seed in seeds {
        let seed = fs::read(seed).unwrap();
        run(&seed);
        for length in (0..seed.len()).step_by(seed.len().div_ceil(50).max(1)) {
            run(&seed[..length]);
        }
    }
}

#[test]
fn requests() {
    each_seed("jws", 50, |seed| {
        acme::jws(seed);
        acme::jws(&acme::flattened(seed));
    });
}

#[test]
fn identifiers() {
    each_seed("identifier", 20, acme::identifier);
}

#[test]
fn bodies() {
    each_seed("order_body", 40, acme::order_body);
}

#[test]
fn certificates() {
    each_seed("certificate", 5, acme::certificate);
}
