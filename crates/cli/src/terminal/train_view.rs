//! Bars of a training run: features, then epochs.

use indicatif::ProgressBar;
use trawl_training::TrainEvent;

use super::bar::{SCREEN, style};
use super::pulse::Pulse;
use crate::output::Output;

/// Shows what training reports.
#[derive(Debug)]
pub(crate) struct TrainView {
    output: Output,
    bar: ProgressBar,
    stage: &'static str,
    pulse: Pulse,
}

impl TrainView {
    pub(crate) fn new(output: Output) -> Self {
        Self {
            output,
            bar: ProgressBar::hidden(),
            stage: "",
            pulse: Pulse::new(output),
        }
    }

    /// Moves the bars; without a terminal a line a stage, and one now and then.
    pub(crate) fn event(&mut self, event: &TrainEvent) {
        match event {
            TrainEvent::Loading { weights } => {
                self.output.detail(format!("loading weights {weights}"));
            }
            TrainEvent::Features {
                done,
                total,
                cached,
            } => {
                let (done, total) = (*done as u64, *total as u64);
                self.enter(
                    "features",
                    total,
                    "features  {bar:30} {pos}/{len}  {rate}  {eta} left  {msg}",
                );
                if done == 0 && !self.output.bars() {
                    self.output
                        .note(format!("features: {total} pictures, {cached} in the cache"));
                }
                self.bar.set_message(format!("{cached} cached"));
                self.bar.set_position(done);
                self.pulse.beat(|| format!("features: {done} of {total}"));
            }
            TrainEvent::Epoch {
                epoch,
                epochs,
                train_loss,
                val_loss,
                val_top1,
                ..
            } => {
                self.enter(
                    "epochs",
                    u64::from(*epochs),
                    "head      {bar:30} {pos}/{len}  {rate}  {msg}",
                );
                let loss =
                    val_loss.map_or_else(String::new, |loss| format!(", val loss {loss:.4}"));
                let top1 = val_top1.map_or_else(String::new, |top1| {
                    format!(", val top-1 {:.1} %", 100.0 * top1)
                });
                let message = format!("loss {train_loss:.4}{loss}{top1}");
                self.output
                    .detail(format!("epoch {epoch}/{epochs}: {message}"));
                self.pulse
                    .beat(|| format!("epoch {epoch} of {epochs}: {message}"));
                self.bar.set_message(message);
                self.bar.set_position(u64::from(*epoch));
            }
            TrainEvent::Evaluating { split, .. } => {
                self.output.detail(format!("evaluating {split:?}"));
            }
            TrainEvent::Restarting { run } => self.output.note(format!(
                "an interrupted run is there: its head starts anew ({})",
                run.display()
            )),
            TrainEvent::Predicting { done, total } => {
                self.enter(
                    "pictures",
                    *total as u64,
                    "pictures  {bar:30} {pos}/{len}  {rate}",
                );
                self.bar.set_position(*done as u64);
                self.pulse.beat(|| format!("pictures: {done} of {total}"));
            }
            _ => {}
        }
    }

    /// Takes the bars away.
    pub(crate) fn finish(&self) {
        self.bar.finish_and_clear();
    }

    fn enter(&mut self, stage: &'static str, total: u64, template: &str) {
        if self.stage == stage {
            return;
        }
        self.bar.finish_and_clear();
        self.stage = stage;
        if self.output.bars() {
            self.bar = SCREEN.add(ProgressBar::new(total));
            self.bar.set_style(style(template));
        }
    }
}
