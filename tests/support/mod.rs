//! What the integration tests stand on.

mod site;
mod trawl;

pub(crate) use site::Site;
pub(crate) use trawl::{Bench, Ended, published};
