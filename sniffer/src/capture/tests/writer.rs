//! Small writers of pcap and pcapng, in both byte orders and as wrong as a test wants them.

use super::super::byte_order::ByteOrder;

/// A file in the making.
#[derive(Clone)]
pub(super) struct Writer {
    order: ByteOrder,
    pub(super) bytes: Vec<u8>,
}

/// Options of a pcapng block: code and value.
pub(super) type Options<'a> = &'a [(u16, &'a [u8])];

impl Writer {
    pub(super) fn new(order: ByteOrder) -> Self {
        let bytes = Vec::new();
        Writer { order, bytes }
    }

    /// A pcap file with this magic number and link type, version 2.4.
    pub(super) fn pcap(order: ByteOrder, magic: u32, link: u32) -> Self {
        Writer::pcap_version(order, magic, link, (2, 4))
    }

    pub(super) fn pcap_version(
        order: ByteOrder,
        magic: u32,
        link: u32,
        version: (u16, u16),
    ) -> Self {
        let file = Writer::new(order).u32(magic).u16(version.0).u16(version.1);
        file.u32(0).u32(0).u32(65_535).u32(link)
    }

    /// A pcap record as it stands.
    pub(super) fn record(self, secs: u32, fraction: u32, original: u32, bytes: &[u8]) -> Self {
        let header = self
            .u32(secs)
            .u32(fraction)
            .u32(bytes.len() as u32)
            .u32(original);
        header.raw(bytes)
    }

    /// A pcapng file with one section.
    pub(super) fn pcapng(order: ByteOrder) -> Self {
        Writer::new(order).section()
    }

    pub(super) fn section(self) -> Self {
        let order = self.order;
        let body = Writer::new(order).u32(0x1a2b_3c4d).u16(1).u16(0);
        self.block(0x0a0d_0d0a, &body.raw(&[0xff; 8]).bytes)
    }

    pub(super) fn interface(self, link: u16, snaplen: u32, options: Options<'_>) -> Self {
        let body = Writer::new(self.order).u16(link).u16(0).u32(snaplen);
        let body = body.options(options).bytes;
        self.block(1, &body)
    }

    pub(super) fn enhanced(self, interface: u32, units: u64, original: u32, bytes: &[u8]) -> Self {
        self.enhanced_with(interface, units, original, bytes, &[])
    }

    pub(super) fn enhanced_with(
        self,
        interface: u32,
        units: u64,
        original: u32,
        bytes: &[u8],
        options: Options<'_>,
    ) -> Self {
        let body = Writer::new(self.order).u32(interface).split(units);
        let body = body.u32(bytes.len() as u32).u32(original).raw(bytes).pad();
        self.block(6, &body.options(options).bytes)
    }

    pub(super) fn obsolete(self, interface: u16, units: u64, original: u32, bytes: &[u8]) -> Self {
        let body = Writer::new(self.order).u16(interface).u16(7).split(units);
        let body = body.u32(bytes.len() as u32).u32(original).raw(bytes).pad();
        self.block(2, &body.bytes)
    }

    pub(super) fn simple(self, original: u32, bytes: &[u8]) -> Self {
        let body = Writer::new(self.order).u32(original).raw(bytes).pad();
        self.block(3, &body.bytes)
    }

    /// A block whose body is a multiple of four long.
    pub(super) fn block(self, block_type: u32, body: &[u8]) -> Self {
        let len = body.len() as u32 + 12;
        self.u32(block_type).u32(len).raw(body).u32(len)
    }

    pub(super) fn u16(self, value: u16) -> Self {
        let bytes = match self.order {
            ByteOrder::Little => value.to_le_bytes(),
            ByteOrder::Big => value.to_be_bytes(),
        };
        self.raw(&bytes)
    }

    pub(super) fn u32(self, value: u32) -> Self {
        let bytes = match self.order {
            ByteOrder::Little => value.to_le_bytes(),
            ByteOrder::Big => value.to_be_bytes(),
        };
        self.raw(&bytes)
    }

    pub(super) fn split(self, value: u64) -> Self {
        self.u32((value >> 32) as u32).u32(value as u32)
    }

    pub(super) fn raw(mut self, bytes: &[u8]) -> Self {
        self.bytes.extend_from_slice(bytes);
        self
    }

    /// Where the next byte goes.
    pub(super) fn here(&self) -> u64 {
        self.bytes.len() as u64
    }

    fn options(self, options: Options<'_>) -> Self {
        let written = options.iter().fold(self, |writer, &(code, value)| {
            writer.u16(code).u16(value.len() as u16).raw(value).pad()
        });
        if options.is_empty() {
            written
        } else {
            written.u32(0)
        }
    }

    fn pad(mut self) -> Self {
        self.bytes.resize(self.bytes.len().next_multiple_of(4), 0);
        self
    }
}
