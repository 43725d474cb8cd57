//! What a person sees in the terminal while work goes on: bars, and tables afterwards.

mod bar;
mod table;
mod train_view;
mod wrap;

pub(crate) use bar::{SCREEN, style};
pub(crate) use table::Table;
pub(crate) use train_view::TrainView;
pub(crate) use wrap::wrap;
