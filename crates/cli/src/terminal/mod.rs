//! What a person sees in the terminal while work goes on: bars, and tables afterwards.

mod bar;
mod crawl_view;
mod table;
mod train_view;

pub(crate) use crawl_view::CrawlView;
pub(crate) use table::Table;
pub(crate) use train_view::TrainView;
