//! Scripted faults.

/// What goes wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FaultKind {}

/// A fault in waiting.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {}

/// The faults in waiting.
#[derive(Debug, Default)]
pub struct Faults {}
