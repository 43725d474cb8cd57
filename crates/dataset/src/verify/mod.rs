//! Whether everything on disk is what was written: [`verify`] goes through the `checks`, holds catalog and snapshot
//! against each other in `agreement`, and, when asked to, makes a damaged
//! catalog anew in `rebuild`.

mod agreement;
mod checks;
#[cfg(test)]
mod damage_tests;
mod rebuild;
mod verification;

pub use verification::{Problem, Verification, verify};
