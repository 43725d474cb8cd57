//! How a picture becomes a square sample.

use serde::{Deserialize, Serialize};

/// Side in pixels of what a classifier sees.
pub const VIEW_SIDE: u32 = 224;

/// Side in pixels that the short side of a picture is brought to before the crop, as torchvision does for its VGG16 weights.
pub const SHORT_SIDE: u32 = 256;

/// Version of the pixel path, which rises when the same picture becomes other pixels.
///
/// 1 took colours as they stand. 2 converts them to sRGB by the picture's profile, and reads an orientation however it is written,
/// TIFF of palettes and ink, and a GIF whose first frame is larger than its canvas.
pub const PIXEL_PATH: u32 = 2;

/// How a picture that is not square becomes one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Fit {
    /// Short side to 256, then the centre: nothing is distorted, the ends of the long side are lost.
    #[default]
    Crop,
    /// Long side to the stored size, white bars beside the short side: nothing is lost or distorted.
    Pad,
    /// Both sides to the stored size: nothing is lost, the proportions change.
    Stretch,
}

/// What decodes and encodes JPEG.
///
/// Two decoders differ by a grey level here and there, so samples of one are not mixed with samples of the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Codec {
    /// zune-jpeg and jpeg-encoder, which are part of every build.
    #[default]
    Rust,
    /// The system's libjpeg-turbo, part of a build with the cargo feature `libjpeg-turbo`.
    LibjpegTurbo,
}

impl Codec {
    /// The one that this build makes new datasets with.
    #[must_use]
    pub const fn preferred() -> Self {
        if cfg!(feature = "libjpeg-turbo") {
            Self::LibjpegTurbo
        } else {
            Self::Rust
        }
    }

    /// Says which build has it as its preferred one.
    pub(crate) fn remedy(self) -> &'static str {
        match self {
            Self::Rust => "use a trawl built without `--features libjpeg-turbo`",
            Self::LibjpegTurbo => "use a trawl built with `--features libjpeg-turbo`",
        }
    }

    /// Whether this build has it.
    pub(crate) fn is_available(self) -> bool {
        self == Self::Rust || self == Self::preferred()
    }

    #[expect(
        clippy::trivially_copy_pass_by_ref,
        reason = "serde hands over a reference"
    )]
    fn is_default(&self) -> bool {
        *self == Self::default()
    }
}

/// The pixel path from a downloaded picture to a stored sample, with the limits that guard it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Preparation {
    /// How the square is filled.
    pub fit: Fit,
    /// Pixels stored beyond 224 on each axis, 0 or 32; random crops at training need 32.
    pub margin: u32,
    /// Smallest short side in pixels of a usable picture, before any enlarging.
    pub min_side: u32,
    /// Most pixels a picture may have; with 12 bytes a pixel this is the decode budget.
    pub max_pixels: u64,
    /// Longest side in pixels a picture may have.
    pub max_dimension: u32,
    /// JPEG quality of stored samples, 1 to 100.
    pub jpeg_quality: u8,
    /// What decodes and encodes JPEG; datasets from before there was a choice do not name it.
    #[serde(default, skip_serializing_if = "Codec::is_default")]
    pub codec: Codec,
    /// [`PIXEL_PATH`] of the program that the dataset was made with; the first one was not named.
    #[serde(default = "first_path")]
    pub path: u32,
}

fn first_path() -> u32 {
    1
}

impl Default for Preparation {
    fn default() -> Self {
        Self {
            fit: Fit::Crop,
            margin: 0,
            min_side: 16,
            max_pixels: 16_000_000,
            max_dimension: 32_768,
            jpeg_quality: 95,
            codec: Codec::preferred(),
            path: PIXEL_PATH,
        }
    }
}

impl Preparation {
    /// Side in pixels of a stored sample: 224 and the margin.
    #[must_use]
    pub fn size(&self) -> u32 {
        VIEW_SIDE + self.margin
    }

    /// Names the pixel path: pictures prepared under one name can be trained and predicted together.
    ///
    /// The limits are not part of it, since they decide which pictures are taken and not what their pixels become.
    #[must_use]
    pub fn name(&self) -> String {
        let size = self.size();
        let path = match self.fit {
            Fit::Crop => format!("short{SHORT_SIDE}-triangle-crop{size}"),
            Fit::Pad => format!("long{size}-triangle-pad{size}"),
            Fit::Stretch => format!("stretch{size}-triangle"),
        };
        let codec = match self.codec {
            Codec::Rust => "",
            Codec::LibjpegTurbo => "-turbo",
        };
        format!("{path}-q{}-v{}{codec}", self.jpeg_quality, self.path)
    }

