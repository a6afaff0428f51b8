//! What each stage costs for one packet or message: `cargo bench --bench stages`.
//!
//! Figures depend on the machine and on what else it does; compare within one run only. `benches/runs` keeps raw results.

use std::hint::black_box;
use std::net::SocketAddr;
use std::ops::ControlFlow;
use std::sync::Arc;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use sniffer::classify::classify;
use sniffer::decode::{Decoder, Frame, Limits, LinkType};
use sniffer::metrics::{Choice, Exemplars, Format, Host, Tally, families, write};
use sniffer::pipeline::{Keys, Observer, ReplayOptions, replay_surveyed};
use sniffer::quality::emodel::narrowband;
use sniffer::record::Record;
use sniffer::rtp::payload::{MediaKind, PayloadMap};
use sniffer::sdp::Session;
use sniffer::sip::Message;
use sniffer::time::{Span, Timestamp};
use sniffer::track::event::{PayloadHead, RtpEvent, Stamp};
use sniffer::track::kpi::Scopes;
use sniffer::track::media_index::{MediaAnnouncer, MediaIndex};
use sniffer::track::stream::Stream;
use sniffer::track::{QualitySettings, Settings};

const INVITE: &str = "INVITE sip:+15555550142@example.org SIP/2.0\r\n\
    Via: SIP/2.0/UDP 192.0.2.10:5060;branch=z9hG4bK776asdhds;rport\r\n\
    Max-Forwards: 70\r\n\
    From: \"Alice\" <sip:+15555550101@example.com>;tag=1928301774\r\n\
    To: <sip:+15555550142@example.org>\r\n\
    Call-ID: a84b4c76e66710@192.0.2.10\r\n\
    CSeq: 314159 INVITE\r\n\
    Contact: <sip:+15555550101@192.0.2.10:5060>\r\n\
    Allow: INVITE, ACK, CANCEL, OPTIONS, BYE, REFER, NOTIFY, INFO\r\n\
    User-Agent: Example Phone 3.1\r\n\
    Content-Type: application/sdp\r\n\
    Content-Length: 151\r\n\r\n\
    v=0\r\no=- 1 1 IN IP4 192.0.2.10\r\ns=-\r\nc=IN IP4 192.0.2.10\r\nt=0 0\r\n\
    m=audio 16384 RTP/AVP 0 8 101\r\na=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-15\r\n\r\n";

/// An Ethernet frame with one G.711 packet of RTP in UDP over IPv4.
fn rtp_frame() -> Vec<u8> {
    let mut rtp = vec![0x80, 0, 0, 1, 0, 0, 0, 160, 0, 0, 0xab, 0xcd];
    rtp.resize(12 + 160, 0xff);
    let builder = etherparse::PacketBuilder::ethernet2([2; 6], [4; 6])
        .ipv4([192, 0, 2, 10], [198, 51, 100, 20], 64)
        .udp(16384, 16386);
    let mut frame = Vec::new();
    builder
        .write(&mut frame, &rtp)
        .expect("the packet fits its length fields");
    frame
}

fn rtp_event(n: u32) -> RtpEvent {
    let src = SocketAddr::from(([192, 0, 2, 10], 16384));
    let dst = SocketAddr::from(([198, 51, 100, 20], 16386));
    RtpEvent {
        at: Timestamp::default() + Span::from_millis(20 * i64::from(n)),
        src,
        dst,
        ssrc: 0xabcd,
        ts: n.wrapping_mul(160),
        seq: n as u16,
        payload_len: 160,
        padding_len: 0,
        pt: 0,
        marker: n == 0,
        head: PayloadHead::default(),
        dscp: None,
    }
}

/// The media address of one side of a call.
fn address(call: u32, side: u8) -> SocketAddr {
    let [_, a, b, c] = call.to_be_bytes();
    SocketAddr::from(([10, a, b, c], 10_000 + u16::from(side)))
}

/// An index in which so many calls have announced both sides, and a moment after that.
fn index_of(calls: u32) -> (Arc<MediaIndex>, Stamp) {
    let index = Arc::new(MediaIndex::default());
    let mut announcer = MediaAnnouncer::new(Arc::clone(&index));
    let stamp = Stamp {
        frame: 1,
        clock: Timestamp::default(),
    };
    let formats = Arc::new(PayloadMap::default());
    for call in 0..calls {
        let call_id = Arc::from(format!("{call}@example.com"));
        for side in 0..2 {
            let address = address(call, side);
            announcer.announce(stamp, address, &call_id, MediaKind::Audio, &formats);
        }
    }
    let clock = stamp.clock + Span::from_secs(1);
    (index, Stamp { frame: 2, clock })
}

