//! The gateway: an ACME-aware reverse proxy in front of a CA that needs to know nothing of it.

pub mod client_address;
pub mod listener;
pub mod overall;
pub mod proxy_protocol;
pub mod request_body;
pub mod tls;
pub mod upstream;