    /// Says why this program cannot repeat the pixel path, and what can; `None` when it can.
    ///
    /// Another version is refused for training and prediction alike: its samples could be read, but a picture to be predicted
    /// would go another way than they did.
    #[must_use]
    pub fn obstacle(&self) -> Option<String> {
        let remedy = if self.path != PIXEL_PATH {
            format!(
                "this trawl prepares pictures by version {PIXEL_PATH}: crawl the names again with another --out, or use the trawl that made it"
            )
        } else if self.codec.is_available() {
            return None;
        } else {
            self.codec.remedy().to_owned()
        };
        Some(format!("it was made with {}; {remedy}", self.name()))
    }

    /// Says which value is out of range, if any.
    pub(crate) fn complaint(&self) -> Option<String> {
        if self.margin != 0 && self.margin != SHORT_SIDE - VIEW_SIDE {
            return Some(format!("margin is {}, it must be 0 or 32", self.margin));
        }
        if !(1..=100).contains(&self.jpeg_quality) {
            return Some(format!(
                "jpeg quality is {}, it must be 1 to 100",
                self.jpeg_quality
            ));
        }
        if self.min_side == 0 || self.max_dimension < self.min_side || self.max_dimension > 65_535 {
            return Some(format!(
                "sides from {} to {} pixels, they must lie within 1 to 65535",
                self.min_side, self.max_dimension
            ));
        }
        if self.max_pixels < u64::from(self.min_side) * u64::from(self.min_side) {
            return Some(format!(
                "max_pixels is {}, below min_side squared",
                self.max_pixels
            ));
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_tell_pixel_paths_apart_and_ignore_limits() {
        let plain = Preparation {
            codec: Codec::Rust,
            ..Preparation::default()
        };
        assert_eq!(plain.name(), "short256-triangle-crop224-q95-v2");
        let margin = Preparation {
            margin: 32,
            ..plain.clone()
        };
        assert_eq!(margin.name(), "short256-triangle-crop256-q95-v2");
        let pad = Preparation {
            fit: Fit::Pad,
            ..plain.clone()
        };
        let stretch = Preparation {
            fit: Fit::Stretch,
            ..plain.clone()
        };
        assert_ne!(pad.name(), stretch.name());
        let limits = Preparation {
            min_side: 1,
            max_pixels: 9,
            ..plain.clone()
        };
        assert_eq!(limits.name(), plain.name());
    }

    #[test]
    fn codecs_are_told_apart_and_old_datasets_name_none() {
        let with = |codec| Preparation {
            codec,
            ..Preparation::default()
        };
        let (rust, turbo) = (with(Codec::Rust), with(Codec::LibjpegTurbo));
        assert_ne!(rust.name(), turbo.name());
        for p in [&rust, &turbo] {
            let text = serde_json::to_string(p).unwrap();
            assert_eq!(text.contains("libjpeg-turbo"), *p == turbo, "{text}");
            assert_eq!(serde_json::from_str::<Preparation>(&text).unwrap(), *p);
        }
        let missing = !cfg!(feature = "libjpeg-turbo");
        assert!(Codec::Rust.is_available() && Codec::preferred().is_available());
        assert_eq!(Codec::LibjpegTurbo.is_available(), !missing);
    }

    #[test]
    fn the_first_version_is_known_by_its_name_and_not_repeated() {
        let now = serde_json::to_string(&Preparation::default()).unwrap();
        let then = now.replace(",\"path\":2", "");
        assert_ne!(now, then);
        let first: Preparation = serde_json::from_str(&then).unwrap();
        assert!(first.name().contains("-v1"), "{}", first.name());
        let obstacle = first.obstacle().unwrap();
        assert!(obstacle.contains("--out"), "{obstacle}");
        assert_eq!(Preparation::default().obstacle(), None);
    }

    #[test]
    fn impossible_values_are_named() {
        let bad = Preparation {
            margin: 7,
            ..Preparation::default()
        };
        assert!(bad.complaint().unwrap().contains("margin is 7"));
        assert_eq!(Preparation::default().complaint(), None);
    }
}
