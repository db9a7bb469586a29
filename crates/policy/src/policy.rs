//! The policy in force.

use std::net::IpAddr;

use tollgate_acme::{
    domain::SuffixList,
    identifier::{Identifier, IdentifierSet},
    resource::AccountId,
};

use crate::{
    event::{Charge, Exemption},
    limit::{Limit, LimitName},
    preset::Preset,
};

/// Everything an operator can decide about limits, validated.
#[derive(Clone, Debug)]
pub struct Policy {
    suffixes: SuffixList,
}

impl Policy {
    /// A preset as published.
    #[must_use]
    pub fn preset(preset: Preset) -> Self {
        let _ = preset;
        todo!()
    }
    /// A limit in force, if this policy has it.
    #[must_use]
    pub fn limit(&self, name: LimitName) -> Option<&Limit> {
        let _ = name;
        todo!()
    }
    /// The Public Suffix List in use.
    #[must_use]
    pub fn suffixes(&self) -> &SuffixList {
        &self.suffixes
    }
    /// The most identifiers an order may have, for its profile.
    #[must_use]
    pub fn identifiers_max(&self, profile: Option<&str>) -> usize {
        let _ = profile;
        todo!()
    }
    /// What a new account spends.
    #[must_use]
    pub fn new_account(&self, client: IpAddr) -> Vec<Charge<'_>> {
        let _ = client;
        todo!()
    }
    /// What a new order spends and checks. Empty for [`Exemption::Ari`].
    #[must_use]
    pub fn new_order<'a>(
        &'a self,
        account: &'a AccountId,
        identifiers: &'a IdentifierSet,
        exemption: Exemption,
    ) -> Vec<Charge<'a>> {
        let _ = (account, identifiers, exemption);
        todo!()
    }
    /// What a failed validation records: the failures of the pair.
    #[must_use]
    pub fn validation_failed<'a>(
        &'a self,
        account: &'a AccountId,
        identifier: &'a Identifier,
    ) -> Vec<Charge<'a>> {
        let _ = (account, identifier);
        todo!()
    }
    /// What a failed validation spends towards a pause; `None` where pausing is off. The pair is
    /// paused when this is denied or takes the last unit.
    #[must_use]
    pub fn pause_charge<'a>(
        &'a self,
        account: &'a AccountId,
        identifier: &'a Identifier,
    ) -> Option<Charge<'a>> {
        let _ = (account, identifier);
        todo!()
    }
    /// What an issued certificate records.
    #[must_use]
    pub fn issued<'a>(
        &'a self,
        account: &'a AccountId,
        identifiers: &'a IdentifierSet,
        exemption: Exemption,
    ) -> Vec<Charge<'a>> {
        let _ = (account, identifiers, exemption);
        todo!()
    }
}
