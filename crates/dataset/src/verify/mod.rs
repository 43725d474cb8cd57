//! Whether everything on disk is what was written: [`verify`] goes through the `checks` and, when asked to, makes a damaged
//! catalog anew in `rebuild`.

mod checks;
#[cfg(test)]
mod damage_tests;
mod rebuild;
mod verification;

pub use verification::{Problem, Verification, verify};
