//! Colours: from whatever a picture says its numbers mean to sRGB over white.
//!
//! - `profile`: an ICC profile cut down to what is needed, read and compared with sRGB
//! - `table`: tables of 8 bits made ones of 16
//! - `develop`: depth, ink, grey and alpha to 8-bit RGB, by way of the profile where there is one
//! - [`Colour`]: what became of the profile, for the record

mod develop;
mod profile;
mod record;
mod table;
#[cfg(test)]
mod tests;

pub(super) use develop::develop;
pub(super) use profile::MAX_PROFILE;
pub use record::Colour;
