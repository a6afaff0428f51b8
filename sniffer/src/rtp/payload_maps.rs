//! Payload maps that many sessions have in common, kept once.

use std::array;
use std::hash::{BuildHasher, Hash, Hasher};
use std::sync::Arc;

use foldhash::fast::FixedState;

use super::payload::PayloadMap;

/// Maps remembered. Phones and trunks offer the same few formats in every call; maps that share a slot forget each other.
const SLOTS: usize = 256;

/// Maps that were seen of late.
#[derive(Debug)]
pub struct PayloadMaps([Option<Arc<PayloadMap>>; SLOTS]);

impl Default for PayloadMaps {
    fn default() -> Self {
        PayloadMaps(array::from_fn(|_| None))
    }
}

impl PayloadMaps {
    /// The copy that others have of an equal map, or else the map itself, which is remembered.
    pub fn share(&mut self, map: Arc<PayloadMap>) -> Arc<PayloadMap> {
        let known = &mut self.0[slot(&map)];
        match known {
            Some(known) if *known == map => Arc::clone(known),
            _ => Arc::clone(known.insert(map)),
        }
    }
}

/// Where a map is looked for: what is left out here only makes maps meet in one slot.
fn slot(map: &PayloadMap) -> usize {
    let mut hash = FixedState::default().build_hasher();
    map.ptime_ms.hash(&mut hash);
    for (pt, format) in map.iter() {
        (pt, format.clock_hz).hash(&mut hash);
        hash.write(format.encoding.as_bytes());
    }
    hash.finish() as usize % SLOTS
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rtp::payload::PayloadFormat;

    fn map(types: &[u8]) -> Arc<PayloadMap> {
        let mut map = PayloadMap::default();
        for pt in types {
            map.insert(*pt, PayloadFormat::of_static(*pt).expect("a static type"));
        }
        Arc::new(map)
    }

    #[test]
    fn equal_maps_become_one_and_others_stay_apart() {
        let mut maps = PayloadMaps::default();
        let first = maps.share(map(&[0, 8]));
        assert!(Arc::ptr_eq(&first, &maps.share(map(&[0, 8]))));
        let other = maps.share(map(&[8, 0]));
        assert_eq!(other, map(&[8, 0]));
        assert!(!Arc::ptr_eq(&first, &other));
    }

    #[test]
    fn maps_that_meet_in_a_slot_are_not_taken_for_each_other() {
        let mut maps = PayloadMaps::default();
        let plain = map(&[0]);
        let mut keyed = PayloadMap::clone(&plain);
        keyed.keying = Some(crate::rtp::Keying::Unknown);
        assert_eq!(slot(&plain), slot(&keyed), "keys are not looked at");
        maps.share(Arc::clone(&plain));
        assert_eq!(maps.share(Arc::new(keyed.clone())).keying, keyed.keying);
        assert_eq!(maps.share(Arc::clone(&plain)), plain);
    }
}
