//! The TDM Reservation Protocol (W3C community group report of 10 May 2024).
//!
//! - `reservation`: what is said of one URL, and what the headers say
//! - `file`: `/.well-known/tdmrep.json`, and a cache of such files
//!
//! A header outranks the file (section "Processing priority"), in both directions: one that says `0` lifts what
//! the file reserves. Metadata within HTML, EPUB and PDF is not read, since nothing but images is taken.

mod file;
mod reservation;

pub use file::{TdmAnswer, TdmCache, TdmFile};
pub use reservation::Reservation;
pub(super) use reservation::{POLICY, RESERVATION};
