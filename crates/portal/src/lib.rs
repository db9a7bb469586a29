//! Pages for people: the limits in force, and pauses lifted.
