use super::fence::Fenced;
use super::plain;
#[cfg(feature = "libjpeg-turbo")]
use super::turbo;
use crate::pixels::still::Samples;
use crate::pixels::{Codec, Flaw, SHORT_SIDE};

/// Decodes with a codec; also says by how much the sides were divided.
#[cfg_attr(
    not(feature = "libjpeg-turbo"),
    expect(unused_variables, unused_mut, reason = "there is no choice")
)]
pub(super) fn decode(
    mut fenced: Fenced,
    codec: Codec,
    least: Option<(u32, u32)>,
) -> Result<(Samples, u32), Flaw> {
    #[cfg(feature = "libjpeg-turbo")]
    if codec == Codec::LibjpegTurbo
        && let Some(decoded) = turbo::decode(&mut fenced, least)
    {
        return Ok(decoded);
    }
    let is_reduced = least.is_some() && will_be_reduced(fenced.size);
    Ok((plain::decode(&fenced, is_reduced)?, 1))
}

/// Whether a picture is larger than it is measured, so that none of it is looked at before it is resized.
pub(super) fn will_be_reduced((width, height): (u32, u32)) -> bool {
    width.min(height) > SHORT_SIDE
}

/// Encodes a square with a codec, colour at full resolution.
#[cfg_attr(
    not(feature = "libjpeg-turbo"),
    expect(unused_variables, reason = "there is no choice")
)]
pub(in crate::pixels) fn encode(
    rgb: &[u8],
    side: u16,
    codec: Codec,
    quality: u8,
) -> Result<Vec<u8>, Flaw> {
    #[cfg(feature = "libjpeg-turbo")]
    if codec == Codec::LibjpegTurbo {
        return turbo::encode(rgb, side, quality);
    }
    plain::encode(rgb, side, quality)
}
