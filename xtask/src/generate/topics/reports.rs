//! Voice quality reports that endpoints send in SIP (RFC 6035), about a call and beside it.

use std::net::SocketAddr;

use crate::generate::call::Call;
use crate::generate::demo::{carrier, company};
use crate::generate::rng::Rng;
use crate::generate::rtp::{Network, PCMU};
use crate::generate::sip::{Agent, Dialog, Extra, Side, Transaction};
use crate::generate::tape::{Moment, Tape, ms};

/// A call about which the caller's side publishes reports, and the callee's notifies of an alert. One report comes twice,
/// one is about a call nobody saw, and one says nothing.
pub(crate) fn quality_reports(tape: &mut Tape) {
    let alice = company("Alice", "+15555550101");
    let bob = carrier("Bob", "+15555550142");
    let about = play_call(tape, &alice, &bob);
    let mut by_alice = Reporter::new(tape, 25, &alice);
    let mut by_bob = Reporter::new(tape, 26, &bob);
    by_alice.send(tape, ms(3500), "PUBLISH", &about.interval());
    by_bob.send(tape, ms(4000), "NOTIFY", &about.alert());
    let last = by_alice.send(tape, ms(5100), "PUBLISH", &about.session());
    by_alice.repeat(tape, ms(5600), &last, &about.session());
    let unseen = About {
        call_id: "unseen@example.com".to_owned(),
        ..about
    };
    by_alice.send(tape, ms(6000), "PUBLISH", &unseen.interval());
    by_alice.send(tape, ms(6200), "PUBLISH", "VQSessionReport: CallTerm\r\n");
}

fn play_call(tape: &mut Tape, alice: &Agent, bob: &Agent) -> About {
    let mut call = Call::new(tape, 24, alice, bob);
    let invite = call.invite(tape, ms(0), &PCMU, false);
    call.respond(tape, ms(300), &invite, "180 Ringing", &Extra::NONE);
    call.accept(tape, ms(1000), &invite, &PCMU);
    let mut sources = [Side::Caller, Side::Callee].map(|by| call.source(by, &PCMU, Network::Clean));
    for source in &mut sources {
        source.talk(tape, &mut call.rng, ms(1020), ms(4980));
    }
    let about = About {
        call_id: call.dialog.call_id.clone(),
        ends: call.media,
        ssrcs: [&sources[0], &sources[1]].map(|source| source.ssrc),
        users: [alice.aor(), bob.aor()],
    };
    for source in sources {
        source.finish(tape, None);
    }
    call.hang_up(tape, ms(5000), Side::Caller);
    call.truth.pdd_ms = Some(300.0);
    call.truth.setup_ms = Some(1000.0);
    call.truth.duration_s = Some(4.0);
    call.finish(tape, "answered");
    about
}

/// What reports are about, the caller first.
struct About {
    call_id: String,
    ends: [SocketAddr; 2],
    ssrcs: [u32; 2],
    users: [String; 2],
}

impl About {
    /// The caller's report on the whole call, with every line there is; its peer told what it received.
    fn session(&self) -> String {
        let metrics = "SessionDesc:PT=0 PD=PCMU SR=8000 FD=20 FO=160 FPP=1 PPS=50 FMTP=\"vad=no\" PLC=3 SSUP=off\r\n\
            JitterBuffer:JBA=3 JBR=2 JBN=40 JBM=80 JBX=120\r\nPacketLoss:NLR=0.0 JDR=1.5\r\n\
            BurstGapLoss:BLD=12.5 BD=160 GLD=0.8 GD=3800 GMIN=16\r\nDelay:RTD=62 ESD=44 OWD=31 SOWD=75 IAJ=2.5 MAJ=3\r\n\
            Signal:SL=-21 NL=-62 RERL=55\r\n\
            QualityEst:RLQ=90 RCQ=88 EXTRI=87 EXTRO=86 MOSLQ=4.2 MOSCQ=4.1 QoEEstAlg=P.564\r\n";
        format!(
            "VQSessionReport: CallTerm\r\n{}{}LocalMetrics:\r\n{}{metrics}RemoteMetrics:\r\nPacketLoss:NLR=0.0 JDR=0.0\r\n\
             Delay:RTD=62\r\nSignal:RERL=127\r\nQualityEst:MOSLQ=4.4 MOSCQ=4.3\r\n\
             DialogID:{};to-tag=8472761;from-tag=9123dh311\r\n",
            self.session_lines(0),
            "LocalGroup:phones\r\nRemoteGroup:carrier\r\nLocalMAC:02:00:00:00:00:0a\r\nRemoteMAC:02:00:00:00:00:14\r\n",
            times(1, 5),
            self.call_id,
        )
    }

