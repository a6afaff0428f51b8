//! A filter of the classic Berkeley packet filter that has the kernel leave TCP which is not SIP: on a host that serves
//! much else, most of what would be copied and thrown away.
//!
//! Whatever it cannot tell passes: tunnels, tags, IP options and extension headers, fragments behind the first.

use crate::capture::sys::Instruction;

const LD_B_ABS: u16 = (libc::BPF_LD | libc::BPF_B | libc::BPF_ABS) as u16;
const LD_H_ABS: u16 = (libc::BPF_LD | libc::BPF_H | libc::BPF_ABS) as u16;
const LD_H_IND: u16 = (libc::BPF_LD | libc::BPF_H | libc::BPF_IND) as u16;
const AND: u16 = (libc::BPF_ALU | libc::BPF_AND | libc::BPF_K) as u16;
const SHIFT_LEFT: u16 = (libc::BPF_ALU | libc::BPF_LSH | libc::BPF_K) as u16;
const TO_INDEX: u16 = (libc::BPF_MISC | libc::BPF_TAX) as u16;
const INDEX: u16 = (libc::BPF_LDX | libc::BPF_W | libc::BPF_IMM) as u16;
const IF_EQUAL: u16 = (libc::BPF_JMP | libc::BPF_JEQ | libc::BPF_K) as u16;
const IF_ANY_BIT: u16 = (libc::BPF_JMP | libc::BPF_JSET | libc::BPF_K) as u16;
const JUMP: u16 = (libc::BPF_JMP | libc::BPF_JA) as u16;
const RETURN: u16 = (libc::BPF_RET | libc::BPF_K) as u16;

/// Offsets from here on count from the beginning of the IP header, whatever stands before it (`SKF_NET_OFF`).
const NET: u32 = (-0x10_0000_i32).cast_unsigned();

/// Where the kernel tells the type of what the link header carries (`SKF_AD_OFF + SKF_AD_PROTOCOL`).
const PROTOCOL: u32 = (-0x1000_i32).cast_unsigned();

/// Bytes passed of a packet: all.
const ALL: u32 = u32::MAX;

const TCP: u32 = 6;

/// Passes TCP from or to one of `ports`, and everything that is not TCP.
pub(super) fn only_tcp_ports(ports: &[u16]) -> Vec<Instruction> {
    let other = [plain(RETURN, ALL)];
    let v6 = [
        plain(LD_B_ABS, NET + 6),
        jump(IF_EQUAL, TCP, 1, 0),
        plain(RETURN, ALL),
        plain(INDEX, 40),
    ];
    // The ports stand behind a header whose length the first byte tells; later fragments have none.
    let v4 = [
        plain(LD_B_ABS, NET + 9),
        jump(IF_EQUAL, TCP, 0, 2),
        plain(LD_H_ABS, NET + 6),
        jump(IF_ANY_BIT, 0x1fff, 0, 1),
        plain(RETURN, ALL),
        plain(LD_B_ABS, NET),
        plain(AND, 0x0f),
        plain(SHIFT_LEFT, 2),
        plain(TO_INDEX, 0),
        skip(v6.len()),
    ];
    let mut program = vec![
        plain(LD_H_ABS, PROTOCOL),
        jump(IF_EQUAL, 0x0800, 1 + other.len() as u8, 0),
        jump(IF_EQUAL, 0x86dd, (other.len() + v4.len()) as u8, 0),
    ];
    program.extend(other);
    program.extend(v4);
    program.extend(v6);
    for side in [0, 2] {
        program.push(plain(LD_H_IND, NET + side));
        for port in ports {
            program.push(jump(IF_EQUAL, (*port).into(), 0, 1));
            program.push(plain(RETURN, ALL));
        }
    }
    program.push(plain(RETURN, 0));
    program
}

fn skip(instructions: usize) -> Instruction {
    plain(JUMP, instructions as u32)
}

fn plain(code: u16, k: u32) -> Instruction {
    jump(code, k, 0, 0)
}

fn jump(code: u16, k: u32, jt: u8, jf: u8) -> Instruction {
    Instruction { code, jt, jf, k }
}
