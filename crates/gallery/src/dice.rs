//! Decisions by hash: the same key always gives the same throw.

/// Throws a number of 64 bits for `key`; throws for different purposes are independent of each other.
pub(crate) fn roll(purpose: &str, key: &str) -> u64 {
    let mut hasher = blake3::Hasher::new();
    hasher.update(purpose.as_bytes());
    hasher.update(&[0]); // no purpose and key run into each other
    hasher.update(key.as_bytes());
    let mut first = [0; 8];
    first.copy_from_slice(&hasher.finalize().as_bytes()[..8]);
    u64::from_le_bytes(first)
}

/// Throws a number in `0..sides` for `key`; `sides` must not be 0.
pub(crate) fn below(purpose: &str, key: &str, sides: u32) -> u32 {
    u32::try_from(roll(purpose, key) % u64::from(sides))
        .expect("a remainder is smaller than its divisor, a u32")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_key_gives_the_same_throw_and_purposes_are_independent() {
        assert_eq!(roll("host", "/image/a.jpg"), roll("host", "/image/a.jpg"));
        assert_ne!(roll("host", "/image/a.jpg"), roll("rank", "/image/a.jpg"));
        assert_ne!(roll("ab", "c"), roll("a", "bc"));
    }

    #[test]
    fn throws_cover_all_sides_about_evenly() {
        let mut seen = [0_u32; 16];
        for key in 0..1600 {
            let side = usize::try_from(below("host", &key.to_string(), 16)).unwrap();
            seen[side] += 1;
        }
        assert!(
            seen.iter().all(|&count| (60..=140).contains(&count)),
            "{seen:?}"
        );
    }
}
