//! Whether a path is mirrored: whether nearly all that passes there comes twice.
//!
//! A mirror of both directions of two ports gives two frames that are the same to the last bit, and so does a network that
//! duplicates a packet. One does it to every packet of a path, the other to a few. That is the only difference.

/// Paths that are known at once; two that share a slot forget each other.
const SLOTS: usize = 4096;

/// Packets after which the older ones count half.
const MEMORY: u16 = 64;

/// The habits of paths.
#[derive(Debug)]
pub(super) struct Habits(Vec<Habit>);

/// How many packets passed on a path of late, and how many of those came again at once.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Habit {
    path: u64,
    packets: u16,
    repeated: u16,
}

impl Habits {
    pub(super) fn new() -> Self {
        Habits(vec![Habit::default(); SLOTS])
    }

    /// The habit of a path; one that is not known has none.
    pub(super) fn of(&mut self, path: u64) -> &mut Habit {
        let slot = path as usize % SLOTS;
        let habit = &mut self.0[slot];
        if habit.path != path {
            *habit = Habit {
                path,
                ..Habit::default()
            };
        }
        habit
    }
}

impl Habit {
    /// Whether it mirrors, as far as the packets before the last one show: at least every other came twice. With none
    /// before, it does: a packet that comes twice at the very beginning is more likely mirrored than duplicated.
    pub(super) fn mirrors(&self) -> bool {
        2 * u32::from(self.repeated) >= u32::from(self.packets.saturating_sub(1))
    }

    /// A packet came, or came again much later.
    pub(super) fn note_packet(&mut self) {
        if self.packets >= MEMORY {
            self.packets /= 2;
            self.repeated /= 2;
        }
        self.packets += 1;
    }

    /// The last packet came again.
    pub(super) fn note_repeat(&mut self) {
        self.repeated = self.repeated.saturating_add(1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Plays packets, `2` for one that comes twice, and checks what was said of each repeat: `m` for mirrored.
    fn check(packets: &str, expected: &str) {
        let mut habits = Habits::new();
        let habit = habits.of(1);
        let mut said = String::new();
        for packet in packets.chars() {
            habit.note_packet();
            if packet == '2' {
                said.push(if habit.mirrors() { 'm' } else { '.' });
                habit.note_repeat();
            }
        }
        assert_eq!(said, expected, "{packets}");
    }

    #[test]
    fn a_mirror_is_known_at_once_and_one_lost_copy_does_not_hide_it() {
        check("2222", "mmmm");
        check("22122122", "mmmmmm");
        check("1222", ".mm");
    }

    #[test]
    fn a_few_repeats_are_no_mirror() {
        check("1112111121", "..");
        check(&format!("{}2", "1".repeat(500)), ".");
    }

    #[test]
    fn habits_change() {
        let early = "1".repeat(200);
        let said = "2".repeat(200);
        let mut habits = Habits::new();
        let habit = habits.of(7);
        for packet in early.chars().chain(said.chars()) {
            habit.note_packet();
            if packet == '2' {
                habit.note_repeat();
            }
        }
        assert!(habit.mirrors());
    }

    #[test]
    fn paths_that_share_a_slot_forget_each_other() {
        let mut habits = Habits::new();
        habits.of(3).note_packet();
        habits.of(3 + SLOTS as u64).note_packet();
        assert_eq!(habits.of(3).packets, 0);
    }
}
