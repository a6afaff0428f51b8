use sniffer::decode::*;
use sniffer::time::Timestamp;
fn main() {
    for f in std::env::args().skip(1) {
        let mut c = pcap::Capture::from_file(&f).unwrap();
        let link = LinkType(c.get_datalink().0 as u16);
        let mut d = Decoder::new(Limits::default());
        let mut n = 0u64;
        let (mut p, mut dr, mut fr) = (0u64, 0u64, 0u64);
        while let Ok(k) = c.next_packet() {
            n += 1;
            let at = Timestamp::from_secs_nanos(k.header.ts.tv_sec, k.header.ts.tv_usec * 1000);
            let frame = Frame {
                at,
                link,
                interface: 0,
                original_len: k.header.len,
                bytes: k.data,
            };
            match d.decode(&frame) {
                Decoded::Packet(q) => {
                    p += q.frames as u64;
                    let (s, t) = q.addresses();
                    match q.payload {
                        Payload::Udp(u) => println!(
                            "{n}\tudp\t{}\t{}\t{}\t{}\t{}\t{}",
                            s.ip(),
                            s.port(),
                            t.ip(),
                            t.port(),
                            u.wire_len,
                            u.bytes.len()
                        ),
                        Payload::Tcp(u) => println!(
                            "{n}\ttcp\t{}\t{}\t{}\t{}\t{}\t{}",
                            s.ip(),
                            s.port(),
                            t.ip(),
                            t.port(),
                            u.wire_len,
                            u.bytes.len()
                        ),
                        Payload::Sctp(u) => println!(
                            "{n}\tsctp\t{}\t{}\t{}\t{}\t{}\t{}",
                            s.ip(),
                            s.port(),
                            t.ip(),
                            t.port(),
                            0,
                            u.chunks.len()
                        ),
                    }
                }
                Decoded::Fragment => {
                    fr += 1;
                    println!("{n}\tfragment")
                }
                Decoded::Dropped(r) => {
                    dr += 1;
                    println!("{n}\t{}", r.name())
                }
            }
        }
        let g = d.finish();
        eprintln!(
            "{f}: {n} frames {p} in packets {dr} dropped {fr} waited given up {:?} balanced {}",
            g,
            n == p + dr + g.total()
        );
    }
}
