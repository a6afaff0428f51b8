//! A queue that things enter in nearly any order and leave in the right one.

use std::cmp::Ordering;
use std::collections::VecDeque;

/// A queue that is put in order when it is asked for the first of it.
///
/// What comes from several workers is a few sequences, each in order or nearly so: sorting those is little more than
/// merging them, and cheaper than to find the place of each. Equal things keep the order in which they came.
#[derive(Debug)]
pub(super) struct InOrder<T> {
    items: VecDeque<T>,
    is_sorted: bool,
    order: fn(&T, &T) -> Ordering,
}

impl<T> InOrder<T> {
    pub(super) fn by(order: fn(&T, &T) -> Ordering) -> Self {
        InOrder {
            items: VecDeque::new(),
            is_sorted: true,
            order,
        }
    }

    pub(super) fn extend(&mut self, items: impl IntoIterator<Item = T>) {
        let before = self.items.len();
        self.items.extend(items);
        self.is_sorted &= self.items.len() == before;
    }

    /// Takes out the first, if it is wanted.
    pub(super) fn next_if(&mut self, is_wanted: impl FnOnce(&T) -> bool) -> Option<T> {
        self.sort();
        self.items.pop_front_if(|first| is_wanted(first))
    }

    /// All of it, the first first.
    pub(super) fn iter_mut(&mut self) -> impl Iterator<Item = &mut T> {
        self.sort();
        self.items.iter_mut()
    }

    fn sort(&mut self) {
        if !self.is_sorted {
            self.items.make_contiguous().sort_by(self.order);
            self.is_sorted = true;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::InOrder;

    #[test]
    fn the_first_leaves_first_and_equals_in_the_order_of_their_coming() {
        let mut queue = InOrder::by(|a: &(u8, char), b| a.0.cmp(&b.0));
        queue.extend([(2, 'a'), (5, 'b')]);
        queue.extend([(1, 'c'), (2, 'd')]);
        let due = |(at, _): &(u8, char)| *at < 5;
        let mut left = Vec::new();
        while let Some((_, name)) = queue.next_if(due) {
            left.push(name);
        }
        queue.extend([(3, 'e')]);
        left.extend(queue.iter_mut().map(|(_, name)| *name));
        assert_eq!(left, ['c', 'a', 'd', 'e', 'b']);
    }
}
