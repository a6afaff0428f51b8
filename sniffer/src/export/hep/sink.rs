//! The sink for what was measured of streams. Messages come by a feed, and go the same way.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, Thread};
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, Sender, bounded};

use super::courier::{Courier, Job};
use super::frame::Agent;
use super::report::Report;
use super::target::Target;
use crate::export::masking::Masking;
use crate::export::{Counts, Failure, Sink, steady, trust};
use crate::pipeline::{Feed, feed};
use crate::record::Record;

/// Messages that may wait while the server is away.
const MOST_MESSAGES: usize = 8192;

/// How long the courier may take over a batch: longer than it takes to connect in vain.
const PATIENCE: Duration = Duration::from_secs(15);

/// Where frames go, and who sends them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HepSettings {
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

/// See the module.
#[derive(Debug)]
pub struct Hep {
    jobs: Sender<Job>,
    ends: Arc<AtomicBool>,
    courier: Thread,
    ended: Receiver<()>,
}

impl Hep {
    /// Starts the thread that sends, behind `masking`; gives the feed that takes messages to it, and their counts.
    ///
    /// # Errors
    /// When the authorities for TLS cannot be read.
    pub fn start(
        settings: HepSettings,
        masking: Masking,
    ) -> Result<(Hep, Feed, Arc<Counts>), StartError> {
        let path = settings.authorities.as_deref();
        let trust = trust(path).map_err(|source| StartError::Trust {
            path: settings.authorities.clone().unwrap_or_default(),
            source,
        })?;
        let (feed, messages, unheard) = feed(MOST_MESSAGES);
        let (job_sender, jobs) = bounded(1);
        let (tell, ended) = bounded(1);
        let (counts, ends) = (Arc::<Counts>::default(), Arc::<AtomicBool>::default());
        let agent = Agent {
            id: settings.agent_id,
            name: settings.agent_name,
            password: settings.password,
        };
        let courier = Courier::new(settings.target, agent, trust)
            .with(messages, unheard, Arc::clone(&counts))
            .with_jobs(jobs, Arc::clone(&ends))
            .masked_by(masking);
        let thread = thread::Builder::new()
            .name("hep-courier".to_owned())
            .spawn(move || {
                courier.run();
                // Nobody waits for it once its time is up.
                let _ = tell.send(());
            })?;
        let hep = Hep {
            jobs: job_sender,
            ends,
            courier: thread.thread().clone(),
            ended,
        };
        Ok((hep, feed, counts))
    }
}

impl Sink for Hep {
    fn deliver(&mut self, records: &[Arc<Record>], _: &Counts) -> Result<(), Failure> {
        let reports: Vec<Report> = records.iter().filter_map(|one| Report::of(one)).collect();
        if reports.is_empty() {
            return Ok(());
        }
        let gone = |_| Failure::Permanent("the thread that sends HEP has ended".to_owned());
        let (tell, told) = bounded(1);
        self.jobs.send(Job { reports, tell }).map_err(gone)?;
        match told.recv_timeout(PATIENCE) {
            Ok(result) => result.map_err(Failure::Retryable),
            Err(_) => Err(Failure::Retryable(
                "the capture server is too slow".to_owned(),
            )),
        }
    }

    /// Sends what still waits of the messages, too.
    fn close(&mut self, deadline: Instant, _: &Counts) -> Result<(), Failure> {
        self.ends.store(true, Ordering::Release);
        self.courier.unpark();
        let left = deadline.saturating_duration_since(steady());
        let late = |_| Failure::Permanent("messages still wait for the capture server".to_owned());
        self.ended.recv_timeout(left).map_err(late)
    }
}
