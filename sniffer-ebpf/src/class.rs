//! What the filter takes a packet for, and how much of it is kept.

/// What a packet is taken for. The numbers are places in the map of counters.
#[repr(u32)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Class {
    /// TCP, UDP or SCTP from or to a port of SIP: whole.
    Sip = 0,
    /// RTP from or to an announced address: its header.
    Rtp,
    /// Anything else from or to an announced address, such as RTCP, STUN, DTLS and fax: whole.
    Media,
    /// A connectivity check or its answer between addresses that nobody announced: whole.
    Ice,
    /// RTP on the configured ports: its header; RTCP there: whole.
    RtpRange,
    /// What resembles RTP between addresses that are not announced yet, the first packets only: its header.
    Early,
    /// A fragment behind the first: whole.
    Fragment,
    /// Something wrapped in what the filter does not look into: whole.
    Wrapped,
    /// UDP of others: left.
    OtherUdp,
    /// TCP and SCTP of others: left.
    OtherStream,
    /// What is no IP, or another protocol over IP: left.
    Other,
}

impl Class {
    /// All of them, in the order of their numbers.
    pub const ALL: [Class; 11] = [
        Class::Sip,
        Class::Rtp,
        Class::Media,
        Class::Ice,
        Class::RtpRange,
        Class::Early,
        Class::Fragment,
        Class::Wrapped,
        Class::OtherUdp,
        Class::OtherStream,
        Class::Other,
    ];

    /// As metrics spell it.
    pub const fn name(self) -> &'static str {
        match self {
            Class::Sip => "sip",
            Class::Rtp => "rtp",
            Class::Media => "media",
            Class::Ice => "ice",
            Class::RtpRange => "rtp_range",
            Class::Early => "early",
            Class::Fragment => "fragment",
            Class::Wrapped => "wrapped",
            Class::OtherUdp => "other_udp",
            Class::OtherStream => "other_stream",
            Class::Other => "other",
        }
    }

    /// Whether packets of this class are left.
    pub const fn is_left(self) -> bool {
        matches!(self, Class::OtherUdp | Class::OtherStream | Class::Other)
    }
}

/// What becomes of a packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// What it is taken for.
    pub class: Class,
    /// Bytes kept, from the beginning of the frame; 0 leaves it.
    pub keep: u32,
}

impl Verdict {
    /// Keeps all of it.
    #[inline(always)]
    pub const fn whole(class: Class) -> Verdict {
        let keep = u32::MAX;
        Verdict { class, keep }
    }

    /// Leaves it.
    #[inline(always)]
    pub const fn leave(class: Class) -> Verdict {
        Verdict { class, keep: 0 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_stand_at_their_numbers() {
        for (place, class) in Class::ALL.into_iter().enumerate() {
            assert_eq!(class as usize, place);
        }
    }
}
