//! What flags and the configuration say together of a live capture. Flags are stronger.

use super::args::LiveArgs;
use crate::capture::{FilterSettings, HepSettings, HepTls, LiveSettings};
use crate::cli::args::Dedup;
use crate::cli::error::Error;
use crate::config::Config;
use crate::pipeline::{Keys, ReplayOptions};

/// How packets are followed.
pub(super) fn options(args: &LiveArgs, config: &Config) -> ReplayOptions {
    ReplayOptions {
        workers: args.workers,
        dedup: args.dedup == Dedup::Auto,
        ladders_for: Vec::new(),
        settings: config.settings.clone(),
        keys: match &args.tls_keylog {
            Some(path) => Keys::Growing(path.clone()),
            None => Keys::default(),
        },
        feeds: Vec::new(),
        slices: None,
    }
}

/// What is captured, and how.
pub(super) fn of(args: &LiveArgs, config: &Config) -> Result<LiveSettings, Error> {
    let interfaces = match args.interfaces.is_empty() {
        true => config.interfaces.clone(),
        false => args.interfaces.clone(),
    };
    let hep = hep_settings(args, config)?;
    if interfaces.is_empty() && hep.is_none() {
        let text = "no interface to capture from: give -i NAME, or interfaces in the section live of the configuration \
                    (sipvane interfaces lists them), or --hep-listen ADDRESS";
        return Err(Error::Usage(text.to_owned()));
    }
    Ok(LiveSettings {
        hep,
        interfaces,
        promiscuous: !args.no_promiscuous,
        ring_bytes: usize::from(args.ring_mib) << 20,
        threads: args
            .capture_threads
            .map_or(config.taking.threads, |threads| {
                threads.number(args.workers)
            }),
        split_merged: config.taking.split_merged,
        timestamps: args.timestamps.unwrap_or(config.taking.timestamps),
        filter: filter(args, config),
    })
}

/// Where agents are listened to, and the certificate for those that encrypt.
fn hep_settings(args: &LiveArgs, config: &Config) -> Result<Option<HepSettings>, Error> {
    let Some(listen) = args.hep_listen.or(config.hep.listen) else {
        return Ok(None);
    };
    let certificate = config.hep.certificate.as_ref();
    let tls = certificate.map(|(chain, key)| HepTls::read(chain, key));
    let tls = tls.transpose()?;
    Ok(Some(HepSettings { listen, tls }))
}

/// What flags say of the filter is stronger than what the configuration does.
fn filter(args: &LiveArgs, config: &Config) -> FilterSettings {
    let configured = &config.filter;
    FilterSettings {
        kind: args.prefilter.map_or(configured.kind, Into::into),
        sip_ports: match args.sip_ports.is_empty() {
            true => configured.sip_ports.clone(),
            false => args.sip_ports.clone(),
        },
        rtp_ports: args.rtp_ports.clone().or(configured.rtp_ports.clone()),
    }
}
