//! What a person sees in the terminal while work goes on: bars, or a line now and then, and tables afterwards.

mod bar;
mod pulse;
mod steering;
mod table;
mod train_view;
mod wrap;

pub(crate) use bar::{SCREEN, style};
pub(crate) use pulse::Pulse;
pub(crate) use steering::is_steering;
pub(crate) use table::Table;
pub(crate) use train_view::TrainView;
pub(crate) use wrap::wrap;
