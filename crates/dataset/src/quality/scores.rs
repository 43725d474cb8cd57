//! What was measured of a picture.

use serde::{Deserialize, Serialize};

/// What was measured of a picture before it was made a sample.
///
/// The values are kept for each picture, taken or not, and do not depend on the [`Thresholds`](super::Thresholds). All are finite.
/// They are taken from the whole picture at a short side of 256 pixels or, when it is smaller, at its own size; `detail` and `solid`
/// from its middle square, which is what a classifier gets to see. Brightness is that of a pixel as the eye weighs its colours,
/// sqrt(0.241 R² + 0.691 G² + 0.068 B²) / 255 (the weights are those of cleanvision's documentation).
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scores {
    /// Short side of the original in pixels; low is bad.
    pub side: f32,
    /// Short side by long side of the original, 0 to 1; low is bad.
    pub aspect: f32,
    /// Brightness that 99 % of the pixels do not exceed, 0 to 1; low is bad: nothing in the picture is bright.
    pub brightest: f32,
    /// Level of its least colour that 1 % of the pixels do not exceed, 0 to 1; high is bad: all is white, nothing dark or coloured.
    pub darkest: f32,
    /// Shannon's entropy of the luma levels in bits, 0 to 8; low in pictures of few levels, drawings among them.
    pub entropy: f32,
    /// Share of the cells of the middle square that have something in them, 0 to 1; low is bad.
    ///
    /// The square is seven eighths of the short side and has 28 by 28 cells; a cell is empty when no colour of it spans more than 12
    /// levels, as in sky, paper, soft gradients and fog.
    pub detail: f32,
    /// Share of the cells of the middle square that are empty and of the one most frequent colour, 0 to 1; high is bad.
    pub solid: f32,
    /// Spread (sigma of a Gaussian) of the sharpest edges in pixels, 0 when too few edges tell; high is bad.
    ///
    /// Edges are climbs between local extremes of a row or column (Marziliano, Dufaux, Winkler and Ebrahimi, "A no-reference perceptual
    /// blur metric", 2002); a tenth of them, by contrast, is sharper than the value.
    pub blur: f32,
    /// Share of the picture that is lines of text, times `flat`, 0 to 1; high is bad.
    pub text: f32,
    /// Share of the pixels whose luma is within a level of their right and lower neighbours', 0 to 1; high in drawings and screenshots.
    pub flat: f32,
    /// Share of the edges that run straight along rows or columns for 24 pixels and more, 0 to 1; high in screenshots, flags and charts.
    pub straight: f32,
    /// How much speaks for a screenshot: the least of lines of text, `flat` and `straight`, each divided by what photographs do not have
    /// together (0.5 % of the picture, 0.5 and 0.05); 0 or more, high is bad.
    pub screen: f32,
    /// Share of the rows that are the even grey which decoders leave at the end of a cut JPEG, 0 to 1; high is bad.
    pub tail: f32,
    /// Share of the pixels that have a colour, 0 to 1; says whether a picture is grey whatever its file says, and is never a fault.
    pub colour: f32,
}

impl Scores {
    /// Scores of no picture, where only names of measures are wanted.
    pub const NOTHING: Self = Self {
        side: 0.0,
        aspect: 0.0,
        brightest: 0.0,
        darkest: 0.0,
        entropy: 0.0,
        detail: 0.0,
        solid: 0.0,
        blur: 0.0,
        text: 0.0,
        flat: 0.0,
        straight: 0.0,
        screen: 0.0,
        tail: 0.0,
        colour: 0.0,
    };
}
