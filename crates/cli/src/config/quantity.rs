//! Sizes and durations as people write them.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A number of bytes: `500 KB`, `20 MiB`, `1.5 GB` or a bare number of bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ByteSize(pub(crate) u64);

const UNITS: [(&str, u64); 8] = [
    ("kib", 1 << 10),
    ("mib", 1 << 20),
    ("gib", 1 << 30),
    ("kb", 1_000),
    ("mb", 1_000_000),
    ("gb", 1_000_000_000),
    ("tb", 1_000_000_000_000),
    ("b", 1),
];

impl FromStr for ByteSize {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let lower = text.trim().to_ascii_lowercase();
        let (number, unit) = UNITS
            .iter()
            .find_map(|(suffix, unit)| {
                lower
                    .strip_suffix(suffix)
                    .map(|number| (number.trim(), *unit))
            })
            .unwrap_or((lower.as_str(), 1));
        let value: f64 = number
            .parse()
            .map_err(|_| format!("`{text}` is not a size; write one like `20 MiB` or `128 MB`"))?;
        if !value.is_finite() || value < 0.0 {
            return Err(format!(
                "`{text}` is not a size; write one like `20 MiB` or `128 MB`"
            ));
        }
        #[expect(
            clippy::cast_precision_loss,
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "sizes are far below 2^52 bytes and checked to be positive"
        )]
        let bytes = (value * unit as f64).round() as u64;
        Ok(Self(bytes))
    }
}

impl fmt::Display for ByteSize {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        #[expect(clippy::cast_precision_loss, reason = "shown with one decimal")]
        let value = self.0 as f64;
        match self.0 {
            0..1_000 => write!(f, "{} B", self.0),
            1_000..1_000_000 => write!(f, "{:.1} kB", value / 1e3),
            1_000_000..1_000_000_000 => write!(f, "{:.1} MB", value / 1e6),
            _ => write!(f, "{:.1} GB", value / 1e9),
        }
    }
}

impl<'de> Deserialize<'de> for ByteSize {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?
            .parse()
            .map_err(serde::de::Error::custom)
    }
}

impl Serialize for ByteSize {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&format!("{} B", self.0))
    }
}

/// A duration such as `100ms`, `3s`, `10m` or `2h 30m`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Span(pub(crate) Duration);

/// Longer ones mean nothing here and lead clocks beyond their end.
const LONGEST: Duration = Duration::from_hours(366 * 24);

impl FromStr for Span {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let span = humantime::parse_duration(text).map_err(|_| {
            format!("`{text}` is not a duration; write one like `500ms`, `3s` or `10m`")
        })?;
        if span > LONGEST {
            return Err(format!("`{text}` is too long; a year is the most"));
        }
        Ok(Self(span))
    }
}

impl<'de> Deserialize<'de> for Span {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?
            .parse()
            .map_err(serde::de::Error::custom)
    }
}

impl Serialize for Span {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&humantime::format_duration(self.0).to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_read_in_both_families_of_units() {
        for (text, bytes) in [
            ("20 MiB", 20 << 20),
            ("128MB", 128_000_000),
            ("1.5 kb", 1_500),
            ("42", 42),
            ("7 B", 7),
        ] {
            assert_eq!(text.parse::<ByteSize>(), Ok(ByteSize(bytes)), "{text}");
        }
        for text in ["", "MB", "-1 MB", "ten", "1 XB", "inf"] {
            assert!(text.parse::<ByteSize>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_size_survives_being_written_down() {
        let size = ByteSize(123_456_789);
        let text = serde_json::to_string(&size).unwrap();
        assert_eq!(serde_json::from_str::<ByteSize>(&text).unwrap(), size);
    }

    #[test]
    fn durations_are_read_and_refused_with_an_example() {
        assert_eq!(
            "100ms".parse::<Span>(),
            Ok(Span(Duration::from_millis(100)))
        );
        assert!("soon".parse::<Span>().unwrap_err().contains("10m"));
    }
}
