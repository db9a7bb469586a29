//! Pages for people: the limits in force, what is left of them, pauses lifted, overrides asked for.
//!
//! Rendered on the server, without a script, and under a policy that lets a browser load nothing but
//! one stylesheet of ours. What a page says is in `locales/`, by [`words`]; how it looks, in `templates/` and
//! `src/assets/`.

mod language;
mod limits_page;
mod mail;
mod numbers;
mod origin;
mod override_form;
mod override_page;
mod portal;
mod refusal_page;
mod response;
pub mod shared;
mod status_page;
mod typed;
mod unpause_page;
mod visit;
mod words;

pub use mail::{MailError, MailOptions, MailTls, Mailer};
pub use override_form::Tiers;
pub use override_page::OverrideRequests;
pub use portal::{LookUps, Portal, PortalOptions, Visitor};
