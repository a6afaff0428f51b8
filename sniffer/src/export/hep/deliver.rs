//! The thread that sends frames: it takes messages and reports from bounded queues, and connects again where the server was away.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use crossbeam_channel::{Receiver, TryRecvError, TrySendError, bounded, never, select, tick};
use rustls::ClientConfig;

use super::frame::{self, Agent, Content};
use super::link::{self, Link};
use super::rtcp_json;
use super::rtp_report::RtpReport;
use super::target::Target;
use crate::export::secrets;
use crate::pipeline::{Feed, HeardKind, HeardMessage, feed};
use crate::record::Record;
use crate::sip;
use crate::time::Timestamp;

/// Messages, and reports on streams, that may wait while the server is away.
const MOST_MESSAGES: usize = 8192;
const MOST_REPORTS: usize = 8192;

/// Bytes of frames that are written to a connection at once.
const BUNCH: usize = 64 << 10;

/// First and longest wait before a server that is away is tried again.
const FIRST_WAIT: Duration = Duration::from_millis(250);
const LONGEST_WAIT: Duration = Duration::from_secs(5);

/// How often the thread looks whether the end has come.
const LOOK_EVERY: Duration = Duration::from_millis(100);

/// Tries to reach the server when the end has come.
const LAST_TRIES: u32 = 3;

/// How frames are numbered by what they hold.
mod payload {
    pub(super) const SIP: u8 = 0x01;
    pub(super) const RTCP_JSON: u8 = 0x05;
    pub(super) const RTP_REPORT: u8 = 0x22;
    pub(super) const SHORT_RTP_REPORT: u8 = 0x23;
}

/// IP protocol number of what carries media.
const UDP: u8 = 17;

/// Where frames go, and who sends them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SenderSettings {
    /// The server.
    pub target: Target,
    /// Our number among capture agents.
    pub agent_id: u32,
    /// Our name among them.
    pub agent_name: Option<String>,
    /// What the server knows us by.
    pub password: Option<String>,
    /// Certificates (PEM) of the authorities that TLS trusts; those of the system where none are named.
    pub authorities: Option<PathBuf>,
}

/// Why frames cannot be sent at all. A server that is away is no error: it is waited for.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The authorities cannot be read.
    #[error("{}: cannot read the certificates that TLS trusts (PEM): {source}", path.display())]
    Trust {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        source: io::Error,
    },
    /// The thread cannot be had.
    #[error("cannot send HEP: {0}")]
    Thread(#[from] io::Error),
}

/// What became of what was to be sent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SenderCounts {
    /// Frames handed to the network.
    pub sent: u64,
    /// Messages and reports that found no room, or that the server was not there for at the end.
    pub dropped: u64,
    /// Datagrams that the network refused, and what is too long for a frame.
    pub failed: u64,
}

#[derive(Debug, Default)]
struct Tally {
    sent: AtomicU64,
    dropped: AtomicU64,
    failed: AtomicU64,
}

/// A sink for records, with a feed for messages.
#[derive(Debug)]
pub struct Sender {
    reports: crossbeam_channel::Sender<Report>,
    unheard: Arc<AtomicU64>,
    tally: Arc<Tally>,
    ends: Arc<AtomicBool>,
    thread: JoinHandle<()>,
}

/// What was measured of a stream, and how it is told.
#[derive(Debug)]
struct Report {
    at: Timestamp,
    src: std::net::SocketAddr,
    dst: std::net::SocketAddr,
    payload_type: u8,
    call_id: Option<Arc<str>>,
    report: RtpReport,
}

impl Sender {
    /// Starts the thread, and gives the feed for the messages.
    ///
    /// # Errors
    /// When the authorities for TLS cannot be read.
    pub fn start(settings: SenderSettings) -> Result<(Sender, Feed), StartError> {
        let path = settings.authorities.as_deref();
        let trust = link::trust(path).map_err(|source| StartError::Trust {
            path: settings.authorities.clone().unwrap_or_default(),
            source,
        })?;
        let (feed, messages, unheard) = feed(MOST_MESSAGES);
        let (sender, reports) = bounded(MOST_REPORTS);
        let (tally, ends) = (Arc::<Tally>::default(), Arc::<AtomicBool>::default());
        let courier = Courier {
            target: settings.target,
            agent: Agent {
                id: settings.agent_id,
                name: settings.agent_name,
                password: settings.password,
            },
            trust,
            link: None,
            is_away: false,
            last_tries: 0,
            messages,
            reports,
            tally: Arc::clone(&tally),
            ends: Arc::clone(&ends),
            bunch: Vec::new(),
            n_bunch: 0,
        };
        let thread = thread::Builder::new()
            .name("hep-out".to_owned())
            .spawn(move || courier.run())?;
        let sender = Sender {
            reports: sender,
            unheard,
            tally,
            ends,
            thread,
        };
        Ok((sender, feed))
    }

