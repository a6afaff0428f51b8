//! The packets of a datagram, one typed view after the other.

use super::{App, Bye, Feedback, Raw, ReceiverReport, RtcpError, Sdes, SenderReport, Xr};

/// One RTCP packet.
#[derive(Clone, Copy, Debug)]
pub enum Packet<'a> {
    /// Sender report (type 200).
    SenderReport(SenderReport<'a>),
    /// Receiver report (type 201).
    ReceiverReport(ReceiverReport<'a>),
    /// Source description (type 202).
    Sdes(Sdes<'a>),
    /// Goodbye (type 203).
    Bye(Bye<'a>),
    /// Application-defined (type 204).
    App(App<'a>),
    /// Transport-layer feedback (type 205).
    TransportFeedback(Feedback<'a>),
    /// Payload-specific feedback (type 206).
    PayloadFeedback(Feedback<'a>),
    /// Extended report (type 207).
    Xr(Xr<'a>),
    /// Any other type.
    Other(Raw<'a>),
}

/// What kind of packet it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PacketType {
    /// Sender report.
    Sr,
    /// Receiver report.
    Rr,
    /// Source description.
    Sdes,
    /// Goodbye.
    Bye,
    /// Application-defined.
    App,
    /// Transport-layer feedback.
    Rtpfb,
    /// Payload-specific feedback.
    Psfb,
    /// Extended report.
    Xr,
    /// Any other type.
    Other,
}

impl From<u8> for PacketType {
    fn from(pt: u8) -> Self {
        match pt {
            200 => PacketType::Sr,
            201 => PacketType::Rr,
            202 => PacketType::Sdes,
            203 => PacketType::Bye,
            204 => PacketType::App,
            205 => PacketType::Rtpfb,
            206 => PacketType::Psfb,
            207 => PacketType::Xr,
            _ => PacketType::Other,
        }
    }
}

impl<'a> Packet<'a> {
    /// Reads a framed packet by its type.
    ///
    /// A count that promises more than the packet holds is no error: the view gives what is there.
    pub fn from_raw(raw: Raw<'a>) -> Result<Self, RtcpError> {
        let packet = match PacketType::from(raw.pt) {
            PacketType::Sr => SenderReport::parse(raw).map(Packet::SenderReport),
            PacketType::Rr => ReceiverReport::parse(raw).map(Packet::ReceiverReport),
            PacketType::Sdes => Some(Packet::Sdes(Sdes::parse(raw))),
            PacketType::Bye => Some(Packet::Bye(Bye::parse(raw))),
            PacketType::App => App::parse(raw).map(Packet::App),
            PacketType::Rtpfb => Feedback::parse(raw).map(Packet::TransportFeedback),
            PacketType::Psfb => Feedback::parse(raw).map(Packet::PayloadFeedback),
            PacketType::Xr => Xr::parse(raw).map(Packet::Xr),
            PacketType::Other => Some(Packet::Other(raw)),
        };
        packet.ok_or(RtcpError::Body)
    }

    /// What kind of packet it is.
    pub const fn packet_type(&self) -> PacketType {
        match self {
            Packet::SenderReport(_) => PacketType::Sr,
            Packet::ReceiverReport(_) => PacketType::Rr,
            Packet::Sdes(_) => PacketType::Sdes,
            Packet::Bye(_) => PacketType::Bye,
            Packet::App(_) => PacketType::App,
            Packet::TransportFeedback(_) => PacketType::Rtpfb,
            Packet::PayloadFeedback(_) => PacketType::Psfb,
            Packet::Xr(_) => PacketType::Xr,
            Packet::Other(_) => PacketType::Other,
        }
    }
}

/// The packets of a datagram, compound (RFC 3550, 6.1) or reduced in size (RFC 5506).
///
/// Gives what can be read in order. An error says why reading stopped, and nothing follows it. A last packet that was
/// cut short is given as far as it goes, then [`RtcpError::Length`].
pub fn packets(bytes: &[u8]) -> Packets<'_> {
    Packets {
        rest: bytes,
        stopped: None,
    }
}

/// See [`packets`].
#[derive(Clone, Debug)]
pub struct Packets<'a> {
    rest: &'a [u8],
    /// Why nothing is read any more, as long as it was not said.
    stopped: Option<RtcpError>,
}

impl<'a> Packets<'a> {
    fn read(&mut self) -> Result<Packet<'a>, RtcpError> {
        let (raw, rest) = Raw::split(std::mem::take(&mut self.rest))?;
        let packet = Packet::from_raw(raw);
        match rest {
            Some(rest) => self.rest = if packet.is_ok() { rest } else { &[] },
            None if packet.is_err() => return Err(RtcpError::Length),
            None => self.stopped = Some(RtcpError::Length),
        }
        packet
    }
}

impl<'a> Iterator for Packets<'a> {
    type Item = Result<Packet<'a>, RtcpError>;

    fn next(&mut self) -> Option<Self::Item> {
        match self.rest {
            [] => self.stopped.take().map(Err),
            _ => Some(self.read()),
        }
    }
}

impl std::iter::FusedIterator for Packets<'_> {}
