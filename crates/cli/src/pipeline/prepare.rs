//! Decodes, checks and re-encodes pictures on the rayon pool, within the decode budget.

use std::sync::Arc;

use tokio::sync::{Semaphore, mpsc, oneshot};
use trawl_crawler::{Delivery, DeliveryOutcome, EngineSpec};
use trawl_dataset::{
    Arrival, Claim, Flaw, Outcome, Preparation, Prepared, Provenance, Vouched, prepare, sniff,
};

/// Prepared samples that may wait for the writer; each is some 20 KB.
const WAITING: usize = 256;

/// The decode budget is counted in these units, since a tokio semaphore counts in 32 bits.
const UNIT: u64 = 1_024;

/// Something that becomes an arrival.
pub(super) struct Parcel {
    pub(super) url: String,
    pub(super) claims: Vec<Claim>,
    pub(super) content: Content,
}

/// What becomes of it.
pub(super) enum Content {
    /// Work for the processor, and the bytes of the decode budget that it takes.
    Work {
        cost: u64,
        work: Box<dyn FnOnce() -> Result<Prepared, Flaw> + Send>,
    },
    /// There is nothing left to do.
    Done(Outcome),
}

/// Makes arrivals of whatever comes until there is no more; order does not matter to the catalog.
pub(super) async fn prepare_all<T: Send + 'static>(
    mut coming: mpsc::Receiver<T>,
    arrivals: mpsc::Sender<Arrival>,
    open: impl Fn(T) -> Parcel + Send + 'static,
    decode_budget: u64,
) {
    let units = u32::try_from(decode_budget.div_ceil(UNIT)).unwrap_or(u32::MAX >> 3);
    let budget = Arc::new(Semaphore::new(units as usize));
    let waiting = Arc::new(Semaphore::new(WAITING));
    while let Some(next) = coming.recv().await {
        let Ok(place) = Arc::clone(&waiting).acquire_owned().await else {
            return;
        };
        let Parcel {
            url,
            claims,
            content,
        } = open(next);
        let (cost, work) = match content {
            Content::Work { cost, work } => (cost, work),
            Content::Done(outcome) => {
                let arrival = Arrival {
                    url,
                    claims,
                    outcome,
                };
                if arrivals.send(arrival).await.is_err() {
                    return;
                }
                continue;
            }
        };
        let cost = u32::try_from(cost.div_ceil(UNIT))
            .unwrap_or(u32::MAX)
            .min(units);
        let Ok(permit) = Arc::clone(&budget).acquire_many_owned(cost).await else {
            return;
        };
        let (done, result) = oneshot::channel();
        rayon::spawn(move || {
            let outcome = work();
            drop(permit);
            // Nobody waits any more when the writer has failed; the work is repeated on resume.
            let _ = done.send(outcome);
        });
        let arrivals = arrivals.clone();
        tokio::spawn(async move {
            let outcome = match result.await {
                Ok(Ok(prepared)) => Outcome::Prepared(Box::new(prepared)),
                Ok(Err(flaw)) => Outcome::Flawed(flaw),
                Err(_) => Outcome::Flawed(Flaw::Corrupt("the decoder gave up".to_owned())),
            };
            let _ = arrivals
                .send(Arrival {
                    url,
                    claims,
                    outcome,
                })
                .await;
            drop(place);
        });
    }
}

/// What a download becomes.
pub(super) fn of_delivery(delivery: Delivery, preparation: &Arc<Preparation>) -> Parcel {
    let content = match delivery.outcome {
        DeliveryOutcome::Body(body) => match sniff(&body.bytes, preparation) {
            Ok(header) => {
                let preparation = Arc::clone(preparation);
                Content::Work {
                    // A JPEG is copied once on the way to its decoder.
                    cost: header.decode_bytes() + body.bytes.len() as u64,
                    work: Box::new(move || {
                        let outcome = prepare(&body.bytes, &preparation);
                        drop(body);
                        outcome
                    }),
                }
            }
            Err(flaw) => Content::Done(Outcome::Flawed(flaw)),
        },
        DeliveryOutcome::Rejected(reject) => Content::Done(Outcome::Rejected {
            reason: reject.code().to_owned(),
            detail: reject.to_string(),
        }),
        DeliveryOutcome::Known => Content::Done(Outcome::Known),
    };
    Parcel {
        url: delivery.url,
        claims: delivery.claims.into_iter().map(claim).collect(),
        content,
    }
}

/// The two crates know nothing of each other, so the record is carried over field by field.
fn claim(claim: trawl_crawler::Claim) -> Claim {
    let p = claim.provenance;
    Claim {
        label: claim.label,
        seq: claim.seq,
        provenance: Provenance {
            engine: EngineSpec::shown(&p.engine),
            query: p.query,
            rank: p.rank,
            page_url: p.page_url,
            final_url: p.final_url,
            title: p.title,
            creator: p.creator,
            license: p.license,
            license_url: p.license_url,
            attribution: p.attribution,
            source_id: p.source_id,
            sha1: p.sha1,
            width: p.width,
            height: p.height,
            image_url: p.image_url,
            image_reject: p.image_reject,
            headers: p.headers,
            signals: p.signals,
            fetched_at: p.fetched_at,
            tries: p.tries,
        },
        vouched: Vouched::Nobody,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_the_crawler_knows_is_lost_but_the_copies_left_to_try() {
        let text = |word: &str| Some(word.to_owned());
        let found = trawl_crawler::Provenance {
            engine: "e".to_owned(),
            query: "owl".to_owned(),
            rank: 1,
            page_url: text("http://h/page"),
            final_url: text("http://h/final"),
            title: text("title"),
            creator: text("creator"),
            license: text("by"),
            license_url: text("http://l"),
            attribution: text("credit"),
            source_id: text("id"),
            sha1: text("sha1"),
            width: Some(2),
            height: Some(3),
            image_url: text("http://h/first"),
            image_reject: text("not-found"),
            fallbacks: vec!["http://h/third".to_owned()],
            headers: vec![("etag".to_owned(), "x".to_owned())],
            signals: vec!["content-usage: train-ai=y".to_owned()],
            fetched_at: text("2026-01-01T00:00:00Z"),
            tries: 4,
        };
        let mut before = serde_json::to_value(&found).unwrap();
        before.as_object_mut().unwrap().remove("fallbacks");
        let carried = claim(trawl_crawler::Claim {
            label: "owl".to_owned(),
            seq: 7,
            provenance: found,
        });
        let after = serde_json::to_value(&carried.provenance).unwrap();
        assert_eq!(after, before);
    }
}
