//! What can be wrong with one picture.

use thiserror::Error;

use super::SampleId;

/// Why the bytes of a download do not become a sample, or why a sample is not kept; counted and recorded, never fatal.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum Flaw {
    /// The bytes begin like no picture at all, such as a web page.
    #[error("the bytes are not a picture")]
    NotAnImage,
    /// A picture in a form that is not read.
    #[error("{0} is not supported")]
    Unsupported(String),
    /// The picture breaks the rules of its format.
    #[error("the picture is corrupt: {0}")]
    Corrupt(String),
    /// The end of the picture is missing.
    #[error("the picture is cut short")]
    Truncated,
    /// More pixels or a longer side than the limits allow.
    #[error("{width}x{height} pixels are beyond the limit")]
    TooLarge {
        /// Width in pixels as the header says.
        width: u32,
        /// Height in pixels as the header says.
        height: u32,
    },
    /// The short side is below the minimum.
    #[error("{width}x{height} pixels are too few")]
    TooSmall {
        /// Width in pixels.
        width: u32,
        /// Height in pixels.
        height: u32,
    },
    /// The same bytes as an earlier sample of the label.
    #[error("same bytes as {of}")]
    DuplicateBytes {
        /// The earlier sample.
        of: SampleId,
    },
    /// The same prepared pixels as an earlier sample of the label.
    #[error("same pixels as {of}")]
    DuplicatePixels {
        /// The earlier sample.
        of: SampleId,
    },
    /// Nearly the same picture as an earlier sample of the label.
    #[error("near-duplicate of {of} at distance {distance}")]
    NearDuplicate {
        /// The earlier sample.
        of: SampleId,
        /// PDQ distance in bits, least over the eight orientations.
        distance: u32,
    },
    /// The picture is worse than a threshold allows; it is stored all the same.
    #[error("{detail}")]
    Poor {
        /// The measure's code.
        code: &'static str,
        /// Score and threshold.
        detail: String,
    },
    /// The decoder broke down on the picture.
    #[error("the decoder gave up: {0}")]
    Panicked(String),
}

impl Flaw {
    /// The reason's stable code, as counted in summaries and stored in the catalog.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::NotAnImage => "not-an-image",
            Self::Unsupported(_) => "unsupported",
            Self::Corrupt(_) => "corrupt",
            Self::Truncated => "truncated",
            Self::TooLarge { .. } => "too-large",
            Self::TooSmall { .. } => "too-small",
            Self::DuplicateBytes { .. } => "duplicate-bytes",
            Self::DuplicatePixels { .. } => "duplicate-pixels",
            Self::NearDuplicate { .. } => "near-duplicate",
            Self::Poor { code, .. } => code,
            Self::Panicked(_) => "decoder-panic",
        }
    }

    /// One line that says what exactly, to stand beside the code.
    #[must_use]
    pub fn detail(&self) -> String {
        self.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_kebab_case() {
        let of = SampleId::of_pixels("p", 1, &[0, 0, 0]);
        for flaw in [
            Flaw::NotAnImage,
            Flaw::Truncated,
            Flaw::TooLarge {
                width: 1,
                height: 1,
            },
            Flaw::DuplicateBytes { of },
            Flaw::NearDuplicate { of, distance: 3 },
        ] {
            let code = flaw.code();
            assert!(
                code.bytes().all(|b| b.is_ascii_lowercase() || b == b'-'),
                "{code}"
            );
            assert!(!flaw.detail().contains('\n'));
        }
    }
}
