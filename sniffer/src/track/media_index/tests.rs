//! Announcements and look-ups by hand.

use super::*;
use crate::rtp::payload::PayloadFormat;
use crate::track::Limits;

struct Desk {
    index: Arc<MediaIndex>,
    announcer: MediaAnnouncer,
}

fn desk() -> Desk {
    let index = Arc::new(MediaIndex::default());
    Desk {
        announcer: MediaAnnouncer::new(Arc::clone(&index)),
        index,
    }
}

fn addr(text: &str) -> SocketAddr {
    text.parse().expect("the test writes addresses")
}

fn at(secs: i64) -> Stamp {
    Stamp {
        frame: secs as u64,
        clock: Timestamp::from_secs_nanos(secs, 0),
    }
}

impl Desk {
    fn announce(&mut self, secs: i64, address: &str, call: &str) {
        self.announcer.announce(
            at(secs),
            addr(address),
            &call.into(),
            MediaKind::Audio,
            &Arc::default(),
        );
    }

    fn owner(&self, secs: i64, src: &str, dst: &str) -> Option<String> {
        self.index
            .owner(addr(src), addr(dst), at(secs))
            .map(|owner| owner.call_id.to_string())
    }
}

const A: &str = "192.0.2.1:4000";
const B: &str = "192.0.2.2:5000";

#[test]
fn an_answer_holds_from_its_frame_on() {
    let mut desk = desk();
    desk.announce(10, A, "one");
    assert_eq!(desk.owner(9, B, A), None);
    assert_eq!(desk.owner(10, B, A).as_deref(), Some("one"));
    assert_eq!(desk.owner(10, A, B).as_deref(), Some("one"));
}

#[test]
fn a_call_that_announced_both_ends_comes_first() {
    let mut desk = desk();
    desk.announce(1, A, "both");
    desk.announce(1, B, "both");
    desk.announce(20, A, "one end");
    assert_eq!(desk.owner(21, A, B).as_deref(), Some("both"));
}

#[test]
fn a_port_used_anew_goes_to_the_later_call() {
    let mut desk = desk();
    desk.announce(1, A, "old");
    desk.announce(100, A, "new");
    assert_eq!(desk.owner(50, B, A).as_deref(), Some("old"));
    assert_eq!(desk.owner(101, B, A).as_deref(), Some("new"));
}

#[test]
fn two_legs_that_share_an_address_belong_to_the_first() {
    let mut desk = desk();
    desk.announce(1, A, "inbound leg");
    desk.announce(2, A, "outbound leg");
    assert_eq!(desk.owner(3, B, A).as_deref(), Some("inbound leg"));
}

#[test]
fn an_ended_call_lets_go_after_the_linger() {
    let mut desk = desk();
    desk.announce(1, A, "one");
    desk.announcer.end(at(10), "one");
    assert_eq!(desk.owner(18, B, A).as_deref(), Some("one"));
    assert_eq!(desk.owner(19, B, A), None);
    desk.announcer.prune(at(19).clock);
    assert!(desk.index.by_address.is_empty());
    assert!(desk.announcer.by_call.is_empty());
}

#[test]
fn a_call_that_never_ends_is_forgotten_in_time() {
    let mut desk = desk();
    desk.announce(1, A, "one");
    desk.announcer.prune(at(12 * 3600).clock);
    assert!(!desk.index.by_address.is_empty());
    desk.announcer.prune(at(12 * 3600 + 62).clock);
    assert!(desk.index.by_address.is_empty());
}

#[test]
fn the_receivers_word_on_a_payload_type_is_completed_by_the_senders() {
    let mut desk = desk();
    let format = |name: &str| PayloadFormat {
        encoding: name.into(),
        clock_hz: 8000,
        channels: 1,
        fmtp: None,
        kind: MediaKind::Audio,
    };
    let mut theirs = PayloadMap::default();
    theirs.insert(96, format("iLBC"));
    let mut ours = PayloadMap::default();
    ours.insert(96, format("speex"));
    ours.insert(97, format("telephone-event"));
    desk.announcer.announce(
        at(1),
        addr(B),
        &"one".into(),
        MediaKind::Audio,
        &Arc::new(theirs),
    );
    desk.announcer.announce(
        at(1),
        addr(A),
        &"one".into(),
        MediaKind::Audio,
        &Arc::new(ours),
    );
    let owner = desk
        .index
        .owner(addr(A), addr(B), at(2))
        .expect("both are announced");
    assert_eq!(owner.formats.format(96).map(|f| &*f.encoding), Some("iLBC"));
    assert_eq!(
        owner.formats.format(97).map(|f| &*f.encoding),
        Some("telephone-event")
    );
}