    /// The caller's report on a part of the call.
    fn interval(&self) -> String {
        let lines = self.session_lines(0);
        let times = times(1, 3);
        format!("VQIntervalReport\r\n{lines}LocalMetrics:\r\n{times}PacketLoss:NLR=0.0 JDR=2.0\r\n")
    }

    /// The callee's alert, in the form in which some telephones write it.
    fn alert(&self) -> String {
        let lines = self.session_lines(1);
        format!(
            "VQAlertReport\r\nType=RTD Severity=Warning Dir=local\r\nMetrics:\r\n{lines}Delay:RTD=62\r\n"
        )
    }

    fn session_lines(&self, local: usize) -> String {
        let remote = 1 - local;
        let end = |side: usize| {
            let (end, ssrc) = (self.ends[side], self.ssrcs[side]);
            format!("IP={} PORT={} SSRC=0x{ssrc:08x}", end.ip(), end.port())
        };
        format!(
            "CallID:{}\r\nLocalID:<{}>\r\nRemoteID:<{}>\r\nOrigID:<{}>\r\nLocalAddr:{}\r\nRemoteAddr:{}\r\n",
            self.call_id,
            self.users[local],
            self.users[remote],
            self.users[0],
            end(local),
            end(remote),
        )
    }
}

/// Seconds after the capture began.
fn times(from: u32, until: u32) -> String {
    format!("Timestamps:START=2024-01-15T09:00:{from:02}Z STOP=2024-01-15T09:00:{until:02}Z\r\n")
}

/// Where reports are gathered.
fn collector() -> Agent {
    Agent {
        name: "Collector",
        user: "quality",
        domain: "example.com",
        product: "Example Collector 1.0",
        addr: SocketAddr::from(([192, 0, 2, 30], 5060)),
    }
}

/// An endpoint that sends its reports to a collector, with a Call-ID of their own.
struct Reporter {
    dialog: Dialog,
    rng: Rng,
}

impl Reporter {
    fn new(tape: &mut Tape, seed: u64, agent: &Agent) -> Self {
        let mut rng = Rng::new(seed);
        tape.truth.call_ids += 1;
        Reporter {
            dialog: Dialog::new(&mut rng, agent, &collector()),
            rng,
        }
    }

    fn send(&mut self, tape: &mut Tape, at: Moment, method: &str, body: &str) -> Transaction {
        let transaction = self.dialog.begin(&mut self.rng, Side::Caller, method);
        self.repeat(tape, at, &transaction, body);
        let (src, dst) = (self.dialog.callee.addr, self.dialog.caller.addr);
        let answer = self.dialog.response(&transaction, "200 OK", &Extra::NONE);
        tape.sip(at + ms(60), src, dst, &answer);
        transaction
    }

    /// Puts the request of a transaction on the tape, for the first time or once more.
    fn repeat(&self, tape: &mut Tape, at: Moment, of: &Transaction, body: &str) {
        let event = ["Event: vq-rtcpxr".to_owned()];
        let request = self.dialog.request(of, &Extra::headers(&event));
        let head = request.replace("Content-Length: 0\r\n\r\n", "");
        let message = format!(
            "{head}Content-Type: application/vq-rtcpxr\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        );
        let (src, dst) = (self.dialog.caller.addr, self.dialog.callee.addr);
        tape.sip(at, src, dst, &message);
    }
}
