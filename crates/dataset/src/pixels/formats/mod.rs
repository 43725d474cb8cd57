//! Every format but JPEG: bytes to a [`Still`](super::still::Still).
//!
//! - `png`, `gif`, `webp`, `bmp`, `tiff`: each checks its budget before it decodes, and that nothing is cut off
//! - `riff`: the chunks of a WebP file; `tiff_samples`, `tiff_jpeg`: what the numbers of a TIFF mean, and those that are JPEG inside

mod bmp;
mod gif;
mod png;
#[cfg(test)]
mod png_tests;
mod riff;
#[cfg(test)]
pub(super) mod tests;
mod tiff;
mod tiff_jpeg;
mod tiff_samples;
mod webp;

use super::still::Still;
use super::{Flaw, Format, Header};

pub(super) use gif::size as gif_size;
pub(super) use webp::is_lossless as is_lossless_webp;

/// Allowance beyond the charged bytes for tables and line buffers.
const DECODER_SLACK: u64 = 4 << 20;

/// Decodes the picture that `header` was read from: default image or first frame, on a white canvas.
pub(super) fn decode<'a>(bytes: &'a [u8], header: &Header) -> Result<Still<'a>, Flaw> {
    match header.format {
        Format::Png => png::decode(bytes, header),
        Format::Gif => gif::decode(bytes, header),
        Format::WebP => webp::decode(bytes, header),
        Format::Bmp => bmp::decode(bytes, header),
        Format::Tiff => tiff::decode(bytes, header),
        Format::Jpeg => unreachable!("JPEG has its own decoders"),
    }
}
