//! Certificate authorities of other people, each in a process and a folder of its own.

mod django_ca;
mod pebble;
mod serles;

pub(crate) use django_ca::DjangoCa;
pub(crate) use pebble::{Pebble, Validation, write_certificates};
pub(crate) use serles::Serles;
