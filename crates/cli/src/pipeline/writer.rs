//! The one thread that owns the dataset while a crawl runs: fsync never sits on a tokio worker.

use tokio::sync::mpsc;
use trawl_crawler::Feedback;
use trawl_dataset::{Arrival, Dataset, DatasetError, Progress};

/// Arrivals committed together at most; while one batch is synced the next one gathers.
const BATCH: usize = 64;

/// Commits arrivals in batches and tells the crawler what became of them, until the channel closes or a commit fails.
pub(super) fn write(
    mut dataset: Dataset,
    mut arrivals: mpsc::Receiver<Arrival>,
    feedback: &mpsc::UnboundedSender<Feedback>,
    mut committed: impl FnMut(&[Progress]),
) -> (Dataset, Result<(), DatasetError>) {
    while let Some(first) = arrivals.blocking_recv() {
        let mut batch = vec![first];
        while batch.len() < BATCH {
            match arrivals.try_recv() {
                Ok(next) => batch.push(next),
                Err(_) => break,
            }
        }
        let settled: Vec<(String, String)> = batch
            .iter()
            .flat_map(|arrival| {
                arrival
                    .claims
                    .iter()
                    .map(|claim| (claim.label.clone(), arrival.url.clone()))
            })
            .collect();
        let progress = match dataset.commit(batch) {
            Ok(progress) => progress,
            Err(error) => return (dataset, Err(error)),
        };
        committed(&progress);
        // A closed channel means the crawl has ended by itself (stopped); what is committed stays committed.
        // Progress first, so that a name that has its goal is reported as such and not as exhausted.
        for progress in progress {
            let _ = feedback.send(Feedback::Progress {
                label: progress.label,
                next_seq: progress.next_seq,
                remaining: progress.remaining,
            });
        }
        for (label, url) in settled {
            let _ = feedback.send(Feedback::Settled { label, url });
        }
    }
    (dataset, Ok(()))
}
