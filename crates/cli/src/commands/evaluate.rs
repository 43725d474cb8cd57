//! `trawl evaluate`: a run measured on one split.

use trawl_training::evaluate;

use super::train;
use crate::args::EvaluateArgs;
use crate::exit::{Exit, Failure};
use crate::locate;
use crate::output::Output;
use crate::page;
use crate::terminal::TrainView;

pub(super) fn run(args: &EvaluateArgs, output: Output) -> Result<Exit, Failure> {
    let run = locate::run(args.run.as_deref())?;
    locate::announce_run(&run, output);
    let mut view = TrainView::new(output);
    let measured = evaluate(&run, train::split(args.split), None, &mut |event| {
        view.event(&event);
    });
    view.finish();
    let evaluation = measured?;
    train::show(&evaluation, output);
    let page = page::write_run(&run)?;
    output.line(format!("report {page}"));
    output.object(&evaluation);
    Ok(Exit::Done)
}