#[test]
fn what_a_call_says_anew_makes_way_for_it() {
    let mut desk = desk();
    let formats = |pt: u8| {
        let mut formats = PayloadMap::default();
        formats.insert(pt, PayloadFormat::of_static(pt).expect("it is static"));
        Arc::new(formats)
    };
    for secs in 1..40 {
        let formats = formats(if secs % 2 == 0 { 0 } else { 8 });
        let (stamp, call) = (at(secs), "one".into());
        desk.announcer
            .announce(stamp, addr(A), &call, MediaKind::Audio, &formats);
        desk.announcer.prune(at(secs - 2).clock);
    }
    assert_eq!(desk.announcer.refused(), 0);
    let owner = desk.index.owner(addr(B), addr(A), at(38));
    let formats = owner.expect("it was announced").formats;
    assert!(formats.format(0).is_some() && formats.format(8).is_none());
}

#[test]
fn a_crowded_address_lets_the_oldest_go() {
    let mut desk = desk();
    for secs in 1..20 {
        desk.announce(secs * 100, A, &format!("call {secs}"));
    }
    assert_eq!(desk.announcer.refused(), 19 - 8);
    assert_eq!(desk.owner(1900, B, A).as_deref(), Some("call 19"));
}

#[test]
fn a_call_that_goes_on_after_all_has_its_addresses_again() {
    let mut desk = desk();
    desk.announce(1, A, "one");
    desk.announcer.end(at(10), "one");
    desk.announcer.revive(at(30), "one");
    assert_eq!(desk.owner(29, B, A), None);
    assert_eq!(desk.owner(31, B, A).as_deref(), Some("one"));
    desk.announcer.prune(at(29).clock);
    assert_eq!(desk.owner(5000, B, A).as_deref(), Some("one"));
}

impl Desk {
    /// A description in an INVITE, or the answer to it: its user fragment, and the lines of its media.
    fn describe(&mut self, secs: i64, call: &str, start: &str, ufrag: &str, media: &str) {
        let text = format!(
            "{start}\r\nVia: SIP/2.0/UDP a;branch=z9hG4bK1\r\nFrom: <sip:a@a>;tag=1\r\nTo: <sip:b@b>\r\nCall-ID: {call}\r\n\
             CSeq: 1 {}\r\n\r\nv=0\r\nc=IN IP4 0.0.0.0\r\na=ice-ufrag:{ufrag}\r\n{media}\r\n",
            if start.starts_with("BYE") {
                "BYE"
            } else {
                "INVITE"
            },
        );
        let message = crate::sip::Message::parse(text.as_bytes()).expect("it is a message");
        self.announcer.on_message(at(secs), &message);
    }

    fn check(&mut self, secs: i64, src: &str, dst: &str, fragments: (&str, &str)) {
        self.announcer
            .on_check(at(secs), (addr(src), addr(dst)), fragments);
    }
}

const INVITE: &str = "INVITE sip:b@b SIP/2.0";
const OK: &str = "SIP/2.0 200 OK";
const TRICKLED: &str = "m=audio 9 RTP/SAVPF 111";

#[test]
fn a_check_shows_the_addresses_of_a_call() {
    let mut desk = desk();
    desk.describe(1, "one", INVITE, "offer", TRICKLED);
    desk.describe(2, "one", OK, "answer", TRICKLED);
    assert_eq!(desk.owner(3, A, B), None);
    desk.check(3, A, B, ("answer", "offer"));
    assert_eq!(desk.owner(2, A, B), None);
    assert_eq!(desk.owner(3, A, B).as_deref(), Some("one"));
    assert_eq!(desk.owner(3, B, A).as_deref(), Some("one"));
}

#[test]
fn one_known_fragment_is_enough_unless_the_other_is_of_another_call() {
    let mut desk = desk();
    desk.describe(1, "one", INVITE, "ones", TRICKLED);
    desk.describe(1, "two", INVITE, "twos", TRICKLED);
    desk.check(2, A, B, ("ones", "twos"));
    assert_eq!(desk.owner(2, A, B), None);
    desk.check(3, A, B, ("unseen", "twos"));
    assert_eq!(desk.owner(3, A, B).as_deref(), Some("two"));
    desk.check(4, A, B, ("neither", "none"));
    assert_eq!(desk.owner(4, A, B).as_deref(), Some("two"));
}

#[test]
fn fragments_are_forgotten_with_their_call() {
    let mut desk = desk();
    desk.describe(1, "one", INVITE, "offer", TRICKLED);
    desk.describe(10, "one", "BYE sip:b@b SIP/2.0", "", "");
    desk.check(11, A, B, ("answer", "offer"));
    assert_eq!(desk.owner(11, A, B), None);
    desk.announcer.prune(at(30).clock);
    assert!(desk.announcer.fragments.is_empty() && desk.announcer.by_call.is_empty());
}

