//! What repeats what.
//!
//! - [`Thumbnail`]: the whole picture in 32x32 greys, stored with each sample
//! - [`Probes`]: what a picture would hash to if its borders or a side were cut off, made of the thumbnail
//! - [`LikenessSettings`]: whether two thumbnails show one picture, for hashes that are near but not near enough

mod likeness;
mod probes;
mod thumbnail;
mod window;

pub use likeness::{Likeness, LikenessSettings};
pub use probes::{Met, Probes};
pub use thumbnail::Thumbnail;
use window::Window;
