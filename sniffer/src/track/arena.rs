//! A table of large things by number that never moves what it holds.

use slab::Slab;

/// Things in one piece of memory. Large enough for neighbours to share pages, small beside the whole.
const PIECE: usize = 64;

/// Like a [`Slab`], but in pieces: one that grows would hold all its things twice for a moment, and leave room for as many
/// more.
#[derive(Debug)]
pub(super) struct Arena<T> {
    pieces: Vec<Slab<T>>,
    /// Pieces that have room.
    open: Vec<usize>,
    len: usize,
}

impl<T> Default for Arena<T> {
    fn default() -> Self {
        Arena {
            pieces: Vec::new(),
            open: Vec::new(),
            len: 0,
        }
    }
}

impl<T> Arena<T> {
    /// How many things are in it.
    pub(super) fn len(&self) -> usize {
        self.len
    }

    /// Whether nothing is in it.
    pub(super) fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Takes something in, and gives its number.
    pub(super) fn insert(&mut self, thing: T) -> usize {
        let number = *self.open.last().unwrap_or(&self.pieces.len());
        if number == self.pieces.len() {
            self.pieces.push(Slab::with_capacity(PIECE));
            self.open.push(number);
        }
        let piece = &mut self.pieces[number];
        let place = piece.insert(thing);
        if piece.len() == PIECE {
            self.open.pop();
        }
        self.len += 1;
        number * PIECE + place
    }

    /// What has this number.
    #[inline]
    pub(super) fn get(&self, key: usize) -> Option<&T> {
        self.pieces.get(key / PIECE)?.get(key % PIECE)
    }

    /// The same, to change it.
    #[inline]
    pub(super) fn get_mut(&mut self, key: usize) -> Option<&mut T> {
        self.pieces.get_mut(key / PIECE)?.get_mut(key % PIECE)
    }

    /// Takes out what has this number, which may be given to another then.
    pub(super) fn remove(&mut self, key: usize) -> Option<T> {
        let number = key / PIECE;
        let piece = self.pieces.get_mut(number)?;
        let was_full = piece.len() == PIECE;
        let thing = piece.try_remove(key % PIECE)?;
        if was_full {
            self.open.push(number);
        }
        self.len -= 1;
        Some(thing)
    }

    /// All of them with their numbers.
    pub(super) fn iter(&self) -> impl Iterator<Item = (usize, &T)> {
        let pieces = self.pieces.iter().enumerate();
        pieces.flat_map(|(number, piece)| {
            let things = piece.iter();
            things.map(move |(place, thing)| (number * PIECE + place, thing))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn things_are_found_by_their_numbers_which_are_used_again() {
        let mut arena = Arena::default();
        let keys: Vec<usize> = (0..200).map(|n| arena.insert(n)).collect();
        assert_eq!((arena.len(), arena.pieces.len()), (200, 4));
        for n in (0..200).step_by(3) {
            assert_eq!(arena.remove(keys[n]), Some(n));
            assert_eq!((arena.remove(keys[n]), arena.get(keys[n])), (None, None));
        }
        let left: Vec<usize> = arena.iter().map(|(_, n)| *n).collect();
        assert!(left.iter().all(|n| n % 3 != 0) && left.len() == arena.len());
        let again: Vec<usize> = (0..67).map(|n| arena.insert(1000 + n)).collect();
        assert_eq!((arena.len(), arena.pieces.len()), (200, 4));
        for (n, key) in again.into_iter().enumerate() {
            assert_eq!(arena.get_mut(key), Some(&mut (1000 + n)));
        }
        assert_eq!((arena.get(usize::MAX), arena.is_empty()), (None, false));
    }
}
