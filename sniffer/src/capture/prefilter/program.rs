//! The eBPF program: loaded from the object in this binary, its maps filled and read.
//!
//! `cargo xtask ebpf` builds the object from `sniffer-ebpf/`. It is loaded once; sockets that are opened later get the same one.

use std::error::Error;
use std::io;
use std::net::SocketAddr;
use std::os::fd::{AsFd, BorrowedFd};

use aya::maps::{Array, HashMap, MapData, MapError, PerCpuArray};
use aya::programs::SocketFilter;
use aya::{Ebpf, EbpfLoader, VerifierLogLevel};
use rustix::thread::{CapabilitySet, capabilities};
use sniffer_ebpf::{
    Class, ENDPOINT_RTP, ENDPOINT_WHOLE, MAX_ENDPOINTS, MediaEndpoint, PORT_WORDS, media_endpoint,
};

use super::HTTP_PORTS;
use crate::capture::filter_settings::FilterSettings;
use crate::rtp::payload::MediaKind;
use crate::track::media_index::MediaChange;

static OBJECT: &[u8] = aya::include_bytes_aligned!("../../../../sniffer-ebpf/prefilter.bpf.o");

/// Flag of `BPF_MAP_UPDATE_ELEM`: only where there is no entry yet (bpf(2)).
const NO_EXIST: u64 = 1;

/// Why there is no eBPF filter.
#[derive(Debug, thiserror::Error)]
pub enum FilterError {
    /// Rights are missing.
    #[error(
        "{lacking} missing: be root, or give them by setcap cap_net_raw,cap_bpf,cap_perfmon+ep FILE"
    )]
    NotAllowed {
        /// Their names.
        lacking: String,
    },
    /// The kernel does not take it.
    #[error("this kernel does not take it, 5.8 or later does: {0}")]
    Refused(String),
}

/// What the program did so far.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FilterCounts {
    /// Packets by what they were taken for, and whether they were left.
    pub packets: Vec<(&'static str, bool, u64)>,
    /// Addresses of media that pass.
    pub endpoints: u64,
    /// How many there may be.
    pub capacity: u64,
    /// Addresses that there was no room for.
    pub refused: u64,
}

/// The loaded program.
#[derive(Debug)]
pub(in crate::capture) struct Program {
    object: Ebpf,
    endpoints: HashMap<MapData, MediaEndpoint, u8>,
    n_endpoints: u64,
    refused: u64,
}

impl Program {
    /// Loads it.
    ///
    /// # Errors
    /// Where the kernel does not let us, or does not take it.
    pub(super) fn load(settings: &FilterSettings) -> Result<Program, FilterError> {
        let mut object = EbpfLoader::new()
            .btf(None)
            .verifier_log_level(VerifierLogLevel::DISABLE)
            .load(OBJECT)
            .map_err(|error| refusal(&error))?;
        for name in ["ethernet", "network"] {
            let program = object.program_mut(name).ok_or_else(incomplete)?;
            let program: &mut SocketFilter = program.try_into().map_err(|_| incomplete())?;
            program.load().map_err(|error| refusal(&error))?;
        }
        fill_ports(&mut object, settings).map_err(|error| refusal(&error))?;
        let endpoints = object.take_map("ENDPOINTS").ok_or_else(incomplete)?;
        Ok(Program {
            object,
            endpoints: endpoints.try_into().map_err(|_| incomplete())?,
            n_endpoints: 0,
            refused: 0,
        })
    }

    /// The entry for frames that begin with an Ethernet header.
    pub(super) fn ethernet(&self) -> Option<BorrowedFd<'_>> {
        self.entry("ethernet")
    }

    /// The entry for frames that begin behind their link header.
    pub(super) fn network(&self) -> Option<BorrowedFd<'_>> {
        self.entry("network")
    }

    /// Has media at an address pass, or no longer. It is a system call of about a microsecond: less than waking a thread for it.
    pub(super) fn pass(&mut self, change: MediaChange) {
        match change {
            MediaChange::Announced(address, MediaKind::Image) => {
                self.insert(address, ENDPOINT_WHOLE);
            }
            MediaChange::Announced(address, _) => self.insert(address, ENDPOINT_RTP),
            MediaChange::Gone(address) => {
                let removed = self.endpoints.remove(&media_endpoint(address));
                self.n_endpoints -= u64::from(removed.is_ok());
            }
        }
    }

    /// What it did so far.
    pub(super) fn counts(&self) -> FilterCounts {
        let map = self.object.map("COUNTS");
        let counts = map.and_then(|map| PerCpuArray::<_, u64>::try_from(map).ok());
        let n_of = |class: Class| {
            let of_processors = counts.as_ref()?.get(&(class as u32), 0).ok()?;
            Some(of_processors.iter().sum())
        };
        FilterCounts {
            packets: Class::ALL
                .map(|class| (class.name(), class.is_left(), n_of(class).unwrap_or(0)))
                .to_vec(),
            endpoints: self.n_endpoints,
            capacity: MAX_ENDPOINTS.into(),
            refused: self.refused,
        }
    }

    fn entry(&self, name: &str) -> Option<BorrowedFd<'_>> {
        let program = self.object.program(name)?;
        program.fd().ok().map(AsFd::as_fd)
    }

    fn insert(&mut self, address: SocketAddr, value: u8) {
        let key = media_endpoint(address);
        match self.endpoints.insert(key, value, NO_EXIST) {
            Ok(()) => self.n_endpoints += 1,
            Err(error) if os_error(&error) == Some(libc::EEXIST) => {
                self.refused += u64::from(self.endpoints.insert(key, value, 0).is_err());
            }
            Err(_) => self.refused += 1,
        }
    }
}

