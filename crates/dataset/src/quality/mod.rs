//! How good a picture is to train on, in numbers that are kept, and the limits beyond which it is left out.
//!
//! [`measure`] looks at a decoded picture once and gives [`Scores`]; [`Thresholds`] say which scores are too bad. The two are
//! apart so that a limit can be changed later without a picture being fetched or decoded again.
//!
//! - `measure`: the whole, [`measure`]; `plane`: the picture's luma, which most measures read
//! - `light`: dark, bright, levels in use, colour; `cells`: detail and solid colour; `tail`: the grey end of a cut JPEG
//! - `blur`: how wide the sharpest edges are; `text`: lines of text; `screen`: flat areas and straight edges
//! - `scores`, `thresholds`, `failing`: what is kept, what is asked of it, and what does not meet it

#![expect(
    clippy::inline_always,
    reason = "what is not inlined is not compiled for the instruction set that was picked"
)]

mod blur;
mod cells;
#[cfg(test)]
mod drawn;
mod failing;
mod light;
mod measure;
mod plane;
mod scores;
mod screen;
mod tail;
mod text;
mod thresholds;
#[cfg(test)]
mod verdict_tests;

pub use failing::Failing;
pub use measure::measure;
pub use scores::Scores;
pub use thresholds::Thresholds;
