//! One crawl from start to end.

use std::sync::Arc;

use tokio::sync::mpsc;
use trawl_crawler::{Crawl, CrawlReport, Progress as Standing};
use trawl_dataset::{Dataset, Preparation, Progress};

use super::{prepare, writer};
use crate::audience::{Audience, Tally};
use crate::exit::Failure;
use crate::stop::Stop;

/// What a crawl left: the dataset back in hand and the crawler's own account.
#[derive(Debug)]
pub(crate) struct Harvest {
    pub(crate) dataset: Dataset,
    pub(crate) report: CrawlReport,
    /// What its events were.
    pub(crate) tally: Tally,
}

/// Downloads that may wait for the decoder; the body budget bounds their bytes.
pub(super) const DELIVERIES: usize = 64;

/// Runs the crawl until every name has its goal or nothing is left to try, or until `stop`.
///
/// # Errors
/// The crawler's or the catalog's own error; everything committed before it stays, and the same command continues.
pub(crate) async fn harvest(
    crawl: Crawl,
    dataset: Dataset,
    standing: Vec<Progress>,
    preparation: Preparation,
    decode_budget: u64,
    audience: Audience,
    stop: &Stop,
) -> Result<Harvest, Failure> {
    let (deliver, deliveries) = mpsc::channel(DELIVERIES);
    let (arrive, arrivals) = mpsc::channel(DELIVERIES);
    let (feedback, answers) = mpsc::unbounded_channel();
    let standing = standing
        .into_iter()
        .map(|p| Standing {
            label: p.label,
            next_seq: p.next_seq,
            remaining: p.remaining,
        })
        .collect();

    let preparation = Arc::new(preparation);
    let preparing = tokio::spawn(prepare::prepare_all(
        deliveries,
        arrive,
        move |delivery| prepare::of_delivery(delivery, &preparation),
        decode_budget,
    ));
    let writing = {
        let (stop, audience) = (stop.clone(), audience.clone());
        std::thread::spawn(move || {
            let (dataset, result) = writer::write(dataset, arrivals, &feedback, |progress| {
                audience.committed(progress);
            });
            if result.is_err() {
                stop.ask();
            }
            (dataset, result)
        })
    };
    let events = {
        let audience = audience.clone();
        Box::new(move |event| audience.event(&event))
    };
    let crawled = crawl
        .run(standing, deliver, answers, events, stop.token())
        .await;

    // The crawler has dropped its sender: the preparer drains, drops its own, and the writer ends after the last commit.
    let prepared = preparing.await;
    let (dataset, written) = tokio::task::block_in_place(|| writing.join()).map_err(|_| {
        Failure::failed("the catalog's writer stopped unexpectedly; run the same command again")
    })?;
    let tally = audience.finish();
    written?;
    prepared.map_err(|_| {
        Failure::failed("the decoder stopped unexpectedly; run the same command again")
    })?;
    let report = crawled?;
    Ok(Harvest {
        dataset,
        report,
        tally,
    })
}
