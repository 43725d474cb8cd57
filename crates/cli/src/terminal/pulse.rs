//! Words instead of bars, where nobody watches a terminal: now and then a line of how far the work is.

use std::time::{Duration, Instant};

use crate::output::Output;

/// How long a log may be silent while work goes on: soon enough to see that it does, and a hundred lines an hour at most.
const EVERY: Duration = Duration::from_secs(36);

/// Says from time to time how far it is.
#[derive(Debug)]
pub(crate) struct Pulse {
    output: Output,
    last: Instant,
}

impl Pulse {
    pub(crate) fn new(output: Output) -> Self {
        Self {
            output,
            last: Instant::now(),
        }
    }

    /// Says it, if that is due and no bar shows it.
    pub(crate) fn beat(&mut self, words: impl FnOnce() -> String) {
        if self.is_due(Instant::now()) && !self.output.bars() {
            self.output.note(words());
        }
    }

    fn is_due(&mut self, now: Instant) -> bool {
        let due = now.duration_since(self.last) >= EVERY;
        if due {
            self.last = now;
        }
        due
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_due_once_a_while_however_often_it_is_asked() {
        let mut pulse = Pulse::new(Output::json());
        let start = pulse.last;
        let second = Duration::from_secs(1);
        let due = (1..=3600).filter(|n| pulse.is_due(start + *n * second));
        assert_eq!(due.count(), 100);
    }
}
