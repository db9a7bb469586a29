//! What an event charges: the part of a decision before any bucket is looked at.

use divan::{AllocProfiler, Bencher, black_box};
use tollgate_acme::{
    identifier::{Identifier, IdentifierSet},
    resource::AccountId,
};
use tollgate_engine::Timestamp;
use tollgate_policy::{Policy, event::Exemption, preset::Preset};

#[global_allocator]
static ALLOCATIONS: AllocProfiler = AllocProfiler::system();

fn main() {
    divan::main();
}

/// `n` names, each of its own registered domain.
fn identifiers(n: usize) -> IdentifierSet {
    let names = (0..n).map(|i| format!("www.shop-{i}-of-many.example{}.com", i * 7919 % 1000));
    let identifiers = names.map(|name| Identifier::dns(&name).expect("a name")).collect();
    IdentifierSet::new(identifiers).expect("at least one")
}

fn account() -> AccountId {
    AccountId::of("https://ca.example/acme/acct/123456789").expect("an account URL")
}

#[divan::bench(args = [1, 10, 100])]
fn new_order(bencher: Bencher<'_, '_>, n: usize) {
    let (policy, account, identifiers) = (Policy::preset(Preset::Letsencrypt), account(), identifiers(n));
    bencher.bench(|| {
        policy
            .new_order(black_box(&account), black_box(&identifiers), Exemption::None, Timestamp::EPOCH)
            .len()
    });
}

#[divan::bench(args = [1, 10, 100])]
fn registered_domains_alone(bencher: Bencher<'_, '_>, n: usize) {
    let (policy, identifiers) = (Policy::preset(Preset::Letsencrypt), identifiers(n));
    bencher.bench(|| {
        for identifier in black_box(&identifiers).iter() {
            black_box(policy.suffixes().registered_domain(identifier));
        }
    });
}
