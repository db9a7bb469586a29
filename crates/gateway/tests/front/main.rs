//! The gateway's sockets, in this process and on loopback: what clients and CAs may do to them, and what
//! they get.

mod caps;
mod door;
mod proxied;
mod requests;
mod shutdown;
mod upstream;
mod wire;
