//! The sink: a batch of records becomes requests for traces, for logs, and for gauges where these are wanted.

use std::collections::VecDeque;
use std::io;
use std::sync::Arc;

use super::client::{Answer, Client, Request};
use super::requests::{log_requests, metrics_requests, trace_requests};
use super::waiting::{Leg, Waiting};
use super::{OtelSettings, gauges, log, trace};
use crate::export::{Counts, Dropped, Failure, Sink};
use crate::record::{CallRecord, Record};

/// See the module.
#[derive(Debug)]
pub struct Otel {
    settings: OtelSettings,
    client: Client,
    waiting: Waiting,
    /// The batch that is being sent: its first record and its length.
    batch: Option<(Arc<Record>, usize)>,
    /// What is still to be sent of it.
    requests: VecDeque<Request>,
    /// The refusal of a part of it.
    refused: Option<Failure>,
    /// What the collector had to say of parts that it left out.
    remark: Option<Failure>,
    items: Arc<Counts>,
}

impl Otel {
    /// A sink that connects when it has something to send.
    ///
    /// # Errors
    /// Where the certificates that TLS trusts cannot be read, or a header is none.
    pub fn new(settings: OtelSettings) -> io::Result<Otel> {
        Ok(Otel {
            client: Client::new(&settings)?,
            settings,
            waiting: Waiting::default(),
            batch: None,
            requests: VecDeque::new(),
            refused: None,
            remark: None,
            items: Arc::default(),
        })
    }

    /// What became of spans, log records and points of gauges, one by one.
    pub fn items(&self) -> &Arc<Counts> {
        &self.items
    }

    fn prepare(&mut self, records: &[Arc<Record>]) {
        self.items.lose(Dropped::GivenUp, left(&self.requests));
        let instance = self.settings.instance.as_deref();
        let are_wanted = self.settings.call_gauges;
        let gauges = |leg: &Leg, call: Option<&CallRecord>| match are_wanted {
            true => gauges::of(leg, call, instance),
            false => Vec::new(),
        };
        let (mut spans, mut logs, mut points) = (Vec::new(), Vec::new(), Vec::new());
        for record in records {
            logs.extend(log::of(record, instance));
            match &**record {
                Record::Interval(interval) => self.waiting.note(interval),
                Record::Stream(stream) => {
                    let Some((leg, call)) = self.waiting.keep(stream) else {
                        continue;
                    };
                    let call = call.as_deref().and_then(as_call);
                    points.extend(gauges(&leg, call));
                    spans.extend(call.map(|call| trace::late(call, stream, instance)));
                }
                Record::Call(call) => {
                    let legs = self.waiting.take(&call.call_id, record);
                    points.extend(legs.iter().flat_map(|leg| gauges(leg, Some(call))));
                    let streams: Vec<_> = legs.into_iter().map(|leg| leg.stream).collect();
                    spans.extend(trace::spans(call, &streams, instance));
                }
                _ => {}
            }
        }
        self.requests = trace_requests(&self.settings, spans)
            .chain(log_requests(&self.settings, logs))
            .chain(metrics_requests(&self.settings, points))
            .collect();
        self.items.offer_many(left(&self.requests));
    }

    /// Takes note of an answer that is not to be waited for again.
    fn settle(&mut self, n: u64, answer: Result<Answer, Failure>) {
        match answer {
            Ok(Answer { rejected, message }) => {
                let rejected = rejected.min(n);
                self.items.deliver(n - rejected);
                self.items.lose(Dropped::Refused, rejected);
                let remark = format!(
                    "{}: {rejected} items left out: {message}",
                    self.settings.endpoint
                );
                if rejected > 0 {
                    self.remark = Some(Failure::Permanent(remark));
                }
            }
            Err(failure) => {
                self.items.lose(Dropped::Refused, n);
                self.refused = Some(failure);
            }
        }
    }
}

fn as_call(record: &Record) -> Option<&CallRecord> {
    match record {
        Record::Call(call) => Some(call),
        _ => None,
    }
}

fn left(requests: &VecDeque<Request>) -> u64 {
    requests.iter().map(Request::n_items).sum()
}

impl Sink for Otel {
    /// A batch that comes again goes on where it stopped: what the collector has taken is not sent twice. What it refuses keeps nothing else
    /// from being sent.
    fn deliver(&mut self, records: &[Arc<Record>], _: &Counts) -> Result<(), Failure> {
        let Some(first) = records.first() else {
            return Ok(());
        };
        let is_it =
            |(known, n): &(Arc<Record>, usize)| Arc::ptr_eq(known, first) && *n == records.len();
        if !self.batch.as_ref().is_some_and(is_it) {
            self.prepare(records);
            self.batch = Some((Arc::clone(first), records.len()));
        }
        while let Some(request) = self.requests.front() {
            let (n, answer) = (request.n_items(), self.client.send(request));
            if answer.as_ref().is_err_and(Failure::is_retryable) {
                self.items.retry();
                return answer.map(|_| ());
            }
            self.requests.pop_front();
            self.settle(n, answer);
        }
        self.batch = None;
        self.refused.take().map_or(Ok(()), Err)
    }

    fn tend(&mut self, _: &Counts) -> Result<(), Failure> {
        self.remark.take().map_or(Ok(()), Err)
    }
}
