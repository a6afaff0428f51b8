//! What SIP messages say to the media index: session descriptions, and the ends of calls.

use std::net::SocketAddr;
use std::sync::Arc;

use smallvec::SmallVec;

use super::announcer::{MediaAnnouncer, Phase, Session as Known};
use crate::rtp::payload::{MediaKind, PayloadMap};
use crate::sdp::{Candidate, Media, Session};
use crate::sip::{Message, Method, StartLine};
use crate::track::event::Stamp;

/// Port pairs of one media description that are followed (RFC 8866, 5.14: hierarchically encoded streams).
const MAX_PORT_PAIRS: u16 = 4;

/// Where media is wanted, and what it may be.
struct Endpoint {
    address: SocketAddr,
    kind: MediaKind,
    formats: Arc<PayloadMap>,
}

impl MediaAnnouncer {
    /// Takes in one message, in the order of the frames.
    pub fn on_message(&mut self, stamp: Stamp, message: &Message<'_>) {
        let Some(call_id) = message.call_id_shown() else {
            return;
        };
        if self.is_after_the_end(call_id, message) {
            return;
        }
        if announces_media(message) {
            self.announce_all(stamp, call_id, message);
        }
        if let Some(news) = self.news(call_id, message) {
            self.enter(stamp, call_id, news);
        }
    }

    /// Whether the message belongs to a call that a BYE has ended: a late one, whose addresses are no longer the call's.
    /// A new INVITE uses the Call-ID anew.
    fn is_after_the_end(&mut self, call_id: &str, message: &Message<'_>) -> bool {
        let Some(known) = self.by_call.get_mut(call_id) else {
            return false;
        };
        if known.phase != Phase::Over {
            return false;
        }
        let anew = initial_invite(message).is_some_and(|invite| !known.began_with(&invite));
        if anew {
            known.phase = Phase::Trying;
            known.invite = None;
        }
        !anew
    }

    fn announce_all(&mut self, stamp: Stamp, call_id: &str, message: &Message<'_>) {
        let call_id: Arc<str> = match self.by_call.get_key_value(call_id) {
            Some((known, _)) => Arc::clone(known),
            None => call_id.into(),
        };
        message.read_sessions_sharing(&mut self.payload_maps);
        for session in message.sessions() {
            for endpoint in endpoints(session) {
                let Endpoint {
                    address,
                    kind,
                    formats,
                } = endpoint;
                let formats = self.payload_maps.share(formats);
                self.announce(stamp, address, &call_id, kind, &formats);
            }
            for address in rtcp_addresses(session) {
                self.announce_rtcp(address, &call_id);
            }
            self.note_fragments(stamp, &call_id, session);
        }
    }

    /// What the message says of how the call stands.
    fn news(&mut self, call_id: &str, message: &Message<'_>) -> Option<Phase> {
        let known = self.by_call.get_mut(call_id)?;
        let of_invite = message.cseq()?.method == Method::Invite;
        match message.start() {
            StartLine::Request {
                method: Method::Bye,
                ..
            } => Some(Phase::Over),
            StartLine::Request {
                method: Method::Invite,
                ..
            } => known.on_invite(message),
            StartLine::Response { code, .. } if of_invite => known.on_answer(code, message),
            _ => None,
        }
    }

    fn enter(&mut self, stamp: Stamp, call_id: &str, phase: Phase) {
        let Some(known) = self.by_call.get_mut(call_id) else {
            return;
        };
        let before = std::mem::replace(&mut known.phase, phase);
        match phase {
            Phase::Failed | Phase::Over => self.end(stamp, call_id),
            Phase::Up if before == Phase::Failed => self.revive(stamp, call_id),
            Phase::Up | Phase::Trying => {}
        }
    }
}

impl Known {
    fn began_with(&self, (seq, branch): &(u32, Box<[u8]>)) -> bool {
        self.invite
            .as_ref()
            .is_some_and(|(known_seq, known)| known_seq == seq && known == branch)
    }

    /// The INVITE that begins the call, and the one with credentials; not the same one on the next hop. An INVITE within
    /// a dialog says that the call was answered before the capture began.
    fn on_invite(&mut self, message: &Message<'_>) -> Option<Phase> {
        let Some(invite) = initial_invite(message) else {
            return Some(Phase::Up);
        };
        let newer = self.invite.as_ref().is_none_or(|(seq, _)| invite.0 > *seq);
        if newer && self.phase != Phase::Up {
            self.invite = Some(invite);
            return Some(Phase::Trying);
        }
        None
    }

