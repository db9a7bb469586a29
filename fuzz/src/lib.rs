//! What the fuzz targets do with their input. The crates' own tests do the same with the seeds.

pub mod acme;
