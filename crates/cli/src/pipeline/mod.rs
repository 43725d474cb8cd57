//! Wires crawler and dataset together: bytes in, decisions back.
//!
//! ```text
//! Crawl --Delivery--> prepare (rayon) --Arrival--> writer thread (owns the Dataset) --Feedback--> Crawl
//! ```
//!
//! | module | owns |
//! | --- | --- |
//! | [`harvest`](mod@harvest) | one crawl from start to end, and stopping it |
//! | [`intake`] | an import from start to end, by the same two stages |
//! | [`prepare`] | the CPU side: decode budget, rayon, back by oneshot |
//! | [`writer`] | the one thread that commits |

mod harvest;
mod intake;
mod prepare;
mod writer;

pub(crate) use harvest::{Harvest, harvest};
pub(crate) use intake::{Budgets, Intake, take_in};