fn stages(criterion: &mut Criterion) {
    let bytes = rtp_frame();
    let frame = Frame {
        at: Timestamp::default(),
        link: LinkType::ETHERNET,
        interface: 0,
        original_len: bytes.len() as u32,
        bytes: &bytes,
    };
    let mut decoder = Decoder::new(Limits::default());
    criterion.bench_function("decode an RTP frame", |b| {
        b.iter(|| {
            matches!(
                decoder.decode(black_box(&frame)),
                sniffer::decode::Decoded::Packet(_)
            )
        });
    });
    let payload = &bytes[42..];
    criterion.bench_function("classify an RTP packet", |b| {
        b.iter(|| classify(black_box(payload), payload.len()));
    });
    criterion.bench_function("index a SIP message", |b| {
        b.iter(|| Message::parse(black_box(INVITE.as_bytes())).map(|message| message.is_request()));
    });
    criterion.bench_function("index a SIP message with rsip", |b| {
        b.iter(|| rsip::SipMessage::try_from(black_box(INVITE.as_bytes())));
    });
    let sdp = Message::parse(INVITE.as_bytes())
        .expect("it is well-formed")
        .body();
    criterion.bench_function("parse SDP", |b| {
        b.iter(|| Session::parse(black_box(sdp)));
    });
    let mut stream = Stream::new(&rtp_event(0));
    let quality = QualitySettings::default();
    let mut n = 0;
    criterion.bench_function("update a stream", |b| {
        b.iter(|| {
            stream.on_rtp(black_box(&rtp_event(n)), None, &quality);
            n = n.wrapping_add(1);
        });
    });
    let (index, stamp) = index_of(100_000);
    let mut call = 0;
    criterion.bench_function("find the call of a stream among 100,000", |b| {
        b.iter(|| {
            call = (call + 7919) % 100_000;
            let (src, dst) = (address(call, 0), address(call, 1));
            index.owner(black_box(src), black_box(dst), stamp)
        });
    });
    criterion.bench_function("rate by the E-model", |b| {
        b.iter(|| black_box(narrowband::Inputs::default()).rate());
    });
}

/// Packets of the capture that the pipeline is measured with.
const PACKETS: u32 = 100_000;

/// A capture of streams of G.711, a hundred at once.
fn capture() -> tempfile::NamedTempFile {
    let mut frame = rtp_frame();
    let mut file = vec![0xd4, 0xc3, 0xb2, 0xa1, 2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0];
    file.extend(65_535_u32.to_le_bytes());
    file.extend(1_u32.to_le_bytes());
    for n in 0..PACKETS {
        let (stream, packet) = (n % 100, n / 100);
        // From port, sequence number, time stamp and SSRC.
        frame[34..36].copy_from_slice(&(10_000 + 2 * stream as u16).to_be_bytes());
        frame[44..46].copy_from_slice(&(packet as u16).to_be_bytes());
        frame[46..50].copy_from_slice(&(packet * 160).to_be_bytes());
        frame[50..54].copy_from_slice(&stream.to_be_bytes());
        let micros = packet * 20_000 + stream * 200;
        for word in [micros / 1_000_000, micros % 1_000_000] {
            file.extend(word.to_le_bytes());
        }
        for _ in 0..2 {
            file.extend((frame.len() as u32).to_le_bytes());
        }
        file.extend(&frame);
    }
    let capture = tempfile::NamedTempFile::new().expect("there is room for a capture");
    std::fs::write(capture.path(), file).expect("the capture can be written");
    capture
}

/// Shows nothing and keeps nothing.
struct Nobody(Tally);

impl Observer for Nobody {
    fn on_record(&mut self, record: Record) -> ControlFlow<(), Option<Record>> {
        self.0.on_record(&record);
        ControlFlow::Continue(None)
    }
}

fn pipeline(criterion: &mut Criterion) {
    let capture = capture();
    let files = [capture.path().to_owned()];
    let options = ReplayOptions {
        workers: 1,
        dedup: true,
        ladders_for: Vec::new(),
        settings: Settings::default(),
        keys: Keys::default(),
        feeds: Vec::new(),
    };
    let run = || {
        let mut nobody = Nobody(Tally::new(&Scopes::default()));
        let done = replay_surveyed(&files, &options, &mut nobody);
        (done.expect("the capture can be read").1, nobody.0)
    };
    let (survey, mut tally) = run();
    let mut group = criterion.benchmark_group("pipeline");
    group.throughput(Throughput::Elements(PACKETS.into()));
    group.sample_size(20);
    group.bench_function("from file to stream, a packet", |b| b.iter(run));
    group.finish();
    criterion.bench_function("a snapshot of all metrics, written", |b| {
        b.iter(|| {
            let page = families(&survey, &mut tally, &Host::default(), Choice::default());
            write(&page, &Exemplars::default(), Format::Text).len()
        });
    });
}

criterion_group!(benches, stages, pipeline);
criterion_main!(benches);
