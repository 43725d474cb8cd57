//! The HTTP surface: search API, pages for a person, image hosts, request log.

mod images;
mod journal;
mod layout;
mod pages;
mod requests;
mod robots;
mod routes;
mod search;
mod state;

pub(crate) use routes::{image_host, search_engine};
pub(crate) use state::Site;
