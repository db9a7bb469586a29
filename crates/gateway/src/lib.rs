//! The gateway: an ACME-aware reverse proxy in front of a CA that needs to know nothing of it.
//!
//! A request comes in at [`listener`], passes the [`overall`] request limits, and is taken by
//! [`Gateway`] for what the CA's own directory and earlier answers say it is ([`resource`]). Who signed
//! it ([`signer`]) and what it would spend decide whether it goes on to the CA ([`upstream`]). What the
//! answer tells is read by [`observe`] and counted by [`apply`], behind the answer; that itself passes
//! untouched.

mod aftermath;
pub mod apply;
pub mod client_address;
mod directory;
mod forward;
mod gateway;
pub mod listener;
mod new_account;
mod new_order;
pub mod observe;
pub mod overall;
pub mod proxy_protocol;
mod rate_limit_fields;
mod refusal;
mod renewal_info;
pub mod request_body;
pub mod resource;
mod second_look;
pub mod signer;
mod spelling;
pub mod tls;
pub mod upstream;

pub use gateway::{BODY_BYTES_MAX, Gateway, GatewayOptions};
