use std::ops::Range;
use std::sync::Arc;

use moxcms::TransformExecutor;

use super::Colour;
use super::profile::{Model, Profile, compensation};
use crate::pixels::Flaw;
use crate::pixels::room::Room;
use crate::pixels::still::{Channels, Data, Samples, Space};

/// Pixels converted at a time, few enough to stay in the nearest cache.
const STRETCH: usize = 1024;

/// Turns samples into 8-bit RGB in sRGB: ink and grey spread over the three colours, alpha over white, 16 bits scaled and not
/// cut off; and says what became of the colour space. [`Channels::Rgbx`] stays as wide as it is where that needs no copy.
///
/// Colours are converted before alpha is applied, and at the depth that they come in. Grey may have a profile of RGB, as
/// pictures have that were made grey by a program.
pub(in crate::pixels) fn develop(
    samples: Samples,
    space: &Space<'_>,
) -> Result<(Room, Colour), Flaw> {
    if !samples.is_whole() {
        return Err(Flaw::Corrupt(
            "fewer pixels than the header promised".to_owned(),
        ));
    }
    let (profile, colour) = usable(space, samples.channels);
    let pixels = samples.width as usize * samples.height as usize;
    let job = Job {
        pixels,
        channels: samples.channels,
        profile,
        colour,
    };
    match samples.data {
        Data::Bytes(bytes) if job.profile.is_none() && job.is_plain() => Ok((bytes, job.colour)),
        Data::Bytes(bytes) if job.profile.as_ref().is_some_and(Profile::has_table) => {
            job.run(|range, out: &mut [u16]| {
                for (word, byte) in out.iter_mut().zip(&bytes[range]) {
                    *word = u16::from(*byte) * 257;
                }
            })
        }
        Data::Bytes(bytes) if job.is_plain() => job.run_in_place(bytes),
        Data::Bytes(bytes) => job.run(|range, out: &mut [u8]| out.copy_from_slice(&bytes[range])),
        Data::Words(words) => job.run(|range, out: &mut [u16]| out.copy_from_slice(&words[range])),
        Data::BigEndian(bytes) => {
            let (pairs, _) = bytes.as_chunks::<2>();
            job.run(|range, out: &mut [u16]| {
                for (word, pair) in out.iter_mut().zip(&pairs[range]) {
                    *word = u16::from_be_bytes(*pair);
                }
            })
        }
    }
}

/// The profile to convert by, if there is one that fits and is not sRGB itself.
fn usable(space: &Space<'_>, channels: Channels) -> (Option<Profile>, Colour) {
    let profile = match space {
        Space::Unsaid
        | Space::Coded {
            primaries: 1,
            transfer: 1 | 6 | 13 | 14 | 15,
        } => return (None, Colour::Plain),
        Space::Unreadable => None,
        Space::Profile(icc) => Profile::read(icc),
        Space::Coded {
            primaries,
            transfer,
        } => Profile::coded(*primaries, *transfer),
    };
    let fits = |profile: &Profile| match profile.model {
        Model::Grey => matches!(channels, Channels::Grey | Channels::GreyAlpha),
        Model::Rgb => channels != Channels::Ink,
        Model::Ink => channels == Channels::Ink,
    };
    match profile.filter(fits) {
        Some(profile) if profile.is_srgb() => (None, Colour::Plain),
        Some(profile) => (Some(profile), Colour::Converted),
        None => (None, Colour::Ignored),
    }
}

/// The way of colours to sRGB.
struct Conversion<T> {
    transform: Arc<dyn TransformExecutor<T> + Send + Sync>,
    /// What becomes of each result when black is to be black, as other readers have it: the light of a press never goes out.
    compensation: Option<Vec<T>>,
}

impl<T: Depth> Conversion<T> {
    fn apply(&self, colours: &[T], rgb: &mut [T]) -> Result<(), Flaw> {
        self.transform
            .transform(colours, rgb)
            .map_err(|error| Flaw::Corrupt(format!("its colours cannot be converted: {error}")))?;
        if let Some(compensation) = &self.compensation {
            for sample in rgb {
                *sample = sample.of(compensation);
            }
        }
        Ok(())
    }
}

