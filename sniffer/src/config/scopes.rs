//! Trunks, domains and networks as written, and their way to what the key figures are told apart by.

use std::net::IpAddr;

use ipnet::IpNet;
use serde::Deserialize;

use super::error::Fault;
use crate::track::kpi;

/// Trunks, and as many domains, told apart at most: each takes memory for its histograms.
pub(super) const MAX_NAMES: usize = 64;

/// Networks of all trunks, and as many inside: each INVITE is held against all of them.
const MAX_NETWORKS: usize = 1024;

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Kpi {
    domains: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Trunk {
    name: String,
    networks: Vec<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Direction {
    networks: Vec<String>,
}

/// What is told apart, if everything is well written.
pub(super) fn check(
    kpi: &Kpi,
    trunks: &[Trunk],
    direction: &Direction,
) -> Result<kpi::Scopes, Fault> {
    let n_networks = trunks.iter().map(|trunk| trunk.networks.len()).sum();
    bound("trunk", trunks.len(), MAX_NAMES)?;
    bound("trunk.networks", n_networks, MAX_NETWORKS)?;
    bound("kpi.domains", kpi.domains.len(), MAX_NAMES)?;
    bound("direction.networks", direction.networks.len(), MAX_NETWORKS)?;
    let trunk = |trunk: &Trunk| {
        Ok(kpi::Trunk {
            name: trunk.name.as_str().into(),
            networks: networks("trunk.networks", &trunk.networks)?,
        })
    };
    names("trunk.name", trunks.iter().map(|trunk| &*trunk.name))?;
    let domains: Vec<String> = kpi.domains.iter().map(|d| d.to_ascii_lowercase()).collect();
    names("kpi.domains", domains.iter().map(|domain| &**domain))?;
    Ok(kpi::Scopes {
        trunks: trunks.iter().map(trunk).collect::<Result<_, _>>()?,
        domains: domains.into_iter().map(String::into_boxed_str).collect(),
        inside: networks("direction.networks", &direction.networks)?,
    })
}

fn bound(key: &str, found: usize, limit: usize) -> Result<(), Fault> {
    if found <= limit {
        return Ok(());
    }
    Err(Fault {
        key: key.to_owned(),
        wrong: format!("{found} are too many"),
        accepted: "64 trunks, 64 domains, 1024 networks of trunks, 1024 networks inside",
    })
}

/// Names stand in reports, and may become labels: short, all different, and none of them the name of the rest.
pub(super) fn names<'a>(key: &str, names: impl Iterator<Item = &'a str>) -> Result<(), Fault> {
    let mut known: Vec<&str> = Vec::new();
    for name in names {
        let plain = |c: char| c.is_ascii_alphanumeric() || "-._".contains(c);
        if name.is_empty()
            || name.len() > 253
            || !name.chars().all(plain)
            || name == "other"
            || known.contains(&name)
        {
            return Err(Fault {
                key: key.to_owned(),
                wrong: format!("{name:?} cannot be used"),
                accepted: "names of letters, digits and -._, all different, and none of them \"other\"",
            });
        }
        known.push(name);
    }
    Ok(())
}

fn networks(key: &str, written: &[String]) -> Result<Vec<IpNet>, Fault> {
    let network = |text: &String| {
        let address = || text.parse::<IpAddr>().ok().map(IpNet::from);
        text.parse().ok().or_else(address).ok_or_else(|| Fault {
            key: key.to_owned(),
            wrong: format!("{text:?} is no network"),
            accepted: "addresses with a prefix length, such as 192.0.2.0/24 or 2001:db8::/32, or without one",
        })
    };
    written.iter().map(network).collect()
}
