//! The LAN authority: server certificates for centers and for the hub's own pages, and for nothing
//! outside private addresses, `.local` and the configured domains.

use std::net::IpAddr;

use jiff::Timestamp;
use rcgen::{
    CidrSubnet, ExtendedKeyUsagePurpose, GeneralSubtree, Issuer, KeyPair, NameConstraints,
};

use super::{Issued, Paths, Request, is_private, leaf, load_issuer, new_key};
use crate::error::{HubError, Result};

/// The LAN authority, loaded.
pub struct LanAuthority {
    issuer: Issuer<'static, KeyPair>,
    pem: String,
    domains: Vec<String>,
}

impl LanAuthority {
    /// Reads the authority; `domains` are the ones of the settings.
    pub fn load(paths: &Paths, domains: &[String]) -> Result<LanAuthority> {
        let (issuer, pem) = load_issuer(&paths.lan(), &paths.lan_key())?;
        Ok(LanAuthority { issuer, pem, domains: domains.to_vec() })
    }

    /// The authority's certificate: what browsers and tablets are given.
    pub fn pem(&self) -> &str {
        &self.pem
    }

    /// A certificate for a server elsewhere (a center), under the names that it asks for.
    pub fn issue(&self, name: &str, request: Request, now: Timestamp, days: u32) -> Result<Issued> {
        let names = request.names();
        self.check(&names)?;
        let (params, serial, not_after) =
            leaf(name, &names, ExtendedKeyUsagePurpose::ServerAuth, now, days)?;
        let pem = request.signed(params, &self.issuer)?;
        Ok(self.issued(pem, serial, not_after))
    }

    /// The hub's own server certificate and key.
    pub fn issue_hub(
        &self,
        names: &[String],
        now: Timestamp,
        days: u32,
    ) -> Result<(Issued, KeyPair)> {
        self.check(names)?;
        let (params, serial, not_after) =
            leaf("motcua hub", names, ExtendedKeyUsagePurpose::ServerAuth, now, days)?;
        let key = new_key()?;
        let pem = params.signed_by(&key, &self.issuer)?.pem();
        Ok((self.issued(pem, serial, not_after), key))
    }

    /// A name that the authority's own constraints forbid would give a certificate that no browser
    /// takes; it is refused here, where someone can act on it.
    fn check(&self, names: &[String]) -> Result<()> {
        if names.is_empty() {
            return Err(HubError::refused(
                "enrol.lan_name_missing",
                "the LAN certificate needs at least one name or address",
            ));
        }
        match names.iter().find(|name| !self.allows(name)) {
            None => Ok(()),
            Some(name) => Err(HubError::refused(
                "enrol.lan_name_not_allowed",
                format!(
                    "{name} is neither a .local name nor a private address nor in authority.lan_domains"
                ),
            )),
        }
    }

    fn allows(&self, name: &str) -> bool {
        match name.parse::<IpAddr>() {
            Ok(address) => is_private(address),
            Err(_) => {
                let name = name.to_ascii_lowercase();
                let name = name.strip_prefix("*.").unwrap_or(&name);
                dns_roots(&self.domains).any(|root| {
                    name == root || name.strip_suffix(root).is_some_and(|rest| rest.ends_with('.'))
                })
            }
        }
    }

    fn issued(&self, pem: String, serial: String, not_after: Timestamp) -> Issued {
        let chain_pem = format!("{pem}{}", self.pem);
        Issued { pem, chain_pem, serial, not_after }
    }
}

/// The bounds that stand in the authority's own certificate.
pub(super) fn constraints(domains: &[String]) -> NameConstraints {
    let addresses = [
        CidrSubnet::from_v4_prefix([10, 0, 0, 0], 8),
        CidrSubnet::from_v4_prefix([172, 16, 0, 0], 12),
        CidrSubnet::from_v4_prefix([192, 168, 0, 0], 16),
        CidrSubnet::from_v4_prefix([127, 0, 0, 0], 8),
        CidrSubnet::from_v4_prefix([169, 254, 0, 0], 16),
        CidrSubnet::from_addr_prefix(IpAddr::from([0xfc00_u16, 0, 0, 0, 0, 0, 0, 0]), 7),
        CidrSubnet::from_addr_prefix(IpAddr::from([0xfe80_u16, 0, 0, 0, 0, 0, 0, 0]), 10),
        CidrSubnet::from_addr_prefix(IpAddr::from([0_u16, 0, 0, 0, 0, 0, 0, 1]), 128),
    ];
    let mut permitted: Vec<GeneralSubtree> =
        dns_roots(domains).map(|root| GeneralSubtree::DnsName(root.to_owned())).collect();
    permitted.extend(addresses.into_iter().map(GeneralSubtree::IpAddress));
    NameConstraints { permitted_subtrees: permitted, excluded_subtrees: Vec::new() }
}

fn dns_roots(domains: &[String]) -> impl Iterator<Item = &str> {
    ["local", "localhost"].into_iter().chain(domains.iter().map(String::as_str))
}
