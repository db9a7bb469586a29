//! Free ports for programs that must be told one.

use std::{
    net::{Ipv4Addr, Ipv6Addr, TcpListener},
    process,
    sync::atomic::{AtomicU16, Ordering},
};

/// Below the range from which the system takes the ports of outgoing connections, so that none of
/// those can take the port before the program has it.
const FIRST: u16 = 10_000;
const COUNT: u16 = 22_000;

/// A port that is free on both loopback addresses, and that this process hands out only once in a
/// while.
pub fn free() -> u16 {
    static NEXT: AtomicU16 = AtomicU16::new(0);

    // Test processes that run side by side begin at different places.
    let offset = (process::id() % u32::from(COUNT / 100)) as u16 * 100;
    let mut candidates =
        (0..COUNT).map(|_| FIRST + (offset + NEXT.fetch_add(1, Ordering::Relaxed) % COUNT) % COUNT);
    candidates.find(|port| is_free(*port)).expect("some port is free")
}

fn is_free(port: u16) -> bool {
    // Machines without IPv6 fail the second for another reason than the port.
    let taken = |error: &std::io::Error| error.kind() == std::io::ErrorKind::AddrInUse;
    TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok()
        && !TcpListener::bind((Ipv6Addr::LOCALHOST, port)).is_err_and(|error| taken(&error))
}
