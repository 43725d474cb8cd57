//! How a picture is rendered for one URL: which part of it, how large, in which format.

use crate::collection::Picture;
use crate::dice;

/// Longest side of a thumbnail, in pixels.
const THUMBNAIL_SIDE: u32 = 160;

/// A picture as one URL serves it; equal renditions are equal bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Rendition {
    /// The picture's place in the collection.
    pub(crate) picture: usize,
    /// The part shown, before resizing; the whole picture when there is none.
    pub(crate) crop: Option<Crop>,
    /// Width served, in pixels.
    pub(crate) width: u32,
    /// Height served, in pixels.
    pub(crate) height: u32,
    pub(crate) encoding: Encoding,
}

/// A part of a picture, in its own pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Crop {
    pub(crate) left: u32,
    pub(crate) top: u32,
    pub(crate) width: u32,
    pub(crate) height: u32,
}

/// A web format, with its quality where it has one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Encoding {
    /// Over white, with a quality of 1 to 100.
    Jpeg { quality: u8 },
    /// With its alpha; the stored bytes when nothing was changed.
    Png,
    /// Lossless, with its alpha.
    WebP,
}

impl Encoding {
    /// Draws an encoding for a URL: half the web is JPEG, of qualities 80 to 92.
    pub(crate) fn draw(id: &str) -> Self {
        match dice::below("encoding", id, 100) {
            0..50 => Self::Jpeg {
                quality: draw_quality(id),
            },
            50..80 => Self::Png,
            _ => Self::WebP,
        }
    }

    /// Draws an encoding that gives other bytes than `of` does.
    pub(crate) fn draw_other(id: &str, of: Self) -> Self {
        match (Self::draw(id), of) {
            (Self::Jpeg { quality }, Self::Jpeg { quality: taken }) if quality == taken => {
                Self::Jpeg {
                    quality: if quality >= 86 {
                        quality - 6
                    } else {
                        quality + 6
                    },
                }
            }
            (drawn, of) if drawn == of => Self::Jpeg {
                quality: draw_quality(id),
            },
            (drawn, _) => drawn,
        }
    }

    /// Returns the format's name in search results.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Jpeg { .. } => "jpeg",
            Self::Png => "png",
            Self::WebP => "webp",
        }
    }

    /// Returns the format's media type.
    pub(crate) fn media_type(self) -> &'static str {
        match self {
            Self::Jpeg { .. } => "image/jpeg",
            Self::Png => "image/png",
            Self::WebP => "image/webp",
        }
    }

    /// Returns the usual ending of a URL, without the dot.
    pub(crate) fn extension(self) -> &'static str {
        match self {
            Self::Jpeg { .. } => "jpg",
            Self::Png => "png",
            Self::WebP => "webp",
        }
    }
}

fn draw_quality(id: &str) -> u8 {
    u8::try_from(80 + dice::below("quality", id, 13)).expect("80 to 92 is within a byte")
}

impl Rendition {
    /// The whole picture in its own size.
    pub(crate) fn whole(place: usize, picture: &Picture, encoding: Encoding) -> Self {
        Self {
            picture: place,
            crop: None,
            width: picture.width,
            height: picture.height,
            encoding,
        }
    }

    /// A small JPEG for result pages, never larger than the picture.
    pub(crate) fn thumbnail(place: usize, picture: &Picture) -> Self {
        let longest = picture.width.max(picture.height);
        let side = THUMBNAIL_SIDE.min(longest);
        let fit = |length: u32| (length * side / longest).max(1);
        let encoding = Encoding::Jpeg { quality: 82 };
        Self {
            picture: place,
            crop: None,
            width: fit(picture.width),
            height: fit(picture.height),
            encoding,
        }
    }

    /// Says whether the whole picture is shown in its own size.
    pub(crate) fn is_whole(&self, width: u32, height: u32) -> bool {
        self.crop.is_none() && (self.width, self.height) == (width, height)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_encoding_is_never_the_same_one() {
        for n in 0..300 {
            let id = format!("picture-{n}");
            let first = Encoding::draw("picture");
            for of in [first, Encoding::Png, Encoding::WebP, Encoding::draw(&id)] {
                assert_ne!(Encoding::draw_other(&id, of), of);
            }
            if let Encoding::Jpeg { quality } = Encoding::draw(&id) {
                assert!((80..=92).contains(&quality));
            }
        }
    }
}
