//! The name of a sample: a hash of its pixels.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use thiserror::Error;

/// Names a sample by its content: 32 lower-case hexadecimal digits.
///
/// They are the first 16 bytes of BLAKE3 over a domain prefix, the preparation's name, width and height and the prepared RGB
/// pixels before JPEG encoding; equal ids mean equal pixels made the same way.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SampleId([u8; 16]);

impl SampleId {
    /// Names prepared pixels: `rgb` holds `side * side * 3` bytes, row-major.
    #[must_use]
    pub fn of_pixels(preparation: &str, side: u32, rgb: &[u8]) -> Self {
        let mut hasher = blake3::Hasher::new();
        hasher.update(b"trawl sample 1\0");
        hasher.update(preparation.as_bytes());
        hasher.update(b"\0");
        hasher.update(&side.to_le_bytes());
        hasher.update(&side.to_le_bytes());
        hasher.update(rgb);
        let mut id = [0; 16];
        id.copy_from_slice(&hasher.finalize().as_bytes()[..16]);
        Self(id)
    }

    /// The 16 bytes of the id.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }
}

/// The text is not 32 lower-case hexadecimal digits.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{0:?} is not a sample id; it must be 32 lower-case hexadecimal digits")]
pub struct BadSampleId(String);

impl FromStr for SampleId {
    type Err = BadSampleId;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut id = [0; 16];
        if text.len() == 32 && parse_hex(text, &mut id) {
            Ok(Self(id))
        } else {
            Err(BadSampleId(text.chars().take(64).collect()))
        }
    }
}

impl fmt::Display for SampleId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&to_hex(&self.0))
    }
}

impl fmt::Debug for SampleId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Serialize for SampleId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for SampleId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// Writes bytes as lower-case hexadecimal digits.
pub(crate) fn to_hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let mut text = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        text.push(char::from(DIGITS[usize::from(byte >> 4)]));
        text.push(char::from(DIGITS[usize::from(byte & 15)]));
    }
    text
}

/// Reads lower-case hexadecimal digits into `out`; false when the text is anything else or has another length.
pub(crate) fn parse_hex(text: &str, out: &mut [u8]) -> bool {
    let digit = |c: u8| match c {
        b'0'..=b'9' => Some(c - b'0'),
        b'a'..=b'f' => Some(c - b'a' + 10),
        _ => None,
    };
    if text.len() != out.len() * 2 {
        return false;
    }
    for (pair, byte) in text.as_bytes().chunks_exact(2).zip(out) {
        let (Some(high), Some(low)) = (digit(pair[0]), digit(pair[1])) else {
            return false;
        };
        *byte = high << 4 | low;
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_form_round_trips_and_refuses_others() {
        let id = SampleId::of_pixels("p", 1, &[1, 2, 3]);
        assert_eq!(id.to_string().parse(), Ok(id));
        assert_eq!(
            serde_json::from_str::<SampleId>(&serde_json::to_string(&id).unwrap()).unwrap(),
            id
        );
        let upper = id.to_string().to_uppercase();
        for bad in [
            "",
            "00",
            "../../etc/passwd",
            &"g".repeat(32),
            &"é".repeat(16),
            &upper,
        ] {
            assert!(bad.parse::<SampleId>().is_err(), "{bad}");
        }
    }

    #[test]
    fn name_side_and_pixels_all_count() {
        let id = SampleId::of_pixels("p", 1, &[1, 2, 3]);
        assert_ne!(id, SampleId::of_pixels("q", 1, &[1, 2, 3]));
        assert_ne!(id, SampleId::of_pixels("p", 2, &[1, 2, 3]));
        assert_ne!(id, SampleId::of_pixels("p", 1, &[1, 2, 4]));
    }
}
