//! Memory that one picture leaves to the next on the same thread.
//!
//! A decoded picture takes some megabytes. To ask for them anew each time costs a thirtieth of the whole path: the memory has to be
//! cleared, and the system gives it out page by page.

use std::cell::RefCell;
use std::ops::{Deref, DerefMut};

/// Buffers that a thread keeps: the decoded picture, and the picture with its rows made short.
const KEPT: usize = 2;
/// Bytes of the largest buffer that is kept, 5 megapixels; larger ones go back to the system.
const LARGEST: usize = 20 << 20;
/// Bytes of the smallest that is worth it.
const SMALLEST: usize = 64 << 10;

thread_local! {
    static LEFT: RefCell<Vec<Vec<u8>>> = const { RefCell::new(Vec::new()) };
}

/// Bytes in memory that may be larger, and that is left to the next picture.
#[derive(Debug)]
pub(super) struct Room {
    /// As long as it was ever needed, so that what was cleared once is not cleared again.
    bytes: Vec<u8>,
    length: usize,
}

impl Room {
    /// So many bytes to be overwritten: zeros, or what a picture before left in them.
    pub(super) fn take(length: usize) -> Self {
        let left = LEFT.with_borrow_mut(|left| {
            let fits = |at: &usize| left[*at].capacity() >= length;
            let best = (0..left.len()).filter(fits);
            let best = best.min_by_key(|at| left[*at].capacity());
            if best.is_none() {
                // What is too small would lie idle beside a picture that nobody reckoned it to.
                left.clear();
            }
            best.filter(|_| length >= SMALLEST)
                .map(|best| left.swap_remove(best))
        });
        let mut bytes = left.unwrap_or_else(|| vec![0; length]);
        if bytes.len() < length {
            bytes.resize(length, 0);
        }
        Self { bytes, length }
    }

    /// The bytes alone, which are not left to anyone.
    pub(super) fn into_vec(mut self) -> Vec<u8> {
        let mut bytes = std::mem::take(&mut self.bytes);
        bytes.truncate(self.length);
        self.length = 0;
        bytes
    }
}

impl From<Vec<u8>> for Room {
    fn from(bytes: Vec<u8>) -> Self {
        let length = bytes.len();
        Self { bytes, length }
    }
}

impl Deref for Room {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.bytes[..self.length]
    }
}

impl DerefMut for Room {
    fn deref_mut(&mut self) -> &mut [u8] {
        &mut self.bytes[..self.length]
    }
}

impl Drop for Room {
    fn drop(&mut self) {
        let bytes = std::mem::take(&mut self.bytes);
        if !(SMALLEST..=LARGEST).contains(&bytes.capacity()) {
            return;
        }
        // A thread that ends keeps nothing.
        let _ = LEFT.try_with(|left| {
            let mut left = left.borrow_mut();
            left.push(bytes);
            if left.len() > KEPT {
                let least = (0..left.len()).min_by_key(|at| left[*at].capacity());
                least.map(|at| left.swap_remove(at));
            }
        });
    }
}

#[cfg(test)]
impl AsRef<[u8]> for Room {
    fn as_ref(&self) -> &[u8] {
        self
    }
}

#[cfg(test)]
impl<T: AsRef<[u8]>> PartialEq<T> for Room {
    fn eq(&self, other: &T) -> bool {
        **self == *other.as_ref()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_is_taken_again_and_nothing_else() {
        let (small, large) = (vec![1; SMALLEST], vec![2; 3 * SMALLEST]);
        let (at_small, at_large) = (small.as_ptr(), large.as_ptr());
        drop([large, small].map(Room::from));
        let room = Room::take(SMALLEST);
        assert_eq!((room.as_ptr(), room[0]), (at_small, 1));
        let mut other = Room::take(2 * SMALLEST);
        assert_eq!((other.as_ptr(), other.len()), (at_large, 2 * SMALLEST));
        other.fill(3);
        drop(other);
        // Behind it all is as it was.
        let other = Room::take(3 * SMALLEST);
        assert_eq!(other.as_ptr(), at_large);
        assert_eq!([other[0], other[3 * SMALLEST - 1]], [3, 2]);
        assert!(Room::take(SMALLEST).iter().all(|byte| *byte == 0));
        drop(other);
        assert_eq!(Room::take(SMALLEST - 1).into_vec(), vec![0; SMALLEST - 1]);
        assert_eq!(Room::from(vec![4; 9]).into_vec(), [4; 9]);
    }

    #[test]
    fn what_is_too_small_for_a_picture_is_not_kept_beside_it() {
        drop(Room::from(vec![9; SMALLEST]));
        let large = Room::take(LARGEST + 1);
        assert_eq!(LEFT.with_borrow(Vec::len), 0);
        drop(large);
        assert_eq!(LEFT.with_borrow(Vec::len), 0);
    }

    #[test]
    fn no_more_is_kept_than_was_said() {
        for size in [LARGEST + 1, SMALLEST, 2 * SMALLEST, 3 * SMALLEST, 1] {
            drop(Room::from(vec![9; size]));
        }
        LEFT.with_borrow(|left| {
            let mut sizes: Vec<usize> = left.iter().map(Vec::capacity).collect();
            sizes.sort_unstable();
            assert_eq!(sizes, [2 * SMALLEST, 3 * SMALLEST]);
        });
    }
}