#[test]
fn fragments_and_addresses_of_a_call_are_bounded() {
    let mut desk = desk();
    for n in 0..100 {
        desk.describe(1, "one", INVITE, &format!("name{n}"), TRICKLED);
    }
    assert_eq!(desk.announcer.fragments.len(), 16);
    for port in 1000..2000 {
        desk.check(2, A, &format!("192.0.2.9:{port}"), ("name1", "name2"));
    }
    assert_eq!(
        desk.index.by_address.len(),
        Limits::default().addresses_of_call
    );
    assert!(desk.announcer.refused() > 0);
}

fn peer(name: &str) -> Arc<Peer> {
    Arc::new(Peer { name: name.into() })
}

/// What a node says of a call that began there at that time.
fn said(call: &str, began: i64, ended: Option<i64>) -> PeerClaim {
    PeerClaim {
        call_id: call.into(),
        kind: MediaKind::Audio,
        formats: Arc::default(),
        began: at(began).clock,
        ended: ended.map(|secs| at(secs).clock),
    }
}

impl Desk {
    fn hear(&mut self, secs: i64, address: &str, from: &str, claims: &[PeerClaim]) {
        self.announcer
            .on_peer(at(secs), addr(address), &peer(from), claims);
    }

    /// The owner, and the node that follows it.
    fn owner_there(&self, secs: i64) -> Option<(String, Option<String>)> {
        let owner = self.index.owner(addr(B), addr(A), at(secs))?;
        let peer = owner.peer.map(|peer| peer.name.to_string());
        Some((owner.call_id.to_string(), peer))
    }
}

fn there(call: &str, node: &str) -> Option<(String, Option<String>)> {
    Some((call.to_owned(), Some(node.to_owned())))
}

#[test]
fn what_another_node_says_holds_from_then_until_it_is_over() {
    let mut desk = desk();
    desk.hear(10, A, "x", &[said("one", 5, None)]);
    assert_eq!(desk.owner_there(9), None);
    assert_eq!(desk.owner_there(10), there("one", "x"));
    // Said again, it is the same.
    desk.hear(12, A, "x", &[said("one", 5, None)]);
    assert_eq!(desk.index.by_address.get(&addr(A)).unwrap().len(), 1);
    desk.hear(20, A, "x", &[said("one", 5, Some(18))]);
    assert_eq!(desk.owner_there(26), there("one", "x"));
    assert_eq!(desk.owner_there(27), None);
    // What was told at 20 is looked at once its time has passed.
    desk.announcer.prune(at(29).clock);
    assert!(desk.index.by_address.is_empty() && desk.announcer.by_call.is_empty());
}

#[test]
fn what_a_node_says_no_longer_is_over() {
    let mut desk = desk();
    desk.hear(10, A, "x", &[said("one", 5, None)]);
    desk.hear(10, A, "y", &[said("two", 6, None)]);
    desk.hear(20, A, "x", &[]);
    assert_eq!(desk.owner_there(29), there("two", "y"));
    // It was in doubt only.
    desk.hear(30, A, "x", &[said("one", 5, None)]);
    assert_eq!(desk.owner_there(31), there("one", "x"));
}

#[test]
fn a_port_used_anew_elsewhere_goes_to_the_later_call() {
    let mut desk = desk();
    let both = [said("old", 5, Some(90)), said("new", 100, None)];
    desk.hear(101, A, "x", &both);
    assert_eq!(desk.owner_there(102), there("new", "x"));
    // The same Call-ID again is another call.
    desk.hear(
        200,
        A,
        "x",
        &[said("new", 100, Some(150)), said("new", 199, None)],
    );
    assert_eq!(desk.owner_there(201), there("new", "x"));
}

#[test]
fn what_is_seen_here_counts_more_and_is_told() {
    let mut desk = desk();
    desk.announcer.tell_peers();
    desk.hear(1, A, "x", &[said("one", 1, None)]);
    assert_eq!(desk.announcer.take_told(), []);
    desk.announce(2, A, "one");
    desk.announce(2, B, "one");
    assert_eq!(desk.owner_there(3), Some(("one".to_owned(), None)));
    desk.hear(4, A, "x", &[said("one", 1, None)]);
    assert_eq!(desk.owner_there(5), Some(("one".to_owned(), None)));
    assert_eq!(desk.announcer.take_told(), [addr(A), addr(B)]);
    let own = desk.index.own_claims(addr(A));
    assert_eq!(
        (own.len(), &*own[0].call_id, own[0].ended),
        (1, "one", None)
    );
    let mut addresses = desk.index.own_addresses();
    addresses.sort();
    assert_eq!(addresses, [addr(A), addr(B)]);
    desk.announcer.end(at(10), "one");
    assert_eq!(desk.announcer.take_told().len(), 2);
    assert_eq!(desk.index.own_claims(addr(A))[0].ended, Some(at(10).clock));
    desk.announcer.prune(at(19).clock);
    assert_eq!(desk.announcer.take_told().len(), 2);
    assert_eq!(desk.index.own_claims(addr(A)), []);
}
