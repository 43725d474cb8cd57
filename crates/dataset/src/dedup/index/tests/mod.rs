//! The index against the plain double loop, and against the clock.

pub(crate) mod crowd;
mod exact;
mod load;

use crate::pixels::Orientations;
