//! ClientHello and ServerHello (RFC 8446, 4.1; RFC 5246, 7.4.1).

use super::cipher::Version;
use super::reader::Reader;
use super::suite::Suite;

/// Numbers of extensions (RFC 8446, 4.2; RFC 7366; RFC 7627).
mod extension {
    pub(super) const SERVER_NAME: u16 = 0;
    pub(super) const ALPN: u16 = 16;
    pub(super) const ENCRYPT_THEN_MAC: u16 = 22;
    pub(super) const EXTENDED_MASTER_SECRET: u16 = 23;
    pub(super) const EARLY_DATA: u16 = 42;
    pub(super) const SUPPORTED_VERSIONS: u16 = 43;
}

/// What a client said in its hello.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ClientHello<'a> {
    pub(super) random: [u8; 32],
    /// The name of the server it wants (RFC 6066, 3).
    pub(super) server_name: Option<&'a [u8]>,
    /// The protocol it likes best (RFC 7301, 3.1).
    pub(super) protocol: Option<&'a [u8]>,
    /// It sends data before the server has answered (RFC 8446, 4.2.10).
    pub(super) early_data: bool,
}

/// What a server settled with its hello, or with its HelloRetryRequest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct ServerHello {
    pub(super) random: [u8; 32],
    /// `None` for a version that is not known, drafts included.
    pub(super) version: Option<Version>,
    /// `None` for a suite that cannot be opened.
    pub(super) suite: Option<Suite>,
    pub(super) encrypt_then_mac: bool,
    pub(super) extended_master_secret: bool,
}

impl<'a> ClientHello<'a> {
    /// Reads the body of the message; `None` where it is cut or contradicts itself.
    pub(super) fn parse(body: &'a [u8]) -> Option<ClientHello<'a>> {
        let mut rest = Reader(body);
        rest.u16()?;
        let random = rest.array()?;
        let _session_id = rest.short_vector()?;
        let _suites = rest.vector()?;
        let _compressions = rest.short_vector()?;
        let mut hello = ClientHello {
            random,
            server_name: None,
            protocol: None,
            early_data: false,
        };
        each_extension(rest, |number, data| match number {
            extension::SERVER_NAME => hello.server_name = host_name(data),
            extension::ALPN => hello.protocol = first_protocol(data),
            extension::EARLY_DATA => hello.early_data = true,
            _ => {}
        });
        Some(hello)
    }
}

impl ServerHello {
    /// Reads the body of the message; `None` where it is cut or contradicts itself.
    pub(super) fn parse(body: &[u8]) -> Option<ServerHello> {
        let mut rest = Reader(body);
        let mut version = rest.u16()?;
        let random = rest.array()?;
        let _session_id = rest.short_vector()?;
        let number = rest.u16()?;
        let is_compressed = rest.u8()? != 0;
        let (mut encrypt_then_mac, mut extended_master_secret) = (false, false);
        each_extension(rest, |number, mut data| match number {
            extension::SUPPORTED_VERSIONS => version = data.u16().unwrap_or(version),
            extension::ENCRYPT_THEN_MAC => encrypt_then_mac = true,
            extension::EXTENDED_MASTER_SECRET => extended_master_secret = true,
            _ => {}
        });
        let version = match version {
            0x0301 => Some(Version::Tls10),
            0x0302 => Some(Version::Tls11),
            0x0303 => Some(Version::Tls12),
            0x0304 => Some(Version::Tls13),
            _ => None,
        };
        let fits = Suite::is_tls13(number) == (version == Some(Version::Tls13));
        Some(ServerHello {
            random,
            version,
            suite: Suite::of(number).filter(|_| fits && !is_compressed),
            encrypt_then_mac,
            extended_master_secret,
        })
    }
}

/// Calls `take` with the number and the data of each extension; there may be none at all.
fn each_extension<'a>(mut rest: Reader<'a>, mut take: impl FnMut(u16, Reader<'a>)) {
    let mut extensions = rest.vector().unwrap_or(Reader(&[]));
    while let (Some(number), Some(data)) = (extensions.u16(), extensions.vector()) {
        take(number, data);
    }
}

/// The first host name of the list.
fn host_name(mut data: Reader<'_>) -> Option<&[u8]> {
    const HOST_NAME: u8 = 0;
    let mut names = data.vector()?;
    loop {
        let kind = names.u8()?;
        let name = names.vector()?;
        if kind == HOST_NAME {
            return Some(name.0);
        }
    }
}

fn first_protocol(mut data: Reader<'_>) -> Option<&[u8]> {
    Some(data.vector()?.short_vector()?.0)
}
