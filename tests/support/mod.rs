//! What the integration tests stand on.

mod canned;
mod site;
mod trawl;

pub(crate) use canned::Canned;
pub(crate) use site::Site;
pub(crate) use trawl::{Bench, Ended, published};
