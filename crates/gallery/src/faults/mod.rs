//! What goes wrong: the fault table, and the answers and bodies of the URLs that misbehave.

mod answers;
mod bodies;
mod bomb;
mod fault;
mod placeholder;

pub(crate) use answers::{Faulty, answer, redirect};
pub(crate) use bodies::Bodies;
pub(crate) use fault::Fault;
