//! Rebuilds the crate when a migration is added; the compiler itself watches only those it has seen.

fn main() {
    println!("cargo::rerun-if-changed=migrations");
}
