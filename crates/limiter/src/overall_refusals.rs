//! What overall request limits refused since it was last written down.
//!
//! Apart from what else happens: a flood of requests must leave no room of others' filled, and no decision
//! waiting.

use std::{collections::HashMap, net::IpAddr};

use tollgate_policy::{Policy, overall::RequestClass};
use tollgate_records::{Happening, Whose};

/// Clients between two writings at most. Those who ask most often are the first to be among them.
const CLIENTS_MAX: usize = 1_000;

/// Refusals of overall request limits, by resource and by client.
#[derive(Debug, Default)]
pub struct OverallRefusals {
    by_class: [u64; RequestClass::ALL.len()],
    /// By what the limits count: an address, or the network address of an IPv6 prefix.
    by_client: HashMap<IpAddr, u64>,
    left_out: u64,
}

impl OverallRefusals {
    /// A request of `client`, by what the limits count it, was refused.
    pub fn add(&mut self, class: RequestClass, client: IpAddr) {
        self.by_class[class as usize] += 1;
        if let Some(number) = self.by_client.get_mut(&client) {
            *number += 1;
        } else if self.by_client.len() < CLIENTS_MAX {
            self.by_client.insert(client, 1);
        } else {
            self.left_out += 1;
        }
    }

    /// How often each limit refused, of those that did.
    pub(crate) fn by_limit(&self) -> impl Iterator<Item = (&'static str, u64)> {
        let counts = RequestClass::ALL.into_iter().zip(self.by_class);
        counts.filter(|(_, number)| *number > 0).map(|(class, number)| (class.limit_name(), number))
    }

    /// How often each client was refused.
    pub(crate) fn by_subject(
        &self,
        policy: &Policy,
    ) -> impl Iterator<Item = (Happening, Whose, String, u64)> {
        self.by_client.iter().map(|(client, number)| {
            let client = match (client, policy.overall_ipv6_prefix()) {
                (IpAddr::V6(network), prefix @ 0..128) => format!("{network}/{prefix}"),
                _ => client.to_string(),
            };
            (Happening::Exceeded, Whose::Address, client, *number)
        })
    }

    pub(crate) fn left_out(&self) -> u64 {
        self.left_out
    }
}

#[cfg(test)]
mod tests {
    use tollgate_policy::preset::Preset;

    use super::*;

    #[test]
    fn clients_are_bounded_and_the_refusals_of_all_are_counted() {
        let mut refusals = OverallRefusals::default();
        for number in 0..CLIENTS_MAX as u32 + 10 {
            refusals.add(RequestClass::NewNonce, IpAddr::from(number.to_be_bytes()));
        }
        refusals.add(RequestClass::Directory, IpAddr::from([0; 4]));
        let by_limit: Vec<_> = refusals.by_limit().collect();
        assert_eq!(by_limit, [("requests.new-nonce", 1_010), ("requests.directory", 1)]);
        let policy = Policy::preset(Preset::Letsencrypt);
        let mut subjects: Vec<_> = refusals.by_subject(&policy).collect();
        subjects.sort_by_key(|(.., number)| std::cmp::Reverse(*number));
        assert_eq!(subjects[0], (Happening::Exceeded, Whose::Address, "0.0.0.0".to_owned(), 2));
        assert_eq!((subjects.len(), refusals.left_out()), (CLIENTS_MAX, 10));
    }

    #[test]
    fn client_of_ipv6_is_told_by_the_prefix_it_is_counted_by() {
        let mut refusals = OverallRefusals::default();
        refusals.add(RequestClass::NewOrder, "2001:db8:0:1::".parse().unwrap());
        let policy = Policy::preset(Preset::Letsencrypt);
        let told: Vec<_> = refusals.by_subject(&policy).map(|(_, _, client, _)| client).collect();
        assert_eq!(told, ["2001:db8:0:1::/64"]);
    }
}
