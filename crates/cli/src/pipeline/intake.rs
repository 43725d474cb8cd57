//! One import from start to end.

use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use tokio::runtime::Handle;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};
use trawl_dataset::{
    Claim, Dataset, GivenSplit, Import, ImportEvent, ImportItem, Outcome, Preparation,
};

use super::harvest::DELIVERIES;
use super::prepare::{Content, Parcel, prepare_all};
use super::writer;
use crate::exit::Failure;
use crate::output::Output;
use crate::stop::Stop;

/// Waiting pictures are counted in these units, since a tokio semaphore counts in 32 bits.
const UNIT: u64 = 1_024;

/// What an import left: the dataset back in hand, and what is to be recorded of its pictures.
#[derive(Debug)]
pub(crate) struct Intake {
    pub(crate) dataset: Dataset,
    pub(crate) import: Import,
    pub(crate) given: Vec<GivenSplit>,
    /// Whether it came to the end.
    pub(crate) is_whole: bool,
}

/// Memory that pictures may take: as they are in the source, and while they are decoded.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Budgets {
    pub(crate) bodies: u64,
    pub(crate) decode: u64,
}

/// Takes in all pictures of a source, or those up to a wish to stop.
///
/// # Errors
/// The source's or the catalog's own error; everything committed before it stays, and the same command continues.
pub(crate) async fn take_in(
    mut import: Import,
    dataset: Dataset,
    preparation: Preparation,
    budgets: Budgets,
    mut tell: impl FnMut() + Send + 'static,
    stop: &Stop,
    output: Output,
) -> Result<Intake, Failure> {
    let (give, coming) = mpsc::channel(DELIVERIES);
    let (arrive, arrivals) = mpsc::channel(DELIVERIES);
    let preparation = Arc::new(preparation);
    let of_item = {
        let preparation = Arc::clone(&preparation);
        move |(item, share): (Box<ImportItem>, OwnedSemaphorePermit)| {
            of_item(item, share, &preparation)
        }
    };
    let preparing = tokio::spawn(prepare_all(coming, arrive, of_item, budgets.decode));
    let writing = {
        let stop = stop.clone();
        std::thread::spawn(move || {
            // Nobody waits for what became of a picture.
            let (feedback, _) = mpsc::unbounded_channel();
            let (dataset, result) = writer::write(dataset, arrivals, &feedback, |_| {});
            if result.is_err() {
                stop.ask();
            }
            (dataset, result)
        })
    };
    let reading = {
        let (stop, runtime) = (stop.clone(), Handle::current());
        let units = u32::try_from(budgets.bodies.div_ceil(UNIT)).unwrap_or(u32::MAX >> 3);
        let room = Arc::new(Semaphore::new(units as usize));
        std::thread::spawn(move || {
            let mut given = Vec::new();
            let result = import.run(&preparation, &mut |event| {
                let item = match event {
                    ImportEvent::Item(item) => item,
                    ImportEvent::Skipped { reason, place } => {
                        output.detail(format!("skipped {place}: {reason}"));
                        return ControlFlow::Continue(());
                    }
                };
                given.extend(item.split.map(|split| GivenSplit {
                    label: item.label.clone(),
                    seq: item.seq,
                    split,
                }));
                let share = u32::try_from(item.held_bytes().div_ceil(UNIT)).unwrap_or(u32::MAX);
                let share = Arc::clone(&room).acquire_many_owned(share.min(units));
                let sent = runtime
                    .block_on(share)
                    .is_ok_and(|share| give.blocking_send((item, share)).is_ok());
                tell();
                if sent && !stop.flag().load(Ordering::SeqCst) {
                    ControlFlow::Continue(())
                } else {
                    ControlFlow::Break(())
                }
            });
            (import, given, result)
        })
    };
    let lost = |what: &str| {
        Failure::failed(format!(
            "the {what} stopped unexpectedly; run the same command again"
        ))
    };
    // The reader drops its sender, the preparer drains and drops its own, the writer ends after the last commit.
    let prepared = preparing.await;
    let (dataset, written) =
        tokio::task::block_in_place(|| writing.join()).map_err(|_| lost("catalog's writer"))?;
    let (import, given, read) =
        tokio::task::block_in_place(|| reading.join()).map_err(|_| lost("reader of the source"))?;
    written?;
    prepared.map_err(|_| lost("decoder"))?;
    let is_whole = read?;
    Ok(Intake {
        dataset,
        import,
        given,
        is_whole,
    })
}

/// What a picture of a source becomes.
fn of_item(
    item: Box<ImportItem>,
    share: OwnedSemaphorePermit,
    preparation: &Arc<Preparation>,
) -> Parcel {
    let url = item.url.clone();
    let claim = Claim {
        label: item.label.clone(),
        seq: item.seq,
        provenance: item.provenance.clone(),
        vouched: item.vouched(),
    };
    let content = match item.decode_bytes(preparation) {
        Ok(bytes) => {
            let preparation = Arc::clone(preparation);
            Content::Work {
                cost: bytes + item.held_bytes(),
                work: Box::new(move || {
                    let outcome = item.prepare(&preparation);
                    drop(share);
                    outcome
                }),
            }
        }
        Err(flaw) => Content::Done(Outcome::Flawed(flaw)),
    };
    Parcel {
        url,
        claims: vec![claim],
        content,
    }
}
