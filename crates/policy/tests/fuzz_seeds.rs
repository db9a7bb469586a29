//! The seeds of the fuzz target `config`, through what the target does.

use std::{fs, path::PathBuf};

#[expect(unreachable_pub, reason = "the target is in another crate")]
#[path = "../../../fuzz/src/config.rs"]
mod config;

#[test]
fn configuration_files_whole_and_cut_off_are_read_or_refused_with_a_place() {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/seeds/config");
    let seeds: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert!(seeds.len() >= 5);
    for seed in seeds {
        let seed = fs::read(seed).unwrap();
        for length in 0..=seed.len() {
            config::config(&seed[..length]);
        }
    }
}