/// Samples of one depth.
trait Depth: Copy + Default + PartialEq {
    /// The largest sample.
    const WHITE: Self;

    fn conversion(profile: &Profile) -> Option<Conversion<Self>>;

    /// So much of a sample as `part` is of the largest one, rounded.
    fn scaled(self, part: Self) -> Self;

    /// What is missing to the largest sample.
    fn rest(self) -> Self;

    /// A sum that is known to fit.
    fn plus(self, other: Self) -> Self;

    /// The entry of a table with one for each sample.
    fn of(self, table: &[Self]) -> Self;

    /// Scaled to 8 bits.
    fn byte(self) -> u8;

    fn over_white(self, alpha: Self) -> Self {
        self.scaled(alpha).plus(alpha.rest())
    }
}

impl Depth for u8 {
    const WHITE: Self = Self::MAX;

    fn conversion(profile: &Profile) -> Option<Conversion<Self>> {
        Some(Conversion {
            transform: profile.bytes_to_srgb()?,
            compensation: None,
        })
    }

    fn scaled(self, part: Self) -> Self {
        // A product of two bytes, so the rounded quotient fits.
        Self::try_from((u16::from(self) * u16::from(part) + 127) / 255).unwrap_or(Self::MAX)
    }

    fn rest(self) -> Self {
        Self::MAX - self
    }

    fn plus(self, other: Self) -> Self {
        self.saturating_add(other)
    }

    fn of(self, table: &[Self]) -> Self {
        table[usize::from(self)]
    }

    fn byte(self) -> u8 {
        self
    }
}

impl Depth for u16 {
    const WHITE: Self = Self::MAX;

    fn conversion(profile: &Profile) -> Option<Conversion<Self>> {
        let transform = profile.words_to_srgb()?;
        Some(Conversion {
            compensation: profile.black(&*transform).map(compensation),
            transform,
        })
    }

    fn scaled(self, part: Self) -> Self {
        Self::try_from((u64::from(self) * u64::from(part) + 32_767) / 65_535).unwrap_or(Self::MAX)
    }

    fn rest(self) -> Self {
        Self::MAX - self
    }

    fn plus(self, other: Self) -> Self {
        self.saturating_add(other)
    }

    fn of(self, table: &[Self]) -> Self {
        table[usize::from(self)]
    }

    fn byte(self) -> u8 {
        // 65535 / 257 = 255, so white stays white.
        u8::try_from((u32::from(self) + 128) / 257).unwrap_or(u8::MAX)
    }
}

struct Job {
    pixels: usize,
    channels: Channels,
    profile: Option<Profile>,
    colour: Colour,
}

impl Job {
    /// Whether the samples are RGB as they are.
    fn is_plain(&self) -> bool {
        matches!(self.channels, Channels::Rgb | Channels::Rgbx)
    }

    /// Goes through the picture stretch by stretch; `fill` copies a range of samples.
    fn run<T: Depth>(
        mut self,
        fill: impl Fn(Range<usize>, &mut [T]),
    ) -> Result<(Room, Colour), Flaw> {
        let conversion = self.profile.as_ref().and_then(T::conversion);
        if self.profile.is_some() && conversion.is_none() {
            self.profile = None;
            self.colour = Colour::Ignored;
        }
        let count = self.channels.count();
        let mut samples = vec![T::default(); STRETCH * count];
        let mut colours = Vec::with_capacity(STRETCH * count);
        let mut rgb = [T::default(); STRETCH * 3];
        let mut out = vec![0; self.pixels * 3];
        for (index, bytes) in out.chunks_mut(STRETCH * 3).enumerate() {
            let pixels = bytes.len() / 3;
            let start = index * STRETCH * count;
            let samples = &mut samples[..pixels * count];
            let rgb = &mut rgb[..pixels * 3];
            fill(start..start + pixels * count, samples);
            match (&conversion, &self.profile) {
                (Some(conversion), Some(profile)) => {
                    colours.clear();
                    self.collect(samples, profile.model, &mut colours);
                    conversion.apply(&colours, rgb)?;
                }
                _ => self.spread(samples, rgb),
            }
            self.finish(samples, rgb, bytes);
        }
        Ok((out.into(), self.colour))
    }

