use super::coding::Coding;
use crate::pixels::Flaw;

/// A decoder. Each gets some pictures wrong and says nothing, and what neither gets right is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Engine {
    /// zune-jpeg 0.5, the faster by far.
    Zune,
    /// jpeg-decoder 0.3.
    JpegDecoder,
}

/// What of a picture the choice depends on.
#[derive(Debug)]
pub(super) struct Shape<'a> {
    /// Width and height in pixels.
    pub(super) size: (usize, usize),
    /// Blocks of each component in a unit, horizontally and vertically.
    pub(super) samplings: &'a [(usize, usize)],
    pub(super) is_progressive: bool,
    pub(super) scans: usize,
    pub(super) has_restarts: bool,
}

impl Engine {
    /// Chooses by what was found with the pictures that libjpeg makes of every sampling, in one scan and several, with restart
    /// markers and without.
    pub(super) fn of(shape: &Shape<'_>, coding: Coding) -> Result<Self, Flaw> {
        let most = shape.most();
        let all = |is: fn((usize, usize), (usize, usize)) -> bool| {
            shape.samplings.iter().all(|own| is(*own, most))
        };
        let has_scan_each = !shape.is_progressive && shape.scans > 1;
        if coding == Coding::Grey && !has_scan_each {
            Ok(Self::Zune)
        } else if !all(|(h, v), most| most.0 % h == 0 && most.1 % v == 0) {
            Err(unsupported("colours in resolutions of an odd ratio"))
        } else if has_scan_each {
            if most == (1, 1) && !shape.has_restarts {
                Ok(Self::Zune)
            } else if shape.has_blocks_of_units_alone() {
                Ok(Self::JpegDecoder)
            } else {
                Err(unsupported("a scan for each of three resolutions"))
            }
        } else {
            // It shows stripes where another colour is wider than the first, and loses its way in some heights.
            let is_usual = shape.samplings[0].0 == most.0
                && match most.0 {
                    1 | 2 => all(|(_, v), most| [1, most.1].contains(&v)),
                    4 => shape.samplings[0].1 == most.1 && most.1 <= 2,
                    _ => false,
                };
            if is_usual {
                Ok(Self::Zune)
            } else if !shape.is_progressive {
                Ok(Self::JpegDecoder)
            } else if shape.samplings[0] == most {
                Err(unsupported("progressive scans of a rare resolution"))
            } else {
                // jpeg-decoder would need more memory than a decode is charged.
                Err(unsupported(
                    "progressive scans and chroma finer than its luma",
                ))
            }
        }
    }
}

impl Shape<'_> {
    fn most(&self) -> (usize, usize) {
        let across = self.samplings.iter().map(|(h, _)| *h).max();
        let down = self.samplings.iter().map(|(_, v)| *v).max();
        (across.unwrap_or(1), down.unwrap_or(1))
    }

    /// Whether each colour has as many blocks as its units have, up to the size of the picture.
    ///
    /// That many jpeg-decoder reads of a colour that has a scan of its own, where only the blocks that hold part of the picture
    /// are (T.81, A.2.2).
    fn has_blocks_of_units_alone(&self) -> bool {
        let is = |side: usize, own: usize, most: usize| {
            let read = (side.div_ceil(8 * most) * own).min(side.div_ceil(8));
            (side * own).div_ceil(8 * most) == read
        };
        let (most, (width, height)) = (self.most(), self.size);
        let mut samplings = self.samplings.iter();
        samplings.all(|(h, v)| is(width, *h, most.0) && is(height, *v, most.1))
    }
}

fn unsupported(what: &str) -> Flaw {
    Flaw::Unsupported(format!("JPEG with {what}"))
}
