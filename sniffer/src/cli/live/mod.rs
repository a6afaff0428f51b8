//! `sipvane live`: interfaces in, records and metrics out, until a signal ends it.

pub(crate) mod args;
mod balance;
mod control;
mod interfaces;
mod log_limit;
mod logs;
mod output;
mod reload;

pub(super) use control::{Obey, start as start_control};
pub(super) use interfaces::run as run_interfaces;

use std::net::{SocketAddr, TcpListener};
use std::ops::ControlFlow;
use std::sync::{Arc, Mutex};

use self::args::{LiveArgs, LiveFormat};
use self::output::Output;
use self::reload::Reload;
use super::args::Dedup;
use super::error::{Error, Exit};
use super::masking::Maskings;
use super::slices::{self, Slices};
use super::{Console, exports, json, otlp, store};
use crate::capture::{FilterSettings, HepSettings, HepTls, Live, LiveSettings};
use crate::config::{Config, TokenSource};
use crate::export::Exports;
use crate::export::masking::Masking;
use crate::http::{self, Token};
use crate::metrics::Tally;
use crate::pipeline::{Control, Keys, Observer, PeerLink, ReplayOptions, live, lock};
use crate::privileges::{Account, PrivilegeError, give_up};
use crate::record::Record;
use crate::shared::{Shared, SharedSettings};

/// Runs `sipvane live`.
pub(super) fn run(args: &LiveArgs, console: &mut Console<'_>) -> Result<Exit, Error> {
    let config = Config::load(args.config.as_deref())?;
    let settings = settings(args, &config)?;
    let level = logs::start(&config.log);
    // Its key may be for root alone to read, and so may the token.
    let maskings = Maskings::of(&config.masking)?;
    let token = config.http_token.as_ref().map(TokenSource::read);
    let token = token.transpose()?.map(|token| Token::of(token.reveal()));
    let mut options = options(args, &config);
    let otel = otlp::of_live(args, &config.otel)?;
    if otel.is_some() {
        otlp::keep_what_traces_need(&mut options.settings);
    }
    let tally = Tally::new(&config.settings.scopes).with_settings(&config.metrics);
    let tally = Arc::new(Mutex::new(tally));
    let (control, remote) = Control::new();
    let output = Output::open(args.output.as_deref())?;
    let listener = args.listen.or(config.listen).map(bind).transpose()?;
    let mut taps = Live::open(&settings)?;
    give_up_privileges(args, &config, &taps)?;
    let (exports, feeds) = exports::of_live(args, &config, &maskings)?;
    options.feeds = feeds;
    let mut slices = config.slices.clone();
    slices.settings.on_request = token.is_some() && listener.is_some();
    let slices = Slices::start(&args.slices, &slices, false)?;
    options.slices = slices.feed();
    let exports = exports.with(slices.counts());
    options.settings.progress = store::progress_of_live(args, &config.store);
    let (shared, peers) = share(args, &config)?.unzip();
    options.settings.has_peers = peers.is_some();
    let control = control.with_peers(peers);
    let state = http::State {
        remote: remote.clone(),
        tally: Arc::clone(&tally),
        exports: exports.counts(),
        shared: shared.as_ref().map(|shared| Arc::clone(shared.counts())),
        slices: http::SliceDesk::new(token, slices.form()),
    };
    let metrics = otlp::start_metrics(otel, state.clone())?;
    let last_state = state.clone();
    let obey = Reload::new((remote, Arc::clone(&tally)), level, args, output.as_ref())?;
    control::start(obey, listener.map(|listener| (listener, state)))?;
    let sources: Vec<String> = taps.counts().into_iter().map(|tap| tap.name).collect();
    tracing::info!(interfaces = sources.join(","), "capturing");
    let mut file = output;
    let out: &mut (dyn std::io::Write + Send) = match &mut file {
        Some(file) => file,
        None => console.out,
    };
    let mut watcher = Watcher {
        masking: maskings.output(),
        lines: (args.format == LiveFormat::Ndjson).then(|| json::Lines::new(out, &[])),
        tally,
        exports: &exports,
    };
    let (report, survey) = live(&mut taps, &options, &control, &mut watcher)?;
    // Whoever still asks hears at once that nobody answers.
    drop(control);
    if let Some(lines) = watcher.lines {
        lines.finish(&report)?;
    }
    if let Some(shared) = shared {
        shared.finish();
    }
    balance::write(&taps.counts(), &report, console.err)?;
    if let Some(metrics) = metrics {
        metrics.finish(last_state.families(&survey));
    }
    drop(options);
    let of_slices = slices.counts();
    let sliced = slices.finish();
    for (_, counts) in &of_slices {
        slices::write_balance(counts, console.err)?;
    }
    exports::finish_live(exports, console.err)?;
    sliced?;
    Ok(Exit::Fine)
}

/// All that takes rights is open, and no thread has been started yet that would keep them.
fn give_up_privileges(args: &LiveArgs, config: &Config, taps: &Live) -> Result<(), Error> {
    let user = args.user.as_deref().or(config.user.as_deref());
    let account = user.map(Account::of).transpose();
    let account = account.map_err(PrivilegeError::from)?;
    if let Some(account) = account
        && rustix::process::geteuid().is_root()
    {
        store::hand_over(args, &config.store, account)?;
    }
    give_up(account.as_ref(), taps.wants_media())?;
    Ok(())
}

/// The thread that talks to other nodes, and the way to it.
fn share(args: &LiveArgs, config: &Config) -> Result<Option<(Shared, PeerLink)>, Error> {
    let shared = &config.shared;
    let Some(redis) = args.redis.clone().or_else(|| shared.redis.clone()) else {
        return Ok(None);
    };
    let settings = SharedSettings {
        redis,
        prefix: shared.prefix.clone(),
        authorities: shared.authorities.clone(),
        node: store::node(config),
    };
    let started = Shared::start(settings).map_err(Error::Shared)?;
    Ok(Some(started))
}

fn options(args: &LiveArgs, config: &Config) -> ReplayOptions {
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

fn settings(args: &LiveArgs, config: &Config) -> Result<LiveSettings, Error> {
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

fn bind(address: SocketAddr) -> Result<TcpListener, Error> {
    http::bind(address).map_err(|source| Error::Listen { address, source })
}

/// Counts each record, writes it at once, and offers it to the sinks. Nothing is kept: a live capture has no end to report at.
struct Watcher<'w> {
    /// Of what is written; sinks have their own.
    masking: Masking,
    lines: Option<json::Lines<'w>>,
    tally: Arc<Mutex<Tally>>,
    exports: &'w Exports,
}

impl Observer for Watcher<'_> {
    fn on_record(&mut self, record: Record) -> ControlFlow<(), Option<Record>> {
        lock(&self.tally).on_record(&record);
        let record = Arc::new(record);
        self.exports.offer(&record);
        let masking = &self.masking;
        let goes_on = self
            .lines
            .as_mut()
            .is_none_or(|lines| match masking.keeps_all() {
                true => lines.write(&record),
                false => lines.write(&masking.record(&record)),
            });
        match goes_on {
            true => ControlFlow::Continue(None),
            false => ControlFlow::Break(()),
        }
    }
}
