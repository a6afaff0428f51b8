//! Application-defined packet (RFC 3550, 6.7).

use super::Raw;
use crate::rtp::Ssrc;

/// A packet whose meaning is a matter between its users.
#[derive(Clone, Copy, Debug)]
pub struct App<'a> {
    /// Subtype under the name, 0 to 31.
    pub subtype: u8,
    /// Who sends it.
    pub ssrc: Ssrc,
    /// Four letters that name the application.
    pub name: [u8; 4],
    /// What the application says.
    pub data: &'a [u8],
}

impl<'a> App<'a> {
    pub(super) fn parse(raw: Raw<'a>) -> Option<Self> {
        let (&ssrc, rest) = raw.body.split_first_chunk::<4>()?;
        let (&name, data) = rest.split_first_chunk::<4>()?;
        Some(App {
            subtype: raw.count,
            ssrc: ssrc.into(),
            name,
            data,
        })
    }
}
