//! A picture as its decoder gives it, before colours and alpha are settled.

use std::borrow::Cow;

use image::metadata::Orientation;

use super::room::Room;

/// What a decoder made of a picture, and what the file says about it.
#[derive(Debug)]
pub(super) struct Still<'a> {
    pub(super) samples: Samples,
    pub(super) space: Space<'a>,
    /// What its metadata ask for, still to be applied.
    pub(super) orientation: Orientation,
}

/// The colour space that a picture is said to be in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Space<'a> {
    /// Nothing is said, or sRGB.
    Unsaid,
    /// An ICC profile.
    Profile(Cow<'a, [u8]>),
    /// Primaries and transfer function by their numbers in ITU-T H.273, for RGB of full range.
    Coded {
        /// Colour primaries.
        primaries: u8,
        /// Transfer characteristics.
        transfer: u8,
    },
    /// Something that cannot be read or is larger than a profile may be.
    Unreadable,
}

/// Pixels row by row, channels interleaved.
#[derive(Debug)]
pub(super) struct Samples {
    pub(super) width: u32,
    pub(super) height: u32,
    pub(super) channels: Channels,
    pub(super) data: Data,
}

/// What the samples of a pixel are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Channels {
    Grey,
    GreyAlpha,
    Rgb,
    Rgba,
    /// Red, green and blue, and one that says nothing: decoders give it as quickly, and it is resized in two thirds of the time.
    Rgbx,
    /// Cyan, magenta, yellow and black, where 0 is no ink.
    Ink,
}

impl Channels {
    /// Samples a pixel, alpha included.
    pub(super) fn count(self) -> usize {
        match self {
            Self::Grey => 1,
            Self::GreyAlpha => 2,
            Self::Rgb => 3,
            Self::Rgba | Self::Rgbx | Self::Ink => 4,
        }
    }

    pub(super) fn has_alpha(self) -> bool {
        matches!(self, Self::GreyAlpha | Self::Rgba)
    }
}

/// The samples, 0 to the largest number of their depth.
#[derive(Debug)]
pub(super) enum Data {
    Bytes(Room),
    Words(Vec<u16>),
    /// Words as PNG stores them, two bytes each.
    BigEndian(Vec<u8>),
}

impl Samples {
    /// Whether there are as many samples as the size asks for.
    pub(super) fn is_whole(&self) -> bool {
        let wanted = self.width as usize * self.height as usize * self.channels.count();
        wanted
            == match &self.data {
                Data::Bytes(bytes) => bytes.len(),
                Data::Words(words) => words.len(),
                Data::BigEndian(bytes) => bytes.len() / 2,
            }
    }
}

/// Converts the first three samples as JFIF does (ITU-T T.871, 7), in 16-bit fractions.
pub(super) fn ycbcr_to_rgb(pixel: &mut [u8]) {
    let [y, cb, cr] = [0, 1, 2].map(|channel| i32::from(pixel[channel]));
    let (cb, cr) = (cb - 128, cr - 128);
    let part = |sum: i32| (sum + 32_768) >> 16;
    let rgb = [
        y + part(91_881 * cr),
        y - part(22_554 * cb + 46_802 * cr),
        y + part(116_130 * cb),
    ];
    for (target, value) in pixel.iter_mut().zip(rgb) {
        *target = u8::try_from(value.clamp(0, 255)).unwrap_or(u8::MAX);
    }
}