    /// Sends what a record tells of a stream; never waits.
    pub fn on_record(&self, record: &Record) {
        let report = match record {
            Record::Stream(stream) => Report {
                at: stream.end,
                src: stream.src,
                dst: stream.dst,
                payload_type: payload::RTP_REPORT,
                call_id: stream.call_id.clone(),
                report: RtpReport::from(&**stream),
            },
            Record::Interval(record) => Report {
                at: record.interval.end,
                src: record.src,
                dst: record.dst,
                payload_type: payload::SHORT_RTP_REPORT,
                call_id: record.call_id.clone(),
                report: RtpReport::from(&**record),
            },
            _ => return,
        };
        if let Err(TrySendError::Full(_)) = self.reports.try_send(report) {
            self.tally.dropped.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// What became of everything so far.
    pub fn counts(&self) -> SenderCounts {
        let read = |count: &AtomicU64| count.load(Ordering::Relaxed);
        SenderCounts {
            sent: read(&self.tally.sent),
            dropped: read(&self.tally.dropped) + read(&self.unheard),
            failed: read(&self.tally.failed),
        }
    }

    /// Sends what still waits, as far as the server is there, and ends.
    pub fn finish(self) -> SenderCounts {
        self.ends.store(true, Ordering::Release);
        let Sender {
            reports,
            unheard,
            tally,
            thread,
            ..
        } = self;
        drop(reports);
        thread.thread().unpark();
        if thread.join().is_err() {
            tracing::error!("the thread that sends HEP has panicked");
        }
        let read = |count: &AtomicU64| count.load(Ordering::Relaxed);
        SenderCounts {
            sent: read(&tally.sent),
            dropped: read(&tally.dropped) + read(&unheard),
            failed: read(&tally.failed),
        }
    }
}

/// The thread's own.
struct Courier {
    target: Target,
    agent: Agent,
    trust: Arc<ClientConfig>,
    link: Option<Link>,
    /// The server was told to be away, and not to be back.
    is_away: bool,
    /// Tries in vain since the end has come.
    last_tries: u32,
    messages: Receiver<HeardMessage>,
    reports: Receiver<Report>,
    tally: Arc<Tally>,
    ends: Arc<AtomicBool>,
    /// Frames on their way to a connection, and how many they are.
    bunch: Vec<u8>,
    n_bunch: u64,
}

impl Courier {
    fn run(mut self) {
        let look = tick(LOOK_EVERY);
        loop {
            select! {
                recv(self.messages) -> message => match message {
                    Ok(message) => self.on_message(&message),
                    Err(_) => self.messages = never(),
                },
                recv(self.reports) -> report => match report {
                    Ok(report) => self.on_report(&report),
                    Err(_) => self.reports = never(),
                },
                recv(look) -> _ => {}
            }
            self.take_the_rest();
            self.flush();
            let nothing_waits = self.messages.is_empty() && self.reports.is_empty();
            if self.ends.load(Ordering::Acquire) && nothing_waits {
                break;
            }
        }
        if let Some(link) = &mut self.link {
            link.close();
        }
    }

    /// Goes on while something waits and the bunch has room.
    fn take_the_rest(&mut self) {
        while self.bunch.len() < BUNCH {
            let Ok(message) = self.messages.try_recv() else {
                break;
            };
            self.on_message(&message);
        }
        while self.bunch.len() < BUNCH {
            match self.reports.try_recv() {
                Ok(report) => self.on_report(&report),
                Err(TryRecvError::Empty | TryRecvError::Disconnected) => break,
            }
        }
    }

    fn on_message(&mut self, message: &HeardMessage) {
        let heard = message.heard();
        let mut content = Content {
            at: heard.at,
            src: heard.src,
            dst: heard.dst,
            protocol: heard.protocol,
            payload_type: payload::SIP,
            agent_id: heard.agent_id,
            correlation_id: heard.correlation_id.unwrap_or_default(),
            payload: heard.bytes,
        };
        match heard.kind {
            HeardKind::Sip => {
                let struck = secrets::strike(heard.bytes);
                let parsed = sip::Message::parse_cut(heard.bytes);
                let Ok(parsed) = parsed else { return };
                content.correlation_id = parsed.call_id().unwrap_or_default();
                content.payload = &struck;
                self.send(&content);
            }
            HeardKind::Rtcp => {
                content.payload_type = payload::RTCP_JSON;
                for object in rtcp_json::objects(heard.bytes) {
                    let json = serde_json::to_vec(&object).unwrap_or_default();
                    self.send(&Content {
                        payload: &json,
                        ..content
                    });
                }
            }
            HeardKind::RtcpJson => self.pass_on(payload::RTCP_JSON, content),
            HeardKind::RtpReport => self.pass_on(payload::RTP_REPORT, content),
            HeardKind::Other(number) => self.pass_on(number, content),
        }
    }

    fn pass_on(&mut self, payload_type: u8, content: Content<'_>) {
        self.send(&Content {
            payload_type,
            ..content
        });
    }

    fn on_report(&mut self, report: &Report) {
        let json = serde_json::to_vec(&report.report).unwrap_or_default();
        let call_id = report.call_id.as_deref().unwrap_or_default();
        self.send(&Content {
            at: report.at,
            src: report.src,
            dst: report.dst,
            protocol: UDP,
            payload_type: report.payload_type,
            agent_id: None,
            correlation_id: call_id.as_bytes(),
            payload: &json,
        });
    }

    /// Sends a frame, or puts it to those that go to the connection next.
    fn send(&mut self, content: &Content<'_>) {
        let Ok(frame) = frame::write(content, &self.agent) else {
            self.tally.failed.fetch_add(1, Ordering::Relaxed);
            return;
        };
        if !self.is_there() {
            self.tally.dropped.fetch_add(1, Ordering::Relaxed);
            return;
        }
        match &mut self.link {
            Some(link) if link.is_datagrams() => {
                let count = match link.send(&frame) {
                    Ok(()) => &self.tally.sent,
                    Err(_) => &self.tally.failed,
                };
                count.fetch_add(1, Ordering::Relaxed);
            }
            _ => {
                self.bunch.extend(frame);
                self.n_bunch += 1;
            }
        }
    }

    /// Writes the bunch to the connection; where that breaks, to the next one. What was under way may come twice then.
    fn flush(&mut self) {
        while !self.bunch.is_empty() {
            if !self.is_there() {
                self.tally
                    .dropped
                    .fetch_add(self.n_bunch, Ordering::Relaxed);
                break;
            }
            let sent = self.link.as_mut().map(|link| link.send(&self.bunch));
            match sent {
                Some(Ok(())) => {
                    self.tally.sent.fetch_add(self.n_bunch, Ordering::Relaxed);
                    break;
                }
                _ => self.link = None,
            }
        }
        self.bunch.clear();
        self.n_bunch = 0;
    }

    /// Waits until there is a way to the server; says `false` when the end has come and there is none.
    fn is_there(&mut self) -> bool {
        let mut wait = FIRST_WAIT;
        while self.link.is_none() {
            if self.last_tries == LAST_TRIES {
                return false;
            }
            match Link::open(&self.target, &self.trust) {
                Ok(link) => {
                    if std::mem::take(&mut self.is_away) {
                        tracing::info!(server = %self.target, "the capture server is back");
                    }
                    self.link = Some(link);
                }
                Err(error) => {
                    if !std::mem::replace(&mut self.is_away, true) {
                        tracing::warn!(server = %self.target, %error, "cannot reach the capture server; trying again");
                    }
                    if self.ends.load(Ordering::Acquire) {
                        self.last_tries += 1;
                        wait = FIRST_WAIT;
                    }
                    thread::park_timeout(wait);
                    wait = (wait * 2).min(LONGEST_WAIT);
                }
            }
        }
        true
    }
}
