//! The thread that sends frames: it takes messages and reports, and connects again where the server was away.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

use crossbeam_channel::{Receiver, Sender, never, select, tick};
use rustls::ClientConfig;

use super::frame::{self, Agent, Content};
use super::link::Link;
use super::report::Report;
use super::target::Target;
use super::{payload, rtcp_json};
use crate::export::masking::Masking;
use crate::export::{Counts, Dropped, secrets};
use crate::pipeline::{HeardKind, HeardMessage};
use crate::sip;

/// Bytes of frames that are written to a connection at once.
const BUNCH: usize = 64 << 10;

/// First and longest wait before a server that is away is tried again.
const FIRST_WAIT: Duration = Duration::from_millis(250);
const LONGEST_WAIT: Duration = Duration::from_secs(5);

/// How often the thread looks whether the end has come.
const LOOK_EVERY: Duration = Duration::from_millis(100);

/// Tries to reach the server when the end has come.
const LAST_TRIES: u32 = 3;

/// Reports to send, and whom to tell whether they were sent, or what was in the way.
pub(super) struct Job {
    pub(super) reports: Vec<Report>,
    pub(super) tell: Sender<Result<(), String>>,
}

/// See the module.
pub(super) struct Courier {
    target: Target,
    agent: Agent,
    masking: Masking,
    trust: Arc<ClientConfig>,
    link: Option<Link>,
    /// What is in the way, once that was told.
    in_the_way: Option<String>,
    /// Tries in vain since the end has come.
    last_tries: u32,
    messages: Receiver<HeardMessage>,
    /// Messages that found no room in their queue.
    unheard: Arc<AtomicU64>,
    counts: Arc<Counts>,
    jobs: Receiver<Job>,
    ends: Arc<AtomicBool>,
    /// Frames on their way to a connection, and how many messages they are.
    bunch: Vec<u8>,
    n_bunch: u64,
}

impl Courier {
    pub(super) fn new(target: Target, agent: Agent, trust: Arc<ClientConfig>) -> Courier {
        Courier {
            target,
            agent,
            masking: Masking::default(),
            trust,
            link: None,
            in_the_way: None,
            last_tries: 0,
            messages: never(),
            unheard: Arc::default(),
            counts: Arc::default(),
            jobs: never(),
            ends: Arc::default(),
            bunch: Vec::new(),
            n_bunch: 0,
        }
    }

    /// Takes messages from there, and counts them.
    pub(super) fn with(
        self,
        messages: Receiver<HeardMessage>,
        unheard: Arc<AtomicU64>,
        counts: Arc<Counts>,
    ) -> Courier {
        Courier {
            messages,
            unheard,
            counts,
            ..self
        }
    }

    /// Takes reports from there, until `ends` is set.
    pub(super) fn with_jobs(self, jobs: Receiver<Job>, ends: Arc<AtomicBool>) -> Courier {
        Courier { jobs, ends, ..self }
    }

    /// Sends messages with other numbers, names and addresses; records come with them.
    pub(super) fn masked_by(self, masking: Masking) -> Courier {
        Courier { masking, ..self }
    }

    /// Sends until the end has come and nothing waits any more.
    pub(super) fn run(mut self) {
        let look = tick(LOOK_EVERY);
        loop {
            select! {
                recv(self.messages) -> message => match message {
                    Ok(message) => self.on_messages(&message),
                    Err(_) => self.messages = never(),
                },
                recv(self.jobs) -> job => match job {
                    Ok(job) => self.on_job(&job),
                    Err(_) => self.jobs = never(),
                },
                recv(look) -> _ => {}
            }
            self.count_unheard();
            if self.ends.load(Ordering::Acquire) && self.messages.is_empty() {
                break;
            }
        }
        self.count_unheard();
        if let Some(link) = &mut self.link {
            link.close();
        }
    }

    fn count_unheard(&self) {
        let n = self.unheard.swap(0, Ordering::Relaxed);
        if n > 0 {
            self.counts.offer_many(n);
            self.counts.lose(Dropped::QueueFull, n);
        }
    }

    /// Sends a message, and those behind it that fit into one bunch.
    fn on_messages(&mut self, first: &HeardMessage) {
        self.on_message(first);
        while self.bunch.len() < BUNCH {
            let Ok(message) = self.messages.try_recv() else {
                break;
            };
            self.on_message(&message);
        }
        self.flush();
    }

