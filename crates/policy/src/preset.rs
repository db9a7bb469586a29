//! The published policies.

/// A policy by name.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Preset {
    /// Let's Encrypt's production limits.
    #[default]
    Letsencrypt,
    /// Let's Encrypt's staging limits.
    LetsencryptStaging,
}
