use std::hash::{BuildHasher, Hasher, RandomState};

use siphasher::sip::SipHasher13;

use crate::frontier::recorded;

/// Gives every URL a number by which it is found.
///
/// An index over numbers is a quarter of one over URLs. The key is drawn once for each file, since a page of hits is
/// written by strangers: who knew it could make URLs that share one number, and every look-up slow. URLs are compared in full
/// where their numbers meet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct UrlHash {
    key: (u64, u64),
}

impl UrlHash {
    /// Draws a key from the randomness that hash maps are seeded with.
    pub(super) fn draw() -> Self {
        let part = || RandomState::new().build_hasher().finish();
        Self {
            key: (part(), part()),
        }
    }

    /// Reads what [`UrlHash::to_text`] has written.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (high, low) = text.split_once('-')?;
        let part = |text| u64::from_str_radix(text, 16).ok();
        Some(Self {
            key: (part(high)?, part(low)?),
        })
    }

    pub(super) fn to_text(self) -> String {
        format!("{:016x}-{:016x}", self.key.0, self.key.1)
    }

    /// The number of a URL in its one form.
    pub(super) fn of(self, form: &str) -> i64 {
        let mut hasher = SipHasher13::new_with_keys(self.key.0, self.key.1);
        hasher.write(form.as_bytes());
        hasher.finish().cast_signed()
    }

    /// The number of a URL in whatever form an earlier version has recorded it.
    pub(super) fn of_any(self, url: &str) -> i64 {
        self.of(&recorded(url))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_depends_on_key_and_url_alone_and_stays_the_same_for_good() {
        let hash = UrlHash::parse("0706050403020100-0f0e0d0c0b0a0908").unwrap();
        // The key of the reference test vectors of SipHash; the values are those of siphasher 1.0.4.
        assert_eq!(hash.to_text(), "0706050403020100-0f0e0d0c0b0a0908");
        assert_eq!(hash.of(""), 0xabac_0158_050f_c4dc_u64.cast_signed());
        assert_ne!(hash.of("http://h/a"), hash.of("http://h/b"));
        assert_eq!(hash.of_any("HTTP://H/%61"), hash.of("http://h/a"));
        let other = UrlHash::draw();
        assert_ne!(other, UrlHash::draw());
        assert_ne!(other.of("http://h/a"), hash.of("http://h/a"));
        assert_eq!(UrlHash::parse(&other.to_text()), Some(other));
        assert_eq!(UrlHash::parse("soon"), None);
    }
}