    /// A 2xx, or a failure that is not a challenge and that the caller hears of: what fails on a later hop may be one
    /// branch of several. The failure of an INVITE within the dialog leaves the call as it is (RFC 3261, 14.1).
    fn on_answer(&self, code: u16, message: &Message<'_>) -> Option<Phase> {
        match code {
            200..=299 => Some(Phase::Up),
            300.. if self.phase == Phase::Trying && !matches!(code, 401 | 407) => {
                self.hears(message).then_some(Phase::Failed)
            }
            _ => None,
        }
    }

    fn hears(&self, message: &Message<'_>) -> bool {
        let branch = message.branch();
        match (&self.invite, branch) {
            (Some((_, known)), Some(branch)) if !known.is_empty() => **known == *branch,
            _ => true,
        }
    }
}

/// CSeq and branch of an INVITE outside a dialog; the branch may be empty.
fn initial_invite(message: &Message<'_>) -> Option<(u32, Box<[u8]>)> {
    let in_dialog = message.to_tag().is_some();
    let cseq = message
        .cseq()
        .filter(|cseq| cseq.method == Method::Invite)?;
    let branch = message.branch();
    (message.is_request() && !in_dialog).then(|| (cseq.seq, branch.unwrap_or_default().into()))
}

/// Where a session description says media goes, and what may come there, by address. Media that share an address (BUNDLE,
/// RFC 9143) are one endpoint: the kind is the first one's, the payload types are those of all.
fn endpoints(session: &Session) -> SmallVec<[Endpoint; 2]> {
    let mut endpoints = SmallVec::<[Endpoint; 2]>::new();
    for (number, media) in session
        .media
        .iter()
        .enumerate()
        .filter(|(_, media)| !media.is_disabled())
    {
        let formats = formats_of(media);
        for address in addresses(session.transport_of(number).unwrap_or(media)) {
            match endpoints.iter_mut().find(|known| known.address == address) {
                Some(known) => Arc::make_mut(&mut known.formats).complete_by(&formats),
                None => endpoints.push(Endpoint {
                    address,
                    kind: media.kind,
                    formats: Arc::clone(&formats),
                }),
            }
        }
    }
    endpoints.sort_unstable_by_key(|endpoint| endpoint.address);
    endpoints
}

/// What one media description says of its payload types.
pub(super) fn formats_of(media: &Media) -> Arc<PayloadMap> {
    let mut formats = Arc::clone(&media.payloads);
    if let Some(keying) = media.keying() {
        Arc::make_mut(&mut formats).keying = Some(keying);
    }
    formats
}

/// The addresses of one media description: its own, those of its further port pairs, and its ICE candidates for RTP.
fn addresses(media: &Media) -> impl Iterator<Item = SocketAddr> {
    let pairs = (0..media.port_count.min(MAX_PORT_PAIRS)).filter_map(|pair| {
        let first = media.rtp_addr()?;
        Some(SocketAddr::new(
            first.ip(),
            first.port().checked_add(2 * pair)?,
        ))
    });
    let candidates = media
        .candidates
        .iter()
        .filter(|candidate| candidate.is_udp && candidate.component == 1);
    pairs.chain(candidates.filter_map(Candidate::addr))
}

/// Where a session description says that RTCP goes, apart from media.
fn rtcp_addresses(session: &Session) -> impl Iterator<Item = SocketAddr> {
    let enabled = session
        .media
        .iter()
        .enumerate()
        .filter(|(_, media)| !media.is_disabled());
    enabled.flat_map(|(number, media)| {
        let media = session.transport_of(number).unwrap_or(media);
        let candidates = media
            .candidates
            .iter()
            .filter(|candidate| candidate.is_udp && candidate.component == 2);
        let own = media.rtcp_addr().filter(|_| media.rtcp.is_some());
        own.into_iter()
            .chain(candidates.filter_map(Candidate::addr))
    })
}

/// Whether SDP in this message is part of an offer or an answer of a session (RFC 3261, 13.2.1; RFC 3262, 5;
/// RFC 3311, 5.1) and not, say, the answer to an OPTIONS, or what a 488 says would have been possible.
fn announces_media(message: &Message<'_>) -> bool {
    let method = message.cseq().map(|cseq| cseq.method);
    let refused = message.start().code().is_some_and(|code| code >= 300);
    !refused
        && matches!(
            method,
            Some(Method::Invite | Method::Ack | Method::Prack | Method::Update)
        )
}