    /// Goes through a photograph's pixels where they lie: a second picture of that size costs more than its conversion.
    fn run_in_place(mut self, mut bytes: Room) -> Result<(Room, Colour), Flaw> {
        let conversion = self.profile.as_ref().and_then(u8::conversion);
        let Some(conversion) = conversion else {
            self.colour = Colour::Ignored;
            return Ok((bytes, self.colour));
        };
        let count = self.channels.count();
        let (mut colours, mut rgb) = ([0; STRETCH * 3], [0; STRETCH * 3]);
        for stretch in bytes.chunks_mut(STRETCH * count) {
            let length = stretch.len() / count * 3;
            let (colours, rgb) = (&mut colours[..length], &mut rgb[..length]);
            let pixels = colours.chunks_exact_mut(3).zip(stretch.chunks_exact(count));
            pixels.for_each(|(colours, pixel)| colours.copy_from_slice(&pixel[..3]));
            conversion.apply(colours, rgb)?;
            let pixels = stretch.chunks_exact_mut(count).zip(rgb.chunks_exact(3));
            pixels.for_each(|(pixel, rgb)| pixel[..3].copy_from_slice(rgb));
        }
        Ok((bytes, self.colour))
    }

    /// Leaves alpha out, and makes RGB of grey where the profile wants it.
    fn collect<T: Depth>(&self, samples: &[T], model: Model, colours: &mut Vec<T>) {
        match (self.channels, model) {
            (Channels::Grey | Channels::GreyAlpha, Model::Rgb) => {
                let greys = samples.chunks_exact(self.channels.count());
                colours.extend(greys.flat_map(|pixel| [pixel[0]; 3]));
            }
            (Channels::GreyAlpha, _) => {
                colours.extend(samples.chunks_exact(2).map(|pixel| pixel[0]));
            }
            (Channels::Rgba | Channels::Rgbx, _) => {
                let pixels = samples.chunks_exact(4);
                colours.extend(pixels.flat_map(|pixel| [pixel[0], pixel[1], pixel[2]]));
            }
            (Channels::Grey | Channels::Rgb | Channels::Ink, _) => {
                colours.extend_from_slice(samples);
            }
        }
    }

    /// Makes RGB without a profile; ink takes away its share of white, and black ink its share of what is left.
    fn spread<T: Depth>(&self, samples: &[T], rgb: &mut [T]) {
        let pixels = samples.chunks_exact(self.channels.count());
        let targets = rgb.chunks_exact_mut(3).zip(pixels);
        match self.channels {
            Channels::Grey | Channels::GreyAlpha => {
                targets.for_each(|(out, pixel)| out.fill(pixel[0]));
            }
            Channels::Rgb | Channels::Rgba | Channels::Rgbx => {
                targets.for_each(|(out, pixel)| out.copy_from_slice(&pixel[..3]));
            }
            Channels::Ink => targets.for_each(|(out, ink)| {
                let light = ink[3].rest();
                for (colour, ink) in out.iter_mut().zip(ink) {
                    *colour = ink.rest().scaled(light);
                }
            }),
        }
    }

    fn finish<T: Depth>(&self, samples: &[T], rgb: &[T], bytes: &mut [u8]) {
        if !self.channels.has_alpha() {
            for (byte, sample) in bytes.iter_mut().zip(rgb) {
                *byte = sample.byte();
            }
            return;
        }
        let count = self.channels.count();
        let alphas = samples.chunks_exact(count).map(|pixel| pixel[count - 1]);
        let pixels = bytes.chunks_exact_mut(3).zip(rgb.chunks_exact(3));
        for ((out, colours), alpha) in pixels.zip(alphas) {
            for (byte, colour) in out.iter_mut().zip(colours) {
                *byte = if alpha == T::WHITE {
                    colour.byte()
                } else {
                    colour.over_white(alpha).byte()
                };
            }
        }
    }
}
