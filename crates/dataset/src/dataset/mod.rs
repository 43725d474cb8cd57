//! The writer's side: [`Dataset`] is opened in `opened`, takes in downloads in `commit`, and lets a `Ledger` per label
//! decide what is kept; `reopen` takes failures back and `restore` what was thrown out;
//! `regrade` holds stored pictures to other thresholds; [`State`] is what becomes of a candidate.

#[cfg(test)]
mod acceptance_tests;
mod commit;
#[cfg(test)]
mod copies_tests;
#[cfg(test)]
mod files_tests;
mod ledger;
mod opened;
mod picture;
mod regrade;
mod reopen;
mod restore;
#[cfg(test)]
pub(crate) mod stand_in;
mod standing;
mod state;

pub(crate) use ledger::Ledger;
pub use opened::Dataset;
pub(crate) use picture::{
    Picture, is_chosen, read_scores, read_thumbnail, sql_seq, thumbnail_check, unreadable,
};
pub use restore::Restored;
pub use standing::Standing;
pub use state::State;
