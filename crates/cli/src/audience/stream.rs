//! One stream of what happens, for all who listen.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use trawl_crawler::Event;
use trawl_dataset::Progress;

use super::bars::Bars;
use super::log;
use super::metrics::Metrics;
use super::tally::Tally;
use crate::output::Output;

/// Everybody who hears of a crawl. The crawler's thread and the catalog's both tell it.
#[derive(Clone, Debug)]
pub(crate) struct Audience {
    listeners: Arc<Mutex<Listeners>>,
}

#[derive(Debug)]
struct Listeners {
    bars: Bars,
    tally: Tally,
    metrics: Option<Arc<Metrics>>,
}

impl Audience {
    /// Starts from what the catalog already holds.
    pub(crate) fn new(
        output: Output,
        standing: &[Progress],
        metrics: Option<Arc<Metrics>>,
    ) -> Self {
        let listeners = Listeners {
            bars: Bars::new(output, standing),
            tally: Tally::default(),
            metrics,
        };
        let audience = Self {
            listeners: Arc::new(Mutex::new(listeners)),
        };
        audience.committed(standing);
        audience
    }

    /// Tells one thing the crawler did.
    pub(crate) fn event(&self, event: &Event) {
        log::say(event);
        let mut listeners = self.lock();
        listeners.bars.event(event);
        listeners.tally.event(event);
        if let Some(metrics) = &listeners.metrics {
            metrics.event(event);
        }
    }

    /// Tells what a commit of the catalog changed.
    pub(crate) fn committed(&self, progress: &[Progress]) {
        let mut listeners = self.lock();
        listeners.bars.committed(progress);
        let kept = listeners.bars.kept();
        if let Some(metrics) = &listeners.metrics {
            metrics.kept(kept);
        }
    }

    /// Takes the bars away and gives what was counted.
    pub(crate) fn finish(&self) -> Tally {
        let mut listeners = self.lock();
        listeners.bars.finish();
        std::mem::take(&mut listeners.tally)
    }

    fn lock(&self) -> MutexGuard<'_, Listeners> {
        self.listeners
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}
