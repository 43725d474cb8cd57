//! Whether everything on disk is what was written: [`verify`] goes through the `checks` and, when asked to, makes a damaged
//! catalog anew in `rebuild`.

mod checks;
mod rebuild;
mod verification;

pub use verification::{Problem, Verification, verify};