    fn on_message(&mut self, message: &HeardMessage) {
        let heard = message.heard();
        let (src, dst) = self.masking.addresses(heard.src, heard.dst);
        let mut content = Content {
            at: heard.at,
            src,
            dst,
            protocol: heard.protocol,
            payload_type: payload::SIP,
            agent_id: heard.agent_id,
            correlation_id: heard.correlation_id.unwrap_or_default(),
            payload: heard.bytes,
        };
        match heard.kind {
            HeardKind::Sip => {
                let Ok(parsed) = sip::Message::parse_cut(heard.bytes) else {
                    return;
                };
                let struck = secrets::strike(heard.bytes);
                content.correlation_id = parsed.call_id().unwrap_or_default();
                let masked = self.masking.message(&struck);
                content.payload = &masked;
                self.send(&content);
            }
            HeardKind::Rtcp => {
                for object in rtcp_json::objects(heard.bytes) {
                    let json = serde_json::to_vec(&object).unwrap_or_default();
                    let json = self.masking.other(&json);
                    content.payload_type = payload::RTCP_JSON;
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
        let payload = self.masking.other(content.payload);
        self.send(&Content {
            payload_type,
            payload: &payload,
            ..content
        });
    }

    /// Sends a frame, or puts it to those that go to the connection next.
    fn send(&mut self, content: &Content<'_>) {
        self.counts.offer_many(1);
        let Ok(frame) = frame::write(content, &self.agent) else {
            return self.counts.lose(Dropped::Refused, 1);
        };
        if !self.is_there() {
            return self.counts.lose(Dropped::GivenUp, 1);
        }
        match &mut self.link {
            Some(link) if link.is_datagrams() => match link.send(&frame) {
                Ok(()) => self.counts.deliver(1),
                Err(_) => self.counts.lose(Dropped::Refused, 1),
            },
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
                self.counts.lose(Dropped::GivenUp, self.n_bunch);
                break;
            }
            let sent = self.link.as_mut().map(|link| link.send(&self.bunch));
            if let Some(Ok(())) = sent {
                self.counts.deliver(self.n_bunch);
                break;
            }
            self.link = None;
        }
        self.bunch.clear();
        self.n_bunch = 0;
    }

    /// Sends reports, and says whether that was done: they come again if not.
    fn on_job(&mut self, job: &Job) {
        let result = self.try_job(&job.reports);
        // Who does not wait any more will bring them again.
        let _ = job.tell.send(result);
    }

    fn try_job(&mut self, reports: &[Report]) -> Result<(), String> {
        self.connect()?;
        let Some(link) = &mut self.link else {
            return Ok(());
        };
        let mut frames = Vec::new();
        for report in reports {
            let json = report.json();
            // Figures of one stream are never too long for a frame.
            let Ok(frame) = frame::write(&report.content(&json), &self.agent) else {
                continue;
            };
            frames.extend_from_slice(&frame);
            if link.is_datagrams() {
                // What the network refuses of datagrams nobody waits for.
                let _ = link.send(&frames);
                frames.clear();
            }
        }
        let sent = match frames.is_empty() {
            true => Ok(()),
            false => link.send(&frames),
        };
        sent.map_err(|error| {
            self.link = None;
            format!("{}: {error}", self.target)
        })
    }

    /// Waits until there is a way to the server; says `false` when the end has come and there is none.
    fn is_there(&mut self) -> bool {
        let mut wait = FIRST_WAIT;
        while self.link.is_none() {
            if self.last_tries == LAST_TRIES {
                return false;
            }
            if let Err(why) = self.connect() {
                if self.ends.load(Ordering::Acquire) {
                    self.last_tries += 1;
                    wait = FIRST_WAIT;
                }
                for job in self.jobs.try_iter() {
                    let _ = job.tell.send(Err(why.clone()));
                }
                self.count_unheard();
                thread::park_timeout(wait);
                wait = (wait * 2).min(LONGEST_WAIT);
            }
        }
        true
    }

    /// Connects, if there is no connection; the first failure is told, and that it is over.
    fn connect(&mut self) -> Result<(), String> {
        if self.link.is_some() {
            return Ok(());
        }
        match Link::open(&self.target, &self.trust) {
            Ok(link) => {
                self.link = Some(link);
                if self.in_the_way.take().is_some() {
                    tracing::info!(server = %self.target, "the capture server is back");
                }
                Ok(())
            }
            Err(error) => {
                let why = format!("{}: cannot connect: {error}", self.target);
                if self.in_the_way.replace(why.clone()).is_none() {
                    tracing::warn!(server = %self.target, %error, "cannot reach the capture server; trying again");
                }
                Err(why)
            }
        }
    }
}