fn fill_ports(object: &mut Ebpf, settings: &FilterSettings) -> Result<(), MapError> {
    let missing = |name: &str| MapError::InvalidName { name: name.into() };
    let map = object.map_mut("SIP_PORTS");
    let mut sip_ports: Array<_, u64> = map.ok_or_else(|| missing("SIP_PORTS"))?.try_into()?;
    for (place, word) in port_words(&settings.sip_ports).iter().enumerate() {
        sip_ports.set(place as u32, word, 0)?;
    }
    let range = match &settings.rtp_ports {
        Some(ports) => [*ports.start(), *ports.end()],
        None => [1, 0],
    };
    let map = object.map_mut("RTP_PORTS");
    let mut rtp_ports: Array<_, [u16; 2]> = map.ok_or_else(|| missing("RTP_PORTS"))?.try_into()?;
    rtp_ports.set(0, range, 0)
}

/// One bit a port: UDP first, then TCP and SCTP.
fn port_words(sip_ports: &[u16]) -> Vec<u64> {
    let mut words = vec![0; PORT_WORDS as usize];
    let udp = sip_ports.iter().filter(|port| !HTTP_PORTS.contains(port));
    let udp = udp.map(|port| usize::from(*port));
    let streams = sip_ports.iter().map(|port| usize::from(*port) + 65_536);
    for bit in udp.chain(streams) {
        if let Some(word) = words.get_mut(bit / 64) {
            *word |= 1 << (bit % 64);
        }
    }
    words
}

/// Without all rights the kernel names other reasons, too: it guards the program against speculation then, and finds it too
/// complex.
fn refusal(error: &(dyn Error + 'static)) -> FilterError {
    let have = capabilities(None).map_or(CapabilitySet::empty(), |sets| sets.effective);
    let wanted = [
        (CapabilitySet::BPF, "CAP_BPF"),
        (CapabilitySet::PERFMON, "CAP_PERFMON"),
    ];
    let lacking = wanted.iter().filter(|(one, _)| !have.contains(*one));
    let lacking: Vec<&str> = lacking.map(|(_, name)| *name).collect();
    match lacking.is_empty() {
        true => FilterError::Refused(innermost(error).to_string()),
        false => FilterError::NotAllowed {
            lacking: lacking.join(", "),
        },
    }
}

fn incomplete() -> FilterError {
    FilterError::Refused("the object in this program is not the one it was built with".to_owned())
}

/// What the system said, if it did.
fn os_error(error: &(dyn Error + 'static)) -> Option<i32> {
    let mut cause = Some(error);
    while let Some(error) = cause {
        if let Some(error) = error.downcast_ref::<io::Error>() {
            return error.raw_os_error();
        }
        cause = error.source();
    }
    None
}

fn innermost<'e>(mut error: &'e (dyn Error + 'static)) -> &'e (dyn Error + 'static) {
    while let Some(cause) = error.source() {
        error = cause;
    }
    error
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn http_ports_are_sip_over_streams_alone() {
        let words = port_words(&[5060, 443]);
        let is_set = |bit: usize| words[bit / 64] >> (bit % 64) & 1 == 1;
        assert!(is_set(5060) && is_set(65_536 + 5060) && is_set(65_536 + 443));
        assert!(!is_set(443));
        assert_eq!(words.iter().map(|word| word.count_ones()).sum::<u32>(), 3);
    }

    #[test]
    fn the_object_has_what_is_asked_of_it() {
        let object = aya_names();
        for name in [
            "ethernet",
            "network",
            "ENDPOINTS",
            "COUNTS",
            "SIP_PORTS",
            "RTP_PORTS",
        ] {
            assert!(object.contains(&name.to_owned()), "{name}");
        }
    }

    /// The names in the object, as its table of strings has them.
    fn aya_names() -> Vec<String> {
        let names = OBJECT.split(|byte| *byte == 0);
        names
            .map(|name| String::from_utf8_lossy(name).into_owned())
            .collect()
    }
}
