//! The configuration file.

use tollgate_policy::{
    Policy,
    config::{RawPolicy, parse},
    duration::{parse_duration, short_duration},
};

/// A configuration file of the policy.
pub fn config(file: &[u8]) {
    let Ok(file) = std::str::from_utf8(file) else { return };
    let mistakes = match parse::<RawPolicy>(file) {
        Ok(raw) => Policy::from_raw(&raw).err().unwrap_or_default(),
        Err(mistake) => vec![mistake],
    };
    for mistake in mistakes {
        if let Some((line, column)) = mistake.position(file) {
            assert!(1 <= line && line <= file.lines().count() + 1 && 1 <= column);
        }
        assert!(!mistake.to_string().is_empty());
    }
    if let Ok(duration) = parse_duration(file) {
        assert_eq!(parse_duration(&short_duration(duration)), Ok(duration));
    }
}
