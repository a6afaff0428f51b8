//! What a capture file can be: of several interfaces, or cut short.

use crate::generate::call::{Call, Plan};
use crate::generate::demo::{carrier, company};
use crate::generate::file::Interface;
use crate::generate::rtp::PCMU;
use crate::generate::tape::{Tape, ms};

/// The interfaces of [`two_interfaces`]: one in microseconds, one in nanoseconds.
pub(crate) const INTERFACES: &[Interface] = &[
    Interface {
        name: "eth0",
        resolution: 6,
    },
    Interface {
        name: "eth1",
        resolution: 9,
    },
];

/// A call seen by each of two interfaces.
pub(crate) fn two_interfaces(tape: &mut Tape) {
    let bob = carrier("Bob", "+15555550142");
    Call::new(tape, 40, &company("Alice", "+15555550101"), &bob)
        .answered(tape, &Plan::clean(ms(0), ms(3000), &PCMU));
    tape.interface = 1;
    let later = Plan::clean(ms(500) + 123, ms(3000), &PCMU);
    Call::new(tape, 41, &company("Carol", "+15555550103"), &bob).answered(tape, &later);
}

/// A call of which the file keeps everything but the last bytes of the answer to the BYE.
pub(crate) fn cut(tape: &mut Tape) {
    let plan = Plan::clean(ms(0), ms(3000), &PCMU);
    Call::new(
        tape,
        42,
        &company("Alice", "+15555550101"),
        &carrier("Bob", "+15555550142"),
    )
    .answered(tape, &plan);
}
