//! The one thread that owns the dataset while a crawl runs: fsync never sits on a tokio worker.

use std::thread;
use std::time::{Duration, Instant};

use tokio::sync::mpsc;
use trawl_crawler::Feedback;
use trawl_dataset::{Arrival, Dataset, DatasetError, Progress};

/// Arrivals committed together at most; while one batch is synced the next one gathers. Half of what may be out for a name at a time
/// (64 by default), so that the other half is under way meanwhile.
const BATCH: usize = 32;
/// How long a batch gathers at most. A sync costs much the same for one arrival as for many, and what waits is not reported as kept yet.
const GATHERING: Duration = Duration::from_millis(250);
/// A batch in which nothing arrives for so long is committed.
const SILENCE: Duration = Duration::from_millis(10);

/// Commits arrivals in batches and tells the crawler what became of them, until the channel closes or a commit fails.
pub(super) fn write(
    mut dataset: Dataset,
    mut arrivals: mpsc::Receiver<Arrival>,
    feedback: &mpsc::UnboundedSender<Feedback>,
    mut committed: impl FnMut(&[Progress]),
) -> (Dataset, Result<(), DatasetError>) {
    while let Some(first) = arrivals.blocking_recv() {
        let batch = gather(first, &mut arrivals);
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

/// The first one and those that come after it while they keep coming.
#[expect(
    clippy::disallowed_methods,
    reason = "sleeps on the writer's own thread, where no worker waits"
)]
fn gather<T>(first: T, arrivals: &mut mpsc::Receiver<T>) -> Vec<T> {
    let until = Instant::now() + GATHERING;
    let mut batch = vec![first];
    let mut has_waited = false;
    loop {
        let before = batch.len();
        while batch.len() < BATCH
            && let Ok(next) = arrivals.try_recv()
        {
            batch.push(next);
        }
        let is_silent = has_waited && batch.len() == before;
        if batch.len() == BATCH || is_silent || Instant::now() >= until {
            return batch;
        }
        thread::sleep(SILENCE);
        has_waited = true;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_batch_is_what_comes_without_a_pause_up_to_its_size() {
        let (give, mut take) = mpsc::channel(100);
        for n in 1..80 {
            give.try_send(n).unwrap();
        }
        let mut sizes = Vec::new();
        let mut next = 0;
        while next < 80 {
            let batch = gather(next, &mut take);
            assert!(batch.iter().copied().eq(next..next + batch.len()));
            next += batch.len();
            sizes.push(batch.len());
            // The first of the next batch is taken by whoever asks for it.
            assert!(next == 80 || take.try_recv() == Ok(next));
        }
        assert_eq!(sizes, [32, 32, 16]);
        assert_eq!(gather(7, &mut take), [7]);
    }

    #[test]
    fn what_never_pauses_is_committed_all_the_same() {
        let (give, mut take) = mpsc::channel(1);
        let (ready, given) = std::sync::mpsc::channel();
        // One at each look, which never fill a batch in time.
        let giving = thread::spawn(move || {
            while give.blocking_send(()).is_ok() {
                let _ = ready.send(());
            }
        });
        given.recv().unwrap();
        let begun = Instant::now();
        let batch = gather((), &mut take);
        let took = begun.elapsed();
        assert!(batch.len() > 1 && batch.len() <= BATCH, "{}", batch.len());
        assert!(batch.len() == BATCH || took >= GATHERING, "{took:?}");
        drop(take);
        giving.join().unwrap();
    }
}
