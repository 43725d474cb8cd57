//! Whether everything on disk is what was written: [`verify`] looks at the catalog by itself in `tables` and `thumbnails`, at snapshots and
//! sample files in `checks` and at what is made of them in `derived`, holds catalog and newest snapshot against each other in `agreement` and
//! the pictures of different splits and names in `leaks`, counts shares in `quotas`, and, when asked to, makes a damaged catalog anew in
//! `rebuild`.

mod agreement;
mod checks;
#[cfg(test)]
mod damage_tests;
mod derived;
#[cfg(test)]
mod leak_tests;
mod leaks;
mod quotas;
mod rebuild;
#[cfg(test)]
mod rebuild_tests;
mod tables;
#[cfg(test)]
mod tamper_tests;
mod thumbnails;
mod verification;

pub use quotas::OffQuota;
pub use verification::{Closest, Problem, Verification, verify};
