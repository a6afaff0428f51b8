//! Sessions with bytes changed at random: nothing panics, nothing comes out that was not sent.

use super::read;
use super::talk::{Talk, Terms};
use crate::decode::streams::tests::{Dice, Seg, dialog};
use crate::decode::tls::cipher::Version;

const ALL: [Terms; 4] = [
    Terms::new(Version::Tls13, 0x1303),
    Terms::new(Version::Tls12, 0xc02f),
    Terms::new(Version::Tls12, 0x003d),
    Terms::new(Version::Tls10, 0x0035),
];

/// Changes, drops, repeats and moves segments, and reads them twice.
fn check(dice: &mut Dice, talk: &Talk, sent: &[Vec<u8>]) {
    let size = 1 + dice.roll(1500);
    let mut segments: Vec<Seg> = talk.segments(size);
    for _ in 0..1 + dice.roll(6) {
        let n = dice.roll(segments.len());
        match dice.roll(5) {
            0 => drop(segments.remove(n)),
            1 => segments.insert(n, segments[n].clone()),
            2 => {
                let to = dice.roll(segments.len());
                segments.swap(n, to);
            }
            _ => {
                let bytes = &mut segments[n].bytes;
                let len = bytes.len().max(1);
                if let Some(byte) = bytes.get_mut(dice.roll(len)) {
                    *byte = dice.roll(256) as u8;
                }
            }
        }
    }
    let (messages, summary) = read(talk.keys(), &segments);
    assert!(messages.iter().all(|message| sent.contains(message)));
    assert_eq!((messages, summary), read(talk.keys(), &segments));
}

#[test]
fn damaged_sessions() {
    let mut dice = Dice(0x7e57);
    for terms in ALL {
        let messages = dialog();
        let mut talk = Talk::new(terms);
        for (n, message) in messages.iter().enumerate() {
            talk.say(n % 2 == 0, message);
        }
        (0..150).for_each(|_| check(&mut dice, &talk, &messages));
    }
}
