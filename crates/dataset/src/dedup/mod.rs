//! What repeats what.
//!
//! - `index`: the exact index of near hashes

pub mod index;
