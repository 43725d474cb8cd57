//! Whether everything on disk is what was written: [`verify`] goes through the `checks` and what is `derived`, holds catalog and snapshot
//! against each other in `agreement` and held-out pictures against those of train in `leaks`, counts shares in `quotas`, and, when asked to, makes a damaged
//! catalog anew in `rebuild`.

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
mod tamper_tests;
mod verification;

pub use quotas::OffQuota;
pub use verification::{Closest, Problem, Verification, verify};
