//! Caffe's record of a picture, a message of its `caffe.proto`.

use prost::Message;

use crate::pixels::Pixels;

/// A picture as Caffe's data layers read it.
#[derive(Clone, PartialEq, Message)]
pub(crate) struct Datum {
    #[prost(int32, optional, tag = "1")]
    pub(crate) channels: Option<i32>,
    #[prost(int32, optional, tag = "2")]
    pub(crate) height: Option<i32>,
    #[prost(int32, optional, tag = "3")]
    pub(crate) width: Option<i32>,
    /// Raw: one plane after the other, blue, green, red, row by row. Encoded: a picture file.
    #[prost(bytes = "vec", optional, tag = "4")]
    pub(crate) data: Option<Vec<u8>>,
    #[prost(int32, optional, tag = "5")]
    pub(crate) label: Option<i32>,
    #[prost(float, repeated, packed = "false", tag = "6")]
    pub(crate) float_data: Vec<f32>,
    #[prost(bool, optional, tag = "7")]
    pub(crate) encoded: Option<bool>,
}

impl Datum {
    /// A record of raw pixels.
    pub(super) fn of_pixels(pixels: &Pixels, label: i32) -> Self {
        let side = i32::try_from(pixels.side).expect("sides are 224 or 256");
        let mut data = Vec::with_capacity(pixels.rgb.len());
        for channel in [2, 1, 0] {
            data.extend(pixels.rgb.chunks_exact(3).map(|pixel| pixel[channel]));
        }
        Self {
            channels: Some(3),
            height: Some(side),
            width: Some(side),
            data: Some(data),
            label: Some(label),
            encoded: Some(false),
            ..Self::default()
        }
    }

    /// A record of a picture file; its size is left to the decoder.
    pub(super) fn of_file(file: Vec<u8>, label: i32) -> Self {
        Self {
            data: Some(file),
            label: Some(label),
            encoded: Some(true),
            ..Self::default()
        }
    }
}
