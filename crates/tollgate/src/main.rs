//! `tollgate`.

fn main() {}
