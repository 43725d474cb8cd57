//! What the integration tests stand on.

mod canned;
mod fickle;
mod picture;
mod site;
mod trawl;

pub(crate) use canned::Canned;
pub(crate) use fickle::Fickle;
pub(crate) use picture::picture;
pub(crate) use site::Site;
pub(crate) use trawl::{Bench, Ended, published};
