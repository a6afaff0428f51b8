//! What stands in Redis: keys, and values as JSON. What cannot be read is left, whoever wrote it.

use std::net::SocketAddr;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::quality::bunch::Bunch;
use crate::record::StreamId;
use crate::rtp::Keying;
use crate::rtp::payload::{MediaKind, PayloadFormat, PayloadMap};
use crate::time::{Span, Timestamp};
use crate::track::mail::{Mail, StreamNews, StreamTraits};
use crate::track::media_index::{Peer, PeerClaim};
use crate::track::stream::SliceScores;

/// Bytes of a value that are read at most.
const LONGEST: usize = 64 << 10;

/// Calls of one address that are taken from one node.
const CLAIMS: usize = 8;

/// Payload types there are (RFC 3550, 5.1).
const PAYLOAD_TYPES: usize = 128;

/// Groups that keys are spread over: each lies on one node of a cluster, so that what concerns it travels together.
pub(super) const GROUPS: u8 = 64;

/// The keys of one fleet.
#[derive(Clone, Debug)]
pub(super) struct Keys {
    pub(super) prefix: String,
}

impl Keys {
    /// The hash of what nodes say about an address, and its group.
    pub(super) fn media(&self, address: SocketAddr) -> (u8, String) {
        let group = group(&address.to_string());
        let prefix = &self.prefix;
        (group, format!("{prefix}:{{{group:02}}}:media:{address}"))
    }

    /// The list of mails to a node, and its group.
    pub(super) fn mail(&self, peer: &str) -> (u8, String) {
        let group = group(peer);
        let prefix = &self.prefix;
        (group, format!("{prefix}:{{{group:02}}}:mail:{peer}"))
    }
}

/// FNV-1a, the same on every node.
fn group(text: &str) -> u8 {
    let hash = text.bytes().fold(0x811c_9dc5_u32, |hash, byte| {
        (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193)
    });
    (hash % u32::from(GROUPS)) as u8
}

/// All that a node says about an address.
#[derive(Serialize, Deserialize)]
struct Said {
    /// The node's name, for those who look into Redis.
    node: String,
    claims: Vec<Claim>,
}

#[derive(Serialize, Deserialize)]
struct Claim {
    call_id: Arc<str>,
    kind: String,
    /// Nanoseconds since 1970, as all times here.
    began: i64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    ended: Option<i64>,
    formats: Vec<Format>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    ptime_ms: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    keying: Option<String>,
}

#[derive(Serialize, Deserialize)]
struct Format {
    pt: u8,
    encoding: String,
    clock_hz: u32,
    channels: u8,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    fmtp: Option<Arc<str>>,
    kind: String,
}

/// Writes down what a node says about an address.
pub(super) fn write_claims(node: &str, claims: &[PeerClaim]) -> Vec<u8> {
    let said = Said {
        node: node.to_owned(),
        claims: claims.iter().map(Claim::of).collect(),
    };
    // Nothing in it can fail to be written.
    serde_json::to_vec(&said).unwrap_or_default()
}

/// Reads what [`write_claims`] wrote.
pub(super) fn read_claims(bytes: &[u8]) -> Option<Vec<PeerClaim>> {
    let said: Said = read(bytes)?;
    let claims = said.claims.into_iter().take(CLAIMS);
    Some(claims.map(Claim::read).collect())
}

impl Claim {
    fn of(claim: &PeerClaim) -> Claim {
        let format = |(pt, format): (u8, &PayloadFormat)| Format {
            pt,
            encoding: format.encoding.to_string(),
            clock_hz: format.clock_hz,
            channels: format.channels,
            fmtp: format.fmtp.clone(),
            kind: format.kind.name().to_owned(),
        };
        Claim {
            call_id: Arc::clone(&claim.call_id),
            kind: claim.kind.name().to_owned(),
            began: claim.began.as_nanos(),
            ended: claim.ended.map(Timestamp::as_nanos),
            formats: claim.formats.iter().map(format).collect(),
            ptime_ms: claim.formats.ptime_ms,
            keying: claim.formats.keying.map(|keying| keying.name().to_owned()),
        }
    }

    fn read(self) -> PeerClaim {
        let mut formats = PayloadMap::default();
        formats.ptime_ms = self.ptime_ms;
        formats.keying = self.keying.as_deref().map(keying);
        for format in self.formats.into_iter().take(PAYLOAD_TYPES) {
            let meant = PayloadFormat {
                encoding: format.encoding.as_str().into(),
                clock_hz: format.clock_hz,
                channels: format.channels,
                fmtp: format.fmtp,
                kind: MediaKind::from_name(&format.kind),
            };
            formats.insert(format.pt, meant);
        }
        PeerClaim {
            call_id: self.call_id,
            kind: MediaKind::from_name(&self.kind),
            formats: Arc::new(formats),
            began: Timestamp::from_nanos(self.began),
            ended: self.ended.map(Timestamp::from_nanos),
        }
    }
}

