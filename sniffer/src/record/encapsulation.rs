//! What a frame's packet was wrapped in: the one list of kinds, their counts, and the addresses outside of a tunnel.
//!
//! `docs/replay.md` explains each kind, and a test compares the two.

use std::collections::BTreeMap;
use std::net::IpAddr;

use serde::Serialize;

use super::books::named;

named! {
    /// A header, beyond the link header and one IP header, that stands around a packet.
    Encapsulation {
        /// A tag: IEEE 802.1Q, 802.1ad, and the numbers used for outer tags before that.
        Vlan = "vlan",
        /// MPLS labels, pseudowires included (RFC 3032, RFC 4448).
        Mpls = "mpls",
        /// PPP over Ethernet (RFC 2516).
        Pppoe = "pppoe",
        /// A network service header (RFC 8300).
        Nsh = "nsh",
        /// Cisco MetaData, which carries the security group tag.
        CiscoMetadata = "cmd",
        /// IPv4 in IPv4 (RFC 2003).
        IpInIp = "ipip",
        /// IPv6 in IPv4 (RFC 4213).
        SixInFour = "6in4",
        /// IPv4 in IPv6 (RFC 2473).
        FourInSix = "4in6",
        /// IPv6 in IPv6 (RFC 2473).
        SixInSix = "6in6",
        /// GRE that is none of the kinds below (RFC 2784, RFC 2890, RFC 2637).
        Gre = "gre",
        /// Ethernet in GRE with a virtual subnet in its key (RFC 7637).
        Nvgre = "nvgre",
        /// A redirected packet in GRE (WCCP).
        Wccp = "wccp",
        /// A mirrored frame in GRE: ERSPAN of type I, II or III.
        Erspan = "erspan",
        /// VXLAN (RFC 7348).
        Vxlan = "vxlan",
        /// VXLAN with the generic protocol extension.
        VxlanGpe = "vxlan_gpe",
        /// GENEVE (RFC 8926).
        Geneve = "geneve",
        /// GTP-U (3GPP TS 29.281).
        GtpU = "gtpu",
        /// L2TP version 2 (RFC 2661).
        L2tp = "l2tp",
        /// L2TP version 3 (RFC 3931), over IP or UDP.
        L2tpV3 = "l2tpv3",
        /// A frame that a sensor sent on by TZSP.
        Tzsp = "tzsp",
        /// A packet that a Juniper router mirrored (JUNOSe packet mirroring).
        Jmirror = "jmirror",
        /// ESP (RFC 4303), followed where it only authenticates (RFC 2410).
        Esp = "esp",
        /// An authentication header (RFC 4302).
        Ah = "ah",
        /// A packet that a capture agent sent on: HEP 1, 2 or 3.
        Hep = "hep",
    }
}

/// The IP addresses of the outermost tunnel a packet came through.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Outer {
    /// The end that sent.
    pub src: IpAddr,
    /// The end that received.
    pub dst: IpAddr,
}

/// Frames by what they were wrapped in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct EncapsulationCounts([u64; Encapsulation::ALL.len()]);

impl EncapsulationCounts {
    /// Counts a frame under one kind.
    pub fn count(&mut self, kind: Encapsulation) {
        if let Some(n) = self.0.get_mut(kind as usize) {
            *n += 1;
        }
    }

    /// The counts as the report shows them: without the kinds that did not occur.
    pub fn by_name(&self) -> BTreeMap<&'static str, u64> {
        let named = Encapsulation::ALL.iter().map(|kind| kind.name());
        named.zip(self.0).filter(|&(_, n)| n > 0).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_are_counted_under_their_own_names() {
        let mut counts = EncapsulationCounts::default();
        for (n, &kind) in Encapsulation::ALL.iter().enumerate() {
            (0..=n).for_each(|_| counts.count(kind));
        }
        let counts = counts.by_name();
        assert_eq!(counts.len(), Encapsulation::ALL.len());
        assert_eq!((counts["vlan"], counts["mpls"]), (1, 2));
        assert_eq!(counts["hep"], Encapsulation::ALL.len() as u64);
    }
}
