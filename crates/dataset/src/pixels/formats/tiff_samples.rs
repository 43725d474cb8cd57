use tiff::ColorType;
use tiff::decoder::DecodingResult;

use super::tiff::unsupported;
use crate::pixels::Flaw;
use crate::pixels::still::{Channels, Data, Samples, ycbcr_to_rgb};

/// Kinds of further channels (TIFF 6.0, ExtraSamples): colours multiplied by alpha already, and alpha beside them.
const ASSOCIATED: u64 = 1;
const UNASSOCIATED: u64 = 2;

/// What the decoder's numbers are.
#[derive(Debug)]
pub(super) struct Layout {
    pub(super) width: u32,
    pub(super) height: u32,
    pub(super) colour: ColorType,
    /// Whether channels stand one behind the other.
    pub(super) is_planar: bool,
    /// The kind of the first further channel.
    pub(super) extra: Option<u64>,
    pub(super) palette: Option<Vec<u16>>,
}

/// Brings decoded numbers into one of the known forms: unpacked, interleaved, alpha apart from colours.
pub(super) fn samples(data: DecodingResult, layout: &Layout) -> Result<Samples, Flaw> {
    let stored = usize::from(layout.colour.num_samples());
    let (channels, bits) = match layout.colour {
        ColorType::Gray(bits) => (Channels::Grey, bits),
        ColorType::Multiband { bit_depth, .. } if has_alpha(layout) => {
            (Channels::GreyAlpha, bit_depth)
        }
        ColorType::Multiband { bit_depth, .. } => (Channels::Grey, bit_depth),
        ColorType::GrayA(bits) => (Channels::GreyAlpha, bits),
        ColorType::RGB(bits) | ColorType::YCbCr(bits) => (Channels::Rgb, bits),
        ColorType::RGBA(bits) => (Channels::Rgba, bits),
        ColorType::CMYK(bits) | ColorType::CMYKA(bits) => (Channels::Ink, bits),
        other => return Err(unsupported(other)),
    };
    let mut data = match (data, bits) {
        (DecodingResult::U8(bytes), 8) => Data::Bytes(bytes.into()),
        (DecodingResult::U8(bytes), 1 | 2 | 4) if stored == 1 => {
            Data::Bytes(unpacked(&bytes, layout, bits).into())
        }
        (DecodingResult::U16(words), 16) => Data::Words(words),
        _ => return Err(unsupported(layout.colour)),
    };
    let used = channels.count();
    if layout.is_planar && stored > 1 {
        data = Data::Bytes(interleaved(&data, layout, used).into());
    } else if stored > used {
        data = match data {
            Data::Bytes(bytes) => Data::Bytes(without_rest(&bytes, stored, used).into()),
            Data::Words(words) => Data::Words(without_rest(&words, stored, used)),
            other @ Data::BigEndian(_) => other,
        };
    }
    if channels.has_alpha() && layout.extra == Some(ASSOCIATED) {
        match &mut data {
            Data::Bytes(bytes) => divide(bytes, used, |colour, alpha| {
                let full = u32::from(u8::MAX);
                let value = (u32::from(colour) * full + u32::from(alpha) / 2) / u32::from(alpha);
                u8::try_from(value).unwrap_or(u8::MAX)
            }),
            Data::Words(words) => divide(words, used, |colour, alpha| {
                let full = u64::from(u16::MAX);
                let value = (u64::from(colour) * full + u64::from(alpha) / 2) / u64::from(alpha);
                u16::try_from(value).unwrap_or(u16::MAX)
            }),
            Data::BigEndian(_) => {}
        }
    }
    let (channels, data) = match (&layout.palette, data) {
        (Some(palette), Data::Bytes(indices)) => (
            Channels::Rgb,
            Data::Bytes(coloured(&indices, palette, bits).into()),
        ),
        (None, data) => (channels, data),
        (Some(_), _) => return Err(unsupported(layout.colour)),
    };
    Ok(Samples {
        width: layout.width,
        height: layout.height,
        channels,
        data: match (layout.colour, data) {
            (ColorType::YCbCr(8), Data::Bytes(mut bytes)) => {
                bytes.chunks_exact_mut(3).for_each(ycbcr_to_rgb);
                Data::Bytes(bytes)
            }
            (ColorType::YCbCr(_), _) => return Err(unsupported(layout.colour)),
            (_, data) => data,
        },
    })
}

fn has_alpha(layout: &Layout) -> bool {
    matches!(layout.extra, Some(ASSOCIATED | UNASSOCIATED))
}

/// Spreads pixels of less than a byte, whose rows begin at whole bytes; a palette wants the numbers as they are.
fn unpacked(bytes: &[u8], layout: &Layout, bits: u8) -> Vec<u8> {
    let (width, bits) = (layout.width as usize, usize::from(bits));
    let (per_byte, most) = (8 / bits, u8::MAX >> (8 - bits));
    let scale = if layout.palette.is_some() {
        1
    } else {
        u8::MAX / most
    };
    let row_len = width.div_ceil(per_byte);
    let mut out = Vec::with_capacity(width * layout.height as usize);
    for row in bytes.chunks_exact(row_len) {
        out.extend((0..width).map(|x| {
            let shift = 8 - bits * (x % per_byte + 1);
            (row[x / per_byte] >> shift & most) * scale
        }));
    }
    out
}

/// Brings the first channels together, as bytes: words would need twice the budget.
fn interleaved(data: &Data, layout: &Layout, used: usize) -> Vec<u8> {
    let pixels = layout.width as usize * layout.height as usize;
    let mut out = vec![0; pixels * used];
    for channel in 0..used {
        let targets = out.iter_mut().skip(channel).step_by(used);
        let bytes: &[u8] = match data {
            Data::Bytes(bytes) => bytes,
            Data::BigEndian(bytes) => bytes,
            Data::Words(words) => {
                for (target, word) in targets.zip(&words[channel * pixels..]) {
                    *target = u8::try_from((u32::from(*word) + 128) / 257).unwrap_or(u8::MAX);
                }
                continue;
            }
        };
        for (target, byte) in targets.zip(&bytes[channel * pixels..]) {
            *target = *byte;
        }
    }
    out
}

fn without_rest<T: Copy>(samples: &[T], stored: usize, used: usize) -> Vec<T> {
    let pixels = samples.chunks_exact(stored);
    pixels
        .flat_map(|pixel| pixel[..used].iter().copied())
        .collect()
}

/// Undoes the multiplication by alpha, of pixels of so many samples.
fn divide<T: Copy + Default + PartialEq>(
    samples: &mut [T],
    count: usize,
    quotient: impl Fn(T, T) -> T,
) {
    for pixel in samples.chunks_exact_mut(count) {
        if let [colours @ .., alpha] = pixel
            && *alpha != T::default()
        {
            for colour in colours {
                *colour = quotient(*colour, *alpha);
            }
        }
    }
}

fn coloured(indices: &[u8], palette: &[u16], bits: u8) -> Vec<u8> {
    let colours = 1 << bits;
    // Some writers left the low byte out of all colours, others set it to zero: the high byte is what they agree on.
    let is_8_bit = palette.iter().all(|value| *value < 256);
    let byte = |value: u16| {
        let value = if is_8_bit { value } else { value >> 8 };
        u8::try_from(value).unwrap_or(u8::MAX)
    };
    let rgb: Vec<[u8; 3]> = (0..colours)
        .map(|index| [0, 1, 2].map(|channel| byte(palette[channel * colours + index])))
        .collect();
    indices
        .iter()
        .flat_map(|index| rgb[usize::from(*index)])
        .collect()
}