fn keying(name: &str) -> Keying {
    let all = [Keying::Sdes, Keying::Mikey, Keying::Dtls, Keying::Zrtp];
    let named = all.into_iter().find(|keying| keying.name() == name);
    named.unwrap_or(Keying::Unknown)
}

/// What a stream says to its call on another node.
#[derive(Serialize, Deserialize)]
struct Letter {
    from: Box<str>,
    call_id: Arc<str>,
    ssrc: u32,
    src: SocketAddr,
    dst: SocketAddr,
    news: News,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum News {
    Joined { start: i64 },
    Left,
    Closed(Box<Closed>),
}

#[derive(Serialize, Deserialize)]
struct Closed {
    mos: Option<f64>,
    intervals: [f64; 3],
    rtt_ms: Option<f64>,
    end: i64,
    silent_since: i64,
    packets: u64,
    highest_seq: u16,
    payload_types: u128,
    media_types: u128,
    packet_ms: Option<u32>,
    pace_ms: Option<(u32, u32)>,
    /// When, how late in nanoseconds, how many packets.
    bunch: Option<(i64, i64, u32)>,
    audio: bool,
}

/// Writes down a mail of the node `from`.
pub(super) fn write_mail(from: &str, mail: &Mail) -> Vec<u8> {
    let letter = Letter {
        from: from.into(),
        call_id: Arc::clone(&mail.call_id),
        ssrc: mail.stream.ssrc,
        src: mail.stream.src,
        dst: mail.stream.dst,
        news: News::of(&mail.news),
    };
    // Nothing in it can fail to be written.
    serde_json::to_vec(&letter).unwrap_or_default()
}

/// Reads what [`write_mail`] wrote; whoever takes it in says at which moment.
pub(super) fn read_mail(bytes: &[u8]) -> Option<Mail> {
    let letter: Letter = read(bytes)?;
    Some(Mail {
        call_id: letter.call_id,
        at: Timestamp::default(),
        stream: StreamId {
            ssrc: letter.ssrc,
            src: letter.src,
            dst: letter.dst,
        },
        news: letter.news.read(),
        peer: Some(Arc::new(Peer { name: letter.from })),
    })
}

impl News {
    fn of(news: &StreamNews) -> News {
        match news {
            StreamNews::Joined { start } => News::Joined {
                start: start.as_nanos(),
            },
            StreamNews::Left => News::Left,
            StreamNews::Closed {
                mos,
                intervals,
                rtt_ms,
                end,
                silent_since,
                traits,
            } => News::Closed(Box::new(Closed {
                mos: *mos,
                intervals: intervals.parts(),
                rtt_ms: *rtt_ms,
                end: end.as_nanos(),
                silent_since: silent_since.as_nanos(),
                packets: traits.packets,
                highest_seq: traits.highest_seq,
                payload_types: traits.payload_types,
                media_types: traits.media_types,
                packet_ms: traits.packet_ms,
                pace_ms: traits.pace_ms,
                bunch: traits
                    .bunch
                    .map(|bunch| (bunch.at.as_nanos(), bunch.late.as_nanos(), bunch.packets)),
                audio: traits.audio,
            })),
        }
    }

    fn read(self) -> StreamNews {
        match self {
            News::Joined { start } => StreamNews::Joined {
                start: Timestamp::from_nanos(start),
            },
            News::Left => StreamNews::Left,
            News::Closed(closed) => StreamNews::Closed {
                mos: closed.mos,
                intervals: SliceScores::from_parts(closed.intervals),
                rtt_ms: closed.rtt_ms,
                end: Timestamp::from_nanos(closed.end),
                silent_since: Timestamp::from_nanos(closed.silent_since),
                traits: StreamTraits {
                    packets: closed.packets,
                    highest_seq: closed.highest_seq,
                    payload_types: closed.payload_types,
                    media_types: closed.media_types,
                    packet_ms: closed.packet_ms,
                    pace_ms: closed.pace_ms,
                    bunch: closed.bunch.map(|(at, late, packets)| Bunch {
                        at: Timestamp::from_nanos(at),
                        late: Span::from_nanos(late),
                        packets,
                    }),
                    audio: closed.audio,
                },
            },
        }
    }
}

fn read<'b, T: Deserialize<'b>>(bytes: &'b [u8]) -> Option<T> {
    (bytes.len() <= LONGEST)
        .then(|| serde_json::from_slice(bytes).ok())
        .flatten()
}
