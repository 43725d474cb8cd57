//! Rendered pictures kept in memory, up to a number of bytes.

use std::collections::HashMap;

use bytes::Bytes;

use crate::listing::Rendition;

/// Renditions by what they render; the least recently used make room for new ones.
#[derive(Debug)]
pub(super) struct Cache {
    /// Most bytes kept.
    capacity: usize,
    size: usize,
    /// Counts uses; a rendition's stamp is the count at its last use.
    uses: u64,
    kept: HashMap<Rendition, (Bytes, u64)>,
}

impl Cache {
    /// Makes a cache of at most `capacity` bytes.
    pub(super) fn new(capacity: usize) -> Self {
        Self {
            capacity,
            size: 0,
            uses: 0,
            kept: HashMap::new(),
        }
    }

    /// Returns a rendition's bytes if they are kept.
    pub(super) fn get(&mut self, rendition: &Rendition) -> Option<Bytes> {
        self.uses += 1;
        let (bytes, stamp) = self.kept.get_mut(rendition)?;
        *stamp = self.uses;
        Some(bytes.clone())
    }

    /// Keeps a rendition's bytes, unless they alone are larger than the cache.
    pub(super) fn put(&mut self, rendition: Rendition, bytes: Bytes) {
        if bytes.len() > self.capacity {
            return;
        }
        self.uses += 1;
        self.size += bytes.len();
        if let Some((replaced, _)) = self.kept.insert(rendition, (bytes, self.uses)) {
            self.size -= replaced.len();
        }
        while self.size > self.capacity {
            // A walk over all entries, which are a few hundred, and only when the cache is full.
            let oldest = self
                .kept
                .iter()
                .min_by_key(|(_, (_, stamp))| *stamp)
                .map(|(rendition, _)| *rendition);
            let oldest = oldest.expect("a cache that holds bytes holds an entry");
            if let Some((removed, _)) = self.kept.remove(&oldest) {
                self.size -= removed.len();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::listing::Encoding;

    fn rendition(picture: usize) -> Rendition {
        Rendition {
            picture,
            crop: None,
            width: 1,
            height: 1,
            encoding: Encoding::Png,
        }
    }

    fn bytes(length: usize) -> Bytes {
        vec![0; length].into()
    }

    #[test]
    fn the_least_recently_used_makes_room() {
        let mut cache = Cache::new(10);
        cache.put(rendition(1), bytes(4));
        cache.put(rendition(2), bytes(4));
        assert!(cache.get(&rendition(1)).is_some());
        cache.put(rendition(3), bytes(4));
        assert!(cache.get(&rendition(1)).is_some() && cache.get(&rendition(3)).is_some());
        assert!(cache.get(&rendition(2)).is_none());
        assert_eq!(cache.size, 8);
    }

    #[test]
    fn replacing_and_oversized_entries_keep_the_count_right() {
        let mut cache = Cache::new(10);
        cache.put(rendition(1), bytes(6));
        cache.put(rendition(1), bytes(9));
        assert_eq!(cache.size, 9);
        cache.put(rendition(2), bytes(11));
        assert!(cache.get(&rendition(2)).is_none());
        assert_eq!((cache.size, cache.kept.len()), (9, 1));
    }
}
